//! What there is in a database, and what of it goes into a backup.

use serde::Deserialize;

use super::manifest::{Extension, Publication};
use crate::platform::facts;
use crate::sql::{quote_ident, quote_literal};

/// The platform's schemas whose tables hold what is the user's: accounts, buckets, the list of files.
const ROWS_OF: [&str; 2] = ["auth", "storage"];

/// Tables in them that are their services' own.
const OF_SERVICES: [(&str, &str); 2] = [("auth", "schema_migrations"), ("storage", "migrations")];

/// The platform's schema that goes in whole: the ledger of the Supabase CLI belongs to what it tells of.
const LEDGER: &str = "supabase_migrations";

/// What begins a transaction in which everything is of one moment and the text of every value is the same everywhere.
pub const BEGIN: &str = "begin transaction isolation level repeatable read read only;
set local search_path = '';
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
set local extra_float_digits = 1;
set local bytea_output = 'hex';
set local lc_monetary = 'C';
set local statement_timeout = 0;
set local lock_timeout = '60s';
set local idle_in_transaction_session_timeout = 0";

/// What there is.
#[derive(Clone, Debug, Deserialize)]
pub struct Survey {
    /// The server's version.
    pub server: String,
    /// Its major.
    pub major: u32,
    /// The snapshot that others may share, where one was asked for.
    pub snapshot: Option<String>,
    /// Whether we are a superuser.
    pub superuser: bool,
    /// The role that we are.
    pub role: String,
    /// The schemas, without Postgres's.
    pub schemas: Vec<Schema>,
    /// The tables and sequences in them that are no extension's.
    pub objects: Vec<Object>,
    /// The schemas that hold something besides, by name: views, functions, types.
    pub occupied: Vec<String>,
    /// Roles, without Postgres's.
    pub roles: Vec<String>,
    /// Extensions.
    pub extensions: Vec<Extension>,
    /// Tables in publications.
    pub publications: Vec<Publication>,
    /// How many large objects there are.
    pub large_objects: u64,
    /// Whether we may read all of them.
    pub large_objects_readable: bool,
    /// Policies and triggers on tables of the platform: schema, table, name, and whether it is a policy.
    pub attached: Vec<(String, String, String, bool)>,
}

/// A schema.
#[derive(Clone, Debug, Deserialize)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// The extension that it belongs to.
    pub extension: Option<String>,
}

/// A table or a sequence.
#[derive(Clone, Debug, Deserialize)]
pub struct Object {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Whether it is a sequence.
    pub sequence: bool,
    /// Whether it has no rows of its own: its partitions have.
    pub partitioned: bool,
    /// Whether we may read it.
    pub readable: bool,
    /// Whether row-level security hides rows from us.
    pub hidden: bool,
    /// Its columns, by name.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
}

/// The SELECT of a [`Survey`], in a transaction that [`BEGIN`] began. `snapshot`: with one for others to share.
pub fn survey_sql(snapshot: bool) -> String {
    let snapshot = if snapshot {
        "pg_export_snapshot()"
    } else {
        "null"
    };
    include_str!("../../sql/backup/survey.sql")
        .replace("/* snapshot */ null", snapshot)
        .trim_end()
        .to_owned()
}

/// What goes into a backup.
#[derive(Clone, Debug, Default)]
pub struct Plan<'a> {
    /// The schemas with all that they hold.
    pub schemas: Vec<String>,
    /// The platform's, for their rows.
    pub platform: Vec<String>,
    /// Tables in those that are left out.
    pub excluded: Vec<&'a Object>,
    /// Tables and sequences whose contents are counted.
    pub objects: Vec<&'a Object>,
    /// Whether large objects go in.
    pub large_objects: bool,
    /// What does not go in, in words.
    pub left_out: Vec<String>,
    /// What would have to go in and cannot, each with the reason.
    pub refused: Vec<String>,
}

/// Decides what goes in: the user's schemas wholly, the rows of `auth` and `storage` as far as we may read them.
pub fn plan(survey: &Survey) -> Plan<'_> {
    let mut plan = Plan::default();
    let mut others = Vec::new();
    for schema in &survey.schemas {
        let name = schema.name.clone();
        if ROWS_OF.contains(&name.as_str()) {
            plan.platform.push(name);
        } else if let Some(extension) = &schema.extension {
            others.push(format!("{name} (of the extension {extension})"));
        } else if facts::owns_schema(&name) && name != LEDGER {
            others.push(name);
        } else {
            plan.schemas.push(name);
        }
    }
    if !others.is_empty() {
        plan.left_out
            .push(format!("the schemas {}", others.join(", ")));
    }
    for object in &survey.objects {
        let shown = format!("{}.{}", object.schema, object.name);
        let platform = plan.platform.contains(&object.schema);
        if !platform && !plan.schemas.contains(&object.schema) {
            continue;
        }
        let reason = if !object.readable {
            Some("may not be read by")
        } else if object.hidden {
            Some("hides rows by row-level security from")
        } else {
            None
        };
        let own = OF_SERVICES.contains(&(object.schema.as_str(), object.name.as_str()));
        match reason {
            Some(reason) if !platform => plan
                .refused
                .push(format!("{shown} {reason} the role {}", survey.role)),
            Some(reason) => {
                plan.left_out
                    .push(format!("{shown}, which {reason} {}", survey.role));
                plan.excluded.push(object);
            }
            None if own => plan.excluded.push(object),
            None if object.partitioned => {}
            None => plan.objects.push(object),
        }
    }
    if survey.large_objects > 0 {
        plan.large_objects = survey.large_objects_readable;
        if !plan.large_objects {
            plan.left_out.push(format!(
                "{} large objects, which {} may not read",
                survey.large_objects, survey.role
            ));
        }
    }
    if survey.schemas.iter().any(|schema| schema.name == "storage") {
        plan.left_out
            .push("the files of storage: only the list of them is in it".to_owned());
    }
    plan.left_out
        .push("roles, extensions, event triggers, secrets of the vault".to_owned());
    plan
}

/// Statements that empty the schemas, so that what a backup holds of them can come back. What belongs to an extension stays.
/// Policies and triggers of the user's on the platform's tables go as well.
pub fn clear_sql(survey: &Survey, schemas: &[String], platform: &[String]) -> String {
    let mut out = String::new();
    for (schema, table, name, policy) in &survey.attached {
        if !platform.contains(schema) || is_platforms(schema, table, name, *policy) {
            continue;
        }
        let kind = if *policy { "policy" } else { "trigger" };
        out.push_str(&format!(
            "drop {kind} if exists {} on {}.{};\n",
            quote_ident(name),
            quote_ident(schema),
            quote_ident(table)
        ));
    }
    let emptied: Vec<String> = schemas
        .iter()
        .filter(|name| survey.schemas.iter().any(|schema| schema.name == **name))
        .map(|name| quote_literal(name))
        .collect();
    if !emptied.is_empty() {
        out.push_str(
            &include_str!("../../sql/backup/clear.sql")
                .replace("/* schemas */", &emptied.join(", ")),
        );
    }
    out
}

fn is_platforms(schema: &str, table: &str, name: &str, policy: bool) -> bool {
    match policy {
        true => facts::owns_policy(schema, table),
        false => facts::owns_trigger(schema, table, name),
    }
}

/// Statements that put tables back into the publications that are there.
pub fn publish_sql(publications: &[Publication], schemas: &[String]) -> String {
    let mut out = String::new();
    for published in publications.iter().filter(|p| schemas.contains(&p.schema)) {
        let statement = format!(
            "alter publication {} add table {}.{}{}",
            quote_ident(&published.name),
            quote_ident(&published.schema),
            quote_ident(&published.table),
            published.rest
        );
        let body = format!(
            "begin if exists (select from pg_catalog.pg_publication p where p.pubname = {0} and not p.puballtables) \
             and not exists (select from pg_catalog.pg_publication_tables t where t.pubname = {0} \
             and t.schemaname = {1} and t.tablename = {2}) then execute {3}; end if; end",
            quote_literal(&published.name),
            quote_literal(&published.schema),
            quote_literal(&published.table),
            quote_literal(&statement)
        );
        out.push_str(&format!("do {};\n", crate::sql::dollar_quote(&body)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn survey(objects: serde_json::Value) -> Survey {
        serde_json::from_value(json!({
            "server": "15.1", "major": 15, "snapshot": null, "superuser": false, "role": "postgres",
            "schemas": [
                {"name": "public", "extension": null},
                {"name": "auth", "extension": null},
                {"name": "cron", "extension": "pg_cron"},
                {"name": "vault", "extension": null},
                {"name": "supabase_migrations", "extension": null},
            ],
            "objects": objects, "occupied": [], "roles": [], "extensions": [], "publications": [],
            "large_objects": 2, "large_objects_readable": false,
            "attached": [["auth", "users", "own", false], ["auth", "users", "mine", true]],
        }))
        .unwrap()
    }

    fn table(schema: &str, name: &str, readable: bool, hidden: bool) -> serde_json::Value {
        json!({"schema": schema, "name": name, "sequence": false, "partitioned": false,
               "readable": readable, "hidden": hidden, "columns": []})
    }

    #[test]
    fn the_users_schemas_go_in_whole_and_of_the_platforms_some_rows() {
        let survey = survey(json!([
            table("public", "orders", true, false),
            table("auth", "users", true, false),
            table("auth", "schema_migrations", true, false),
            table("auth", "closed", false, false),
            table("vault", "secrets", true, false),
        ]));
        let plan = plan(&survey);
        assert_eq!(plan.schemas, ["public", "supabase_migrations"]);
        assert_eq!(plan.platform, ["auth"]);
        let names =
            |all: &[&Object]| -> Vec<String> { all.iter().map(|o| o.name.clone()).collect() };
        assert_eq!(names(&plan.objects), ["orders", "users"]);
        assert_eq!(names(&plan.excluded), ["schema_migrations", "closed"]);
        assert!(plan.refused.is_empty());
        let out = plan.left_out.join("\n");
        for words in [
            "cron (of the extension pg_cron), vault",
            "auth.closed",
            "2 large objects",
        ] {
            assert!(out.contains(words), "{words}: {out}");
        }
    }

    #[test]
    fn a_table_that_cannot_be_read_whole_is_refused() {
        let survey = survey(json!([
            table("public", "closed", false, false),
            table("public", "hidden", true, true),
        ]));
        assert_eq!(
            plan(&survey).refused,
            [
                "public.closed may not be read by the role postgres",
                "public.hidden hides rows by row-level security from the role postgres"
            ]
        );
    }

    #[test]
    fn only_what_is_the_users_is_cleared_on_tables_of_the_platform() {
        let survey = survey(json!([]));
        let sql = clear_sql(&survey, &[], &["auth".to_owned()]);
        assert!(
            sql.contains("drop policy if exists \"mine\" on \"auth\".\"users\";"),
            "{sql}"
        );
        assert_eq!(clear_sql(&survey, &[], &[]), "");
        let sql = clear_sql(&survey, &["public".to_owned(), "new".to_owned()], &[]);
        assert!(sql.contains("'public'") && !sql.contains("'new'"), "{sql}");
    }
}
