-- The tables that a publication names, with the columns and rows that it takes of them.
select p.pubname as publication,
       n.nspname as schema,
       c.relname as table,
       case when r.prattrs is not null then
         (select json_agg(a.attname order by a.attnum) from unnest(r.prattrs::int2[]) k(num)
            join pg_attribute a on a.attrelid = r.prrelid and a.attnum = k.num) end as columns,
       case when r.prqual is not null then coalesce(pg_get_expr(r.prqual, r.prrelid), (table gone)) end as filter
  from pg_publication_rel r
  join pg_publication p on p.oid = r.prpubid
  join pg_class c on c.oid = r.prrelid
  join pg_namespace n on n.oid = c.relnamespace
 order by p.pubname, n.nspname, c.relname
