//! Objects of kinds that no section speaks of: the first lines of a file name them.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, InventoryEntry};
use crate::migrate::ledger;
use crate::words;

/// What `pg_identify_object` calls the kinds that have no type of ours, with what several are called.
const KINDS: &[(&str, &str)] = &[
    ("access method", "access methods"),
    ("conversion", "conversions"),
    ("language", "languages"),
    ("large object", "large objects"),
    ("operator class", "operator classes"),
    ("operator family", "operator families"),
    ("subscription", "subscriptions"),
    ("text search parser", "text search parsers"),
    ("text search template", "text search templates"),
    ("transform", "transforms"),
];

/// So many are named of a kind; the others are counted.
const NAMED: usize = 5;

/// A sentence for each kind of which there are objects of the suite's own; where the inventory was not read, none.
pub(super) fn notes(catalog: &Catalog, schemas: &[String]) -> Vec<String> {
    let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in catalog.inventory.rows() {
        let kind = KINDS.iter().find(|(kind, _)| *kind == entry.r#type);
        if let Some((_, many)) = kind
            && is_own(entry, schemas)
        {
            by_kind.entry(many).or_default().push(&entry.identity);
        }
    }
    let notes = by_kind.into_iter().map(|(many, names)| {
        let named = words::few(&names, NAMED);
        format!("Without {many}, which cannot be written yet: {named}.")
    });
    notes.collect()
}

/// Whether it is nobody else's, and lies where it is looked for: what lies in no schema only where none is named.
fn is_own(entry: &InventoryEntry, schemas: &[String]) -> bool {
    let here = match &entry.schema {
        Some(schema) => {
            schema != ledger::SCHEMA && (schemas.is_empty() || schemas.contains(schema))
        }
        None => schemas.is_empty(),
    };
    here && entry.part_of.is_none() && !entry.is_platform()
}
