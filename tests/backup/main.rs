//! `--backup` and `supaproof backup`, with the programs of Postgres and a server of their own.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod create;
mod programs;
mod restore;
#[path = "../support/mod.rs"]
mod support;
mod verify;

use std::path::PathBuf;

use support::{Project, Run, Server};

/// Names, kinds and values on which a copy may stumble, for a fresh project's database.
pub(crate) const ODD: &str = r#"
create type mood as enum ('glad', 'so "so"');
create domain positive as int check (value > 0);
create type pair as (a int, b text);
create function touch() returns trigger language plpgsql as $$
begin
  /* Lines that a reader of scripts may take for its own:
\.
\q
*/
  return new;
end $$;
create schema "Odd ""Schema"" 😀";
create table "Odd ""Schema"" 😀"."T'a.b*le"(
  "ID" bigint generated always as identity primary key,
  "select" text, twice int generated always as (n * 2) stored, n int, f float8, m money, b bytea, j jsonb, i interval,
  at timestamptz, mood mood, p pair, d positive);
insert into "Odd ""Schema"" 😀"."T'a.b*le" ("select", n, f, m, b, j, i, at, mood, p, d) values
  (E'a\tb\\.\n\\N "q" 😀', 1, 0.1, 12.5, '\x00ff', '{"k": [1, null]}', '1 mon 2 days', '2026-01-01T00:00:00+03', 'so "so"', (1, 'x'), 5),
  (null, null, 'nan', null, '', null, null, 'infinity', null, null, null);
create table orders (id serial primary key, user_id uuid references auth.users (id), note text);
alter table orders enable row level security;
alter table orders force row level security;
create policy own on orders for select to authenticated using (auth.uid() = user_id);
create trigger touch before update on orders for each row execute function touch();
create view noted as select id from orders where note is not null;
create materialized view counted as select count(*) from orders;
create table days (day date, n int) partition by range (day);
create table days_1 partition of days for values from ('2026-01-01') to ('2027-01-01');
create sequence down increment by -2 minvalue -100 maxvalue 0 start 0;
alter publication supabase_realtime add table orders;
create trigger on_auth_user_created after insert on auth.users for each row execute function touch();
create policy "Own files" on storage.objects for select to authenticated using (owner = auth.uid());
insert into auth.users (id, email) values ('00000000-0000-0000-0000-000000000001', 'a@example.com');
insert into storage.buckets (id, name) values ('b', 'b');
insert into orders (user_id, note) select '00000000-0000-0000-0000-000000000001', g::text from generate_series(1, 20) g;
delete from orders where id > 10;
insert into days values ('2026-03-01', 1), ('2026-04-01', 2);
select nextval('down'), nextval('down');
select lo_from_bytea(0, 'large');
create table "without columns"();
insert into "without columns" default values;
"#;

/// A server with the database `shop`, and a project.
pub(crate) struct Shop {
    pub(crate) server: Server,
    pub(crate) project: Project,
}

impl Shop {
    pub(crate) fn new(sql: &str) -> Self {
        let server = Server::start();
        server.copy(supaproof::platform::DATABASE, "shop");
        server.sql("shop", sql);
        let project = Project::new(&[
            ("sql/shop/001_items.sql", "create table items (id int);\n"),
            ("sql/shop/001_items.rollback.sql", "drop table items;\n"),
        ]);
        Self { server, project }
    }

    /// Runs the program on a database.
    pub(crate) fn on(&self, database: &str, code: i32, line: &[&str]) -> Run {
        let target = self.server.target(database);
        let run = self.project.run(line.iter().chain(&["--target", &target]));
        assert_eq!(run.code, code, "{line:?}\n{}{}", run.out, run.err);
        run
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.project.path().join(".supaproof/backups")
    }

    /// The names in the folder, without the hidden ones.
    pub(crate) fn files(&self, extension: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.folder()) else {
            return Vec::new();
        };
        let mut out: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == extension))
            .collect();
        out.sort();
        out
    }

    pub(crate) fn manifest(&self) -> serde_json::Value {
        let text = std::fs::read(self.files("json").pop().unwrap()).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}
