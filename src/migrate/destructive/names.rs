//! What became of names while a plan runs: a table that was renamed, one that is gone and perhaps made anew.

use std::collections::BTreeMap;

use crate::sql::QualifiedName;

/// A name as a key. One without a schema is most likely in `public`.
type Key = (String, String);

/// The schema of a name without one, in a file that sets the search path, and of what lies in none.
const SOMEWHERE: &str = "";

/// What share their names: two relations of one schema are never called the same, be they table, view or index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Relation,
    Type,
    /// Several may have one name, with other arguments.
    Function,
    /// What lies in no schema, by its kind.
    Global(&'static str),
}

/// What belongs to a table: kind, the table's name of before, name.
type Part = (&'static str, Key, String);

/// Names as they were before the plan. A name that leads to `None` is one of the plan's own, or nothing's any more; what is
/// not here is called as it was.
#[derive(Default)]
pub(super) struct Names {
    /// The running file sets the search path.
    pub(super) anywhere: bool,
    objects: BTreeMap<(Class, Key), Option<QualifiedName>>,
    schemas: BTreeMap<String, Option<String>>,
    columns: BTreeMap<(Key, String), Option<String>>,
    parts: BTreeMap<Part, Option<String>>,
}

impl Names {
    pub(super) fn key(&self, name: &QualifiedName) -> Key {
        let place = if self.anywhere { SOMEWHERE } else { "public" };
        let schema = name.schema.clone().unwrap_or_else(|| place.to_owned());
        (schema, name.name.clone())
    }

    /// The name that a relation had before; `None` where it is none of before.
    pub(super) fn before(&self, name: &QualifiedName) -> Option<QualifiedName> {
        self.object(Class::Relation, name)
    }

    /// The name that an object had before; `None` where it is none of before.
    pub(super) fn object(&self, class: Class, name: &QualifiedName) -> Option<QualifiedName> {
        let key = self.key(name);
        let at = |key: Key| self.objects.get(&(class, key));
        let here = at(key.clone());
        if let Some(Some(before)) = here {
            return Some(before.clone());
        }
        // One that was moved in a file with another search path is found too.
        let other = match key.0.as_str() {
            SOMEWHERE => "public",
            "public" => SOMEWHERE,
            _ => &key.0,
        };
        if let Some(Some(before)) = at((other.to_owned(), key.1.clone())) {
            return Some(before.clone());
        }
        if here.is_some() {
            return None;
        }
        let schema = self.schema(&key.0)?;
        Some(match schema == key.0 {
            true => name.clone(),
            false => QualifiedName {
                schema: Some(schema),
                name: key.1,
            },
        })
    }

    /// The name that a schema had before.
    pub(super) fn schema(&self, name: &str) -> Option<String> {
        match self.schemas.get(name) {
            Some(before) => before.clone(),
            None => Some(name.to_owned()),
        }
    }

    /// The name that something had before that lies in no schema.
    pub(super) fn global(&self, kind: &'static str, name: &str) -> Option<String> {
        let key = (SOMEWHERE.to_owned(), name.to_owned());
        match self.objects.get(&(Class::Global(kind), key)) {
            Some(before) => before.as_ref().map(|before| before.name.clone()),
            None => Some(name.to_owned()),
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
        let column = match self.columns.get(&place) {
            Some(before) => before.clone()?,
            None => column.to_owned(),
        };
        Some((table, column))
    }

    /// The same of a trigger, a policy, a rule or a constraint.
    pub(super) fn part(
        &self,
        kind: &'static str,
        table: &QualifiedName,
        name: &str,
    ) -> Option<(QualifiedName, String)> {
        let table = self.before(table)?;
        let name = match self.parts.get(&(kind, self.key(&table), name.to_owned())) {
            Some(before) => before.clone()?,
            None => name.to_owned(),
        };
        Some((table, name))
    }

    /// The relations of other schemas that now lie in this one, with their names of before.
    pub(super) fn moved_into(&self, schema: &str) -> Vec<(QualifiedName, QualifiedName)> {
        let was = self.schema(schema);
        let moved = self.objects.iter().filter_map(|((class, key), before)| {
            let before = before.as_ref().filter(|_| *class == Class::Relation)?;
            let from = before.schema.as_deref().unwrap_or("public");
            (key.0 == schema && Some(from) != was.as_deref()).then_some((key, before))
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
        self.objects.insert((Class::Relation, key), None);
    }

    pub(super) fn rename(&mut self, class: Class, from: &QualifiedName, to: &QualifiedName) {
        let before = self.object(class, from);
        // Of functions another may have the name still.
        if class != Class::Function {
            self.objects.insert((class, self.key(from)), None);
        }
        self.objects.insert((class, self.key(to)), before);
    }

    pub(super) fn rename_global(&mut self, kind: &'static str, from: &str, to: &str) {
        let before = self
            .global(kind, from)
            .map(|name| QualifiedName { schema: None, name });
        let place = |name: &str| (Class::Global(kind), (SOMEWHERE.to_owned(), name.to_owned()));
        self.objects.insert(place(from), None);
        self.objects.insert(place(to), before);
    }

    pub(super) fn drop_schema(&mut self, name: &str) {
        self.schemas.insert(name.to_owned(), None);
    }

    pub(super) fn rename_schema(&mut self, from: &str, to: &str) {
        let before = self.schema(from);
        self.schemas.insert(from.to_owned(), None);
        self.schemas.insert(to.to_owned(), before);
        // What was moved within it or into it lies under the new name.
        let objects = std::mem::take(&mut self.objects);
        self.objects = (objects.into_iter())
            .map(|((class, key), before)| {
                let schema = if key.0 == from { to.to_owned() } else { key.0 };
                ((class, (schema, key.1)), before)
            })
            .collect();
    }

    pub(super) fn drop_column(&mut self, table: &QualifiedName, column: &str) {
        if let Some(table) = self.before(table) {
            let place = (self.key(&table), column.to_owned());
            self.columns.insert(place, None);
        }
    }

    pub(super) fn rename_column(&mut self, table: &QualifiedName, from: &str, to: &str) {
        let Some((before, column)) = self.column(table, from) else {
            return;
        };
        self.drop_column(table, from);
        let place = (self.key(&before), to.to_owned());
        self.columns.insert(place, Some(column));
    }

    pub(super) fn rename_part(
        &mut self,
        kind: &'static str,
        table: &QualifiedName,
        from: &str,
        to: &str,
    ) {
        let Some((before, part)) = self.part(kind, table, from) else {
            return;
        };
        let place = |name: &str| (kind, self.key(&before), name.to_owned());
        let (from, to) = (place(from), place(to));
        self.parts.insert(from, None);
        self.parts.insert(to, Some(part));
    }
}
