select json_build_object(
    'functions', (
        select coalesce(json_agg(f order by f.name, f.arguments), '[]')
        from (
            select p.proname as name,
                pg_catalog.pg_get_function_identity_arguments(p.oid) as arguments,
                pg_catalog.oidvectortypes(p.proargtypes) as types,
                pg_catalog.pg_get_function_result(p.oid) as returns,
                l.lanname as language,
                p.prosrc as body,
                p.prosecdef as definer,
                p.provolatile as volatility,
                coalesce(p.proconfig, '{}') as settings,
                pg_catalog.pg_get_userbyid(p.proowner) as owner,
                pg_catalog.obj_description(p.oid, 'pg_proc') as comment,
                array(
                    select distinct coalesce(r.rolname::text, 'public')
                    from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
                    left join pg_catalog.pg_roles as r on r.oid = a.grantee
                    where a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner
                    order by 1
                ) as callers
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
            join pg_catalog.pg_language as l on l.oid = p.prolang
            where n.nspname = 'public' and p.prokind = 'f'
              and p.proname in ('exec_sql', 'execute_sql', 'run_sql', 'create_table_if_not_exists', 'drop_table_if_exists')
        ) as f
    ),
    'service_role', exists (select from pg_catalog.pg_roles as r where r.rolname = 'service_role')
)
