//! Triggers that may destroy something. They are read with the ledger, so that nobody has to ask about what a migration fires.

use serde::Deserialize;

use crate::platform::facts::SCHEMAS;
use crate::sql::quote_literal;

/// A trigger that is there already, and what it calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fires {
    /// The schema of its table.
    pub(in crate::migrate) schema: String,
    /// Its table.
    pub(in crate::migrate) table: String,
    /// On which statements, as `pg_trigger.tgtype` has it.
    pub(in crate::migrate) events: u32,
    /// The schema of its function.
    pub(in crate::migrate) of: String,
    /// Its function.
    pub(in crate::migrate) function: String,
}

/// An expression: the triggers whose functions may destroy something, in JSON. It is a part of a question that is asked
/// anyway. Of most functions a look at their words shows that they do not: they set a column of the row.
pub(super) fn expression() -> String {
    let platform: Vec<String> = (SCHEMAS.iter())
        .filter(|schema| schema.name != "public")
        .map(|schema| quote_literal(schema.name))
        .collect();
    format!(
        "(select coalesce(jsonb_agg(distinct jsonb_build_object('schema', s.nspname, 'table', c.relname, \
         'events', g.tgtype & 60, 'of', o.nspname, 'function', f.proname)), '[]') from pg_catalog.pg_trigger g \
         join pg_catalog.pg_class c on c.oid = g.tgrelid join pg_catalog.pg_namespace s on s.oid = c.relnamespace \
         join pg_catalog.pg_proc f on f.oid = g.tgfoid join pg_catalog.pg_namespace o on o.oid = f.pronamespace \
         join pg_catalog.pg_language l on l.oid = f.prolang \
         where not g.tgisinternal and g.tgenabled <> 'D' and l.lanname not in ('c', 'internal') \
         and o.nspname <> all (array[{}]::text[]) and (l.lanname <> 'plpgsql' or f.prosrc ~* \
         '\\m(delete|truncate|drop|alter|update|insert|merge|execute|perform|call|select)\\M'))",
        platform.join(", ")
    )
}
