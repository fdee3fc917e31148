//! The grants of a live schema as a suite would write them.

use serde_json::{Map, Value, json};

use crate::catalog::{self, Access, Catalog, Column, Identity, Privilege, Unread};
use crate::platform::facts;

use super::super::privileges::that_exist;
use super::EVERYBODY;
use super::target::{Class, Thing, of_class};

/// The roles by which the API comes in.
const API: [&str; 3] = ["anon", "authenticated", "service_role"];

/// What everybody, the API's roles and the user's own roles may do with objects that are neither the platform's nor an
/// extension's: a whole section, closed. Superusers are left out, who may do everything.
///
/// # Errors
/// Where the catalog was read without something that it takes.
pub fn written(catalog: &Catalog) -> Result<Value, Unread> {
    let access = Access::of(catalog)?;
    let roles = catalog.roles.known()?.iter();
    let own = roles.filter(|role| {
        let ours = !facts::owns_role(&role.name) && !facts::is_postgres_role(&role.name);
        (ours || API.contains(&role.name.as_str())) && !role.superuser
    });
    let names = std::iter::once(EVERYBODY).chain(own.map(|role| role.name.as_str()));
    let mut items = Map::new();
    for role in names {
        items.insert(role.to_owned(), of_role(role, &access, catalog)?);
    }
    Ok(json!({"others": "refused", "items": items}))
}

fn of_role(role: &str, access: &Access<'_>, catalog: &Catalog) -> Result<Value, Unread> {
    let mut out = Map::new();
    let classes = [
        Class::Database,
        Class::Schema,
        Class::Relation,
        Class::Sequence,
        Class::Function,
        Class::Type,
        Class::Wrapper,
        Class::Server,
    ];
    for class in classes {
        for thing in of_class(&class, catalog, &|_| true)? {
            if !thing.counts && class != Class::Database {
                continue;
            }
            let all = that_exist(thing.among, catalog);
            let held: Vec<Privilege> = access
                .held(role, thing.securable, &all)
                .into_iter()
                .collect();
            let columns = match class {
                Class::Relation => columns(role, &thing, &held, access, catalog)?,
                _ => Vec::new(),
            };
            // A closed section says that there is nothing else; only of these it does not.
            let must = match class {
                Class::Schema | Class::Database | Class::Wrapper | Class::Server => true,
                Class::Type => {
                    role == EVERYBODY
                        || access.held(EVERYBODY, thing.securable, &all).len() != held.len()
                }
                _ => !columns.is_empty(),
            };
            if must || !held.is_empty() && class != Class::Type {
                out.insert(key(&class, &thing.identity), privileges(&held));
            }
            for (names, held) in columns {
                let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
                let key = format!("{} ({})", key(&class, &thing.identity), names.join(", "));
                out.insert(key, privileges(&held));
            }
        }
    }
    Ok(Value::Object(out))
}

fn privileges(held: &[Privilege]) -> Value {
    match held {
        [] => "none".into(),
        held => held.iter().map(|p| p.word()).collect(),
    }
}

/// Columns, and what may be done with each of them.
type Together = (Vec<String>, Vec<Privilege>);

/// Columns with which a role may do more than with their table, those with the same privileges together.
fn columns(
    role: &str,
    thing: &Thing<'_>,
    of_table: &[Privilege],
    access: &Access<'_>,
    catalog: &Catalog,
) -> Result<Vec<Together>, Unread> {
    let mut out: Vec<Together> = Vec::new();
    for column in catalog.columns_of(&thing.identity.schema, &thing.identity.name)? {
        let held = access.held(role, access.column(column), Column::PRIVILEGES);
        if held.iter().all(|p| of_table.contains(p)) {
            continue;
        }
        let held: Vec<Privilege> = held.into_iter().collect();
        match out.iter_mut().find(|(_, other)| *other == held) {
            Some((names, _)) => names.push(column.name.clone()),
            None => out.push((vec![column.name.clone()], held)),
        }
    }
    Ok(out)
}

/// An object as a key names it.
fn key(class: &Class, identity: &Identity) -> String {
    let Identity { schema, name, .. } = identity;
    let word = match class {
        Class::Relation | Class::Columns(_) => "",
        Class::Sequence => "sequence ",
        Class::Schema => "schema ",
        Class::Function => "function ",
        Class::Type => "type ",
        Class::Database => return "database".to_owned(),
        Class::Wrapper => "foreign data wrapper ",
        Class::Server => "foreign server ",
    };
    match (class, schema.as_str()) {
        (_, "") => format!("{word}{}", quoted(name)),
        (Class::Function, schema) => {
            // The name ends where the arguments begin; both may hold parentheses of their own.
            let function = catalog::called(name);
            let arguments = &name[function.len()..];
            format!("{word}{}.{}{arguments}", quoted(schema), quoted(function))
        }
        (_, schema) => format!("{word}{}.{}", quoted(schema), quoted(name)),
    }
}

/// In quotes, where something in it would mean something else.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    match name.chars().all(plain) {
        true => name.to_owned(),
        false => crate::sql::quote_ident(name),
    }
}
