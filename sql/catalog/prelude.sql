-- What several of the queries beside this one need.
-- extension_members: the extension of an object by 'class.id', as one value. Joins to pg_depend in every query would
-- cost more to plan than to run. (For the same reason comments of kinds of which there are few are asked for by function.)
-- shown_options: options of foreign objects whose values are shown. Any other may be a password, a token or a key, so
-- its value does not even leave the server: `password=<hidden>`.
-- These are the options of postgres_fdw, file_fdw, dblink and libpq that say where and how, never who with what.
extension_members(members) as (
  select coalesce(jsonb_object_agg(d.classid || '.' || d.objid, e.extname), '{}')
    from pg_depend d join pg_extension e on e.oid = d.refobjid
   where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and d.objsubid = 0
),
shown_options(name) as (values
  ('host'), ('hostaddr'), ('port'), ('dbname'), ('sslmode'), ('application_name'), ('connect_timeout'),
  ('schema_name'), ('table_name'), ('column_name'), ('schema'), ('table'), ('object'), ('format'), ('header'),
  ('delimiter'), ('encoding'), ('updatable'), ('truncatable'), ('fetch_size'), ('batch_size'), ('extensions'),
  ('use_remote_estimate'), ('fdw_startup_cost'), ('fdw_tuple_cost'), ('async_capable'), ('keep_connections'),
  ('parallel_commit'), ('parallel_abort'), ('analyze_sampling'), ('import_default'), ('import_generated'),
  ('import_not_null'), ('import_collate'), ('rowid_column'))
