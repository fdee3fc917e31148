//! What the tests of several doors ask of a target: values, a suite set up and taken back, the catalog.

use serde_json::json;
use supaproof::catalog::{self, Catalog, Selection};
use supaproof::error::Error;
use supaproof::migrate::{self, Direction, Migrations};
use supaproof::suite::{Project, Suite};
use supaproof::target::{ServerError, Target, TargetError};

use crate::support::root;

/// A suite of this repository.
pub(crate) fn suite(name: &str) -> Suite {
    let project = Project::find(&root(), None).unwrap();
    project.suite(name).unwrap()
}

/// Applies what is pending; how many migrations that were.
pub(crate) async fn set_up(target: &mut dyn Target, suite: &Suite) -> Result<usize, Error> {
    go(target, suite, Direction::Forward).await
}

/// Takes all of them back.
pub(crate) async fn roll_back(target: &mut dyn Target, suite: &Suite) -> Result<usize, Error> {
    go(target, suite, Direction::BackAll).await
}

async fn go(target: &mut dyn Target, suite: &Suite, direction: Direction) -> Result<usize, Error> {
    let migrations = Migrations::from_suite(suite)?;
    let ledger = migrate::ledger::read(target, migrations.book()).await?;
    let plan = migrate::plan(&ledger.applied, &migrations, &direction)?;
    let done = migrate::apply(target, &plan, &migrate::Options::default(), &mut |_| {}).await?;
    Ok(done.ran.len())
}

/// The whole catalog.
pub(crate) async fn read(target: &mut dyn Target) -> Catalog {
    let document = target
        .read_json(catalog::SETTINGS, &catalog::query(&Selection::all()))
        .await
        .unwrap();
    Catalog::parse(document).unwrap()
}

/// What the server refused a statement with.
pub(crate) fn refused(result: Result<impl std::fmt::Debug, TargetError>) -> ServerError {
    match result.unwrap_err() {
        TargetError::Server(error) => *error,
        other => panic!("{other:?}"),
    }
}

/// Values come over HTTP as the server has them, and the settings before a SELECT count for it.
pub(crate) async fn values_come_back(target: &mut dyn Target) {
    // JavaScript has neither of these numbers.
    let select = "select '{\"n\": 9007199254740993, \"d\": 0.1234567890123456789}'::json";
    let read = target.read_json("", select).await.unwrap();
    assert_eq!(read["n"], json!(9_007_199_254_740_993_u64));
    let text = "quotes ' \" \\ $$ $x$, line\nends, ünïcode 😀";
    let select = format!(
        "select to_json({}::text)",
        supaproof::sql::quote_literal(text)
    );
    assert_eq!(target.read_json("", &select).await.unwrap(), json!(text));
    let settings = "set local search_path = ''; set local jit = off";
    let select = "select json_build_array(current_setting('search_path'), current_setting('jit'), current_user)";
    let read = target.read_json(settings, select).await.unwrap();
    assert_eq!(read, json!(["\"\"", "off", "postgres"]));
}
