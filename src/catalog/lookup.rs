//! Finding objects of one table among thousands: lists are sorted, so nothing is looked through.

use std::slice::Iter;

use super::{Catalog, Column, Constraint, Reading, Table, Unread};

/// What a list is sorted by: schema, table.
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

/// Sorts a list, which the server has sorted already: names there are compared byte by byte, as here.
fn sort<K: Placed>(reading: &mut Reading<K>) {
    if let Reading::Known(rows) = reading
        && !rows.is_sorted_by(|one, other| one.place() <= other.place())
    {
        rows.sort_by(|one, other| one.place().cmp(&other.place()));
    }
}

/// The rows of one table.
fn of<'a, K: Placed>(rows: &'a [K], schema: &str, table: &str) -> &'a [K] {
    let wanted = (schema, table);
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
    }

    /// The table with this schema and name.
    ///
    /// # Errors
    /// Where it was not read.
    pub fn table(&self, schema: &str, name: &str) -> Result<Option<&Table>, Unread> {
        self.reaches(schema)?;
        Ok(of(self.tables.known()?, schema, name).first())
    }

    /// The columns of a table in order.
    ///
    /// # Errors
    /// Where they were not read.
    pub fn columns_of(&self, schema: &str, table: &str) -> Result<Iter<'_, Column>, Unread> {
        self.reaches(schema)?;
        Ok(of(self.columns.known()?, schema, table).iter())
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
        Ok(of(self.constraints.known()?, schema, table).iter())
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
