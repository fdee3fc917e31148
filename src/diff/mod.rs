//! The pure difference of two catalogs.

mod presence;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use presence::occupied;

use crate::catalog::{Catalog, InventoryEntry, Kind, Visitor};

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

/// What changed from `before` to `after`, in a stable order, each object once.
///
/// Objects of typed kinds come with their properties, all others by identity, owner, privileges and comment from the
/// inventory. What the platform adds of its own (a daily partition, say) is no change; what it loses is.
pub fn changes(before: &Catalog, after: &Catalog) -> Vec<Change> {
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
        if !new.platform && !before.0.contains_key(key) {
            out.push(Change {
                object: new.name.clone(),
                kind: ChangeKind::Added,
            });
        }
    }
    out
}

fn altered(old: &Value, new: &Value) -> Vec<(String, String, String)> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return Vec::new();
    };
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| (name.clone(), shown(old.get(name)), shown(new.get(name))))
        .collect()
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
}

/// Objects by a key in which a typed object and its row of the inventory agree.
#[derive(Default)]
struct Objects(BTreeMap<String, Object>);

impl Objects {
    fn of(catalog: &Catalog) -> Self {
        let mut out = Self::default();
        catalog.visit(&mut out);
        for entry in &catalog.inventory {
            out.entry(entry);
        }
        out
    }

    fn entry(&mut self, entry: &InventoryEntry) {
        let mut kind = entry.r#type.as_str();
        // The inventory calls all of these types.
        if kind == "type" {
            kind = ["enum", "domain", "range"]
                .into_iter()
                .find(|typed| self.0.contains_key(&key(typed, &entry.identity)))
                .unwrap_or(kind);
        }
        if kind == "table constraint" {
            kind = "constraint";
        }
        let properties = [
            ("owner", entry.owner.clone().map(Value::from)),
            ("privileges", entry.privileges.clone()),
            ("comment", entry.comment.clone().map(Value::from)),
        ];
        let object = self
            .0
            .entry(key(kind, &entry.identity))
            .or_insert_with(|| Object {
                name: format!("{} {}", entry.r#type, entry.identity),
                properties: Value::Object(serde_json::Map::new()),
                platform: entry.is_platform(),
            });
        if let Value::Object(map) = &mut object.properties {
            for (name, value) in properties {
                if let Some(value) = value {
                    map.insert(name.to_owned(), value);
                }
            }
        }
    }
}

/// The inventory quotes names where SQL needs it and puts no space between arguments: neither counts.
fn key(kind: &str, name: &str) -> String {
    format!("{kind} {name}").replace(['"', ' '], "")
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
                },
            );
        }
    }
}
