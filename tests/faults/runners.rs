//! Several runners at once.

use std::collections::BTreeMap;

use crate::scene::{COUNT, Scene, finished};

async fn at_once(count: usize) {
    let mut scene = Scene::new().await;
    scene.reset(0.005).await;
    // Whoever comes first keeps the others waiting at the first file.
    scene.pace(1, 2.5).await;
    let children: Vec<_> = (0..count).map(|_| scene.spawn(&scene.target())).collect();
    let mut runs = Vec::new();
    for child in children {
        runs.push(finished(child).await);
    }
    assert_eq!(scene.applied("runners at once").await, COUNT);
    let mut ran: BTreeMap<String, usize> = BTreeMap::new();
    let mut holders = Vec::new();
    for run in &runs {
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        for line in run.out.lines() {
            if let Some(label) = line.strip_suffix(" applied") {
                *ran.entry(label.to_owned()).or_default() += 1;
            } else {
                assert!(line.ends_with(" was applied by another run"), "{line}");
            }
        }
        assert_eq!(run.out.lines().count(), COUNT, "{}", run.out);
        let waits = run
            .err
            .lines()
            .find(|line| line.starts_with("waiting for supaproof (process "));
        holders.extend(waits.map(str::to_owned));
    }
    assert!(
        ran.len() == COUNT && ran.values().all(|times| *times == 1),
        "{ran:?}"
    );
    assert_eq!(holders.len(), count - 1, "all but one wait: {holders:?}");
    assert!(
        holders.iter().all(|line| line.ends_with(", postgres)")),
        "{holders:?}"
    );
    eprintln!(
        "{count} runners: each of {COUNT} migrations ran once; {} waited",
        holders.len()
    );
}

#[tokio::test]
async fn two() {
    at_once(2).await;
}

#[tokio::test]
async fn eight() {
    at_once(8).await;
}
