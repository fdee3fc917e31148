//! Sequences: type, start, step, range, and the column that one belongs to.

mod line;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{
    Catalog, Kinds, Persistence, Selection, Sequence, SequenceOwner, Table, Unread,
};
use crate::meaning::{self, ObjectName};
use crate::source::{Located, text_or_map};

use super::line::{Sheet, place, spelt};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "sequence": "sequence", "sequences";
    TYPE: "sequence-type", "a sequence counts in another type";
    START: "sequence-start", "a sequence starts at another number";
    INCREMENT: "sequence-increment", "a sequence counts in other steps";
    RANGE: "sequence-range", "a sequence has another least or greatest number";
    CYCLE: "sequence-cycle", "a sequence starts again at its end where it should not, or the reverse";
    CACHE: "sequence-cache", "a sequence keeps another number of values at hand";
    OWNED_BY: "sequence-owned-by", "a sequence belongs to another column, or to it in another way";
    UNLOGGED: "sequence-unlogged", "a sequence does not survive a crash where it should, or the reverse";
    OWNER: "sequence-owner", "a sequence belongs to another role";
    COMMENT: "sequence-comment", "a sequence has another comment";
}

/// `sequences:` by name.
pub type Section = Objects<SequenceExpectation>;

/// What is expected of a sequence. What is left out may be anything. The line of text reads like CREATE SEQUENCE and
/// means what it would there.
#[derive(Clone, Debug)]
pub struct SequenceExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// `smallint`, `integer` or `bigint`.
    r#type: Option<Located<String>>,
    /// START.
    start: Option<Located<i64>>,
    /// INCREMENT.
    increment: Option<Located<i64>>,
    /// MINVALUE.
    min: Option<Located<i64>>,
    /// MAXVALUE.
    max: Option<Located<i64>>,
    /// CYCLE.
    cycle: Option<Located<bool>>,
    /// CACHE.
    cache: Option<Located<i64>>,
    /// The column that it goes away with: `orders.number`, or `none`.
    owned_by: Option<Located<String>>,
    /// Whether it came with an identity column.
    identity: Option<Located<bool>>,
    /// Whether a crash sets it back.
    unlogged: Option<Located<bool>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON SEQUENCE`.
    comment: Option<Located<String>>,
}

impl From<Long> for SequenceExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    SequenceExpectation as "Sequence",
    Long,
    "a sequence as in CREATE SEQUENCE (`start 1000 owned by orders.number`), or a mapping with `start`, …",
    line::line
);

impl Object for SequenceExpectation {
    const HEADING: Heading = Heading {
        icon: "🔢 ",
        title: "Sequences",
        noun: "sequence",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Sequence;

    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Table>())
    }

    fn compare(
        &self,
        sequence: &Sequence,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.0;
        if let Some(kind) = &wanted.r#type {
            let found = sequence.r#type.as_str();
            let same = meaning::same_type(&kind.value, found, "");
            examiner.property(&TYPE, "type", kind, same, &kind.value, found);
        }
        for (code, property, wanted, found) in [
            (&START, "start", &wanted.start, sequence.start),
            (
                &INCREMENT,
                "increment",
                &wanted.increment,
                sequence.increment,
            ),
            (&RANGE, "least number", &wanted.min, sequence.min),
            (&RANGE, "greatest number", &wanted.max, sequence.max),
            (&CACHE, "cache", &wanted.cache, sequence.cache),
        ] {
            examiner.optional(code, property, wanted, &found);
        }
        if let Some(cycle) = &wanted.cycle {
            let words = ["to start again", "to stop"];
            examiner.either(&CYCLE, "end", cycle, sequence.cycle, words);
        }
        if let Some(owned_by) = &wanted.owned_by {
            let found = sequence.owned_by.as_ref();
            let same = match found {
                None => owned_by.value == "none",
                Some(column) => is_column(&owned_by.value, column, &sequence.schema),
            };
            let shown = found.map_or_else(|| "none".to_owned(), column);
            examiner.property(
                &OWNED_BY,
                "owned by",
                owned_by,
                same,
                &owned_by.value,
                shown,
            );
        }
        if let Some(identity) = &wanted.identity {
            let words = ["made by an identity column", "made by itself"];
            examiner.either(&OWNED_BY, "origin", identity, sequence.identity, words);
        }
        if let Some(unlogged) = &wanted.unlogged {
            let found = sequence.persistence == Persistence::Unlogged;
            let words = ["unlogged", "logged"];
            examiner.either(&UNLOGGED, "persistence", unlogged, found, words);
        }
        examiner.optional(&OWNER, "owner", &wanted.owner, &sequence.owner);
        let comment = sequence.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn like(sequence: &Sequence) -> String {
        match &sequence.owned_by {
            Some(of) => format!("one of {}", column(of)),
            None => format!("one of {}", sequence.r#type),
        }
    }

    fn written(sequence: &Sequence, _: &Catalog) -> Option<Value> {
        let owned_by = sequence.owned_by.as_ref().map(column);
        Sheet::default()
            .with("type", sequence.r#type.as_str())
            .with("start", sequence.start)
            .with("increment", sequence.increment)
            .with("min", sequence.min)
            .with("max", sequence.max)
            .with("cycle", sequence.cycle)
            .with("cache", sequence.cache)
            .or_none("owned_by", owned_by.as_deref())
            .with("identity", sequence.identity)
            .with("unlogged", sequence.persistence == Persistence::Unlogged)
            .with("owner", sequence.owner.as_str())
            .comment(sequence.comment.as_deref())
    }

    fn written_at(&mut self, span: Range<usize>) {
        let long = &mut self.0;
        for number in [
            &mut long.start,
            &mut long.increment,
            &mut long.min,
            &mut long.max,
            &mut long.cache,
        ] {
            place(number, &span);
        }
        place(&mut long.r#type, &span);
        place(&mut long.cycle, &span);
        place(&mut long.owned_by, &span);
    }
}

fn column(of: &SequenceOwner) -> String {
    format!(
        "{}.{}.{}",
        spelt(&of.schema),
        spelt(&of.table),
        spelt(&of.column)
    )
}

/// Whether `table.column` or `schema.table.column` is this one.
fn is_column(written: &str, found: &SequenceOwner, schema: &str) -> bool {
    let ObjectName {
        schema: first,
        written: rest,
        name,
    } = ObjectName::parse(written);
    let Some(first) = first else {
        return false;
    };
    let rest = ObjectName::parse(&rest);
    match rest.schema {
        Some(table) => [&first, &table, &rest.name] == [&found.schema, &found.table, &found.column],
        None => [schema, &first, &name] == [&found.schema, &found.table, &found.column],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_may_leave_out_the_schema() {
        let found = SequenceOwner {
            schema: "app".into(),
            table: "a.b".into(),
            column: "C d".into(),
        };
        assert!(
            is_column("app.\"a.b\".C d", &found, "public")
                && is_column("\"a.b\".\"C d\"", &found, "app")
        );
        assert!(!is_column("\"a.b\".C d", &found, "public") && !is_column("C d", &found, "app"));
    }
}
