//! What the names in an expression stand for.

use crate::catalog::{Catalog, Column, Kinds, Signature, Unread};

use super::canon::{Of, Question, Relation};
use super::types::canonical;

/// Where names without a schema are looked up after the suite's own schema: what is in the `search_path` of a
/// Supabase project.
pub(super) const SEARCHED: [&str; 2] = ["public", "extensions"];

/// What is known of the place where an expression stands: the more, the more of what the server adds is recognised.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    catalog: Option<&'a Catalog>,
    schema: &'a str,
    table: &'a str,
    result: Option<&'a str>,
    trigger: bool,
    value: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// What of the catalog says what names mean.
    pub const NEEDS: Kinds = Kinds::of::<Column>().and::<Signature>();

    /// The names of a table: its columns, and the functions of the catalog.
    ///
    /// # Errors
    /// Where the catalog was read without them.
    pub fn of_table(catalog: &'a Catalog, schema: &'a str, table: &'a str) -> Result<Self, Unread> {
        catalog.reaches(schema)?;
        catalog.columns.known()?;
        catalog.signatures.known()?;
        Ok(Self {
            catalog: Some(catalog),
            schema,
            table,
            result: None,
            trigger: false,
            value: None,
        })
    }

    /// The type of VALUE, which stands for the value in the check constraint of a domain.
    pub fn of_value(self, value: &'a str) -> Self {
        Self {
            value: Some(value),
            ..self
        }
    }

    /// The type that the expression is assigned to, as a default is to its column's.
    pub fn giving(self, result: &'a str) -> Self {
        Self {
            result: Some(result),
            ..self
        }
    }

    /// The expression is the WHEN of a trigger or the condition of a rule, which knows OLD and NEW.
    pub fn in_trigger(self) -> Self {
        Self {
            trigger: true,
            ..self
        }
    }

    /// What the server is asked where the text of two expressions does not tell whether they are the same.
    pub fn question(&self, expected: &str, found: &str) -> Question {
        let of = match (self.value, self.result) {
            (Some(value), _) => Of::DomainCheck(value.to_owned()),
            // Without a table, as the default of a domain or of a parameter.
            (None, Some(result)) if self.table.is_empty() => Of::Constant(result.to_owned()),
            (None, Some(result)) => Of::Value(self.relation(), result.to_owned()),
            (None, None) if self.trigger => Of::When(self.relation()),
            (None, None) => Of::Condition(self.relation()),
        };
        self.question_of(of, expected, found)
    }

    /// The same about key columns of an index with this access method.
    pub fn index_question(&self, method: &str, expected: &str, found: &str) -> Question {
        let of = Of::IndexColumn(self.relation(), method.to_owned());
        self.question_of(of, expected, found)
    }

    fn question_of(&self, of: Of, expected: &str, found: &str) -> Question {
        Question {
            of,
            schema: self.schema.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }

    fn relation(&self) -> Relation {
        Relation {
            schema: self.schema.to_owned(),
            name: self.table.to_owned(),
        }
    }

    /// Whether this is a column of the table itself, called by the table's name.
    pub(super) fn is_own(&self, table: &str, column: &str) -> bool {
        table == self.table && !matches!(table, "new" | "old") && self.column(column).is_some()
    }

    pub(super) fn result(&self) -> Option<String> {
        self.result.map(|r| value_type(&self.canonical(r)))
    }

    /// The type of a column, without modifiers.
    pub(super) fn column(&self, name: &str) -> Option<String> {
        let name = match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
            Some(inner) => inner.replace("\"\"", "\""),
            None => name.to_owned(),
        };
        if let Some(value) = self.value.filter(|_| name == "value") {
            return Some(value_type(&self.canonical(value)));
        }
        let column = self
            .catalog?
            .columns_of(self.schema, self.table)
            .ok()?
            .find(|c| c.name == name)?;
        Some(value_type(&self.canonical(&column.r#type)))
    }

    /// One spelling of a type, whether or not it names a schema that is searched.
    pub(super) fn canonical(&self, r#type: &str) -> String {
        canonical(
            r#type,
            &[self.schema, "pg_catalog", SEARCHED[0], SEARCHED[1]],
        )
    }

    /// What a function of the catalog returns; none where functions of its name differ in that.
    pub(super) fn returns(&self, schema: &str, name: &str) -> Option<String> {
        let mut found = self
            .functions(name)
            .filter(|f| f.schema == schema)
            .map(|f| f.returns.as_deref().map(|r| self.canonical(r)));
        let first = found.next()??;
        found.all(|f| f.as_ref() == Some(&first)).then_some(first)
    }

    /// What a function that is called without its schema returns, where only one can be meant.
    pub(super) fn returns_unqualified(&self, name: &str) -> Option<String> {
        let function = self
            .functions(name)
            .find(|f| self.is_found_without(&f.schema, name))?;
        self.returns(&function.schema, name)
    }

    fn functions(&self, name: &str) -> impl Iterator<Item = &'a Signature> {
        let found = self.catalog.map(|catalog| catalog.signatures_called(name));
        found.unwrap_or_default().into_iter()
    }

    /// Whether the name without its schema means just this function: nothing else of the name is found before it.
    pub(super) fn is_found_without(&self, schema: &str, name: &str) -> bool {
        let path = [self.schema, SEARCHED[0], SEARCHED[1]];
        path.contains(&schema)
            && self.functions(name).any(|f| f.schema == schema)
            && self.functions(name).all(|f| {
                !f.hides_behind_builtin
                    && (f.schema == schema || !path.contains(&f.schema.as_str()))
            })
    }

    pub(super) fn schema(&self) -> &'a str {
        self.schema
    }
}

/// The type of a column's values, as the server writes it in a cast.
fn value_type(r#type: &str) -> String {
    match base(r#type) {
        // With the brackets of arrays, which stand behind the modifiers.
        base if r#type.ends_with("[]") && !base.ends_with("[]") => format!("{base}[]"),
        "character" => "bpchar".to_owned(),
        base => base.to_owned(),
    }
}

/// A type without its modifiers.
pub(super) fn base(r#type: &str) -> &str {
    let mut quoted = false;
    let modifiers = r#type.find(|c| {
        quoted ^= c == '"';
        c == '(' && !quoted
    });
    &r#type[..modifiers.unwrap_or(r#type.len())]
}
