//! What the platform owns: one table, for hosted projects, the CLI's local stack and our own private clusters alike.
//!
//! An object that is here is never a suite's, whoever finds it. Objects that belong to an extension are not listed:
//! the server says so itself (`pg_depend.deptype = 'e'`). Nor is what belongs to Postgres (`pg_catalog`,
//! `information_schema`, `pg_toast`, roles that start with `pg_`): see [`is_postgres_role`] and
//! [`is_postgres_schema`].

/// When a project has an object of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Every project, from the start.
    Always,
    /// Projects of an earlier time.
    Older,
    /// After a feature was switched on or a service did its work.
    OnDemand,
    /// Only our private clusters: it stands in for something that is a library on Supabase.
    StandIn,
}

/// One object of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fact {
    /// Its name, as in the catalog: not quoted.
    pub name: &'static str,
    /// When it is there.
    pub presence: Presence,
    /// What it is, and where that is known from.
    pub source: &'static str,
}

/// One object of the platform that lies in a place which is otherwise the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placed {
    /// The schema, or for a trigger the table with its schema, as in `storage.objects`.
    pub place: &'static str,
    /// The object.
    pub fact: Fact,
}

use Presence::{Always, Older, OnDemand, StandIn};

const fn fact(name: &'static str, presence: Presence, source: &'static str) -> Fact {
    Fact {
        name,
        presence,
        source,
    }
}

const fn placed(
    place: &'static str,
    name: &'static str,
    presence: Presence,
    source: &'static str,
) -> Placed {
    Placed {
        place,
        fact: fact(name, presence, source),
    }
}

/// Schemas that are the platform's with all that lies in them, except policies and triggers on [`ATTACHABLE`] tables.
///
/// Source: dumps of hosted projects of 2026 (Postgres 17), the migrations of the repository `supabase/postgres`, and the
/// CLI's list of internal schemas.
pub const SCHEMAS: &[Fact] = &[
    fact("auth", Always, "the Auth service"),
    fact(
        "extensions",
        Always,
        "extensions, and the functions of the platform's event triggers",
    ),
    fact("graphql", Always, "pg_graphql; empty while it is off"),
    fact(
        "graphql_public",
        Always,
        "pg_graphql's entry point for the Data API",
    ),
    fact("pgbouncer", Always, "the pooler's look-up of passwords"),
    fact("realtime", Always, "the Realtime service"),
    fact("storage", Always, "the Storage service"),
    fact("vault", Always, "the extension supabase_vault"),
    fact(
        "supabase_migrations",
        OnDemand,
        "the CLI's ledger, from the first push",
    ),
    fact(
        "supabase_functions",
        OnDemand,
        "database webhooks, once switched on",
    ),
    fact(
        "supabase_subscription_mgmt",
        OnDemand,
        "replication between projects (supabase/postgres, 2025-09-15)",
    ),
    fact(
        "pgsodium",
        Older,
        "the extension pgsodium, in projects from before 2025",
    ),
    fact(
        "pgsodium_masks",
        Older,
        "the extension pgsodium, in projects from before 2025",
    ),
    fact("pgtle", OnDemand, "the extension pg_tle"),
    fact("etl", OnDemand, "replication to other stores"),
    fact(
        "_realtime",
        OnDemand,
        "the Realtime service of the CLI's local stack",
    ),
    fact(
        "_analytics",
        OnDemand,
        "the logs service of the CLI's local stack",
    ),
    fact(
        "_supavisor",
        OnDemand,
        "the pooler of the CLI's local stack",
    ),
];

/// Roles that are the platform's.
///
/// Source: the expected output of the role tests in `supabase/postgres` for 15 and 17, and its later migrations.
pub const ROLES: &[Fact] = &[
    fact("anon", Always, "a request without a user"),
    fact("authenticated", Always, "a request of a user"),
    fact("service_role", Always, "a request with the secret key"),
    fact("authenticator", Always, "what the Data API logs in as"),
    fact("postgres", Always, "the project's owner"),
    fact("supabase_admin", Always, "the superuser"),
    fact(
        "supabase_superuser",
        Always,
        "a mark without privileges (2025-12-15)",
    ),
    fact(
        "supabase_privileged_role",
        OnDemand,
        "seen on hosted projects of 2026",
    ),
    fact("supabase_auth_admin", Always, "the Auth service"),
    fact("supabase_storage_admin", Always, "the Storage service"),
    fact("supabase_realtime_admin", Always, "the Realtime service"),
    fact("supabase_replication_admin", Always, "replication"),
    fact("supabase_etl_admin", Always, "replication to other stores"),
    fact(
        "supabase_read_only_user",
        Always,
        "read-only queries of the Management API",
    ),
    fact(
        "supabase_functions_admin",
        OnDemand,
        "made with the extension pg_net",
    ),
    fact("dashboard_user", Always, "the dashboard"),
    fact("pgbouncer", Always, "the pooler"),
    fact(
        "cli_login_postgres",
        OnDemand,
        "the CLI's short-lived login",
    ),
    fact("pgsodium_keyholder", Older, "the extension pgsodium"),
    fact("pgsodium_keyiduser", Older, "the extension pgsodium"),
    fact("pgsodium_keymaker", Older, "the extension pgsodium"),
    fact("pgtle_admin", OnDemand, "the extension pg_tle"),
    fact(
        "supaproof_owner",
        StandIn,
        "stands in for supautils.policy_grants",
    ),
];

/// Extensions that the platform installs by itself.
///
/// Source: dumps of hosted projects of 2026; `supabase/postgres` for what older ones had from the start.
pub const EXTENSIONS: &[Fact] = &[
    fact("plpgsql", Always, "Postgres's own, in every database"),
    fact("pg_stat_statements", Always, "in extensions"),
    fact("pgcrypto", Always, "in extensions"),
    fact("uuid-ossp", Always, "in extensions"),
    fact("supabase_vault", Always, "in vault"),
    fact(
        "pg_graphql",
        Older,
        "in graphql; on by default until 2026-04-21",
    ),
    fact("pgjwt", Older, "in extensions; in projects on Postgres 15"),
    fact(
        "pgsodium",
        Older,
        "in pgsodium; in projects from before 2025",
    ),
];

/// Event triggers that are the platform's.
///
/// Source: dumps of hosted projects of 2026, all six of them owned by `supabase_admin`; for `ensure_rls`, dumps of
/// projects whose owners switched it on in the dashboard, and whose repositories do not have it.
pub const EVENT_TRIGGERS: &[Fact] = &[
    fact(
        "issue_graphql_placeholder",
        Always,
        "puts graphql_public.graphql() back when pg_graphql goes",
    ),
    fact("issue_pg_cron_access", Always, "grants on pg_cron"),
    fact("issue_pg_graphql_access", Always, "grants on pg_graphql"),
    fact("issue_pg_net_access", Always, "grants on pg_net"),
    fact("pgrst_ddl_watch", Always, "tells the Data API to reload"),
    fact("pgrst_drop_watch", Always, "tells the Data API to reload"),
    fact(
        "ensure_rls",
        OnDemand,
        "turns row-level security on for new tables; a switch in the dashboard",
    ),
    fact(
        "supaproof_lift",
        StandIn,
        "stands in for supautils.policy_grants",
    ),
    fact(
        "supaproof_check_drop",
        StandIn,
        "stands in for supautils.policy_grants",
    ),
    fact(
        "supaproof_lower",
        StandIn,
        "stands in for supautils.policy_grants",
    ),
];

/// Publications that are the platform's. The tables in them are the user's choice.
///
/// Source: `supabase/postgres` (the first); the Realtime service, which makes the second for its own messages.
pub const PUBLICATIONS: &[Fact] = &[
    fact(
        "supabase_realtime",
        Always,
        "the tables that Realtime watches; starts empty",
    ),
    fact(
        "supabase_realtime_messages_publication",
        OnDemand,
        "Realtime's broadcast messages",
    ),
];

/// Functions that are the platform's in a schema of the user's, with their argument types as
/// `pg_get_function_identity_arguments` has them.
///
/// Source: as for the event trigger `ensure_rls`, which calls it.
pub const FUNCTIONS: &[Placed] = &[placed(
    "public",
    "rls_auto_enable()",
    OnDemand,
    "what the event trigger ensure_rls calls; a switch in the dashboard",
)];

/// Triggers that are the platform's on [`ATTACHABLE`] tables. There is no policy of the platform's on any of them.
///
/// Source: dumps of hosted projects of 2026; those of 2025 for the three that kept `storage.prefixes` up to date.
pub const TRIGGERS: &[Placed] = &[
    placed(
        "storage.buckets",
        "enforce_bucket_name_length_trigger",
        Always,
        "a name has at most 100 characters",
    ),
    placed(
        "storage.buckets",
        "protect_buckets_delete",
        Always,
        "only the Storage service deletes",
    ),
    placed(
        "storage.objects",
        "protect_objects_delete",
        Always,
        "only the Storage service deletes",
    ),
    placed(
        "storage.objects",
        "update_objects_updated_at",
        Always,
        "stamps a row on update",
    ),
    placed(
        "storage.objects",
        "objects_insert_create_prefix",
        Older,
        "kept storage.prefixes up to date",
    ),
    placed(
        "storage.objects",
        "objects_update_create_prefix",
        Older,
        "kept storage.prefixes up to date",
    ),
    placed(
        "storage.objects",
        "objects_delete_delete_prefix",
        Older,
        "kept storage.prefixes up to date",
    ),
    placed(
        "storage.prefixes",
        "prefixes_create_hierarchy",
        Older,
        "kept storage.prefixes up to date",
    ),
    placed(
        "storage.prefixes",
        "prefixes_delete_hierarchy",
        Older,
        "kept storage.prefixes up to date",
    ),
    placed(
        "realtime.subscription",
        "tr_check_filters",
        Always,
        "checks the filters of a subscription",
    ),
];

/// Tables of the platform on which `postgres` may create, alter and drop policies, and drop triggers. What is attached
/// to them and not in [`TRIGGERS`] is the user's, foreign keys that point at them too.
///
/// Source: `supautils.policy_grants` and `supautils.drop_trigger_grants` of a hosted project, read in September 2026;
/// both list the same tables.
pub const ATTACHABLE: &[&str] = &[
    "auth.audit_log_entries",
    "auth.flow_state",
    "auth.identities",
    "auth.instances",
    "auth.mfa_amr_claims",
    "auth.mfa_challenges",
    "auth.mfa_factors",
    "auth.oauth_clients",
    "auth.one_time_tokens",
    "auth.refresh_tokens",
    "auth.saml_providers",
    "auth.saml_relay_states",
    "auth.sessions",
    "auth.sso_domains",
    "auth.sso_providers",
    "auth.users",
    "realtime.messages",
    "realtime.subscription",
    "storage.buckets",
    "storage.buckets_analytics",
    "storage.objects",
    "storage.prefixes",
    "storage.s3_multipart_uploads",
    "storage.s3_multipart_uploads_parts",
];

fn named(facts: &[Fact], name: &str) -> bool {
    facts.iter().any(|fact| fact.name == name)
}

/// Whether the schema is the platform's, and with it every object in it. Policies and triggers on a table in it are
/// asked for with [`owns_policy`] and [`owns_trigger`].
pub fn owns_schema(name: &str) -> bool {
    named(SCHEMAS, name)
}

/// Whether the role is the platform's. Postgres's own roles are not: see [`is_postgres_role`].
pub fn owns_role(name: &str) -> bool {
    named(ROLES, name)
}

/// Whether the platform installs the extension by itself. Objects of an extension belong to it, wherever they lie.
pub fn owns_extension(name: &str) -> bool {
    named(EXTENSIONS, name)
}

/// Whether the event trigger is the platform's.
pub fn owns_event_trigger(name: &str) -> bool {
    named(EVENT_TRIGGERS, name)
}

/// Whether the publication is the platform's. The tables in it are the user's choice.
pub fn owns_publication(name: &str) -> bool {
    named(PUBLICATIONS, name)
}

/// Whether the function is the platform's: by its schema, or as a single one in a schema of the user's. `signature` is
/// the name with the argument types as `pg_get_function_identity_arguments` has them: `rls_auto_enable()`.
pub fn owns_function(schema: &str, signature: &str) -> bool {
    owns_schema(schema) || holds(FUNCTIONS, schema, signature)
}

/// Whether the trigger is the platform's: every trigger in its schemas, except those that a user put on an
/// [`ATTACHABLE`] table.
pub fn owns_trigger(schema: &str, table: &str, trigger: &str) -> bool {
    owns_schema(schema)
        && (!is_attachable(schema, table) || holds(TRIGGERS, &format!("{schema}.{table}"), trigger))
}

/// Whether a policy on the table is the platform's: true in its schemas, except on [`ATTACHABLE`] tables, where every
/// policy is the user's.
pub fn owns_policy(schema: &str, table: &str) -> bool {
    owns_schema(schema) && !is_attachable(schema, table)
}

/// Whether the table is one of [`ATTACHABLE`].
pub fn is_attachable(schema: &str, table: &str) -> bool {
    ATTACHABLE
        .iter()
        .any(|name| name.split_once('.') == Some((schema, table)))
}

/// Whether the schema is Postgres's own, temporary ones included. Users cannot make a schema whose name starts with
/// `pg_`.
pub fn is_postgres_schema(name: &str) -> bool {
    name == "information_schema" || name.starts_with("pg_")
}

/// Whether the role is Postgres's own. Users cannot make a role whose name starts with `pg_`.
pub fn is_postgres_role(name: &str) -> bool {
    name.starts_with("pg_")
}

fn holds(objects: &[Placed], place: &str, name: &str) -> bool {
    objects
        .iter()
        .any(|object| object.place == place && object.fact.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_a_user_attaches_is_the_users() {
        assert!(owns_trigger("storage", "objects", "protect_objects_delete"));
        assert!(!owns_trigger("storage", "objects", "on_upload"));
        assert!(!owns_trigger("auth", "users", "on_auth_user_created"));
        assert!(!owns_trigger("public", "objects", "protect_objects_delete"));
        assert!(!owns_policy("storage", "objects"));
        assert!(!owns_policy("public", "notes"));
        assert!(owns_policy("storage", "migrations"));
        assert!(owns_trigger("storage", "migrations", "anything"));
    }

    #[test]
    fn single_objects_in_the_users_places() {
        assert!(owns_function("public", "rls_auto_enable()"));
        assert!(!owns_function("public", "rls_auto_enable(text)"));
        assert!(!owns_function("app", "rls_auto_enable()"));
        assert!(owns_function("auth", "uid()"));
        assert!(owns_event_trigger("ensure_rls"));
    }

    #[test]
    fn the_users_own_is_nobody_elses() {
        assert!(!owns_schema("public"));
        assert!(!owns_schema("app"));
        assert!(!owns_role("app_owner"));
        assert!(!owns_extension("vector"));
        assert!(!owns_publication("app_changes"));
        assert!(!owns_event_trigger("audit_ddl"));
    }

    #[test]
    fn nothing_is_listed_twice() {
        for facts in [SCHEMAS, ROLES, EXTENSIONS, EVENT_TRIGGERS, PUBLICATIONS] {
            let names: HashSet<_> = facts.iter().map(|fact| fact.name).collect();
            assert_eq!(names.len(), facts.len());
        }
        let attachable: HashSet<_> = ATTACHABLE.iter().collect();
        assert_eq!(attachable.len(), ATTACHABLE.len());
    }

    #[test]
    fn triggers_and_attachable_tables_lie_in_the_platforms_schemas() {
        let places = TRIGGERS.iter().map(|trigger| trigger.place);
        for table in places.chain(ATTACHABLE.iter().copied()) {
            let (schema, _) = table.split_once('.').unwrap();
            assert!(owns_schema(schema), "{table}");
        }
    }

    /// The stand-in for supautils holds the same list in SQL.
    #[test]
    fn the_stand_in_for_supautils_has_the_same_tables() {
        let script = include_str!("../../sql/platform/95_supautils.sql");
        let from = script.find("array[").unwrap();
        let list = &script[from..from + script[from..].find(']').unwrap()];
        let in_sql: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
        assert_eq!(in_sql, ATTACHABLE);
    }
}
