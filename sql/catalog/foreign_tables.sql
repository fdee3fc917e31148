-- Foreign tables.
select n.nspname as schema,
       c.relname as name,
       pg_get_userbyid(c.relowner) as owner,
       v.srvname as server,
       array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
               from pg_options_to_table(f.ftoptions) o left join shown_options s on s.name = o.option_name order by 1) as options,
       coalesce(c.relacl, acldefault('r', c.relowner))::text[] as privileges,
       e.extname as extension,
       m.description as comment
  from pg_foreign_table f
  join pg_class c on c.oid = f.ftrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_foreign_server v on v.oid = f.ftserver
  left join pg_depend x on x.classid = 'pg_class'::regclass and x.objid = c.oid and x.objsubid = 0 and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_class'::regclass and m.objoid = c.oid and m.objsubid = 0
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.relname
