//! A data migration through doors that keep no session and count no rows: a request for each batch.

use serde_json::json;

use crate::api::StandIn;
use crate::matrix::Way;
use crate::rest::Rest;
use crate::support::{Project, Server};

const FILL: &str = "-- supaproof: data: 10 rows
update notes set short = 'x' where id in (select id from notes where short is null limit :batch);
";

fn tried(server: &Server, database: &str, way: &Way) {
    let project = Project::new(&[
        (
            "sql/shop/001_notes.sql",
            "create table notes (id int primary key, short text); insert into notes select generate_series(1, 35);",
        ),
        ("sql/shop/002_fill.sql", FILL),
        ("sql/shop/003_later.sql", "create table later ()"),
    ]);
    way.works(project.path(), &["setup", "shop", "--yes"]);
    let done = "select json_build_array((select count(distinct xmin::text) from notes), (select count(*) from notes where short is null),
        (select count(*) from supaproof.migrations where success))";
    assert_eq!(server.json(database, done), json!([4, 0, 3]));
    project.write(
        "sql/shop/004_broken.sql",
        b"-- supaproof: data\nupdate notes set short = null where id = 1 / (id - 7);\n",
    );
    let run = way.run(project.path(), &["setup", "shop", "--yes"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.err.contains("sql/shop/004_broken.sql:2:1"), "{run:?}");
    assert!(run.err.contains("22012"), "{run:?}");
}

#[test]
fn by_the_management_api() {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    tried(&server, "postgres", &Way::management(&stand_in));
}

#[test]
fn by_the_data_api() {
    let server = Server::start();
    server.copy("postgres", "data");
    let Some(rest) = Rest::ours(&server, "data", &supaproof::bootstrap::install_sql()) else {
        return;
    };
    tried(&server, "data", &Way::data_api(&rest));
}
