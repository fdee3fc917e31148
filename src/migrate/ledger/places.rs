//! Which tables of a database are ledgers: of ours, wherever suites put them, and of other tools.

use std::collections::BTreeMap;

use serde_json::Value;

use super::import::{self, Tool, described};
use super::tables::{NAME, NEEDED, SCHEMA};
use crate::sql::{QualifiedName, quote_literal};

/// A table that is a ledger, or that somebody takes for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table, as it is shown to people.
    pub table: String,
    /// The suites whose ledger it is by `supaproof.toml`.
    pub named_by: Vec<String>,
    /// Whose ledger it is.
    pub whose: Whose,
}

/// Whose ledger a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Ours.
    Ours,
    /// That of another tool.
    Tool(Tool),
    /// It has the place of a ledger, and is none that is known.
    Unknown,
    /// It is named, and not there yet.
    Absent,
}

/// The statement that finds them: one SELECT that returns one JSON document, for [`places`]. `named`: the tables that suites
/// name. No row of them is read, so that a table that is closed to us is found as well.
pub fn places_sql(named: &BTreeMap<String, QualifiedName>) -> String {
    let pair =
        |schema: &str, name: &str| format!("({}, {})", quote_literal(schema), quote_literal(name));
    let mut pairs = vec![pair(SCHEMA, NAME)];
    pairs.extend(named.values().map(|table| pair(schema(table), &table.name)));
    let needed: Vec<String> = NEEDED.iter().map(|name| quote_literal(name)).collect();
    format!(
        "select coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname, 'columns', a.names) \
         order by n.nspname, c.relname), '[]') from pg_class as c join pg_namespace as n on n.oid = c.relnamespace, \
         lateral (select jsonb_agg(a.attname order by a.attnum) as names, \
         count(*) filter (where a.attname in ({needed})) = {count} as ours from pg_attribute as a \
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as a \
         where c.relkind in ('r', 'p') and (({others}) or (n.nspname, c.relname) in ({pairs}) \
         or a.ours and n.nspname !~ '^pg_')",
        needed = needed.join(", "),
        count = NEEDED.len(),
        others = import::by_name(),
        pairs = pairs.join(", "),
    )
}

/// What the document says.
pub fn places(answer: &Value, named: &BTreeMap<String, QualifiedName>) -> Vec<Place> {
    let named_by = |schema_of: &str, name: &str| -> Vec<String> {
        let same = |(_, table): &(&String, &QualifiedName)| {
            schema(table) == schema_of && table.name == name
        };
        let suites = named.iter().filter(same);
        suites.map(|(suite, _)| suite.clone()).collect()
    };
    let mut places = Vec::new();
    for one in answer.as_array().into_iter().flatten() {
        let (schema, name, columns) = described(one);
        let named_by = named_by(schema, name);
        let whose = match Tool::of(schema, name, &columns) {
            _ if NEEDED.iter().all(|needed| columns.contains(needed)) => Whose::Ours,
            Some(tool) => Whose::Tool(tool),
            // A table of such a name is nobody's ledger for that.
            None if named_by.is_empty() && (schema, name) != (SCHEMA, NAME) => continue,
            None => Whose::Unknown,
        };
        places.push(Place {
            table: format!("{schema}.{name}"),
            named_by,
            whose,
        });
    }
    for table in named.values() {
        let shown = format!("{}.{}", schema(table), table.name);
        if !places.iter().any(|place| place.table == shown) {
            places.push(Place {
                named_by: named_by(schema(table), &table.name),
                table: shown,
                whose: Whose::Absent,
            });
        }
    }
    places
}

fn schema(table: &QualifiedName) -> &str {
    table.schema.as_deref().unwrap_or("public")
}
