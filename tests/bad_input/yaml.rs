//! Expectation files that are wrong.

use crate::support::Project;
use crate::transcript::{Transcript, nobody};

const SETUP: (&str, &str) = ("sql/shop/001_first.sql", "create table orders (id int);\n");
const BACK: (&str, &str) = ("sql/shop/001_first.rollback.sql", "drop table orders;\n");

fn project(yaml: &str) -> Project {
    Project::new(&[SETUP, BACK, ("validations/shop.yaml", yaml)])
}

#[test]
fn what_is_wrong_in_the_yaml_is_shown_at_its_place() {
    let mut transcript = Transcript::default();
    for (title, yaml) in [
        (
            "a bracket that is not closed",
            "tables:\n  orders: {rls: true\n",
        ),
        ("a quote that is not closed", "title: \"Shop\ntables: {}\n"),
        ("a tab", "tables:\n\torders: {}\n"),
        ("two colons", "title: Shop: the second\n"),
        (
            "indentation that fits nothing",
            "tables:\n    orders:\n      rls: true\n   items: {}\n",
        ),
        ("an alias of nothing", "tables: *others\n"),
        ("two documents", "title: Shop\n---\ntitle: Other\n"),
        ("no mapping", "- tables\n- enums\n"),
        ("only a word", "tables\n"),
        ("an unknown key of the file", "tabels:\n  orders: {}\n"),
        (
            "an unknown key, nothing near",
            "tables:\n  orders:\n    flavour: sweet\n",
        ),
        (
            "an unknown key of a table",
            "tables:\n  orders:\n    colums:\n      id: int\n",
        ),
        (
            "an unknown key of a step",
            "smoke:\n  - name: Works\n    runs: select 1\n",
        ),
        (
            "an unknown value",
            "policies:\n  items:\n    orders:\n      Read: {command: slect}\n",
        ),
        (
            "a key twice",
            "tables:\n  orders: {}\n  items: {}\n  orders: {}\n",
        ),
        (
            "a section twice",
            "tables: {orders: {}}\nenums: {}\ntables: {items: {}}\n",
        ),
        (
            "a word where a truth value goes",
            "tables:\n  orders:\n    rls: perhaps\n",
        ),
        (
            "yes where a truth value goes",
            "tables:\n  orders:\n    rls: yes\n",
        ),
        ("a list where a mapping goes", "tables: [orders]\n"),
        (
            "a mapping where a list goes",
            "smoke:\n  name: Works\n  run: select 1\n",
        ),
        ("a number where a name goes", "title: [1]\n"),
        (
            "a word where a number goes",
            "smoke:\n  - {name: Works, run: select 1, rows: many}\n",
        ),
        (
            "a negative number of rows",
            "smoke:\n  - {name: Works, run: select 1, rows: -1}\n",
        ),
        (
            "a column that is no column",
            "tables:\n  orders:\n    columns:\n      id: uuid primary key\n",
        ),
        ("a key that is missing", "smoke:\n  - name: Works\n"),
        ("another suite's file", "suite: store\n"),
        (
            "a step without a statement",
            "smoke:\n  - name: Works\n    run: -- nothing\n",
        ),
        (
            "a step with a quote that is not closed",
            "smoke:\n  - name: Works\n    run: select 'a\n",
        ),
        (
            "an error that is empty",
            "smoke:\n  - {name: Works, run: select 1, error: \"\"}\n",
        ),
        (
            "an error of one character",
            "smoke:\n  - {name: Works, run: select 1, error: 2}\n",
        ),
        (
            "an error in lower case",
            "smoke:\n  - {name: Works, run: select 1, error: 42p01}\n",
        ),
        (
            "an error in words",
            "smoke:\n  - name: Works\n    run: select 1\n    error: check_violation\n",
        ),
        (
            "a step that commits",
            "smoke:\n  - name: Works\n    run: |\n      insert into orders values (1);\n      commit;\n",
        ),
        (
            "a step that ends its transaction under another name",
            "smoke:\n  - {name: Works, run: abort}\n",
        ),
        (
            "a step that prepares a transaction",
            "smoke:\n  - {name: Works, run: prepare transaction 'x'}\n",
        ),
    ] {
        let run = transcript.run(
            title,
            &project(yaml),
            &["check", "shop", "--target", &nobody()],
            2,
        );
        transcript.expect(run.err.contains("validations/shop.yaml"), title, &run);
    }
    transcript.accept("yaml");
}

#[test]
fn a_suite_that_expects_nothing_is_not_a_passing_suite() {
    let mut transcript = Transcript::default();
    let only_sql = Project::new(&[SETUP, BACK]);
    transcript.run("no file of expectations", &only_sql, &["check", "shop"], 3);
    for (title, yaml) in [
        ("an empty file", ""),
        ("nothing but a comment", "# to be written\n"),
        ("nothing but a title", "suite: shop\ntitle: Shop\n"),
        (
            "sections without anything in them",
            "tables: {}\nindexes:\nsmoke: []\n",
        ),
        (
            "nothing but preconditions",
            "requires:\n  schemas:\n    public: {}\n",
        ),
    ] {
        let run = transcript.run(title, &project(yaml), &["check", "shop"], 3);
        transcript.expect(run.out.contains("nothing was checked"), title, &run);
    }
    let run = transcript.run(
        "a precondition that is not met, and nothing else",
        &project("requires:\n  tables:\n    nowhere: {help: Set it up first.}\n"),
        &["check", "shop"],
        1,
    );
    let said = run.out.contains("nothing was checked");
    transcript.expect(!said, "something was", &run);
    transcript.accept("nothing_checked");
}
