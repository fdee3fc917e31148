-- Undoes 001_functions.sql: drops the helper functions that it created, known by their mark. Those that were there before,
-- of `supaproof bootstrap` or of others, stay.

do $rollback$
declare
    helper text;
begin
    foreach helper in array array[
        'public.drop_table_if_exists(text)',
        'public.create_table_if_not_exists(text, text)',
        'public.exec_sql(text)'
    ] loop
        if obj_description(to_regprocedure(helper), 'pg_proc') like 'exeserver:%' then
            execute 'drop function ' || helper;
        end if;
    end loop;
end;
$rollback$;
