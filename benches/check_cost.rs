//! What a check costs as a schema grows: the catalog read and parsed, the file parsed, and every expectation judged, for
//! 100, 1,000 and 5,000 tables; and what it costs to ask the server about texts that differ.
//!
//! `cargo bench --bench check_cost [-- TABLES…]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and says what it found"
)]

use std::time::{Duration, Instant};

use supaproof::catalog::{self, Catalog, Parts, Selection};
use supaproof::checks::{Expectation, Facts, Outcome};
use supaproof::expect;
use supaproof::generate::{Request, generate};
use supaproof::meaning::canon::{self, Canon, Of, Question, Relation};
use supaproof::source::Source;
use supaproof::target::Target as _;
use supaproof::target::embedded::{self, Options, Template};
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};

/// A table of everyday: ten columns, five constraints, two indexes, two policies, a trigger.
const TABLE: &str = "
    create table bench.t{n} (
      id bigint generated always as identity primary key, parent bigint references bench.t{n} (id) on delete cascade,
      name varchar(100) not null, email text, status text not null default 'new', total numeric(10, 2) default 0,
      tags text[] not null default '{}', data jsonb not null default '{}', created_at timestamptz not null default now(),
      done boolean not null default false,
      unique (name), check (status in ('new', 'paid', 'sent')), check (total >= 0 and length(name) > 1));
    create index on bench.t{n} (status, created_at desc) where not done;
    create index on bench.t{n} using gin (tags);
    alter table bench.t{n} enable row level security;
    create policy own on bench.t{n} for select using (email = current_setting('app.email', true));
    create policy change on bench.t{n} for update using (not done) with check (total >= 0);
    create trigger touch before update on bench.t{n} for each row when (old.* is distinct from new.*)
      execute function bench.touch();";

const BEFORE: &str = "
    create schema bench;
    create function bench.touch() returns trigger language plpgsql as 'begin return new; end';";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes = vec![100, 1000, 5000];
    }
    let cache = tempfile::tempdir().unwrap();
    let options = Options {
        cache_dir: Some(cache.path().to_owned()),
        working_dir: std::env::current_dir().unwrap(),
        ..Options::default()
    };
    let template = Template {
        revision: String::new(),
        superuser: "boss",
        database: "postgres",
        scripts: vec![("bench.sql", BEFORE)],
    };
    let programs = embedded::find(&options).unwrap();
    let cluster = embedded::start(&programs, &options, &template)
        .await
        .unwrap();
    let settings = Settings::socket(cluster.socket_dir(), cluster.port(), "boss", "postgres");
    println!("Postgres {}", programs.version);
    println!("tables  expectations      file   read and parse        judge  a table costs");
    let mut made = 0;
    for size in sizes {
        // No transaction holds more locks than a server has room for.
        while made < size {
            let until = (made + 100).min(size);
            let tables: String = (made..until)
                .map(|n| TABLE.replace("{n}", &n.to_string()))
                .collect();
            open(&settings)
                .await
                .run(&tables, &mut |_| {})
                .await
                .unwrap();
            made = until;
        }
        grows(&settings, size).await;
    }
    asking(&settings).await;
    cluster.stop().await;
}

async fn open(settings: &Settings) -> PostgresTarget {
    let limits = Limits {
        connect: Duration::from_secs(10),
        run: None,
    };
    PostgresTarget::connect(settings, limits, true)
        .await
        .unwrap()
}

async fn read(settings: &Settings, selection: &Selection) -> Catalog {
    let mut parts = Parts::of(selection);
    let sql = catalog::query_in_parts(selection);
    open(settings)
        .await
        .read_pairs(catalog::SETTINGS, &sql, &mut |name, json| {
            parts.take(name, json);
        })
        .await
        .unwrap();
    parts.finish().unwrap()
}

/// All that there is, expected and judged: it must pass.
async fn grows(settings: &Settings, tables: usize) {
    let whole = read(settings, &Selection::typed()).await;
    let request = Request {
        schemas: vec!["bench".to_owned()],
        ..Request::default()
    };
    let yaml = generate(&whole, &request).unwrap().yaml;
    drop(whole);

    let begin = Instant::now();
    let expected = expect::parse(&Source::new("bench.yaml", yaml.as_str()), "bench").unwrap();
    let file = begin.elapsed();
    let checks = expected.checks;
    let needs = checks.iter().map(Expectation::needs);
    let selection = needs.fold(Selection::default(), Selection::with);

    let begin = Instant::now();
    let catalog = read(settings, &selection).await;
    let reading = begin.elapsed();

    let begin = Instant::now();
    let facts = Facts {
        catalog: &catalog,
        canon: &Canon::default(),
        target: "embedded",
    };
    for check in &checks {
        let (outcome, _) = check.examine(&facts);
        assert!(
            matches!(&outcome, Outcome::Pass(_)),
            "{check:?}: {outcome:?}"
        );
    }
    let judging = begin.elapsed();
    let all = file + reading + judging;
    println!(
        "{tables:6}  {:12}  {:5.0} ms  {:11.0} ms  {:8.0} ms  {:10.3} ms",
        checks.len(),
        ms(file),
        ms(reading),
        ms(judging),
        ms(all) / tables as f64
    );
}

/// Texts that only the server understands, the same and different.
async fn asking(settings: &Settings) {
    println!("\nquestions     same  different");
    for count in [10, 100, 1000] {
        let mut times = [Duration::ZERO; 2];
        for (other, time) in ["x", "y"].into_iter().zip(&mut times) {
            let questions: Vec<Question> = (0..count)
                .map(|n| Question {
                    of: Of::Condition(Relation {
                        schema: "bench".to_owned(),
                        name: "t0".to_owned(),
                    }),
                    schema: "bench".to_owned(),
                    expected: format!("coalesce(t0.name, email) = 'x{n}'"),
                    found: format!(
                        "((COALESCE(name, (email)::character varying))::text = '{other}{n}'::text)"
                    ),
                })
                .collect();
            let script = canon::questions(&questions);
            let mut target = open(settings).await;
            let begin = Instant::now();
            let answer = target
                .try_json(&script.statements, script.result)
                .await
                .unwrap();
            *time = begin.elapsed();
            let canon = canon::answers(&questions, answer);
            let same = (canon.same(&questions[0]) == canon::Verdict::Same) == (other == "x");
            assert!(same, "{:?}", canon.same(&questions[0]));
        }
        println!(
            "{count:9}  {:4.0} ms  {:6.0} ms",
            ms(times[0]),
            ms(times[1])
        );
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
