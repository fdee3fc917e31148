//! Text search configurations: which dictionaries a kind of token goes through.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::{Catalog, TextSearchConfiguration, Unread};
use crate::source::{Entries, Located, OneOrMore};

use super::language::{Others, Plain, shown};
use super::line::{Sheet, same_name};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "text-search-configuration": "text search configuration", "text search configurations";
    PARSER: "text-search-configuration-parser", "a text search configuration uses another parser";
    MAPPINGS: "text-search-configuration-mappings",
        "a text search configuration sends a kind of token through other dictionaries";
    OWNER: "text-search-configuration-owner", "a text search configuration belongs to another role";
    COMMENT: "text-search-configuration-comment", "a text search configuration has another comment";
}

/// `text_search_configurations:` by name.
pub type Section = Objects<TextSearchConfigurationExpectation>;

/// What is expected of a text search configuration. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `parser`, `mappings`, …"
)]
pub struct TextSearchConfigurationExpectation {
    /// The parser.
    pub parser: Option<Located<String>>,
    /// Dictionaries in order, by kind of token: `asciiword`, `email`, …; an empty list for a kind that has none.
    pub mappings: Entries<Located<OneOrMore<String>>, Plain>,
    /// Whether other kinds of token may have dictionaries.
    pub other_mappings: Option<Located<Others>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON TEXT SEARCH CONFIGURATION`.
    pub comment: Option<Located<String>>,
}

impl Object for TextSearchConfigurationExpectation {
    const HEADING: Heading = Heading {
        icon: "🔎 ",
        title: "Text Search Configurations",
        noun: "text search configuration",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = TextSearchConfiguration;

    fn compare(
        &self,
        found: &TextSearchConfiguration,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let schema = found.schema.as_str();
        examiner.name(&PARSER, "parser", &self.parser, Some(&found.parser), schema);
        for (token, wanted) in &self.mappings.0 {
            let mapping = found.mappings.iter().find(|m| m.token == *token.value);
            let dictionaries = mapping.map_or(&[][..], |m| &m.dictionaries);
            let wanted_names = &wanted.value.0;
            let mut both = wanted_names.iter().zip(dictionaries);
            let same = wanted_names.len() == dictionaries.len()
                && both.all(|(wanted, found)| same_name(wanted, found, schema));
            let words = |list: &[String]| format!("{} through {}", &*token.value, shown(list));
            let (expected, there) = (words(wanted_names), words(dictionaries));
            examiner.property(&MAPPINGS, "mapping", wanted, same, expected, there);
        }
        if let Some(others) = &self.other_mappings
            && others.value == Others::Refused
        {
            let listed = |token: &str| self.mappings.0.iter().any(|(t, _)| *t.value == *token);
            let tokens = found.mappings.iter().map(|m| m.token.as_str());
            let more: Vec<&str> = tokens.filter(|token| !listed(token)).collect();
            let same = more.is_empty();
            examiner.property(
                &MAPPINGS,
                "other mappings",
                others,
                same,
                "none",
                more.join(", "),
            );
        }
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn written(found: &TextSearchConfiguration, _: &Catalog) -> Option<Value> {
        let mappings: Map<String, Value> = found
            .mappings
            .iter()
            .map(|mapping| {
                let value = match mapping.dictionaries.as_slice() {
                    [one] => Value::from(one.as_str()),
                    more => Value::from(more),
                };
                (mapping.token.clone(), value)
            })
            .collect();
        Sheet::default()
            .with("parser", found.parser.as_str())
            .with("mappings", mappings)
            .with("other_mappings", "refused")
            .with("owner", found.owner.as_str())
            .comment(found.comment.as_deref())
    }
}
