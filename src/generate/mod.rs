//! Expectations written from a schema as it is: `Catalog` to YAML text, as a person would have written it.
//!
//! How one object is written is said beside its check (`Object::written`, `Child::written`); here stands what all of
//! them share: which sections there are and in which order, how a file begins, and how it is laid out.

mod yaml;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::catalog::{Catalog, Kind, Unread, Visitor};
use crate::checks::language::{Name, is_option};
use crate::checks::{self, Choice, Draft, Expand};
use crate::error::{Error, ExitCode, nearest};
use crate::migrate::ledger;
use crate::platform::facts;

use yaml::Level;

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The suite that it is for.
    pub suite: Option<String>,
    /// Its title, where it has one already.
    pub title: Option<String>,
    /// The schemas whose objects are written; none for all.
    pub schemas: Vec<String>,
    /// What is written; nothing for everything.
    pub only: Vec<Only>,
    /// Whether an object that is not listed is to be a finding.
    pub closed: bool,
    /// The command and the target, for the first lines.
    pub made_by: String,
}

/// `tables`, or `tables:tmp_*`; a slash may stand for the colon.
#[derive(Clone, Debug)]
pub struct Only {
    /// The section.
    pub kind: String,
    /// The names in it; all where none is given.
    pub name: Option<Name>,
    written: String,
}

/// As it was given.
impl fmt::Display for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The file.
    pub yaml: String,
    /// How many objects it speaks of.
    pub objects: usize,
    /// What it does not speak of though it is there, a sentence each.
    pub notes: Vec<String>,
}

macro_rules! sections {
    ($($key:ident: $module:ident,)+) => {
        /// The sections of a file in their order.
        const SECTIONS: &[(&str, fn(&Choice<'_>) -> Draft)] =
            &[$((stringify!($key), <checks::$module::Section as Expand>::draft)),+];
    };
}
checks::registry!(sections);

impl std::str::FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once([':', '/']) {
            Some((kind, name)) => (kind, Some(Name::parse(name)?)),
            None => (text, None),
        };
        let known: Vec<&str> = SECTIONS.iter().map(|(key, _)| *key).collect();
        if known.contains(&kind) {
            return Ok(Self {
                kind: kind.to_owned(),
                name,
                written: text.to_owned(),
            });
        }
        Err(match nearest(kind, &known) {
            Some(near) => format!("there is no section `{kind}`: did you mean `{near}`?"),
            None => format!(
                "there is no section `{kind}`: known are {}",
                known.join(", ")
            ),
        })
    }
}

/// Sections that are written only where `--only` names them: a fresh project has much of them, and few suites make any.
const ON_REQUEST: [&str; 3] = ["default_privileges", "settings", "database"];

/// Writes what the objects of a catalog meet.
///
/// # Errors
/// Exit code 2 where a schema is named that is not there, 3 where there is nothing to write.
pub fn generate(catalog: &Catalog, request: &Request) -> Result<Generated, Error> {
    known_schemas(catalog, &request.schemas)?;
    let schema = request.schemas.first().cloned();
    let schema = schema.unwrap_or_else(|| main_schema(catalog));
    let mut notes = Vec::new();
    let mut body = String::new();
    let (mut objects, mut again) = (0, 0);
    for (key, draft) in SECTIONS {
        let only: Vec<&Only> = request
            .only
            .iter()
            .filter(|only| only.kind == *key)
            .collect();
        let asked_for = match request.only.is_empty() {
            true => !ON_REQUEST.contains(key),
            false => !only.is_empty(),
        };
        if !asked_for {
            continue;
        }
        let whole = only.iter().any(|only| only.name.is_none());
        let names: Vec<Name> = match whole {
            true => Vec::new(),
            false => only.iter().filter_map(|only| only.name.clone()).collect(),
        };
        let draft = draft(&Choice {
            catalog,
            schema: &schema,
            schemas: &request.schemas,
            names: &names,
        });
        match draft.again {
            true => again += draft.written,
            false => objects += draft.written,
        }
        notes.extend(note(key, &draft));
        let closed = draft.closed || request.closed && draft.closable && names.is_empty();
        section(&mut body, key, draft, closed);
    }
    // What is counted is objects, of which several sections may speak.
    if objects == 0 {
        objects = again;
    }
    if objects == 0 {
        return Err(nothing(request, &notes));
    }
    let mut out = head(request, &notes);
    let mut line = |key: &str, value: &str| {
        yaml::entry(&mut out, key, &Value::from(value), Level::Names(0));
    };
    if let Some(suite) = &request.suite {
        line("suite", suite);
    }
    let title = match (&request.title, &request.suite) {
        (Some(title), _) => title.clone(),
        (None, Some(suite)) => capitalised(suite),
        (None, None) => schema.clone(),
    };
    line("title", &title);
    line("schema", &schema);
    out.push_str(&body);
    Ok(Generated {
        yaml: out,
        objects,
        notes,
    })
}

/// The comments that a file begins with.
fn head(request: &Request, notes: &[String]) -> String {
    let mut out = String::from("# yaml-language-server: $schema=schema.json\n");
    for line in std::iter::once(&request.made_by).chain(notes) {
        // What a server calls itself or an object must not end the comment.
        let line: String = line
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        out.push_str(&format!("# {line}\n"));
    }
    out
}

fn section(out: &mut String, key: &str, mut draft: Draft, closed: bool) {
    if draft.items.is_empty() && !draft.closable {
        return;
    }
    if draft.single {
        out.push('\n');
        yaml::entry(out, key, &Value::Object(draft.items), Level::Property);
        return;
    }
    let below = usize::from(draft.nested);
    let refuses = said_once(&mut draft);
    let has_option = draft.items.keys().any(|name| is_option(name));
    let (value, level) = if closed || refuses {
        let mut map = Map::new();
        if closed {
            map.insert("others".to_owned(), Value::from("refused"));
        }
        if refuses {
            map.insert(OTHER_PROPERTIES.to_owned(), Value::from("refused"));
        }
        if !draft.items.is_empty() {
            map.insert("items".to_owned(), Value::Object(draft.items));
        }
        (map, Level::Names(below + 1))
    } else if draft.items.is_empty() {
        return;
    } else if has_option {
        let items = Value::Object(draft.items);
        (
            Map::from_iter([("items".to_owned(), items)]),
            Level::Names(below + 1),
        )
    } else {
        (draft.items, Level::Names(below))
    };
    out.push('\n');
    yaml::entry(out, key, &Value::Object(value), level);
}

const OTHER_PROPERTIES: &str = "other_properties";

/// What all objects say of the properties that they leave out is said of the section, where there are several.
fn said_once(draft: &mut Draft) -> bool {
    fn each(items: &mut Map<String, Value>, nested: bool) -> Vec<&mut Value> {
        match nested {
            false => items.values_mut().collect(),
            true => {
                let tables = items.values_mut().filter_map(Value::as_object_mut);
                tables.flat_map(Map::values_mut).collect()
            }
        }
    }
    let mut items = each(&mut draft.items, draft.nested);
    let refuses = |item: &&mut Value| item.get(OTHER_PROPERTIES) == Some(&Value::from("refused"));
    if items.len() < 2 || !items.iter().all(refuses) {
        return false;
    }
    for item in &mut items {
        if let Some(map) = item.as_object_mut() {
            map.shift_remove(OTHER_PROPERTIES);
            if map.is_empty() {
                **item = Value::from("present");
            }
        }
    }
    true
}

/// What a section leaves out.
fn note(key: &str, draft: &Draft) -> Option<String> {
    match &draft.unread {
        // Where the extension is not there, there is none of the kind either.
        Some(Unread::Unknown(reason)) if reason.ends_with("is not installed") => None,
        Some(Unread::Unknown(reason)) => Some(format!("Without {key}: {reason}.")),
        Some(bug) => Some(format!("Without {key}: {bug}.")),
        // Of a kind that can be written, single objects have no words where others say what they are.
        None if draft.written == 0 && draft.unwritten > 0 => Some(format!(
            "Without {key}, which cannot be written yet: there are {}.",
            draft.unwritten
        )),
        None => None,
    }
}

/// `archon-workflow` as a title: `Archon Workflow`.
fn capitalised(name: &str) -> String {
    let words = name.split(['-', '_', ' ']).filter(|word| !word.is_empty());
    let words: Vec<String> = words
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + chars.as_str()
        })
        .collect();
    if words.is_empty() {
        name.to_owned()
    } else {
        words.join(" ")
    }
}

fn known_schemas(catalog: &Catalog, wanted: &[String]) -> Result<(), Error> {
    let known: Vec<&str> = catalog.schemas.known().map_or(Vec::new(), |all| {
        all.iter().map(|schema| schema.name.as_str()).collect()
    });
    let Some(unknown) = wanted.iter().find(|name| !known.contains(&name.as_str())) else {
        return Ok(());
    };
    let error = Error::usage(format!("there is no schema `{unknown}`"));
    Err(match nearest(unknown, &known) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => {
            let own: Vec<&str> = known
                .into_iter()
                .filter(|name| !facts::owns_schema(name))
                .collect();
            error.help(format!("There are: {}.", own.join(", ")))
        }
    })
}

/// The schema with most objects; `public` where it has any.
fn main_schema(catalog: &Catalog) -> String {
    struct Count(BTreeMap<String, usize>);

    impl Visitor for Count {
        fn kind<K: Kind>(&mut self, objects: &[K]) {
            for object in objects {
                let schema = object.identity().schema;
                let counts = !object.is_platform() && object.extension().is_none();
                if counts
                    && !schema.is_empty()
                    && !facts::owns_schema(&schema)
                    && schema != ledger::SCHEMA
                {
                    *self.0.entry(schema).or_default() += 1;
                }
            }
        }
    }

    let mut count = Count(BTreeMap::new());
    catalog.visit(&mut count);
    let public = "public".to_owned();
    if count.0.contains_key(&public) {
        return public;
    }
    let most = count.0.into_iter().rev().max_by_key(|(_, number)| *number);
    most.map_or(public, |(schema, _)| schema)
}

fn nothing(request: &Request, notes: &[String]) -> Error {
    let place = match request.schemas.as_slice() {
        [] => "the database has no object of its own".to_owned(),
        [one] => format!("the schema `{one}` has no object of its own"),
        several => format!(
            "the schemas {} have no object of their own",
            several.join(", ")
        ),
    };
    let place = match request.only.is_empty() {
        true => place,
        false => format!("{place} that --only names"),
    };
    let error = Error::new(
        ExitCode::NothingChecked,
        format!("there is nothing to write: {place}"),
    );
    let error = notes
        .iter()
        .fold(error, |error, note| error.note(note.clone()));
    error.help(
        "What Supabase or an extension brings is not written: a suite speaks of what is its own.",
    )
}

#[cfg(test)]
mod tests;
