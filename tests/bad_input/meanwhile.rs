//! The schema changes while it is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Project, Server};

/// Objects that are taken away and made again, all at once: whoever reads sees all of them, as they are written below.
const OBJECTS: &str = "
    create schema busy;
    create type busy.mood as enum ('sad', 'ok');
    create domain busy.amount as integer constraint positive check (value > 0);
    create type busy.place as (street text, mood busy.mood);
    create function busy.touch() returns trigger language plpgsql as 'begin return new; end';
    create function busy.add(a busy.amount, b busy.mood default 'ok') returns busy.place language sql as 'select null::busy.place';
    create table busy.parents (id integer primary key, mood busy.mood default 'ok');
    create table busy.orders (id integer primary key, parent integer references busy.parents (id), total busy.amount default 1,
        twice integer generated always as (id * 2) stored, mood busy.mood default 'sad', constraint late check (id > 0));
    create index orders_total on busy.orders (total, (id + 1)) where id > 1;
    alter table busy.orders enable row level security;
    create policy mine on busy.orders using (id > 2) with check (mood = 'ok');
    create trigger touch before update on busy.orders for each row when (new.id > 0) execute function busy.touch();
    create rule quiet as on delete to busy.orders where old.id = 3 do instead nothing;
    create view busy.seen as select id, mood from busy.orders where id > 4;
    create materialized view busy.sums as select count(*) as n from busy.orders;
    create sequence busy.numbers owned by busy.orders.id;
    create table busy.parts (id integer, mood busy.mood default 'ok') partition by range (id);
    create table busy.part partition of busy.parts for values from (0) to (10);
    create publication busy for table busy.orders where (id > 5);";

const GONE: &str = "drop publication busy; drop schema busy cascade;";

/// What they are, as a person reads it.
const YAML: &str = "
schema: busy
enums: {mood: [sad, ok]}
domains: {amount: {type: integer, checks: {positive: value > 0}}}
composite_types: {place: {attributes: {street: text, mood: mood}}}
tables:
  others: refused
  items:
    parents: {columns: {id: integer not null, mood: mood default 'ok'}, primary_key: [id]}
    orders:
      rls: true
      columns:
        id: integer not null
        parent: integer
        total: amount default 1
        twice: integer generated always as (id * 2) stored
        mood: mood default 'sad'
      checks: {late: id > 0}
      foreign_keys: {parent: parents (id)}
    parts: {columns: {id: integer, mood: mood default 'ok'}, partition_by: range (id)}
    part: {partition_of: parts for values from (0) to (10)}
indexes:
  items: {orders_total: {table: orders, columns: [total, (id + 1)], where: id > 1}}
policies: {items: {orders: {mine: {command: all, using: id > 2, check: mood = 'ok'}}}}
triggers: {items: {orders: {touch: {timing: before, events: [update], when: new.id > 0, function: touch()}}}}
rules: {items: {orders: {quiet: {event: delete, where: old.id = 3, instead: true, do: nothing}}}}
views: {seen: {columns: {id: integer, mood: mood}}}
materialized_views: {sums: {columns: {n: bigint}}}
functions: {touch(): {returns: trigger}, 'add(amount, mood)': {returns: place}}
publications: {busy: {tables: {busy.orders: all columns where (id > 5)}}}
";

/// Changes the schema in sessions of its own until it is dropped.
struct Busy {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Busy {
    fn on(server: &Server, scripts: &[String], pause: Duration) -> Self {
        let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let threads = scripts.iter().map(|script| {
            let (stop, rounds) = (Arc::clone(&stop), Arc::<AtomicUsize>::clone(&rounds));
            let (run, script) = (server.session("postgres", "postgres"), script.clone());
            std::thread::spawn(move || {
                let mut run = run;
                while !stop.load(Ordering::Relaxed) {
                    run(&script).unwrap();
                    rounds.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(pause);
                }
            })
        });
        let threads = threads.collect();
        Self {
            stop,
            rounds,
            threads,
        }
    }

    fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.rounds.load(Ordering::Relaxed)
    }
}

/// How often a check passed, and how often it said that the schema changed. Whatever else it says is wrong.
fn check_beside(objects: &str, yaml: &str, scripts: &[String], pause: Duration) -> (usize, usize) {
    let server = Server::start();
    server.sql("postgres", objects);
    let project = Project::new(&[("validations/shop.yaml", yaml)]);
    let target = server.target("postgres");
    let check = || project.run(["check", "shop", "-q", "--target", &target]);
    let quiet = check();
    assert_eq!(quiet.code, 0, "{}\n{}", quiet.out, quiet.err);

    let busy = Busy::on(&server, scripts, pause);
    let (begun, mut passed, mut refused) = (Instant::now(), 0, 0);
    let mut wrong = Vec::new();
    while begun.elapsed() < Duration::from_secs(4) {
        let run = check();
        match run.code {
            0 => passed += 1,
            5 if run
                .out
                .contains("error: the schema changed while it was read\n") =>
            {
                refused += 1
            }
            _ => wrong.push(format!("exit code {}\n{}\n{}", run.code, run.out, run.err)),
        }
    }
    let rounds = busy.end();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rounds > 5 && passed + refused > 2);
    (passed, refused)
}

#[test]
fn what_is_made_anew_while_it_is_read_is_no_finding() {
    let anew = format!("begin; {GONE} {OBJECTS} commit");
    let (passed, refused) = check_beside(OBJECTS, YAML, &[anew], Duration::from_millis(300));
    assert!(passed > refused, "{passed} {refused}");
}

#[test]
fn what_never_stands_still_is_no_finding_and_no_pass() {
    let anew = format!("begin; {GONE} {OBJECTS} commit");
    let others = "create schema other; create table other.t (id integer default 1 check (id > 0)); \
        create view other.v as select * from other.t; create index on other.t ((id + 1)); \
        create function other.f(other.t) returns other.t language sql as 'select $1'; drop schema other cascade";
    check_beside(OBJECTS, YAML, &[anew, others.to_owned()], Duration::ZERO);
}

/// Of what is gone the server calls the type `???` and the expression NULL: neither is what the object was like.
#[test]
fn what_the_server_can_no_longer_name_is_no_finding() {
    let objects = "
        create schema busy;
        create type busy.mood as enum ('sad', 'ok');
        create table busy.orders (id integer default 1, mood busy.mood default 'ok', twice integer generated always as (id * 2) stored);
        create table busy.parts (id integer) partition by range (id);
        create table busy.part partition of busy.parts for values from (0) to (10);
        alter table busy.orders enable row level security;
        create policy mine on busy.orders using (true) with check (id > 1);
        create function busy.f(busy.mood) returns busy.mood language sql as 'select $1';";
    let yaml = "
schema: busy
tables:
  orders:
    columns: {id: integer default 1, mood: mood default 'ok', twice: integer generated always as (id * 2) stored}
    other_columns: refused
  parts: {partition_by: range (id)}
  part: {partition_of: parts for values from (0) to (10)}
policies: {items: {orders: {mine: {command: all, using: 'true', check: id > 1}}}}
functions: {f(mood): {returns: mood}}
";
    let anew = format!("begin; drop schema busy cascade; {objects} commit");
    check_beside(objects, yaml, &[anew], Duration::from_millis(10));
}
