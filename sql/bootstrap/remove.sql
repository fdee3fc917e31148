-- Takes away the helper functions that `supaproof bootstrap` created, known by their comments; those of others stay.
do $remove$
declare
    helper text;
begin
    foreach helper in array array[
        'public.exec_sql(text)',
        'public.create_table_if_not_exists(text, text)',
        'public.drop_table_if_exists(text)'
    ] loop
        if pg_catalog.obj_description(pg_catalog.to_regprocedure(helper), 'pg_proc') like 'supaproof bootstrap:%' then
            execute 'drop function ' || helper;
        end if;
    end loop;
end;
$remove$;

notify pgrst, 'reload schema';
