use proptest::prelude::*;

use super::*;
use crate::migrate::files::fixture::migrations;
use crate::migrate::{Direction, plan};

fn found(sql: &str) -> Found {
    let files = migrations(&[("1_a.sql", sql)]);
    find(&[plan(&[], &files, &Direction::Forward).unwrap()], &[])
}

/// The deeds in short: the names of variants and of objects.
fn brief(sql: &str) -> Vec<String> {
    let name = |name: &QualifiedName| match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    };
    let which = |how: How| match how {
        How::All => "",
        How::Batches => " in batches",
        How::Matching => " matching",
        How::Merged => " merged",
    };
    let word = |deed: &Deed| match &deed.what {
        What::Relation {
            kind,
            name: n,
            cascade,
        } => {
            format!(
                "drop {kind} {}{}",
                name(n),
                if *cascade { " cascade" } else { "" }
            )
        }
        What::Column { table, column, .. } => format!("column {}.{column}", name(table)),
        What::Part {
            kind,
            table,
            name: n,
            ..
        } => format!("{kind} {n} on {}", name(table)),
        What::Type { kind, name: n, .. } => format!("{kind} {}", name(n)),
        What::Attribute { name: n, attribute } => format!("attribute {}.{attribute}", name(n)),
        What::Function { kind, name: n, .. } => format!("{kind} {}", name(n)),
        What::Schema { name, .. } => format!("schema {name}"),
        What::Extension { name, .. } => format!("extension {name}"),
        What::Global { kind, name } => format!("{kind} {name}"),
        What::Other { kind, name: n } => format!("{kind} {}", name(n)),
        What::Owned { role } => format!("owned by {role}"),
        What::Truncate { table, .. } => format!("truncate {}", name(table)),
        What::Policy { table, name: n } => format!("alter policy {n} on {}", name(table)),
        What::Delete { table, how } => format!("delete {}{}", name(table), which(*how)),
        What::Update {
            table,
            columns,
            how,
        } => format!(
            "update {} {}{}",
            name(table),
            columns.join(","),
            which(*how)
        ),
        What::Retype {
            table,
            column,
            to,
            using,
        } => {
            format!(
                "retype {}.{column} {to}{}",
                name(table),
                if *using { " using" } else { "" }
            )
        }
        What::NotNull {
            table, column, new, ..
        } => {
            format!(
                "not null {}.{column}{}",
                name(table),
                if *new { " new" } else { "" }
            )
        }
        What::RlsOff { table, owner } => {
            format!("rls {}{}", name(table), if *owner { " owner" } else { "" })
        }
        What::Disable { table, what } => {
            let what = match what {
                Reaction::Trigger(n) => format!("trigger {n}"),
                Reaction::UserTriggers => "user triggers".to_owned(),
                Reaction::AllTriggers => "all triggers".to_owned(),
                Reaction::Rule(n) => format!("rule {n}"),
            };
            format!("disable {what} on {}", name(table))
        }
        What::Detach { table, partition } => format!("detach {} {}", name(table), name(partition)),
        What::Unpublish { publication, table } => {
            format!("unpublish {publication} {}", name(table))
        }
    };
    found(sql).deeds.iter().map(word).collect()
}

#[test]
fn a_table_with_its_columns_is_no_call() {
    let asked = |sql: &str| call::functions_question(&found(sql)).is_some();
    assert!(!asked("insert into public.t (a) values (1)"));
    assert!(!asked(
        "alter table t add foreign key (a) references s.u (id)"
    ));
    assert!(!asked(
        "merge into t using u on t.a = u.a when not matched then insert values (1)"
    ));
    assert!(asked("insert into t (a) values (made(1))"));
    assert!(asked("insert into t (a) select s.made(1)"));
}

#[test]
fn every_kind_of_deed_is_found() {
    for (sql, wanted) in [
        (
            "drop table a, s.\"B\" cascade",
            &["drop table a cascade", "drop table s.B cascade"][..],
        ),
        ("DROP TABLE IF EXISTS a", &["drop table a"]),
        ("drop view v", &["drop view v"]),
        ("drop materialized view m", &["drop materialized view m"]),
        ("drop sequence q", &["drop sequence q"]),
        ("drop index i", &["drop index i"]),
        ("drop foreign table f", &["drop foreign table f"]),
        ("drop schema s cascade", &["schema s"]),
        ("drop type t", &["type t"]),
        ("drop domain d", &["domain d"]),
        ("drop function f(int), g", &["function f", "function g"]),
        ("drop extension if exists pgcrypto", &["extension pgcrypto"]),
        ("drop policy \"own rows\" on t", &["policy own rows on t"]),
        ("drop trigger g on t", &["trigger g on t"]),
        ("drop rule r on t", &["rule r on t"]),
        ("drop role bob", &["role bob"]),
        (
            "drop owned by bob, anne",
            &["owned by bob", "owned by anne"],
        ),
        ("drop publication p", &["publication p"]),
        ("drop collation c", &["collation c"]),
        (
            "truncate a, only b restart identity cascade",
            &["truncate a", "truncate b"],
        ),
        ("truncate table a", &["truncate a"]),
        ("delete from t", &["delete t"]),
        ("delete from only t as x where true", &["delete t"]),
        ("delete from t where 1 = 1", &["delete t"]),
        ("delete from t using u", &["delete t"]),
        (
            "update t set a = (select 1 where true), b = 2",
            &["update t a,b"],
        ),
        (
            "with d as (delete from t returning *) insert into u select * from d",
            &["delete t"],
        ),
        ("with d as (select 1) update t set a = 1", &["update t a"]),
        (
            "alter table t drop column a, drop if exists b, drop constraint c",
            &["column t.a", "column t.b", "constraint c on t"],
        ),
        (
            "alter table t alter a type varchar(3)",
            &["retype t.a varchar(3)"],
        ),
        (
            "alter table only s.t alter column a set data type numeric(3,1) using a::numeric(3,1)",
            &["retype s.t.a numeric(3,1)"],
        ),
        (
            "alter table t alter a type int using length(a)",
            &["retype t.a int using"],
        ),
        ("alter table t alter a set not null", &["not null t.a"]),
        (
            "alter table t add column a int not null",
            &["not null t.a new"],
        ),
        ("alter table t disable row level security", &["rls t"]),
        (
            "alter table t no force row level security",
            &["rls t owner"],
        ),
        (
            "alter table t disable trigger g, disable trigger all, disable rule r",
            &[
                "disable trigger g on t",
                "disable all triggers on t",
                "disable rule r on t",
            ],
        ),
        (
            "alter table t disable trigger user; update t set a = 1 where b; alter table t enable trigger user",
            &[],
        ),
        (
            "alter table t disable trigger all; alter table t enable trigger user, enable trigger g",
            &["disable all triggers on t"],
        ),
        (
            "alter table t disable trigger g; alter table t enable replica trigger g; alter table u enable trigger g",
            &["disable trigger g on t"],
        ),
        (
            "alter table t disable trigger g; alter table t enable always trigger g",
            &[],
        ),
        (
            "merge into t using u on t.a = u.a when matched and t.b then delete when not matched then insert values (1)",
            &["delete t merged"],
        ),
        // No MERGE that runs, and nothing to trip over.
        (
            "merge into t when matched then update set a = 1 using u",
            &[],
        ),
        (
            "merge into t using u on t.a = u.a when matched then update set b = case when u.b then 1 end, c = 2",
            &["update t b,c merged"],
        ),
        (
            "merge into t using (select * from u) s on t.a = s.a when matched then update set b = 1",
            &["update t b merged"],
        ),
        (
            "merge into t using u on t.a = u.a when matched and u.b > 1 then update set b = 1",
            &[],
        ),
        (
            "merge into t using (values (1, 2)) s(a, b) on t.a = s.a when matched then update set b = s.b",
            &[],
        ),
        (
            "merge into t using (values (1, 2)) s(a, b) on t.a = s.a when not matched by source then update set b = 0",
            &["update t b merged"],
        ),
        ("alter table t detach partition p", &["detach t p"]),
        ("alter publication p drop table t", &["unpublish p t"]),
        ("alter type t drop attribute a", &["attribute t.a"]),
    ] {
        assert_eq!(brief(sql), wanted, "{sql}");
    }
}

#[test]
fn what_destroys_nothing_is_not_listed() {
    for sql in [
        "create table t (a int not null, b text check (b <> 'drop table x'))",
        "delete from t where id = 1",
        "update t set a = 1 where b",
        "insert into t values (1) on conflict (id) do update set a = 2",
        "alter table t alter a drop not null, alter a drop default, enable row level security",
        "alter table t add column a int not null default 1, add b bigserial not null",
        "alter table t add constraint c check (a > 0)",
        "comment on table t is 'drop table t; delete from t'",
        "select 'truncate t' -- drop table t",
        "create function f() returns void language sql as $$ delete from t $$",
        "grant delete, truncate on t to anon",
        "create policy p on t for delete using (true)",
        "create trigger g before update or delete on t for each row execute function f()",
        "revoke all on t from anon",
        // Made and taken away by the plan itself.
        "alter table t rename to u; create table t (); drop table t",
        "drop view if exists v; create view v as select 1",
        "drop function if exists f(int); create or replace function public.f(a int) returns int language sql as 'select 1'",
    ] {
        assert_eq!(brief(sql), [""; 0], "{sql}");
    }
}

#[test]
fn what_guards_rows_is_judged_although_it_comes_back() {
    for (sql, again) in [
        (
            "drop policy if exists p on t; create policy p on public.t using (true)",
            "create policy p on public.t using (true)",
        ),
        (
            "alter table t drop constraint if exists c, add constraint c check (true)",
            "check (true)",
        ),
        (
            "drop trigger if exists g on t; create trigger g after insert on t execute function f()",
            "create trigger g after insert on t execute function f()",
        ),
    ] {
        let found = found(sql);
        assert_eq!(found.deeds.len(), 1, "{sql}");
        assert_eq!(found.deeds[0].again.as_deref(), Some(again), "{sql}");
    }
}

#[test]
fn a_renamed_schema_takes_its_tables_along() {
    for (sql, wanted) in [
        (
            "alter schema s rename to r; drop schema r cascade",
            &["schema s"][..],
        ),
        (
            "alter schema s rename to r; drop table r.t",
            &["drop table s.t"],
        ),
        ("alter schema s rename to r; drop table s.t", &[]),
        (
            "alter schema s rename to r; create schema s; drop schema s cascade",
            &[],
        ),
        (
            "alter table s.t rename to u; alter schema s rename to r; drop table r.u",
            &["drop table s.t"],
        ),
        (
            "alter schema s rename to r; alter table r.t set schema s2; drop schema s2 cascade",
            &["drop table s.t cascade", "schema s2"],
        ),
    ] {
        assert_eq!(brief(sql), wanted, "{sql}");
    }
}

#[test]
fn writes_are_followed_to_their_tables() {
    for (sql, wanted) in [
        (
            "create view v as select * from t; delete from v",
            &["delete t"][..],
        ),
        (
            "create view v as select * from t; create view w as select * from v; update w set a = 1",
            &["update t a"],
        ),
        (
            "create table t2 (); create view v as select * from t2; delete from v",
            &["delete t2"],
        ),
        (
            "drop table t; create table t (); create view v as select * from t; delete from v",
            &["drop table t"],
        ),
        ("update t set (a, b) = (1, 2), c = 3", &["update t a,b,c"]),
        (
            "insert into t (id) select id from t on conflict (id) do update set a = null",
            &["update t a matching"],
        ),
        (
            "insert into t (id) select id from u where id = 1 on conflict (id) do update set a = null",
            &[],
        ),
        (
            "insert into t (id) select id from f() on conflict (id) do update set a = null",
            &[],
        ),
        (
            "insert into t (id) select id from t on conflict (id) do nothing",
            &[],
        ),
        (
            "-- supaproof: data\ndelete from t where id in (select id from t limit 10)",
            &["delete t in batches"],
        ),
        (
            "-- supaproof: data\nupdate t set a = 1, b = 2 where id in (select id from t where a is null limit 10)",
            &["update t b in batches"],
        ),
        (
            "-- supaproof: data\nupdate t set a = 1 where id in (select id from t where a is null limit 10)",
            &[],
        ),
    ] {
        assert_eq!(brief(sql), wanted, "{sql}");
    }
    assert_eq!(
        found("create view v as select 1 from t join u using (id); delete from v")
            .unseen
            .len(),
        1
    );
}

#[test]
fn what_a_trigger_of_the_plan_runs_is_read() {
    let function = "create function f() returns trigger language plpgsql as $$ begin delete from child; return new; end $$; ";
    let with = |rest: &str| brief(&format!("{function}{rest}"));
    assert_eq!(
        with(
            "create trigger g after insert on t for each row execute function f(); insert into t values (1)"
        ),
        ["delete child"]
    );
    assert_eq!(
        with(
            "create trigger g after update on t for each row execute function f(); insert into t values (1)"
        ),
        [""; 0]
    );
    assert_eq!(with("insert into t values (1)"), [""; 0]);
}

#[test]
fn what_was_renamed_is_known_by_its_old_name() {
    assert_eq!(
        brief("alter table t rename to u; drop table u"),
        ["drop table t"]
    );
    assert_eq!(
        brief("alter table t set schema s; drop table s.t"),
        ["drop table t"]
    );
    assert_eq!(
        brief("alter table t rename column a to b; alter table t drop column b"),
        ["column t.a"]
    );
    assert_eq!(
        brief("drop table t; create table t (); delete from t"),
        ["drop table t"]
    );
}

#[test]
fn bodies_that_run_are_read() {
    let body = "do $$ declare x int; begin if exists (select 1) then drop table a; else delete from b; end if; \
                for x in select 1 loop truncate c; end loop; perform 1; end $$";
    assert_eq!(brief(body), ["drop table a", "delete b", "truncate c"]);
    assert_eq!(
        brief("do 'begin execute ''drop table a''; end'"),
        ["drop table a"]
    );
    assert_eq!(
        brief("do $$ begin execute $q$ drop table a $q$; end $$"),
        ["drop table a"]
    );
    assert_eq!(
        brief(
            "create function f() returns void language plpgsql as $$ begin delete from t; end $$; select f()"
        ),
        ["delete t"]
    );
    let found =
        found("\ndo $$ begin\n  execute format('drop table %I', 'a');\n  drop table b;\nend $$");
    assert_eq!(found.unseen[0].text, "execute format('drop table %I', 'a')");
    assert_eq!(found.unseen[0].origin.to_string(), "sql/shop/1_a.sql:3:3");
    assert_eq!(found.deeds[0].origin.to_string(), "sql/shop/1_a.sql:4:3");
}

#[test]
fn a_search_path_of_the_files_own_makes_names_anybodys() {
    assert!(found("set search_path = app; drop table t").deeds[0].anywhere);
    assert!(
        found("select set_config('search_path', 'app', false); drop table t").deeds[0].anywhere
    );
    assert!(
        !found(
            "create function f() returns int language sql set search_path = '' as ''; drop table t"
        )
        .deeds[0]
            .anywhere
    );
}

#[test]
fn what_is_not_there_costs_nothing() {
    let found = found("drop table a; drop table b");
    let answer = serde_json::json!([[], [{"schema": "public", "name": "b", "rows": 12345}]]);
    let losses = judge(&found.deeds, &answer).unwrap();
    let told: Vec<_> = losses
        .iter()
        .map(|l| format!("{}: {}", l.words, l.means))
        .collect();
    assert_eq!(told, ["drop table public.b: 12,345 rows are lost"]);
    assert!(judge(&found.deeds, &serde_json::json!("x")).is_err());
}

#[test]
fn every_statement_makes_a_question() {
    let found = found("drop table a; delete from \"it's\"");
    let sql = question(&found.deeds, Counting::Exact).unwrap();
    assert!(sql.contains("c.relname = 'it''s'"), "{sql}");
    assert_eq!(question(&[], Counting::Exact), None);
}

/// All SQL of this repository.
fn corpus() -> Vec<String> {
    let mut out = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sql")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "sql") {
                out.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    out
}

/// Reads a text that may be no SQL at all.
fn read(text: &str) {
    let suite = crate::migrate::files::fixture::suite(&[("1_a.sql", text)]);
    if let Ok(files) = crate::migrate::Migrations::from_suite(&suite) {
        let found = find(&[plan(&[], &files, &Direction::Forward).unwrap()], &[]);
        question(&found.deeds, Counting::Estimate);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_the_reader_stumble(file in 0_usize..1000, from in 0_usize..100_000, length in 0_usize..4000) {
        let corpus = corpus();
        let text = &corpus[file % corpus.len()];
        let from = from % (text.len() + 1);
        let to = (from + length).min(text.len());
        // As a text of its own, and as the body of a block.
        let cut = String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned();
        read(&cut);
        read(&format!("do $body$ begin {cut}\n; end $body$"));
        read(&format!("alter table {cut}"));
    }

    #[test]
    fn no_words_make_the_reader_stumble(words in prop::collection::vec(prop::sample::select(vec![
        "drop", "table", "alter", "column", "type", "delete", "from", "update", "set", "where", "do", "$$", "'", "execute",
        "(", ")", ",", ".", ";", "a", "\"b\"", "not", "null", "add", "rename", "to", "with", "as", "begin", "end", "using",
        "::", "only", "if", "exists", "cascade", "truncate", "owned", "by", "policy", "on", "publication", "merge", "into", "when", "matched", "then", "disable",
        "enable", "trigger", "replace", "rule", "conflict", "select", "é", "=", "1",
    ]), 0..20)) {
        read(&words.join(" "));
        read(&format!("do $b$ begin {} end $b$", words.join(" ")));
    }
}
