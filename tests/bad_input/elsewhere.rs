//! What is expected is there, as something else or somewhere else.

use crate::support::Project;
use crate::transcript::Transcript;

const SETUP: &str = "create schema attic;\ncreate table attic.customers (id int);\n\
    create view orders as select 1 as id;\ncreate materialized view totals as select 1 as id;\n\
    create sequence numbers;\ncreate domain mood as text;\ncreate table \"Invoices\" (id int);\n";
const BACK: &str = "drop table \"Invoices\";\ndrop domain mood;\ndrop sequence numbers;\n\
    drop materialized view totals;\ndrop view orders;\ndrop table attic.customers;\ndrop schema attic;\n";

#[test]
fn what_is_there_as_something_else_is_named() {
    let yaml = "tables:\n  orders: {}\n  totals: {}\n  numbers: {}\n  users: {}\n  customers: {}\n  invoices: {}\n  \
                nowhere: {}\nenums:\n  mood: [a]\n";
    let project = Project::new(&[
        ("sql/shop/001_first.sql", SETUP),
        ("sql/shop/001_first.rollback.sql", BACK),
        ("validations/shop.yaml", yaml),
    ]);
    let mut transcript = Transcript::default();
    let run = transcript.run(
        "other kinds, other schemas",
        &project,
        &["check", "shop"],
        1,
    );
    for words in [
        "table public.orders: expected to exist, found no table of this name, but a view",
        "table public.totals: expected to exist, found no table of this name, but a materialized view",
        "table public.numbers: expected to exist, found no table of this name, but a sequence",
        "found no table of this name, but one in the schema auth",
        "Did you mean the table auth.users?",
        "Did you mean the table attic.customers?",
        "Did you mean the table public.Invoices?",
        "table public.nowhere: expected to exist, found no table of this name (",
        "found no enum of this name, but a domain",
    ] {
        transcript.expect(run.out.contains(words), words, &run);
    }
    transcript.accept("elsewhere");
}

/// What is elsewhere under another kind too, functions, parts of a table, and what belongs to a table.
#[test]
fn what_may_be_meant_is_named_whatever_it_is() {
    let setup = "create schema app;
        create view app.vw as select 1 as id;
        create function app.f(int) returns int language sql as 'select 1';
        create function app.g(text) returns int language sql as 'select 1';
        create table app.orders (id int);
        create view vq as select 1 as id;
        create table items (id int, n int, constraint positive check (n > 0));
        create policy read_all on items using (true);
        create procedure pr() language sql as '';
        create function touch() returns int language sql as 'select 1';
        create function h(int) returns int language sql as 'select 1';
        create function h(text) returns int language sql security definer as 'select 1';
        create function k(int) returns int language sql as 'select 1';
        create function k(text) returns int language sql as 'select 1';\n";
    let yaml = "tables:
  vw: {}
  items:
    columns: {Id: int, nn: int}
    checks: {positiv: n > 0}
    constraints: {Positive: check (n > 0), other: check (n > 1)}
functions:
  f(int): {}
  g(int): {}
  vq: {}
  pr(): {returns: int}
  touched(): {}
  h: {security: invoker, language: sql}
  k: {security: invoker, language: sql}
policies:
  items:
    vq: {p: {command: all, using: 'true'}}
    items: {read_al: {command: all, using: 'true'}}
    orders: {p: {command: all, using: 'true'}}
indexes:
  items:
    by_id: {table: orders, columns: [id]}
";
    let project = Project::new(&[
        ("sql/shop/001_first.sql", setup),
        ("validations/shop.yaml", yaml),
    ]);
    let mut transcript = Transcript::default();
    let run = transcript.run("what may be meant", &project, &["check", "shop"], 1);
    for words in [
        "table public.vw: expected to exist, found no table of this name, but a view in the schema app",
        "Did you mean the view app.vw?",
        "column public.items.Id: expected to exist, found no column of this name, but id (",
        "Did you mean the column public.items.id?",
        "column public.items.nn: expected to exist, found no column of this name, but n (",
        "found no check constraint of this name, but positive (",
        "Did you mean the constraint positive on public.items?",
        "found no constraint of this name on the table, but positive (",
        "constraint other on public.items: expected to exist, found no constraint of this name on the table (",
        "function public.f(int): expected to exist, found no function of this name, but one in the schema app",
        "Did you mean the function app.f(integer)?",
        "function public.g(int): expected to exist, found no function of this name, but one in the schema app",
        "Did you mean the function app.g(text)?",
        "function public.vq: expected to exist, found no function of this name, but a view (",
        "function public.pr() result: expected int, found nothing: it is a procedure",
        "Did you mean the function public.touch()?",
        // A name without types means every function that is called so.
        "function public.h(text) security: expected invoker, found definer",
        "✅ k function exists",
        "policy \"p\" on public.vq: expected to exist, found no policy of this name on the view",
        "found no policy of this name on the table, but read_all (",
        "policy \"p\" on public.orders: skipped, its table orders is not there, but one in the schema app",
        "index public.by_id: skipped, its table orders is not there, but one in the schema app",
    ] {
        transcript.expect(run.out.contains(words), words, &run);
    }
    let invoker = !run.out.contains("function public.h(integer)");
    transcript.expect(invoker, "only one of the two is a definer", &run);
    transcript.accept("meant");
}

/// YAML knows no names: a number is one, and what is not called so is missed at its place. Case makes another name.
#[test]
fn a_number_is_a_name_and_case_counts() {
    let yaml = "tables:
  5: {}
  Customers: {}
  customers: {}
  items:
    owner: 5
    columns: {7: int}
    primary_key: [1]
enums:
  mood: [1, 2]
";
    let setup = "create table customers (id int);\ncreate table items (id int primary key);\n\
        create type mood as enum ('1', '2');\n";
    let project = Project::new(&[
        ("sql/shop/001_first.sql", setup),
        ("validations/shop.yaml", yaml),
    ]);
    let mut transcript = Transcript::default();
    let run = transcript.run("numbers and case", &project, &["check", "shop"], 1);
    for words in [
        "table public.5: expected to exist, found no table of this name (",
        "table public.Customers: expected to exist, found no table of this name, but customers (validations/shop.yaml:3:3)",
        "✅ customers table exists",
        "owner: expected 5, found postgres (validations/shop.yaml:6:12)",
        "column public.items.7: expected to exist, found no column of this name (validations/shop.yaml:7:15)",
        "primary key: expected (1), found (id) (validations/shop.yaml:8:",
        "✅ mood",
    ] {
        transcript.expect(run.out.contains(words), words, &run);
    }
    transcript.accept("numbers");
}
