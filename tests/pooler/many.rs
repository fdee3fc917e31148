//! Many at once. SUPAPROOF_TEST_POOLER_PROCESSES says how many; `make test-pooler` takes 500.

use std::time::Instant;

use super::bouncer::{PgBouncer, Pool};
use super::commands::url;
use super::support::{Server, background, finished, root, run};

#[test]
fn many_checks_at_once() {
    let processes = std::env::var("SUPAPROOF_TEST_POOLER_PROCESSES")
        .map_or(20, |number| number.parse().expect("a number of processes"));
    let server = Server::start();
    let socket = server.socket();
    let port = socket
        .extension()
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let pool = Pool {
        mode: "transaction",
        size: 5,
        user: "postgres",
    };
    let Some(pooler) = PgBouncer::start(socket.parent().unwrap(), port, &pool) else {
        return;
    };
    let target = url(&pooler, "postgres");
    let setup = run(
        &root(),
        ["setup", "archon-workflow", "--yes", "--target", &target],
    );
    assert_eq!(setup.code, 0, "{}", setup.err);

    let start = Instant::now();
    // Whoever waits for 499 others gets longer than a person would.
    let args = [
        "check",
        "archon-workflow",
        "--target",
        &format!("{target}&connect_timeout=120"),
    ];
    let started: Vec<_> = (0..processes).map(|_| background(&root(), &args)).collect();
    let mut failed = Vec::new();
    for child in started {
        let run = finished(child.wait_with_output().unwrap());
        if run.code != 0 {
            failed.push(format!("exit {}\n{}\n{}", run.code, run.out, run.err));
        }
    }
    let log = pooler.log();
    assert!(
        failed.is_empty(),
        "{} of {processes} failed, the first: {}\n{log}",
        failed.len(),
        failed[0]
    );
    eprintln!(
        "{processes} checks in {:.1} s",
        start.elapsed().as_secs_f64()
    );
}
