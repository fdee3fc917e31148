//! The keys of a file as they stand, to tell options of a section from objects that are called alike.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::checks::SECTIONS;
use crate::checks::language::is_option;
use crate::source::Located;

/// The mappings of a file: keys, and what is below them.
#[derive(Default)]
pub(super) struct Outline {
    keys: Vec<(Located<String>, Outline)>,
    /// Whether it is a list, a mapping, nothing, or a word for absence or presence: not what most options take.
    no_scalar: bool,
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
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Outline, E> {
        Ok(Outline {
            keys: Vec::new(),
            no_scalar: matches!(text, "absent" | "present"),
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Outline, E> {
        Ok(Outline {
            keys: Vec::new(),
            no_scalar: true,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Outline, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Outline {
            keys: Vec::new(),
            no_scalar: true,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let mut keys = Vec::new();
        while let Some(entry) = map.next_entry()? {
            keys.push(entry);
        }
        Ok(Outline {
            keys,
            no_scalar: true,
        })
    }
}

/// A section that has nothing but options.
pub(super) struct Begun {
    word: String,
    /// Where its first key starts.
    pub(super) start: usize,
    /// Where it stands, as far as the next section.
    pub(super) range: Range<usize>,
}

impl Begun {
    /// How an object that is called as the option is written.
    pub(super) fn advice(&self) -> String {
        let word = &self.word;
        format!(
            "`{word}` is an option where a section has nothing but options: an object of that name stands below `items:`, \
             or is written with its schema, as `public.{word}`"
        )
    }
}

impl Outline {
    /// The outline of a text that can be read as YAML.
    pub(super) fn of(text: &str) -> Option<Self> {
        serde_saphyr::from_str_with_options(text, super::document::options()).ok()
    }

    /// Every section with its place as far as the next one, those of `requires` too.
    fn sections(&self, end: usize) -> Vec<(Range<usize>, &Self)> {
        let mut out = Vec::new();
        for (at, (key, below)) in self.keys.iter().enumerate() {
            let next = self.keys.get(at + 1);
            let end = next.map_or(end, |(next, _)| next.span.start);
            if key.value == "requires" {
                out.extend(below.sections(end));
            } else if SECTIONS.contains(&key.value.as_str()) {
                out.push((key.span.start..end, below));
            }
        }
        out
    }

    fn around(&self, at: usize) -> Option<(Range<usize>, &Self)> {
        let mut sections = self.sections(usize::MAX).into_iter();
        sections.find(|(range, _)| range.contains(&at))
    }

    /// Where the sections start whose first key is called as an option is, and that hold names: another key is none, and
    /// no value could be an option's.
    pub(super) fn named_as_options(&self) -> BTreeSet<usize> {
        let sections = self.sections(usize::MAX).into_iter();
        let named = sections.filter_map(|(_, section)| {
            let (first, _) = section.keys.first()?;
            let mut options = section.keys.iter().filter(|(key, _)| is_option(&key.value));
            let mixed = section.keys.iter().any(|(key, _)| !is_option(&key.value));
            let all = mixed && is_option(&first.value) && options.all(|(_, below)| below.no_scalar);
            all.then_some(first.span.start)
        });
        named.collect()
    }

    /// The option among names that an error at this place is about.
    pub(super) fn misplaced(&self, at: usize) -> Option<&Located<String>> {
        let (_, section) = self.around(at)?;
        let (first, _) = section.keys.first()?;
        let (key, below) = section
            .keys
            .iter()
            .rev()
            .find(|(k, _)| k.span.start <= at)?;
        let misplaced = is_option(&key.value) && !below.no_scalar && !is_option(&first.value);
        misplaced.then_some(key)
    }

    /// The section around this place, where it has nothing but options: they could be objects.
    pub(super) fn perhaps_names(&self, at: usize) -> Option<Begun> {
        let (range, section) = self.around(at)?;
        let (first, _) = section.keys.first()?;
        let options = section.keys.iter().all(|(key, _)| is_option(&key.value));
        options.then(|| Begun {
            word: first.value.clone(),
            start: first.span.start,
            range,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::checks::language::KEYS;
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
            ("others", "tables: {others: {rls: true}}"),
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
                "`{word}` is an option where a section has nothing but options: an object of that name stands below \
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
            assert!(!told(yaml).contains("is an option where"), "{yaml}");
        }
    }

    #[test]
    fn an_object_may_be_called_as_an_option_beside_others_in_any_order() {
        for word in KEYS {
            let long = "rls: true, columns: {id: integer}";
            for yaml in [
                format!("tables:\n  orders: {{}}\n  {word}: {{{long}}}\n"),
                format!("tables:\n  {word}: {{{long}}}\n  orders: {{}}\n"),
                format!("tables: {{{word}: {{}}, orders: {{}}}}"),
                format!("tables: {{{word}: , orders: }}"),
                format!("tables: {{orders: absent, {word}: absent}}"),
                format!("tables: {{{word}: absent, orders: absent}}"),
                format!("requires: {{tables: {{{word}: {{rls: true}}, orders: {{}}}}}}"),
                format!("enums: {{{word}: [a], orders: [b]}}"),
                format!("triggers: {{t: {{}}, {word}: {{}}}}\ntables: {{t: {{}}, {word}: {{}}}}"),
                format!("tables: {{public.{word}: {{}}, orders: {{}}}}"),
            ] {
                let source = Source::new("validations/s.yaml", yaml.as_str());
                let found = parse(&source, "s").unwrap_or_else(|e| panic!("{yaml}: {e}"));
                let is = |name: &str| found.checks.iter().any(|e| e.subject.name.ends_with(name));
                assert!(is(word), "{yaml}: {:?}", found.checks);
            }
        }
    }

    #[test]
    fn an_option_among_names_is_told_its_place() {
        for yaml in [
            "tables:\n  orders: {}\n  others: refused\n",
            "tables:\n  orders: {}\n  title: Tables\n  u: {}\n",
            "views:\n  v: select 1\n  title: All views\n",
            "enums:\n  e: [a]\n  severity: warning\n",
            "settings:\n  database: {}\n  others: refused\n",
            "policies:\n  t: {}\n  others: allowed\n",
            "tables:\n  orders: {}\n  count: 3\n",
        ] {
            let told = told(yaml);
            assert!(
                told.starts_with("validations/s.yaml:3:3: "),
                "{yaml}: {told}"
            );
            assert!(
                told.contains("is an option here, and names stand beside it"),
                "{yaml}: {told}"
            );
        }
        for yaml in [
            "tables:\n  others: refused\n  orders: {}\n",
            "tables:\n  title: Tables\n  tabels: {}\n",
            "tables:\n  others: refused\n  item: {t: {}}\n",
        ] {
            let source = Source::new("validations/s.yaml", yaml);
            let error = parse(&source, "s").unwrap_err();
            let place = error.origin().unwrap().to_string();
            assert_eq!(place, "validations/s.yaml:3:3", "{yaml}");
            let help = error.help_text().unwrap();
            assert!(
                help.contains("names stand below `items:`"),
                "{yaml}: {help}"
            );
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
