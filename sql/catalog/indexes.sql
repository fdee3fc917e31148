-- Indexes of tables. A column's options are bits of indoption: 1 descending, 2 nulls first. The collation stands here
-- where it is not the column's own; of an expression, where it is not the default and not in its text. All columns of all
-- indexes are made in one go (an index has a row of pg_attribute for each): a subquery for each index takes twice as long.
select t.nspname as schema,
       t.relname as table,
       c.relname as name,
       m.amname as method,
       i.indisunique as unique,
       i.indnullsnotdistinct as nulls_not_distinct,
       i.indisprimary as primary,
       i.indisvalid as valid,
       i.indisclustered as clustered,
       y.columns,
       case when i.indnatts = i.indnkeyatts then '[]'
            else (select json_agg(coalesce(pg_get_indexdef(i.indexrelid, p.ord::int, false), (table gone)) order by p.ord)
                    from generate_series(i.indnkeyatts + 1, i.indnatts) p(ord)) end as include,
       case when i.indpred is not null then coalesce(pg_get_expr(i.indpred, i.indrelid), (table gone)) end as predicate,
       case when c.reloptions is null then '{}' else array(select o from unnest(c.reloptions) o order by o) end as options,
       s.spcname as tablespace,
       c.relispartition as inherited,
       k.conname as constraint,
       (select x.texts from comments x) ->> ('pg_class'::regclass::oid || '.' || i.indexrelid || '.0') as comment
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join read_relations t on t.oid = i.indrelid
  join pg_am m on m.oid = c.relam
  join (
    select i.indexrelid,
           json_agg(json_build_object(
             'expression', coalesce(quote_ident(a.attname), pg_get_indexdef(i.indexrelid, x.attnum, false), (table gone)),
             'descending', (i.indoption[x.attnum - 1] & 1) = 1,
             'nulls_first', (i.indoption[x.attnum - 1] & 2) = 2,
             'collation', case when i.indcollation[x.attnum - 1] not in (0, coalesce(a.attcollation, 'pg_catalog."default"'::regcollation))
                                and (a.attname is not null or pg_get_indexdef(i.indexrelid, x.attnum, false) not like '%COLLATE%') then
               i.indcollation[x.attnum - 1]::regcollation::text end,
             'operator_class', case when not o.opcdefault then o.opcname end,
             'parameters', coalesce(x.attoptions, '{}')) order by x.attnum) as columns
      from pg_index i
      join read_relations t on t.oid = i.indrelid
      join pg_attribute x on x.attrelid = i.indexrelid and x.attnum <= i.indnkeyatts
      join pg_opclass o on o.oid = i.indclass[x.attnum - 1]
      left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[x.attnum - 1] and a.attnum <> 0
     where t.relkind in ('r', 'p', 'm')
     group by i.indexrelid) y on y.indexrelid = i.indexrelid
  left join pg_tablespace s on s.oid = c.reltablespace
  left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
 where t.relkind in ('r', 'p', 'm')
 order by t.nspname, t.relname, c.relname
