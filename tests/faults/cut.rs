//! The connection is cut.

use std::time::Duration;

use crate::relay::{Cut, Relay};
use crate::scene::{COUNT, Chance, Run, Scene, socket, times, whole};

impl Scene {
    fn relay(&self, cut: Cut) -> Relay {
        Relay::to(socket(self.cluster.socket()), cut)
    }

    /// What a run says whose connection was cut: that it was, what stands, and what to do.
    fn says_so(run: &Run, after: &str) {
        assert_eq!(run.code, Some(4), "{after}: {}{}", run.out, run.err);
        for words in ["was lost", "supaproof status", "run the same command again"] {
            assert!(run.err.contains(words), "{after}: {words}: {}", run.err);
        }
    }
}

#[tokio::test]
async fn at_every_reply() {
    let mut scene = Scene::new().await;
    let relay = scene.relay(Cut::Never);
    scene.reset(0.0).await;
    let run = scene.run(&relay.target()).await;
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let (first, last) = (relay.connecting(), relay.passed());
    assert!(last - first > 10 * COUNT, "{first} to {last}");
    // The ledger's answer comes first; the last reply says that all is done.
    let every = if whole() { 1 } else { (last - first) / 10 };
    let (mut cuts, mut part) = (0, 0);
    let mut offset = Chance::new("the connection is cut at replies");
    let start = first + usize::try_from(offset.below(u64::try_from(every).unwrap())).unwrap();
    for count in (start..last).step_by(every) {
        scene.reset(0.0).await;
        let relay = scene.relay(Cut::After(count));
        let run = scene.run(&relay.target()).await;
        let after = format!("after {count} of {last} messages");
        assert_eq!(relay.passed(), count, "{after}");
        assert_eq!(run.code, Some(4), "{after}: {}{}", run.out, run.err);
        assert!(run.err.contains("was lost"), "{after}: {}", run.err);
        scene.at_rest(&after).await;
        let applied = scene.holds(&after).await;
        part += usize::from((1..COUNT).contains(&applied));
        cuts += 1;
    }
    eprintln!(
        "the connection was cut after {cuts} of {} replies; {part} times in the middle of the run",
        last - first
    );
    assert!(cuts >= times(last - first, 8));
}

#[tokio::test]
async fn while_each_file_runs() {
    let mut scene = Scene::new().await;
    let (mut cuts, mut longest) = (0, Duration::ZERO);
    for number in (1..=COUNT).step_by(times(1, 6)) {
        scene.reset(0.0).await;
        // Longer than anybody waits for it.
        scene.pace(number, 20.0).await;
        let words = format!("supaproof: applying {number:03}_m");
        let relay = scene.relay(Cut::While(words, Duration::from_millis(30)));
        let run = scene.run(&relay.target()).await;
        let after = format!("while {number} runs");
        Scene::says_so(&run, &after);
        longest = longest.max(scene.at_rest(&after).await);
        assert_eq!(scene.holds(&after).await, number - 1, "{after}");
        cuts += 1;
    }
    eprintln!(
        "the connection was cut while each of {cuts} files ran; the server stopped after {longest:?} at most"
    );
}
