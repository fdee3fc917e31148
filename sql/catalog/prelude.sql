-- What several of the queries beside this one need.
-- read_schemas: those whose objects are read. None of the server's own, and of the platform's those that are asked for.
-- read_relations: what lies in them of pg_class. One join for all that stand on it.
-- extension_members: the extension of an object by 'class.id', as one value. Joins to pg_depend in every query would
-- cost more to plan than to run.
-- comments: likewise by 'class.id.column', of all that initdb did not make. obj_description() is slower still: each call
-- runs a query.
-- gone: an error, for `coalesce(…, (table gone))` where the server has nothing to say of an object that is there: it went
-- since the statement began. The functions that print names and expressions look at their own moment, not at its.
-- shown_options: options of foreign objects whose values are shown. Any other may be a password, a token or a key, so
-- its value does not even leave the server: `password=<hidden>`.
-- These are the options of postgres_fdw, file_fdw, dblink and libpq that say where and how, never who with what.
read_schemas(oid, nspname) as materialized (
  select oid, nspname from pg_namespace
   where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> all ({left_out})
),
read_relations as materialized (
  select n.nspname, c.* from pg_class c join read_schemas n on n.oid = c.relnamespace
),
comments(texts) as (
  select coalesce(jsonb_object_agg(d.classoid || '.' || d.objoid || '.' || d.objsubid, d.description), '{}')
    from pg_description d where d.objoid >= 16384
),
extension_members(members) as (
  select coalesce(jsonb_object_agg(d.classid || '.' || d.objid, e.extname), '{}')
    from pg_depend d join pg_extension e on e.oid = d.refobjid
   where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and d.objsubid = 0
),
gone(error) as (
  select ('the schema changed while it was read, on ' || current_setting('server_version'))::integer::text
),
shown_options(name) as (values
  ('host'), ('hostaddr'), ('port'), ('dbname'), ('sslmode'), ('application_name'), ('connect_timeout'),
  ('schema_name'), ('table_name'), ('column_name'), ('schema'), ('table'), ('object'), ('format'), ('header'),
  ('delimiter'), ('encoding'), ('updatable'), ('truncatable'), ('fetch_size'), ('batch_size'), ('extensions'),
  ('use_remote_estimate'), ('fdw_startup_cost'), ('fdw_tuple_cost'), ('async_capable'), ('keep_connections'),
  ('parallel_commit'), ('parallel_abort'), ('analyze_sampling'), ('import_default'), ('import_generated'),
  ('import_not_null'), ('import_collate'), ('rowid_column'))
