//! The server is killed, or we are.

use std::time::{Duration, Instant};

use crate::scene::{COUNT, Chance, Scene, finished, times};

/// How long a whole run takes at this pace, from its start as a process.
async fn usual(scene: &mut Scene, seconds: f64) -> Duration {
    scene.reset(seconds).await;
    let begun = Instant::now();
    let run = scene.run(&scene.target()).await;
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    begun.elapsed()
}

#[tokio::test]
async fn the_server_at_random_moments() {
    let mut scene = Scene::new().await;
    let usual = usual(&mut scene, 0.01).await;
    let mut chance = Chance::new("the server is killed");
    let (mut part, mut refused) = (0, 0);
    let count = times(50, 4);
    for number in 0..count {
        scene.reset(0.01).await;
        // The shutdown that a service manager forces, and the end of the postmaster with no word to its children.
        let hard = number % 2 == 1;
        let moment = chance.moment(usual);
        let after = format!(
            "killed {} after {moment:?}",
            if hard { "hard" } else { "at once" }
        );
        let run = scene.spawn(&scene.target());
        tokio::time::sleep(moment).await;
        if hard {
            scene.cluster.kill_hard();
        } else {
            scene.cluster.kill();
        }
        let run = finished(run).await;
        assert!(
            matches!(run.code, Some(0 | 4)),
            "{after}: {:?} {}{}",
            run.code,
            run.out,
            run.err
        );
        if run.err.contains("was lost") && run.err.contains("applied") {
            assert!(run.err.contains("supaproof status"), "{after}: {}", run.err);
        }
        refused += usize::from(run.err.contains("cannot connect"));
        scene.cluster.serve().await;
        scene.door = scene.cluster.door().await;
        let applied = scene.holds(&after).await;
        part += usize::from((1..COUNT).contains(&applied));
    }
    eprintln!(
        "the server was killed {count} times; {part} times in the middle of the run, {refused} times before it"
    );
}

#[tokio::test]
async fn ourselves_at_random_moments() {
    let mut scene = Scene::new().await;
    let usual = usual(&mut scene, 0.02).await;
    let mut chance = Chance::new("we are killed");
    let (mut part, mut running, mut longest) = (0, 0, Duration::ZERO);
    let count = times(50, 6);
    for _ in 0..count {
        scene.reset(0.02).await;
        // One of them takes longer than the server may go on without us.
        let long = usize::try_from(chance.below(u64::try_from(COUNT).unwrap())).unwrap() + 1;
        scene.pace(long, 20.0).await;
        let moment = chance.moment(usual);
        let after = format!("killed after {moment:?}, {long} is long");
        let mut run = scene.spawn(&scene.target());
        tokio::time::sleep(moment).await;
        run.kill().unwrap();
        let run = finished(run).await;
        assert_eq!(run.code, None, "{after}: {}{}", run.out, run.err);
        let active = "select count(*) from pg_stat_activity where application_name = 'supaproof' and state = 'active'";
        running += usize::from(scene.door.value(active).await != "0");
        longest = longest.max(scene.at_rest(&after).await);
        let applied = scene.holds(&after).await;
        part += usize::from((1..COUNT).contains(&applied));
    }
    eprintln!(
        "we were killed {count} times; {part} times in the middle of the run; {running} times the server was at work, and \
         stopped after {longest:?} at most"
    );
}
