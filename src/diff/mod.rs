//! The pure difference of two catalogs.

mod presence;
pub mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

pub use presence::occupied;

use crate::catalog::{Catalog, InventoryEntry, Kind, Visitor};
use crate::platform::facts::owns_role;

/// One object that is not in both catalogs as it is in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The object: `table public.orders`.
    pub object: String,
    /// What is different.
    pub kind: ChangeKind,
}

/// What is different about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Only in the second catalog.
    Added,
    /// Only in the first.
    Removed,
    /// In both, with other properties: name, before, after.
    Altered(Vec<(String, String, String)>),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ChangeKind::Added => write!(f, "{} was added", self.object),
            ChangeKind::Removed => write!(f, "{} was removed", self.object),
            ChangeKind::Altered(properties) => {
                let all: Vec<String> = properties
                    .iter()
                    .map(|(name, before, after)| format!("{name} {before} → {after}"))
                    .collect();
                write!(f, "{} was altered: {}", self.object, all.join(", "))
            }
        }
    }
}

/// What changed from `before` to `after`, in a stable order, each object once. What came or went with its table is not
/// named beside it.
///
/// Objects of typed kinds come with their properties, all others by identity, owner, privileges and comment from the
/// inventory. What the platform's services add of their own (a daily partition, say) is no change; what is lost there is,
/// and so is what we added in a schema of the platform's.
pub fn changes(before: &Catalog, after: &Catalog) -> Vec<Change> {
    let us = after.server.current_role.as_str();
    let (before, after) = (Objects::of(before), Objects::of(after));
    let mut out = Vec::new();
    for (key, old) in &before.0 {
        let kind = match after.0.get(key) {
            None => ChangeKind::Removed,
            Some(new) => match altered(&old.properties, &new.properties) {
                same if same.is_empty() => continue,
                altered => ChangeKind::Altered(altered),
            },
        };
        out.push(Change {
            object: old.name.clone(),
            kind,
        });
    }
    for (key, new) in &after.0 {
        if !before.0.contains_key(key) && !after.is_of_a_service(new, us) {
            out.push(Change {
                object: new.name.clone(),
                kind: ChangeKind::Added,
            });
        }
    }
    without_parts(out, &before, &after)
}

/// Leaves out what came or went with what it is a part of.
fn without_parts(changes: Vec<Change>, before: &Objects, after: &Objects) -> Vec<Change> {
    let whole = |kind: &ChangeKind| -> BTreeSet<String> {
        let same = changes.iter().filter(|change| change.kind == *kind);
        same.map(|change| key(&change.object, "")).collect()
    };
    let (added, removed) = (whole(&ChangeKind::Added), whole(&ChangeKind::Removed));
    let altered: BTreeSet<String> = changes
        .iter()
        .filter(|change| matches!(change.kind, ChangeKind::Altered(_)))
        .map(|change| key(&change.object, ""))
        .collect();
    let is_part = |change: &Change| {
        let (same, objects) = match change.kind {
            ChangeKind::Added => (&added, after),
            ChangeKind::Removed => (&removed, before),
            ChangeKind::Altered(_) => return false,
        };
        said_by(&change.object, &altered) || objects.came_with(&change.object, same)
    };
    let parts: Vec<bool> = changes.iter().map(is_part).collect();
    changes
        .into_iter()
        .zip(parts)
        .filter_map(|(change, part)| (!part).then_some(change))
        .collect()
}

/// Whether one of the altered objects says the same: a column its default, a domain its checks, a view its columns.
fn said_by(object: &str, altered: &BTreeSet<String>) -> bool {
    let said =
        |kinds: &[&str], name: &str| kinds.iter().any(|kind| altered.contains(&key(kind, name)));
    if let Some(column) = object.strip_prefix("default value for ") {
        return said(&["column"], column);
    }
    if let Some(constraint) = object.strip_prefix("domain constraint ") {
        let domain = constraint.rsplit_once(" on ");
        return domain.is_some_and(|(_, domain)| said(&["domain"], domain));
    }
    let column = object.strip_prefix("column ");
    let relation = column.and_then(|column| column.rsplit_once('.'));
    relation.is_some_and(|(view, _)| said(&["view", "materialized view"], view))
}

fn altered(old: &Value, new: &Value) -> Vec<(String, String, String)> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return Vec::new();
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let (old, new) = match (old.get(name), new.get(name)) {
                (Some(Value::Array(old)), Some(Value::Array(new))) if is_set(name) => {
                    (only_in(old, new), only_in(new, old))
                }
                (old, new) => (shown(old), shown(new)),
            };
            (name.clone(), old, new)
        })
        .collect()
}

/// Of a long list of privileges only what is different can be read.
fn is_set(property: &str) -> bool {
    matches!(property, "privileges" | "settings")
}

fn only_in(these: &[Value], those: &[Value]) -> String {
    let only: Vec<String> = these
        .iter()
        .filter(|value| !those.contains(value))
        .map(|value| shown(Some(value)))
        .collect();
    match only.as_slice() {
        [] => "none".to_owned(),
        some => some.join(", "),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

struct Object {
    name: String,
    properties: Value,
    platform: bool,
    /// What it belongs to, as the server knows: an extension, a range type.
    part_of: Option<String>,
}

/// Objects by a key in which a typed object and its row of the inventory agree.
#[derive(Default)]
struct Objects(BTreeMap<String, Object>);

impl Objects {
    fn of(catalog: &Catalog) -> Self {
        let mut out = Self::default();
        catalog.visit(&mut out);
        for entry in catalog.inventory.rows() {
            out.entry(entry);
        }
        out
    }

    /// Whether a service of the platform's made it: by its owner, or its table's.
    fn is_of_a_service(&self, object: &Object, us: &str) -> bool {
        if !object.platform {
            return false;
        }
        match object.properties.get("owner").and_then(Value::as_str) {
            Some(owner) => owner != us && owns_role(owner),
            None => {
                let wholes = self.wholes(&object.name);
                let mut known = wholes.iter().filter_map(|w| self.0.get(&key(w, "")));
                known.any(|whole| self.is_of_a_service(whole, us))
            }
        }
    }

    /// Whether one of these is what the object is a part of, or a part of a part: an operator of an operator class of
    /// an extension.
    fn came_with(&self, object: &str, these: &BTreeSet<String>) -> bool {
        let wholes = self.wholes(object);
        // Names alone may seem to lie in themselves.
        let other = |whole: &&String| *whole != object;
        wholes
            .iter()
            .filter(other)
            .any(|whole| these.contains(&key(whole, "")) || self.came_with(whole, these))
    }

    /// What an object may be a part of: its table under each word for one, or its roles.
    fn wholes(&self, object: &str) -> Vec<String> {
        let known = self.0.get(&key(object, ""));
        if let Some(whole) = known.and_then(|object| object.part_of.clone()) {
            return vec![whole];
        }
        if let Some((member, role)) = object
            .strip_prefix("role membership ")
            .and_then(|roles| roles.split_once(" in "))
        {
            return vec![format!("role {member}"), format!("role {role}")];
        }
        if let Some(role) = object.strip_prefix("setting role ") {
            let role = role.trim_end_matches("in the database").trim_end();
            return vec![format!("role {role}")];
        }
        let Some(table) = self.table_of(object) else {
            return Vec::new();
        };
        // A constraint may be a domain's.
        [
            "table",
            "view",
            "materialized view",
            "foreign table",
            "domain",
        ]
        .iter()
        .map(|kind| format!("{kind} {table}"))
        .collect()
    }

    fn table_of(&self, object: &str) -> Option<String> {
        let columns = ["column privileges ", "default value for ", "column "];
        if let Some(column) = columns.iter().find_map(|kind| object.strip_prefix(kind)) {
            return column.rsplit_once('.').map(|(table, _)| table.to_owned());
        }
        if object.starts_with("index ") {
            let properties = &self.0.get(&key(object, ""))?.properties;
            let text = |name: &str| properties.get(name)?.as_str();
            return Some(format!("{}.{}", text("schema")?, text("table")?));
        }
        object
            .rsplit_once(" on ")
            .map(|(_, table)| table.to_owned())
    }

    /// The inventory calls all of these types.
    fn typed<'a>(&self, kind: &'a str, identity: &str) -> &'a str {
        let mut typed = ["enum", "domain", "range"].into_iter();
        let known = |typed: &&str| self.0.contains_key(&key(typed, identity));
        typed
            .find(|typed| kind == "type" && known(typed))
            .unwrap_or(kind)
    }

    fn entry(&mut self, entry: &InventoryEntry) {
        let mut kind = self.typed(&entry.r#type, &entry.identity);
        if kind == "table constraint" {
            kind = "constraint";
        }
        if matches!(kind, "procedure" | "aggregate") {
            kind = "function";
        }
        let properties = [
            ("owner", entry.owner.clone().map(Value::from)),
            ("privileges", entry.privileges.clone()),
            ("comment", entry.comment.clone().map(Value::from)),
            ("details", entry.definition.clone().map(Value::from)),
        ];
        let part_of = entry
            .part_of
            .as_deref()
            .map(|whole| match whole.strip_prefix("type ") {
                Some(identity) => format!("{} {identity}", self.typed("type", identity)),
                None => whole.to_owned(),
            });
        let object = self
            .0
            .entry(key(kind, &entry.identity))
            .or_insert_with(|| Object {
                name: format!("{} {}", entry.r#type, entry.identity)
                    .trim_end()
                    .to_owned(),
                properties: Value::Object(serde_json::Map::new()),
                platform: entry.is_platform(),
                part_of: None,
            });
        object.part_of = part_of;
        if matches!(entry.r#type.as_str(), "procedure" | "aggregate") {
            object.name = format!("{} {}", entry.r#type, entry.identity);
        }
        if let Value::Object(map) = &mut object.properties {
            for (name, value) in properties {
                if let Some(value) = value {
                    map.insert(name.to_owned(), value);
                }
            }
        }
    }
}

/// The inventory quotes names where SQL needs it, puts no space between arguments, and says where the server's own types
/// lie: none of it counts.
fn key(kind: &str, name: &str) -> String {
    format!("{kind} {name}")
        .trim_end()
        .replace('"', "")
        .replace(", ", ",")
        .replace("pg_catalog.", "")
}

impl Visitor for Objects {
    fn kind<K: Kind>(&mut self, objects: &[K]) {
        for object in objects {
            let Ok(properties) = serde_json::to_value(object) else {
                continue;
            };
            let name = object.identity().to_string();
            self.0.insert(
                key(&name, ""),
                Object {
                    platform: object.is_platform(),
                    properties,
                    name,
                    part_of: None,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests;
