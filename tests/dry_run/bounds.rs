//! A dry run ends in time, and with us.

use std::time::{Duration, Instant};

use crate::support::background;
use crate::{Shop, says};

/// Ends in about a second what would take half a minute.
#[track_caller]
fn ends_in_time(shop: &Shop, sql: &str) {
    shop.second(sql);
    let before = shop.state();
    let start = Instant::now();
    let run = shop.run(&["setup", "shop", "--dry-run", "--max-hold", "1s"]);
    let took = start.elapsed();
    says(
        &run,
        5,
        &[
            "not done within 1s: the dry run was cancelled on the server and holds no lock any more",
            "statement 2 of 2: ",
        ],
    );
    assert!(
        took > Duration::from_secs(1) && took < Duration::from_secs(8),
        "{took:?}"
    );
    // Nobody waits any more.
    shop.server.sql(
        "postgres",
        "begin; lock table orders in access exclusive mode nowait; rollback",
    );
    shop.stays(&before);
}

#[test]
fn its_time_is_bounded() {
    let shop = Shop::new();
    ends_in_time(
        &shop,
        "lock table orders in access exclusive mode;\nselect pg_sleep(30);",
    );
    ends_in_time(&shop, "set statement_timeout = 0;\nselect pg_sleep(30);");
    let stubborn = "lock table orders;\ndo $$ begin perform pg_sleep(30); exception when query_canceled then perform pg_sleep(30); end $$;";
    ends_in_time(&shop, stubborn);
    let catches = "lock table orders;\ndo $$ begin perform pg_sleep(30); exception when others then perform pg_sleep(30); end $$;";
    ends_in_time(&shop, catches);
}

#[test]
fn it_waits_a_moment_for_a_lock_and_no_longer() {
    let shop = Shop::new();
    shop.second("alter table items add column more int;");
    let mut other = shop.server.session("postgres", "postgres");
    let (ready, is_ready) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        other("begin; lock table items in share mode").unwrap();
        ready.send(()).unwrap();
        std::thread::sleep(Duration::from_secs(6));
        other("rollback").unwrap();
    });
    is_ready.recv().unwrap();
    let start = Instant::now();
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    assert!(start.elapsed() < Duration::from_secs(5));
    says(
        &run,
        5,
        &[
            "(SQLSTATE 55P03)",
            "--> sql/shop/002_second.sql:1:1",
            "a dry run waits no longer for a lock",
            "locks are held by items: ",
        ],
    );
    holder.join().unwrap();
}

#[test]
fn the_server_stops_when_we_are_killed() {
    let shop = Shop::new();
    shop.second("lock table orders in access exclusive mode;\nselect pg_sleep(60);");
    let target = shop.server.target("postgres");
    let mut child = background(
        shop.project.path(),
        &[
            "setup",
            "shop",
            "--dry-run",
            "--max-hold",
            "60s",
            "--target",
            &target,
        ],
    );
    let sleeping = "select to_json(count(*)) from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()";
    let wait_for = |count: u64| {
        let limit = Instant::now() + Duration::from_secs(20);
        while shop.server.json("postgres", sleeping) != count {
            assert!(Instant::now() < limit, "still not {count}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait_for(1);
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    wait_for(0);
    assert!(
        killed.elapsed() < Duration::from_secs(3),
        "{:?}",
        killed.elapsed()
    );
}

#[test]
fn times_are_understood_or_refused() {
    let shop = Shop::new();
    for wrong in ["0s", "5", "x", "-1s"] {
        let hold = format!("--max-hold={wrong}");
        let run = shop.run(&["setup", "shop", "--dry-run", &hold]);
        says(&run, 2, &["expected a number above 0 with its unit"]);
    }
    says(
        &shop.run(&["setup", "shop", "--max-hold", "1s"]),
        2,
        &["--dry-run"],
    );
    says(&shop.run(&["setup", "shop", "--shadow"]), 2, &["--dry-run"]);
    says(
        &shop.run(&["setup", "shop", "--dry-run", "--shadow", "--in-place"]),
        2,
        &["cannot be used with"],
    );
}
