//! Rollbacks that leave something behind: each thing is named, once.

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::diff::{Change, changes};

use crate::findings;
use crate::support::{Project, Server};

/// One of every kind that a migration can make, as the role `postgres`.
pub(crate) const EVERYTHING: &str = "
create table left_table (id int generated always as identity primary key, label text default 'x' check (label <> ''), ref int references left_table);
comment on table left_table is 'left';
comment on column left_table.label is 'left';
create index left_index on left_table (label);
alter table left_table enable row level security;
create policy left_policy on left_table using (true);
create table left_partitioned (id int) partition by range (id);
create table left_partition partition of left_partitioned for values from (0) to (9);
create view left_view as select 1 as one;
create materialized view left_materialized as select 1 as one;
create sequence left_sequence;
create type left_enum as enum ('a');
create type left_composite as (a int);
create type left_range as range (subtype = int4);
create domain left_domain as int constraint left_check check (value > 0);
create function left_function(int) returns int language sql return $1;
create function left_function(text) returns text language sql return $1;
create procedure left_procedure() language sql as 'select 1';
create aggregate left_aggregate(int) (sfunc = int4pl, stype = int);
create operator === (leftarg = int, rightarg = int, function = int4eq);
create cast (left_enum as int) with inout;
create collation left_collation (locale = 'C');
create text search configuration left_search (copy = pg_catalog.simple);
create text search dictionary left_dictionary (template = pg_catalog.simple);
create schema left_schema;
create table left_schema.inside (id int);
create role left_role;
grant left_role to service_role;
alter role left_role set statement_timeout = '1s';
alter role left_role in database postgres set work_mem = '8MB';
create extension citext schema extensions;
alter publication supabase_realtime add table left_schema.inside;
create statistics left_statistics on id, label from left_table;
create rule left_rule as on update to left_view do instead nothing;
alter default privileges in schema public grant select on tables to left_role;
alter default privileges for role postgres grant execute on functions to left_role;
create function left_trigger() returns trigger language plpgsql as 'begin return new; end';
create trigger left_on_signup after insert on auth.users for each row execute function left_trigger();
create policy \"left on storage\" on storage.objects for select using (true);
grant usage on schema left_schema to anon;
select lo_create(471100);
select lo_create(7);
grant create on schema public to left_role;
comment on database postgres is 'left';
";

#[test]
fn whatever_stays_is_named_once() {
    let project = Project::new(&[
        ("sql/shop/001_all.sql", EVERYTHING),
        ("sql/shop/001_all.rollback.sql", "select 1"),
    ]);
    let run = project.run(["verify", "shop", "--report", "json"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let found = findings(&run.out);
    let mut once = found.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), found.len(), "{found:#?}");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("left_behind", found.join("\n"));
    });
}

/// On a target that is somebody's: everything is reported, and nothing was changed.
const ON_ANOTHERS: &str = "
alter table profiles add column nick text;
alter table profiles alter column name set default 'nobody';
alter table profiles add constraint named check (name <> '');
create index profiles_by_name on profiles (name);
comment on table profiles is 'ours';
comment on column profiles.id is 'ours';
grant select (id) on profiles to anon;
grant delete on profiles to anon;
alter table profiles enable row level security;
create policy mine on profiles using (true);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before update on profiles for each row execute function touch();
alter type mood add value 'sad';
alter role visitor set statement_timeout = '3s';
alter role visitor createdb;
grant visitor to anon;
alter function greet() stable;
do $$begin execute 'create or replace view everybody as select id, name, 1 as one from profiles'; end$$;
alter sequence numbers increment by 5;
alter schema shop owner to visitor;
alter domain small drop constraint small_check;
alter domain small add constraint smaller check (value < 5);
";

#[test]
fn what_is_changed_about_anothers_objects_is_named_once() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create table profiles (id int primary key, name text);
         insert into profiles values (1, 'one');
         revoke all on profiles from anon;
         create type mood as enum ('glad');
         create role visitor; grant visitor to postgres;
         grant create on database postgres to visitor;
         create function greet() returns int language sql return 1;
         create view everybody as select id, name from profiles;
         create sequence numbers;
         create domain small as int check (value < 10);
         create schema shop",
    );
    let before = server.json("postgres", &catalog::statement(&Selection::all()));
    let project = Project::new(&[
        ("sql/shop/001_all.sql", ON_ANOTHERS),
        ("sql/shop/001_all.rollback.sql", "select 1"),
    ]);
    let target = server.target("postgres");
    let run = project.run([
        "verify", "shop", "--yes", "--report", "json", "--target", &target,
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let found = findings(&run.out);
    assert!(
        run.out.contains("default 'nobody'::text instead of none"),
        "{}",
        run.out
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("on_anothers", found.join("\n"));
    });
    let after = server.json("postgres", &catalog::statement(&Selection::all()));
    assert_eq!(after, before, "it was rehearsed, not done");
    assert_eq!(
        server.json(
            "postgres",
            "select to_json(to_regnamespace('supaproof') is null)"
        ),
        true
    );
}

/// The typed kinds and the inventory tell of the same objects in other words; each is named once, parts not at all.
#[test]
fn an_object_with_an_odd_name_is_one_object() {
    let server = Server::start();
    let read = || {
        let document = server.json("postgres", &catalog::statement(&Selection::all()));
        Catalog::parse(document).unwrap()
    };
    let before = read();
    server.sql(
        "postgres",
        r#"
        create schema "a.b";
        create schema a;
        create table "a.b".c (id int primary key);
        create table a."b.c" (id int primary key);
        create type "a.b"."enum, ""x""" as enum ('y');
        create table "a.b"."t on ""u""" (
          "id.x" int generated always as identity primary key,
          "drop table" text default 'pg_catalog.x' constraint "k on l" check ("drop table" <> ''),
          "select" "a.b"."enum, ""x"""
        );
        create index "i.j, k" on "a.b"."t on ""u""" ("select");
        create policy "p on q" on "a.b"."t on ""u""" using (true);
        create function "a.b"."f(x"(int, "a.b"."enum, ""x""", varchar) returns int language sql
          return 1;
        create function "a.b"."order"() returns trigger language plpgsql as 'begin return new; end';
        create trigger "g on h" before insert on "a.b"."t on ""u""" for each row execute function "a.b"."order"();
        grant select ("id.x") on "a.b"."t on ""u""" to anon;
        "#,
    );
    let all = [
        "enum a.b.enum, \"x\"",
        "function a.b.f(x(integer, \"a.b\".\"enum, \"\"x\"\"\", character varying)",
        "function a.b.order()",
        "schema a",
        "schema a.b",
        "sequence a.b.t on \"u\"_id.x_seq",
        "table a.b.c",
        "table a.b.c",
        "table a.b.t on \"u\"",
    ];
    let said = |what: &str, changes: Vec<Change>| {
        let mut said: Vec<String> = changes.iter().map(ToString::to_string).collect();
        said.sort();
        assert_eq!(said, all.map(|object| format!("{object} was {what}")));
    };
    let after = read();
    said("added", changes(&before, &after));
    said("removed", changes(&after, &before));
}
