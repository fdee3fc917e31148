//! What the facts say about a fresh cluster.

use supaproof::platform::facts;
use tokio_postgres::Client;

use crate::cluster::rows;

/// Every object, by kind, name and (where it has one) schema or table.
pub(crate) const OBJECTS: &str = "set search_path = '';
    select 'schema', nspname, '' from pg_namespace where nspname <> 'public'
    union all select 'role', rolname, '' from pg_roles
    union all select 'extension', extname, '' from pg_extension
    union all select 'publication', pubname, '' from pg_publication
    union all select 'event trigger', evtname, '' from pg_event_trigger
    union all select 'relation', relname, relnamespace::regnamespace::text from pg_class
    union all select 'type', typname, typnamespace::regnamespace::text from pg_type
    union all select 'function', proname || '(' || pg_get_function_identity_arguments(oid) || ')',
        pronamespace::regnamespace::text from pg_proc
    union all select 'trigger', tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal
    union all select 'policy', polname, polrelid::regclass::text from pg_policy
    order by 1, 2, 3;
    reset search_path";

pub(crate) async fn all_is_known_to_the_facts(admin: &Client) {
    let objects = rows(admin, OBJECTS).await;
    assert!(objects.len() > 1000, "{}", objects.len());
    for row in objects {
        let [kind, name, place] = &row[..] else {
            panic!("{row:?}")
        };
        let (schema, table) = place.split_once('.').unwrap_or((place, ""));
        let known = match kind.as_str() {
            "schema" => facts::owns_schema(name) || facts::is_postgres_schema(name),
            "role" => facts::owns_role(name) || facts::is_postgres_role(name),
            "extension" => facts::owns_extension(name),
            "publication" => facts::owns_publication(name),
            "event trigger" => facts::owns_event_trigger(name),
            "relation" | "type" => facts::owns_schema(schema) || facts::is_postgres_schema(schema),
            "function" => facts::owns_function(schema, name) || facts::is_postgres_schema(schema),
            "trigger" => facts::owns_trigger(schema, table, name),
            "policy" => facts::owns_policy(schema, table),
            other => panic!("{other}"),
        };
        assert!(
            known,
            "the facts do not know this as the platform's: {row:?}"
        );
    }
}

pub(crate) async fn all_that_is_always_there_is_there(admin: &Client) {
    for (list, catalog) in [
        (facts::SCHEMAS, "select nspname from pg_namespace"),
        (facts::ROLES, "select rolname from pg_roles"),
        (facts::PUBLICATIONS, "select pubname from pg_publication"),
    ] {
        let there: Vec<String> = rows(admin, catalog).await.concat();
        for fact in list {
            let expected = matches!(
                fact.presence,
                facts::Presence::Always | facts::Presence::StandIn
            );
            assert_eq!(
                there.iter().any(|name| name == fact.name),
                expected,
                "{}",
                fact.name
            );
        }
    }
}
