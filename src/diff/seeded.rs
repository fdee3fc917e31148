//! Rows in tables of two databases that were made in different ways: whether they are the same ones.
//!
//! What the server makes up is left out: columns whose default calls a function (`now()`, `gen_random_uuid()`,
//! `nextval(…)`), identity columns, and columns that refer to one of these.

use serde::Deserialize;

use crate::sql::quote_literal;
use crate::words;

/// How many rows of a table are read, so that a difference can be shown; of larger ones a sum of hashes is enough.
const SAMPLE: usize = 200;
/// How many rows of each side a finding names.
const NAMED: usize = 3;
/// How many characters of a row a finding shows.
const WIDTH: usize = 80;

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Held {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The columns that are compared, by name, as one text.
    pub columns: String,
    /// How many rows it has.
    pub rows: u64,
    /// The sum of their hashes.
    pub sum: String,
    /// The rows themselves, where they are few.
    pub sample: Option<Vec<String>>,
}

/// The SELECT of what tables hold, without those with these object ids: one JSON array.
///
/// Names of tables are known only to the server, so that each is read by a text of its own; hex takes rows through XML.
pub fn seeded_sql(without: &[u32]) -> String {
    let without: Vec<String> = without.iter().map(u32::to_string).collect();
    let each = format!(
        "select count(*) as n, coalesce(sum(hashtextextended(r.x, 0)::numeric), 0) as s, \
         case when count(*) <= {SAMPLE} then encode(convert_to(json_agg(r.x order by r.x)::text, 'UTF8'), 'hex') end as h \
         from (select row(%s)::text as x from only %I.%I) r"
    );
    format!(
        "with made as (
  select a.attrelid, a.attnum
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     and (a.attidentity <> '' or regexp_replace(regexp_replace(pg_get_expr(d.adbin, d.adrelid), '''([^'']|'''')*''', '', 'g'),
          '::[a-zA-Z \".]+[(][0-9, ]+[)]', '', 'g') ~ '[a-zA-Z0-9_\"][(]|CURRENT_|LOCALTIME|_USER')
), left_out as (
  select attrelid, attnum from made
  union
  select k.conrelid, k.conkey[1] from pg_constraint k
    join made m on m.attrelid = k.confrelid and m.attnum = k.confkey[1]
   where k.contype = 'f' and cardinality(k.conkey) = 1
), tables as (
  select n.nspname as schema, c.relname as name, coalesce((
           select string_agg(quote_ident(a.attname), ', ' order by a.attname) from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              and not exists (select from left_out l where l.attrelid = a.attrelid and l.attnum = a.attnum)), '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') and c.oid <> all ('{{{without}}}'::oid[])
), read as (
  select t.*, query_to_xml(format({each}, t.columns, t.schema, t.name), false, false, '')::text as x from tables t
)
select coalesce(json_agg(json_build_object('schema', r.schema, 'name', r.name, 'columns', r.columns,
         'rows', substring(r.x from '<n>([0-9]+)</n>')::bigint, 'sum', substring(r.x from '<s>([^<]*)</s>'),
         'sample', convert_from(decode(substring(r.x from '<h>([0-9a-f]*)</h>'), 'hex'), 'UTF8')::json)), '[]')
  from read r",
        without = without.join(","),
        each = quote_literal(&each),
    )
}

/// Which tables hold other rows than they should, and in what. Tables that only one side has, or with other columns there,
/// are for the comparison of catalogs to name.
pub fn differing(wanted: &[Held], found: &[Held]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for want in wanted {
        let same = |held: &&Held| (&held.schema, &held.name) == (&want.schema, &want.name);
        let Some(have) = found.iter().find(same) else {
            continue;
        };
        if have.columns != want.columns || (have.rows, &have.sum) == (want.rows, &want.sum) {
            continue;
        }
        let mut words = match have.rows == want.rows {
            true => "other values".to_owned(),
            false => format!(
                "{} instead of {}",
                words::count(have.rows, "row", "rows"),
                words::grouped(want.rows)
            ),
        };
        let few = |held: &Held| (held.rows == 0).then(Vec::new);
        let sample = |held: &Held| held.sample.clone().or_else(|| few(held));
        if let (Some(want), Some(have)) = (sample(want), sample(have)) {
            let lacks = named(&without(&want, &have));
            let more = named(&without(&have, &want));
            words.push_str(match have.is_empty() && want.is_empty() {
                true => "",
                false => ": ",
            });
            let sides = [("without ", lacks), ("with ", more)];
            let sides: Vec<String> = sides
                .into_iter()
                .filter(|(_, rows)| !rows.is_empty())
                .map(|(word, rows)| format!("{word}{rows}"))
                .collect();
            words.push_str(&sides.join("; "));
        }
        out.push((format!("rows of {}.{}", want.schema, want.name), words));
    }
    out
}

/// The rows of one side that the other does not have, each as often as it is missing.
fn without<'a>(these: &'a [String], those: &[String]) -> Vec<&'a str> {
    let mut left: Vec<&String> = those.iter().collect();
    let mut out = Vec::new();
    for row in these {
        match left.iter().position(|other| *other == row) {
            Some(at) => drop(left.swap_remove(at)),
            None => out.push(row.as_str()),
        }
    }
    out
}

fn named(rows: &[&str]) -> String {
    let shown: Vec<String> = rows.iter().map(|row| words::cut(row, WIDTH)).collect();
    words::few(&shown, NAMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[&str]) -> Held {
        Held {
            schema: "public".to_owned(),
            name: "t".to_owned(),
            columns: "a".to_owned(),
            rows: rows.len() as u64,
            sum: rows.concat(),
            sample: (!rows.is_empty()).then(|| rows.iter().map(|&row| row.to_owned()).collect()),
        }
    }

    fn said(wanted: &[&str], found: &[&str]) -> String {
        let said = differing(&[held(wanted)], &[held(found)]);
        said.into_iter().map(|(_, words)| words).collect()
    }

    #[test]
    fn the_rows_that_differ_are_named() {
        assert_eq!(said(&["(1)", "(2)"], &["(1)", "(2)"]), "");
        assert_eq!(
            said(&["(1)", "(2)"], &["(1)"]),
            "1 row instead of 2: without (2)"
        );
        assert_eq!(said(&[], &["(1)"]), "1 row instead of 0: with (1)");
        assert_eq!(
            said(&["(1)"], &["(2)"]),
            "other values: without (1); with (2)"
        );
        // Each as often as it is there.
        assert_eq!(
            said(&["(1)"], &["(1)", "(1)"]),
            "2 rows instead of 1: with (1)"
        );
        let many = ["(1)", "(2)", "(3)", "(4)", "(5)"];
        assert!(said(&many, &[]).ends_with("without (1), (2), (3) and 2 more"));
    }

    #[test]
    fn other_tables_are_not_compared() {
        let mut other = held(&["(1)"]);
        other.columns = "b".to_owned();
        assert!(differing(&[held(&["(2)"])], &[other]).is_empty());
        assert!(differing(&[held(&["(2)"])], &[]).is_empty());
    }
}
