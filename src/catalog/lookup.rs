//! Finding objects of one table among thousands: lists are sorted, so nothing is looked through.

use std::any::TypeId;
use std::collections::HashMap;
use std::slice::Iter;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::access::Paths;
use super::reading::walk;
use super::{Catalog, Column, Constraint, Function, Kind, Reading, Signature, Table, Unread};

/// Places in a list by schema and then by name, of the object or of its table.
type Index = HashMap<String, HashMap<String, Vec<usize>>>;

/// What an index is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum By {
    Name,
    Table,
    /// By name whatever the schema, which is left empty.
    NameAlone,
}

/// What is made of a catalog the first time that it is asked for: where objects stand in their lists, by an index for each
/// kind, and who may do what. A copy of a catalog makes its own.
#[derive(Debug, Default)]
pub(crate) struct Places {
    indexes: Mutex<HashMap<(TypeId, By), Arc<Index>>>,
    /// What every question about privileges takes.
    pub(super) access: OnceLock<Result<Arc<Paths>, Unread>>,
}

impl Clone for Places {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Places {
    fn index<K: 'static>(
        &self,
        by: By,
        rows: &[K],
        place: impl Fn(&K) -> (String, String),
    ) -> Arc<Index> {
        let mut known = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        let index = known.entry((TypeId::of::<K>(), by)).or_insert_with(|| {
            let mut index = Index::new();
            for (at, row) in walk(rows).iter().enumerate() {
                let (schema, name) = place(row);
                index
                    .entry(schema)
                    .or_default()
                    .entry(name)
                    .or_default()
                    .push(at);
            }
            Arc::new(index)
        });
        Arc::clone(index)
    }
}

/// The rows at the places that an index has.
fn at<'a, K>(rows: &'a [K], index: &Index, schema: &str, name: &str) -> Vec<&'a K> {
    let places = index.get(schema).and_then(|names| names.get(name));
    places
        .into_iter()
        .flatten()
        .filter_map(|&at| rows.get(at))
        .collect()
}

/// What a list is sorted by: schema, then the table or the name.
trait Placed {
    fn place(&self) -> (&str, &str);
}

impl Placed for Table {
    fn place(&self) -> (&str, &str) {
        (&self.schema, &self.name)
    }
}

impl Placed for Column {
    fn place(&self) -> (&str, &str) {
        (&self.schema, &self.table)
    }
}

impl Placed for Constraint {
    fn place(&self) -> (&str, &str) {
        (&self.schema, &self.table)
    }
}

impl Placed for Function {
    fn place(&self) -> (&str, &str) {
        (&self.schema, &self.name)
    }
}

/// Sorts a list, which the server has sorted already: names there are compared byte by byte, as here.
fn sort<K: Placed>(reading: &mut Reading<K>) {
    if let Reading::Known(rows) = reading
        && !rows.is_sorted_by(|one, other| one.place() <= other.place())
    {
        rows.sort_by(|one, other| one.place().cmp(&other.place()));
    }
}

/// The rows of one table, or of one name.
fn of<'a, K: Placed>(rows: &'a [K], schema: &str, name: &str) -> &'a [K] {
    let wanted = (schema, name);
    let start = rows.partition_point(|row| row.place() < wanted);
    let rows = &rows[start..];
    &rows[..rows.partition_point(|row| row.place() == wanted)]
}

impl Catalog {
    /// Brings every list that is looked up in into its order.
    pub(super) fn sort(&mut self) {
        sort(&mut self.tables);
        sort(&mut self.columns);
        sort(&mut self.constraints);
        sort(&mut self.functions);
    }

    /// The objects of a kind with this schema and name: one as a rule.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn named<K: Kind + 'static>(&self, schema: &str, name: &str) -> Result<Vec<&K>, Unread> {
        let rows = K::of(self).sorted()?;
        let index = self.places.index(By::Name, rows, |row| {
            let identity = row.identity();
            (identity.schema, identity.name)
        });
        Ok(at(rows, &index, schema, name))
    }

    /// The objects of a kind that belong to a table; `place` says of one its schema, table and name.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn on_table<K: Kind + 'static>(
        &self,
        place: fn(&K) -> [&str; 3],
        schema: &str,
        table: &str,
    ) -> Result<Vec<&K>, Unread> {
        let rows = K::of(self).sorted()?;
        let index = self.places.index(By::Table, rows, |row| {
            let [schema, table, _] = place(row);
            (schema.to_owned(), table.to_owned())
        });
        Ok(at(rows, &index, schema, table))
    }

    /// The table with this schema and name.
    ///
    /// # Errors
    /// Where it was not read.
    pub fn table(&self, schema: &str, name: &str) -> Result<Option<&Table>, Unread> {
        self.reaches(schema)?;
        Ok(of(self.tables.sorted()?, schema, name).first())
    }

    /// The columns of a table in order.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn columns_of(&self, schema: &str, table: &str) -> Result<Iter<'_, Column>, Unread> {
        self.reaches(schema)?;
        Ok(of(self.columns.sorted()?, schema, table).iter())
    }

    /// The constraints of a table.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn constraints_of(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<Iter<'_, Constraint>, Unread> {
        self.reaches(schema)?;
        Ok(of(self.constraints.sorted()?, schema, table).iter())
    }

    /// What functions with this name return, in whatever schema; nothing where they were not read.
    pub(crate) fn signatures_called(&self, name: &str) -> Vec<&Signature> {
        let rows = self.signatures.sorted().unwrap_or_default();
        let index = self
            .places
            .index(By::NameAlone, rows, |row| (String::new(), row.name.clone()));
        at(rows, &index, "", name)
    }

    /// The functions with this schema and name, whatever they take.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn functions_called(&self, schema: &str, name: &str) -> Result<&[Function], Unread> {
        self.reaches(schema)?;
        Ok(of(self.functions.sorted()?, schema, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(&'static str, &'static str, u8);

    impl Placed for Row {
        fn place(&self) -> (&str, &str) {
            (self.0, self.1)
        }
    }

    #[test]
    fn the_rows_of_a_table_are_found_in_any_order() {
        let rows = vec![
            Row("b", "t", 1),
            Row("a", "u", 2),
            Row("a", "Z", 3),
            Row("b", "t", 4),
            Row("a", "t", 5),
        ];
        let mut reading = Reading::Known(rows);
        sort(&mut reading);
        let Reading::Known(rows) = reading else {
            panic!("it is known")
        };
        let found = |schema, table| -> Vec<u8> {
            of(&rows, schema, table).iter().map(|row| row.2).collect()
        };
        assert_eq!(found("b", "t"), [1, 4]);
        assert_eq!(found("a", "Z"), [3]);
        assert_eq!(found("a", "u"), [2]);
        assert!(found("a", "v").is_empty() && found("c", "").is_empty());
        assert!(found("", "t").is_empty());
    }
}
