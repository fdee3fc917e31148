//! Where an object may be that is not where a suite expects it: under another kind, in another schema, under a name
//! that looks alike.

use crate::catalog::{Catalog, Identity, Kind, Visitor};

use super::{Expectation, Outcome};

/// What was found in the place of a missing object, and what may have been meant.
pub(super) fn found_instead(
    catalog: &Catalog,
    noun: &str,
    wanted: &Identity,
) -> (String, Option<String>) {
    let mut search = Search {
        wanted,
        other_kind: None,
        other_schema: None,
        alike: None,
    };
    catalog.visit(&mut search);
    let nothing = nothing(noun);
    let (instead, meant) = match (search.other_kind, search.other_schema, search.alike) {
        (Some(kind), _, _) => (format!("{} {kind}", article(kind)), None),
        (_, Some(schema), _) => {
            let meant = Identity::new(wanted.kind, &schema, &wanted.name);
            (format!("one in the schema {schema}"), Some(meant))
        }
        (_, _, Some((_, name))) => {
            let meant = Identity::new(wanted.kind, &wanted.schema, &name);
            (name, Some(meant))
        }
        _ => return (nothing, None),
    };
    let help = meant.map(|meant| format!("Did you mean the {meant}?"));
    (format!("{nothing}, but {instead}"), help)
}

fn nothing(noun: &str) -> String {
    format!("no {noun} of this name")
}

impl Outcome {
    /// Whether an object is missing and nothing was found in its place.
    pub fn found_nothing(&self, of: &Expectation) -> bool {
        let (Self::Pass(findings) | Self::Fail(findings)) = self else {
            return false;
        };
        let nothing = nothing(of.heading.noun);
        findings.iter().any(|finding| finding.found == nothing)
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

struct Search<'a> {
    wanted: &'a Identity,
    other_kind: Option<&'static str>,
    other_schema: Option<String>,
    /// How far it is, and what it is called.
    alike: Option<(usize, String)>,
}

impl Visitor for Search<'_> {
    fn kind<K: Kind>(&mut self, objects: &[K]) {
        for object in objects {
            let Identity { kind, schema, name } = object.identity();
            let wanted = self.wanted;
            let same_name = name == wanted.name;
            if kind != wanted.kind {
                if same_name
                    && schema == wanted.schema
                    && [kind, wanted.kind].iter().all(|kind| SHARED.contains(kind))
                {
                    self.other_kind = Some(kind);
                }
            } else if same_name {
                self.other_schema.get_or_insert(schema);
            } else if schema == wanted.schema {
                let far = strsim::damerau_levenshtein(&name, &wanted.name);
                let near = far
                    <= if wanted.name.chars().count() < 6 {
                        1
                    } else {
                        2
                    };
                if near && self.alike.as_ref().is_none_or(|(best, _)| far < *best) {
                    self.alike = Some((far, name));
                }
            }
        }
    }
}
