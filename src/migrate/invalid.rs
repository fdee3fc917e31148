//! Whether an index that a file creates CONCURRENTLY came to be. Where an attempt failed it leaves an invalid index behind,
//! over which `if not exists` passes without a word.

use serde_json::Value;

use super::apply::Runner;
use super::compose::Job;
use super::held::words;
use crate::error::{Error, ExitCode};
use crate::sql::{Statement, quote_literal};

/// Whether it is CREATE INDEX CONCURRENTLY.
fn creates(statement: &Statement) -> bool {
    let mut tokens = statement.tokens();
    let has = |word| statement.tokens().any(|token| token.is_word(word));
    tokens.next().is_some_and(|token| token.is_word("create"))
        && has("index")
        && has("concurrently")
}

/// The invalid indexes whose names, and whose table's, stand in a statement.
fn invalid_sql(statement: &str) -> String {
    let names: Vec<String> = words(statement)
        .iter()
        .map(|word| quote_literal(word))
        .collect();
    format!(
        "select coalesce(to_json(string_agg(format('%I.%I', n.nspname, c.relname), ', ' order by c.relname)), 'null')
  from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where not i.indisvalid and c.relkind = 'i' and c.relname in ({names}) and t.relname in ({names})",
        names = names.join(", ")
    )
}

impl Runner<'_> {
    /// The error of a file whose index is invalid, before the ledger says that it is applied.
    pub(super) async fn invalid_index(&mut self, job: &Job<'_>) -> Result<Option<Error>, Error> {
        let script = &job.step.script;
        for statement in script.statements().iter().filter(|found| creates(found)) {
            let asked = invalid_sql(statement.text());
            let answer = match self.target.read_json("", &asked).await {
                Ok(answer) => answer,
                Err(error) => return Err(self.uncertain(error)),
            };
            if let Value::String(names) = answer {
                return Ok(Some(
                    Error::new(ExitCode::Sql, format!("the index {names} is invalid"))
                        .at(script.source().origin(statement.span()))
                        .note(
                            "an earlier attempt left it, and `if not exists` passes over it; or it is still being made",
                        )
                        .help(format!(
                            "drop it (`drop index concurrently {names};`), then run the same command again"
                        )),
                ));
            }
        }
        Ok(None)
    }
}
