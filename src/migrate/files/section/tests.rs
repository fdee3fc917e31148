use super::*;
use crate::sql::statements_in;

/// The statements of a section, each with its place.
fn statements(section: &Section) -> Vec<String> {
    let mut found = Vec::new();
    for piece in &section.pieces {
        for statement in statements_in(&section.source, piece.clone()).unwrap() {
            let place = section.source.position(statement.span().start);
            found.push(format!(
                "{}:{} {}",
                place.line,
                place.column,
                statement.text()
            ));
        }
    }
    found
}

/// What a file does, and what undoes it.
fn both(text: &str) -> (Vec<String>, Vec<String>) {
    let sections = sections(&Source::new("1_a.sql", text)).unwrap();
    let back = sections.rollback.as_ref().map(statements);
    (statements(&sections.setup), back.unwrap_or_default())
}

fn refusal(text: &str) -> String {
    let error = sections(&Source::new("1_a.sql", text)).unwrap_err();
    assert_eq!(error.code() as u8, 2);
    assert!(error.help_text().is_some(), "{text}");
    format!("{}: {error}", error.origin().unwrap())
}

#[test]
fn a_rollback_in_comments_is_sql_at_its_place() {
    let (setup, back) = both(
        "\u{feff}-- Author: É\r\ncreate table é (\r\n  a int\r\n);\r\n\r\n-- ROLLBACK:\r\n-- DROP TABLE\r\n--   é;\r\n--drop type x;\r\n-- that's all\r\n",
    );
    assert_eq!(setup, ["2:1 create table é (\r\n  a int\r\n)"]);
    assert_eq!(back, ["7:4 DROP TABLE\r\n     é", "9:3 drop type x"]);
    // On one line, and in lower case.
    let (setup, back) = both("select 1 -- it's\n-- rollback: drop table a; drop table b;");
    assert_eq!(setup, ["1:1 select 1"]);
    assert_eq!(back, ["2:14 drop table a", "2:28 drop table b"]);
    // A second part behind an empty line; a comment inside it stays one.
    let (_, back) =
        both("--ROLLBACK:\n\n-- select 1;\n\n-- don't miss this:\n\n-- -- about 2;\n-- select 2;");
    assert_eq!(back, ["3:4 select 1", "8:4 select 2"]);
}

#[test]
fn a_rollback_may_be_plain_sql() {
    let (setup, back) =
        both("select 1;\n-- ROLLBACK:\n-- first the child\nselect 2; -- x;\nselect 3\n-- y;");
    assert_eq!(setup, ["1:1 select 1"]);
    assert_eq!(back, ["4:1 select 2", "5:1 select 3"]);
}

#[test]
fn words_are_no_rollback() {
    for text in [
        "-- ROLLBACK: see the wiki\nselect 1;\nselect 2;",
        "select 1;\n-- ROLLBACK: not needed\nselect 2;",
        "select 1; -- ROLLBACK:\nselect 2;",
        "-- about ROLLBACK:\nselect 1;\nselect 2",
    ] {
        assert_eq!(both(text).0.len(), 2, "{text}");
        assert!(both(text).1.is_empty());
    }
    let (setup, back) = both("select 1;\n-- ROLLBACK:\n-- don't\n");
    assert_eq!((setup.len(), back.len()), (1, 0));
}

#[test]
fn a_marker_in_a_string_or_dollar_quote_is_text() {
    for marker in [
        "-- ROLLBACK:",
        "-- migrate:down",
        "-- +goose Down",
        "-- +goose nonsense",
    ] {
        for (open, close) in [
            ("'", "'"),
            ("$$", "$$"),
            ("$a$ $$", "$a$"),
            ("/*", "*/ 1"),
            ("\"", "\""),
        ] {
            let text = format!("select {open}\n{marker}\n{close}; select 2");
            let (setup, back) = both(&text);
            assert_eq!((setup.len(), back.len()), (2, 0), "{text}");
        }
    }
}

#[test]
fn dbmate_says_what_is_up_and_down() {
    let (setup, back) =
        both("-- hello\n-- migrate:up\nselect 1;\nselect 2\n--migrate:down\r\nselect 3;");
    assert_eq!(setup, ["3:1 select 1", "4:1 select 2"]);
    assert_eq!(back, ["6:1 select 3"]);
    // Several pairs: what was set up last is taken back first.
    let text = "-- migrate:up\nselect 1\n-- migrate:down\nselect 2\n-- migrate:up transaction:false\nselect 3\n-- migrate:down\nselect 4";
    assert_eq!(
        both(text),
        (
            vec!["2:1 select 1".into(), "6:1 select 3".into()],
            vec!["8:1 select 4".into(), "4:1 select 2".into()]
        )
    );
    let sections = sections(&Source::new("a", text)).unwrap();
    assert!(sections.setup.no_transaction && !sections.rollback.unwrap().no_transaction);
    // Whatever the case.
    let text = "-- Migrate:Up\nselect 1;\n-- MIGRATE:DOWN\nselect 2;";
    assert_eq!(both(text).1, ["4:1 select 2"]);
    assert_eq!(both("-- migrate: up there is a word\nselect 1").0.len(), 1);
}

#[test]
fn goose_says_what_is_up_and_down() {
    let text = "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\ncreate function f() returns int language sql as $$ select 1; $$;\n-- +goose StatementEnd\nselect 1\n-- +goose down\nselect 2;";
    let (setup, back) = both(text);
    assert_eq!(setup.len(), 2);
    assert_eq!(back, ["8:1 select 2"]);
    let sections = sections(&Source::new("a", text)).unwrap();
    assert!(sections.setup.no_transaction && sections.rollback.unwrap().no_transaction);
    assert_eq!(both("-- +goose Up\nselect 1").1.len(), 0);
}

#[test]
fn sql_migrate_and_micrate_are_read_like_goose() {
    let text = "-- +migrate Up notransaction\n-- +migrate StatementBegin\nselect 1;\n-- +migrate StatementEnd\n-- +migrate Down\nselect 2;";
    assert_eq!(
        both(text),
        (vec!["3:1 select 1".into()], vec!["6:1 select 2".into()])
    );
    let sections = sections(&Source::new("a", text)).unwrap();
    assert!(sections.setup.no_transaction && !sections.rollback.unwrap().no_transaction);
    let text = "-- +micrate Up\nselect 1;\n-- +micrate Down\nselect 2;";
    assert_eq!(both(text).1, ["4:1 select 2"]);
}

#[test]
fn node_pg_migrate_and_tern_mark_a_rollback() {
    for (up, down) in [
        ("-- Up Migration", "-- Down Migration"),
        ("-- a table", "--- DOWN MIGRATION ---"),
        ("-- a table", "---- create above / drop below ----"),
    ] {
        let (setup, back) = both(&format!("{up}\nselect 1;\n{down}\nselect 2;"));
        assert_eq!(
            (setup, back),
            (vec!["2:1 select 1".into()], vec!["4:1 select 2".into()]),
            "{down}"
        );
    }
}

/// What somebody may take for a marker.
const ALIKE: [&str; 20] = [
    "-- DOWN",
    "-- down",
    "--down:",
    "-- Down:",
    "-- ROLLBACK",
    "-- Rollback Script",
    "-- ROLLBACK: drop",
    "-- Rollback: the following takes it back",
    "/* ROLLBACK: */",
    "/*\n * ROLLBACK\n */",
    "-- ==== ROLLBACK ====",
    "-- ROLLBACK: ----------",
    "-- =====\n-- DOWN\n-- =====",
    "-- migrate: down",
    "-- //@UNDO",
    "-- !Downs",
    "-- 2. Roll back",
    "-- Rollback migration 003",
    "-- Revert",
    "-- DOWN\n-- takes the table away",
];

#[test]
fn what_looks_like_a_marker_is_refused_where_sql_stands_behind_it() {
    for mark in ALIKE {
        for (before, behind) in [
            ("create table q ();\n", "\ndrop table q;\n"),
            (
                "-- a table\ncreate table q (); -- q\n\n",
                "\n\n-- gone\ndrop table q",
            ),
            ("-- UP\ncreate table q ();\n", "\r\ndrop table q;"),
            ("-- UP\n", "\ndrop table q;"),
            ("-- migrate:up\ncreate table q ();\n", "\ndrop table q;"),
            (
                "-- +goose Up\ncreate table q ();\n",
                "\ndrop table q;\n-- +goose Down\ndrop table q;",
            ),
            (
                "create table q ();\n",
                "\ndrop table q;\n-- ROLLBACK:\ndrop table q;",
            ),
        ] {
            let text = format!("{before}{mark}{behind}");
            let line = before.matches('\n').count() + 1 + usize::from(mark.starts_with("-- ="));
            let line = line - usize::from(mark.contains("==== R"));
            let refusal = refusal(&text);
            let wanted = format!("1_a.sql:{line}:1: `");
            assert!(refusal.starts_with(&wanted), "{text}: {refusal}");
            assert!(
                refusal.contains("looks like the beginning of a rollback"),
                "{text}: {refusal}"
            );
        }
        // Nothing that could run behind it; inside of a statement; behind the real marker.
        for (text, setup, back) in [
            (
                format!("create table q ();\n{mark}\n-- drop table q\n"),
                1,
                0,
            ),
            (
                format!("insert into q values\n-- up\n(1),\n{mark}\n(2);"),
                1,
                0,
            ),
            (
                format!("select 1;\n-- ROLLBACK:\nselect 2;\n{mark}\nselect 3;")
                    .replace("-- ROLLBACK: -", "-- -"),
                1,
                2,
            ),
            (
                format!("-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n{mark}\nselect 3;"),
                1,
                2,
            ),
            (format!("select '\n{mark}\n'; select $$\n{mark}\n$$;"), 2, 0),
        ] {
            let found = both(&text);
            assert_eq!((found.0.len(), found.1.len()), (setup, back), "{text}");
        }
    }
    // A marker of our own in a file of dbmate, too.
    let refusal = refusal("-- migrate:up\nselect 1;\n-- ROLLBACK:\nselect 2;");
    assert!(
        refusal.starts_with("1_a.sql:3:1: `-- ROLLBACK:` looks"),
        "{refusal}"
    );
}

#[test]
fn sentences_are_no_markers() {
    for words in [
        "-- rollback is not needed here",
        "-- Rollback is not needed here.",
        "-- no rollback",
        "-- Rollback: none",
        "-- ROLLBACK: not possible, see the wiki",
        "-- scale it down",
        "-- down from 10 to 5 shops",
        "-- Breakdown",
        "-- migrate: the shops move",
        "-- Migrate the shops",
        "-- up to here it was easy",
        "-- if this fails, the deploy has to\n-- rollback",
        "-- Roll back.",
        "-- undo log",
        "/* The rollback is in 003. */",
        "-- downloads",
        "-- back up",
        "-- step 2",
    ] {
        let text = format!("create table q ();\n{words}\ndrop table q;");
        assert_eq!(
            both(&text),
            (
                vec![
                    "1:1 create table q ()".into(),
                    format!("{}:1 drop table q", 2 + words.lines().count())
                ],
                vec![]
            ),
            "{words}"
        );
    }
    // The title of a migration that takes back an earlier one.
    for title in [
        "-- Rollback",
        "-- Revert migration 003",
        "/* Undo */",
        "-- Rollback: the shops",
    ] {
        let text = format!("-- a file\n{title}\n\ndrop table q;\ndrop table r;");
        assert_eq!(both(&text).0.len(), 2, "{title}");
    }
}

#[test]
fn markers_in_the_wrong_order_are_refused_with_their_line() {
    for (text, words) in [
        (
            "-- migrate:down\nselect 1\n-- migrate:up",
            "1_a.sql:1:1: a migrate:down stands here without",
        ),
        (
            "-- migrate:up\n-- migrate:down\n-- migrate:down",
            "1_a.sql:3:1: a migrate:down",
        ),
        (
            "select 1;\n-- migrate:up",
            "1_a.sql:1:1: SQL stands before the file's first migrate: marker",
        ),
        (
            "-- migrate:up transaction:off",
            "1_a.sql:1:1: `transaction:off` is no option",
        ),
        (
            "-- migrate:up\n-- +goose Down",
            "1_a.sql:2:1: the file has markers of dbmate and of goose",
        ),
        (
            "\n-- +goose Down\n-- +goose Up",
            "1_a.sql:2:1: +goose Down stands before",
        ),
        (
            "select 1;\n-- +goose Up",
            "1_a.sql:1:1: SQL stands before the file's first +goose Up",
        ),
        (
            "-- +goose Up\n-- +goose Up",
            "1_a.sql:2:1: there is a second +goose Up",
        ),
        (
            "-- +goose Up\n-- +goose Down\n-- +goose Down",
            "1_a.sql:3:1: there is a second +goose Down",
        ),
        (
            "-- +goose NO TRANSACTION\nselect 1",
            "1_a.sql:1:1: the file has no +goose Up",
        ),
        (
            "-- +goose StatementBegin\n-- +goose Up",
            "1_a.sql:1:1: a StatementBegin",
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down",
            "1_a.sql:3:1: a section begins between",
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\nselect 1",
            "1_a.sql:2:1: this StatementBegin has no",
        ),
        (
            "-- +goose Up\n-- +goose StatementEnd",
            "1_a.sql:2:1: a StatementEnd",
        ),
        (
            "-- +goose Up\n-- +goose ENVSUB ON",
            "1_a.sql:2:1: supaproof does not know the marker `+goose ENVSUB ON`",
        ),
        (
            "-- ROLLBACK:\n-- ROLLBACK:",
            "1_a.sql:2:1: there is a second marker of a rollback",
        ),
        (
            "-- Down Migration\nselect 1;\n-- Up Migration\nselect 2;",
            "1_a.sql:3:1: what the migration does stands behind what undoes it",
        ),
        (
            "-- migrate:up\n-- migrate:dwon",
            "1_a.sql:2:1: there is no marker `migrate:dwon`",
        ),
        (
            "select 1;\n-- migrate:upward is a word",
            "1_a.sql:2:1: there is no marker `migrate:upward`",
        ),
        (
            "-- +migrate Up\n-- +migrate Dwon",
            "1_a.sql:2:1: supaproof does not know the marker `+migrate Dwon`",
        ),
        (
            "-- +migrate Up\n-- +goose Down",
            "1_a.sql:2:1: the file has markers of sql-migrate and of goose",
        ),
        (
            "select 1;\n-- ROLLBACK:\n-- drop table a;\nselect 2;",
            "1_a.sql:4:1: SQL stands behind a rollback",
        ),
    ] {
        let refusal = refusal(text);
        assert!(refusal.starts_with(words), "{text}: {refusal}");
    }
}

/// SQL that a splitter may stumble over. Each begins with a word and has no semicolon of its own at its end.
const STATEMENTS: [&str; 9] = [
    "select 1",
    "select ';', '\n-- ROLLBACK:\n', 'it''s'",
    "do $$ begin\n-- migrate:down\nnull; end $$",
    "select $a$\n-- +goose Down\n$$;$a$",
    "select /* ; /* ' */ ; */ 2",
    "select E'\\';\\\\', \"a;\"\"b\" -- it's;\n from é",
    "create rule r as on insert to t do also (select 1; select 2)",
    "create function f() returns int begin atomic select 1; select 2; end",
    "select U&'\\00e9;', '', B'1', 1.5e3 -- $$\n, $1",
];

const WORDS: [&str; 4] = ["", "-- it's; a note\n", "/* ; ' */\n", ";;\n"];

proptest::proptest! {
    #[test]
    fn splitting_loses_no_byte(
        there in proptest::collection::vec((0..STATEMENTS.len(), 0..WORDS.len()), 0..5),
        back in proptest::collection::vec((0..STATEMENTS.len(), 0..WORDS.len()), 1..5),
        form in 0..5,
        crlf: bool,
        bom: bool,
        closed: bool,
    ) {
        let line_end = |text: String| if crlf { text.replace('\n', "\r\n") } else { text };
        let written = |list: &[(usize, usize)], words: bool| -> String {
            list.iter()
                .map(|&(s, w)| format!("{}{};\n", if words { WORDS[w] } else { "" }, STATEMENTS[s]))
                .collect()
        };
        let up = written(&there, true);
        let down = written(&back, true);
        let mut text = match form {
            0 => up,
            1 => format!("{up}-- ROLLBACK:\n/* by hand */\n{down}"),
            2 => {
                let lines = written(&back, false);
                let lines: String = lines.lines().map(|line| format!("-- {line}\n")).collect();
                format!("{up}-- ROLLBACK:\n{lines}")
            }
            3 => format!("-- migrate:up\n{up}-- migrate:down\n{down}"),
            _ => format!("-- +goose Up\n{up}-- +goose Down\n{down}"),
        };
        // A comment in which SQL stands is SQL only with its semicolon.
        if !closed && form != 2 {
            text.truncate(text.trim_end_matches([';', '\n']).len());
        }
        let text = line_end(format!("{}{text}", if bom { "\u{feff}" } else { "" }));
        let source = Source::new("1_a.sql", text.as_str());
        let found = sections(&source).unwrap();

        let mut end = 0;
        let mut texts = |section: &Section| {
            let mut texts = Vec::new();
            for piece in &section.pieces {
                for statement in statements_in(&section.source, piece.clone()).unwrap() {
                    let span = statement.span();
                    // Between statements are comments, white space and semicolons only.
                    let between = text[end..span.start].trim_start_matches('\u{feff}');
                    assert!(tokens(between).all(|token| token.is_symbol(";")), "{between:?}");
                    assert_eq!(section.source.text().len(), text.len());
                    end = span.end;
                    texts.push(statement.text().to_owned());
                }
            }
            texts
        };
        let wanted = |list: &[(usize, usize)], indent: &str| -> Vec<String> {
            list.iter()
                .map(|&(s, _)| line_end(STATEMENTS[s].replace('\n', &format!("\n{indent}"))))
                .collect()
        };
        assert_eq!(texts(&found.setup), wanted(&there, ""));
        match (&found.rollback, form) {
            (None, form) => assert_eq!(form, 0),
            (Some(section), 2) => assert_eq!(texts(section), wanted(&back, "   ")),
            (Some(section), _) => assert_eq!(texts(section), wanted(&back, "")),
        }
        assert!(tokens(&text[end..]).all(|token| token.is_symbol(";")));
    }
}
