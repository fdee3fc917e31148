-- Columns of tables. The position is counted anew: dropped columns leave holes in attnum.
select n.nspname as schema,
       c.relname as table,
       a.attname as name,
       row_number() over (partition by a.attrelid order by a.attnum) as position,
       format_type(a.atttypid, a.atttypmod) as type,
       a.attnotnull as not_null,
       case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as default,
       case a.attidentity when 'a' then 'always' when 'd' then 'by default' else nullif(a.attidentity::text, '') end as identity,
       case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end as generated,
       col_description(a.attrelid, a.attnum) as comment
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where c.relkind in ('r', 'p')
   and a.attnum > 0 and not a.attisdropped
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.relname, a.attnum
