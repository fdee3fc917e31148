//! What a table is and how it is stored.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{self, Persistence, ReplicaIdentity, Table, Unread};
use crate::meaning::canon::Verdict;
use crate::meaning::{self, Names, ObjectName, tokens};
use crate::source::{Located, text_or_map};

use super::super::functions::split_arguments;
use super::super::judge::Judge;
use super::super::language::{Listing, or_default, or_none, shown};
use super::super::{Examiner, Facts, codes};
use super::TableExpectation;

codes! {
    pub(super)
    PERSISTENCE: "table-persistence", "a table is unlogged where it should not be, or the reverse";
    ACCESS_METHOD: "table-access-method", "a table is stored by another access method";
    TABLESPACE: "table-tablespace", "a table lies in another tablespace";
    PARTITION_KEY: "table-partition-key", "a table is partitioned by something else, or is where it should not be";
    PARTITION_OF: "table-partition-of", "a table is a partition of another table, has another bound, or is none";
    INHERITS: "table-inherits", "a table inherits from other tables";
    OF_TYPE: "table-of-type", "a table is of another composite type";
    PARAMETERS: "table-parameters", "a table has other storage parameters";
    REPLICA_IDENTITY: "table-replica-identity", "logical replication knows an old row of a table by something else";
}

/// How a suite calls the tablespace of the database.
pub const DEFAULT_TABLESPACE: &str = "default";

/// How much of a table survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Persists {
    /// All.
    Permanent,
    /// UNLOGGED: nothing after a crash.
    Unlogged,
    /// TEMPORARY: nothing after the session.
    Temporary,
}

impl Persists {
    fn found(self) -> Persistence {
        match self {
            Self::Permanent => Persistence::Permanent,
            Self::Unlogged => Persistence::Unlogged,
            Self::Temporary => Persistence::Temporary,
        }
    }
}

/// What a table is a partition of. The line of text reads like SQL: `events for values in (1)`, `events default`.
#[derive(Clone, Debug)]
pub struct PartitionOf(Long);

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Long {
    /// The partitioned table.
    table: Located<String>,
    /// `for values …` or `default`, as the server prints it.
    #[serde(default)]
    bound: Option<Located<String>>,
}

impl From<Long> for PartitionOf {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    PartitionOf as "Partition_of",
    Long,
    "the partitioned table with the bound as in SQL (`events for values in (1)`), or a mapping with `table`",
    partition
);

fn partition(text: &str) -> Result<PartitionOf, String> {
    let all = tokens(text);
    let bound = all
        .iter()
        .position(|t| t.is("for") || t.is("default"))
        .map_or(text.len(), |at| all[at].start);
    let (table, bound) = (text[..bound].trim(), text[bound..].trim());
    if table.is_empty() {
        return Err(format!(
            "`{text}` names no table; write `events for values in (1)`, or `events default`"
        ));
    }
    let bound = (!bound.is_empty()).then(|| Located::left_out(bound.to_owned()));
    let table = Located::left_out(table.to_owned());
    Ok(PartitionOf(Long { table, bound }))
}

impl TableExpectation {
    pub(super) fn properties(
        &self,
        table: &Table,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let rest = &self.other_properties;
        if let Some(expected) = &or_default(&self.persistence, rest, Persists::Permanent) {
            let wanted = expected.value.found();
            let (same, found) = (wanted == table.persistence, table.persistence.to_string());
            let wanted = wanted.to_string();
            examiner.property(&PERSISTENCE, "persistence", expected, same, wanted, found);
        }
        if let Some(expected) = &or_default(&self.access_method, rest, "heap") {
            // A partitioned table stores nothing; that is no other method.
            let found = table.access_method.as_deref().unwrap_or("none");
            let open = self.access_method.is_none() && table.partitioned;
            let (wanted, same) = (&expected.value, open || expected.value == found);
            examiner.property(
                &ACCESS_METHOD,
                "access method",
                expected,
                same,
                wanted,
                found,
            );
        }
        let found = table.tablespace.clone();
        let found = found.unwrap_or_else(|| DEFAULT_TABLESPACE.to_owned());
        let tablespace = or_default(&self.tablespace, rest, DEFAULT_TABLESPACE);
        examiner.optional(&TABLESPACE, "tablespace", &tablespace, &found);
        if let Some(expected) = &or_default(&self.partition_by, rest, "") {
            let found = table.partition_key.as_deref().unwrap_or_default();
            let names = Names::of_table(facts.catalog, &table.schema, &table.name)?;
            let same = same_partition_key(&expected.value, found, &names, examiner.judge());
            let wanted = or_none(&expected.value);
            let found = or_none(found);
            examiner.property(
                &PARTITION_KEY,
                "partition key",
                expected,
                same,
                wanted,
                found,
            );
        }
        self.parents(table, examiner);
        if let Some(expected) = &or_default(&self.of_type, rest, "") {
            let found = table.of_type.as_deref().unwrap_or_default();
            let same = match expected.value.is_empty() || found.is_empty() {
                true => Verdict::from(expected.value == found),
                false => examiner
                    .judge()
                    .r#type(&expected.value, found, &table.schema),
            };
            let wanted = or_none(&expected.value);
            examiner.property(&OF_TYPE, "type", expected, same, wanted, or_none(found));
        }
        let none = Listing::Exactly(Vec::new());
        let parameters = or_default(&self.parameters, rest, none);
        examiner.listing(&PARAMETERS, "parameters", &parameters, &table.options);
        if let Some(expected) = &or_default(&self.replica_identity, rest, "default") {
            let found = match (&table.replica_identity, &table.replica_index) {
                (ReplicaIdentity::Index, Some(index)) => {
                    format!("using index {}", meaning::spelt_name(index))
                }
                (other, _) => other.to_string(),
            };
            let wanted = &expected.value;
            let same = meaning::same_body(wanted, &found);
            let property = "replica identity";
            examiner.property(&REPLICA_IDENTITY, property, expected, same, wanted, found);
        }
        Ok(())
    }

    /// The tables above it.
    fn parents(&self, table: &Table, examiner: &mut Examiner<'_>) {
        let schema = table.schema.as_str();
        let rest = &self.other_properties;
        let found = table.partition_of.as_ref();
        let none = "no partition".to_owned();
        if let Some(expected) = &self.partition_of {
            let PartitionOf(Long { table: of, bound }) = &expected.value;
            let same = found.is_some_and(|found| is_named(found, &of.value, schema));
            let shown = found.map_or(none, ToString::to_string);
            // A line of text has its parts at its own place.
            let of = at(of, expected);
            let wanted = of.value.clone();
            examiner.property(&PARTITION_OF, "partitioned table", &of, same, wanted, shown);
            if let Some(bound) = bound {
                let found = table.partition_bound.as_deref().unwrap_or("none");
                let same = same_bound(&bound.value, found);
                let bound = at(bound, expected);
                let wanted = bound.value.clone();
                examiner.property(&PARTITION_OF, "bound", &bound, same, wanted, found);
            }
        } else if let Some(expected) = &or_default(&None::<Located<String>>, rest, none.as_str()) {
            let shown = found.map_or(none, ToString::to_string);
            let same = found.is_none();
            let wanted = &expected.value;
            examiner.property(
                &PARTITION_OF,
                "partitioned table",
                expected,
                same,
                wanted,
                shown,
            );
        }
        let none = Listing::Exactly(Vec::new());
        if let Some(expected) = &or_default(&self.inherits, rest, none) {
            let same =
                |wanted: &String, found: &catalog::ObjectName| is_named(found, wanted, schema);
            examiner.property(
                &INHERITS,
                "parents",
                expected,
                expected.value.met_in_order(&table.inherits, same),
                expected.value.to_string(),
                shown(&table.inherits),
            );
        }
    }
}

/// At its own place, or where it has none at that of the whole.
fn at<T: Clone, W>(part: &Located<T>, whole: &Located<W>) -> Located<T> {
    match part.span.is_empty() {
        true => Located {
            value: part.value.clone(),
            span: whole.span.clone(),
        },
        false => part.clone(),
    }
}

fn is_named(found: &catalog::ObjectName, wanted: &str, schema: &str) -> bool {
    let wanted = ObjectName::parse(wanted);
    found.name == wanted.name && found.schema == wanted.schema_or(schema)
}

/// Whether two keys have the same strategy and the same columns: `range (placed)`.
fn same_partition_key(
    expected: &str,
    found: &str,
    names: &Names<'_>,
    judge: &mut Judge<'_>,
) -> Verdict {
    let parts = |text: &str| -> Option<(String, Vec<String>)> {
        let (strategy, columns) = text.split_once('(')?;
        let columns = split_arguments(columns.trim_end().strip_suffix(')')?);
        let columns = columns.into_iter().map(ToOwned::to_owned).collect();
        Some((strategy.trim().to_lowercase(), columns))
    };
    match (parts(expected), parts(found)) {
        (Some((expected, columns)), Some((found, others))) if expected == found => {
            // Whose operator classes they take.
            let method = if found == "hash" { "hash" } else { "btree" };
            judge.index_columns(method, &columns, &others, names)
        }
        (Some(_), Some(_)) => Verdict::Different,
        _ => (expected.trim() == found).into(),
    }
}

/// Whether two bounds differ in white space and case alone. The server is not asked: it runs the expressions in them.
fn same_bound(expected: &str, found: &str) -> Verdict {
    if meaning::same_body(expected, found) {
        return Verdict::Same;
    }
    let is_list = |text| tokens(text).first().is_some_and(|first| first.is("for"));
    if !is_list(expected) || !is_list(found) {
        return Verdict::Different;
    }
    let reason = "the server computes the bounds of a partition when it reads them";
    Verdict::Undecided(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::canon::Canon;

    #[test]
    fn a_partition_reads_as_in_sql() {
        let parts = |text| {
            let PartitionOf(long) = partition(text).unwrap();
            (long.table.value, long.bound.map(|b| b.value))
        };
        let some = |table: &str, bound: &str| (table.to_owned(), Some(bound.to_owned()));
        assert_eq!(parts("events"), ("events".to_owned(), None));
        assert_eq!(parts("app.events default"), some("app.events", "default"));
        assert_eq!(
            parts("events for values in ('for')"),
            some("events", "for values in ('for')")
        );
        assert!(partition("for values in (1)").is_err());
    }

    #[test]
    fn a_partition_key_compares_by_meaning() {
        let canon = Canon::default();
        let same = |a, b| {
            let mut judge = Judge::new(&canon);
            same_partition_key(a, b, &Names::default(), &mut judge) == Verdict::Same
        };
        assert!(same("range (a, lower(b))", "RANGE (a, lower(b))"));
        assert!(same("", ""));
        for (a, b) in [
            ("list (a)", "RANGE (a)"),
            ("range (a)", "RANGE (a, b)"),
            ("range (a)", ""),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn of_bounds_the_text_is_compared() {
        let one = "FOR VALUES IN ('a')";
        assert_eq!(same_bound("for values  in ('a')", one), Verdict::Same);
        for (a, b) in [("default", one), (one, "DEFAULT"), (one, "none")] {
            assert_eq!(same_bound(a, b), Verdict::Different);
        }
        let other = same_bound("for values in ('A')", one);
        assert!(matches!(other, Verdict::Undecided(_)));
    }
}
