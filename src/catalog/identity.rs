//! What objects are called.

use std::fmt;

use serde::Serialize;

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
            return f.write_str(format!("{} {}", self.kind, self.name).trim_end());
        }
        // Other kinds lie in no table, whatever they are called.
        let parts = self.name.rsplit_once(" on ");
        let of_table = ["policy", "trigger", "constraint", "foreign key", "rule"];
        match parts.filter(|_| of_table.contains(&self.kind)) {
            Some((name, table)) => write!(f, "{} {name} on {}.{table}", self.kind, self.schema),
            None => write!(f, "{} {}.{}", self.kind, self.schema, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
