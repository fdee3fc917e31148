//! With the Supabase CLI and dbmate themselves, which `make test-peers` fetches with npm. Without them these tests are
//! skipped and say so; the short forms beside them have what these tools write as it was recorded.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::supabase::project;
use crate::support::{Project, Server};
use crate::{go, states, text};

/// The program, where the folder of its package is named.
fn peer(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("SUPAPROOF_TEST_PEERS") else {
        eprintln!(
            "skipped: {name} is not here (SUPAPROOF_TEST_PEERS is not set): `make test-peers` fetches it"
        );
        return None;
    };
    let program = Path::new(&folder).join("node_modules/.bin").join(name);
    assert!(program.exists(), "{} is not there", program.display());
    Some(program)
}

/// A door to the server for programs that speak TCP alone. Its threads end with the test.
fn url(server: &Server) -> String {
    let socket = server.socket();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = UnixStream::connect(&socket) else {
                return;
            };
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
            let (mut from, mut to): (UnixStream, TcpStream) = (server, client);
            std::thread::spawn(move || {
                copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    format!("postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable")
}

fn copy(from: &mut impl Read, to: &mut impl Write) {
    let _ = std::io::copy(from, to);
}

/// Runs a peer in a project; what it says, if it ended well.
fn said(program: &Path, project: &Project, args: &[&str]) -> String {
    let home = project.path().join(".home");
    std::fs::create_dir_all(&home).unwrap();
    let output = Command::new(program)
        .args(args)
        .current_dir(project.path())
        .env("HOME", home)
        .env("SUPABASE_TELEMETRY_DISABLED", "1")
        .env("DO_NOT_TRACK", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{args:?}\n{text}");
    text
}

/// The versions in the columns `Local` and `Remote` of `supabase migration list`.
fn listed(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| line.contains("`2024"));
    lines
        .map(|line| {
            let mut cells = line
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').trim());
            let mut next = || cells.next().unwrap_or_default().to_owned();
            (next(), next())
        })
        .collect()
}

#[test]
fn the_supabase_cli_and_we_know_of_each_other() {
    let Some(cli) = peer("supabase") else { return };
    let server = Server::start();
    let project = project();
    let second = "supabase/migrations/20240102000000_second.sql";
    let kept = std::fs::read(project.path().join(second)).unwrap();
    std::fs::remove_file(project.path().join(second)).unwrap();
    let remote = format!("--remote={}", url(&server));
    let push = ["db", "push", &remote, "--yes", "--agent", "no"];
    let list = ["migration", "list", &remote, "--agent", "no"];

    // What it pushed we know, by its text too.
    said(&cli, &project, &push);
    project.write(second, &kept);
    let run = go(&project, &server, 0, &["status"]);
    assert_eq!(
        states(&run),
        ["20240101000000 applied", "20240102000000 pending"]
    );

    // What we applied it takes for pushed.
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ supabase: 20240102000000_second applied\n");
    let both = |version: &str| (version.to_owned(), version.to_owned());
    assert_eq!(
        listed(&said(&cli, &project, &list)),
        [both("20240101000000"), both("20240102000000")]
    );
    let third = "create table c (id int);\n/* a; b */ create function f() returns text language sql as $$ select ';'; $$;\n";
    project.write(
        "supabase/migrations/20240103000000_third.sql",
        third.as_bytes(),
    );
    said(&cli, &project, &push);
    let run = go(&project, &server, 0, &["status", "--exit-code"]);
    assert_eq!(states(&run)[2], "20240103000000 applied");
    assert_eq!(
        text(
            &server,
            "select count(*) from supabase_migrations.schema_migrations"
        ),
        "3"
    );

    // What we rolled back it would push again.
    project.write(
        "supabase/migrations/20240104000000_fourth.sql",
        b"create table d ();\n-- ROLLBACK:\n-- drop table d;\n",
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    go(&project, &server, 0, &["rollback", "--steps", "1", "--yes"]);
    let all = listed(&said(&cli, &project, &list));
    assert_eq!(all[3], ("20240104000000".to_owned(), String::new()));
    // And what it takes back is out of step.
    said(
        &cli,
        &project,
        &[
            "migration",
            "repair",
            "20240102000000",
            "--status",
            "reverted",
            &remote,
            "--yes",
            "--agent",
            "no",
        ],
    );
    let run = go(&project, &server, 1, &["status"]);
    assert_eq!(states(&run)[1], "20240102000000 out of step");
    go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(
        listed(&said(&cli, &project, &list))[1],
        both("20240102000000")
    );
}

#[test]
fn the_ledger_of_dbmate_itself_is_taken_over() {
    let Some(dbmate) = peer("dbmate") else { return };
    let server = Server::start();
    let up = |name: &str| {
        format!(
            "-- migrate:up\ncreate table {name} (id int);\n-- migrate:down\ndrop table {name};\n"
        )
    };
    let (a, b, c) = (up("a"), up("b"), up("c"));
    let project = Project::new(&[
        ("sql/shop/20240101000000_a.sql", &a),
        ("sql/shop/20240102000000_b.sql", &b),
    ]);
    let url = url(&server);
    said(
        &dbmate,
        &project,
        &[
            "--url",
            &url,
            "--migrations-dir",
            "sql/shop",
            "--no-dump-schema",
            "migrate",
        ],
    );
    project.write("sql/shop/20240103000000_c.sql", c.as_bytes());
    let run = go(&project, &server, 0, &["import", "--yes"]);
    assert!(
        run.err
            .contains("shop: dbmate has 2 migrations in the table public.schema_migrations"),
        "{}",
        run.err
    );
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        [
            "20240101000000 applied",
            "20240102000000 applied",
            "20240103000000 pending"
        ]
    );
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ shop: 20240103000000_c applied\n");
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    assert_eq!(text(&server, "select count(*) from schema_migrations"), "2");
}
