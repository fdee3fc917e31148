//! Collations: provider, locale, and what counts as equal.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Collation, Unread};
use crate::source::Located;

use super::line::Sheet;
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "collation": "collation", "collations";
    PROVIDER: "collation-provider", "a collation is another library's";
    LOCALE: "collation-locale", "a collation is for another locale, or has other rules";
    DETERMINISTIC: "collation-deterministic", "a collation takes other texts for equal";
    OWNER: "collation-owner", "a collation belongs to another role";
    COMMENT: "collation-comment", "a collation has another comment";
}

/// `collations:` by name.
pub type Section = Objects<CollationExpectation>;

/// What is expected of a collation. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `provider`, `locale`, …"
)]
pub struct CollationExpectation {
    /// `libc`, `icu` or `builtin`.
    pub provider: Option<Located<String>>,
    /// The locale; of libc `LC_COLLATE`.
    pub locale: Option<Located<String>>,
    /// `LC_CTYPE` of libc.
    pub ctype: Option<Located<String>>,
    /// Further rules of ICU; `none` for none.
    pub rules: Option<Located<String>>,
    /// Whether only equal bytes are equal.
    pub deterministic: Option<Located<bool>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON COLLATION`.
    pub comment: Option<Located<String>>,
}

impl Object for CollationExpectation {
    const HEADING: Heading = Heading {
        icon: "🔤 ",
        title: "Collations",
        noun: "collation",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Collation;

    fn compare(
        &self,
        collation: &Collation,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&PROVIDER, "provider", &self.provider, &collation.provider);
        for (property, wanted, found) in [
            ("locale", &self.locale, &collation.locale),
            ("ctype", &self.ctype, &collation.ctype),
            ("rules", &self.rules, &collation.rules),
        ] {
            let found = found.as_deref().unwrap_or("none").to_owned();
            examiner.optional(&LOCALE, property, wanted, &found);
        }
        if let Some(deterministic) = &self.deterministic {
            let words = ["deterministic", "not deterministic"];
            let found = collation.deterministic;
            examiner.either(&DETERMINISTIC, "equality", deterministic, found, words);
        }
        examiner.optional(&OWNER, "owner", &self.owner, &collation.owner);
        let comment = collation.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(collation: &Collation) -> String {
        format!(
            "{} of {}",
            collation.locale.as_deref().unwrap_or("one"),
            collation.provider
        )
    }

    fn written(collation: &Collation, _: &Catalog) -> Option<Value> {
        Sheet::default()
            .with("provider", collation.provider.as_str())
            .or_none("locale", collation.locale.as_deref())
            .or_none("ctype", collation.ctype.as_deref())
            .or_none("rules", collation.rules.as_deref())
            .with("deterministic", collation.deterministic)
            .with("owner", collation.owner.as_str())
            .comment(collation.comment.as_deref())
    }
}
