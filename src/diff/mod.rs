//! The pure difference of two catalogs.

mod key;
mod presence;
pub mod print;
pub mod rows;
pub mod seeded;
pub mod sequences;
pub mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use presence::occupied;

use self::key::{key, rsplit};
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
    between(&Stand::of(before), &Stand::of(after))
}

/// A catalog made ready to be compared, for who compares it more than once or keeps many of them.
#[derive(Default)]
pub struct Stand {
    objects: Objects,
    /// The role that read it.
    us: String,
}

impl Stand {
    /// What is there to compare in a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        Self {
            objects: Objects::of(catalog),
            us: catalog.server.current_role.clone(),
        }
    }

    /// The same, keeping in common with `other` what is the same in both: of a row of catalogs each costs little more
    /// than what is new in it.
    pub fn beside(catalog: &Catalog, other: &Self) -> Self {
        let mut out = Self::of(catalog);
        for (key, object) in &mut out.objects.0 {
            if let Some(same) = other.objects.0.get(key).filter(|known| *known == object) {
                *object = Arc::clone(same);
            }
        }
        out
    }
}

/// What changed from `before` to `after`: see [`changes`].
pub fn between(before: &Stand, after: &Stand) -> Vec<Change> {
    let us = after.us.as_str();
    let (before, after) = (&before.objects, &after.objects);
    let mut out = Vec::new();
    for (key, old) in &before.0 {
        let kind = match after.0.get(key) {
            None => ChangeKind::Removed,
            Some(new) if Arc::ptr_eq(old, new) => continue,
            Some(new) => match altered(&old.properties, &new.properties) {
                same if same.is_empty() => continue,
                altered => ChangeKind::Altered(altered),
            },
        };
        let object = old.name.clone();
        out.push((key.as_str(), Change { object, kind }));
    }
    for (key, new) in &after.0 {
        if !before.0.contains_key(key) && !after.is_of_a_service(key, new, us) {
            let (object, kind) = (new.name.clone(), ChangeKind::Added);
            out.push((key.as_str(), Change { object, kind }));
        }
    }
    without_parts(out, before, after)
}

/// Leaves out what came or went with what it is a part of.
fn without_parts(changes: Vec<(&str, Change)>, before: &Objects, after: &Objects) -> Vec<Change> {
    let keys = |is: fn(&ChangeKind) -> bool| -> BTreeSet<&str> {
        let same = changes.iter().filter(|(_, change)| is(&change.kind));
        same.map(|(key, _)| *key).collect()
    };
    let added = keys(|kind| *kind == ChangeKind::Added);
    let removed = keys(|kind| *kind == ChangeKind::Removed);
    let altered = keys(|kind| matches!(kind, ChangeKind::Altered(_)));
    let is_part = |key: &str, change: &Change| {
        let (same, objects) = match change.kind {
            ChangeKind::Added => (&added, after),
            ChangeKind::Removed => (&removed, before),
            ChangeKind::Altered(_) => return false,
        };
        said_by(key, &altered) || objects.came_with(key, same)
    };
    let whole = changes.iter().filter(|(key, change)| !is_part(key, change));
    whole.map(|(_, change)| change.clone()).collect()
}

/// Whether one of the altered objects says the same: a column its default, a domain its checks, a view its columns.
fn said_by(object: &str, altered: &BTreeSet<&str>) -> bool {
    let said = |kinds: &[&str], name: &str| {
        let mut keys = kinds.iter().map(|kind| format!("{kind} {name}"));
        keys.any(|key| altered.contains(key.as_str()))
    };
    if let Some(column) = object.strip_prefix("default value for ") {
        return said(&["column"], column);
    }
    if let Some(constraint) = object.strip_prefix("domain constraint ") {
        let domain = rsplit(constraint, " on ");
        return domain.is_some_and(|(_, domain)| said(&["domain"], domain));
    }
    let column = object.strip_prefix("column ");
    let relation = column.and_then(|column| rsplit(column, "."));
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

#[derive(PartialEq)]
struct Object {
    name: String,
    properties: Value,
    platform: bool,
    /// What it belongs to, as the server knows: an extension, a range type.
    part_of: Option<String>,
}

/// Objects by a key in which a typed object and its row of the inventory agree.
#[derive(Default)]
struct Objects(BTreeMap<String, Arc<Object>>);

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
    fn is_of_a_service(&self, key: &str, object: &Object, us: &str) -> bool {
        if !object.platform {
            return false;
        }
        match object.properties.get("owner").and_then(Value::as_str) {
            Some(owner) => owner != us && owns_role(owner),
            None => {
                let wholes = self.wholes(key);
                let mut known = wholes.iter().filter_map(|w| self.0.get_key_value(w));
                known.any(|(key, whole)| self.is_of_a_service(key, whole, us))
            }
        }
    }

    /// Whether one of these is what the object is a part of, or a part of a part: an operator of an operator class of
    /// an extension.
    fn came_with(&self, object: &str, these: &BTreeSet<&str>) -> bool {
        let wholes = self.wholes(object);
        // Names alone may seem to lie in themselves.
        let other = |whole: &&String| *whole != object;
        wholes
            .iter()
            .filter(other)
            .any(|whole| these.contains(whole.as_str()) || self.came_with(whole, these))
    }

    /// What an object may be a part of: its table under each word for one, or its roles.
    fn wholes(&self, object: &str) -> Vec<String> {
        let known = self.0.get(object);
        if let Some(whole) = known.and_then(|object| object.part_of.clone()) {
            return vec![key(&whole, "")];
        }
        if let Some((member, role)) = object
            .strip_prefix("role membership ")
            .and_then(|roles| rsplit(roles, " in "))
        {
            return vec![format!("role {member}"), format!("role {role}")];
        }
        if let Some(role) = object.strip_prefix("setting role ") {
            let role = role.strip_suffix("in the database").unwrap_or(role);
            return vec![format!("role {}", role.trim_end())];
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
        if let Some(table) = key::table(&self.0.get(object)?.properties) {
            return Some(table);
        }
        let columns = ["column privileges ", "default value for "];
        let parts = match columns.iter().find_map(|kind| object.strip_prefix(kind)) {
            Some(column) => rsplit(column, ".").map(|(table, _)| table),
            None => rsplit(object, " on ").map(|(_, table)| table),
        };
        parts.map(ToOwned::to_owned)
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
        let object = self.0.entry(key(kind, &entry.identity)).or_insert_with(|| {
            Arc::new(Object {
                name: format!("{} {}", entry.r#type, entry.identity)
                    .trim_end()
                    .to_owned(),
                properties: Value::Object(serde_json::Map::new()),
                platform: entry.is_platform(),
                part_of: None,
            })
        });
        // Nobody else has it yet.
        let Some(object) = Arc::get_mut(object) else {
            return;
        };
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

impl Visitor for Objects {
    fn kind<K: Kind>(&mut self, objects: &[K]) {
        for object in objects {
            let Ok(properties) = serde_json::to_value(object) else {
                continue;
            };
            let identity = object.identity();
            self.0.insert(
                key::typed(&identity, &properties),
                Arc::new(Object {
                    platform: object.is_platform(),
                    properties,
                    name: identity.to_string(),
                    part_of: None,
                }),
            );
        }
    }
}

#[cfg(test)]
mod tests;
