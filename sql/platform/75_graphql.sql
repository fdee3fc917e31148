-- GraphQL: off in a fresh project, where this function takes the requests and says so. A stand-in for the
-- placeholder that Supabase installs; the schema "graphql" stays empty until pg_graphql is switched on.

create function graphql_public.graphql(
    "operationName" text default null,
    query           text default null,
    variables       jsonb default null,
    extensions      jsonb default null
) returns jsonb
    language sql
    set search_path = ''
as $$
    select jsonb_build_object(
        'errors', jsonb_build_array(jsonb_build_object('message', 'pg_graphql extension is not enabled.'))
    )
$$;

grant all on all routines in schema graphql_public to postgres, anon, authenticated, service_role;
