//! How far a migration has come that is not one transaction: its row in the ledger says so while it runs, and after a run
//! that ended early.

use serde_json::{Value, json};

use crate::digest::sha256;
use crate::sql::{Statement, quote_literal};
use crate::words;

/// What a row says as its error until somebody writes a better one.
pub(in crate::migrate) const BEGUN: &str = "it did not come to its end";

/// How far an attempt has come whose statements, or batches, commit by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Halfway {
    /// Whether it is an attempt to roll back.
    pub backward: bool,
    /// How many of its statements are done.
    pub done: usize,
    /// How many statements the file had.
    pub of: usize,
    /// Rows that batches have dealt with.
    pub rows: u64,
    /// Batches that are done.
    pub batches: u64,
    /// Whether nobody wrote down why it stopped: it runs, or what ran it is gone.
    pub running: bool,
    /// Whether what runs it is there.
    pub alive: bool,
    /// The digest of the statements that are done.
    pub(in crate::migrate) sum: String,
    /// The digest of a statement that is under way by itself: nothing tells whether it took effect.
    pub(in crate::migrate) under: Option<String>,
    /// Which attempt it is.
    pub(in crate::migrate) run: String,
}

impl Halfway {
    /// Of what the ledger has; none where it is not what we write.
    pub(in crate::migrate) fn parse(value: &Value, alive: bool) -> Option<Self> {
        let number = |name: &str| value.get(name).map_or(Some(0), Value::as_u64);
        let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let running = flag("running");
        Some(Self {
            backward: flag("backward"),
            done: usize::try_from(number("done")?).ok()?,
            of: usize::try_from(number("of")?).ok()?,
            rows: number("rows")?,
            batches: number("batches")?,
            running,
            alive: running && alive,
            sum: text("sum").unwrap_or_default(),
            under: text("under").filter(|_| running),
            run: text("run")?,
        })
    }

    /// Whether the attempt to go on behind it has anything to look at.
    pub(in crate::migrate) fn begun(&self) -> bool {
        self.done > 0 || self.under.is_some()
    }

    /// Whether what it did is taken up by itself, since a data migration finds what is left.
    pub(super) fn is_of_batches(&self) -> bool {
        self.batches > 0
    }

    /// In words: `1 of its 2 statements is done`.
    pub fn words(&self) -> String {
        if self.is_of_batches() {
            return in_batches(self.rows, self.batches, "is", "are");
        }
        let known = statements_done(self.done, self.of);
        match self.under {
            Some(_) => format!(
                "{known}; whether statement {} took effect is not known",
                self.done + 1
            ),
            None => known,
        }
    }
}

/// `1 of its 2 statements is done`.
fn statements_done(done: usize, of: usize) -> String {
    let statements = words::part(done, of, "statement", "statements");
    format!("{statements} {} done", words::agree(done, "is", "are"))
}

/// `550 rows in 11 batches are done`, as far as anybody counted, with the verb that is wanted.
pub(in crate::migrate) fn in_batches(rows: u64, batches: u64, one: &str, many: &str) -> String {
    let told = words::count(batches, "batch", "batches");
    match rows {
        0 => format!("{told} {} done", words::agree(batches, one, many)),
        _ => format!(
            "{} in {told} {} done",
            words::count(rows, "row", "rows"),
            words::agree(rows, one, many)
        ),
    }
}

/// The digest of a statement, as it is written.
pub(in crate::migrate) fn digest(statement: &Statement) -> String {
    digests(std::slice::from_ref(statement))
}

/// The digest of statements one after the other.
pub(in crate::migrate) fn digests(statements: &[Statement]) -> String {
    let texts: Vec<&str> = statements.iter().map(Statement::text).collect();
    sha256(texts.join("\n;\n").as_bytes())
}

/// An attempt at a file, for what it writes into the ledger.
#[derive(Clone, Debug)]
pub(in crate::migrate) struct Attempt {
    /// What no other attempt is called.
    pub(in crate::migrate) run: String,
    backward: bool,
    of: usize,
}

impl Attempt {
    pub(in crate::migrate) fn new(backward: bool, statements: usize) -> Self {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        Self {
            run: format!("{now:x}-{:x}", std::process::id()),
            backward,
            of: statements,
        }
    }

    /// What the row has before the first statement; `under` as below.
    pub(in crate::migrate) fn begins(
        &self,
        done: &[Statement],
        under: Option<&Statement>,
    ) -> String {
        let mut mark = mark(done, under);
        if let Value::Object(fields) = &mut mark {
            fields.insert("run".to_owned(), json!(self.run));
            fields.insert("of".to_owned(), json!(self.of));
            fields.insert("backward".to_owned(), json!(self.backward));
            fields.insert("running".to_owned(), json!(true));
        }
        as_sql(&mark)
    }
}

/// What is put on top of it once these statements are done, and where `under` is the next one, and cannot be recorded
/// together with what it does.
pub(in crate::migrate) fn goes_on(done: &[Statement], under: Option<&Statement>) -> String {
    as_sql(&mark(done, under))
}

/// The same where it stopped and we know how.
pub(in crate::migrate) fn stops(done: Option<&[Statement]>) -> String {
    let mut mark = done.map_or_else(|| json!({}), |done| mark(done, None));
    if let Value::Object(fields) = &mut mark {
        fields.insert("running".to_owned(), json!(false));
        fields.insert("under".to_owned(), Value::Null);
    }
    as_sql(&mark)
}

fn mark(done: &[Statement], under: Option<&Statement>) -> Value {
    json!({"done": done.len(), "sum": digests(done), "under": under.map(digest)})
}

fn as_sql(mark: &Value) -> String {
    format!("{}::pg_catalog.jsonb", quote_literal(&mark.to_string()))
}

/// What a session is known by as long as it lives, as SQL of a JSON object.
pub(in crate::migrate) const SESSION: &str = "pg_catalog.jsonb_build_object('pid', pg_catalog.pg_backend_pid(), 'since', \
     (select extract(epoch from a.backend_start)::text from pg_catalog.pg_stat_activity as a \
      where a.pid = pg_catalog.pg_backend_pid()))";

/// What each statement that goes by itself says of its attempt, where a session is not kept: [`alive`] looks for it.
pub(in crate::migrate) fn comment(run: &str) -> String {
    format!("/* supaproof run {run} */ ")
}

/// The condition that another session is at the attempt of which this SQL is what the row has.
///
/// Who may not see when a session began takes a process of that number for it.
pub(super) fn alive(halfway: &str) -> String {
    format!(
        "({halfway} ->> 'running' = 'true' and exists (select from pg_catalog.pg_stat_activity as a \
         where a.pid <> pg_catalog.pg_backend_pid() and (a.pid = ({halfway} ->> 'pid')::integer \
         and coalesce(extract(epoch from a.backend_start)::text = {halfway} ->> 'since', true) \
         or a.state = 'active' and strpos(a.query, 'supaproof run ' || ({halfway} ->> 'run')) > 0)))"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_is_told_in_words() {
        let told = |value: Value| Halfway::parse(&value, false).map(|halfway| halfway.words());
        let at = |done: u64, more: Value| {
            let mut value = json!({"run": "a", "done": done, "of": 2});
            for (name, more) in more.as_object().into_iter().flatten() {
                value[name] = more.clone();
            }
            told(value)
        };
        for (found, words) in [
            (at(1, json!({})), "1 of its 2 statements is done"),
            (
                at(0, json!({"running": true})),
                "0 of its 2 statements are done",
            ),
            (
                at(1, json!({"running": true, "under": "x"})),
                "1 of its 2 statements is done; whether statement 2 took effect is not known",
            ),
            // It was told to have failed.
            (
                at(1, json!({"under": "x"})),
                "1 of its 2 statements is done",
            ),
            (
                at(0, json!({"rows": 550, "batches": 11})),
                "550 rows in 11 batches are done",
            ),
            (at(0, json!({"rows": 0, "batches": 1})), "1 batch is done"),
        ] {
            assert_eq!(found.as_deref(), Some(words));
        }
        assert_eq!(told(json!({"done": 1})), None);
        assert_eq!(told(json!({"run": "a", "done": "1"})), None);
    }
}
