//! Rows of tables that were there before: whether a setup and its rollback leave them as they were.
//!
//! A catalog says nothing of rows. What does is here: a table's identity and storage (dropped and made again,
//! truncated, rewritten, a column dropped and added again), what a transaction wrote, and the contents of those
//! tables that it wrote to.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::sql::quote_ident;
use crate::words;

use super::{Change, ChangeKind};

/// A table as it holds rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Relation {
    /// Its object id: a table that was dropped and made again has another.
    pub id: u32,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its storage: TRUNCATE and a rewrite make a new one. 0 where it has none.
    pub storage: u32,
    /// Its columns by number: one that was dropped and added again has another.
    pub columns: Vec<i16>,
    /// Whether we may read it.
    pub readable: bool,
    /// The size of its storage in bytes: without any it has no row.
    #[serde(default)]
    pub bytes: u64,
    /// Rows that the running transaction inserted, updated or deleted.
    pub written: u64,
}

impl Relation {
    fn words(&self) -> String {
        format!("rows of {}.{}", self.schema, self.name)
    }
}

/// The SELECT of all tables as one JSON array; within a transaction with what that wrote.
pub const RELATIONS: &str = "select coalesce(json_agg(json_build_object(
           'id', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'storage', c.relfilenode::bigint,
           'columns', (select coalesce(json_agg(a.attnum order by a.attnum), '[]'::json) from pg_catalog.pg_attribute a
                        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
           'readable', has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT'),
           'bytes', case when c.relfilenode <> 0 then pg_relation_size(c.oid) else 0 end,
           'written', pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)
                    + pg_stat_get_xact_tuples_deleted(c.oid))), '[]'::json)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

/// The settings that the text of these depends on.
pub const SETTINGS: &str = "set local search_path = ''";

/// The SELECT of the contents of these tables as one JSON object: number of rows and a sum of their hashes, by id.
pub fn contents_sql(relations: &[&Relation]) -> String {
    let each: Vec<String> = relations
        .iter()
        .map(|r| {
            format!(
                "select {} as id, count(*)::text || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as sum \
                 from only {}.{} t",
                r.id,
                quote_ident(&r.schema),
                quote_ident(&r.name)
            )
        })
        .collect();
    match each.as_slice() {
        [] => "select '{}'::json".to_owned(),
        some => format!(
            "select json_object_agg(x.id, x.sum) from ({}) x",
            some.join(" union all ")
        ),
    }
}

/// Contents of tables by id: `rows:sum of hashes`.
pub type Contents = BTreeMap<String, String>;

/// The contents of a table without a row.
pub const EMPTY: &str = "0:0";

/// Tables that are the same ones as before, and were written to, truncated or rewritten: their contents have to be
/// compared.
pub fn written<'a>(before: &'a [Relation], after: &[Relation]) -> Vec<&'a Relation> {
    before
        .iter()
        .filter(|old| {
            after
                .iter()
                .any(|new| new.id == old.id && (new.written > 0 || new.storage != old.storage))
        })
        .collect()
}

/// What became of the rows: in words, each table once. What `changes` of the catalog say already is not said again.
pub fn losses(
    before: &[Relation],
    after: &[Relation],
    changes: &[Change],
) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for old in before {
        let gone = |prefix: &str| {
            changes.iter().any(|change| {
                change.kind == ChangeKind::Removed
                    && change.object.strip_prefix(prefix).is_some_and(|rest| {
                        rest.starts_with(&format!("{}.{}.", old.schema, old.name))
                    })
            })
        };
        let what = match after.iter().find(|new| new.id == old.id) {
            None => after
                .iter()
                .any(|new| (&new.schema, &new.name) == (&old.schema, &old.name))
                .then_some("the table is dropped and made again"),
            Some(new)
                if old
                    .columns
                    .iter()
                    .any(|column| !new.columns.contains(column)) =>
            {
                (!gone("column "))
                    .then_some("a column is dropped, with what it holds, and made again")
            }
            Some(_) => None,
        };
        if let Some(what) = what {
            out.push((old.words(), what.to_owned()));
        }
    }
    out
}

/// Which of these tables hold other rows than before.
pub fn differing(
    relations: &[&Relation],
    before: &Contents,
    after: &Contents,
) -> Vec<(String, String)> {
    let count = |contents: &Contents, id: &str| -> Option<u64> {
        contents.get(id)?.split(':').next()?.parse().ok()
    };
    relations
        .iter()
        .filter_map(|relation| {
            let id = relation.id.to_string();
            if before.get(&id) == after.get(&id) {
                return None;
            }
            let found = match (count(before, &id), count(after, &id)) {
                (Some(old), Some(new)) if old != new => {
                    let rows = words::count(new, "row", "rows");
                    format!("{rows} instead of {}", words::grouped(old))
                }
                (Some(_), Some(_)) => "other values in them".to_owned(),
                _ => "that they cannot be read any more".to_owned(),
            };
            Some((relation.words(), found))
        })
        .collect()
}

/// Takes the answer to [`RELATIONS`] or [`contents_sql`].
///
/// # Errors
/// Where the document does not have the expected shape.
pub fn parse<T: for<'de> Deserialize<'de>>(document: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(id: u32, storage: u32, columns: &[i16], written: u64) -> Relation {
        Relation {
            id,
            schema: "public".to_owned(),
            name: "t".to_owned(),
            storage,
            columns: columns.to_vec(),
            readable: true,
            bytes: 8192,
            written,
        }
    }

    fn lost(after: &[Relation]) -> String {
        let before = [table(1, 10, &[1, 2], 0)];
        losses(&before, after, &[])
            .into_iter()
            .map(|(_, what)| what)
            .collect()
    }

    #[test]
    fn what_costs_rows_is_seen_without_reading_them() {
        assert_eq!(lost(&[table(1, 10, &[1, 2, 3], 0)]), "");
        assert_eq!(
            lost(&[table(2, 10, &[1, 2], 0)]),
            "the table is dropped and made again"
        );
        assert_eq!(
            lost(&[table(1, 11, &[1, 2], 0)]),
            "",
            "its contents will tell"
        );
        assert_eq!(
            lost(&[table(1, 10, &[1, 3], 0)]),
            "a column is dropped, with what it holds, and made again"
        );
        assert_eq!(lost(&[]), "", "the catalog says that it is gone");
    }

    #[test]
    fn contents_are_compared_where_something_was_written() {
        let before = [table(1, 10, &[1], 0)];
        assert!(written(&before, &[table(1, 10, &[1], 0)]).is_empty());
        let tables = written(&before, &[table(1, 10, &[1], 2)]);
        assert_eq!(tables.len(), 1);
        assert_eq!(written(&before, &[table(1, 11, &[1], 0)]).len(), 1);
        let contents = |text: &str| Contents::from([("1".to_owned(), text.to_owned())]);
        let found = |after: &str| differing(&tables, &contents("2:77"), &contents(after));
        assert!(found("2:77").is_empty());
        assert_eq!(found("1:70")[0].1, "1 row instead of 2");
        assert_eq!(found("2:78")[0].1, "other values in them");
    }
}
