//! What a session keeps beyond its transactions, and the statements that end it.

/// Takes away the prepared statements that SQL made. Those that a driver or a pooler prepared by the protocol are not ours:
/// PostgREST, say, would go on to execute them.
pub const DEALLOCATE: &str = "do $$declare prepared text; begin
  for prepared in select p.name from pg_catalog.pg_prepared_statements p where p.from_sql loop
    execute pg_catalog.format('deallocate %I', prepared);
  end loop;
end$$";

/// Gives back every lock that the session holds for itself.
pub const UNLOCK: &str = "select pg_catalog.pg_advisory_unlock_all()";

/// All that a session keeps beside its settings and its role. DISCARD ALL is refused inside a message; these are its parts
/// that a transaction does not undo.
pub const DISCARD: [&str; 6] = [
    "close all",
    "unlisten *",
    DEALLOCATE,
    "discard temp",
    "discard sequences",
    UNLOCK,
];
