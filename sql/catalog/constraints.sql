-- Primary, unique, foreign, check and exclusion constraints of tables, and on Postgres 18 not-null constraints; that a
-- column is not null, columns say on every version. What is not enforced (18) is never validated either, so that the
-- whole row, dear to print, is looked at for few. The number 0 among the columns is the whole row, as a value.
select c.nspname as schema,
       c.relname as table,
       k.conname as name,
       k.contype as kind,
       (select coalesce(json_agg((select a.attname from pg_attribute a where a.attrelid = k.conrelid and a.attnum = p.num)
                                 order by p.ord), '[]')
          from unnest(k.conkey) with ordinality p(num, ord) where p.num <> 0) as columns,
       case when k.contype = 'c' then coalesce(pg_get_expr(k.conbin, k.conrelid), (table gone)) end as expression,
       case when k.contype = 'f' then json_build_object(
         'schema', fn.nspname,
         'table', fc.relname,
         'columns', (select json_agg((select a.attname from pg_attribute a where a.attrelid = k.confrelid and a.attnum = p.num)
                                     order by p.ord)
                       from unnest(k.confkey) with ordinality p(num, ord)),
         'on_update', k.confupdtype,
         'on_delete', k.confdeltype,
         'set_columns', (select coalesce(json_agg((select a.attname from pg_attribute a
                                                    where a.attrelid = k.conrelid and a.attnum = p.num) order by p.ord), '[]')
                           from unnest(k.confdelsetcols) with ordinality p(num, ord)),
         'match', k.confmatchtype) end as references,
       case when k.contype = 'x' then
         (select json_agg(json_build_object('element', coalesce(pg_get_indexdef(k.conindid, p.ord::int, false), (table gone)),
                                            'operator', o.oprname) order by p.ord)
            from unnest(k.conexclop) with ordinality p(id, ord) join pg_operator o on o.oid = p.id) end as exclusion,
       coalesce(i.indnullsnotdistinct, false) as nulls_not_distinct,
       k.condeferrable as deferrable,
       k.condeferred as initially_deferred,
       k.convalidated as validated,
       k.convalidated or coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) as enforced,
       k.connoinherit and k.contype in ('c', 'n') as no_inherit,
       k.coninhcount > 0 as inherited,
       coalesce(pg_get_constraintdef(k.oid), (table gone)) as definition,
       (select x.texts from comments x) ->> ('pg_constraint'::regclass::oid || '.' || k.oid || '.0') as comment
  from pg_constraint k
  join read_relations c on c.oid = k.conrelid
  left join pg_class fc on fc.oid = k.confrelid
  left join pg_namespace fn on fn.oid = fc.relnamespace
  left join pg_index i on i.indexrelid = k.conindid and k.contype = 'u'
 where c.relkind in ('r', 'p', 'f')
   and k.contype in ('p', 'u', 'f', 'c', 'x', 'n')
 order by c.nspname, c.relname, k.conname
