//! A protected target is changed by whoever names it, and by nobody else.

use super::support::{Project, Run, Server, finished, supaproof};

fn run(project: &Project, server: &Server, args: &[&str]) -> Run {
    let mut command = supaproof(project.path());
    command.args(args).args(["--target", "production"]);
    command.env("PRODUCTION", server.target("postgres"));
    finished(command.output().unwrap())
}

#[test]
fn what_changes_something_asks_for_the_name() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "supaproof.toml",
            "[targets.production]\nurl = \"env:PRODUCTION\"\nprotected = true\n",
        ),
        (
            "sql/shop/001_orders.sql",
            "create table orders (id int primary key);",
        ),
        ("sql/shop/001_orders.rollback.sql", "drop table orders;"),
        (
            "validations/shop.yaml",
            "tables: {orders: {columns: {id: int not null}}}\nsmoke:\n  - {name: an order, run: insert into orders values (1)}\n",
        ),
    ]);
    let there = || {
        let select = "select json_build_array(to_regclass('orders'), to_regclass('supaproof.migrations'), \
                      (select count(*) from pg_proc where proname = 'exec_sql'))";
        server.json("postgres", select).to_string()
    };
    let refuses = |command: &[&str]| {
        let before = there();
        for (with, wanted) in [
            (&[][..], "say --confirm production to go on"),
            (&["--yes"], "say --confirm production to go on"),
            (
                &["--confirm", "staging"],
                "--confirm names staging, and the target is production",
            ),
            (
                &["--yes", "--confirm", "staging"],
                "--confirm names staging, and the target is production",
            ),
            (&["--yes", "--confirm", ""], "the target is production"),
        ] {
            let run = run(&project, &server, &[command, with].concat());
            assert_eq!(run.code, 2, "{command:?} {with:?}: {run:?}");
            let said = format!("{}{}", run.out, run.err);
            assert!(said.contains(wanted), "{command:?} {with:?}: {run:?}");
            assert_eq!(there(), before, "{command:?} {with:?}");
        }
    };
    let passes = |command: &[&str]| {
        let run = run(&project, &server, command);
        assert_eq!(run.code, 0, "{command:?}: {run:?}");
    };
    let confirmed = |command: &[&str]| passes(&[command, &["--confirm", "production"]].concat());

    assert_eq!(there(), "[null,null,0]");
    refuses(&["verify", "shop"]);
    confirmed(&["verify", "shop"]);
    // It leaves the suite set up; what it tried on the way it took back.
    let back = ["rollback", "shop", "--all"];
    refuses(&back);
    confirmed(&back);
    refuses(&["setup", "shop"]);
    confirmed(&["setup", "shop"]);
    assert!(there().starts_with("[\"orders\""), "{}", there());
    refuses(&["bootstrap"]);
    confirmed(&["bootstrap"]);
    refuses(&["bootstrap", "--remove"]);

    // What changes nothing asks for nothing.
    let before = there();
    for command in [
        &["check", "shop"][..],
        &["status", "shop"],
        &["doctor"],
        &["generate", "shop"],
    ] {
        passes(command);
    }
    assert_eq!(there(), before);
}
