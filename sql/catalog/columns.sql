-- Columns of tables, views, materialised views and foreign tables. The position is counted anew: dropped columns leave
-- holes in attnum. Collation and storage stand here where they are not those of the type. Servers since 15.20 keep a
-- mark of their own among the options of every column, another one for each CREATE. A default names no column, so its
-- text needs no table: the server would open each of them, and read all about it, for the first of its defaults.
select c.nspname as schema,
       c.relname as table,
       a.attname as name,
       row_number() over (partition by c.nspname, c.relname order by a.attnum) as position,
       coalesce(nullif(format_type(a.atttypid, a.atttypmod), '???'), (table gone)) as type,
       a.attnotnull as not_null,
       case when a.attgenerated = '' and d.adbin is not null then coalesce(pg_get_expr(d.adbin, 0), (table gone)) end as default,
       case a.attidentity when 'a' then 'always' when 'd' then 'by default' else nullif(a.attidentity::text, '') end as identity,
       case when a.attgenerated <> '' then coalesce(pg_get_expr(d.adbin, d.adrelid), (table gone)) end as generated,
       case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' else nullif(a.attgenerated::text, '') end as generated_kind,
       case when a.attcollation <> t.typcollation then nullif(a.attcollation, 0)::regcollation::text end as collation,
       case when a.attstorage <> t.typstorage then
         case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' when 'x' then 'extended'
                           else a.attstorage::text end end as storage,
       case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' else nullif(a.attcompression::text, '') end as compression,
       nullif(a.attstattarget, -1) as statistics,
       case when a.attoptions is null or cardinality(a.attoptions) = 1 and a.attoptions[1] like 'pg\_attver=%' then '{}'
            else array(select o from unnest(a.attoptions) o where o not like 'pg\_attver=%' order by o) end as options,
       case when a.attfdwoptions is null then '{}'
            else array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
                         from pg_options_to_table(a.attfdwoptions) o left join shown_options s on s.name = o.option_name
                        order by 1) end as foreign_options,
       a.attinhcount > 0 as inherited,
       coalesce(a.attacl::text[], '{}') as privileges,
       (select x.texts from comments x) ->> ('pg_class'::regclass::oid || '.' || a.attrelid || '.' || a.attnum) as comment
  from read_relations c
  join pg_attribute a on a.attrelid = c.oid
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
   and a.attnum > 0 and not a.attisdropped
 order by c.nspname, c.relname, a.attnum
