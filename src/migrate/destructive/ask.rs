//! What has to be known of a database to judge a deed: one SELECT for all of them.

use super::depend::depending;
use super::{Deed, Reaction, What};
use crate::sql::{QualifiedName, dollar_quote, quote_ident, quote_literal};

/// The settings for the SELECT: nobody waits long for a number.
pub const LIMITS: &str =
    "set local lock_timeout = '1s';\nset local statement_timeout = '10s';\nset local jit = off";

/// The same where nothing is counted: then there may be much to look up, and nobody holds what is looked at.
pub const PATIENT: &str =
    "set local lock_timeout = '1s';\nset local statement_timeout = '60s';\nset local jit = off";

/// Tables up to this size are counted; of others the server's own estimate is taken.
const COUNTED: u64 = 64 * 1024 * 1024;

/// The most that is counted.
pub(super) const MOST: u64 = 1_000_000;

/// How rows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Exactly where the table is small enough, which takes a lock that reading takes.
    Exact,
    /// By the server's estimates alone, which waits for nobody.
    Estimate,
}

/// Relations with their schemas.
const RELATIONS: &str = "(select k.*, s.nspname from pg_catalog.pg_class k \
                         join pg_catalog.pg_namespace s on s.oid = k.relnamespace) c";

/// A policy as a statement would make it.
const POLICY: &str = "pg_catalog.format('create policy %I on %I.%I as %s for %s to %s', o.polname, c.nspname, c.relname, \
    case when o.polpermissive then 'permissive' else 'restrictive' end, \
    case o.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end, \
    coalesce((select string_agg(pg_catalog.quote_ident(m.rolname), ', ') from pg_catalog.pg_roles m \
    where m.oid = any (o.polroles)), 'public')) \
    || coalesce(' using (' || pg_catalog.pg_get_expr(o.polqual, o.polrelid) || ')', '') \
    || coalesce(' with check (' || pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid) || ')', '')";

/// What refers to `x.id` so that its rows go too, by the foreign keys that say so.
const FOLLOWED: &str = "with recursive r(id, by) as (select x.id, null::oid \
    union select t.conrelid, t.oid from r join pg_catalog.pg_constraint t \
    on t.confrelid = r.id and t.contype = 'f' and t.confdeltype = 'c')";

/// No schema of the server's own.
const USERS: &str = "c.nspname !~ '^pg_' and c.nspname <> 'information_schema'";

/// The SELECT of what has to be known, as an array with an element for each deed; `None` where there are none.
pub fn question(deeds: &[Deed], counting: Counting) -> Option<String> {
    if deeds.is_empty() {
        return None;
    }
    let each: Vec<String> = deeds
        .iter()
        .map(|deed| Ask { deed, counting }.sql())
        .collect();
    Some(format!("select json_build_array({})", each.join(",\n")))
}

struct Ask<'a> {
    deed: &'a Deed,
    counting: Counting,
}

impl Ask<'_> {
    /// An expression: an array of what the deed's name leads to, in JSON.
    fn sql(&self) -> String {
        match &self.deed.what {
            What::Relation {
                kind: "index",
                name,
                cascade,
            } => {
                let mut more = "'unique', coalesce((select x.indisunique from pg_catalog.pg_index x where x.indexrelid = c.oid), false), \
                                'definition', pg_catalog.pg_get_indexdef(c.oid)"
                    .to_owned();
                let with = self.with(*cascade, ("pg_class", "c.oid", "0"), None);
                if !with.is_empty() {
                    more = format!("{more}, {with}");
                }
                self.relation(name, &more, "", "c.relkind in ('i', 'I')")
            }
            What::Relation {
                kind,
                name,
                cascade,
            } => {
                let kinds = match *kind {
                    "table" => "c.relkind in ('r', 'p')",
                    "foreign table" => "c.relkind = 'f'",
                    "view" => "c.relkind = 'v'",
                    "materialized view" => "c.relkind = 'm'",
                    _ => "c.relkind = 'S'",
                };
                let more = self.with(*cascade, ("pg_class", "c.oid", "0"), None);
                self.relation(name, &more, "", kinds)
            }
            What::Truncate { table, cascade } => {
                let along = match cascade {
                    true => format!(
                        "'along', {}",
                        self.tables(
                            "c.oid in (with recursive r(id, root) as (select t.conrelid, t.confrelid \
                             from pg_catalog.pg_constraint t where t.contype = 'f' and t.confrelid = x.id \
                             union select t.conrelid, r.root from r join pg_catalog.pg_constraint t \
                             on t.confrelid = r.id and t.contype = 'f') select r.id from r where r.id <> x.id)",
                            "(select c.oid as id) x, "
                        )
                    ),
                    false => String::new(),
                };
                self.relation(table, &along, "", "c.relkind in ('r', 'p', 'f')")
            }
            What::Delete { table, .. } => {
                let more = format!(
                    "'along', {}, 'cleared', {}",
                    self.referring(),
                    self.cleared()
                );
                self.written(table, &more, "''", "true")
            }
            What::Update { table, columns, .. } => self.overwritten(table, columns),
            What::Column {
                table,
                column,
                cascade,
            } => {
                let part = format!("(select a.attnum from {})", attribute(column));
                let more = self.with(*cascade, ("pg_class", "c.oid", &part), None);
                let filter = format!("where t.{} is not null", quote_ident(column));
                self.relation(table, &more, &filter, &has_column(column))
            }
            What::Retype { table, column, .. } => {
                let of = attribute(column);
                let more = format!(
                    "'type', (select pg_catalog.format_type(a.atttypid, a.atttypmod) from {of})"
                );
                let filter = format!("where t.{} is not null", quote_ident(column));
                self.relation(table, &more, &filter, &has_column(column))
            }
            What::NotNull {
                table, column, new, ..
            } => {
                if *new {
                    return self.relation(table, "", "", &format!("not {}", has_column(column)));
                }
                let condition = format!(
                    "exists (select from {} and not a.attnotnull)",
                    attribute(column)
                );
                let nulls = format!("where t.{} is null", quote_ident(column));
                let more = format!("'nulls', {}", self.rows(&nulls));
                self.relation(table, &more, "", &condition)
            }
            What::RlsOff { table, owner } => {
                let on = if *owner {
                    "c.relforcerowsecurity"
                } else {
                    "c.relrowsecurity"
                };
                self.relation(table, "", "", on)
            }
            What::Disable { table, what } => {
                let on = |of: &str, filter: String| {
                    format!("exists (select from pg_catalog.{of} = c.oid and {filter})")
                };
                let trigger = |filter: &str| {
                    let on_now = "o.tgenabled <> 'D'";
                    on("pg_trigger o where o.tgrelid", format!("{on_now}{filter}"))
                };
                let condition = match what {
                    Reaction::Trigger(name) => {
                        trigger(&format!(" and o.tgname = {}", quote_literal(name)))
                    }
                    Reaction::UserTriggers => trigger(" and not o.tgisinternal"),
                    Reaction::AllTriggers => trigger(""),
                    Reaction::Rule(name) => on(
                        "pg_rewrite o where o.ev_class",
                        format!(
                            "o.ev_enabled <> 'D' and o.rulename = {}",
                            quote_literal(name)
                        ),
                    ),
                };
                self.relation(table, "", "", &condition)
            }
            What::Detach { partition, .. } => self.relation(partition, "", "", "c.relispartition"),
            What::Unpublish { publication, table } => {
                let condition = format!(
                    "exists (select from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p \
                     on p.oid = r.prpubid where r.prrelid = c.oid and p.pubname = {})",
                    quote_literal(publication)
                );
                self.relation(table, "", "", &condition)
            }
            What::Policy { table, name } => {
                let condition = format!(
                    "exists (select from pg_catalog.pg_policy o where o.polrelid = c.oid and o.polname = {})",
                    quote_literal(name)
                );
                self.relation(table, "", "", &condition)
            }
            What::Part {
                kind,
                table,
                name,
                cascade,
                replaced: _,
            } => self.part(kind, table, name, *cascade),
            What::Type { name, cascade, .. } => {
                let more = self.with(*cascade, ("pg_type", "o.oid", "0"), None);
                self.named("pg_type", "typ", name, &more)
            }
            What::Attribute { name, attribute } => {
                let condition = format!(
                    "exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = {} and not a.attisdropped)",
                    quote_literal(attribute)
                );
                self.relation(name, "", "", &condition)
            }
            What::Function { name, cascade, .. } => {
                let more = self.with(*cascade, ("pg_proc", "o.oid", "0"), None);
                self.named("pg_proc", "pro", name, &more)
            }
            What::Schema { name, cascade } => {
                let along = self.tables("c.relnamespace = o.oid", "");
                let with = self.with(*cascade, ("pg_namespace", "o.oid", "0"), Some(name));
                object("pg_namespace", "nspname", name, &along, &with)
            }
            What::Extension { name, cascade } => {
                let with = self.with(*cascade, ("pg_extension", "o.oid", "0"), None);
                let along = self.tables(
                    "exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e' \
                     and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.refobjid = o.oid)",
                    "",
                );
                object("pg_extension", "extname", name, &along, &with)
            }
            What::Owned { role } => {
                let along = self.tables("c.relowner = o.oid", "");
                object("pg_roles", "rolname", role, &along, "")
            }
            What::Global { kind, name } => match *kind {
                "role" => object("pg_roles", "rolname", name, "'[]'::json", ""),
                "event trigger" => object("pg_event_trigger", "evtname", name, "'[]'::json", ""),
                "publication" => object("pg_publication", "pubname", name, "'[]'::json", ""),
                "server" => object("pg_foreign_server", "srvname", name, "'[]'::json", ""),
                "foreign data wrapper" => {
                    object("pg_foreign_data_wrapper", "fdwname", name, "'[]'::json", "")
                }
                "database" => object("pg_database", "datname", name, "'[]'::json", ""),
                // Which subscriptions there are not everybody may read.
                _ => "'[{}]'::json".to_owned(),
            },
            // Nothing more is known than that the statement says so.
            What::Other { .. } => "'[{}]'::json".to_owned(),
        }
    }

    /// The relations that a name may lead to. `more`: further pairs of the object; `filter`: which rows are counted.
    fn relation(&self, name: &QualifiedName, more: &str, filter: &str, condition: &str) -> String {
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(", {more}")
        };
        format!(
            "(select coalesce(json_agg(z.j), '[]') from (select json_build_object('schema', c.nspname, 'name', c.relname, \
             'kind', c.relkind, 'rows', {rows}, 'estimate', {estimate}{more}) as j from {RELATIONS} \
             where c.relname = {name} and {condition} and {place}) z)",
            rows = self.rows(filter),
            estimate = self.estimate(),
            name = quote_literal(&name.name),
            place = self.place(name, "c.nspname"),
        )
    }

    /// Objects of a catalog with names in schemas.
    fn named(&self, catalog: &str, prefix: &str, name: &QualifiedName, more: &str) -> String {
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(", {more}")
        };
        format!(
            "(select coalesce(json_agg(json_build_object('schema', s.nspname, 'name', o.{prefix}name{more})), '[]') \
             from pg_catalog.{catalog} o join pg_catalog.pg_namespace s on s.oid = o.{prefix}namespace \
             where o.{prefix}name = {} and {})",
            quote_literal(&name.name),
            self.place(name, "s.nspname")
        )
    }

    /// Where a name is looked for. Of one without a schema more may be found than the statement means.
    fn place(&self, name: &QualifiedName, schema: &str) -> String {
        match &name.schema {
            Some(of) => format!("{schema} = {}", quote_literal(of)),
            None if self.deed.anywhere => {
                format!("{schema} !~ '^pg_' and {schema} <> 'information_schema'")
            }
            None => format!("{schema} = any (pg_catalog.current_schemas(false))"),
        }
    }

    /// The number of rows of `c`, where it can be had; a filter speaks of the row `t`.
    fn rows(&self, filter: &str) -> String {
        self.rows_by(&quote_literal(filter))
    }

    /// The same by a filter that the server makes: an expression.
    fn rows_by(&self, filter: &str) -> String {
        if self.counting == Counting::Estimate {
            return "null::bigint".to_owned();
        }
        let count = dollar_quote(&format!(
            "select count(*) as n from (select from %I.%I t %s limit {MOST}) x"
        ));
        // Whether something is a table has to be asked first: CASE keeps to the order.
        format!(
            "(case when c.relkind not in ('r', 'p', 'm') then null \
             when not pg_catalog.has_schema_privilege(c.relnamespace, 'usage') \
             or not pg_catalog.has_table_privilege(c.oid, 'select') or pg_catalog.row_security_active(c.oid) then null \
             when c.relkind = 'm' and not c.relispopulated then 0 \
             when coalesce((select sum(pg_catalog.pg_relation_size(p.relid)) from pg_catalog.pg_partition_tree(c.oid) p), \
             pg_catalog.pg_relation_size(c.oid)) > {COUNTED} then null \
             else substring(pg_catalog.query_to_xml(pg_catalog.format({count}, c.nspname, c.relname, {filter}), false, false, '')::text \
             from '<n>([0-9]+)</n>')::bigint end)"
        )
    }

    /// What the server takes for the number of rows of `c`.
    fn estimate(&self) -> &'static str {
        "(case when c.relkind = 'p' then (select sum(k.reltuples) from pg_catalog.pg_partition_tree(c.oid) p \
         join pg_catalog.pg_class k on k.oid = p.relid where p.isleaf and k.reltuples >= 0) \
         when c.relkind in ('r', 'm', 'f') and c.reltuples >= 0 then c.reltuples end)::bigint"
    }

    /// The pair of what CASCADE takes along; nothing without it.
    fn with(&self, cascade: bool, root: (&str, &str, &str), within: Option<&str>) -> String {
        if !cascade {
            return String::new();
        }
        let rows = |filter: &str| self.rows_by(filter);
        let with = depending(root, within, &rows, self.estimate(), RELATIONS);
        format!("'with', {with}")
    }

    /// A policy, a trigger, a rule or a constraint.
    fn part(&self, kind: &str, table: &QualifiedName, name: &str, cascade: bool) -> String {
        let name = quote_literal(name);
        let (catalog, on, called, definition) = match kind {
            "policy" => ("pg_policy", "polrelid", "polname", POLICY),
            "trigger" => (
                "pg_trigger",
                "not o.tgisinternal and o.tgrelid",
                "tgname",
                "pg_catalog.pg_get_triggerdef(o.oid)",
            ),
            "rule" => (
                "pg_rewrite",
                "ev_class",
                "rulename",
                "pg_catalog.pg_get_ruledef(o.oid)",
            ),
            _ => (
                "pg_constraint",
                "conrelid",
                "conname",
                "pg_catalog.pg_get_constraintdef(o.oid)",
            ),
        };
        let on = if on.contains('.') {
            on.to_owned()
        } else {
            format!("o.{on}")
        };
        let of = format!("from pg_catalog.{catalog} o where {on} = c.oid and o.{called} = {name}");
        let mut more = format!("'definition', (select {definition} {of})");
        if cascade {
            let id = format!("(select o.oid {of})");
            more = format!("{more}, {}", self.with(true, (catalog, &id, "0"), None));
        }
        self.relation(table, &more, "", &format!("exists (select {of})"))
    }

    /// The tables that a write meets: those below a view. `more` and `filter`, which are expressions, may speak of
    /// `x.id`.
    fn written(&self, name: &QualifiedName, more: &str, filter: &str, condition: &str) -> String {
        format!(
            "(select coalesce(json_agg(z.j), '[]') from (with recursive below(id, kind, view) as (\
             select c.oid, c.relkind, case when c.relkind = 'v' then c.nspname || '.' || c.relname end from {RELATIONS} \
             where c.relname = {name} and c.relkind in ('r', 'p', 'f', 'v') and {place} \
             union select r.oid, r.relkind, b.view from below b join pg_catalog.pg_rewrite w on w.ev_class = b.id \
             and w.ev_type = '1' and b.kind = 'v' join pg_catalog.pg_depend d on d.objid = w.oid \
             and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
             and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> b.id \
             join pg_catalog.pg_class r on r.oid = d.refobjid and r.relkind in ('r', 'p', 'f', 'v')) \
             select json_build_object('schema', c.nspname, 'name', c.relname, 'view', x.view, 'rows', {rows}, \
             'estimate', {estimate}, {more}) as j from (select distinct id, view from below where kind <> 'v') x \
             join {RELATIONS} on c.oid = x.id where {condition}) z)",
            rows = self.rows_by(filter),
            estimate = self.estimate(),
            name = quote_literal(&name.name),
            place = self.place(name, "c.nspname"),
        )
    }

    /// Where columns are overwritten, with the rows that have something in one of them.
    fn overwritten(&self, table: &QualifiedName, columns: &[String]) -> String {
        let names: Vec<String> = columns.iter().map(|column| quote_literal(column)).collect();
        let of = format!(
            "from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
             and (a.attname = any (array[{}]::text[]) or x.view is not null)",
            names.join(", ")
        );
        let filter = format!(
            "(select 'where ' || string_agg(pg_catalog.format('t.%I is not null', a.attname), ' or ') {of})"
        );
        let more = format!("'columns', (select json_agg(a.attname order by a.attnum) {of})");
        self.written(table, &more, &filter, &format!("exists (select {of})"))
    }

    /// The tables whose rows go with those of `x.id`, since their foreign keys say so.
    fn referring(&self) -> String {
        let filter = "(select 'where ' || string_agg('(' || k.held || ')', ' or ') from (select string_agg(\
                      pg_catalog.format('t.%I is not null', a.attname), ' and ') as held from pg_catalog.pg_constraint t \
                      join pg_catalog.pg_attribute a on a.attrelid = t.conrelid and a.attnum = any (t.conkey) \
                      where t.oid = any (q.by) group by t.oid) k)";
        format!(
            "(select coalesce(json_agg(y), '[]') from ({FOLLOWED} select c.nspname as schema, c.relname as name, \
             {} as rows, {} as estimate from (select id, array_agg(by) as by from r where by is not null group by id) q \
             join {RELATIONS} on c.oid = q.id where not c.relispartition and c.oid <> x.id order by 1, 2 limit 50) y)",
            self.rows_by(filter),
            self.estimate(),
        )
    }

    /// The columns that refer to rows of `x.id`, and are set to null or to their default.
    fn cleared(&self) -> String {
        let filter = "pg_catalog.format('where t.%I is not null', a.attname)";
        format!(
            "(select coalesce(json_agg(y), '[]') from ({FOLLOWED} select c.nspname as schema, c.relname as name, \
             a.attname as column, {} as rows, {} as estimate from pg_catalog.pg_constraint t \
             join {RELATIONS} on c.oid = t.conrelid and not c.relispartition \
             join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (t.conkey) \
             where t.contype = 'f' and t.confdeltype in ('n', 'd') and t.confrelid in (select id from r) \
             order by 1, 2, 3 limit 50) y)",
            self.rows_by(filter),
            self.estimate(),
        )
    }

    /// Tables that go along, with their rows; `from` is joined beside them.
    fn tables(&self, condition: &str, from: &str) -> String {
        format!(
            "(select coalesce(json_agg(y), '[]') from {from}lateral (select c.nspname as schema, c.relname as name, \
             {} as rows, {} as estimate from {RELATIONS} where c.relkind in ('r', 'p') and not c.relispartition \
             and {USERS} and {condition} order by greatest(c.reltuples, 0) desc, 1, 2 limit 50) y)",
            self.rows(""),
            self.estimate(),
        )
    }
}

fn has_column(column: &str) -> String {
    format!("exists (select from {})", attribute(column))
}

/// The FROM and WHERE of a column of `c`.
fn attribute(column: &str) -> String {
    format!(
        "pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = {} and a.attnum > 0 and not a.attisdropped",
        quote_literal(column)
    )
}

/// An object of a catalog without schemas.
fn object(catalog: &str, column: &str, name: &str, along: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!(
        "(select coalesce(json_agg(json_build_object('name', o.{column}, 'along', {along}{comma}{more})), '[]') \
         from pg_catalog.{catalog} o where o.{column} = {})",
        quote_literal(name)
    )
}
