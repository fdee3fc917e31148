//! Publications, foreign data, and the rows of the services.

use super::{Mutation, m, since};

pub(super) const ALL: &[Mutation] = &[
    // Publications.
    m(
        "alter publication app_all owner to supabase_etl_admin; alter publication app_all set (publish = 'insert, delete')",
        &["publication app_all: owner"],
    ),
    m(
        "update pg_publication set puballtables = false where pubname = 'app_all'",
        &["publication app_all: all_tables"],
    ),
    m(
        "alter publication app_all set (publish = 'insert, truncate')",
        &["publication app_all: operations"],
    ),
    m(
        "alter publication app_all set (publish_via_partition_root = false)",
        &["publication app_all: via_root"],
    ),
    since(
        18,
        "alter publication app_all set (publish_generated_columns = stored)",
        &["publication app_all: generated_columns"],
    ),
    m(
        "comment on publication app_all is 'other'",
        &["publication app_all: comment"],
    ),
    m(
        "alter publication app_some set table app.child (code) where (extra > 10)",
        &["publication relation app.child in publication app_some: columns"],
    ),
    m(
        "alter publication app_some set table app.child (extra, code) where (extra > 11)",
        &["publication relation app.child in publication app_some: filter"],
    ),
    m(
        "alter publication app_some add table only app.parent",
        &["+publication relation app.parent in publication app_some"],
    ),
    m(
        "alter publication app_more drop tables in schema app",
        &["-publication namespace app in publication app_more"],
    ),
    // Foreign data.
    m(
        "alter foreign data wrapper app_wrapper options (set debug 'false')",
        &[],
    ),
    m(
        "alter foreign data wrapper app_wrapper options (add more 'x')",
        &["foreign-data wrapper app_wrapper: options"],
    ),
    m(
        "create role super superuser; alter foreign data wrapper app_wrapper owner to super",
        &[
            "+role super",
            "foreign-data wrapper app_wrapper: owner",
            "foreign-data wrapper app_wrapper: privileges",
        ],
    ),
    m(
        "grant usage on foreign data wrapper app_wrapper to anon",
        &["foreign-data wrapper app_wrapper: privileges"],
    ),
    m(
        "alter foreign data wrapper app_wrapper validator postgresql_fdw_validator",
        &["foreign-data wrapper app_wrapper: validator"],
    ),
    m(
        "update pg_foreign_data_wrapper set fdwhandler = 'app.touch'::regproc where fdwname = 'app_wrapper'",
        &["foreign-data wrapper app_wrapper: handler"],
    ),
    m(
        "alter extension citext add foreign data wrapper app_wrapper",
        &["foreign-data wrapper app_wrapper: extension"],
    ),
    m(
        "comment on foreign data wrapper app_wrapper is 'other'",
        &["foreign-data wrapper app_wrapper: comment"],
    ),
    m(
        "alter server app_server options (set host 'other')",
        &["server app_server: options"],
    ),
    m(
        "alter server app_server options (drop password)",
        &["server app_server: options"],
    ),
    m(
        "alter server app_server version '9.2'",
        &["server app_server: version"],
    ),
    m(
        "update pg_foreign_server set srvtype = 'near' where srvname = 'app_server'",
        &["server app_server: type"],
    ),
    m(
        "create foreign data wrapper another; update pg_foreign_server set srvfdw = (select oid from pg_foreign_data_wrapper where fdwname = 'another') where srvname = 'app_server'",
        &[
            "+foreign-data wrapper another",
            "server app_server: wrapper",
        ],
    ),
    m(
        "alter server app_server owner to supabase_etl_admin",
        &["server app_server: owner", "server app_server: privileges"],
    ),
    m(
        "revoke usage on foreign server app_server from \"App Reader\"",
        &["server app_server: privileges"],
    ),
    m(
        "alter extension citext add server app_server",
        &["server app_server: extension"],
    ),
    m(
        "comment on server app_server is 'other'",
        &["server app_server: comment"],
    ),
    m(
        "alter foreign table app.far options (set table_name 'near')",
        &["foreign table app.far: options"],
    ),
    m(
        "alter foreign table app.far owner to postgres",
        &[
            "foreign table app.far: owner",
            "foreign table app.far: privileges",
        ],
    ),
    m(
        "grant select on app.far to anon",
        &["foreign table app.far: privileges"],
    ),
    m(
        "create server another foreign data wrapper app_wrapper; update pg_foreign_table set ftserver = (select oid from pg_foreign_server where srvname = 'another')",
        &["+server another", "foreign table app.far: server"],
    ),
    m(
        "alter extension citext add foreign table app.far",
        &["foreign table app.far: extension"],
    ),
    m(
        "comment on foreign table app.far is 'other'",
        &["foreign table app.far: comment"],
    ),
    m(
        "drop user mapping for public server app_server",
        &["-user mapping for public on server app_server"],
    ),
    m(
        "alter user mapping for \"App Reader\" server app_server options (drop password)",
        &["user mapping for App Reader on server app_server: options"],
    ),
    m(
        "update pg_seclabel set label = 'shown'",
        &["security label masker on table app.parent: label"],
    ),
    m(
        "delete from pg_seclabel",
        &["-security label masker on table app.parent"],
    ),
    // The services' rows.
    m(
        "update storage.buckets set public = false",
        &["bucket avatars: public"],
    ),
    m(
        "update storage.buckets set name = 'x' where id = 'files'",
        &["bucket files: name"],
    ),
    m(
        "update storage.buckets set file_size_limit = 1001 where id = 'avatars'",
        &["bucket avatars: file_size_limit"],
    ),
    m(
        "update storage.buckets set allowed_mime_types = '{image/png}' where id = 'avatars'",
        &["bucket avatars: allowed_mime_types"],
    ),
    m(
        "update storage.buckets set type = 'ANALYTICS' where id = 'files'",
        &["bucket files: type"],
    ),
    m(
        "insert into storage.buckets (id, name) values ('new', 'new')",
        &["+bucket new"],
    ),
    m(
        "update cron.job set schedule = '* * * * *' where jobid = 1",
        &["cron job nightly of postgres: schedule"],
    ),
    m(
        "update cron.job set command = 'select 2' where jobid = 2",
        &["cron job 2 of postgres: command"],
    ),
    m(
        "update cron.job set active = false where jobid = 1",
        &["cron job nightly of postgres: active"],
    ),
    m(
        "update cron.job set database = 'other' where jobid = 1",
        &["cron job nightly of postgres: database"],
    ),
    m(
        "update cron.job set username = 'anon' where jobid = 1",
        &["-cron job nightly of postgres", "+cron job nightly of anon"],
    ),
    m(
        "update vault.secrets set name = 'other' where name is not null",
        &["-vault secret api key", "+vault secret other"],
    ),
    m(
        "update vault.secrets set secret = 'never to be seen, either'",
        &[],
    ),
];
