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
  'functions', (select coalesce(json_agg(json_build_object('name', p.proname,
                         'security_definer', p.prosecdef,
                         'search_path', exists (select from unnest(p.proconfig) c(setting) where c.setting like 'search\_path=%'),
                         'public', exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                                            where a.privilege_type = 'EXECUTE'
                                              and (a.grantee = 0 or a.grantee in (select r.oid from pg_roles r where r.rolname in ('anon', 'authenticated')))))
                       order by p.proname), '[]'::json)
                  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                 where n.nspname = 'public' and p.proname in ('exec_sql', 'create_table_if_not_exists', 'drop_table_if_exists')),
  'ledgers', (select coalesce(json_agg(n.nspname || '.' || c.relname order by 1), '[]'::json)
                from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where c.relkind = 'r' and (n.nspname, c.relname) in (('supaproof', 'migrations'), ('supabase_migrations', 'schema_migrations'),
                     ('public', 'schema_migrations'), ('public', 'flyway_schema_history'), ('public', '_sqlx_migrations'), ('public', 'goose_db_version'))),
  'default_privileges', (select coalesce(json_agg(json_build_object('owner', pg_get_userbyid(d.defaclrole), 'objects', d.defaclobjtype::text,
                                   'grantee', pg_get_userbyid(a.grantee), 'privilege', a.privilege_type)), '[]'::json)
                           from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
                          where d.defaclnamespace = to_regnamespace('public')::oid
                            and pg_get_userbyid(a.grantee) in ('anon', 'authenticated', 'service_role')))
