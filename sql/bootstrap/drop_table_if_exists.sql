-- Drops a table where there is one of this name, and nothing that depends on it.
create or replace function public.drop_table_if_exists(table_name text)
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
