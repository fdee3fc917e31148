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
