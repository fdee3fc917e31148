-- Runs a text as SQL. What the text leaves in the setting supaproof.result comes back as JSON, else null.
create or replace function public.exec_sql(sql text)
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
