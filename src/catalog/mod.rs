//! The whole schema state, read by one SQL statement that returns one JSON document.
//!
//! Every object kind is a SQL file (`sql/catalog/`), a Rust file beside this one, and a line in the registry below.
//! Nothing here knows a connection: [`statement`] is the text to run, [`Catalog::parse`] takes the answer.

#[macro_use]
mod vocabulary;

mod column;
mod constraint;
mod enumeration;
mod function;
mod index;
mod inventory;
mod policy;
mod schema;
mod server;
mod table;
mod trigger;

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use column::Column;
pub use constraint::{Constraint, ConstraintKind, ForeignAction, References};
pub use enumeration::Enum;
pub use function::{Function, FunctionKind};
pub use index::{Index, IndexColumn};
pub use inventory::InventoryEntry;
pub use policy::{Policy, PolicyCommand};
pub use schema::Schema;
pub use server::Server;
pub use table::Table;
pub use trigger::{Trigger, TriggerState};

/// What an object of the catalog is and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Identity {
    /// The kind in the singular: `table`, `policy`, …
    pub kind: &'static str,
    /// Its schema; empty for what lies in none.
    pub schema: String,
    /// Its name in the schema, as a person would write it: `orders`, `orders.id`, `"read all" on orders`.
    pub name: String,
}

impl Identity {
    /// An identity of `kind` named `name` in `schema`.
    pub fn new(kind: &'static str, schema: &str, name: impl Into<String>) -> Self {
        Self {
            kind,
            schema: schema.to_owned(),
            name: name.into(),
        }
    }
}

/// `table public.orders`, `policy "read all" on public.orders`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema.is_empty() {
            return write!(f, "{} {}", self.kind, self.name);
        }
        // Other kinds lie in no table, whatever they are called.
        let parts = self.name.rsplit_once(" on ");
        match parts
            .filter(|_| ["policy", "trigger", "constraint", "foreign key"].contains(&self.kind))
        {
            Some((name, table)) => write!(f, "{} {name} on {}.{table}", self.kind, self.schema),
            None => write!(f, "{} {}.{}", self.kind, self.schema, self.name),
        }
    }
}

/// An object kind: a row type of the catalog with the query that fills it.
pub trait Kind: Serialize + DeserializeOwned {
    /// One `SELECT` without a closing semicolon; its columns are the fields of the type.
    const SQL: &'static str;

    /// What the object is and what it is called; unique within a catalog.
    fn identity(&self) -> Identity;

    /// Whether the platform made it, so that it never counts as a suite's.
    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_schema(&self.identity().schema)
    }
}

/// Visits every object of a catalog, whatever its kind.
pub trait Visitor {
    /// Called once per kind with all objects of it.
    fn kind<K: Kind>(&mut self, objects: &[K]);
}

/// The registry: a line per object kind (field and key of the document: type).
macro_rules! registry {
    ($($field:ident: $kind:ty,)+) => {
        /// The schema state of a database.
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        pub struct Catalog {
            /// Who answered.
            pub server: Server,
            $(
                #[doc = concat!("All ", stringify!($field), ".")]
                pub $field: Vec<$kind>,
            )+
            /// Every object by identity; empty unless asked for.
            #[serde(default)]
            pub inventory: Vec<InventoryEntry>,
        }

        impl Catalog {
            /// Shows every kind of object to a visitor.
            pub fn visit(&self, visitor: &mut impl Visitor) {
                $(visitor.kind(&self.$field);)+
            }
        }

        const QUERIES: &[(&str, &str)] = &[$((stringify!($field), <$kind>::SQL)),+];
    };
}

registry! {
    schemas: Schema,
    tables: Table,
    columns: Column,
    constraints: Constraint,
    enums: Enum,
    indexes: Index,
    policies: Policy,
    triggers: Trigger,
    functions: Function,
}

/// How much of the catalog to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The typed kinds: enough for checks.
    Typed,
    /// Also the inventory of all objects by identity: what `verify` compares.
    Everything,
}

/// The message that reads the catalog: one SELECT of one JSON document, in a read-only transaction.
///
/// `search_path` is empty, since the text of expressions depends on it; JIT is off, since it can double the time of
/// such a statement.
pub fn statement(scope: Scope) -> String {
    format!(
        "begin transaction isolation level repeatable read read only;\n\
         set local search_path = '';\nset local jit = off;\n{};\ncommit",
        query(scope)
    )
}

/// The SELECT alone, for a message that has a transaction of its own.
pub fn query(scope: Scope) -> String {
    let mut sql = format!(
        "select json_build_object('server', (select row_to_json(s) from ({}) s)",
        server::SQL
    );
    let inventory = [("inventory", inventory::SQL)];
    let extra = match scope {
        Scope::Typed => &inventory[..0],
        Scope::Everything => &inventory[..],
    };
    for (name, query) in QUERIES.iter().chain(extra) {
        sql.push_str(&format!(
            ",\n'{name}', (select coalesce(json_agg(k), '[]'::json) from (\n{query}) k)"
        ));
    }
    sql.push(')');
    sql
}

impl Catalog {
    /// Takes the document that [`statement`] returned.
    ///
    /// # Errors
    /// Where the document does not have the expected shape, for example because it was cut off.
    pub fn parse(document: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(document)
    }

    /// The table with this schema and name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        self.tables
            .iter()
            .find(|t| t.schema == schema && t.name == name)
    }

    /// The columns of a table in order.
    pub fn columns_of<'a>(
        &'a self,
        schema: &'a str,
        table: &'a str,
    ) -> impl Iterator<Item = &'a Column> {
        self.columns
            .iter()
            .filter(move |c| c.schema == schema && c.table == table)
    }

    /// The constraints of a table.
    pub fn constraints_of<'a>(
        &'a self,
        schema: &'a str,
        table: &'a str,
    ) -> impl Iterator<Item = &'a Constraint> {
        self.constraints
            .iter()
            .filter(move |c| c.schema == schema && c.table == table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_reads_every_kind() {
        let sql = query(Scope::Everything);
        for (name, _) in QUERIES {
            assert!(sql.contains(&format!("'{name}', (")), "{name} is not read");
        }
        assert!(sql.contains("'inventory', ("));
        assert!(!query(Scope::Typed).contains("inventory"));
        let source = crate::source::Source::new("catalog", sql);
        assert_eq!(crate::sql::statements(&source).unwrap().len(), 1);
    }

    #[test]
    fn a_cut_document_is_an_error() {
        assert!(Catalog::parse(serde_json::json!({"server": {}})).is_err());
    }

    #[test]
    fn an_identity_reads_as_a_person_would_say_it() {
        assert_eq!(
            Identity::new("table", "public", "orders").to_string(),
            "table public.orders"
        );
        assert_eq!(
            Identity::new("policy", "public", "\"read all\" on orders").to_string(),
            "policy \"read all\" on public.orders"
        );
        assert_eq!(Identity::new("schema", "", "app").to_string(), "schema app");
    }
}
