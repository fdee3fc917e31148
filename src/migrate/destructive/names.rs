//! What became of names while a plan runs: a table that was renamed, one that is gone and perhaps made anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::QualifiedName;

/// A name as a key. One without a schema is most likely in `public`.
type Key = (String, String);

/// The schema of a name without one, in a file that sets the search path.
const SOMEWHERE: &str = "";

/// The names of relations and columns as they were before the plan.
#[derive(Default)]
pub(super) struct Names {
    /// The running file sets the search path.
    pub(super) anywhere: bool,
    /// What a relation was called before.
    moved: BTreeMap<Key, QualifiedName>,
    /// Relations that were there before and are not any more, under this name.
    gone: BTreeSet<Key>,
    moved_columns: BTreeMap<(Key, String), String>,
    gone_columns: BTreeSet<(Key, String)>,
}

impl Names {
    fn key(&self, name: &QualifiedName) -> Key {
        let place = if self.anywhere { SOMEWHERE } else { "public" };
        let schema = name.schema.clone().unwrap_or_else(|| place.to_owned());
        (schema, name.name.clone())
    }

    /// What a name was before. One that was moved in a file with another search path is found too.
    fn moved(&self, key: &Key) -> Option<&QualifiedName> {
        self.moved.get(key).or_else(|| {
            let place = match key.0.as_str() {
                SOMEWHERE => "public",
                "public" => SOMEWHERE,
                _ => return None,
            };
            self.moved.get(&(place.to_owned(), key.1.clone()))
        })
    }

    /// The name that a relation had before; `None` where it is none of before.
    pub(super) fn before(&self, name: &QualifiedName) -> Option<QualifiedName> {
        let key = self.key(name);
        match self.moved(&key) {
            Some(before) => Some(before.clone()),
            None => (!self.gone.contains(&key)).then(|| name.clone()),
        }
    }

    /// The same of a column, with its table.
    pub(super) fn column(
        &self,
        table: &QualifiedName,
        column: &str,
    ) -> Option<(QualifiedName, String)> {
        let table = self.before(table)?;
        let place = (self.key(&table), column.to_owned());
        let column = match self.moved_columns.get(&place) {
            Some(before) => before.clone(),
            None if self.gone_columns.contains(&place) => return None,
            None => column.to_owned(),
        };
        Some((table, column))
    }

    /// The relations of other schemas that now lie in this one, with their names of before.
    pub(super) fn moved_into(&self, schema: &str) -> Vec<(QualifiedName, QualifiedName)> {
        let moved = self.moved.iter().filter(|(key, before)| {
            key.0 == schema && before.schema.as_deref().unwrap_or("public") != schema
        });
        moved
            .map(|(key, before)| {
                let now = QualifiedName {
                    schema: Some(key.0.clone()),
                    name: key.1.clone(),
                };
                (now, before.clone())
            })
            .collect()
    }

    pub(super) fn drop(&mut self, name: &QualifiedName) {
        let key = self.key(name);
        self.moved.remove(&key);
        self.gone.insert(key);
    }

    pub(super) fn rename(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let before = self.before(from);
        self.drop(from);
        match before {
            Some(before) => {
                let key = self.key(to);
                self.moved.insert(key, before).is_some()
            }
            // It was made by the plan itself.
            None => {
                let key = self.key(to);
                self.gone.insert(key)
            }
        };
    }

    pub(super) fn drop_column(&mut self, table: &QualifiedName, column: &str) {
        if let Some(table) = self.before(table) {
            let place = (self.key(&table), column.to_owned());
            self.moved_columns.remove(&place);
            self.gone_columns.insert(place);
        }
    }

    pub(super) fn rename_column(&mut self, table: &QualifiedName, from: &str, to: &str) {
        let Some((before, column)) = self.column(table, from) else {
            return;
        };
        self.drop_column(table, from);
        let place = (self.key(&before), to.to_owned());
        self.moved_columns.insert(place, column);
    }
}
