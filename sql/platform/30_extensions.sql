-- Extensions that a fresh project has, in the schema "extensions".
--
-- supabase_vault and pg_graphql are no part of Postgres: 70_vault.sql and 75_graphql.sql stand in for them.

create extension "uuid-ossp" with schema extensions;
create extension pgcrypto with schema extensions;

-- Some builds of Postgres come without it, and hardly a schema needs it: a warning is enough.
do $$
begin
    if exists (select from pg_available_extensions where name = 'pg_stat_statements') then
        create extension pg_stat_statements with schema extensions;
    else
        raise warning 'this Postgres has no pg_stat_statements, which every Supabase project has'
            using hint = 'Install the contrib package of this Postgres if a schema refers to it.';
    end if;
end;
$$;

grant all on all tables in schema extensions to postgres with grant option;
grant all on all routines in schema extensions to postgres with grant option;
grant all on all tables in schema extensions to dashboard_user;
grant all on all routines in schema extensions to dashboard_user;
