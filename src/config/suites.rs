//! `[suites.NAME]` in `supaproof.toml`: what a suite has otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, nearest};
use crate::migrate::import::table_name;
use crate::platform::facts;
use crate::source::Source;
use crate::sql::QualifiedName;
use crate::suite::Project;

/// A suite's own section.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Suite {
    ledger: Option<Spanned<String>>,
}

/// The tables that suites name for their ledgers.
pub(super) fn ledgers(
    suites: BTreeMap<Spanned<String>, Suite>,
    source: &Source,
    project: &Project,
) -> Result<BTreeMap<String, QualifiedName>, Error> {
    if suites.is_empty() {
        return Ok(BTreeMap::new());
    }
    let known = project.suite_names()?;
    let mut ledgers = BTreeMap::new();
    for (name, suite) in suites {
        if !known.contains(name.get_ref()) {
            let error = Error::usage(format!("there is no suite `{}`", name.get_ref()))
                .at(source.origin(name.span()));
            return Err(match nearest(name.get_ref(), &known) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None => error.help(format!("The suites here are {}.", known.join(", "))),
            });
        }
        let Some(ledger) = suite.ledger else { continue };
        let error = |message: String| Error::usage(message).at(source.origin(ledger.span()));
        let Some(table) = table_name(ledger.get_ref()) else {
            return Err(error(format!("`{}` is no table with its schema", ledger.get_ref()))
                .help("Write it as in SQL: ledger = \"public.schema_migrations\"; double quotes belong around what is no plain name."));
        };
        let schema = table.schema.as_deref().unwrap_or_default();
        let closed = facts::owns_schema(schema)
            || schema.starts_with("pg_")
            || schema == "information_schema";
        if closed {
            return Err(error(format!(
                "the schema {schema} is not the project's: it can hold no ledger"
            ))
            .help("Name a table in a schema of your own, or leave `ledger` out."));
        }
        if (schema, table.name.as_str()) == ("supaproof", "history") {
            return Err(
                error("supaproof.history is the history of all ledgers".to_owned())
                    .help("Name another table, or leave `ledger` out."),
            );
        }
        ledgers.insert(name.into_inner(), table);
    }
    Ok(ledgers)
}
