//! The one statement.

use super::{Kinds, QUERIES, Selection, server};
use crate::sql::quote_literal;

/// How a kind is read.
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) kinds: Kinds,
    pub(super) sql: &'static str,
    /// Whether it makes the whole value, and not rows of it.
    pub(super) whole: bool,
}

/// What [`query`] needs, for the transaction that it runs in.
///
/// `search_path` is empty, since the text of expressions depends on it. The others are for speed, and a server with JIT
/// takes seconds without them: JIT compiles forty queries for a few rows each. Joins are written in an order that is
/// good for every size, so that the planner need not look for one; and sorting the columns of 1,000 tables takes a
/// little more than the usual memory.
pub const SETTINGS: &str = "set local search_path = '';
set local jit = off;
set local join_collapse_limit = 1;
set local work_mem = '32MB'";

/// The whole message, for a session on the wire protocol: [`query`] with [`SETTINGS`] in a read-only transaction.
pub fn statement(selection: &Selection) -> String {
    format!(
        "begin transaction isolation level repeatable read read only;\n{SETTINGS};\n{};\ncommit",
        query(selection)
    )
}

/// What the server calls it where an object went that it was about to print: `cache lookup failed for index 17079`,
/// `could not open relation with OID 17079`, in its own language.
pub const INTERNAL_ERROR: &str = "XX000";

/// Whether the server could not say what it was asked since an object was taken away in the meantime: the functions that
/// print names and expressions look at the state of their own moment, not at that of the transaction.
pub fn changed_meanwhile(sqlstate: &str, message: &str) -> bool {
    sqlstate == INTERNAL_ERROR || message.contains("the schema changed while it was read")
}

/// What several of the queries need, as a WITH.
const PRELUDE: &str = include_str!("../../sql/catalog/prelude.sql");

/// The SELECT of one JSON document, for a transaction with [`SETTINGS`].
pub fn query(selection: &Selection) -> String {
    let (with, values) = parts(selection);
    let values: Vec<String> = values
        .map(|(name, value)| match value {
            Value::Rows(sql) => {
                format!("'{name}', (select coalesce(json_agg(k), '[]'::json) from (\n{sql}) k)")
            }
            Value::Whole(sql) => format!("'{name}', {sql}"),
        })
        .collect();
    format!("{with}\nselect json_build_object({})", values.join(",\n"))
}

/// The SELECT of a row for each object, the name of its kind first, and for each value that is no such list: what has arrived
/// can be parsed while the server makes the next, and nobody makes long texts of short ones. [`Parts`](super::Parts) takes
/// the rows.
pub fn query_in_parts(selection: &Selection) -> String {
    let (with, values) = parts(selection);
    let rows: Vec<String> = values
        .map(|(name, value)| match value {
            Value::Rows(sql) => {
                format!("select '{name}'::text, row_to_json(k)::text from (\n{sql}) k")
            }
            Value::Whole(sql) => format!("select '{name}'::text, {sql}::text"),
        })
        .collect();
    format!("{with}\n{}", rows.join("\nunion all\n"))
}

/// A value of the document, as SQL.
enum Value {
    /// A SELECT of the objects of a kind.
    Rows(&'static str),
    /// An expression.
    Whole(String),
}

/// The WITH, and the values of the document by name.
fn parts(
    selection: &Selection,
) -> (
    String,
    impl Iterator<Item = (&'static str, Value)> + use<'_>,
) {
    let left_out: Vec<String> = selection.left_out().map(quote_literal).collect();
    let left_out = format!("array[{}]::text[]", left_out.join(", "));
    let with = format!("with {}", PRELUDE.replace("{left_out}", &left_out));
    let head = [
        (
            "server",
            Value::Whole(format!("(select row_to_json(s) from ({}) s)", server::SQL)),
        ),
        ("left_out", Value::Whole(format!("to_json({left_out})"))),
    ];
    let kinds = QUERIES
        .iter()
        .filter(|query| selection.kinds().contains(query.kinds))
        .map(|query| {
            let value = match query.whole {
                true => Value::Whole(format!("(\n{})", query.sql)),
                false => Value::Rows(query.sql),
            };
            (query.name, value)
        });
    (with, head.into_iter().chain(kinds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Bucket, Table};

    #[test]
    fn one_statement_reads_every_kind() {
        let sql = query(&Selection::all());
        for Query { name, .. } in QUERIES {
            assert!(sql.contains(&format!("'{name}', (")), "{name} is not read");
        }
        let source = crate::source::Source::new("catalog", sql);
        assert_eq!(crate::sql::statements(&source).unwrap().len(), 1);
        let rows = query_in_parts(&Selection::all());
        for Query { name, .. } in QUERIES {
            assert!(rows.contains(&format!("select '{name}'::text, ")));
        }
        let source = crate::source::Source::new("catalog", rows);
        assert_eq!(
            crate::sql::statements(&source).unwrap().len(),
            1,
            "it is one snapshot"
        );
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let sql = query(&Selection::of(Kinds::of::<Table>().and::<Bucket>()).within("auth"));
        let read = QUERIES
            .iter()
            .filter(|q| sql.contains(&format!("'{}', (", q.name)));
        let names: Vec<&str> = read.map(|q| q.name).collect();
        assert_eq!(names, ["tables", "buckets"]);
        assert!(sql.contains("'storage'") && !sql.contains("'auth'"));
    }
}
