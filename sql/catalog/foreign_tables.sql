-- Foreign tables.
select c.nspname as schema,
       c.relname as name,
       pg_get_userbyid(c.relowner) as owner,
       v.srvname as server,
       array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
               from pg_options_to_table(f.ftoptions) o left join shown_options s on s.name = o.option_name order by 1) as options,
       coalesce(c.relacl, acldefault('r', c.relowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_class'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_class'::regclass::oid || '.' || c.oid || '.0') as comment
  from pg_foreign_table f
  join read_relations c on c.oid = f.ftrelid
  join pg_foreign_server v on v.oid = f.ftserver
 order by c.nspname, c.relname
