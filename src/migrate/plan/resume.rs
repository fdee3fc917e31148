//! Where an attempt goes on behind one that ended early, decided without a database.

use super::Step;
use crate::error::{Error, ExitCode};
use crate::migrate::files::Script;
use crate::migrate::ledger::halfway::{Halfway, digest, digests};
use crate::sql::{Statement, Token, TokenKind, fold_ident, leading_words};

/// Where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::migrate) struct Resume {
    /// How many statements are done.
    pub(in crate::migrate) done: usize,
    /// What the database has to be asked of the next one, which may be done, too.
    pub(in crate::migrate) ask: Option<Ask>,
}

/// What tells whether a statement took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::migrate) enum Ask {
    /// The index of this name is there.
    Made(String),
    /// The index of this name is gone.
    Gone(String),
}

/// Where to go on with a step, of which the ledger has this.
///
/// # Errors
///
/// Exit code 5 where nothing may run, since statements could run twice.
pub(in crate::migrate) fn resume(
    step: &Step,
    suite: &str,
    halfway: Option<&Halfway>,
) -> Result<Resume, Error> {
    let Some(halfway) = halfway else {
        return Ok(Resume::default());
    };
    let refused = Refused {
        step,
        suite,
        halfway,
    };
    let script = &step.script;
    if script.transactional() || script.batch().is_some() {
        return match halfway.begun() {
            true => Err(refused.another_way()),
            false => Ok(Resume::default()),
        };
    }
    let statements = script.statements();
    let Some(done) = statements.get(..halfway.done) else {
        return Err(refused.others());
    };
    if halfway.done > 0 && digests(done) != halfway.sum {
        return Err(refused.others());
    }
    if let Some(statement) = done.iter().find(|statement| makes_temporary(statement)) {
        return Err(refused.temporary(statement));
    }
    let go = |ask| {
        Ok(Resume {
            done: halfway.done,
            ask,
        })
    };
    let Some(under) = &halfway.under else {
        return go(None);
    };
    match statements.get(halfway.done) {
        Some(next) if digest(next) == *under => match again(next) {
            Again::Harmless => go(None),
            Again::Ask(ask) => go(Some(ask)),
            Again::Unknown => Err(refused.unknown(next)),
        },
        _ => Err(refused.unknown_and_gone()),
    }
}

/// What of a session a statement sets, which a later session has to set once more.
pub(in crate::migrate) fn is_of_session(statement: &Statement) -> bool {
    let words = leading_words(statement, 2);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["SET", second] => !["LOCAL", "TRANSACTION", "CONSTRAINTS"].contains(second),
        ["RESET" | "PREPARE" | "DEALLOCATE" | "LOAD", ..] => words != ["PREPARE", "TRANSACTION"],
        ["SELECT", ..] => {
            // `select set_config('search_path', '', false)`, as pg_dump writes it.
            let mut tokens = statement.tokens().skip(1);
            tokens.any(|token| token.is_word("set_config")) && statement.tokens().count() < 14
        }
        _ => false,
    }
}

fn makes_temporary(statement: &Statement) -> bool {
    let words = leading_words(statement, 3);
    words.first().is_some_and(|word| word == "CREATE")
        && words
            .iter()
            .any(|word| ["TEMP", "TEMPORARY"].contains(&word.as_str()))
}

/// What comes of a statement that runs once more.
#[derive(Debug, PartialEq, Eq)]
enum Again {
    /// The same as of once.
    Harmless,
    /// The database tells whether it took effect.
    Ask(Ask),
    Unknown,
}

fn again(statement: &Statement) -> Again {
    let words = leading_words(statement, 5);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let tokens: Vec<Token<'_>> = statement.tokens().collect();
    let passes_over = tokens
        .windows(2)
        .any(|two| two[0].is_word("if") && (two[1].is_word("exists") || two[1].is_word("not")));
    match words.as_slice() {
        [
            "VACUUM" | "REINDEX" | "CLUSTER" | "ANALYZE" | "CHECKPOINT" | "DISCARD",
            ..,
        ]
        | ["ALTER", "SYSTEM", ..] => Again::Harmless,
        ["CREATE" | "DROP", ..] if passes_over => Again::Harmless,
        ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX", ..] => {
            match behind_concurrently(&tokens) {
                // It has no name of its own.
                Some(token) if !token.is_word("on") => Again::Ask(Ask::Made(name(&token))),
                _ => Again::Unknown,
            }
        }
        ["DROP", "INDEX", ..] => match behind_concurrently(&tokens) {
            // With its schema, where it is written.
            Some(first) => Again::Ask(Ask::Gone(
                statement.text()[first.span.start - statement.span().start..]
                    .trim()
                    .to_owned(),
            )),
            None => Again::Unknown,
        },
        _ => Again::Unknown,
    }
}

fn behind_concurrently<'a>(tokens: &[Token<'a>]) -> Option<Token<'a>> {
    let at = tokens
        .iter()
        .position(|token| token.is_word("concurrently"))?;
    tokens.get(at + 1).cloned()
}

fn name(token: &Token<'_>) -> String {
    match token.kind {
        TokenKind::QuotedIdent => token.text.trim_matches('"').replace("\"\"", "\""),
        _ => fold_ident(token.text),
    }
}

/// Why an attempt cannot go on.
struct Refused<'a> {
    step: &'a Step,
    suite: &'a str,
    halfway: &'a Halfway,
}

impl Refused<'_> {
    fn error(&self, message: &str) -> Error {
        let script: &Script = &self.step.script;
        let label = self.step.migration.label();
        Error::new(ExitCode::Sql, format!("{label} {message}"))
            .at(script.source().origin(0..0))
            .note(format!(
                "an earlier attempt stopped: {}",
                self.halfway.words()
            ))
    }

    /// The way out that is always there.
    fn anew(&self) -> String {
        format!(
            "undo by hand what is done, and let `supaproof repair {}` forget it: the file then begins anew",
            self.suite
        )
    }

    fn another_way(&self) -> Error {
        self.error("is half done outside of a transaction, and its file runs otherwise now")
            .help(format!(
                "bring the file back as it was, and run the same command again; or {}",
                self.anew()
            ))
    }

    fn others(&self) -> Error {
        self.error("is half done, and the statements that are done are others in its file now")
            .help(format!(
                "bring them back as they were: only what comes behind them may change; or {}",
                self.anew()
            ))
    }

    fn temporary(&self, statement: &Statement) -> Error {
        self.error("cannot go on: a temporary table that it made went with its session")
            .at(statement.origin())
            .help(self.anew())
    }

    fn unknown(&self, next: &Statement) -> Error {
        let (number, version) = (self.halfway.done + 1, &self.step.migration.version);
        let error = self.error(&format!(
            "stopped while statement {number} ran, and whether that took effect is not known"
        ));
        let error = error.at(next.origin()).note(format!(
            "statement {number} of {}: {}",
            self.step.script.statements().len(),
            next.first_line(100)
        ));
        error.help(format!(
            "look whether it did; if so, `supaproof repair {suite} --resume {version}:{behind}` goes on behind it; \
             if not, `--resume {version}:{number}` runs it again",
            suite = self.suite,
            behind = number + 1
        ))
    }

    fn unknown_and_gone(&self) -> Error {
        let number = self.halfway.done + 1;
        self.error(&format!(
            "stopped while statement {number} ran, and its file has another one there now"
        ))
        .help(format!(
            "look whether the statement took effect that stood there, and undo what it did; then \
             `supaproof repair {} --resume {}:{number}` goes on with the one that is there now",
            self.suite, self.step.migration.version
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::migrate::files::fixture::migrations;

    fn step(text: &str) -> Step {
        let all = migrations(&[("1_a.sql", text)]);
        let migration = all.list()[0].clone();
        Step {
            script: Arc::clone(&migration.setup),
            migration,
            halfway: None,
        }
    }

    /// Where it goes on behind so many statements of `before`, the next of which may be under way.
    fn goes_on(before: &str, now: &str, done: usize, under: bool) -> Result<Resume, String> {
        let was = step(before);
        let statements = was.script.statements();
        let halfway = Halfway {
            done,
            of: statements.len(),
            running: true,
            sum: digests(&statements[..done]),
            under: under.then(|| digest(&statements[done])),
            ..Halfway::default()
        };
        resume(&step(now), "shop", Some(&halfway)).map_err(|error| {
            let at = error.origin().unwrap();
            format!("{at}: {error} ({})", error.help_text().unwrap())
        })
    }

    const FILE: &str =
        "-- supaproof: transaction: off\ncreate table t (x int);\ncall p();\nselect 1";

    #[test]
    fn it_goes_on_behind_what_is_done() {
        let at = |done| Resume { done, ask: None };
        assert_eq!(goes_on(FILE, FILE, 1, false), Ok(at(1)));
        assert_eq!(goes_on(FILE, FILE, 3, false), Ok(at(3)));
        // What is not done may be another.
        assert_eq!(
            goes_on(FILE, &FILE.replace("p()", "q()"), 1, false),
            Ok(at(1))
        );
        for (now, done, under, words) in [
            (
                FILE,
                1,
                true,
                "1_a.sql:3:1: 1_a stopped while statement 2 ran, and whether",
            ),
            (
                FILE,
                1,
                true,
                "--resume 1:3` goes on behind it; if not, `--resume 1:2` runs it again",
            ),
            (
                &FILE.replace("p()", "q()"),
                1,
                true,
                "has another one there now",
            ),
            (
                &FILE.replace("x int", "y int"),
                1,
                false,
                "only what comes behind them may change",
            ),
            (
                "-- supaproof: transaction: off\nselect 1",
                3,
                false,
                "are others in its file now",
            ),
            (
                "create table t (x int)",
                1,
                false,
                "its file runs otherwise now",
            ),
        ] {
            let said = goes_on(FILE, now, done, under).unwrap_err();
            assert!(said.contains(words), "{words}: {said}");
        }
        let temporary = "create temp table t ();\nvacuum";
        let said = goes_on(temporary, temporary, 1, false).unwrap_err();
        assert!(
            said.starts_with("sql/shop/1_a.sql:1:1: 1_a cannot go on"),
            "{said}"
        );
    }

    #[test]
    fn what_may_run_again_is_known() {
        let off = "-- supaproof: transaction: off\n";
        for (text, found) in [
            ("vacuum t", Again::Harmless),
            (
                "create index concurrently if not exists i on t (x)",
                Again::Harmless,
            ),
            ("drop index concurrently if exists i", Again::Harmless),
            (
                "create unique index concurrently \"I i\" on t (x)",
                Again::Ask(Ask::Made("I i".into())),
            ),
            (
                "create index concurrently I on t (x)",
                Again::Ask(Ask::Made("i".into())),
            ),
            (
                "drop index concurrently s.\"I\"",
                Again::Ask(Ask::Gone("s.\"I\"".into())),
            ),
            ("create index concurrently on t (x)", Again::Unknown),
            (
                "alter table t detach partition p concurrently",
                Again::Unknown,
            ),
            ("call p()", Again::Unknown),
            (
                "do $$begin if exists (select) then commit; end if; end$$",
                Again::Unknown,
            ),
        ] {
            let step = step(&format!("{off}{text}"));
            assert_eq!(again(&step.script.statements()[0]), found, "{text}");
        }
    }

    #[test]
    fn what_a_session_keeps_is_set_again() {
        let off = "-- supaproof: transaction: off\n";
        for (text, kept) in [
            ("set statement_timeout = '1h'", true),
            ("set role weak", true),
            (
                "select pg_catalog.set_config('search_path', '', false)",
                true,
            ),
            ("reset all", true),
            ("set local lock_timeout = 1", false),
            ("select 1", false),
            ("create table t ()", false),
        ] {
            let step = step(&format!("{off}{text}"));
            assert_eq!(is_of_session(&step.script.statements()[0]), kept, "{text}");
        }
    }

    #[test]
    fn what_the_ledger_says_is_read() {
        let value = json!({"run": "a", "done": 1, "of": 2, "running": true, "under": "x"});
        let known = Halfway::parse(&value, true).unwrap();
        assert!(known.alive && known.begun());
    }
}
