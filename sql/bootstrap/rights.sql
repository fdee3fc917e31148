-- They may do whatever their owner may: only the service role may call them. New functions are everybody's, and default
-- privileges of older projects name anon and authenticated, so that both are taken back.
do $rights$
declare
    helper text;
    grantee text;
begin
    foreach helper in array array[
        'public.exec_sql(text)',
        'public.create_table_if_not_exists(text, text)',
        'public.drop_table_if_exists(text)'
    ] loop
        execute 'revoke all on function ' || helper || ' from public';
        for grantee in
            select r.rolname
            from pg_catalog.pg_roles as r
            where r.rolname in ('anon', 'authenticated')
               or r.oid in (
                   select a.grantee
                   from pg_catalog.pg_proc as p, pg_catalog.aclexplode(p.proacl) as a
                   where p.oid = helper::pg_catalog.regprocedure and a.grantee <> p.proowner
               )
        loop
            execute pg_catalog.format('revoke all on function ' || helper || ' from %I', grantee);
        end loop;
        if exists (select from pg_catalog.pg_roles as r where r.rolname = 'service_role') then
            execute 'grant execute on function ' || helper || ' to service_role';
        end if;
    end loop;
end;
$rights$;

comment on function public.exec_sql(text) is
    'supaproof bootstrap: runs SQL for the service role';
comment on function public.create_table_if_not_exists(text, text) is
    'supaproof bootstrap: creates a table for the service role';
comment on function public.drop_table_if_exists(text) is
    'supaproof bootstrap: drops a table for the service role';

-- PostgREST learns of them.
notify pgrst, 'reload schema';
