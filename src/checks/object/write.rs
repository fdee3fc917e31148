//! From a catalog to a section as a person would write it: the way of `expand.rs`, backwards.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::{self, Catalog, Identity, Kind, Registered as _, Unread};
use crate::meaning::ObjectName;
use crate::migrate::ledger;
use crate::sql::quote_ident;

use super::super::language::{Name, Part};
use super::{Child, Object, counts};

/// Which objects of a kind are written, and how they are called.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The schema state.
    pub catalog: &'a Catalog,
    /// The schema of names that do not say theirs.
    pub schema: &'a str,
    /// The schemas whose objects are written; none for all.
    pub schemas: &'a [String],
    /// The names of objects, or of their tables, that are written; none for all.
    pub names: &'a [Name],
}

/// A section as it is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// What stands in it, by name; by table and then by name where `nested`.
    pub items: Map<String, Value>,
    /// Whether objects stand below their tables.
    pub nested: bool,
    /// Whether it speaks of one object, whose properties are the entries.
    pub single: bool,
    /// How many objects are written.
    pub written: usize,
    /// Whether these are objects that other sections are about, too.
    pub again: bool,
    /// How many objects could not be written.
    pub unwritten: usize,
    /// Why there is nothing to write: the kind was not read.
    pub unread: Option<Unread>,
    /// Whether the section may say that there are no others.
    pub closable: bool,
    /// Whether it does, since it leaves out what only such a section says.
    pub closed: bool,
}

impl Draft {
    fn unread(reason: Unread) -> Self {
        Self {
            unread: Some(reason),
            ..Self::default()
        }
    }
}

impl Choice<'_> {
    pub(in crate::checks) fn takes(&self, schema: &str, names: &[&str]) -> bool {
        // Our own ledger is nobody's schema, and no table of it anybody's.
        let server = &self.catalog.server;
        let is_ours =
            schema == ledger::SCHEMA || names.iter().any(|name| server.keeps(schema, name));
        let in_schema = self.schemas.is_empty() || self.schemas.iter().any(|s| s == schema);
        let is_named = |name: &Name| {
            names.iter().any(|text| match name {
                Name::One(one) => one.name == *text && one.schema_or(schema) == schema,
                // A pattern that names no schema speaks of all that are written.
                Name::Many(pattern) => pattern.matches(schema, schema, text),
            })
        };
        !is_ours && in_schema && (self.names.is_empty() || self.names.iter().any(is_named))
    }

    /// A name as a suite writes it; `name` is already as it stands behind the schema.
    fn key(&self, schema: &str, name: &str) -> String {
        match schema {
            "" => name.to_owned(),
            schema if schema == self.schema => name.to_owned(),
            schema => format!("{}.{name}", name_as_written(schema)),
        }
    }

    /// The place of a schema: that of the names without one comes first.
    fn rank<'a>(&self, schema: &'a str) -> (bool, &'a str) {
        (schema != self.schema, schema)
    }

    /// Brings objects into the order of a file.
    pub(in crate::checks) fn sort<T>(&self, all: &mut [T], identity: fn(&T) -> &Identity) {
        let tables = tables_in_order(self.catalog);
        all.sort_by_cached_key(|one| {
            let Identity { schema, name, .. } = identity(one);
            let (others, schema) = self.rank(schema);
            (
                others,
                schema.to_owned(),
                place(&tables, schema, name),
                name.clone(),
            )
        });
    }

    pub(super) fn objects<E: Object>(&self) -> Draft {
        let all = match E::Found::of(self.catalog).known() {
            Ok(all) => all,
            Err(reason) => return Draft::unread(reason),
        };
        let tables = tables_in_order(self.catalog);
        let mut chosen: Vec<_> = all
            .iter()
            .filter(|found| counts(*found, self.catalog) && E::is_one(found))
            .map(|found| (found.identity(), found))
            .filter(|(identity, _)| {
                // Of `f(integer)`, `f` is the name too.
                let name = identity.name.as_str();
                let short = catalog::called(name);
                let schema = if E::IS_SCHEMA { name } else { &identity.schema };
                self.takes(schema, &[name, short])
            })
            .collect();
        chosen.sort_by_cached_key(|(identity, found)| {
            let table = E::table(found).map(|[schema, name]| place(&tables, schema, name));
            let (others, schema) = self.rank(&identity.schema);
            (others, schema.to_owned(), table, identity.name.clone())
        });
        let mut draft = Draft {
            closable: true,
            ..Draft::default()
        };
        for (identity, found) in chosen {
            match E::written(found, self.catalog) {
                Some(value) => {
                    let key = self.key(&identity.schema, &E::name_of(found));
                    draft.items.insert(key, filled(value));
                    draft.written += 1;
                }
                None => draft.unwritten += 1,
            }
        }
        draft
    }

    pub(super) fn children<E: Child>(&self) -> Draft {
        let all = match E::Found::of(self.catalog).known() {
            Ok(all) => all,
            Err(reason) => return Draft::unread(reason),
        };
        let tables = tables_in_order(self.catalog);
        let mut chosen: Vec<_> = all
            .iter()
            .filter(|found| counts(*found, self.catalog))
            .map(|found| (E::place(found), found))
            .filter(|([schema, table, name], _)| self.takes(schema, &[table, name]))
            .collect();
        chosen.sort_by_key(|([schema, table, name], _)| {
            (
                self.rank(schema),
                place(&tables, schema, table),
                *table,
                *name,
            )
        });
        let mut draft = Draft {
            nested: true,
            closable: true,
            ..Draft::default()
        };
        for ([schema, table, name], found) in chosen {
            let Some(value) = E::written(found, self.catalog) else {
                draft.unwritten += 1;
                continue;
            };
            let below = draft
                .items
                .entry(self.key(schema, &name_as_written(table)))
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(below) = below {
                below.insert(Part::written(name), filled(value));
                draft.written += 1;
            }
        }
        draft
    }
}

/// A kind that nothing more is said of is there.
fn filled(value: Value) -> Value {
    match &value {
        Value::Null => Value::from("present"),
        Value::Object(map) if map.is_empty() => Value::from("present"),
        _ => value,
    }
}

/// A name as a key that [`Name::parse`] reads as just this name.
pub(crate) fn name_as_written(name: &str) -> String {
    let read = ObjectName::parse(name);
    let alone = read.schema.is_none() && read.name == name;
    let special = |c: char| matches!(c, '"' | '.' | '(' | '*' | '?' | '/');
    if alone && !name.contains(special) {
        name.to_owned()
    } else {
        quote_ident(name)
    }
}

type Tables<'a> = BTreeMap<(&'a str, &'a str), usize>;

fn place(tables: &Tables<'_>, schema: &str, name: &str) -> usize {
    tables.get(&(schema, name)).copied().unwrap_or(usize::MAX)
}

/// Tables by name, but each after those that it references, is a partition of or inherits from, as far as that can be.
fn tables_in_order(catalog: &Catalog) -> Tables<'_> {
    let mut before: BTreeMap<(&str, &str), Vec<(&str, &str)>> = BTreeMap::new();
    for table in catalog.tables.rows() {
        let parents = table.partition_of.iter().chain(&table.inherits);
        let parents = parents.map(|parent| (parent.schema.as_str(), parent.name.as_str()));
        before.insert((&table.schema, &table.name), parents.collect());
    }
    for constraint in catalog.constraints.rows() {
        if let Some(to) = &constraint.references
            && let Some(list) =
                before.get_mut(&(constraint.schema.as_str(), constraint.table.as_str()))
        {
            list.push((&to.schema, &to.table));
        }
    }
    for list in before.values_mut() {
        list.sort_unstable();
    }
    let mut order = Tables::new();
    let mut seen = std::collections::BTreeSet::new();
    for &table in before.keys() {
        // A stack of our own: a chain of references may be longer than ours is deep.
        let mut stack = vec![(table, 0)];
        if !seen.insert(table) {
            continue;
        }
        while let Some((table, next)) = stack.pop() {
            match before.get(&table).and_then(|list| list.get(next)) {
                Some(&earlier) => {
                    stack.push((table, next + 1));
                    if before.contains_key(&earlier) && seen.insert(earlier) {
                        stack.push((earlier, 0));
                    }
                }
                None => {
                    let place = order.len();
                    order.insert(table, place);
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn a_written_name_is_read_as_itself(
            schema in "[a-zA-Z\". (*?/)é😀]{1,6}", name in "[a-zA-Z\". (*?/)é😀]{1,6}",
        ) {
            let catalog = Catalog::default();
            let choice = Choice { catalog: &catalog, schema: "public", schemas: &[], names: &[] };
            let key = choice.key(&schema, &name_as_written(&name));
            let Ok(Name::One(read)) = Name::parse(&key) else {
                return Err(TestCaseError::fail(format!("{key} is not one name")));
            };
            prop_assert_eq!((read.schema_or("public"), read.name.as_str()), (schema.as_str(), name.as_str()));
        }
    }

    #[test]
    fn names_are_quoted_only_where_they_have_to_be() {
        for plain in ["orders", "Mixed Case", "drop table", "on", "a-b", "😀"] {
            assert_eq!(name_as_written(plain), plain);
        }
        for odd in ["a.b", " a", "\"a\"", "a\"b", "f(x)", "tmp_*", "/x/"] {
            assert_eq!(name_as_written(odd), quote_ident(odd), "{odd}");
        }
    }

    #[test]
    fn tables_come_after_those_that_they_reference() {
        let table = |name: &str, parent: Option<&str>| {
            json!({"schema": "public", "name": name, "owner": "o", "persistence": "permanent", "access_method": null,
                "tablespace": null, "partitioned": false, "partition_key": null, "partition_bound": null,
                "partition_of": parent.map(|p| json!({"schema": "public", "name": p})), "inherits": [],
                "of_type": null, "options": [], "replica_identity": "default", "replica_index": null, "rls": false,
                "rls_forced": false, "privileges": [], "extension": null, "comment": null})
        };
        let mut document = serde_json::to_value(Catalog::default()).unwrap();
        document["tables"] = json!([
            table("a", Some("c")),
            table("b", Some("e")),
            table("c", Some("d")),
            table("d", None),
            // Two that reference each other, and one from elsewhere.
            table("e", Some("b")),
            table("f", Some("elsewhere")),
        ]);
        let catalog = Catalog::parse(document).unwrap();
        let mut order: Vec<_> = tables_in_order(&catalog).into_iter().collect();
        order.sort_by_key(|(_, place)| *place);
        let names: Vec<&str> = order.iter().map(|((_, name), _)| *name).collect();
        assert_eq!(names, ["d", "c", "a", "e", "b", "f"]);
    }
}
