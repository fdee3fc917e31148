-- ExeServer, helper functions: exec_sql, create_table_if_not_exists, drop_table_if_exists.
--
-- They are those of `supaproof bootstrap`. One that is there already stays as it is, whoever made it: whether it is right, the
-- check says. One that is missing is created and bears a mark of ours, by which the rollback knows what it may drop.
-- Undone by 001_functions.rollback.sql.

do $setup$
begin
    if to_regprocedure('public.exec_sql(text)') is null then
        create function public.exec_sql(sql text)
        returns json
        language plpgsql
        volatile
        security definer
        set search_path = ''
        set statement_timeout = '60s'
        as $function$
begin
    perform pg_catalog.set_config('supaproof.result', '', true);
    execute sql;
    return nullif(pg_catalog.current_setting('supaproof.result', true), '')::pg_catalog.json;
end;
$function$;
        comment on function public.exec_sql(text) is 'exeserver: runs SQL for the service role';
        revoke all on function public.exec_sql(text) from public, anon, authenticated;
        grant execute on function public.exec_sql(text) to service_role;
    end if;

    if to_regprocedure('public.create_table_if_not_exists(text, text)') is null then
        create function public.create_table_if_not_exists(table_name text, columns text)
        returns void
        language plpgsql
        volatile
        security definer
        set search_path = ''
        set statement_timeout = '60s'
        as $function$
declare
    parts text[] := pg_catalog.parse_ident(table_name);
    target text;
begin
    if table_name is null or columns is null then
        raise exception 'create_table_if_not_exists: no argument may be null' using errcode = '22004';
    end if;
    if pg_catalog.cardinality(parts) = 1 then
        parts := array['public', parts[1]];
    end if;
    if pg_catalog.cardinality(parts) <> 2 then
        raise exception 'create_table_if_not_exists: % is no name of a table', table_name using errcode = '42602';
    end if;
    target := pg_catalog.format('%I.%I', parts[1], parts[2]);
    if pg_catalog.to_regclass(target) is not null then
        return;
    end if;
    execute 'create table ' || target || E' (\n' || columns || E'\n)';
    execute 'alter table ' || target || ' enable row level security';
end;
$function$;
        comment on function public.create_table_if_not_exists(text, text) is 'exeserver: creates a table for the service role';
        revoke all on function public.create_table_if_not_exists(text, text) from public, anon, authenticated;
        grant execute on function public.create_table_if_not_exists(text, text) to service_role;
    end if;

    if to_regprocedure('public.drop_table_if_exists(text)') is null then
        create function public.drop_table_if_exists(table_name text)
        returns void
        language plpgsql
        volatile
        security definer
        set search_path = ''
        set statement_timeout = '60s'
        as $function$
declare
    parts text[] := pg_catalog.parse_ident(table_name);
begin
    if table_name is null then
        raise exception 'drop_table_if_exists: no argument may be null' using errcode = '22004';
    end if;
    if pg_catalog.cardinality(parts) = 1 then
        parts := array['public', parts[1]];
    end if;
    if pg_catalog.cardinality(parts) <> 2 then
        raise exception 'drop_table_if_exists: % is no name of a table', table_name using errcode = '42602';
    end if;
    execute pg_catalog.format('drop table if exists %I.%I', parts[1], parts[2]);
end;
$function$;
        comment on function public.drop_table_if_exists(text) is 'exeserver: drops a table for the service role';
        revoke all on function public.drop_table_if_exists(text) from public, anon, authenticated;
        grant execute on function public.drop_table_if_exists(text) to service_role;
    end if;
end;
$setup$;
