//! Which table a suite's ledger is, and whose ledger beside it is kept in step.

use super::supabase;
use super::tables::{NAME, SCHEMA};
use crate::sql::{QualifiedName, quote_ident};
use crate::suite::LedgerChoice;

/// Where the ledger of a suite is: the suite whose rows are meant, and the table that they are in. What is in it is a
/// [`Ledger`](super::Ledger).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    suite: String,
    schema: String,
    name: String,
    in_step: bool,
}

impl Book {
    /// The ledger of a suite in our own table.
    pub fn new(suite: impl Into<String>) -> Self {
        Self {
            suite: suite.into(),
            schema: SCHEMA.to_owned(),
            name: NAME.to_owned(),
            in_step: false,
        }
    }

    /// The ledger of a suite as its project has it.
    pub fn of(suite: &str, ledger: &LedgerChoice) -> Self {
        let mut book = Self::new(suite);
        if let Some(QualifiedName { schema, name }) = &ledger.table {
            book = book.in_table(schema.as_deref().unwrap_or("public"), name);
        }
        book.in_step = ledger.supabase;
        book
    }

    /// The same in another table.
    #[must_use]
    pub fn in_table(mut self, schema: &str, name: &str) -> Self {
        schema.clone_into(&mut self.schema);
        name.clone_into(&mut self.name);
        self
    }

    /// The same, with the Supabase CLI's ledger kept in step.
    #[must_use]
    pub fn in_step(mut self) -> Self {
        self.in_step = true;
        self
    }

    /// The suite.
    pub fn suite(&self) -> &str {
        &self.suite
    }

    /// Whether the Supabase CLI's ledger is read, and kept in step.
    pub fn is_in_step(&self) -> bool {
        self.in_step
    }

    /// The table as it is shown to people.
    pub fn shown(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Whether it is the table that a suite has which names no other.
    pub fn is_our_own(&self) -> bool {
        self.schema == SCHEMA && self.name == NAME
    }

    pub(in crate::migrate) fn schema(&self) -> &str {
        &self.schema
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The table in SQL.
    pub(in crate::migrate) fn table(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }

    /// Whether this object, as a comparison names it (`table public.orders`), is a part of the ledger.
    pub fn owns(&self, object: &str) -> bool {
        if in_schema(object, SCHEMA) || self.in_step && in_schema(object, supabase::SCHEMA) {
            return true;
        }
        // The server quotes a name where it has to, we do not.
        let object = object.replace('"', "");
        let table = self.shown().replace('"', "");
        object.match_indices(&table).any(|(at, _)| {
            let before = object[..at].chars().next_back();
            let after = &object[at + table.len()..];
            before.is_none_or(|c| c == ' ')
                && (after.is_empty()
                    || after.starts_with(['.', ',', ' '])
                    || ["_pkey", "_suite_ltrim_idx"].contains(&after))
        })
    }
}

fn in_schema(object: &str, schema: &str) -> bool {
    let inside = format!("{schema}.");
    object
        .split([' ', ','])
        .any(|word| word == schema || word.starts_with(&inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledgers_own_objects_are_known_by_their_names() {
        let own = Book::new("shop");
        assert!(own.owns("table supaproof.history"));
        assert!(own.owns("trigger a on supaproof.history"));
        assert!(own.owns("schema supaproof"));
        assert!(!own.owns("table public.supaproof"));
        assert!(!own.owns("table supaproofs.history"));
        assert!(!own.owns("table supabase_migrations.schema_migrations"));
        assert!(
            own.in_step()
                .owns("table supabase_migrations.schema_migrations")
        );

        let named = Book::new("shop").in_table("public", "Schema migrations");
        for object in [
            "table public.\"Schema migrations\"",
            "column public.Schema migrations.suite",
            "index public.\"Schema migrations_pkey\"",
            "constraint Schema migrations_pkey on public.Schema migrations",
            "table supaproof.history",
        ] {
            assert!(named.owns(object), "{object}");
        }
        for object in [
            "table app.Schema migrations",
            "table public.Schema migrations_old",
            "table supaproof_public.Schema migrations",
            "index public.Schema migrations_pkey2",
        ] {
            assert!(!named.owns(object), "{object}");
        }
    }

    #[test]
    fn names_are_quoted() {
        let book = Book::new("shop").in_table("a\"b", "c.d");
        assert_eq!(book.table(), "\"a\"\"b\".\"c.d\"");
        assert_eq!(book.shown(), "a\"b.c.d");
    }
}
