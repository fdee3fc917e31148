//! ExeServer's database by every way: through the functions, and directly.

use supaproof::bootstrap::{self, HELPERS};
use supaproof::catalog::Catalog;
use supaproof::diff;
use supaproof::migrate::Book;
use supaproof::migrate::ledger::{self, Ledger};
use supaproof::target::Target as _;

use crate::api::StandIn;
use crate::examine::{read, roll_back, set_up, suite};
use crate::rest::{Kind, Rest};
use crate::support::{Server, root};
use crate::{block, connect};

/// What differs, but for the name of the database.
fn differences(one: &Catalog, two: &Catalog) -> Vec<String> {
    diff::changes(one, two)
        .iter()
        .map(ToString::to_string)
        .filter(|change| !change.starts_with("database "))
        .collect()
}

fn catalog(server: &Server, database: &str) -> Catalog {
    block(async { read(&mut connect(&server.target(database)).await).await })
}

#[test]
fn every_way_ends_in_the_same_state() {
    let server = Server::start();
    let suite = suite("exeserver");
    for name in ["direct", "bootstrapped", "managed"] {
        server.copy("postgres", name);
    }
    // Directly, without anything.
    let direct = block(async {
        let mut wire = connect(&server.target("direct")).await;
        assert_eq!(set_up(&mut wire, &suite).await.unwrap(), 2);
        assert_eq!(set_up(&mut wire, &suite).await.unwrap(), 0);
        read(&mut wire).await
    });
    // Directly, where the functions are there already.
    let bootstrapped = block(async {
        let mut wire = connect(&server.target("bootstrapped")).await;
        wire.run(&bootstrap::install_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(set_up(&mut wire, &suite).await.unwrap(), 2);
        read(&mut wire).await
    });
    // They differ in nothing but the marks of who created the functions.
    let marks = differences(&direct, &bootstrapped);
    assert_eq!(marks.len(), 3, "{marks:#?}");
    for change in &marks {
        assert!(change.starts_with("function public."), "{change}");
        assert!(
            change.contains("was altered: comment ") && !change.contains(", owner"),
            "{change}"
        );
    }

    // Through the Management API.
    let stand_in = StandIn::start(server.socket(), "managed");
    let mut managed = stand_in.target();
    block(async {
        managed
            .run(&bootstrap::install_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(set_up(&mut managed, &suite).await.unwrap(), 2);
        let before = read(&mut managed).await;
        managed
            .run(&bootstrap::install_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(set_up(&mut managed, &suite).await.unwrap(), 0);
        assert_eq!(differences(&before, &read(&mut managed).await), [""; 0]);
    });
    assert_eq!(
        differences(&bootstrapped, &catalog(&server, "managed")),
        [""; 0]
    );

    // Through exec_sql.
    let Some(rest) = Rest::start(&server, "functions", &bootstrap::install_sql()) else {
        return;
    };
    let mut functions = rest.target();
    block(async {
        assert_eq!(set_up(&mut functions, &suite).await.unwrap(), 2);
        let before = read(&mut functions).await;
        functions
            .run(&bootstrap::install_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(set_up(&mut functions, &suite).await.unwrap(), 0);
        assert_eq!(differences(&before, &read(&mut functions).await), [""; 0]);
    });
    if rest.kind != Kind::Real {
        assert_eq!(
            differences(&bootstrapped, &catalog(&server, "functions")),
            [""; 0]
        );
    }
}

/// Whoever created a function takes it away.
#[test]
fn the_functions_belong_to_whoever_created_them() {
    let server = Server::start();
    let suite = suite("exeserver");
    let there = "select to_json(to_regprocedure('public.exec_sql(text)') is not null)";
    block(async {
        let mut wire = connect(&server.target("postgres")).await;
        let empty = read(&mut wire).await;
        set_up(&mut wire, &suite).await.unwrap();
        wire.run(bootstrap::remove_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(wire.read_json("", there).await.unwrap(), true);
        roll_back(&mut wire, &suite).await.unwrap();
        assert_eq!(wire.read_json("", there).await.unwrap(), false);

        wire.run(&bootstrap::install_sql(), &mut |_| {})
            .await
            .unwrap();
        let bootstrapped = read(&mut wire).await;
        set_up(&mut wire, &suite).await.unwrap();
        roll_back(&mut wire, &suite).await.unwrap();
        assert_eq!(differences(&bootstrapped, &read(&mut wire).await), [""; 0]);
        wire.run(bootstrap::remove_sql(), &mut |_| {})
            .await
            .unwrap();
        wire.run(
            &ledger::remove_if_empty_sql(&Book::of(&suite.name, &suite.ledger), &Ledger::default()),
            &mut |_| {},
        )
        .await
        .unwrap();
        assert_eq!(differences(&empty, &read(&mut wire).await), [""; 0]);
    });
}

/// The suite brings the functions with it, so that it needs no bootstrap: word for word those of `supaproof bootstrap`.
#[test]
fn its_functions_are_those_of_bootstrap() {
    let plain = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.starts_with("--"));
        lines
            .map(|line| format!("{}\n", line.trim_start()))
            .collect()
    };
    let file = root().join("sql/exeserver/001_functions.sql");
    let suite = plain(&std::fs::read_to_string(file).unwrap());
    for helper in &HELPERS {
        let function = plain(helper.sql).replace("create or replace ", "create ");
        assert!(function.starts_with(&format!("create function public.{}(", helper.name)));
        assert_eq!(suite.matches(&function).count(), 1, "{function}");
    }
    assert_eq!(suite.matches("create function ").count(), HELPERS.len());
}
