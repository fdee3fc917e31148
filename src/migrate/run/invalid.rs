//! Whether an index that a file creates CONCURRENTLY came to be. Where an attempt failed it leaves an invalid index behind,
//! over which `if not exists` passes without a word.

use serde_json::Value;

use super::apply::Runner;
use super::compose::Job;
use super::held::words;
use crate::error::{Error, ExitCode};
use crate::sql::{Statement, quote_literal};
use crate::target::TargetError;

/// Whether it is CREATE INDEX CONCURRENTLY that passes over an index that is there.
fn passes_over(statement: &Statement) -> bool {
    let mut tokens = statement.tokens();
    let has = |word| statement.tokens().any(|token| token.is_word(word));
    tokens.next().is_some_and(|token| token.is_word("create"))
        && ["index", "concurrently", "exists"].into_iter().all(has)
}

/// Names that stand in a statement, as a list in SQL.
fn names(statement: &str) -> String {
    let names: Vec<String> = words(statement)
        .iter()
        .map(|word| quote_literal(word))
        .collect();
    names.join(", ")
}

/// The invalid indexes whose names, and whose table's, stand in a statement.
fn invalid_sql(statement: &str) -> String {
    format!(
        "select coalesce(to_json(string_agg(format('%I.%I', n.nspname, c.relname), ', ' order by c.relname)), 'null')
  from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where not i.indisvalid and c.relkind = 'i' and c.relname in ({names}) and t.relname in ({names})",
        names = names(statement)
    )
}

/// Whether an index of this name, on a table that the statement names, is valid: `true` or `false`, null where it is not
/// there.
pub(super) fn made_sql(name: &str, statement: &str) -> String {
    format!(
        "select coalesce(to_json(string_agg(distinct i.indisvalid::text, ', ')), 'null')
  from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_class as t on t.oid = i.indrelid
  where c.relname = {name} and t.relname in ({names})",
        name = quote_literal(name),
        names = names(statement)
    )
}

impl Runner<'_> {
    /// The error of a statement whose index is invalid, before anybody says that it is done.
    pub(super) async fn invalid_index(
        &mut self,
        job: &Job<'_>,
        statement: &Statement,
    ) -> Result<Option<Error>, TargetError> {
        if !passes_over(statement) {
            return Ok(None);
        }
        let asked = invalid_sql(statement.text());
        let Value::String(names) = self.target.read_json("", &asked).await? else {
            return Ok(None);
        };
        let source = job.step.script.source();
        Ok(Some(
            Error::new(ExitCode::Sql, format!("the index {names} is invalid"))
                .at(source.origin(statement.span()))
                .note(
                    "an earlier attempt left it, and `if not exists` passes over it; or it is still being made",
                )
                .help(format!(
                    "drop it (`drop index concurrently {names};`), then run the same command again"
                )),
        ))
    }
}
