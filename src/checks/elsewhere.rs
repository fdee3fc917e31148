//! Where an object may be that is not where a suite expects it: under another kind, in another schema, under a name
//! that looks alike.

use std::cmp::Ordering;

use crate::catalog::{Catalog, Identity, Kind, Visitor, called};
use crate::meaning;

use super::functions::split_arguments;
use super::{Expectation, Outcome};

/// What was found in the place of a missing object.
pub(super) struct Instead {
    /// As part of a sentence: `a view`, `one in the schema app`.
    pub(super) words: String,
    /// What may have been meant, where a suite could name it here.
    pub(super) meant: Option<Identity>,
}

impl Instead {
    /// What is there instead; of several, the one that is most likely meant.
    pub(super) fn of(catalog: &Catalog, wanted: &Identity) -> Option<Self> {
        let mut search = Search { wanted, best: None };
        catalog.visit(&mut search);
        let (_, found) = search.best?;
        let (kind, schema) = (found.kind, &found.schema);
        let one = format!("{} {kind}", article(kind));
        Some(match (kind == wanted.kind, *schema == wanted.schema) {
            (false, true) => Self {
                words: one,
                meant: None,
            },
            (false, false) => Self {
                words: format!("{one} in the schema {schema}"),
                meant: Some(found),
            },
            (true, false) => Self {
                words: format!("one in the schema {schema}"),
                meant: Some(found),
            },
            (true, true) => Self {
                words: found.name.clone(),
                meant: Some(found),
            },
        })
    }

    /// The advice.
    pub(super) fn help(&self) -> Option<String> {
        let meant = self.meant.as_ref();
        meant.map(did_you_mean)
    }
}

pub(super) fn did_you_mean(meant: &Identity) -> String {
    format!("Did you mean the {meant}?")
}

/// What was found in the place of a missing object, and advice.
pub(super) fn found_instead(
    catalog: &Catalog,
    noun: &str,
    wanted: &Identity,
) -> (String, Option<String>) {
    let nothing = nothing(noun);
    match Instead::of(catalog, wanted) {
        None => (nothing, None),
        Some(instead) => (format!("{nothing}, but {}", instead.words), instead.help()),
    }
}

fn nothing(noun: &str) -> String {
    format!("no {noun} of this name")
}

/// Why there is nothing to say of what belongs to a table.
pub(super) fn without_table(table: &impl std::fmt::Display) -> String {
    format!("{ITS_TABLE}{table}{NOT_THERE}")
}

const ITS_TABLE: &str = "its table ";
const NOT_THERE: &str = " is not there";

impl Outcome {
    /// Whether an object, or the table that it belongs to, is missing and nothing was found in its place.
    pub fn found_nothing(&self, of: &Expectation) -> bool {
        match self {
            Self::Pass(findings) | Self::Fail(findings) => {
                let nothing = nothing(of.heading.noun);
                findings.iter().any(|finding| finding.found == nothing)
            }
            Self::Skip { reason, .. } => {
                reason.starts_with(ITS_TABLE) && reason.ends_with(NOT_THERE)
            }
            Self::Error(_) => false,
        }
    }
}

fn article(noun: &str) -> &'static str {
    match noun.starts_with(['a', 'e', 'i', 'o']) {
        true => "an",
        false => "a",
    }
}

/// Kinds whose objects share names: an object of another of them cannot be beside it.
const SHARED: [&str; 10] = [
    "table",
    "view",
    "materialized view",
    "index",
    "sequence",
    "foreign table",
    "composite type",
    "enum",
    "domain",
    "range",
];

const FUNCTION: &str = "function";

/// How far a name is from another that may have been meant: case alone is nearest. A short name is near few.
pub(super) fn far(wanted: &str, name: &str) -> Option<usize> {
    if wanted.to_lowercase() == name.to_lowercase() {
        return Some(0);
    }
    let most = match wanted.chars().count() {
        0 | 1 => 0,
        2..=5 => 1,
        _ => 2,
    };
    let far = strsim::damerau_levenshtein(wanted, name);
    (far <= most).then_some(far)
}

/// The name among these that may have been meant.
pub(super) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    names
        .into_iter()
        .filter_map(|name| Some((far(wanted, name)?, name)))
        .min_by(|(one, _), (other, _)| one.cmp(other))
        .map(|(_, name)| name)
}

/// How likely it is that something is meant: the first the most, and the nearest of those that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likely {
    /// It has the name, as another kind: nothing else can have it.
    OtherKind,
    OtherSchema,
    /// It has the name in the same schema, but both could be there.
    Beside,
    OtherKindAndSchema,
    Alike(usize),
    /// A function of this name that takes something else, in another schema.
    Overload,
}

struct Search<'a> {
    wanted: &'a Identity,
    best: Option<(Likely, Identity)>,
}

impl Search<'_> {
    fn likely(&self, found: &Identity) -> Option<Likely> {
        let wanted = self.wanted;
        let [here, same_kind] = [found.schema == wanted.schema, found.kind == wanted.kind];
        if same_kind && wanted.kind == FUNCTION {
            return function(wanted, found);
        }
        if !same_kind && [found.kind, wanted.kind].contains(&FUNCTION) {
            let same = called(&found.name) == called(&wanted.name);
            let relation = SHARED.contains(&found.kind) || SHARED.contains(&wanted.kind);
            return (here && same && relation).then_some(Likely::Beside);
        }
        let same_name = found.name == wanted.name;
        let shared = [found.kind, wanted.kind].iter().all(|k| SHARED.contains(k));
        match (same_kind, here) {
            (true, false) => same_name.then_some(Likely::OtherSchema),
            (true, true) if !same_name => far(&wanted.name, &found.name).map(Likely::Alike),
            (false, true) if same_name && shared => Some(Likely::OtherKind),
            (false, false) if same_name && shared => Some(Likely::OtherKindAndSchema),
            _ => None,
        }
    }
}

/// The same of functions, which are told apart by what they take, too.
fn function(wanted: &Identity, found: &Identity) -> Option<Likely> {
    let name = called(&wanted.name);
    let here = found.schema == wanted.schema;
    if called(&found.name) != name {
        let far = far(name, called(&found.name)).filter(|_| here);
        return far.map(Likely::Alike);
    }
    match here {
        true => None,
        false if takes_the_same(&wanted.name, found) => Some(Likely::OtherSchema),
        false => Some(Likely::Overload),
    }
}

/// Whether a signature names just these types, or none.
fn takes_the_same(wanted: &str, found: &Identity) -> bool {
    let types = |signature: &str| {
        let inner = signature[called(signature).len()..].strip_prefix('(')?;
        let types = split_arguments(inner.strip_suffix(')')?);
        Some(types.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let (Some(wanted), Some(is)) = (types(wanted), types(&found.name)) else {
        return true;
    };
    let same = |(a, b): (&String, &String)| meaning::same_type(a, b, &found.schema);
    wanted.len() == is.len() && wanted.iter().zip(&is).all(same)
}

impl Visitor for Search<'_> {
    fn kind<K: Kind>(&mut self, objects: &[K]) {
        for object in objects {
            let found = object.identity();
            let Some(likely) = self.likely(&found) else {
                continue;
            };
            let best = self.best.as_ref().map(|(best, _)| likely.cmp(best));
            if best.is_none_or(|than| than == Ordering::Less) {
                self.best = Some((likely, found));
            }
        }
    }
}
