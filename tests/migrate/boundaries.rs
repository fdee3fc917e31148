//! Statement boundaries: the server's own count of replies is the judge.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use supaproof::source::Source;
use supaproof::sql::{Statement, dollar_quote, quote_ident, quote_literal, statements};
use supaproof::target::{Event, Target, TargetError};

use crate::cluster::Cluster;
use crate::door::Door;

/// How many CommandComplete replies the server sends for a text; none where it refuses it as SQL.
///
/// Goes out behind a statement of ours, since a text without any gets another kind of reply.
async fn server_count(door: &mut Door, text: &str) -> Option<usize> {
    let mut count = 0;
    let script = format!("begin;{}\n;rollback", text.trim_start_matches('\u{feff}'));
    let result = door
        .run(&script, &mut |event| {
            count += usize::from(matches!(event, Event::Completed { .. }))
        })
        .await;
    match result {
        Ok(()) => Some(count - 2),
        Err(TargetError::Server(server)) => {
            door.run("rollback", &mut |_| {}).await.unwrap();
            // Refused at run time: what completed before, and the one that failed, are statements.
            (count > 0)
                .then_some(count)
                .filter(|_| server.sqlstate != "42601")
        }
        Err(other) => panic!("{other}"),
    }
}

fn split(text: &str) -> Vec<Statement> {
    statements(&Source::new("a.sql", text)).unwrap()
}

/// Between statements there are only semicolons, space and comments: no byte is lost.
fn gaps_are_empty(text: &str, found: &[Statement]) {
    let mut at = 0;
    for statement in found {
        let gap = &text[at..statement.span().start];
        assert!(split(gap).is_empty(), "{gap:?} in {text:?}");
        at = statement.span().end;
    }
    assert!(split(&text[at..]).is_empty(), "{text:?}");
}

/// Texts and how many statements they are.
const CORPUS: &[(&str, usize)] = &[
    ("", 0),
    (";;", 0),
    ("; -- it's nothing\n ; /* here; /* nor ; */ */ ;", 0),
    ("select 1", 1),
    ("\u{feff}select 1;\r\nselect 2;\r\n", 2),
    ("select ';', 'it''s;', ';''', ''';'", 1),
    ("select E'\\';', E'\\\\', ';' ; select 2", 2),
    ("select E'a'\n'\\';' ; select 2", 2),
    ("select E'a' -- it's\n  -- two\n '\\'; ' ; select 2", 2),
    ("select 'a'\n'b\\'; select 2", 2),
    (
        "select U&'\\0061;' uescape '!', U&\"d\\0061;\" from (select 1 as data) as x (\"da;\")",
        1,
    ),
    ("select N'a;b', B'01', X'1f'; select 2", 2),
    ("select $$;$$, $a$;$$;$b$;$a$, $_é1$;$_é1$ ; select 2", 2),
    (
        "do $body$ begin execute $q$select ';'$q$; perform $$x;$$; end $body$; select 2",
        2,
    ),
    ("select $a$ $ab$ $b$a$; select 2", 2),
    ("select 1 as a$b$; select 2 as c$b$", 2),
    ("select 1 as \"a;\"\"b;\" ; select 2", 2),
    ("select 2*/*;*/3, 4-/*;*/-5, 6 +--;\n 7; select 2", 2),
    ("select 1 /* /* */ ; */ ; select 2 -- end;", 2),
    (
        "select '--;', '/*;' ; select 2 /* '; */ -- '\n; select 3",
        3,
    ),
    (
        "create table t (x int); create rule r as on insert to t do also (select 1; select (2); ); select 3",
        3,
    ),
    (
        "create table t (x int); create or replace rule r as on delete to t do instead nothing; select 3",
        3,
    ),
    (
        "create table s (x int); create function f(a int) returns int begin atomic select case when a > 1 then 1 \
         else case when true then 2 end end; select a as end; select 1 end; end; select f(1)",
        3,
    ),
    ("create procedure p() begin atomic end; call p()", 2),
    (
        "create procedure p() language sql begin atomic; ; select 1; end; select 2",
        2,
    ),
    (
        "create function begin(atomic int) returns int language sql return atomic; select begin(1)",
        2,
    ),
    (
        "create domain atomic as int; create function f(begin atomic) returns int language sql as 'select 1;'; select 2",
        3,
    ),
    (
        "create schema s create table a (x int) create view v as select 1; select 2",
        2,
    ),
    ("prepare q as select 1; execute q; deallocate q", 3),
    ("declare c cursor for select 1; fetch c; close c", 3),
    ("explain select 1; select 2", 2),
    ("savepoint a; rollback to a; release a", 3),
    ("set local search_path = ''; show search_path", 2),
    ("select 1;\u{c}\tselect 2;\n", 2),
    ("select 'é;ü' as \"日;本\" -- 語;\n; select 2", 2),
    ("values (1), (2); table pg_temp.x", 2),
];

#[tokio::test]
async fn the_corpus_counts_as_the_server_counts_it() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    for (text, wanted) in CORPUS {
        let found = split(text);
        assert_eq!(found.len(), *wanted, "ours of {text:?}: {found:?}");
        assert_eq!(
            server_count(&mut door, text).await,
            Some(*wanted),
            "the server's of {text:?}"
        );
        gaps_are_empty(text, &found);
    }
}

/// Pieces that mean little alone; glued together they make odd texts.
const PIECES: &[&str] = &[
    "select 1",
    "select ",
    "'a'",
    "'a;b'",
    "'it''s'",
    "E'\\''",
    "E'a;\\\\'",
    "\n",
    "\r\n",
    " ",
    "'\\'",
    "U&'a;'",
    "$$;$$",
    "$a$;$$;$a$",
    "$a$",
    "$$",
    "-- c;'\n",
    "--",
    "/* ; */",
    "/*/* ' */ ; */",
    "/*",
    "*/",
    "*",
    "/",
    "-",
    "+",
    "1",
    "a",
    "\"b;\"",
    "\"c\"\"d\"",
    ",",
    ";",
    ";;",
    "(",
    ")",
    "é",
    "$1",
    "b$c$",
    "::text",
    "||",
    " as x",
    "N'n;'",
    "x'0f'",
    "create table t ()",
    "case when true then 1 end",
    "create rule r as on insert to pg_temp.t do also (select 1; select 2)",
    "create function f() returns int begin atomic select 1; end",
    "begin atomic",
    "end",
    "'",
    "\"",
    "u&\"q;\"",
    "\t",
];

#[test]
fn glued_pieces_count_as_the_server_counts_them() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cluster = runtime.block_on(Cluster::start());
    let mut door = runtime.block_on(cluster.door());
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 0..14);
    // Whole statements between odd pieces, so that the server accepts a good part of the texts.
    let friendly = proptest::collection::vec(
        (
            proptest::sample::select(vec![
                "select 'a;'",
                "select E'\\';'",
                "select E'x'\n'\\''",
                "select $q$;'$q$",
                "select 1 as \"a;\"",
                "select 2*/*;*/3",
                "values (1)",
                "do $$ begin end $$",
                "create function pg_temp.f() returns int begin atomic select 1 as end; end",
                "",
                "select 'x'\n'y\\'",
                "select 4 -- ;\n",
                "/* ; */",
                "-- '\n",
            ]),
            proptest::sample::select(vec![
                ";",
                ";;",
                " ; ",
                ";\n",
                ";/*;*/",
                "; -- ;'\n",
                "\r\n;",
            ]),
        )
            .prop_map(|(statement, end)| format!("{statement}{end}")),
        0..8,
    );
    let text = prop_oneof![
        pieces.prop_map(|pieces| pieces.concat()),
        friendly.prop_map(|pieces| pieces.concat())
    ];
    let mut runner = TestRunner::new(Config {
        cases: 1500,
        failure_persistence: None,
        ..Config::default()
    });
    let door = std::sync::Mutex::new(&mut door);
    let compared = std::sync::atomic::AtomicUsize::new(0);
    runner
        .run(&text, |text| {
            let Ok(found) = statements(&Source::new("a.sql", text.clone())) else {
                return Ok(());
            };
            gaps_are_empty(&text, &found);
            let mut door = door.lock().unwrap();
            let mut count = 0;
            let script = format!("begin;{text}\n;rollback");
            let result = runtime.block_on(door.run(&script, &mut |event| {
                count += usize::from(matches!(event, Event::Completed { .. }));
            }));
            if result.is_ok() {
                compared.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                prop_assert_eq!(found.len(), count - 2, "{:?} {:?}", text, found);
            } else {
                runtime.block_on(door.run("rollback", &mut |_| {})).unwrap();
            }
            Ok(())
        })
        .unwrap();
    let compared = compared.into_inner();
    assert!(
        compared > 300,
        "only {compared} texts were accepted by the server"
    );
}

#[tokio::test]
async fn quoted_values_come_back_as_they_were() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    for strings in ["on", "off"] {
        door.value(&format!(
            "set standard_conforming_strings = {strings}; set escape_string_warning = off"
        ))
        .await;
        for value in [
            "",
            "it's",
            "a\\'b",
            "\\",
            "$supaproof",
            "$supaproof$",
            "a$",
            "$$",
            "\"q\"",
            "é\n\t日",
        ] {
            let script = format!("select {} = {}", quote_literal(value), dollar_quote(value));
            assert_eq!(door.value(&script).await, "t", "{script}");
            assert_eq!(
                door.value(&format!("select {}", quote_literal(value)))
                    .await,
                value
            );
            if !value.is_empty() {
                let script = format!(
                    "select key from json_each((select to_json(x) from (select 1 as {}) as x))",
                    quote_ident(value)
                );
                assert_eq!(door.value(&script).await, value);
            }
        }
    }
}
