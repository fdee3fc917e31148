//! A file as it is written.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use crate::behaviour::SmokeStep;
use crate::checks::language::{misplaced, with_names};
use crate::checks::{self, Sections};
use crate::error::Error;
use crate::source::{Entries, Located, Source};

use super::error::{explain, is_too_much};
use super::outline::Outline;
use super::variables::{REFERENCE, Variables};

macro_rules! document {
    ($($key:ident: $module:ident,)+) => {
        /// What a suite expects.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        #[schemars(title = "Expectations of a suite")]
        pub(super) struct Document {
            /// The suite's name; it has to be the file's name.
            pub(super) suite: Option<Located<String>>,
            /// The name in the report. Left out, it is the suite's name.
            pub(super) title: Option<Located<String>>,
            /// The schema of all names that do not say theirs. Left out, it is `public`; in an included file that of
            /// the including one.
            pub(super) schema: Option<String>,
            /// Files with more sections, preconditions and steps, relative to this file.
            pub(super) include: Located<Includes>,
            /// Values of variables by the name of the profile that `--profile` chooses.
            #[schemars(with = "Option<Entries<Entries<String>>>")]
            pub(super) profiles: Option<Located<IgnoredAny>>,
            /// Preconditions: they are shown only where they fail.
            #[schemars(with = "Option<Sections>")]
            pub(super) requires: Sections,
            $(
                #[doc = concat!("Expectations on ", stringify!($key), ", by name.")]
                pub(super) $key: Option<checks::$module::Section>,
            )+
            /// Statements that are tried and always rolled back.
            pub(super) smoke: Vec<Located<SmokeStep>>,
        }

        impl Document {
            pub(super) fn sections(&mut self) -> Sections {
                Sections { $($key: self.$key.take(),)+ }
            }
        }
    };
}
checks::registry!(document);

/// What has to be known of a file before the rest of it can be read. What else it holds is looked at later.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Prelude {
    pub(super) profiles: Entries<Entries<Located<String>>>,
}

/// A path, or a list of them.
#[derive(Debug, Default)]
pub(super) struct Includes(Vec<Located<String>>);

impl Located<Includes> {
    /// Each with its place.
    pub(super) fn paths(&self) -> impl Iterator<Item = Located<String>> {
        self.value.0.iter().map(|path| Located {
            value: path.value.clone(),
            span: match path.span == (0..0) {
                true => self.span.clone(),
                false => path.span.clone(),
            },
        })
    }
}

impl<'de> Deserialize<'de> for Includes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = Includes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path or a list of paths")
            }

            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Includes, E> {
                match path.trim() {
                    "" => Err(E::custom("this names no file")),
                    _ => Ok(Includes(vec![Located::left_out(path.to_owned())])),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Includes, A::Error> {
                let mut paths = Vec::new();
                while let Some(path) = seq.next_element::<Located<String>>()? {
                    if path.value.trim().is_empty() {
                        return Err(A::Error::custom("this names no file"));
                    }
                    paths.push(path);
                }
                Ok(Includes(paths))
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for Includes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Includes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let path = serde_json::json!({"type": "string", "pattern": r"\S"});
        json_schema!({"anyOf": [path, {"type": "array", "items": path}]})
    }
}

/// Reads a file as one of these.
pub(super) fn read<T: for<'de> Deserialize<'de>>(
    source: &Source,
    variables: &Variables<'_>,
    replace: bool,
) -> Result<T, Error> {
    let text = source.text();
    // An empty file is one without an expectation, which is for the report to say.
    let text = match text.trim_start_matches('\u{feff}').trim().is_empty() {
        true => "{}",
        false => text,
    };
    let mut options = options();
    // Where there is no variable, `$$` is nothing special.
    if replace && source.text().contains(REFERENCE) {
        options = options.with_properties(variables.of(source));
    }
    let read = || serde_saphyr::from_str_with_options(text, options.clone());
    read().or_else(|error| {
        if is_too_much(&error) {
            return Err(explain(source, &error, variables));
        }
        // Only where something is wrong is it worth a look whether an object is called as an option is.
        let outline = Outline::of(text);
        let sections = outline.as_ref().map(Outline::named_as_options);
        let sections = sections.unwrap_or_default();
        let error = match sections.is_empty() {
            true => error,
            false => match with_names(sections.clone(), read) {
                Ok(read) => return Ok(read),
                Err(error) => error,
            },
        };
        let told = explain(source, &error, variables);
        let Some((outline, at)) = outline.zip(told.origin().map(|origin| origin.span.start)) else {
            return Err(told);
        };
        if let Some(key) = outline.misplaced(at) {
            let origin = source.origin(key.span.clone());
            return Err(misplaced(&key.value).at(origin));
        }
        let meant = outline.perhaps_names(at).filter(|section| {
            let mut sections = sections;
            sections.insert(section.start);
            let error = with_names(sections, || read().err());
            let place = |error| {
                explain(source, &error, variables)
                    .origin()
                    .map(|o| o.span.start)
            };
            let within = error
                .and_then(place)
                .is_some_and(|at| section.range.contains(&at));
            !within
        });
        Err(match meant {
            Some(section) => told.note(section.advice()),
            None => told,
        })
    })
}

/// More than any file needs that a person or a program writes, and less than makes anybody wait.
pub(super) const DEEPEST: usize = 64;
const MOST_NODES: usize = 4_000_000;
const MOST_COPIED: usize = 250_000;

pub(super) fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        // `on` and `yes` are names here: a trigger's key, a label.
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_nodes: MOST_NODES,
            max_events: 2 * MOST_NODES,
            max_recorded_anchor_events: MOST_COPIED,
            max_merge_keys: MOST_COPIED,
            max_aliases: MOST_COPIED,
            max_anchors: MOST_COPIED,
            // Many tables may share the columns of one anchor.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_COPIED,
        },
    }
}
