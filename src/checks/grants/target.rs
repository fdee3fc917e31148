//! What a suite calls an object that privileges are on.

use std::fmt;

use crate::catalog::{
    self, Catalog, CompositeType, Database, Domain, Enum, ForeignDataWrapper, ForeignServer,
    ForeignTable, Function, Identity, Kind, Privilege, Range, Schema, Securable, Sequence, Table,
    Unread, View,
};
use crate::meaning::{ObjectName, find_unquoted, name_list};

use super::super::functions::FunctionExpectation;
use super::super::language::{Name, refuse_pattern};
use super::super::object::counts;
use super::super::{Object as _, Wanted};

/// What kind of object it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A table, view, materialized view or foreign table.
    Relation,
    /// Some columns of one.
    Columns(Vec<String>),
    Sequence,
    Schema,
    Function,
    Type,
    Database,
    Wrapper,
    Server,
}

/// The words that a key may begin with; the longest first. A name without one is a relation's.
const WORDS: &[(&str, Class)] = &[
    ("foreign data wrapper", Class::Wrapper),
    ("foreign-data wrapper", Class::Wrapper),
    ("materialized view", Class::Relation),
    ("foreign server", Class::Server),
    ("foreign table", Class::Relation),
    ("procedure", Class::Function),
    ("aggregate", Class::Function),
    ("function", Class::Function),
    ("sequence", Class::Sequence),
    ("domain", Class::Type),
    ("schema", Class::Schema),
    ("server", Class::Server),
    ("table", Class::Relation),
    ("type", Class::Type),
    ("view", Class::Relation),
];

/// The key of the database itself.
pub(super) const DATABASE: &str = "database";

/// Whether a key would not read a name alone as one.
pub(super) fn is_word(name: &str) -> bool {
    name == DATABASE || WORDS.iter().any(|(word, _)| *word == name)
}

/// What a key names.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) class: Class,
    name: Name,
    /// The schema of the name, or the one that holds where it says none; empty for what lies in none.
    pub(super) schema: String,
    /// As the suite writes it.
    written: String,
}

/// One object that privileges are on.
pub(super) struct Thing<'a> {
    pub(super) identity: Identity,
    pub(super) securable: Securable<'a>,
    /// The privileges that there are on it.
    pub(super) among: &'static [Privilege],
    pub(super) owner: &'a str,
    /// Whether a pattern reaches it.
    pub(super) counts: bool,
}

impl Thing<'_> {
    /// What findings are about.
    pub(super) fn subject(&self, role: &str) -> Identity {
        let name = format!("of {role} on {}", self.identity);
        Identity::new("privileges", "", name)
    }
}

impl Target {
    /// Reads a key: one object, a pattern of them, or a list as GRANT has it (`function a(), b(int)`), in which a word
    /// holds for what follows it.
    pub(super) fn parse(key: &str, schema: &str) -> Result<Vec<Self>, String> {
        let mut word = "";
        let parts = split(key).into_iter().map(|part| match part {
            "" => Err(format!("`{key}` names nothing beside a comma")),
            part => {
                let own = WORDS.iter().find(|(word, _)| behind(part, word).is_some());
                let written = match own {
                    Some((own, _)) => {
                        word = *own;
                        part.to_owned()
                    }
                    None if word.is_empty() => part.to_owned(),
                    None => format!("{word} {part}"),
                };
                Self::one(&written, schema)
            }
        });
        parts.collect()
    }

    fn one(text: &str, schema: &str) -> Result<Self, String> {
        if text == DATABASE {
            return Ok(Self {
                class: Class::Database,
                name: Name::whole(DATABASE)?,
                schema: String::new(),
                written: text.to_owned(),
            });
        }
        let word = WORDS.iter().find_map(|(word, class)| {
            let rest = behind(text, word)?;
            Some((class.clone(), rest))
        });
        let (mut class, mut rest) = word.unwrap_or((Class::Relation, text));
        if class == Class::Relation
            && let Some((name, columns)) = with_columns(rest)
        {
            refuse_pattern(&rest[name.len()..])?;
            class = Class::Columns(columns);
            rest = name;
        }
        let in_schema = !matches!(class, Class::Schema | Class::Wrapper | Class::Server);
        let name = match (in_schema, &class) {
            (false, _) => Name::whole(rest)?,
            // The parentheses of its arguments may hold anything.
            (true, Class::Function) if !called(rest).contains('*') => {
                Name::One(ObjectName::parse(rest))
            }
            (true, _) => Name::parse(rest)?,
        };
        let schema = match (&class, &name) {
            // What lies in a schema of the platform is read where it is asked for.
            (Class::Schema, Name::One(one)) => one.name.clone(),
            (Class::Schema | Class::Wrapper | Class::Server, _) => String::new(),
            (_, Name::One(one)) => one.schema_or(schema).to_owned(),
            (_, Name::Many(_)) => schema.to_owned(),
        };
        Ok(Self {
            class,
            name,
            schema,
            written: text.to_owned(),
        })
    }

    /// Whether it is of a class that lies in no schema and is none.
    pub(super) fn is_nowhere(&self) -> bool {
        matches!(self.class, Class::Database | Class::Wrapper | Class::Server)
    }

    /// The columns that it names, each as schema, table, column.
    pub(super) fn columns(&self) -> impl Iterator<Item = [&str; 3]> {
        let (table, columns) = match (&self.class, &self.name) {
            (Class::Columns(columns), Name::One(one)) => (one.name.as_str(), columns.as_slice()),
            _ => ("", &[][..]),
        };
        let schema = self.schema.as_str();
        columns.iter().map(move |c| [schema, table, c.as_str()])
    }

    /// The objects of the catalog that it names.
    pub(super) fn things<'a>(&self, catalog: &'a Catalog) -> Result<Vec<Thing<'a>>, Unread> {
        let named: Vec<Identity> = match (&self.class, &self.name) {
            (Class::Database, _) => return of_class(&self.class, catalog, &|_| true),
            (_, Name::Many(_)) => {
                let mut all = of_class(&self.class, catalog, &|_| true)?;
                all.retain(|thing| self.is(thing));
                return Ok(all);
            }
            (Class::Function, Name::One(one)) if one.written.contains('(') => {
                let wanted = Wanted {
                    identity: Identity::new("function", &self.schema, ""),
                    written: one.written.clone(),
                };
                let found = FunctionExpectation::find(catalog, &wanted)?;
                found.map(Kind::identity).into_iter().collect()
            }
            (Class::Function, Name::One(one)) => {
                let called = catalog.functions_called(&self.schema, &one.name)?;
                called.iter().map(Kind::identity).collect()
            }
            (Class::Schema | Class::Wrapper | Class::Server, Name::One(one)) => {
                vec![Identity::new("", "", &one.name)]
            }
            (_, Name::One(one)) => vec![Identity::new("", &self.schema, &one.name)],
        };
        let mut out = Vec::new();
        for Identity { schema, name, .. } in &named {
            out.extend(of_name(&self.class, catalog, schema, name)?);
        }
        Ok(out)
    }

    /// Whether a pattern reaches an object.
    fn is(&self, thing: &Thing<'_>) -> bool {
        let Identity { schema, name, .. } = &thing.identity;
        match &self.name {
            Name::One(_) => false,
            Name::Many(pattern) => {
                // A function is called without its arguments.
                let name = match self.class {
                    Class::Function => catalog::called(name),
                    _ => name,
                };
                thing.counts && pattern.matches(&self.schema, schema, name)
            }
        }
    }
}

/// The name of a function as it is written, without its arguments.
fn called(text: &str) -> &str {
    find_unquoted(text, '(').map_or(text, |open| &text[..open])
}

/// What stands behind a word that a key begins with.
fn behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    Some(rest.strip_prefix([' ', '\t'])?.trim_start())
}

/// The parts of a list: between commas outside quotes and parentheses. What lies between slashes is one expression.
fn split(text: &str) -> Vec<&str> {
    if text.trim().starts_with('/')
        || WORDS
            .iter()
            .any(|(word, _)| behind(text, word).is_some_and(|rest| rest.starts_with('/')))
    {
        return vec![text.trim()];
    }
    between_commas(text)
}

fn between_commas(text: &str) -> Vec<&str> {
    let (mut quoted, mut depth) = (false, 0_i32);
    let parts = text.split(|c| {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        c == ',' && !quoted && depth <= 0
    });
    parts.map(str::trim).collect()
}

/// `table orders`, as the suite writes it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = match self.class {
            Class::Relation | Class::Columns(_) if !self.written.contains(' ') => "table ",
            _ => "",
        };
        write!(f, "{noun}{}", self.written)
    }
}

/// `orders (id, total)` into the name and the columns.
fn with_columns(text: &str) -> Option<(&str, Vec<String>)> {
    let inner = text.strip_suffix(')')?;
    let open = find_unquoted(inner, '(')?;
    let columns = name_list(&inner[open + 1..]);
    Some((inner[..open].trim_end(), columns))
}

/// All objects of a class in the schemas that are wanted.
pub(super) fn of_class<'a>(
    class: &Class,
    catalog: &'a Catalog,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Thing<'a>>, Unread> {
    things(class, catalog, &Which::InSchemas(wanted))
}

/// The objects of a class with this schema and name.
fn of_name<'a>(
    class: &Class,
    catalog: &'a Catalog,
    schema: &str,
    name: &str,
) -> Result<Vec<Thing<'a>>, Unread> {
    catalog.reaches(schema)?;
    things(class, catalog, &Which::Named(schema, name))
}

enum Which<'w> {
    InSchemas(&'w dyn Fn(&str) -> bool),
    Named(&'w str, &'w str),
}

impl Which<'_> {
    /// There are thousands of functions of extensions: what is not wanted costs nothing.
    fn rows<'a, K: Kind + 'static>(
        &self,
        catalog: &'a Catalog,
        schema: fn(&K) -> &str,
    ) -> Result<Vec<&'a K>, Unread> {
        match self {
            Self::Named(schema, name) => catalog.named(schema, name),
            Self::InSchemas(wanted) => {
                let rows = K::of(catalog).known()?.iter();
                Ok(rows.filter(|row| wanted(schema(row))).collect())
            }
        }
    }
}

fn things<'a>(
    class: &Class,
    catalog: &'a Catalog,
    which: &Which<'_>,
) -> Result<Vec<Thing<'a>>, Unread> {
    let mut out = Vec::new();
    macro_rules! add {
        ($($kind:ident in $schema:expr;)+) => {{$(
            let rows = which.rows::<$kind>(catalog, $schema)?.into_iter();
            out.extend(rows.map(|row| Thing {
                identity: row.identity(),
                securable: row.securable(),
                among: $kind::PRIVILEGES,
                owner: &row.owner,
                counts: counts(row, catalog),
            }));
        )+}};
    }
    match class {
        Class::Relation | Class::Columns(_) => add! {
            Table in |row| &row.schema;
            View in |row| &row.schema;
            ForeignTable in |row| &row.schema;
        },
        Class::Sequence => add! { Sequence in |row| &row.schema; },
        Class::Schema => add! { Schema in |row| &row.name; },
        Class::Function => add! { Function in |row| &row.schema; },
        Class::Type => add! {
            Enum in |row| &row.schema;
            Domain in |row| &row.schema;
            CompositeType in |row| &row.schema;
            Range in |row| &row.schema;
        },
        Class::Database => add! { Database in |_| ""; },
        Class::Wrapper => add! { ForeignDataWrapper in |_| ""; },
        Class::Server => add! { ForeignServer in |_| ""; },
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_kind_of_object_it_is() {
        let read = |key: &str| {
            let mut all = Target::parse(key, "public").unwrap();
            assert_eq!(all.len(), 1, "{key}");
            all.remove(0)
        };
        assert_eq!(read("orders").class, Class::Relation);
        assert_eq!(read("table \"schema x\"").class, Class::Relation);
        assert_eq!(read("\"schema x\"").class, Class::Relation);
        assert_eq!(read("schema app").class, Class::Schema);
        assert_eq!(read("schemas").class, Class::Relation);
        assert_eq!(read("database").class, Class::Database);
        assert_eq!(read("function app.pay(int, text)").schema, "app");
        let columns =
            |names: &[&str]| Class::Columns(names.iter().map(ToString::to_string).collect());
        assert_eq!(
            read("app.orders (id, \"A b\")").class,
            columns(&["id", "A b"])
        );
        assert_eq!(read("app.orders(id)").schema, "app");
        assert!(matches!(read("app.*").name, Name::Many(_)));
        assert!(matches!(read("function *").name, Name::Many(_)));
        assert!(matches!(read("function f(int)").name, Name::One(_)));
    }

    #[test]
    fn a_key_may_be_a_list_as_grant_has_it() {
        let read = |key: &str| -> Vec<String> {
            let all = Target::parse(key, "public").unwrap();
            all.iter().map(|target| target.to_string()).collect()
        };
        assert_eq!(read("orders, app.log"), ["table orders", "table app.log"]);
        assert_eq!(
            read("function a(int, text), \"b,\"(), c"),
            ["function a(int, text)", "function \"b,\"()", "function c"]
        );
        assert_eq!(
            read("a (id, \"x, y\"), b, schema c, d"),
            ["a (id, \"x, y\")", "table b", "schema c", "schema d"]
        );
        assert_eq!(read("/^a{1,2}$/"), ["table /^a{1,2}$/"]);
        assert_eq!(read("function /a,b/"), ["function /a,b/"]);
        assert_eq!(
            Target::parse("a, b (id)", "public").unwrap()[1].class,
            Class::Columns(vec!["id".to_owned()])
        );
        for wrong in ["a,", ",a", "a,,b", ""] {
            assert!(Target::parse(wrong, "public").is_err(), "{wrong}");
        }
    }
}
