//! What a suite calls an object that privileges are on.

use std::fmt;

use crate::catalog::{
    self, Catalog, CompositeType, Database, Domain, Enum, ForeignDataWrapper, ForeignServer,
    ForeignTable, Function, Identity, Kind, Privilege, Range, Schema, Securable, Sequence, Table,
    Unread, View,
};
use crate::meaning::{ObjectName, find_unquoted, name_list};

use super::super::functions::FunctionExpectation;
use super::super::language::{Name, Pattern};
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
    pub(super) fn parse(key: &str, schema: &str) -> Result<Self, String> {
        let text = key.trim();
        if text == "database" {
            return Ok(Self {
                class: Class::Database,
                name: Name::whole("database")?,
                schema: String::new(),
                written: text.to_owned(),
            });
        }
        let word = WORDS.iter().find_map(|(word, class)| {
            let rest = text.strip_prefix(word)?;
            let rest = rest.strip_prefix([' ', '\t'])?;
            Some((class.clone(), rest.trim_start()))
        });
        let (mut class, mut rest) = word.unwrap_or((Class::Relation, text));
        if class == Class::Relation
            && let Some((name, columns)) = with_columns(rest)
        {
            class = Class::Columns(columns);
            rest = name;
        }
        let in_schema = !matches!(class, Class::Schema | Class::Wrapper | Class::Server);
        let name = match (in_schema, &class) {
            (false, _) => Name::whole(rest)?,
            // The parentheses of its arguments may hold anything.
            (true, Class::Function) if !rest.split('(').next().unwrap_or(rest).contains('*') => {
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

    /// The objects of the catalog that it names.
    pub(super) fn things<'a>(&self, catalog: &'a Catalog) -> Result<Vec<Thing<'a>>, Unread> {
        let mut all = of_class(&self.class, catalog, &|schema| match &self.name {
            Name::One(_) => schema.is_empty() || schema == self.schema,
            Name::Many(_) => true,
        })?;
        match &self.name {
            Name::One(one) if self.class == Class::Function => {
                let named: Vec<Identity> = if one.written.contains('(') {
                    let wanted = Wanted {
                        identity: Identity::new("function", &self.schema, ""),
                        written: one.written.clone(),
                    };
                    let found = FunctionExpectation::find(catalog, &wanted)?;
                    found.map(Kind::identity).into_iter().collect()
                } else {
                    let called = catalog.functions_called(&self.schema, &one.name)?;
                    called.iter().map(Kind::identity).collect()
                };
                all.retain(|thing| named.contains(&thing.identity));
            }
            _ if self.class == Class::Database => {}
            _ => all.retain(|thing| self.is(thing)),
        }
        Ok(all)
    }

    /// Whether it names an object.
    pub(super) fn is(&self, thing: &Thing<'_>) -> bool {
        let Identity { schema, name, .. } = &thing.identity;
        match &self.name {
            Name::One(one) => one.name == *name && (schema.is_empty() || *schema == self.schema),
            Name::Many(pattern) => thing.counts && self.matches(pattern, schema, name),
        }
    }

    fn matches(&self, pattern: &Pattern, schema: &str, name: &str) -> bool {
        // A function is called without its arguments.
        let name = match self.class {
            Class::Function => catalog::called(name),
            _ => name,
        };
        pattern.matches(&self.schema, schema, name)
    }
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

/// The columns of a relation that other keys list: schema, table, column.
pub(super) fn columns_listed(target: &Target, all: &[Target]) -> Vec<(String, String, String)> {
    if target.class != Class::Relation {
        return Vec::new();
    }
    let mut out = Vec::new();
    for other in all {
        if let (Class::Columns(columns), Name::One(one)) = (&other.class, &other.name) {
            let place = |column: &String| (other.schema.clone(), one.name.clone(), column.clone());
            out.extend(columns.iter().map(place));
        }
    }
    out
}

/// All objects of a class in the schemas that are wanted.
pub(super) fn of_class<'a>(
    class: &Class,
    catalog: &'a Catalog,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Thing<'a>>, Unread> {
    let mut out = Vec::new();
    // There are thousands of functions of extensions: what is not wanted costs nothing.
    macro_rules! add {
        ($($field:ident in $schema:expr, $among:expr;)+) => {{$(
            let rows = catalog.$field.known()?.iter();
            out.extend(rows.filter(|row| wanted($schema(*row))).map(|row| Thing {
                identity: row.identity(),
                securable: row.securable(),
                among: $among,
                counts: counts(row),
            }));
        )+}};
    }
    match class {
        Class::Relation | Class::Columns(_) => add! {
            tables in |t: &'a Table| t.schema.as_str(), Table::PRIVILEGES;
            views in |t: &'a View| t.schema.as_str(), View::PRIVILEGES;
            foreign_tables in |t: &'a ForeignTable| t.schema.as_str(), ForeignTable::PRIVILEGES;
        },
        Class::Sequence => add! {
            sequences in |t: &'a Sequence| t.schema.as_str(), Sequence::PRIVILEGES;
        },
        Class::Schema => add! { schemas in |t: &'a Schema| t.name.as_str(), Schema::PRIVILEGES; },
        Class::Function => add! {
            functions in |t: &'a Function| t.schema.as_str(), Function::PRIVILEGES;
        },
        Class::Type => add! {
            enums in |t: &'a Enum| t.schema.as_str(), Enum::PRIVILEGES;
            domains in |t: &'a Domain| t.schema.as_str(), Domain::PRIVILEGES;
            composite_types in |t: &'a CompositeType| t.schema.as_str(), CompositeType::PRIVILEGES;
            ranges in |t: &'a Range| t.schema.as_str(), Range::PRIVILEGES;
        },
        Class::Database => add! { databases in |_: &'a Database| "", Database::PRIVILEGES; },
        Class::Wrapper => add! {
            foreign_data_wrappers in |_: &'a ForeignDataWrapper| "", ForeignDataWrapper::PRIVILEGES;
        },
        Class::Server => add! {
            foreign_servers in |_: &'a ForeignServer| "", ForeignServer::PRIVILEGES;
        },
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_kind_of_object_it_is() {
        let read = |key: &str| Target::parse(key, "public").unwrap();
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
}
