//! Executing a text statement by statement, as we split it, does the same as executing the whole; and splitting loses no
//! byte.

use std::sync::Mutex;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use supaproof::source::Source;
use supaproof::sql::statements;
use supaproof::target::{Event, Target, TargetError};

use crate::cluster::Cluster;
use crate::door::Door;

/// Statements that do little harm and are hard to split. They stay within a transaction.
const STATEMENTS: &[&str] = &[
    "create table if not exists t1 (a int, b text default 'x;''y', \"C;c\" text)",
    "create table if not exists t2 (a int, b text, \"C;c\" text)",
    "insert into t1 values (1, 'it''s; --no', E'\\';')",
    "insert into t1 values (2, $q$ ; ' -- $q$, $$;$$)",
    "insert into t2 values (3, E'a'\n'\\'' , U&'\\00e9;')",
    "insert into t2 select 4, $a$ $b$;$b$ $a$, 'é;日' -- it's;\n where true",
    "insert into t2 values (5, 'b\\', '\\')",
    "update t1 set b = b || ';' where a = 1",
    "delete from t2 where a = 3 /* ; /* ' */ ; */",
    "truncate t2",
    "alter table t1 add column if not exists d int default 2*/*;*/3",
    "comment on table t1 is 'a; b''s -- c'",
    "comment on column t2.\"C;c\" is $$;'$$",
    "create or replace function f1(a int) returns text language plpgsql as $body$\nbegin -- it's; $$\n  return $1 || $x$;'$x$;\nend;\n$body$",
    "create or replace function f2() returns int begin atomic; select 1; select case when true then 2 end; end",
    "create or replace function f3() returns text language sql as 'select ''a;b'' || ''it''''s'';'",
    "create or replace function f4(begin int) returns int language sql return 1 + begin",
    "create or replace procedure p1() language plpgsql as $$ begin insert into t1 values (7); end $$",
    "create or replace procedure p2() begin atomic end",
    "call p1()",
    "do $$ begin insert into t1 values (8, $i$;$i$); exception when others then null; end; $$",
    "do language plpgsql 'begin perform 1; end;'",
    "create or replace view v as select a, b as \"end;\" from t1 where b <> ';'",
    "create or replace rule r as on delete to t1 do also (insert into t2 values (9, 'r;'); insert into t2 values (10))",
    "create or replace rule r as on delete to t1 do also nothing",
    "create type e as enum ('a;', 'b''c', '$$')",
    "create index if not exists i on t1 ((b || ';'))",
    "create policy p on t1 using (b <> ';')",
    "savepoint s",
    "rollback to s",
    "release s",
    "select ';', \";\" from (select 1 as \";\") as x",
    "select 1 / 0",
    "select nowhere",
    "values (1), (2)",
    "explain select ';'",
    "set local search_path = public, pg_temp",
    "declare c cursor for select 1",
    "close c",
    "",
];

const ENDS: &[&str] = &[
    ";",
    ";\n",
    " ; ",
    ";;",
    "; -- it's;\n",
    ";/* ; /* */ ' $$ */",
    ";\r\n",
    "\n;\u{c}",
    " -- ; $$\n;",
];

/// Pieces of the traps that real files have; glued together they need mean nothing.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "$$",
    "$a$",
    "$",
    "E'",
    "\\",
    "--",
    "-- it's;\n",
    "/*",
    "*/",
    "; ",
    ";",
    "\n",
    "\r\n",
    "\u{feff}",
    " ",
    "é",
    "日",
    "\u{c}",
    "begin",
    "begin atomic",
    "end",
    "end;",
    "commit;",
    "create function f()",
    "create rule r as on insert to t do",
    "(",
    ")",
    "select 1",
    "do ",
    "'a;b'",
    "E'\\''",
    "U&'a'",
    "copy a to",
    "1e",
    "1.",
    "$1",
    "b$c$",
    "\t",
    "-- ROLLBACK:\n",
    "a",
    "\u{200b}",
];

fn text() -> impl Strategy<Value = String> {
    let statement =
        (select(STATEMENTS), select(ENDS)).prop_map(|(statement, end)| format!("{statement}{end}"));
    proptest::collection::vec(statement, 0..9).prop_map(|all| all.concat())
}

fn cases(whole: u32, short: u32) -> Config {
    let asked = std::env::var("SUPAPROOF_TEST_FAULTS").is_ok_and(|form| form == "whole");
    Config {
        cases: if asked { whole } else { short },
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    }
}

/// Statements and what stands between them are the text, byte for byte; what stands between them is no statement; and the
/// statements joined in another way are the same statements.
fn loses_nothing(text: &str, rejoin: bool) -> Result<(), TestCaseError> {
    let Ok(found) = statements(&Source::new("a.sql", text)) else {
        return Ok(());
    };
    let (mut joined, mut at) = (String::new(), 0);
    for statement in &found {
        let span = statement.span();
        prop_assert!(
            at <= span.start && span.start < span.end,
            "{:?} in {:?}",
            span,
            text
        );
        let gap = &text[at..span.start];
        // A byte order mark is space only where a file begins.
        let none = gap.trim_start_matches('\u{feff}').is_empty()
            || statements(&Source::new("gap", gap)).unwrap().is_empty();
        prop_assert!(none, "{:?} in {:?}", gap, text);
        joined.push_str(gap);
        joined.push_str(statement.text());
        at = span.end;
    }
    joined.push_str(&text[at..]);
    prop_assert_eq!(&joined, text);
    if rejoin {
        let texts: Vec<&str> = found.iter().map(|statement| statement.text()).collect();
        let again = statements(&Source::new("b.sql", texts.join("\n;\n"))).unwrap();
        let again: Vec<&str> = again.iter().map(|statement| statement.text()).collect();
        prop_assert_eq!(again, texts);
    }
    Ok(())
}

#[test]
fn executing_needs_every_byte() {
    let pieces = proptest::collection::vec(select(PIECES), 0..24).prop_map(|all| all.concat());
    let any = prop_oneof![
        pieces,
        (text(), any::<String>()).prop_map(|(text, noise)| text + &noise)
    ];
    TestRunner::new(cases(200_000, 5000))
        .run(&any, |text| loses_nothing(&text, false))
        .unwrap();
    TestRunner::new(cases(20_000, 1000))
        .run(&text(), |text| loses_nothing(&text, true))
        .unwrap();
}

/// All that the statements can have changed: the catalog, and every row.
const STATE: &str = "
select string_agg(line, e'\\n' order by line) from (
  select format('column %s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid)) as line
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where c.relnamespace = 'public'::regnamespace
  union all select 'rows ' || c.relname || query_to_xml(format('select * from public.%I order by 1, 2, 3', c.relname), true, false, '')::text
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  union all select 'function ' || pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'public'::regnamespace
  union all select 'label ' || e.enumlabel || e.enumsortorder from pg_enum e
  union all select 'comment ' || d.objoid::regclass || d.objsubid || d.description from pg_description d
    join pg_class c on c.oid = d.objoid and c.relnamespace = 'public'::regnamespace where d.classoid = 'pg_class'::regclass
  union all select 'rule ' || pg_get_ruledef(r.oid) from pg_rewrite r join pg_class c on c.oid = r.ev_class
    where c.relnamespace = 'public'::regnamespace
  union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
  union all select format('policy %s %s %s', tablename, policyname, qual) from pg_policies
  union all select 'cursor ' || name from pg_cursors
  union all select 'path ' || current_setting('search_path')) as lines";

/// What became of executing something.
#[derive(Debug, PartialEq)]
struct Outcome {
    completed: usize,
    /// SQLSTATE and words of the error, where there was one.
    error: Option<(String, String)>,
    /// What is there afterwards, where there was none.
    state: Option<String>,
}

/// Executes these messages in a transaction that is taken back, up to the first error.
async fn execute<'a>(door: &mut Door, messages: impl IntoIterator<Item = &'a str>) -> Outcome {
    door.run("begin", &mut |_| {}).await.unwrap();
    let (mut completed, mut error) = (0, None);
    for message in messages {
        let ended = door
            .run(message, &mut |event| {
                completed += usize::from(matches!(event, Event::Completed { .. }))
            })
            .await;
        match ended {
            Ok(()) => {}
            Err(TargetError::Server(server)) => {
                error = Some((server.sqlstate.clone(), server.message.clone()));
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    let state = match error {
        None => Some(door.value(STATE).await),
        Some(_) => None,
    };
    door.run("rollback", &mut |_| {}).await.unwrap();
    Outcome {
        completed,
        error,
        state,
    }
}

#[test]
fn executing_split_equals_executing_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cluster = runtime.block_on(Cluster::start());
    let door = Mutex::new(runtime.block_on(cluster.door()));
    let (ended, failed) = (Mutex::new(0), Mutex::new(0));
    TestRunner::new(cases(4000, 150))
        .run(&text(), |text| {
            // So that most of them find their tables.
            let text = format!("{};\n{};\n{text}", STATEMENTS[0], STATEMENTS[1]);
            let found = statements(&Source::new("a.sql", text.as_str())).unwrap();
            let mut door = door.lock().unwrap();
            let whole = runtime.block_on(execute(&mut door, [text.as_str()]));
            let split = runtime.block_on(execute(
                &mut door,
                found.iter().map(|statement| statement.text()),
            ));
            prop_assert_eq!(&whole, &split, "{}", text);
            if whole.error.is_none() {
                prop_assert_eq!(whole.completed, found.len());
            }
            *(if whole.error.is_none() {
                &ended
            } else {
                &failed
            })
            .lock()
            .unwrap() += 1;
            Ok(())
        })
        .unwrap();
    let (ended, failed) = (*ended.lock().unwrap(), *failed.lock().unwrap());
    eprintln!("executed whole and split: {ended} texts with one state, {failed} with one error");
    assert!(ended * 5 > failed && failed > 0, "{ended} {failed}");
}
