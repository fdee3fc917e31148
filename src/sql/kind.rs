//! What kind of statement it is, as far as sending it depends on that.

use super::statement::Statement;
use super::token::TokenKind;

/// The keywords that a statement begins with, in upper case, at most `count`: everything up to the first token that
/// is a quoted name, a symbol or a constant.
pub fn leading_words(statement: &Statement, count: usize) -> Vec<String> {
    statement
        .tokens()
        .take_while(|token| token.kind == TokenKind::Word)
        .take(count)
        .map(|token| token.text.to_ascii_uppercase())
        .collect()
}

/// What a statement does to the transaction around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transaction {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `PREPARE TRANSACTION`, which ends the transaction of the session too.
    Prepare,
    /// `COMMIT PREPARED`, `ROLLBACK PREPARED`.
    Prepared,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`: they stay inside the transaction.
    Savepoint,
}

impl Transaction {
    /// Whether it begins or ends a transaction, so that it cannot run inside one of ours.
    pub fn leaves(self) -> bool {
        self != Self::Savepoint
    }
}

/// What the statement does to the transaction around it, if anything.
pub fn transaction_control(statement: &Statement) -> Option<Transaction> {
    let words = leading_words(statement, 4);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words.as_slice() {
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Transaction::Begin,
        ["COMMIT" | "ROLLBACK", "PREPARED", ..] => Transaction::Prepared,
        ["PREPARE", "TRANSACTION", ..] => Transaction::Prepare,
        ["COMMIT" | "END", ..] => Transaction::Commit,
        ["ROLLBACK", "TO", ..] | ["ROLLBACK", "WORK" | "TRANSACTION", "TO", ..] => {
            Transaction::Savepoint
        }
        ["ROLLBACK" | "ABORT", ..] => Transaction::Rollback,
        ["SAVEPOINT" | "RELEASE", ..] => Transaction::Savepoint,
        _ => return None,
    })
}

/// Whether the statement is transaction control of any kind, savepoints included.
pub fn is_transaction_control(statement: &Statement) -> bool {
    transaction_control(statement).is_some()
}

/// Whether the server refuses the statement inside a transaction block.
///
/// Source: the calls of `PreventInTransactionBlock` in Postgres 15 to 18. Where the server decides by what it finds
/// (REINDEX of a partitioned table), the answer here is no.
pub fn runs_outside_transaction(statement: &Statement) -> bool {
    let words = leading_words(statement, 5);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has = |word: &str| statement.tokens().any(|token| token.is_word(word));
    match words.as_slice() {
        ["CREATE", "INDEX", "CONCURRENTLY", ..]
        | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..]
        | ["DROP", "INDEX", "CONCURRENTLY", ..]
        | ["VACUUM", ..]
        | ["ALTER", "SYSTEM", ..]
        | ["CREATE" | "DROP", "DATABASE" | "TABLESPACE", ..]
        | ["COMMIT" | "ROLLBACK", "PREPARED", ..]
        | ["DISCARD", "ALL", ..] => true,
        ["REINDEX", ..] => {
            // Of the whole: `REINDEX (VERBOSE) DATABASE x`; the words behind the options do not lead.
            let mut names = statement.tokens().skip(1).skip_while(|token| {
                token.is_symbol("(")
                    || token.is_symbol(")")
                    || token.is_symbol(",")
                    || token.kind == TokenKind::Number
                    || [
                        "concurrently",
                        "verbose",
                        "tablespace",
                        "true",
                        "false",
                        "on",
                        "off",
                    ]
                    .iter()
                    .any(|option| token.is_word(option))
            });
            has("concurrently")
                || names.next().is_some_and(|token| {
                    ["database", "system", "schema"]
                        .iter()
                        .any(|whole| token.is_word(whole))
                })
        }
        // All tables: `CLUSTER`, `CLUSTER VERBOSE`, `CLUSTER (VERBOSE)`.
        ["CLUSTER"] | ["CLUSTER", "VERBOSE"] => {
            let last = statement.tokens().last();
            statement.tokens().count() == words.len()
                || statement
                    .tokens()
                    .nth(1)
                    .is_some_and(|token| token.is_symbol("("))
                    && last.is_some_and(|token| token.is_symbol(")"))
        }
        ["ALTER", "TABLE", ..] => has("detach") && has("concurrently"),
        ["ALTER", "DATABASE", ..] => {
            let tokens: Vec<_> = statement.tokens().skip(3).take(2).collect();
            matches!(tokens.as_slice(), [set, what] if set.is_word("set") && what.is_word("tablespace"))
        }
        ["CREATE", "SUBSCRIPTION", ..] => {
            !(option_is_off(statement, "create_slot") || option_is_off(statement, "connect"))
        }
        ["DROP", "SUBSCRIPTION", ..] => true,
        // The last two change the slot on the publisher, from 17 and 18 on.
        ["ALTER", "SUBSCRIPTION", ..] => ["refresh", "publication", "failover", "two_phase"]
            .into_iter()
            .any(has),
        _ => false,
    }
}

/// Whether a `WITH (name = false)` option is there.
fn option_is_off(statement: &Statement, name: &str) -> bool {
    let tokens: Vec<_> = statement.tokens().collect();
    tokens.windows(3).any(|three| {
        three[0].is_word(name)
            && three[1].is_symbol("=")
            && ["false", "off", "0", "'false'", "'off'"]
                .contains(&three[2].text.to_ascii_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::sql::statements;

    fn only(sql: &str) -> Statement {
        statements(&Source::new("a.sql", sql)).unwrap().remove(0)
    }

    #[test]
    fn leading_words_stop_at_the_first_symbol() {
        assert_eq!(
            leading_words(&only("/* x */ create -- y\n Unique index on t(a)"), 9),
            ["CREATE", "UNIQUE", "INDEX", "ON", "T"]
        );
        assert_eq!(leading_words(&only("\"create\" x"), 2).len(), 0);
    }

    #[test]
    fn transaction_control_is_recognised() {
        let of = |sql: &str| transaction_control(&only(sql));
        assert_eq!(
            of("begin isolation level serializable"),
            Some(Transaction::Begin)
        );
        assert_eq!(of("start transaction"), Some(Transaction::Begin));
        assert_eq!(of("END"), Some(Transaction::Commit));
        assert_eq!(of("commit and chain"), Some(Transaction::Commit));
        assert_eq!(of("abort"), Some(Transaction::Rollback));
        assert_eq!(
            of("rollback work to savepoint a"),
            Some(Transaction::Savepoint)
        );
        assert_eq!(of("rollback prepared 'x'"), Some(Transaction::Prepared));
        assert_eq!(of("prepare transaction 'x'"), Some(Transaction::Prepare));
        assert_eq!(of("prepare x as select 1"), None);
        assert!(is_transaction_control(&only("savepoint a")));
        assert!(!is_transaction_control(&only("do $$ begin end $$")));
    }

    #[test]
    fn statements_that_run_alone_are_recognised() {
        for sql in [
            "create index concurrently on t (a)",
            "create unique index concurrently if not exists i on t (a)",
            "drop index concurrently i",
            "reindex (verbose, concurrently) table t",
            "reindex table concurrently t",
            "reindex database d",
            "reindex (verbose) schema s",
            "vacuum",
            "vacuum (full) t",
            "alter system set a = 1",
            "create database d",
            "drop tablespace s",
            "alter database \"d\" set tablespace s",
            "alter table t detach partition p concurrently",
            "cluster",
            "cluster verbose",
            "cluster (verbose)",
            "alter subscription s refresh publication",
            "alter subscription s set (failover = true)",
            "drop subscription s",
            "commit prepared 'x'",
            "create subscription s connection '' publication p",
            "discard all",
        ] {
            assert!(runs_outside_transaction(&only(sql)), "{sql}");
        }
        for sql in [
            "create index concurrentlyx on t (a)",
            "refresh materialized view concurrently v",
            "reindex table t",
            "reindex index database_idx",
            "cluster t",
            "cluster \"t\"",
            "cluster (verbose) t",
            "alter subscription s disable",
            "alter database d set search_path = ''",
            "alter table t detach partition p",
            "create subscription s connection '' publication p with (connect = false)",
            "alter type e add value 'x'",
            "create table vacuum ()",
        ] {
            assert!(!runs_outside_transaction(&only(sql)), "{sql}");
        }
    }
}
