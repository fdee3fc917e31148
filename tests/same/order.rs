//! The order in which things were made, granted and set does not count: two databases made in two orders meet the same
//! expectations, and no difference is seen between them.

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::diff;

use crate::dump::everything;
use crate::findings::findings;
use crate::support::{Project, Server};

const ROLES: &str =
    "create role order_a; create role order_b; create role order_c; create role order_d";

/// Steps that build on each other; what stands within one may be done in any order.
const STEPS: &[&[&str]] = &[
    &[
        "create schema app",
        "create schema later",
        "create schema \"A\"",
        "create foreign data wrapper wrapper_a",
        "create foreign data wrapper wrapper_b",
    ],
    &[
        "create extension citext with schema app",
        "create extension hstore with schema later",
        "create type app.zeta as enum ('z', 'a')",
        "create type app.alpha as enum ('z', 'a')",
        "create domain app.amount as integer",
        "create sequence app.numbers",
        "create sequence app.counts",
        "create collation app.binary (locale = 'C')",
        "create collation app.another (locale = 'C')",
        "create function app.f(integer) returns integer language sql return $1",
        "create function app.f(text) returns text language sql return $1",
        "create function app.f() returns integer language sql return 1",
        "create function app.touch() returns trigger language plpgsql as 'begin return new; end'",
        "create function app.\"Touch\"() returns trigger language plpgsql as 'begin return new; end'",
        "create function app.watch() returns event_trigger language plpgsql as 'begin end'",
        "create table app.parents (id integer, part integer)",
        "create table app.whole (id integer not null, label text, at date) partition by range (id)",
        "create table app.others (id integer, label text)",
    ],
    &[
        "alter domain app.amount add constraint positive check (value > 0)",
        "alter domain app.amount add constraint even check (value % 2 = 0)",
        "alter domain app.amount add constraint \"Small\" check (value < 100)",
        "alter table app.parents add constraint parents_pk primary key (id)",
        "alter table app.parents add constraint parents_part unique (part)",
        "alter table app.parents add constraint parents_both unique (part, id)",
        "alter table app.others add constraint others_one check (id > 0)",
        "alter table app.others add constraint others_two check (label <> '')",
        "create table app.part_a partition of app.whole for values from (0) to (10)",
        "create table app.part_b partition of app.whole for values from (10) to (20)",
        "create table app.part_rest partition of app.whole default",
        "create index others_label on app.others (label)",
        "create index others_id on app.others (id)",
        "create index others_both on app.others (id, label)",
        "create policy one on app.others to order_b, order_a, anon using (true)",
        "create policy two on app.others for select using (id > 0)",
        "create policy \"Three\" on app.others as restrictive for insert with check (id > 0)",
        "create trigger one before insert or delete or update of id, label on app.others for each row execute function app.touch()",
        "create trigger two before insert on app.others for each row execute function app.touch()",
        "create trigger \"Three\" before insert on app.others for each row execute function app.\"Touch\"()",
        "create rule one as on update to app.others where old.id = 1 do instead nothing",
        "create rule two as on delete to app.others do also select 1",
        "create view app.seen as select id from app.others",
        "create view app.looked as select label from app.others",
        "create materialized view app.sums as select count(*) as n from app.others",
        "create server server_a foreign data wrapper wrapper_a options (host 'h', dbname 'd')",
        "create server server_b foreign data wrapper wrapper_a",
        "create event trigger watch_a on ddl_command_end when tag in ('CREATE VIEW', 'CREATE INDEX') execute function app.watch()",
        "create event trigger watch_b on sql_drop execute function app.watch()",
        "comment on table app.others is 'others'",
        "comment on table app.parents is 'parents'",
        "create text search configuration app.words (copy = simple)",
        "create text search configuration app.more (copy = english)",
        "insert into storage.buckets (id, name, allowed_mime_types) values ('b', 'b', '{image/png,text/plain}')",
        "insert into storage.buckets (id, name) values ('a', 'a')",
    ],
    &[
        "alter table app.others add constraint others_parent foreign key (id) references app.parents (id)",
        "alter table app.others add constraint others_part foreign key (id) references app.parents (part)",
        "create publication few for table app.others, app.parents (id, part) with (publish = 'insert, update')",
        "create publication more for tables in schema app, later",
        "alter table app.others set (fillfactor = 80)",
        "alter table app.others set (autovacuum_enabled = false)",
        "alter function app.f(integer) set work_mem = '8MB'",
        "alter function app.f(integer) set search_path = app, later",
        "alter role order_a in database {database} set work_mem = '8MB'",
        "alter role order_a in database {database} set statement_timeout = '5s'",
        "alter role order_b in database {database} set search_path = app",
        "alter database {database} set work_mem = '9MB'",
        "alter database {database} set app.region = 'eu'",
        "create foreign table app.far (id integer options (a '1', b '2')) server server_a options (schema_name 's', table_name 't')",
        "create user mapping for order_a server server_a options (user 'u', password 'p')",
        "create user mapping for public server server_a",
        "grant select on app.others to order_a with grant option",
        "grant insert on app.others to order_b",
        "grant select on app.others to public",
        "grant update (id) on app.others to order_c",
        "grant select (id, label), update (label) on app.others to order_a",
        "grant usage on schema app to order_b",
        "grant usage on schema app to order_a",
        "grant create on schema app to order_a",
        "grant execute on function app.f(integer) to order_c",
        "grant execute on function app.f(integer) to order_b",
        "grant usage on sequence app.numbers to order_b",
        "grant select on sequence app.numbers to order_a",
        "grant usage on type app.zeta to order_a",
        "grant usage on type app.zeta to order_b",
        "grant usage on foreign server server_a to order_b",
        "grant usage on foreign server server_a to order_a",
    ],
    &[
        "alter default privileges in schema app grant select on tables to order_b",
        "alter default privileges in schema app grant insert on tables to order_a",
        "alter default privileges in schema app grant execute on functions to order_a",
        "grant select on app.others to order_b",
        "grant delete on app.others to order_d",
        "set role order_a; grant select on app.others to order_b; set role supabase_admin",
        "set role order_a; grant select on app.others to order_c; set role supabase_admin",
    ],
];

/// The same in another order, lists in it too.
const TURNED: &[(&str, &str)] = &[
    ("order_b, order_a, anon", "anon, order_a, order_b"),
    (
        "insert or delete or update of id, label",
        "update of label, id or delete or insert",
    ),
    (
        "'CREATE VIEW', 'CREATE INDEX'",
        "'CREATE INDEX', 'CREATE VIEW'",
    ),
    ("host 'h', dbname 'd'", "dbname 'd', host 'h'"),
    ("a '1', b '2'", "b '2', a '1'"),
    (
        "schema_name 's', table_name 't'",
        "table_name 't', schema_name 's'",
    ),
    ("user 'u', password 'p'", "password 'p', user 'u'"),
    (
        "app.others, app.parents (id, part)",
        "app.parents (part, id), app.others",
    ),
    ("'insert, update'", "'update, insert'"),
    ("in schema app, later", "in schema later, app"),
    ("(id, label), update (label)", "(label, id), update (label)"),
    ("{image/png,text/plain}", "{text/plain,image/png}"),
];

/// What is changed in the end, and the beginnings of all findings that follow: what the order hides nothing of.
const MORE: &[(&str, &str)] = &[
    (
        "revoke delete on app.others from order_d",
        "grant-missing privileges of order_d on table app.others",
    ),
    (
        "alter type app.zeta rename value 'z' to 'q'",
        "enum-labels enum app.zeta",
    ),
    (
        "alter policy one on app.others to order_b, order_a",
        "policy-roles policy \"one\" on app.others",
    ),
    (
        "alter table app.others reset (fillfactor)",
        "table-parameters table app.others",
    ),
    (
        "alter publication few set (publish = 'insert')",
        "publication-operations publication few",
    ),
];

fn script(database: &str, turned: bool) -> String {
    let mut out = String::new();
    for step in STEPS {
        let mut step = step.to_vec();
        if turned {
            step.reverse();
        }
        for statement in step {
            let mut statement = statement.replace("{database}", database);
            for (from, to) in TURNED.iter().filter(|_| turned) {
                statement = statement.replace(from, to);
            }
            out.push_str(&statement);
            out.push_str(";\n");
        }
    }
    out
}

#[test]
fn the_order_of_making_and_granting_does_not_count() {
    let all = script("", false);
    for (from, _) in TURNED {
        assert!(all.contains(from), "{from} stands nowhere");
    }
    for server in Server::each() {
        let admin = |database: &str, sql: &str| {
            let done = server.sql_as("supabase_admin", database, sql);
            done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        };
        admin("postgres", ROLES);
        let read = |database: &str| {
            let sql = catalog::statement(&Selection::typed());
            let read = server.json_as("supabase_admin", database, &sql);
            Catalog::parse(read.unwrap()).unwrap()
        };
        for (database, turned) in [("forth", false), ("back", true)] {
            server.copy("postgres", database);
            admin(database, &script(database, turned));
        }
        let (forth, back) = (read("forth"), read("back"));
        let changes = diff::changes(&forth, &back);
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(changes, [""; 0]);

        let yaml = everything(&forth);
        let project = Project::new(&[("validations/order.yaml", &yaml)]);
        let target = |database: &str| {
            let target = server.target(database);
            target.replace("user=postgres", "user=supabase_admin")
        };
        for database in ["forth", "back"] {
            let (code, said) = findings(&project, "order", &target(database));
            assert_eq!((code, said.join("\n")), (0, String::new()), "{yaml}");
        }
        for (sql, _) in MORE {
            admin("back", sql);
        }
        let (code, said) = findings(&project, "order", &target("back"));
        let mut left = said.clone();
        for (sql, begins) in MORE {
            assert!(
                left.iter().any(|l| l.starts_with(begins)),
                "{sql}: {said:#?}"
            );
            left.retain(|line| !line.starts_with(begins));
        }
        assert_eq!((code, left), (1, Vec::new()));
    }
}
