//! Who holds what a migration waited for in vain.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::apply::Runner;
use super::compose::Job;
use super::progress::Progress;
use crate::error::Error;
use crate::sql::{fold_ident, quote_literal};
use crate::target::{ServerError, Target, TargetError};

/// A lock was not to be had in time: `lock_timeout`, or NOWAIT.
const NO_LOCK: &str = "55P03";
/// Two sessions waited for each other, and ours was the one to give up.
const DEADLOCK: &str = "40P01";

/// Whether the same may work a moment later, once another session has given back its locks.
fn passes(sqlstate: &str) -> bool {
    [NO_LOCK, DEADLOCK].contains(&sqlstate)
}

/// How long to leave the others alone before the next attempt, of which this is the number, from 1. Whoever waits for a lock
/// keeps everybody else waiting behind it, so a pause lets them pass.
fn pause(attempt: u32) -> Duration {
    let doubled = 1_u64 << attempt.min(6);
    Duration::from_millis(100 * doubled).min(Duration::from_secs(5))
}

/// The statement that waits on the server, where no timer of ours is needed.
pub(super) fn pause_sql(pause: Duration) -> String {
    format!("select pg_catalog.pg_sleep({})", pause.as_secs_f64())
}

/// Who holds locks on the relations that a statement names, in a few words; none where nobody does, or nobody can be asked.
pub(super) async fn holders(target: &mut dyn Target, statement: &str) -> Option<String> {
    let answer: Result<Value, TargetError> = target.read_json("", &holders_sql(statement)).await;
    answer.ok()?.as_str().map(str::to_owned)
}

/// What others hold of the relations whose names stand anywhere in the text: inside of a function's body, too; the table of an
/// index counts as named. What a
/// transaction of theirs runs is not shown, since it may hold a secret.
fn holders_sql(statement: &str) -> String {
    let names: Vec<String> = words(statement)
        .iter()
        .map(|word| quote_literal(word))
        .collect();
    format!(
        "select coalesce(to_json(string_agg(h.who, '; ' order by h.who)), 'null') from (
  select format('%s: %s (process %s, %s%s)', string_agg(distinct c.relname, ', ' order by c.relname),
    coalesce(nullif(a.application_name, ''), 'a session'), l.pid, coalesce(a.usename, '?'), ', ' || a.state) as who
  from pg_catalog.pg_locks as l
    join pg_catalog.pg_class as c on c.oid = l.relation
    left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
  where l.locktype = 'relation' and l.granted and l.pid <> pg_catalog.pg_backend_pid()
    and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
    and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and (c.relname in ({names}) or exists (
      select from pg_catalog.pg_index as x join pg_catalog.pg_class as i on i.oid = x.indexrelid
      where x.indrelid = c.oid and i.relname in ({names})))
  group by l.pid, a.application_name, a.usename, a.state) as h",
        names = names.join(", ")
    )
}

/// Every word of a text that may be the name of a relation, quoted or not. At least one, so that a list of them is SQL.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let plain = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .map(fold_ident);
    let quoted = text.split('"').skip(1).step_by(2).map(str::to_owned);
    let found = plain.chain(quoted).filter(|word| word.len() <= 63);
    std::iter::once(String::new())
        .chain(found.take(2000))
        .collect()
}

impl Runner<'_> {
    /// Whether to send the rest once more, after a pause, since a lock was not to be had. All that the file did is undone.
    pub(super) async fn another_try(
        &mut self,
        job: &Job<'_>,
        statement: Option<usize>,
        server: &ServerError,
    ) -> bool {
        if !passes(&server.sqlstate) || self.waited > job.options.wait {
            return false;
        }
        self.attempt += 1;
        let pause = pause(self.attempt);
        self.waited += self.began.elapsed() + pause;
        if self.waited > job.options.wait {
            return false;
        }
        let holder = self.holders(job, statement).await;
        (self.observer)(Progress::Waiting {
            holder: holder
                .as_deref()
                .unwrap_or("a lock that another session holds"),
        });
        // What is wrong with it the next message will show as well.
        let _ = self.target.run(&pause_sql(pause), &mut |_| {}).await;
        true
    }

    /// The same for a statement that runs alone, and did nothing. CONCURRENTLY leaves something behind when it fails.
    pub(super) async fn another_try_alone(
        &mut self,
        job: &Job<'_>,
        statement: usize,
        server: &ServerError,
    ) -> bool {
        let found = job.step.script.statements().get(statement);
        let whole =
            found.is_some_and(|found| !found.tokens().any(|token| token.is_word("concurrently")));
        whole && self.another_try(job, Some(statement), server).await
    }

    async fn holders(&mut self, job: &Job<'_>, statement: Option<usize>) -> Option<String> {
        let found = job.step.script.statements().get(statement?)?;
        holders(&mut *self.target, found.text()).await
    }

    /// Says who held the lock that was not to be had, and how often it was tried.
    pub(super) async fn name_holders(
        &mut self,
        error: Error,
        job: &Job<'_>,
        statement: Option<usize>,
        server: &ServerError,
    ) -> Error {
        if !passes(&server.sqlstate) {
            return error;
        }
        let error = match self.holders(job, statement).await {
            Some(holder) => error.note(format!("locks are held by {holder}")),
            None => error,
        };
        match self.attempt {
            0 | 1 => error,
            attempts => error.note(format!("it was tried {attempts} times")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_they_stand() {
        let found = words(
            "alter table Public.\"Odd name\" add x; do $$ begin perform 1 from orders; end $$",
        );
        for name in ["public", "Odd name", "orders", "x"] {
            assert!(found.contains(name), "{name}: {found:?}");
        }
        assert_eq!(words("").len(), 1);
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        assert_eq!(pause(1), Duration::from_millis(200));
        assert_eq!(pause(2), Duration::from_millis(400));
        assert_eq!(pause(60), Duration::from_secs(5));
    }
}
