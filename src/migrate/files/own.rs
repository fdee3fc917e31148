//! A file that begins and ends a transaction by itself.

use super::section::Section;
use crate::error::{Error, ExitCode};
use crate::source::Source;
use crate::sql::{Statement, Transaction, runs_outside_transaction, transaction_control};

/// Takes a file's own BEGIN and COMMIT out of what is sent, where they are around all that it does: each file has a
/// transaction anyway, and that one has the ledger's row in it too. Spaces stand in their place, so that each byte stays
/// where it is.
///
/// # Errors
///
/// Exit code 5, with the line, where the file means anything else: a COMMIT of its own would end ours before the ledger has
/// its row.
pub(super) fn unwrap(
    section: &mut Section,
    statements: &mut Vec<Statement>,
    counts: &mut [usize],
    transactional: bool,
) -> Result<(), Error> {
    let leaving: Vec<(usize, Transaction)> = statements
        .iter()
        .enumerate()
        .filter(|(_, statement)| !runs_outside_transaction(statement))
        .filter_map(|(at, statement)| Some((at, transaction_control(statement)?)))
        .filter(|(_, control)| control.leaves())
        .collect();
    if leaving.is_empty() {
        return Ok(());
    }
    if let Some((at, help)) = culprit(&leaving, statements, transactional) {
        return Err(refused(&statements[at], help));
    }
    let mut text = section.source.text().to_owned();
    for at in [statements.len() - 1, 0] {
        let span = statements.remove(at).span();
        let blank: String = text[span.clone()]
            .chars()
            .map(|c| if c.is_ascii_whitespace() { c } else { ' ' })
            .collect();
        text.replace_range(span, &blank);
    }
    section.source = Source::new(section.source.path(), text);
    // The first and the last piece that have any statement.
    if let Some(count) = counts.iter_mut().find(|count| **count > 0) {
        *count -= 1;
    }
    if let Some(count) = counts.iter_mut().rev().find(|count| **count > 0) {
        *count -= 1;
    }
    Ok(())
}

/// The statement that cannot be, and what to do about it; none where a plain BEGIN and a plain COMMIT are around all.
fn culprit(
    leaving: &[(usize, Transaction)],
    statements: &[Statement],
    transactional: bool,
) -> Option<(usize, &'static str)> {
    use Transaction::{Begin, Commit, Rollback};
    let (first, control) = leaving[0];
    if !transactional {
        return Some((
            first,
            "the file runs statement by statement, each committed by itself: remove its BEGIN and COMMIT, or give what \
             belongs together a file of its own",
        ));
    }
    let second = leaving.get(1).copied();
    Some(match (control, second) {
        (Begin, _) if first > 0 => (
            first,
            "make BEGIN the first statement and COMMIT the last, or remove both",
        ),
        (Begin, _) if !plain(&statements[first]) => (
            first,
            "write BEGIN alone, or remove it with its COMMIT: supaproof begins each file at isolation level read committed",
        ),
        (Begin, None) => (first, "end the file with COMMIT, or remove the BEGIN"),
        (Begin, Some((at, Begin))) => (at, "remove the second BEGIN, or make it a SAVEPOINT"),
        (Begin, Some((at, Rollback))) => (
            at,
            "a migration is applied whole or not at all: remove the ROLLBACK, or use SAVEPOINT and ROLLBACK TO",
        ),
        (Begin, Some((at, Commit))) if at + 1 < statements.len() => (
            at,
            "a file is one transaction: give what stands behind the COMMIT a migration of its own",
        ),
        (Begin, Some((at, Commit))) if !plain(&statements[at]) => (at, "write COMMIT alone"),
        (Begin, Some((_, Commit))) => return None,
        (Begin, Some((at, _))) => (at, "remove it: nobody would end the prepared transaction"),
        _ => (
            first,
            "remove it, or let the file begin with BEGIN and end with COMMIT",
        ),
    })
}

/// Whether it is the mere word, perhaps with its noise: `BEGIN WORK`, `START TRANSACTION`, `END`.
fn plain(statement: &Statement) -> bool {
    let noise = |word: &&str| !["work", "transaction"].contains(word);
    let words: Vec<String> = statement
        .tokens()
        .map(|token| token.text.to_ascii_lowercase())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(noise).collect();
    matches!(words.as_slice(), ["begin" | "start" | "commit" | "end"])
}

fn refused(statement: &Statement, help: &str) -> Error {
    Error::new(
        ExitCode::Sql,
        format!("{} begins or ends a transaction by itself", statement.first_line(30)),
    )
    .at(statement.origin())
    .note("supaproof runs each file in a transaction of its own, together with its line in the ledger")
    .help(help)
}

#[cfg(test)]
mod tests {
    use super::super::Migrations;
    use super::super::fixture::{migrations, suite};

    /// What is sent of a file, and how many statements it is.
    fn sent(text: &str) -> (String, usize) {
        let all = migrations(&[("1_a.sql", text)]);
        let setup = &all.list()[0].setup;
        assert!(setup.transactional());
        let sent: Vec<&str> = setup.pieces().map(|piece| piece.text).collect();
        assert_eq!(
            setup.pieces().map(|piece| piece.count).sum::<usize>(),
            setup.statements().len()
        );
        (sent.concat(), setup.statements().len())
    }

    #[test]
    fn a_transaction_around_all_is_left_out() {
        for (text, wanted, count) in [
            (
                "BEGIN;\nselect 1;\nCOMMIT;\n",
                "     ;\nselect 1;\n      ;\n",
                1,
            ),
            (
                "-- é\nbegin\nwork; select 1; end transaction -- done",
                "-- é\n     \n    ; select 1;                 -- done",
                1,
            ),
            (
                "start transaction;select 1;select 2;commit work",
                "                 ;select 1;select 2;           ",
                2,
            ),
            ("begin; commit", "     ;       ", 0),
            (
                "begin; savepoint a; rollback to a; do $$begin commit; end$$; commit;",
                "     ; savepoint a; rollback to a; do $$begin commit; end$$;       ;",
                3,
            ),
        ] {
            assert_eq!(sent(text), (wanted.to_owned(), count), "{text}");
        }
    }

    #[test]
    fn both_directions_of_a_file_may_have_one() {
        let all = migrations(&[(
            "1_a.sql",
            "begin;\ncreate table a ();\ncommit;\n-- ROLLBACK:\n-- begin;\n-- drop table a;\n-- commit;\n",
        )]);
        let migration = &all.list()[0];
        assert_eq!(migration.setup.statements().len(), 1);
        let rollback = migration.rollback.as_ref().unwrap();
        assert_eq!(rollback.statements().len(), 1);
        assert_eq!(
            rollback.statements()[0].origin().to_string(),
            "sql/shop/1_a.sql:6:4"
        );
    }

    #[test]
    fn anything_else_is_refused_with_its_line_and_what_to_do() {
        for (text, place, word, help) in [
            (
                "select 1;\nCOMMIT;\nselect 2",
                "2:1",
                "COMMIT",
                "let the file begin with BEGIN",
            ),
            (
                "begin;\nselect 1",
                "1:1",
                "begin",
                "end the file with COMMIT",
            ),
            (
                "begin;\nselect 1;\ncommit;\nselect 2",
                "3:1",
                "commit",
                "behind the COMMIT",
            ),
            (
                "begin;\nselect 1;\ncommit;\nbegin;\nselect 2;\ncommit",
                "3:1",
                "commit",
                "behind the COMMIT",
            ),
            (
                "select 1;\nbegin;\nselect 2;\ncommit",
                "2:1",
                "begin",
                "the first statement",
            ),
            (
                "begin;\nselect 1;\nrollback",
                "3:1",
                "rollback",
                "whole or not at all",
            ),
            ("begin;\nbegin;\ncommit", "2:1", "begin", "the second BEGIN"),
            (
                "begin isolation level serializable;\nselect 1;\ncommit",
                "1:1",
                "begin isolation level serializ…",
                "write BEGIN alone",
            ),
            (
                "begin;\nselect 1;\ncommit and chain",
                "3:1",
                "commit and chain",
                "write COMMIT alone",
            ),
            (
                "begin;\nselect 1;\nprepare transaction 'x'",
                "3:1",
                "prepare transaction 'x'",
                "nobody would end",
            ),
            (
                "begin;\ncreate index concurrently i on t (a);\ncommit",
                "1:1",
                "begin",
                "statement by statement",
            ),
            (
                "-- supaproof: transaction: off\nbegin;\nselect 1;\ncommit",
                "2:1",
                "begin",
                "statement by statement",
            ),
        ] {
            let error = Migrations::from_suite(&suite(&[("1_a.sql", text)])).unwrap_err();
            assert_eq!(
                format!("{}: {error}", error.origin().unwrap()),
                format!("sql/shop/1_a.sql:{place}: {word} begins or ends a transaction by itself"),
                "{text}"
            );
            assert!(
                error.help_text().unwrap().contains(help),
                "{text}: {:?}",
                error.help_text()
            );
            assert_eq!(error.code() as u8, 5);
        }
    }
}
