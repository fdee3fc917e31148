//! What asking must not touch: nothing stays, nothing is run, nobody is kept waiting.

use supaproof::catalog::{self, Selection};
use supaproof::meaning::canon::{self, Of, Question, Relation, Verdict};
use tokio_postgres::NoTls;

use crate::place::{relation, written};
use crate::support::Server;
use crate::{ask, servers};

fn question(of: Of, expected: &str, found: &str) -> Question {
    Question {
        of,
        schema: "public".to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

/// One of every kind, each with another table in it where it can have one.
fn every_kind() -> Vec<Question> {
    let t = || relation("t");
    let members = "exists (select from members m where m.user_id = t.user_id)";
    vec![
        question(Of::Condition(t()), members, "true"),
        question(Of::Condition(relation("parts")), "parts.a > 0", "(a > 1)"),
        question(Of::When(t()), "old.* is distinct from new.*", "true"),
        question(Of::Value(t(), "numeric(5,2)".to_owned()), "a * 2", "a"),
        question(
            Of::IndexColumn(t(), "btree".to_owned()),
            "lower(note) collate \"C\" desc",
            "note",
        ),
        question(
            Of::Select,
            "select * from members join app.things on id = org",
            "select 1 as user_id",
        ),
        question(
            Of::DomainCheck("public.email".to_owned()),
            "value in (select role from members)",
            "true",
        ),
        question(
            Of::Constant("integer".to_owned()),
            "(select org from members) + 1",
            "2",
        ),
        question(Of::Type, "t", "public.members"),
    ]
}

#[test]
fn asking_locks_no_more_than_a_select() {
    for server in servers() {
        let mut seen = 0;
        for question in every_kind() {
            let script = canon::questions(std::slice::from_ref(&question));
            // Left standing until the end of the transaction, so that the locks can be seen.
            let statements = script
                .statements
                .replace("raise exception 'undo';", "null;");
            assert_ne!(statements, script.statements);
            let locks = server.json(
                "postgres",
                &format!(
                    "{statements}set local search_path = '';
                     select json_build_array({}, (
                       select coalesce(json_agg(json_build_array(l.relation::regclass, l.mode)), '[]') from pg_locks l
                         join pg_class c on c.oid = l.relation
                        where l.pid = pg_backend_pid() and c.relpersistence <> 't' and c.relnamespace <> 'pg_catalog'::regnamespace));
                     rollback",
                    script.result
                ),
            );
            assert_eq!(
                locks[0][0]["problem"],
                serde_json::Value::Null,
                "{question:?}: {locks}"
            );
            for lock in locks[1].as_array().unwrap() {
                assert_eq!(lock[1], "AccessShareLock", "{question:?}: {locks}");
                seen += 1;
            }
        }
        assert!(seen >= 8, "only {seen} locks were seen");
    }
}

#[test]
fn nothing_stays_of_a_question() {
    for server in servers() {
        // Real objects beside them, with every trait that a copy could take along.
        server.sql(
            "postgres",
            "create rule r as on delete to public.t do instead nothing;
             create trigger f before insert on public.t for each row execute function public.fire();
             create policy p on public.t using (flag);
             create index on public.t (a);",
        );
        let everything = || {
            let mut all = server.json("postgres", &catalog::statement(&Selection::all()));
            for objects in all.as_object_mut().unwrap().values_mut() {
                if let Some(objects) = objects.as_array_mut() {
                    objects.sort_by_key(ToString::to_string);
                }
            }
            all
        };
        let before = everything();
        let verdicts = ask(&server, &every_kind());
        assert_eq!(verdicts.len(), 9);
        assert!(
            verdicts[..8].iter().all(|v| *v == Verdict::Different),
            "{verdicts:?}"
        );
        let after = everything();
        for (kind, objects) in before.as_object().unwrap() {
            assert_eq!(*objects, after[kind], "something stayed");
        }
        let left = server.json(
            "postgres",
            "select to_json(count(*)) from pg_class where relname like 'supaproof_canon%'",
        );
        assert_eq!(left, 0);
    }
}

/// A sequence keeps what a rollback undoes: it tells of a function that ran.
const EFFECT: &str = "
    create sequence public.ran;
    create function public.effect(integer) returns integer language plpgsql immutable
      as 'begin perform nextval(''public.ran''); return $1; end';
    create function public.effect_text(text) returns text language plpgsql immutable
      as 'begin perform nextval(''public.ran''); return $1; end';
    create domain public.watched as integer check (public.effect(value) > 0);";

fn runs(server: &Server) -> serde_json::Value {
    server.json("postgres", "select to_json(is_called) from public.ran")
}

#[test]
fn no_function_of_an_expression_is_run() {
    for server in servers() {
        server.sql("postgres", EFFECT);
        let t = || relation("t");
        let integer = || "integer".to_owned();
        let (expected, found) = (
            "effect(1) + effect(2)",
            "(public.effect(1) + public.effect((2)))",
        );
        let (yes, also) = ("effect(1) > 0", "(public.effect(1) > 0)");
        let mut questions = vec![
            question(Of::Condition(t()), yes, also),
            question(Of::When(t()), yes, also),
            question(Of::DomainCheck(integer()), yes, also),
            question(Of::Value(t(), integer()), expected, found),
            question(
                Of::Value(t(), "public.watched".to_owned()),
                "1",
                "'1'::integer",
            ),
            question(Of::Constant(integer()), expected, found),
            question(
                Of::IndexColumn(t(), "btree".to_owned()),
                "(effect(1)) desc",
                "public.effect(1) desc",
            ),
            question(
                Of::IndexColumn(t(), "btree".to_owned()),
                "effect_text(note || effect_text('x'))",
                "public.effect_text((note || public.effect_text('x'::text)))",
            ),
            question(
                Of::Select,
                "select effect(1) where effect(2) > 0",
                " SELECT public.effect(1) AS effect\n  WHERE (public.effect(2) > 0);",
            ),
        ];
        let same = questions.len();
        questions.push(question(Of::Type, "watched", "integer"));
        let verdicts = ask(&server, &questions);
        assert_eq!(runs(&server), false, "something ran");
        for (verdict, question) in verdicts.iter().zip(&questions).take(same) {
            assert_eq!(*verdict, Verdict::Same, "{question:?}");
        }
        server.sql("postgres", "create index on public.t ((public.effect(1)))");
        assert_eq!(runs(&server), true, "the test would not see it");
    }
}

#[test]
fn a_table_that_somebody_holds_is_not_waited_for_long() {
    let server = servers().next().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let socket = server.socket();
    let held = runtime.block_on(async {
        let (client, connection) = tokio_postgres::Config::new()
            .host_path(socket.parent().unwrap())
            .port(
                socket
                    .extension()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap(),
            )
            .user("postgres")
            .dbname("postgres")
            .connect(NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let lock = "begin; lock table public.members in access exclusive mode";
        client.batch_execute(lock).await.unwrap();
        client
    });
    let started = std::time::Instant::now();
    let verdicts = ask(
        &server,
        &[
            question(Of::Condition(relation("members")), "org > 0", "(org > (0))"),
            question(Of::Condition(relation("t")), "a > 0", "(a > (0))"),
        ],
    );
    let reason = "the server cannot tell: canceling statement due to lock timeout";
    assert_eq!(
        verdicts,
        [Verdict::Undecided(reason.to_owned()), Verdict::Same]
    );
    assert!(started.elapsed().as_secs() < 6);

    // Where the time of all ends first, those after it are not asked any more.
    let asked = [
        question(Of::Condition(relation("members")), "org > 0", "(org > (0))"),
        question(Of::Condition(relation("t")), "a > 0", "(a > (0))"),
    ];
    let script = canon::questions(&asked);
    let statements = script
        .statements
        .replace("canon_seconds = 10", "canon_seconds = 0.5")
        .replace("statement_timeout = '10s'", "statement_timeout = '500ms'");
    let message = format!("{statements}select {};rollback", script.result);
    let canon = canon::answers(&asked, server.json("postgres", &message));
    let reasons = [
        "the server cannot tell: canceling statement due to statement timeout",
        "the server cannot tell: there was no time left",
    ];
    for (question, reason) in asked.iter().zip(reasons) {
        assert_eq!(canon.same(question), Verdict::Undecided(reason.to_owned()));
    }
    drop(held);
}

#[test]
fn odd_names_are_names() {
    let odd = Relation {
        schema: "public".to_owned(),
        name: "Odd \"table\". 😀".to_owned(),
    };
    for server in servers() {
        let whole = "\"Odd \"\"table\"\". 😀\"";
        let questions = [
            question(
                Of::Condition(odd.clone()),
                &format!("{whole}.\"drop table\" > 0 and \"Größe\" <> ''"),
                "((\"drop table\" > 0) AND (\"Größe\" <> ''::text))",
            ),
            question(
                Of::Condition(odd.clone()),
                "\"a.b\" = plain",
                "(\"a.b\" = plain)",
            ),
            question(
                Of::When(odd.clone()),
                "old.\"select\" <> new.\"Größe\"",
                "(old.\"select\" <> new.\"Größe\")",
            ),
            question(
                Of::IndexColumn(odd.clone(), "btree".to_owned()),
                "\"select\" desc nulls first",
                "\"select\" desc",
            ),
            question(
                Of::Condition(odd.clone()),
                "\"select\" = '😀''\\'",
                "(\"select\" = E'😀''\\\\'::text)",
            ),
            question(
                Of::Condition(odd.clone()),
                "\"a.b\" = 1 -- it's\n",
                "(\"a.b\" = 1)",
            ),
        ];
        for (verdict, question) in ask(&server, &questions).iter().zip(&questions) {
            assert_eq!(*verdict, Verdict::Same, "{question:?}");
        }
        let other = question(Of::Condition(odd.clone()), "\"a.b\" = 1", "(plain = 1)");
        assert_eq!(ask(&server, &[other]), [Verdict::Different]);
        // The collation of an index may stand within or behind.
        let index = |a, b| question(Of::IndexColumn(relation("t"), "btree".to_owned()), a, b);
        let (c, posix) = ("lower(note) collate \"C\"", "lower(note) collate \"POSIX\"");
        let asked = [
            index(
                "(lower(note) collate \"C\") desc",
                "lower(note) collate pg_catalog.\"C\" desc",
            ),
            index(c, posix),
            index(c, "lower(note)"),
            index("note || (name collate \"C\")", "note || name"),
        ];
        let [same, no] = [Verdict::Same, Verdict::Different];
        assert_eq!(ask(&server, &asked), [same, no.clone(), no.clone(), no]);
        let texts = [(crate::place::Place::Check, "a > 0")];
        assert_eq!(written(&server, &texts)[0].1, "(a > 0)");
    }
}
