//! Files that are not one transaction, killed at random moments: the ledger says how far they are, the next run goes on there,
//! and no statement runs twice.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::scene::{Chance, Scene, finished, times};

/// Each statement leaves its number behind, between others that cannot run in a transaction.
const ALONE: &str = "-- supaproof: transaction: off
create table made (x int);
insert into probe.log values (1);
select pg_sleep(0.08);
insert into probe.log values (2);
create index concurrently one on made (x);
select pg_sleep(0.05);
insert into probe.log values (3);
vacuum made;
insert into probe.log values (4);
create index concurrently two on made (x);
insert into probe.log values (5);
select pg_sleep(0.05);
";

/// Each row counts how often it was dealt with.
const DATA: &str = "-- supaproof: data: 20 rows
update probe.rows set times = times + 1, slept = pg_sleep(0.001)::text
 where id in (select id from probe.rows where times = 0 order by id limit :batch);
";

const LOGGED: &str =
    "select coalesce(string_agg(version::text, ' ' order by version), '') from probe.log";
/// What the ledger says of the rows that are done, and how many there are.
const ROWS: &str = "select concat_ws(' ', (select sum((progress ->> 'rows')::int) from supaproof.migrations where version = '002'
    and not success), (select count(*) from probe.rows where times = 1), (select count(*) from probe.rows where times > 1))";

async fn reset(scene: &mut Scene) {
    scene.reset(0.0).await;
    scene
        .door
        .value(
            "drop table if exists probe.rows; create table probe.rows as
               select id, 0 as times, null::text as slept from generate_series(1, 200) as id",
        )
        .await;
}

/// What a run leaves behind that ended early, and the runs after it.
async fn holds(scene: &mut Scene, after: &str) -> &'static str {
    let begun = "select coalesce(to_regclass('supaproof.migrations')::text, '')";
    let begun = scene.door.value(begun).await != "";
    let mut how = "before it";
    if begun {
        let unfinished = "select count(*) from supaproof.migrations where not success";
        let unfinished = scene.door.value(unfinished).await;
        let status =
            finished(scene.command(&["status", "shop", "--target", &scene.target()])).await;
        if unfinished == "1" {
            how = "half done";
            assert_eq!(
                status.code,
                Some(1),
                "{after}: {}{}",
                status.out,
                status.err
            );
            for words in ["failed", "it did not come to its end; ", " done"] {
                assert!(
                    status.out.contains(words),
                    "{after}: {words}: {}",
                    status.out
                );
            }
        } else {
            assert_eq!(unfinished, "0", "{after}");
            assert_eq!(
                status.code,
                Some(0),
                "{after}: {}{}",
                status.out,
                status.err
            );
        }
        let rows = scene.door.value(ROWS).await;
        let rows: Vec<&str> = rows.split(' ').collect();
        if let [noted, dealt_with, twice] = rows.as_slice() {
            assert_eq!((noted, *twice), (dealt_with, "0"), "{after}");
        }
    }
    for attempt in 0.. {
        let next = scene.run(&scene.target()).await;
        if next.code == Some(0) {
            break;
        }
        // An index that was being made: said, dropped by hand as it says, and made again.
        let said = format!("{after}, run {attempt}: {}{}", next.out, next.err);
        assert!(attempt < 3 && next.code == Some(5), "{said}");
        assert!(
            next.err.contains("is invalid") && next.err.contains("drop index concurrently"),
            "{said}"
        );
        scene.door.value("drop index if exists one, two").await;
        how = "half done";
    }
    assert_eq!(
        scene.door.value(LOGGED).await,
        "1 2 3 4 5",
        "{after}: each once"
    );
    let rows = "select count(*) filter (where times = 1) from probe.rows";
    assert_eq!(scene.door.value(rows).await, "200", "{after}");
    let valid = "select count(*) from pg_index where indrelid = 'made'::regclass and indisvalid";
    assert_eq!(scene.door.value(valid).await, "2", "{after}");
    let told = "select string_agg(version, ' ' order by id) from supaproof.history where action = 'applied'";
    assert_eq!(scene.door.value(told).await, "001 002", "{after}");
    how
}

#[tokio::test]
async fn files_without_a_transaction() {
    let mut scene = Scene::of(&[("001_alone.sql", ALONE), ("002_data.sql", DATA)]).await;
    reset(&mut scene).await;
    let begun = Instant::now();
    let run = scene.run(&scene.target()).await;
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let usual = begun.elapsed();
    let mut chance = Chance::new("files without a transaction are cut off");
    let (mut half_done, count) = (0, times(60, 8));
    for number in 0..count {
        reset(&mut scene).await;
        // The end of a run, where the connecting is over.
        let moment = usual / 8 + chance.moment(usual.mul_f64(0.9));
        let mut run = scene.spawn(&scene.target());
        tokio::time::sleep(moment).await;
        let who = ["we", "who is interrupted", "the session", "the server"][number % 4];
        let after = format!("{who}, after {moment:?} of {usual:?}");
        match number % 4 {
            0 => run.kill().unwrap(),
            1 => kill(
                Pid::from_raw(i32::try_from(run.id()).unwrap()),
                Signal::SIGINT,
            )
            .unwrap(),
            2 => {
                let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'supaproof'";
                scene.door.value(end).await;
            }
            _ => scene.cluster.kill_hard(),
        }
        let ended = finished(run).await;
        assert!(
            matches!(ended.code, None | Some(0 | 4 | 5 | 130)),
            "{after}: {}",
            ended.err
        );
        if number % 4 == 3 {
            scene.cluster.serve().await;
            scene.door = scene.cluster.door().await;
        }
        scene.at_rest(&after).await;
        let how = holds(&mut scene, &after).await;
        half_done += usize::from(how == "half done");
    }
    eprintln!(
        "files without a transaction were cut off {count} times, {half_done} times half done, within {:?} each",
        Duration::from_millis(u64::try_from(usual.as_millis()).unwrap())
    );
    assert!(half_done > 0);
}
