//! Sequences of columns in two databases that were made in different ways: whether the next insert works in both.
//!
//! Where exactly a sequence stands is nobody's affair; that its next value is free is.

use serde::Deserialize;

use crate::sql::quote_literal;

/// Where a column's sequence stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Standing {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The sequence that it owns, as it is written.
    pub sequence: String,
    /// The sequence's next value.
    pub next: String,
    /// The column's outermost value in the sequence's direction, where there are rows.
    pub most: Option<String>,
    /// Whether the next value is past it.
    pub free: bool,
}

/// The SELECT of where sequences stand, without those of the tables with these object ids: one JSON array.
pub fn standing_sql(without: &[u32]) -> String {
    let without: Vec<String> = without.iter().map(u32::to_string).collect();
    let each = "select (select %s(%I) from %I.%I) as m, s.last_value + case when s.is_called then %s else 0 end as n from %I.%I as s";
    format!(
        "with owned as (
  select n.nspname as schema, c.relname as table, a.attname as column, sn.nspname as s_schema, s.relname as s_name, q.seqincrement as step
    from pg_depend d
    join pg_class s on s.oid = d.objid and s.relkind = 'S'
    join pg_namespace sn on sn.oid = s.relnamespace
    join pg_sequence q on q.seqrelid = s.oid
    join pg_class c on c.oid = d.refobjid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
    join pg_type t on t.oid = a.atttypid
   where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
     and c.relkind in ('r', 'p') and c.relpersistence <> 't' and c.oid <> all ('{{{without}}}'::oid[])
     and coalesce(nullif(t.typbasetype, 0), t.oid) in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
     and has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT')
     and has_schema_privilege(sn.oid, 'USAGE') and case s.relkind when 'S' then has_sequence_privilege(s.oid, 'SELECT') end
), read as (
  select o.*, query_to_xml(format({each}, case when o.step > 0 then 'max' else 'min' end, o.column, o.schema, o.table, o.step,
           o.s_schema, o.s_name), false, false, '')::text as x from owned o
), stands as (
  select r.*, substring(r.x from '<m>([^<]*)</m>')::numeric as m, substring(r.x from '<n>([^<]*)</n>')::numeric as n from read r
)
select coalesce(json_agg(json_build_object('schema', s.schema, 'table', s.table, 'column', s.column,
         'sequence', s.s_schema || '.' || s.s_name, 'next', s.n::text, 'most', s.m::text,
         'free', coalesce((s.n - s.m) * sign(s.step) > 0, true))), '[]')
  from stands s",
        without = without.join(","),
        each = quote_literal(each),
    )
}

/// The sequences whose next value is free on the one side and not on the other, and where they stand there.
pub fn behind(wanted: &[Standing], found: &[Standing]) -> Vec<(String, String)> {
    let key = |one: &Standing| (one.schema.clone(), one.table.clone(), one.column.clone());
    let mut out = Vec::new();
    for want in wanted.iter().filter(|want| want.free) {
        let have = found
            .iter()
            .find(|have| !have.free && key(have) == key(want));
        let Some(have) = have else { continue };
        let Standing {
            schema,
            table,
            column,
            ..
        } = have;
        out.push((
            format!("sequence {}", have.sequence),
            format!(
                "its next value is {}, and {schema}.{table}.{column} has {} already",
                have.next,
                have.most.as_deref().unwrap_or_default()
            ),
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn at(next: &str, free: bool) -> Standing {
        Standing {
            schema: "public".to_owned(),
            table: "t".to_owned(),
            column: "id".to_owned(),
            sequence: "public.t_id_seq".to_owned(),
            next: next.to_owned(),
            most: Some("2".to_owned()),
            free,
        }
    }

    #[test]
    fn a_sequence_is_behind_where_only_the_other_goes_on() {
        let (free, taken) = (at("3", true), at("1", false));
        let said = behind(from_ref(&free), from_ref(&taken));
        let words = "its next value is 1, and public.t.id has 2 already";
        assert_eq!(said, [("sequence public.t_id_seq".into(), words.into())]);
        for (wanted, found) in [(&free, &at("300", true)), (&taken, &taken), (&taken, &free)] {
            assert!(behind(from_ref(wanted), from_ref(found)).is_empty());
        }
        assert!(behind(&[free], &[]).is_empty());
    }
}
