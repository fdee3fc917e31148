//! Counting rows and summing them up, on the server.

use serde_json::Value;

use super::manifest::{Contents, LargeObjects, Sequence, Table};
use super::survey::Object;
use crate::sql::{quote_ident, quote_literal};

/// Tables in one statement: each takes a lock and a part of the plan.
const AT_ONCE: usize = 200;

/// The checksum of a row's text: eight bytes of its SHA-256 as a number, which are summed up whatever the order. The
/// functions are the same from 11 on and on every machine.
fn checksum(bytes: &str) -> String {
    format!(
        "coalesce(sum(('x' || encode(substring(sha256({bytes}) from 1 for 8), 'hex'))::bit(64)::bigint::numeric), 0)::text"
    )
}

/// SELECTs of what these hold, each a JSON array, to be handed to [`parse_contents`] together. The columns of a table are
/// named in the order of their names, since a restored table may have them in another.
pub fn contents_sql(objects: &[&Object], large_objects: bool) -> Vec<String> {
    let mut each: Vec<String> = (objects.iter().enumerate())
        .map(|(at, object)| {
            let place = format!("{}.{}", quote_ident(&object.schema), quote_ident(&object.name));
            match object.sequence {
                true => format!(
                    "select {at} as at, last_value::text as a, is_called || ' ' || (select s.seqincrement > 0 \
                     from pg_sequence s where s.seqrelid = {}::regclass) as b from {place}",
                    quote_literal(&place)
                ),
                false => {
                    let columns: Vec<String> = (object.columns.iter())
                        .map(|column| format!("t.{}", quote_ident(&column.name)))
                        .collect();
                    let row = format!("convert_to(row({})::text, 'UTF8')", columns.join(", "));
                    format!(
                        "select {at} as at, count(*)::text as a, {} as b from only {place} t",
                        checksum(&row)
                    )
                }
            }
        })
        .collect();
    if large_objects {
        // The place says which object it is.
        let bytes = "convert_to(l.oid::text || ':', 'UTF8') || lo_get(l.oid)";
        each.push(format!(
            "select {} as at, count(*)::text as a, {} as b from pg_largeobject_metadata l",
            objects.len(),
            checksum(bytes)
        ));
    }
    each.chunks(AT_ONCE)
        .map(|some| {
            format!(
                "select coalesce(json_agg(json_build_array(x.at, x.a, x.b)), '[]') from ({}) x",
                some.join(" union all ")
            )
        })
        .collect()
}

/// Takes the answers to [`contents_sql`]; `None` where they have another shape.
pub fn parse_contents(objects: &[&Object], answers: &[Value]) -> Option<Contents> {
    let mut out = Contents::default();
    for row in answers.iter().map(Value::as_array) {
        for row in row? {
            let at = usize::try_from(row.get(0)?.as_u64()?).ok()?;
            let (a, b) = (row.get(1)?.as_str()?, row.get(2)?.as_str()?.to_owned());
            match objects.get(at) {
                None => {
                    out.large_objects = Some(LargeObjects {
                        count: a.parse().ok()?,
                        checksum: b,
                    });
                }
                Some(object) if object.sequence => out.sequences.push(Sequence {
                    schema: object.schema.clone(),
                    name: object.name.clone(),
                    last_value: a.parse().ok()?,
                    is_called: b.starts_with("true "),
                    ascending: b.ends_with(" true"),
                }),
                Some(object) => out.tables.push(Table {
                    schema: object.schema.clone(),
                    name: object.name.clone(),
                    rows: a.parse().ok()?,
                    checksum: b,
                }),
            }
        }
    }
    Some(out)
}
