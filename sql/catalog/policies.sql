-- Row-level security policies. A role id of 0 is PUBLIC.
select c.nspname as schema,
       c.relname as table,
       p.polname as name,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                     when '*' then 'all' else p.polcmd::text end as command,
       p.polpermissive as permissive,
       (select json_agg(case when r.id = 0 then 'public' else pg_get_userbyid(r.id) end
                        order by case when r.id = 0 then 'public' else pg_get_userbyid(r.id) end)
          from unnest(p.polroles) r(id)) as roles,
       case when p.polqual is not null then coalesce(pg_get_expr(p.polqual, p.polrelid), (table gone)) end as using,
       case when p.polwithcheck is not null then coalesce(pg_get_expr(p.polwithcheck, p.polrelid), (table gone)) end as check,
       (select x.texts from comments x) ->> ('pg_policy'::regclass::oid || '.' || p.oid || '.0') as comment
  from pg_policy p
  join read_relations c on c.oid = p.polrelid
 order by c.nspname, c.relname, p.polname
