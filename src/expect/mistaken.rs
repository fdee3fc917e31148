//! Objects that are called as a word of the language: `items` as the first name of a section.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::checks::language::{COMMON, is_option};
use crate::source::Located;

/// The mappings of a file: keys, and what is below them.
#[derive(Default)]
struct Outline {
    keys: Vec<(Located<String>, Outline)>,
    /// Whether it is a list or a mapping.
    nests: bool,
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

macro_rules! scalars {
    ($($method:ident: $type:ty,)+) => {
        $(
            fn $method<E: Error>(self, _: $type) -> Result<Outline, E> {
                Ok(Outline::default())
            }
        )+
    };
}

impl<'de> Visitor<'de> for Walk {
    type Value = Outline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars! {
        visit_bool: bool,
        visit_i64: i64,
        visit_u64: u64,
        visit_f64: f64,
        visit_str: &str,
    }

    fn visit_unit<E: Error>(self) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Outline, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Outline {
            keys: Vec::new(),
            nests: true,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let mut keys = Vec::new();
        while let Some(entry) = map.next_entry()? {
            keys.push(entry);
        }
        Ok(Outline { keys, nests: true })
    }
}

impl Outline {
    /// The key below which something stands.
    fn around(&self, at: usize) -> Option<(&str, &Self)> {
        let before = self.keys.iter().rev().find(|(key, _)| key.span.start <= at);
        before.map(|(key, below)| (key.value.as_str(), below))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(key, _)| key.value.as_str())
    }
}

/// What to say of an error at this place, where a section begins with a word of the language that looks as if it was
/// meant for the name of an object.
pub(super) fn note(text: &str, at: usize) -> Option<String> {
    let file: Outline =
        serde_saphyr::from_str_with_options(text, super::document::options()).ok()?;
    let (mut kind, mut section) = file.around(at)?;
    if kind == "requires" {
        (kind, section) = section.around(at)?;
    }
    let (word, below) = section.keys.first()?;
    let word = word.value.as_str();
    let meant = is_option(word)
        && match word {
            "items" => is_one(kind, below),
            // These take words of their own, each at the first place.
            "count" => is_other(below, &["at_least", "at_most"]),
            "only_if" => is_other(below, &["postgres", "target", "extension"]),
            _ => below.nests,
        };
    meant.then(|| {
        format!(
            "`{word}` is a word of the language where it stands first in a section: an object of that name stands below \
             `items:`, or is written with its schema, as `public.{word}`"
        )
    })
}

fn is_other(below: &Outline, known: &[&str]) -> bool {
    below.nests && !below.names().any(|name| known.contains(&name))
}

/// Whether what stands below `items:` looks like one object and not like the names of some.
fn is_one(kind: &str, below: &Outline) -> bool {
    let schema = super::schema();
    let Some((properties, nested)) = properties(&schema, kind) else {
        return false;
    };
    let known = |name: &str| COMMON.contains(&name) || properties.contains(&name);
    match nested {
        false => !below.keys.is_empty() && below.names().all(known),
        true => {
            let mut inner = below.keys.iter().flat_map(|(_, below)| below.names());
            inner.next().is_some_and(known) && inner.all(known)
        }
    }
}

/// The keys of an object of a kind, and whether objects stand below their tables.
fn properties<'a>(schema: &'a Value, kind: &str) -> Option<(Vec<&'a str>, bool)> {
    let section = &schema["properties"][kind];
    let long = forms(schema, section).find_map(|form| form.get("then"))?;
    let names = &long["properties"]["items"];
    let below = |node| forms(schema, node).find_map(|form| form.get("additionalProperties"));
    let keys = |node| -> Vec<&'a str> {
        let all = forms(schema, node).filter_map(|form| form.get("properties")?.as_object());
        all.flat_map(|all| all.keys().map(String::as_str)).collect()
    };
    let item = below(names)?;
    match (keys(item), below(item)) {
        (own, Some(inner)) if own.is_empty() => Some((keys(inner), true)),
        (own, _) => Some((own, false)),
    }
}

/// A schema and all that it is one of.
fn forms<'a>(schema: &'a Value, node: &'a Value) -> impl Iterator<Item = &'a Value> {
    let mut todo = vec![node];
    std::iter::from_fn(move || {
        let node = todo.pop()?;
        let referred = node["$ref"].as_str();
        let referred = referred.and_then(|path| schema.pointer(path.strip_prefix('#')?));
        let others = ["anyOf", "oneOf", "allOf"].into_iter();
        let others = others.filter_map(|key| node[key].as_array()).flatten();
        todo.extend(referred.into_iter().chain(others));
        Some(node)
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::source::Source;

    /// All that is said of a file that cannot be read.
    fn told(yaml: &str) -> String {
        let error = parse(&Source::new("validations/s.yaml", yaml), "s").unwrap_err();
        let place = error.origin().map(ToString::to_string);
        format!(
            "{}: {error} | {}",
            place.unwrap(),
            error.notes().join(" | ")
        )
    }

    #[test]
    fn an_object_that_is_called_as_a_word_of_the_language_is_told_how_to_be_written() {
        for (word, yaml) in [
            ("items", "tables:\n  items:\n    columns: {id: integer}\n"),
            ("items", "tables:\n  items: {rls: true}\n  orders: {}\n"),
            (
                "items",
                "tables:\n  items: {columns: {}, severity: error, rls: true}\n",
            ),
            ("items", "indexes: {items: {table: t, columns: [a]}}"),
            (
                "items",
                "policies: {items: {mine: {command: all, using: a = 1}}}",
            ),
            (
                "items",
                "requires: {tables: {items: {columns: {id: integer}}}}",
            ),
            ("title", "tables:\n  title:\n    columns: {id: integer}\n"),
            ("title", "enums: {title: [a, b]}"),
            ("count", "tables: {count: {columns: {id: integer}}}"),
            ("only_if", "tables: {only_if: {columns: {id: integer}}}"),
            ("others", "tables: {others: {rls: true}, orders: {}}"),
            ("schema", "tables: {schema: {rls: true}}"),
            ("severity", "tables: {severity: {rls: true}}"),
            ("help", "tables: {help: {rls: true}}"),
            (
                "other_properties",
                "tables: {other_properties: {rls: true}}",
            ),
        ] {
            let told = told(yaml);
            let wanted = format!(
                "`{word}` is a word of the language where it stands first in a section: an object of that name stands below \
             `items:`, or is written with its schema, as `public.{word}`"
            );
            assert!(told.ends_with(&wanted), "{yaml}: {told}");
            // Both ways lead to the object.
            let key = yaml.find(&format!("{word}:")).unwrap();
            let with_schema = format!("{}public.{}", &yaml[..key], &yaml[key..]);
            let source = Source::new("validations/s.yaml", with_schema.as_str());
            let found = parse(&source, "s").unwrap();
            assert!(
                found
                    .checks
                    .iter()
                    .any(|e| e.subject.schema == "public" && e.subject.name.ends_with(word)),
                "{with_schema}"
            );
        }
        // What is wrong for another reason is not told that.
        for yaml in [
            "tables: {items: {orders: {rsl: true}}}",
            "tables: {items: {columns: {rls: true}, orders: {rsl: true}}}",
            "tables: {others: refuse, items: {t: {}}}",
            "tables: {count: {at_laest: 3, at_most: 4}}",
            "tables: {title: Tables, tabels: {}}",
            "policies: {items: {t: {p: {command: selct}}}}",
            "suite: s\nitems: {columns: {id: integer}}\n",
        ] {
            assert!(!told(yaml).contains("a word of the language"), "{yaml}");
        }
    }

    #[test]
    fn a_section_of_nothing_is_no_expectation() {
        for yaml in [
            "tables: {items: {}}",
            "tables:\n  title: absent\n",
            "sequences: {title: as bigint}",
            "policies:\n  severity: warning\n  items: {}\n",
        ] {
            let found = told(yaml);
            assert!(found.contains("this section says nothing"), "{found}");
            assert!(found.starts_with("validations/s.yaml:"), "{found}");
        }
        for yaml in [
            "tables: {}",
            "tables: {others: refused}",
            "tables: {count: 0, items: {}}",
        ] {
            parse(&Source::new("validations/s.yaml", yaml), "s").unwrap();
        }
    }
}
