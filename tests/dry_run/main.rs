//! Dry runs and destructive statements, on a real Postgres.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bounds;
mod destroying;
mod destructive;
mod report;
mod shadow;
#[path = "../support/mod.rs"]
mod support;
mod tried;

use support::{Project, Run, Server, finished, supaproof};

/// A database with a first migration and rows, and a project that has it.
pub(crate) struct Shop {
    pub(crate) server: Server,
    pub(crate) project: Project,
}

const FIRST: &str = "create table orders (id bigserial primary key, total int not null, note text);
create table items (id bigint primary key, order_id bigint references orders on delete cascade, name varchar(20));
create table empty_one (id bigint primary key);
create type mood as enum ('glad', 'sad');
create table moods (id bigint primary key, mood mood);
create view big as select id from orders where total > 10;
create table broad (id int);
create view wide as select id from broad;
create view wider as select id from wide;
create table told (id int primary key, mood_id bigint);
create function allowed() returns bool language sql immutable as 'select true';
alter table told enable row level security;
create policy called on told using (allowed());
alter table told add constraint sane check (allowed());
create function twice(a int) returns int language sql as 'select 2 * a';
create schema app;
create table app.things (id int primary key);
create table \"Od;d \"\"x\" (\"a b\" int);
alter table orders enable row level security;
alter table orders force row level security;
create policy own on orders using (true);
create unique index items_name on items (name);
create index items_order on items (order_id);
alter table orders add constraint positive check (total > 0);
create table parted (id int) partition by range (id);
create table parted_1 partition of parted for values from (1) to (10);
create publication changes for table items;
create type pair as (a int, b int);
create materialized view totals as select count(*) from moods;
create sequence numbers;
alter table told add constraint told_mood_id_fkey foreign key (mood_id) references moods on delete set null;
create domain short as varchar(3);
create table shorts (it short);
create trigger touch before update on items for each row execute function suppress_redundant_updates_trigger();
";

const ROWS: &str = "insert into orders (total) select 20 from generate_series(1, 1234);
insert into items select n, 1, 'i' || n from generate_series(1, 5) n;
insert into moods values (1, 'glad');
insert into told values (1, 1);
insert into app.things values (1), (2);
insert into parted values (1), (2);
insert into shorts values ('a');
insert into \"Od;d \"\"x\" values (1);
analyze orders, items, moods, empty_one;
";

impl Shop {
    pub(crate) fn new() -> Self {
        let server = Server::start();
        let project = Project::new(&[("sql/shop/001_first.sql", FIRST)]);
        let shop = Self { server, project };
        assert_eq!(shop.run(&["setup", "shop", "--yes"]).code, 0);
        shop.server.sql("postgres", ROWS);
        shop
    }

    /// The second migration, in place of one that was there.
    pub(crate) fn second(&self, sql: &str) {
        self.project
            .write("sql/shop/002_second.sql", sql.as_bytes());
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let target = self.server.target("postgres");
        self.project.run([args, &["--target", &target]].concat())
    }

    /// The same on a target that is protected.
    pub(crate) fn protected(&self, args: &[&str]) -> Run {
        let toml = "[targets.production]\nurl = \"env:PRODUCTION\"\nprotected = true\n";
        self.project.write("supaproof.toml", toml.as_bytes());
        let mut command = supaproof(self.project.path());
        command.args(args).args(["--target", "production"]);
        command.env("PRODUCTION", self.server.target("postgres"));
        finished(command.output().unwrap())
    }

    /// All that a dry run could leave: every object, every row, every lock, the ledger with its history.
    pub(crate) fn state(&self) -> (supaproof::catalog::Catalog, String) {
        let all = supaproof::catalog::Selection::all();
        let catalog = self.server.parts_as("postgres", "postgres", &all);
        let held = self.server.json(
            "postgres",
            "select json_build_array((select json_agg(o order by id) from orders o), (select json_agg(i) from items i), \
             (select json_agg(m) from supaproof.migrations m), (select json_agg(h) from supaproof.history h), \
             (select json_agg(t) from app.things t), \
             (select count(*) from pg_locks where locktype = 'relation' and pid <> pg_backend_pid()), \
             (select count(*) from pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid() and backend_type = 'client backend'))",
        );
        (catalog, held.to_string())
    }

    #[track_caller]
    pub(crate) fn stays(&self, before: &(supaproof::catalog::Catalog, String)) {
        let after = self.state();
        let changes = supaproof::diff::changes(&before.0, &after.0);
        assert_eq!(changes, [], "the schema");
        assert_eq!(before.1, after.1, "rows, ledger, locks");
    }
}

#[track_caller]
pub(crate) fn says(run: &Run, code: i32, lines: &[&str]) {
    assert_eq!(run.code, code, "{}{}", run.out, run.err);
    for line in lines {
        let all = format!("{}{}", run.out, run.err);
        assert!(all.contains(line), "missing: {line}\n{all}");
    }
}

/// The lines of a section of the output.
pub(crate) fn section<'a>(run: &'a Run, title: &str) -> Vec<&'a str> {
    let lines = run
        .out
        .lines()
        .skip_while(|line| !line.contains(title))
        .skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect()
}
