//! The grants of a live schema as a person would write them: roles and objects of which the same is said stand together,
//! and what needs no line has none.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalog::{self, Access, Catalog, Column, Identity, Privilege, Unread};
use crate::platform::facts;

use super::super::privileges::{Word, that_exist};
use super::super::{Choice, Draft};
use super::others::{exceeds, lacks};
use super::target::{Class, DATABASE, Thing, is_word, of_class};
use super::{EVERYBODY, of_words};

/// The roles by which the API comes in.
const API: [&str; 3] = ["anon", "authenticated", "service_role"];

/// The schema that every database has.
const PUBLIC: &str = "public";

const CLASSES: [Class; 8] = [
    Class::Database,
    Class::Schema,
    Class::Relation,
    Class::Sequence,
    Class::Function,
    Class::Type,
    Class::Wrapper,
    Class::Server,
];

/// No key is made longer than this by putting several objects into it.
const WIDTH: usize = 88;

/// What everybody, the API's roles and the user's own roles may do with objects that are neither the platform's nor an
/// extension's. Superusers are left out, who may do everything.
pub(super) fn draft(choice: &Choice<'_>) -> Draft {
    drafted(choice).unwrap_or_else(|reason| Draft {
        unread: Some(reason),
        ..Draft::default()
    })
}

fn drafted(choice: &Choice<'_>) -> Result<Draft, Unread> {
    let access = Access::of(choice.catalog)?;
    let roles = roles(choice.catalog)?;
    let things = things(choice)?;
    let mut draft = Draft {
        nested: true,
        again: true,
        // Only a closed list leaves out what a role may not do.
        closed: choice.names.is_empty(),
        ..Draft::default()
    };
    // Roles, and what each of them may do.
    let mut blocks: Vec<(Vec<&str>, Map<String, Value>)> = Vec::new();
    let mut spoken_of = BTreeSet::new();
    for role in &roles {
        let writer = Writer {
            role,
            choice,
            access: &access,
        };
        let mut lines = Map::new();
        for (class, things) in &things {
            for (key, privileges, at) in writer.lines(class, things)? {
                lines.insert(key, privileges);
                spoken_of.extend(at.iter().map(|&at| things[at].identity.clone()));
            }
        }
        match blocks.iter_mut().find(|(_, same)| *same == lines) {
            Some((roles, _)) => roles.push(role),
            None => blocks.push((vec![role], lines)),
        }
    }
    draft.written = spoken_of.len();
    if draft.written > 0 {
        let keys = blocks.into_iter().map(|(roles, lines)| {
            let names: Vec<String> = roles.iter().map(|role| quoted(role)).collect();
            (names.join(", "), Value::Object(lines))
        });
        draft.items = keys.collect();
    }
    Ok(draft)
}

/// Everybody first, since what everybody may do is not said of others again.
fn roles(catalog: &Catalog) -> Result<Vec<&str>, Unread> {
    let all = catalog.roles.known()?.iter().filter(|role| !role.superuser);
    let names: Vec<&str> = all.map(|role| role.name.as_str()).collect();
    let api = API.into_iter().filter(|role| names.contains(role));
    let own = names
        .iter()
        .copied()
        .filter(|name| !facts::owns_role(name) && !facts::is_postgres_role(name));
    let own = own.filter(|name| !API.contains(name));
    Ok(std::iter::once(EVERYBODY).chain(api).chain(own).collect())
}

type OfClass<'a> = Vec<(Class, Vec<Thing<'a>>)>;

/// What is chosen, class by class, each in the order of a file. Nothing where it is all that every database has.
fn things<'a>(choice: &Choice<'a>) -> Result<OfClass<'a>, Unread> {
    let mut out = Vec::new();
    for class in CLASSES {
        let mut things = of_class(&class, choice.catalog, &|_| true)?;
        things.retain(|thing| {
            let Identity { schema, name, .. } = &thing.identity;
            let schema = match class {
                Class::Schema => name,
                _ => schema,
            };
            let short = catalog::called(name);
            let names: &[&str] = match class {
                Class::Database => &[DATABASE],
                _ => &[name, short],
            };
            let common = class == Class::Database || class == Class::Schema && name == PUBLIC;
            (thing.counts || common) && choice.takes(schema, names)
        });
        choice.sort(&mut things, |thing| &thing.identity);
        out.push((class, things));
    }
    let own = |(class, things): &(Class, Vec<Thing<'_>>)| {
        let common = |thing: &Thing<'_>| *class == Class::Schema && thing.identity.name == PUBLIC;
        *class != Class::Database && !things.iter().all(common)
    };
    if choice.names.is_empty() && !out.iter().any(own) {
        out.clear();
    }
    Ok(out)
}

struct Writer<'w, 'a> {
    role: &'w str,
    choice: &'w Choice<'a>,
    access: &'w Access<'a>,
}

/// A key, what is said of it, and the places of its objects.
type Line = (String, Value, Vec<usize>);

impl Writer<'_, '_> {
    /// What is said of the objects of a class.
    fn lines(&self, class: &Class, things: &[Thing<'_>]) -> Result<Vec<Line>, Unread> {
        let mut groups: Vec<(Value, Vec<usize>)> = Vec::new();
        let mut columns = Vec::new();
        for (at, thing) in things.iter().enumerate() {
            let all = that_exist(thing.among, self.choice.catalog);
            let held = self.held(thing, &all);
            let has_line = self.has_line(class, thing, &held, &all);
            if has_line {
                let value = written(&held, &all);
                match groups.iter_mut().find(|(other, _)| *other == value) {
                    Some((_, places)) => places.push(at),
                    None => groups.push((value, vec![at])),
                }
            }
            if *class == Class::Relation {
                for (names, value) in self.columns(thing, &held, has_line)? {
                    let key = format!("{} ({})", self.name(class, thing), names.join(", "));
                    columns.push((key, value, vec![at]));
                }
            }
        }
        let word = word(class);
        let mut out = Vec::new();
        for (value, places) in groups {
            let mut key = String::new();
            let mut in_key = Vec::new();
            for at in places {
                let name = self.name(class, &things[at]);
                let length = key.chars().count() + name.chars().count() + 2;
                if !key.is_empty() && length > WIDTH {
                    out.push((
                        std::mem::take(&mut key),
                        value.clone(),
                        std::mem::take(&mut in_key),
                    ));
                }
                key.push_str(if key.is_empty() { word } else { ", " });
                key.push_str(&name);
                in_key.push(at);
            }
            out.push((key, value, in_key));
        }
        out.extend(columns);
        Ok(out)
    }

    fn held(&self, thing: &Thing<'_>, all: &[Privilege]) -> Vec<Word> {
        of_words(self.access.held(self.role, thing.securable, all))
    }

    /// What a closed list takes for granted: see [`super::others`].
    fn implied(
        &self,
        thing: &Thing<'_>,
        all: &[Privilege],
        everybody: BTreeSet<Privilege>,
    ) -> Vec<Word> {
        match (self.role == thing.owner, self.role) {
            (true, _) => of_words(all.iter().copied()),
            (false, EVERYBODY) => Vec::new(),
            (false, _) => of_words(everybody),
        }
    }

    fn has_line(&self, class: &Class, thing: &Thing<'_>, held: &[Word], all: &[Privilege]) -> bool {
        let is_everybody = self.role == EVERYBODY;
        // What everybody starts with, unless it is revoked; what is closed to everybody; what no closed list looks at.
        let common = matches!(class, Class::Database | Class::Schema | Class::Type) && is_everybody
            || *class == Class::Schema && thing.identity.name == PUBLIC;
        let everybody = self.access.held(EVERYBODY, thing.securable, all);
        let implied = self.implied(thing, all, everybody);
        let is_owner = self.role == thing.owner;
        let differs = exceeds(held, &implied) || is_owner && lacks(held, &implied);
        common || !self.choice.names.is_empty() || differs
    }

    /// Columns with which the role may do more than with their table, those with the same privileges together.
    fn columns(
        &self,
        thing: &Thing<'_>,
        of_table: &[Word],
        has_line: bool,
    ) -> Result<Vec<(Vec<String>, Value)>, Unread> {
        let mut out: Vec<(Vec<String>, Value)> = Vec::new();
        let Identity { schema, name, .. } = &thing.identity;
        for column in self.choice.catalog.columns_of(schema, name)? {
            let securable = self.access.column(column);
            let held = of_words(self.access.held(self.role, securable, Column::PRIVILEGES));
            let everybody = self.access.held(EVERYBODY, securable, Column::PRIVILEGES);
            let implied = self.implied(thing, Column::PRIVILEGES, everybody);
            // The line of a table speaks of its columns, too.
            if !exceeds(&held, of_table) || !has_line && !exceeds(&held, &implied) {
                continue;
            }
            let value = written(&held, Column::PRIVILEGES);
            let column = quoted(&column.name);
            match out.iter_mut().find(|(_, other)| *other == value) {
                Some((names, _)) => names.push(column),
                None => out.push((vec![column], value)),
            }
        }
        Ok(out)
    }

    /// An object as a key names it behind its word.
    fn name(&self, class: &Class, thing: &Thing<'_>) -> String {
        let Identity { schema, name, .. } = &thing.identity;
        let name = match class {
            Class::Database => DATABASE.to_owned(),
            Class::Function => {
                // The name ends where the arguments begin; both may hold parentheses of their own.
                let function = catalog::called(name);
                format!("{}{}", quoted(function), &name[function.len()..])
            }
            _ => quoted(name),
        };
        match schema.as_str() {
            "" => name,
            schema if schema == self.choice.schema => name,
            schema => format!("{}.{name}", quoted(schema)),
        }
    }
}

fn written(held: &[Word], all: &[Privilege]) -> Value {
    match held {
        [] => "none".into(),
        held if held.len() == all.len() && held.len() > 1 => "all".into(),
        held => held.iter().map(|word| word.0.word()).collect(),
    }
}

/// What a key begins with.
fn word(class: &Class) -> &'static str {
    match class {
        Class::Relation | Class::Columns(_) | Class::Database => "",
        Class::Sequence => "sequence ",
        Class::Schema => "schema ",
        Class::Function => "function ",
        Class::Type => "type ",
        Class::Wrapper => "foreign data wrapper ",
        Class::Server => "foreign server ",
    }
}

/// In quotes, where something in it would mean something else.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    match name.chars().all(plain) && !is_word(name) {
        true => name.to_owned(),
        false => crate::sql::quote_ident(name),
    }
}
