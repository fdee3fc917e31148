//! What CASCADE takes along, asked of the server's own record of dependencies.

use crate::sql::quote_literal;

/// The most that is told.
const MOST: usize = 200;

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
    let is = |class: &str| format!("g.classid = 'pg_catalog.{class}'::pg_catalog.regclass");
    let join = |class: &str, alias: &str| {
        format!(
            "left join pg_catalog.{class} {alias} on {} and {alias}.oid = g.objid ",
            is(class)
        )
    };
    let rows = rows(
        "coalesce((select pg_catalog.format('where t.%I is not null', a.attname) where g.objsubid > 0), '')",
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
         case when p.oid is not null then 'policy' when t.oid is not null then 'trigger' when w.oid is not null then 'rule' \
         when k.oid is not null then 'constraint' when ad.oid is not null then 'default' when f.oid is not null then 'function' \
         when g.objsubid > 0 then 'column' else i.type end as kind, \
         coalesce(c.nspname, f.nspname, i.schema) as schema, \
         case when not ({relation}) or g.objsubid > 0 then c.relname end as table, \
         coalesce(p.polname, t.tgname, w.rulename, k.conname, a.attname, c.relname, f.proname, i.name, i.identity) as name, \
         case when {relation} then {rows} end as rows, case when {relation} then {estimate} end as estimate \
         from gone g {policy}{trigger}{rule}{constraint}{default}\
         left join (select r.*, s.nspname from pg_catalog.pg_proc r join pg_catalog.pg_namespace s on s.oid = r.pronamespace) f \
         on {function} and f.oid = g.objid \
         left join {relations} on c.oid = coalesce(p.polrelid, t.tgrelid, w.ev_class, nullif(k.conrelid, '0'::oid), ad.adrelid, \
         case when {relation} then g.objid end) \
         left join pg_catalog.pg_attribute a on a.attrelid = c.oid \
         and a.attnum = coalesce(ad.adnum, case when {relation} and g.objsubid > 0 then g.objsubid end) \
         cross join lateral pg_catalog.pg_identify_object(g.classid, g.objid, g.objsubid) i \
         where (g.classid, g.objid, g.objsubid) <> (root.class, root.id, root.part) and {outside} and not ({BELONGS}) \
         order by 1, 2, 3, 4 limit {MOST}) y)",
        policy = join("pg_policy", "p"),
        trigger = join("pg_trigger", "t"),
        rule = join("pg_rewrite", "w"),
        constraint = join("pg_constraint", "k"),
        default = join("pg_attrdef", "ad"),
        function = is("pg_proc"),
    )
}
