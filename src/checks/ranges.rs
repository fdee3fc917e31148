//! Range types: what they are ranges of, and how it is ordered.

use std::ops::Range as Span;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Kinds, Range, Selection, Table, Unread};
use crate::source::{Located, text_or_map};

use super::line::{Sheet, place, said};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "range": "range type", "range types";
    SUBTYPE: "range-subtype", "a range type is one of another type";
    ORDER: "range-order", "a range type orders its values by another collation or operator class";
    FUNCTIONS: "range-functions", "a range type has another canonical or difference function";
    MULTIRANGE: "range-multirange", "the multirange type of a range type is called otherwise";
    OWNER: "range-owner", "a range type belongs to another role";
    COMMENT: "range-comment", "a range type has another comment";
}

/// `ranges:` by name.
pub type Section = Objects<RangeExpectation>;

/// What is expected of a range type. What is left out may be anything. The subtype alone is the short form.
#[derive(Clone, Debug)]
pub struct RangeExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// What it is a range of.
    subtype: Option<Located<String>>,
    /// The collation; `none` for the subtype's.
    collation: Option<Located<String>>,
    /// The operator class that orders it; `none` for the subtype's own.
    operator_class: Option<Located<String>>,
    /// The function that brings values to one form; `none` for none.
    canonical: Option<Located<String>>,
    /// The function that says how far two values are apart; `none` for none.
    subtype_diff: Option<Located<String>>,
    /// The name of the multirange type.
    multirange: Option<Located<String>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON TYPE`.
    comment: Option<Located<String>>,
}

impl From<Long> for RangeExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    RangeExpectation as "Range",
    Long,
    "the subtype of a range type, or a mapping with `subtype`, …",
    |text: &str| -> Result<RangeExpectation, String> {
        Ok(RangeExpectation(Long {
            subtype: said(text.to_owned()),
            ..Long::default()
        }))
    }
);

impl Object for RangeExpectation {
    const HEADING: Heading = Heading {
        icon: "📏 ",
        title: "Range Types",
        noun: "range",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Range;

    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Table>())
    }

    fn compare(
        &self,
        range: &Range,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.0;
        let schema = range.schema.as_str();
        examiner.optional_type(&SUBTYPE, "subtype", &wanted.subtype, &range.subtype, schema);
        for (code, property, wanted, found) in [
            (&ORDER, "collation", &wanted.collation, &range.collation),
            (
                &ORDER,
                "operator class",
                &wanted.operator_class,
                &range.operator_class,
            ),
            (&FUNCTIONS, "canonical", &wanted.canonical, &range.canonical),
            (
                &FUNCTIONS,
                "subtype_diff",
                &wanted.subtype_diff,
                &range.subtype_diff,
            ),
        ] {
            examiner.name(code, property, wanted, found.as_deref(), &range.schema);
        }
        examiner.optional(
            &MULTIRANGE,
            "multirange",
            &wanted.multirange,
            &range.multirange,
        );
        examiner.optional(&OWNER, "owner", &wanted.owner, &range.owner);
        let comment = range.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn like(range: &Range) -> String {
        format!("one of {}", range.subtype)
    }

    fn written(range: &Range, _: &Catalog) -> Option<Value> {
        Sheet::default()
            .with("subtype", range.subtype.as_str())
            .or_none("collation", range.collation.as_deref())
            .or_none("operator_class", range.operator_class.as_deref())
            .or_none("canonical", range.canonical.as_deref())
            .or_none("subtype_diff", range.subtype_diff.as_deref())
            .with("multirange", range.multirange.as_str())
            .with("owner", range.owner.as_str())
            .comment(range.comment.as_deref())
    }

    fn written_at(&mut self, span: Span<usize>) {
        place(&mut self.0.subtype, &span);
    }
}
