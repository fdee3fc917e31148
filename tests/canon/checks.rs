//! Every check that compares SQL, through the whole program: other words for the same say nothing, near misses are
//! reported, and where nobody could tell, the finding says so.

use serde_json::{Value, json};

use crate::servers;
use crate::support::{Project, Server};

const SCHEMA: &str = r#"
    set search_path = public, extensions;
    create table public.orders (id integer primary key, name varchar(20), note text, status text, total numeric);
    create table public.log (id integer, note text);
    create view public.open_orders as
      select id, coalesce(name, note) as label from orders where status in ('new', 'paid');
    alter view public.open_orders alter label set default 'x' || 'y';
    create view public.timed as select interval '1 week' as due, array['ok']::mood[] as moods;
    alter view public.timed alter due set default '1 week';
    create materialized view public.totals as
      select status, count(*) as n, sum(total) as total from orders group by status;
    create domain public.code as varchar(20) check (value in ('p', 'q'));
    create domain public.unnamed as varchar(20)
      constraint first check (value in ('p', 'q')) constraint second check (length(value) > 1);
    create domain public.due as interval default '1 week';
    create domain public.feeling as mood default 'ok';
    create domain public.moods as mood[];
    create type public.place as (near mood[], far text);
    create function public.same_mood(mood[], mood[]) returns mood[] language sql immutable as 'select $1';
    create operator public.=== (leftarg = mood[], rightarg = mood[], function = public.same_mood, commutator = ===);
    create function public.listed(a mood[], b interval default '1 week') returns mood[] language sql as 'select a';
    create function public.tabled() returns table (a integer, b mood[]) language sql as 'select 1, null::mood[]';
    create function public.several() returns setof mood[] language sql as 'select null::mood[]';
    create function public.fired() returns trigger language plpgsql as 'begin return new; end';
    create procedure public.done() language sql as '';
    create aggregate public.all_moods (mood[]) (sfunc = public.same_mood, stype = mood[]);
    create type public.mood_range as range (subtype = citext);
    create table public.booked (
      name varchar(20), note text,
      constraint apart exclude using btree ((coalesce(name, note)) with =) where (trim(note) <> ''));
    create table public.parted (name varchar(20), note text) partition by list ((coalesce(name, note)));
    create table public.part partition of public.parted for values in ('a', 'b');
    create table public.watched (id integer);
    create trigger watch before insert on public.watched for each row execute function fired(1, 'two', three, 1.50);
    create rule noted as on update to public.orders where old.* is distinct from new.*
      do also insert into log values (old.id, old.note);
"#;

/// A place in a suite, the code of what is wrong there, other words for what is there, and near misses.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const ROWS: &[Row] = &[
    (
        "views/open_orders/definition",
        "view-definition",
        &[
            "select id, coalesce(name, note) as label from orders where status in ('new', 'paid')",
            "SELECT orders.id, coalesce(orders.name, orders.note) AS label FROM public.orders WHERE status IN ('new', 'paid');",
        ],
        &[
            "select id, coalesce(note, name) as label from orders where status in ('new', 'paid')",
            "select id, coalesce(name, note) as name from orders where status in ('new', 'paid')",
            "select id, coalesce(name, note) as label from orders where status in ('new', 'sent')",
            "select distinct id, coalesce(name, note) as label from orders where status in ('new', 'paid')",
            "select id, coalesce(name, note) as label from orders",
        ],
    ),
    (
        "materialized_views/totals/definition",
        "materialized-view-definition",
        &["select status, count(*) as n, sum(total) as total from orders group by 1"],
        &[
            "select status, count(id) as n, sum(total) as total from orders group by 1",
            "select status, count(*) as n, sum(total) as total from orders group by 1 having count(*) > 1",
        ],
    ),
    (
        "views/open_orders/columns/label/default",
        "view-columns",
        &["'x'::text || 'y'"],
        &["'x' || 'z'", "none"],
    ),
    (
        "views/timed/columns/due/default",
        "view-columns",
        &["'7 days'", "interval '1 week'"],
        &["'8 days'", "none"],
    ),
    (
        "views/timed/columns/moods",
        "view-columns",
        &["mood[]", "_mood", "public._mood"],
        &["mood", "app.mood[]", "app._mood"],
    ),
    (
        "domains/code/checks/code_check",
        "domain-checks",
        &[
            "value in ('p', 'q')",
            "VALUE::text = any (array['p'::varchar, 'q'::varchar]::text[])",
            "value = any (array['p'::text, 'q'::text])",
        ],
        &[
            "value in ('p', 'r')",
            "value = any (array['p'::text, 'r'::text])",
            "value not in ('p', 'q')",
            "value in ('p', 'q') or value = ''",
        ],
    ),
    (
        "domains/unnamed",
        "domain-checks",
        &[
            "varchar(20) check (value in ('p', 'q')) check (length(value) > 1)",
            "varchar(20) check (length(value) > 1) check (value::text = any (array['p'::varchar, 'q'::varchar]::text[]))",
            "varchar(20) check (length(VALUE::text) > 1) constraint first check (value in ('p', 'q'::varchar))",
        ],
        &[
            "varchar(20) check (value in ('p', 'q')) check (length(value) > 2)",
            "varchar(20) check (value in ('p', 'q'::varchar)) check (value in ('p'::varchar, 'q'))",
        ],
    ),
    (
        "domains/due/default",
        "domain-default",
        &["'1 week'", "'7 days'", "interval '1 week'"],
        &["'8 days'", "'168 hours'", "none"],
    ),
    (
        "domains/feeling/default",
        "domain-default",
        &["'ok'", "'ok'::mood", "cast('ok' as public.mood)"],
        &["'sad'", "none"],
    ),
    (
        "domains/moods/type",
        "domain-type",
        &["mood[]", "public.mood array", "_mood"],
        &["mood", "app._mood", "text[]"],
    ),
    (
        "composite_types/place",
        "composite-type-attributes",
        &["(near mood[], far text)", "(near _mood, far text)"],
        &["(near app._mood, far text)", "(near mood, far text)"],
    ),
    (
        "ranges/mood_range/subtype",
        "range-subtype",
        &["citext", "extensions.citext", "\"citext\""],
        &["text", "extensions._citext"],
    ),
    (
        "operators/===(mood[], mood[])/result",
        "operator-result",
        &["mood[]", "_mood"],
        &["mood", "app._mood"],
    ),
    (
        "functions/listed/returns",
        "function-returns",
        &["mood[]", "_mood", "public._mood"],
        &[
            "mood",
            "app._mood",
            "setof mood[]",
            "void",
            "table(a mood[])",
        ],
    ),
    (
        "functions/several/returns",
        "function-returns",
        &["setof mood[]", "SETOF _mood"],
        &["mood[]", "setof mood", "setof app._mood", "trigger"],
    ),
    (
        "functions/tabled/returns",
        "function-returns",
        &[
            "table(a int, b mood[])",
            "TABLE (a int4, b _mood)",
            "table(\"a\" integer, b public.mood array)",
        ],
        &[
            "table(b int, a mood[])",
            "table(a int, b app._mood)",
            "table(a bigint, b mood[])",
            "table(a int)",
            "table(aint, b mood[])",
            "setof record",
        ],
    ),
    (
        "functions/fired/returns",
        "function-returns",
        &["trigger"],
        &["void", "_mood", "event_trigger"],
    ),
    (
        "functions/done/returns",
        "function-returns",
        &[],
        &["void", "_mood"],
    ),
    (
        "functions/listed/parameters",
        "function-parameters",
        &[
            "a mood[], b interval = '1 week'",
            "a _mood, b interval default '7 days'",
            "in a public._mood, b interval = interval '1 week'",
        ],
        &[
            "a mood[], b interval = '8 days'",
            "a mood[], b interval",
            "a app._mood, b interval = '1 week'",
            "b mood[], a interval = '1 week'",
            "a mood, b interval = '7 days'",
            "_mood, b interval = '1 week'",
        ],
    ),
    (
        "functions/all_moods/aggregate/state",
        "function-aggregate",
        &["mood[]", "_mood"],
        &["mood", "app._mood"],
    ),
    (
        "tables/booked/constraints/apart",
        "constraint-exclusion",
        &[
            "exclude using btree ((coalesce(name, note)) with =) where (trim(note) <> '')",
            "exclude using btree (coalesce(name, note::varchar) with =) where (trim(both from note) <> ''::text)",
        ],
        &[
            "exclude using btree ((coalesce(note, name)) with =) where (trim(note) <> '')",
            "exclude using btree ((coalesce(name, note)) with =) where (ltrim(note) <> '')",
            "exclude using btree ((coalesce(name, note)) with =)",
            "exclude using btree ((coalesce(name, note)) with <>) where (trim(note) <> '')",
            "exclude using btree ((coalesce(name, note)) with =, note with =) where (trim(note) <> '')",
        ],
    ),
    (
        "tables/parted/partition_by",
        "table-partition-key",
        &[
            "list (coalesce(name, note))",
            "LIST ((coalesce(name, note::varchar)))",
        ],
        &[
            "list (coalesce(note, name))",
            "list (name)",
            "range (coalesce(name, note))",
            "",
        ],
    ),
    (
        "tables/part/partition_of",
        "table-partition-of",
        &["parted for values in ('a', 'b')"],
        &["parted default", "orders"],
    ),
    (
        "triggers/items/watched/watch/function",
        "trigger-function",
        &[
            "fired(1, 'two', three, 1.50)",
            "public.fired('1', two, Three, '1.50')",
            "fired(01, 'two', 'three', 1.50)",
        ],
        &[
            "fired(2, 'two', three, 1.50)",
            "fired(1, 'two', 'Three', 1.50)",
            "fired(1, 'two', three, 1.5)",
            "fired()",
        ],
    ),
    (
        "operators/===(mood[], mood[])/commutator",
        "operator-partners",
        &["===", "===(mood[], _mood)"],
        &["===(mood[], mood)", "===(mood[])", "=="],
    ),
    (
        "rules/items/orders/noted/where",
        "rule-where",
        &[
            "old.* is distinct from new.*",
            "(OLD.*) IS DISTINCT FROM (NEW.*)",
        ],
        &[
            "old.* is distinct from old.*",
            "old.* is not distinct from new.*",
            "none",
        ],
    ),
    (
        "rules/items/orders/noted/do",
        "rule-action",
        &["insert into public.log (id, note) values (old.id, old.note)"],
        &["nothing"],
    ),
];

/// A suite that says one thing.
fn suite(place: &str, text: &str) -> String {
    // What cannot be left out beside it.
    let mut said = match place {
        "functions/all_moods/aggregate/state" => {
            json!({"functions": {"all_moods": {"aggregate": {"transition": "same_mood"}}}})
        }
        "triggers/items/watched/watch/function" => {
            let watch = json!({"timing": "before", "events": ["insert"], "level": "row"});
            json!({"triggers": {"items": {"watched": {"watch": watch}}}})
        }
        _ => json!({}),
    };
    let mut at = &mut said;
    for part in place.split('/') {
        if at.is_null() {
            *at = json!({});
        }
        at = &mut at[part];
    }
    *at = Value::from(text);
    said.to_string()
}

/// What `check` says of it: code and note of every finding.
fn findings(server: &Server, project: &Project, yaml: &str) -> Vec<(String, Option<String>)> {
    project.write("validations/s.yaml", yaml.as_bytes());
    let target = server.target("postgres");
    let run = project.run(["check", "s", "--target", &target, "--report", "json"]);
    assert!(run.code < 2, "{yaml}\n{}\n{}", run.out, run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let mut found = Vec::new();
    collect(&report, &mut found);
    assert_eq!(
        run.code,
        i32::from(!found.is_empty()),
        "{yaml}\n{}",
        run.out
    );
    found
}

fn collect(value: &Value, found: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::Array(all) => all.iter().for_each(|value| collect(value, found)),
        Value::Object(all) => {
            if let (Some(code), Some(_)) = (all.get("code"), all.get("expected")) {
                let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
                found.push((text(code).unwrap(), all.get("note").and_then(text)));
            }
            all.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}

#[test]
fn other_words_say_nothing_and_near_misses_are_reported() {
    for server in servers() {
        server.sql("postgres", SCHEMA);
        let project = Project::new(&[]);
        let mut wrong = Vec::new();
        for (place, code, same, other) in ROWS {
            for text in *same {
                let found = findings(&server, &project, &suite(place, text));
                if !found.is_empty() {
                    wrong.push(format!("{place}: `{text}` is the same: {found:?}"));
                }
            }
            for text in *other {
                let found = findings(&server, &project, &suite(place, text));
                // A line that names all checks of a domain refuses others.
                let right = ((*code).to_owned(), None);
                if found.is_empty() || found.iter().any(|found| *found != right) {
                    wrong.push(format!("{place}: `{text}` is another: {found:?}"));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}

/// Place, text and the note of the one finding.
const UNDECIDED: &[(&str, &str, &str)] = &[
    (
        "views/open_orders/definition",
        "select id, coalesce(name, note) as label from orders where status in ('new', 'paid') with check option",
        "the server does not take what is expected: syntax error at or near \"with\"",
    ),
    (
        "views/open_orders/definition",
        "select idd from orders",
        "the server does not take what is expected: column \"idd\" does not exist",
    ),
    (
        "views/open_orders/definition",
        "select id, coalesce(name, note) as label from orders where status in ('new', 'paid') for update",
        "the server was not asked: it locks rows",
    ),
    (
        "views/timed/columns/moods",
        "moood[]",
        "the server does not take what is expected: type \"moood[]\" does not exist",
    ),
    (
        "domains/code/checks/code_check",
        "value inn ('p', 'q')",
        "the server does not take what is expected: syntax error at or near \"inn\"",
    ),
    (
        "domains/unnamed",
        "varchar(20) check (value in ('p', 'q')) check (lenght(value) > 1)",
        "the server does not take what is expected: function lenght(character varying) does not exist",
    ),
    (
        "rules/items/orders/noted/do",
        "insert into log values (old.id, old.note)",
        "the server locks what a rule writes to when it reads its action",
    ),
    (
        "tables/part/partition_of",
        "parted for values in ('a'::text, 'b')",
        "the server computes the bounds of a partition when it reads them",
    ),
];

#[test]
fn a_finding_says_where_only_the_text_was_compared() {
    for server in servers() {
        server.sql("postgres", SCHEMA);
        let project = Project::new(&[]);
        for (place, text, reason) in UNDECIDED {
            let found = findings(&server, &project, &suite(place, text));
            let note = format!("compared as text, since {reason}");
            // A line that names all checks of a domain refuses others, which needs no note.
            let notes: Vec<_> = found.iter().filter_map(|(_, note)| note.as_ref()).collect();
            assert_eq!(notes, [&note], "{place}: {text}: {found:?}");
        }
    }
}

/// What a domain's default reads like depends on where its names were looked up when it was made.
#[test]
fn a_default_of_a_domain_reads_the_same_wherever_it_was_written() {
    for server in servers() {
        server.sql("postgres", SCHEMA);
        let project = Project::new(&[]);
        server.sql(
            "postgres",
            "set search_path = app, public; create domain public.nearby as app.mood default 'ok'",
        );
        for (text, count) in [("'ok'::app.mood", 0), ("'ok'", 0), ("'ok'::public.mood", 1)] {
            let found = findings(&server, &project, &suite("domains/nearby/default", text));
            assert_eq!(found.len(), count, "{text}: {found:?}");
        }
    }
}

/// A type without its schema is the first of its name, which may hide the one that is there.
#[test]
fn a_type_that_another_hides_is_not_meant_by_its_bare_name() {
    for server in servers() {
        server.sql("postgres", SCHEMA);
        server.sql(
            "postgres",
            "create table app.typed (m public.mood, n app.mood, c extensions.citext, d public.email);",
        );
        let project = Project::new(&[]);
        for (column, text, same) in [
            ("m", "mood", false),
            ("m", "public.mood", true),
            ("n", "mood", true),
            ("n", "public.mood", false),
            ("c", "citext", true),
            ("c", "extensions.citext", true),
            ("d", "email", true),
            ("d", "app.email", false),
        ] {
            let columns = json!({"columns": {column: text}});
            let suite = json!({"schema": "app", "tables": {"typed": columns}}).to_string();
            let found = findings(&server, &project, &suite);
            assert_eq!(found.is_empty(), same, "{column} {text}: {found:?}");
        }
    }
}
