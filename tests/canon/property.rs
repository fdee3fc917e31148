//! What the server prints of a text always equals the text, whatever the text is, and equals no other.

use supaproof::meaning::canon::{self, Of, Question, Verdict};

use crate::common::common;
use crate::generate::{Dice, neighbour, truth};
use crate::place::relation;
use crate::support::Server;
use crate::{ask, servers};

/// What the server has of a text once it stands in a real object, and of that once it is written anew, and so on until
/// it changes no more; null where it is refused.
const DEPARSE: &str = "
    create function public.deparse(place text, e text) returns text[] language plpgsql as $$
    declare printed text[]; now text := e; next text;
    begin
        set local search_path = public, extensions;
        for pass in 1 .. 5 loop
            if place = 'policy' then
                execute format('create policy k on public.t using (%s)', now);
                set local search_path = '';
                select pg_get_expr(polqual, polrelid) into next from pg_policy where polname = 'k';
                execute 'drop policy k on public.t';
            elsif place = 'check' then
                execute format('alter table public.t add constraint k check (%s) not valid', now);
                set local search_path = '';
                select pg_get_expr(conbin, conrelid) into next from pg_constraint where conname = 'k';
                execute 'alter table public.t drop constraint k';
            elsif place = 'predicate' then
                execute format('create index k on public.t (a) where %s', now);
                set local search_path = '';
                select pg_get_expr(indpred, indrelid) into next from pg_index where indexrelid = 'public.k'::regclass;
                execute 'drop index public.k';
            else
                execute format('alter table public.t alter %I set default %s', place, now);
                set local search_path = '';
                select pg_get_expr(d.adbin, d.adrelid) into next from pg_attrdef d
                  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
                 where d.adrelid = 'public.t'::regclass and a.attname = place;
                execute format('alter table public.t alter %I drop default', place);
            end if;
            printed := printed || next;
            exit when next = now;
            now := next;
        end loop;
        return printed;
    exception when others then
        return null;
    end $$;
    create function public.value_of(c text, e text) returns text language plpgsql as $$
    declare type text; value text;
    begin
        select format_type(atttypid, atttypmod) into type from pg_attribute where attrelid = 'public.t'::regclass and attname = c;
        set local search_path = public, extensions;
        execute format('create temporary table valued (v %s default %s) on commit drop', type, e);
        insert into pg_temp.valued default values;
        select v::text into value from pg_temp.valued;
        drop table pg_temp.valued;
        return coalesce(value, 'NULL');
    exception when others then
        return 'refused';
    end $$;";

fn ask_sql(
    server: &Server,
    call: &str,
    texts: &[(String, String)],
) -> Vec<Option<serde_json::Value>> {
    let quoted = |text: &str| supaproof::sql::quote_literal(text);
    let rows: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(n, (place, e))| format!("({n}, {}, {})", quoted(place), quoted(e)))
        .collect();
    let sql = format!(
        "select json_agg({call} order by n) from (values {}) u(n, place, e)",
        rows.join(",\n")
    );
    serde_json::from_value(server.json("postgres", &sql)).unwrap()
}

/// A text with what is printed of it at first and in the end.
struct Case {
    place: String,
    written: String,
    printed: String,
    settled: String,
}

fn cases(server: &Server, texts: Vec<(String, String)>) -> Vec<Case> {
    let printed = ask_sql(server, "public.deparse(place, e)", &texts);
    let of = |((place, written), printed): ((String, String), Option<serde_json::Value>)| {
        let all: Vec<String> = serde_json::from_value(printed?).unwrap();
        Some(Case {
            place,
            written,
            printed: all.first()?.clone(),
            settled: all.last()?.clone(),
        })
    };
    texts.into_iter().zip(printed).filter_map(of).collect()
}

fn question(of: &Of, expected: &str, found: &str) -> Question {
    Question {
        of: of.clone(),
        schema: "public".to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

#[test]
fn a_condition_is_what_the_server_prints_of_it_and_no_other() {
    for server in servers() {
        server.sql("postgres", DEPARSE);
        let seed = std::env::var("SUPAPROOF_TEST_SEED").map_or(1, |s| s.parse().unwrap());
        let count = std::env::var("SUPAPROOF_TEST_CASES").map_or(150, |s| s.parse().unwrap());
        let mut dice = Dice::new(seed);
        let mut texts = Vec::new();
        for n in 0..count {
            let place = ["policy", "check", "predicate"][n % 3];
            let expression = match n % 2 {
                0 => truth(&mut dice, n % 4),
                _ => common(&mut dice, n % 3),
            };
            for _ in 0..2 {
                texts.push((place.to_owned(), neighbour(&mut dice, &expression)));
            }
            texts.push((place.to_owned(), expression));
        }
        let cases = cases(&server, texts);
        assert!(
            cases.len() > count,
            "too few valid expressions: {}",
            cases.len()
        );
        let of = Of::Condition(relation("t"));
        let mut pairs = Vec::new();
        for (n, case) in cases.iter().enumerate() {
            // Itself, and its neighbours, which may be the same.
            for other in &cases[n..cases.len().min(n + 3)] {
                pairs.push((case, other));
            }
        }
        let questions: Vec<Question> = pairs
            .iter()
            .map(|(case, other)| question(&of, &case.written, &other.printed))
            .collect();
        let verdicts = ask(&server, &questions);
        let mut wrong = Vec::new();
        let (mut same, mut different) = (0, 0);
        for ((case, other), verdict) in pairs.iter().zip(verdicts) {
            let wanted = Verdict::from(canon::same_printed(&case.settled, &other.settled));
            *(if wanted == Verdict::Same {
                &mut same
            } else {
                &mut different
            }) += 1;
            if verdict != wanted {
                wrong.push(format!(
                    "{} `{}` and `{}`: {verdict:?}",
                    case.place, case.written, other.printed
                ));
            }
        }
        println!(
            "{} expressions, {same} pairs the same, {different} not",
            cases.len()
        );
        assert!(same > count && different > count);
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}

const CONSTANTS: [&str; 37] = [
    "0",
    "1",
    "-1",
    "1.5",
    "'1'",
    "'-1'",
    "'1.50'",
    "99999999999",
    "1::bigint",
    "'1'::numeric",
    "1e3",
    "null",
    "''",
    "'x'",
    "'x'::text",
    "'x'::varchar",
    "'x '",
    "lower('X')",
    "'{}'",
    "'[]'",
    "array['a']",
    "'{a}'::text[]",
    "true",
    "'t'",
    "not true",
    "'ok'",
    "'ok'::public.mood",
    "'2020-01-02'",
    "'2020-01-02'::date",
    "date '2020-1-2' + 1",
    "'1 day'",
    "interval '24 hours'",
    "B'101'",
    "B'110'",
    "'abc'",
    "'abd'",
    "'[1,2)'",
];

/// A value is what it becomes in its column, whatever its type.
#[test]
fn a_default_is_what_the_server_prints_of_it_and_no_other_value() {
    for server in servers() {
        server.sql("postgres", DEPARSE);
        let columns = server.json(
            "postgres",
            "set search_path = ''; select json_object_agg(attname, format_type(atttypid, atttypmod)) from pg_attribute
              where attrelid = 'public.t'::regclass and attnum > 0 and not attisdropped",
        );
        let columns = columns.as_object().unwrap();
        let all = columns.keys().flat_map(|column| {
            CONSTANTS
                .iter()
                .map(|text| (column.clone(), (*text).to_owned()))
        });
        let cases = cases(&server, all.collect());
        assert!(cases.len() > columns.len() * 4, "too few: {}", cases.len());
        let texts: Vec<(String, String)> = cases
            .iter()
            .map(|case| (case.place.clone(), case.written.clone()))
            .collect();
        let values = ask_sql(&server, "to_json(public.value_of(place, e))", &texts);
        let mut pairs = Vec::new();
        for a in 0..cases.len() {
            for b in a..cases.len() {
                // Itself, and some of the others.
                if cases[a].place == cases[b].place && (a == b || (a * 7 + b) % 4 == 0) {
                    pairs.push((a, b));
                }
            }
        }
        let questions: Vec<Question> = pairs
            .iter()
            .map(|&(a, b)| {
                let of = Of::Value(
                    relation("t"),
                    columns[&cases[a].place].as_str().unwrap().to_owned(),
                );
                question(&of, &cases[a].written, &cases[b].printed)
            })
            .collect();
        let started = std::time::Instant::now();
        let verdicts = ask(&server, &questions);
        println!(
            "{} defaults, {} questions in {:?}",
            cases.len(),
            questions.len(),
            started.elapsed()
        );
        let mut wrong = Vec::new();
        for (&(a, b), verdict) in pairs.iter().zip(verdicts) {
            // Two spellings of a value need not be recognised, but two values are never one.
            let right = match verdict {
                Verdict::Same => values[a] == values[b],
                Verdict::Different => cases[a].settled != cases[b].settled,
                Verdict::Undecided(_) => false,
            };
            if !right {
                wrong.push(format!(
                    "{} `{}` and `{}`: {verdict:?}",
                    cases[a].place, cases[a].written, cases[b].printed
                ));
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
