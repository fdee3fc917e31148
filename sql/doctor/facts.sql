select json_build_object(
  'version', current_setting('server_version'),
  'user', current_user,
  'database', current_database(),
  'superuser', (select r.rolsuper from pg_roles r where r.rolname = current_user),
  'bypass_rls', (select r.rolbypassrls from pg_roles r where r.rolname = current_user),
  'create_in_database', has_database_privilege(current_database(), 'CREATE'),
  'create_in_public', case when to_regnamespace('public') is not null then has_schema_privilege('public', 'CREATE') end,
  'read_only', current_setting('transaction_read_only') = 'on' and pg_is_in_recovery(),
  'roles', (select json_object_agg(r.name, case when to_regrole(r.name) is not null then pg_has_role(r.name, 'MEMBER') end)
              from unnest(array['anon', 'authenticated', 'service_role']) r(name)),
  'encrypted', (select s.version from pg_stat_ssl s where s.pid = pg_backend_pid() and s.ssl),
  'clock', extract(epoch from clock_timestamp())::float8,
  'settings', (select json_object_agg(s.name, current_setting(s.name, true))
                 from unnest(array['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) s(name)),
  'role_timeouts', (select coalesce(json_object_agg(r.rolname, substr(c.setting, 19)), '{}'::json)
                      from pg_roles r
                      join pg_db_role_setting d on d.setrole = r.oid and d.setdatabase in (0, (select oid from pg_database where datname = current_database())),
                           unnest(d.setconfig) c(setting)
                     where r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role', 'postgres')
                       and c.setting like 'statement\_timeout=%'),
  'exposed', (select substr(c.setting, 18)
                from pg_db_role_setting d join pg_roles r on r.oid = d.setrole, unnest(d.setconfig) c(setting)
               where r.rolname = 'authenticator' and c.setting like 'pgrst.db\_schemas=%' limit 1),
  'extensions', (select coalesce(json_agg(e.extname || ' ' || e.extversion order by e.extname), '[]'::json) from pg_extension e),
  -- What each role that creates something grants with it: for all schemas, or as Postgres itself does, and besides in public.
  'default_privileges', (
    select coalesce(json_agg(json_build_object('owner', o.rolname, 'objects', k.objects::text, 'role', r.rolname,
                      'grantee', case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee) end, 'privilege', a.privilege_type)
                      order by o.rolname, k.objects, a.privilege_type, r.rolname), '[]'::json)
      from (select p.oid, p.rolname from pg_roles p
             where p.rolname = current_user
                or p.oid in (select d.defaclrole from pg_default_acl d where d.defaclnamespace = 0
                                union all
                             select d.defaclrole from pg_default_acl d where d.defaclnamespace = to_regnamespace('public'))) o
     cross join (values ('r'::"char", 'r'::"char"), ('S', 's'), ('f', 'f')) k(objects, itself)
     cross join lateral aclexplode(
             coalesce((select d.defaclacl from pg_default_acl d
                        where d.defaclrole = o.oid and d.defaclobjtype = k.objects and d.defaclnamespace = 0), acldefault(k.itself, o.oid))
             || coalesce((select d.defaclacl from pg_default_acl d
                           where d.defaclrole = o.oid and d.defaclobjtype = k.objects and d.defaclnamespace = to_regnamespace('public')), '{}')) a
      join pg_roles r on r.rolname in ('anon', 'authenticated', 'service_role')
       and (a.grantee = 0 or pg_has_role(r.oid, a.grantee, 'USAGE'))
     where a.grantee <> o.oid),
  'creators', (select coalesce(json_agg(p.rolname order by p.rolname), '[]'::json) from pg_roles p
                where p.rolname = current_user
                   or p.oid in (select d.defaclrole from pg_default_acl d where d.defaclnamespace = 0
                                   union all
                                select d.defaclrole from pg_default_acl d where d.defaclnamespace = to_regnamespace('public'))))
