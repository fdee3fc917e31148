//! Questions that the server cannot answer spoil no others, and say why.

use supaproof::meaning::canon::{self, Of, Question, Verdict};

use crate::place::relation;
use crate::{ask, ask_after, servers};

fn condition(expected: &str, found: &str) -> Question {
    Question {
        of: Of::Condition(relation("t")),
        schema: "public".to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

fn undecided(reason: &str) -> Verdict {
    Verdict::Undecided(reason.to_owned())
}

#[test]
fn a_question_that_fails_spoils_no_other() {
    for server in servers() {
        let good = || condition("a > 0", "(a > (0))");
        let mut questions = Vec::new();
        let mut wanted = Vec::new();
        for (expected, reason) in [
            (
                "a inn (1)",
                "the server does not take what is expected: syntax error at or near \"inn\"",
            ),
            (
                "b2 > 0",
                "the server does not take what is expected: column \"b2\" does not exist",
            ),
            (
                "nothing(a)",
                "the server does not take what is expected: function nothing(integer) does not exist",
            ),
            (
                "a",
                "the server does not take what is expected: argument of WHERE must be type boolean, not type integer",
            ),
            (
                "a > 0; drop table public.t",
                "the server was not asked: it is more than one statement",
            ),
            (
                "true) or (true",
                "the server was not asked: its parentheses do not match",
            ),
            (
                "exists (select from members for update)",
                "the server was not asked: it locks rows",
            ),
            ("a = 'x\0'", "the server was not asked: it has a zero byte"),
            ("a = '1 ", "the server was not asked: it is no SQL"),
            (
                "(with d as (delete from public.members returning 1) select true from d)",
                "the server does not take what is expected: WITH clause containing a data-modifying statement must be at the top level",
            ),
        ] {
            questions.extend([condition(expected, "(a > 0)"), good()]);
            wanted.extend([undecided(reason), Verdict::Same]);
        }
        questions.push(condition("a > 0", "(gone > 0)"));
        wanted.push(undecided(
            "the server does not take what it printed itself: column \"gone\" does not exist",
        ));
        for ((question, verdict), wanted) in
            questions.iter().zip(ask(&server, &questions)).zip(wanted)
        {
            assert_eq!(verdict, wanted, "{question:?}");
        }
        // More than go into one statement.
        let many: Vec<Question> = (0..120)
            .map(|n| condition(&format!("a > {n}"), &format!("(a > {})", n % 7)))
            .collect();
        for (n, verdict) in ask(&server, &many).into_iter().enumerate() {
            assert_eq!(verdict, Verdict::from(n < 7), "{n}");
        }
    }
}

/// Neither a right to read nor one to execute is needed, but one to make temporary objects.
#[test]
fn a_role_that_may_little_may_ask() {
    for server in servers() {
        server.sql(
            "postgres",
            "create role reader; grant reader to postgres; grant usage on schema public to reader;
             create table public.secret (a integer, b text); revoke all on public.secret from public, anon, authenticated, service_role;
             create function public.locked(integer) returns boolean language sql immutable as 'select true';
             revoke all on function public.locked(integer) from public, anon, authenticated, service_role;",
        );
        let question = Question {
            of: Of::Condition(relation("secret")),
            ..condition(
                "locked(a) and exists (select from t where note = secret.b)",
                "(public.locked(a) AND (EXISTS ( SELECT FROM public.t WHERE (t.note = secret.b))))",
            )
        };
        let as_reader = "set local role reader; ";
        let asked = [question];
        assert_eq!(ask_after(&server, as_reader, &asked), [Verdict::Same]);
        let hidden = [condition("exists (select from app.things)", "(a > 0)")];
        let reason = "the server cannot tell: permission denied for schema app";
        assert_eq!(ask_after(&server, as_reader, &hidden), [undecided(reason)]);
        server.sql(
            "postgres",
            "revoke temporary on database postgres from public",
        );
        let reason = "the server cannot tell: permission denied to create temporary tables in database \"postgres\"";
        assert_eq!(ask_after(&server, as_reader, &asked), [undecided(reason)]);
        let reason =
            "the server cannot tell: cannot execute CREATE VIEW in a read-only transaction";
        assert_eq!(
            ask_after(&server, "set transaction read only; ", &asked),
            [undecided(reason)]
        );
    }
}

#[test]
fn names_are_looked_up_in_the_suites_schema_then_in_public() {
    for server in servers() {
        server.sql(
            "postgres",
            "create table app.members (user_id uuid, org integer, role text); create table app.t (like public.t);",
        );
        let of = |schema: &str, expected: &str, found: &str| Question {
            schema: schema.to_owned(),
            ..condition(expected, found)
        };
        let exists = "exists (select from members m where m.user_id = t.user_id)";
        let public = "(EXISTS ( SELECT FROM public.members m WHERE (m.user_id = t.user_id)))";
        let app = "(EXISTS ( SELECT FROM app.members m WHERE (m.user_id = t.user_id)))";
        // A temporary table of the session is never meant.
        let shadow = "create temporary table members (user_id uuid); create temporary table t (user_id text); ";
        let asked = [
            of("public", exists, public),
            of("public", exists, app),
            of("app", exists, app),
            of("app", exists, public),
            of(
                "app",
                "cit = 'x'",
                "(cit OPERATOR(extensions.=) 'x'::extensions.citext)",
            ),
            of(
                "app",
                "feeling = 'ok'::public.mood",
                "(feeling = 'ok'::public.mood)",
            ),
        ];
        let [yes, no] = [Verdict::Same, Verdict::Different];
        let wanted = [&yes, &no, &yes, &no, &yes, &yes].map(Clone::clone);
        assert_eq!(ask_after(&server, shadow, &asked), wanted);
    }
}

/// An event trigger sees the views of a role that may not silence it; Supabase's `postgres` may.
#[test]
fn an_event_trigger_that_refuses_views_leaves_a_question_undecided() {
    for server in servers() {
        server.sql_as(
            "supabase_admin",
            "postgres",
            "create role reader; grant reader to postgres;
             create function public.refuse() returns event_trigger language plpgsql as
               'begin raise exception ''no views here''; end';
             create event trigger refuse on ddl_command_end when tag in ('CREATE VIEW') execute function public.refuse();",
        ).unwrap();
        let asked = [condition("a > 0", "(a > (0))")];
        let reason = "the server cannot tell: no views here";
        assert_eq!(
            ask_after(&server, "set local role reader; ", &asked),
            [undecided(reason)]
        );
        assert_eq!(ask(&server, &asked), [Verdict::Same]);
        let script = canon::questions(&asked);
        let after = format!(
            "{}select to_json(current_setting('session_replication_role')); rollback",
            script.statements
        );
        assert_eq!(server.json("postgres", &after), "origin");
    }
}

#[test]
fn there_is_a_limit_of_time() {
    for server in servers() {
        let asked = [
            condition("a > 0", "(a > (0))"),
            condition("a > 0", "(a > 1)"),
        ];
        let script = canon::questions(&asked);
        let statements = script
            .statements
            .replace("canon_seconds = 10", "canon_seconds = 0.1");
        assert_ne!(statements, script.statements);
        let answer = server.json(
            "postgres",
            &format!("{statements}select {};rollback", script.result),
        );
        let canon = canon::answers(&asked, answer);
        for question in &asked {
            assert_eq!(
                canon.same(question),
                undecided("the server cannot tell: there was no time left")
            );
        }
    }
}

#[test]
fn an_answer_that_is_cut_off_decides_nothing() {
    let asked = [condition("a > 0", "(a > (0))")];
    for answer in ["[]", "null", "[{}]", "[{\"forms\": [\"x\"]}]"] {
        let canon = canon::answers(&asked, serde_json::from_str(answer).unwrap());
        assert_eq!(
            canon.same(&asked[0]),
            undecided("the server gave no answer"),
            "{answer}"
        );
    }
}
