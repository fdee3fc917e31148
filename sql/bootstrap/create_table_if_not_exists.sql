-- Creates a table where there is none of this name. Its columns are written as in CREATE TABLE, with the schema of whatever
-- does not lie in pg_catalog. Row-level security is on, so that nobody reaches a new table by the API without a policy.
create or replace function public.create_table_if_not_exists(table_name text, columns text)
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
