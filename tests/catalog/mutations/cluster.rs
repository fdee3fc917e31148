//! What is the database's or the cluster's.

use super::{Mutation, m, since};

pub(super) const ALL: &[Mutation] = &[
    m(
        "alter database postgres owner to supabase_etl_admin",
        &["database: owner", "database: privileges"],
    ),
    m(
        "alter database postgres connection limit 5",
        &["database: connection_limit"],
    ),
    m(
        "grant create on database postgres to anon",
        &["database: privileges"],
    ),
    m(
        "comment on database postgres is 'other'",
        &["database: comment"],
    ),
    m(
        "update pg_database set encoding = 0 where datname = current_database()",
        &["database: encoding"],
    ),
    m(
        "update pg_database set datcollate = 'POSIX' where datname = current_database()",
        &["database: collate"],
    ),
    m(
        "update pg_database set datctype = 'POSIX' where datname = current_database()",
        &["database: ctype"],
    ),
    m(
        "update pg_database set datlocprovider = 'i' where datname = current_database()",
        &["database: locale_provider"],
    ),
    // Roles.
    m("create role app_other", &["+role app_other"]),
    m(
        "alter role app_member superuser",
        &["role app_member: superuser"],
    ),
    m(
        "alter role app_owner noinherit",
        &["role app_owner: inherit"],
    ),
    m(
        "alter role app_member createrole",
        &["role app_member: create_role"],
    ),
    m(
        "alter role app_member createdb",
        &["role app_member: create_db"],
    ),
    m("alter role app_member nologin", &["role app_member: login"]),
    m(
        "alter role app_member replication",
        &["role app_member: replication"],
    ),
    m(
        "alter role app_member bypassrls",
        &["role app_member: bypass_rls"],
    ),
    m(
        "alter role app_member connection limit 4",
        &["role app_member: connection_limit"],
    ),
    m(
        "alter role app_member valid until 'infinity'",
        &["role app_member: valid_until"],
    ),
    m("alter role app_member password 'never to be seen'", &[]),
    m(
        "comment on role app_member is 'other'",
        &["role app_member: comment"],
    ),
    m(
        "revoke app_owner from app_member",
        &["-role membership app_member in app_owner"],
    ),
    m(
        "grant app_owner to anon",
        &["+role membership anon in app_owner"],
    ),
    m(
        "grant app_owner to app_member with admin option",
        &["role membership app_member in app_owner: admin"],
    ),
    since(
        16,
        "grant app_owner to app_member with inherit true",
        &["role membership app_member in app_owner: inherit"],
    ),
    since(
        16,
        "grant app_owner to app_member with set false",
        &["role membership app_member in app_owner: set"],
    ),
    m(
        "create role super superuser; update pg_auth_members set grantor = 'super'::regrole where member = 'app_member'::regrole",
        &[
            "+role super",
            "role membership app_member in app_owner: grantors",
        ],
    ),
    m(
        "alter role app_member set statement_timeout = '5s'",
        &["setting role app_member: settings"],
    ),
    m(
        "alter role app_member in database postgres set work_mem = '1MB'",
        &["setting role app_member in the database: settings"],
    ),
    m(
        "alter database postgres set app.settings.region = 'us'",
        &["setting in the database: settings"],
    ),
    m(
        "alter database postgres set app.settings.jwt_secret = 'another'",
        &[],
    ),
    m(
        "alter role app_member reset all",
        &["-setting role app_member"],
    ),
    m(
        "alter default privileges for role app_owner in schema app grant insert on tables to \"App Reader\"",
        &["default privileges for role app_owner in schema app on tables: privileges"],
    ),
    m(
        "alter default privileges for role app_owner grant execute on functions to public",
        &["-default privileges for role app_owner on functions"],
    ),
    m(
        "alter default privileges for role app_owner in schema app grant usage on types to anon",
        &["+default privileges for role app_owner in schema app on types"],
    ),
];
