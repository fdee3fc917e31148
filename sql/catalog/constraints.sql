-- Primary, unique, foreign, check and exclusion constraints of tables. Postgres 18 also lists not-null
-- constraints here; columns carry that already, on every version.
select n.nspname as schema,
       c.relname as table,
       k.conname as name,
       k.contype as kind,
       (select coalesce(json_agg(a.attname order by p.ord), '[]')
          from unnest(k.conkey) with ordinality p(num, ord)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.num) as columns,
       case when k.contype = 'c' then pg_get_expr(k.conbin, k.conrelid) end as expression,
       case when k.contype = 'f' then json_build_object(
         'schema', fn.nspname,
         'table', fc.relname,
         'columns', (select json_agg(a.attname order by p.ord)
                       from unnest(k.confkey) with ordinality p(num, ord)
                       join pg_attribute a on a.attrelid = k.confrelid and a.attnum = p.num),
         'on_update', k.confupdtype,
         'on_delete', k.confdeltype,
         'match', k.confmatchtype) end as references,
       k.condeferrable as deferrable,
       k.condeferred as initially_deferred,
       k.convalidated as validated,
       pg_get_constraintdef(k.oid) as definition
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_class fc on fc.oid = k.confrelid
  left join pg_namespace fn on fn.oid = fc.relnamespace
 where c.relkind in ('r', 'p')
   and k.contype in ('p', 'u', 'f', 'c', 'x')
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.relname, k.conname
