//! A suite set up and taken back through a target, and the catalog read through one.

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::error::Error;
use supaproof::migrate::{self, Direction, Migrations};
use supaproof::suite::{Project, Suite};
use supaproof::target::Target;

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
