//! What CASCADE takes along, asked of the server's own record of dependencies.

use crate::sql::quote_literal;

/// The most that is told.
const MOST: usize = 200;

/// What belongs to a table: its catalog, and there its name and its table.
struct Part {
    class: &'static str,
    kind: &'static str,
    name: &'static str,
    table: &'static str,
}

const PARTS: [Part; 4] = [
    Part {
        class: "pg_policy",
        kind: "policy",
        name: "polname",
        table: "polrelid",
    },
    Part {
        class: "pg_trigger",
        kind: "trigger",
        name: "tgname",
        table: "tgrelid",
    },
    Part {
        class: "pg_rewrite",
        kind: "rule",
        name: "rulename",
        table: "ev_class",
    },
    Part {
        class: "pg_constraint",
        kind: "constraint",
        name: "conname",
        table: "conrelid",
    },
];

/// What goes, from its beginning: what depends on something that goes, and what something that goes is the inner part of,
/// as a view of its rule.
const GONE: &str = "with recursive gone(classid, objid, objsubid) as (\
    select root.class, root.id, root.part \
    union select n.classid, n.objid, n.objsubid from gone g cross join lateral (\
      select d.classid, d.objid, d.objsubid from pg_catalog.pg_depend d \
      where d.refclassid = g.classid and d.refobjid = g.objid and (g.objsubid = 0 or d.refobjsubid = g.objsubid) \
      union all select d.refclassid, d.refobjid, d.refobjsubid from pg_catalog.pg_depend d \
      where d.classid = g.classid and d.objid = g.objid and (g.objsubid = 0 or d.objsubid = g.objsubid) \
      and d.deptype in ('i', 'e')) n)";

/// What goes by itself with something else that goes need not be told: an index with its table.
const BELONGS: &str = "exists (select from pg_catalog.pg_depend d join gone h on h.classid = d.refclassid \
    and h.objid = d.refobjid and (h.objsubid = 0 or h.objsubid = d.refobjsubid) \
    where d.classid = g.classid and d.objid = g.objid and (g.objsubid = 0 or d.objsubid = g.objsubid) \
    and d.deptype in ('a', 'i', 'P', 'S', 'e') and (h.classid, h.objid) <> (g.classid, g.objid)) \
    or g.objsubid > 0 and exists (select from gone h where (h.classid, h.objid, h.objsubid) = (g.classid, g.objid, 0))";

/// An expression: an array of what goes along with an object. `rows` counts those of the relation `c` by a filter that is an
/// expression; `within` is a schema whose own objects need not be told.
pub(super) fn depending(
    (class, id, part): (&str, &str, &str),
    within: Option<&str>,
    rows: &dyn Fn(&str) -> String,
    estimate: &str,
    relations: &str,
) -> String {
    // Looked up one by one: a join of so many catalogs takes longer to plan than to run.
    let is = |class: &str| format!("g.classid = 'pg_catalog.{class}'::pg_catalog.regclass");
    let each = |column: fn(&Part) -> &'static str| -> String {
        let cases = PARTS.iter().map(|part| {
            let (class, column) = (part.class, column(part));
            format!(
                "when {} then (select o.{column} from pg_catalog.{class} o where o.oid = g.objid) ",
                is(class)
            )
        });
        cases.collect()
    };
    let kinds: String = (PARTS.iter())
        .map(|part| format!("when {} then '{}' ", is(part.class), part.kind))
        .collect();
    let rows = rows(
        "coalesce((select pg_catalog.format('where t.%I is not null', x.name) where g.objsubid > 0), '')",
    );
    let relation = is("pg_class");
    let outside = match within {
        Some(schema) => format!(
            "coalesce(c.nspname, i.schema, '') <> {}",
            quote_literal(schema)
        ),
        None => "true".to_owned(),
    };
    format!(
        "(select coalesce(json_agg(y), '[]') from (select 'pg_catalog.{class}'::pg_catalog.regclass::oid as class, \
         {id} as id, {part}::int as part) root cross join lateral ({GONE} select \
         case {kinds}when {default} then 'default' when {function} then 'function' \
         when g.objsubid > 0 then 'column' else i.type end as kind, coalesce(c.nspname, i.schema) as schema, \
         case when not ({relation}) or g.objsubid > 0 then c.relname end as table, \
         coalesce(x.name, c.relname, i.name, i.identity) as name, \
         case when {relation} then {rows} end as rows, case when {relation} then {estimate} end as estimate \
         from gone g cross join lateral (select case {names}\
         when {function} then (select o.proname from pg_catalog.pg_proc o where o.oid = g.objid) \
         when {default} then (select a.attname from pg_catalog.pg_attrdef o join pg_catalog.pg_attribute a \
         on a.attrelid = o.adrelid and a.attnum = o.adnum where o.oid = g.objid) \
         when {relation} and g.objsubid > 0 then (select a.attname from pg_catalog.pg_attribute a \
         where a.attrelid = g.objid and a.attnum = g.objsubid) end as name, \
         case {tables}when {default} then (select o.adrelid from pg_catalog.pg_attrdef o where o.oid = g.objid) \
         when {relation} then g.objid end as rel) x left join {relations} on c.oid = nullif(x.rel, '0'::oid) \
         cross join lateral pg_catalog.pg_identify_object(g.classid, g.objid, g.objsubid) i \
         where (g.classid, g.objid, g.objsubid) <> (root.class, root.id, root.part) and {outside} and not ({BELONGS}) \
         order by 1, 2, 3, 4 limit {MOST}) y)",
        names = each(|part| part.name),
        tables = each(|part| part.table),
        default = is("pg_attrdef"),
        function = is("pg_proc"),
    )
}
