//! Which of the objects that a suite names are in a database already.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{self, Catalog, Identity, Kind, Visitor};
use crate::sql::{Action, NamedObject, ObjectKind};

/// The objects that `verify` must not touch, since they were there before: those that the suite's SQL creates or
/// drops, and those that it expects. Each in words, once.
///
/// `named` comes from the statements of the suite's files, `expected` from its expectations; `schema` is where names
/// without a schema are looked up.
pub fn occupied(
    catalog: &Catalog,
    named: &[NamedObject],
    expected: &[Identity],
    schema: &str,
) -> Vec<String> {
    let present = Present::of(catalog);
    let mut out = BTreeSet::new();
    for object in named {
        let place = object.schema.as_deref().unwrap_or(schema);
        if object.temporary || !matters(object) {
            continue;
        }
        if let Some(words) = present.find(object, place) {
            out.insert(words);
        }
    }
    for identity in expected {
        // Not objects of anybody's: whoever sets one more finds the others there.
        if ["setting", "default privileges"].contains(&identity.kind) {
            continue;
        }
        let key = if identity.kind == "function" {
            let name = catalog::called(&identity.name);
            present
                .functions
                .get(&(identity.schema.clone(), name.to_owned()))
        } else {
            present.typed.get(&identity.to_string())
        };
        out.extend(key.cloned());
    }
    out.into_iter().collect()
}

/// What is created only where it is not there yet costs nobody anything, as long as no statement drops it: an
/// extension, a schema, a role.
fn matters(object: &NamedObject) -> bool {
    match object.action {
        Action::Drop => true,
        Action::Create => {
            !(object.lenient
                && matches!(
                    object.kind,
                    ObjectKind::Extension | ObjectKind::Schema | ObjectKind::Role
                ))
        }
        Action::Alter => false,
    }
}

/// What is in a catalog, by what SQL calls it.
#[derive(Default)]
struct Present {
    /// Typed objects by identity, without the platform's.
    typed: BTreeMap<String, String>,
    functions: BTreeMap<(String, String), String>,
    /// `kind name` of the inventory, without quotes.
    inventory: BTreeMap<String, String>,
}

impl Present {
    fn of(catalog: &Catalog) -> Self {
        let mut out = Self::default();
        catalog.visit(&mut out);
        for function in catalog.functions.rows().iter().filter(|f| !f.is_platform()) {
            let words = function.identity().to_string();
            out.functions
                .insert((function.schema.clone(), function.name.clone()), words);
        }
        for entry in catalog.inventory.rows() {
            let name = entry.identity.replace('"', "");
            out.inventory.insert(
                format!("{} {name}", entry.r#type),
                format!("{} {name}", entry.r#type),
            );
        }
        out
    }

    fn find(&self, object: &NamedObject, schema: &str) -> Option<String> {
        // As the keys of the inventory, which have no quotes; a name with one in it is found all the same.
        let name = &object.name.replace('"', "");
        let qualified = format!("{schema}.{name}");
        let on = |table: &crate::sql::QualifiedName| {
            format!(
                "{name} on {}.{}",
                table.schema.as_deref().unwrap_or(schema),
                table.name
            )
        };
        let (kinds, name): (&[&str], String) = match &object.kind {
            // Relations share their names.
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence => (
                &[
                    "table",
                    "view",
                    "materialized view",
                    "index",
                    "sequence",
                    "foreign table",
                ],
                qualified,
            ),
            ObjectKind::Type | ObjectKind::Domain => (&["type", "domain"], qualified),
            ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Routine
            | ObjectKind::Aggregate => {
                return self
                    .functions
                    .get(&(schema.to_owned(), name.clone()))
                    .cloned();
            }
            ObjectKind::Trigger { table } => (&["trigger"], on(table)),
            ObjectKind::Policy { table } => (&["policy"], on(table)),
            ObjectKind::Rule { table } => (&["rule"], on(table)),
            ObjectKind::EventTrigger => (&["event trigger"], name.clone()),
            ObjectKind::Publication => (&["publication"], name.clone()),
            ObjectKind::Server => (&["server"], name.clone()),
            ObjectKind::ForeignDataWrapper => (&["foreign-data wrapper"], name.clone()),
            ObjectKind::Schema => (&["schema"], name.clone()),
            ObjectKind::Extension => (&["extension"], name.clone()),
            ObjectKind::Role => (&["role"], name.clone()),
            // The inventory has the same words for most: `text search configuration`, `collation`, `operator`.
            ObjectKind::Other(words) => return self.other(&words.to_lowercase(), schema, name),
            ObjectKind::Database | ObjectKind::Subscription => return None,
        };
        kinds
            .iter()
            .find_map(|kind| self.inventory.get(&format!("{kind} {name}")).cloned())
    }
}

impl Present {
    /// Kinds that are told apart by more than a name (`operator public.=== (integer,integer)`) are found by the name.
    fn other(&self, words: &str, schema: &str, name: &str) -> Option<String> {
        let kind = match words {
            "statistics" => "statistics object",
            words => words,
        };
        let names = [format!("{kind} {schema}.{name}"), format!("{kind} {name}")];
        let found = names.iter().find_map(|start| {
            let mut from = self.inventory.range(start.clone()..);
            from.next().filter(|(key, _)| {
                let rest = key.strip_prefix(start.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['(', ' ']))
            })
        });
        found.map(|(_, words)| words.clone())
    }
}

impl Visitor for Present {
    fn kind<K: Kind>(&mut self, objects: &[K]) {
        for object in objects.iter().filter(|o| !o.is_platform()) {
            let words = object.identity().to_string();
            self.typed.insert(words.clone(), words);
        }
    }
}
