//! Procedures of ours in a database, which a run calls for each of its files: a body that the server has compiled once costs a
//! tenth of a DO block, which it compiles each time.

use super::tables::SCHEMA;
use crate::digest::sha256;
use crate::sql::quote_literal;

/// A procedure in our schema.
///
/// Its name has a part that is made of its body: one with another ledger, or of another version of this program, is another
/// procedure, and none is ever replaced while somebody calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Procedure {
    name: String,
    parameters: String,
    body: String,
}

impl Procedure {
    /// `body` names its parameters by their numbers: `$1`.
    pub(super) fn new(name: &str, parameters: &[&str], body: String) -> Self {
        let mut mark = sha256(body.as_bytes());
        mark.truncate(8);
        Self {
            name: format!("{name}_{mark}"),
            parameters: parameters.join(", "),
            body,
        }
    }

    /// PL/pgSQL that creates it where it is not there. Wants a variable `grantee name`.
    pub(super) fn create_block(&self) -> String {
        let Self {
            name,
            parameters,
            body,
        } = self;
        let signature = format!("{SCHEMA}.{name}({parameters})");
        format!(
            "if not exists (select from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = '{SCHEMA}' and p.proname = '{name}') then
    create procedure {signature} language plpgsql as {body};
    comment on procedure {signature} is 'Called by supaproof for each migration';
    revoke all on procedure {signature} from public;
    for grantee in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on procedure {signature} from %I', grantee);
    end loop;
  end if;",
            body = quote_literal(body),
        )
    }

    /// The statement that drops it.
    pub(super) fn drop_sql(&self) -> String {
        format!(
            "drop procedure if exists {SCHEMA}.{}({})",
            self.name, self.parameters
        )
    }

    /// The statement that calls it.
    pub(super) fn call(&self, arguments: &[String]) -> String {
        format!("call {SCHEMA}.{}({})", self.name, arguments.join(", "))
    }
}
