//! Other words for the same, and words that are nearly the same, asked of the server.

use supaproof::meaning::canon::Verdict;

use crate::near_misses::OTHER;
use crate::place::{Place, questions};
use crate::rewrites::SAME;
use crate::{ask, servers};

/// What the rows need to be written.
const SEQUENCES: &str = "create sequence public.things_id; create sequence public.others_id;";

#[test]
fn other_words_for_the_same_are_the_same_and_near_misses_are_not() {
    for server in servers() {
        server.sql("postgres", SEQUENCES);
        let rows: Vec<(Place, &str, &str)> = SAME.iter().chain(OTHER).copied().collect();
        let questions = questions(&server, &rows);
        let started = std::time::Instant::now();
        let verdicts = ask(&server, &questions);
        println!(
            "{} questions in {:?}: {} the same, {} not",
            questions.len(),
            started.elapsed(),
            SAME.len(),
            OTHER.len()
        );
        let mut wrong = Vec::new();
        for (n, (question, verdict)) in questions.iter().zip(verdicts).enumerate() {
            let wanted = if n < SAME.len() {
                Verdict::Same
            } else {
                Verdict::Different
            };
            if verdict != wanted {
                wrong.push(format!(
                    "{:?} `{}` and `{}`: {verdict:?}",
                    question.of, question.expected, question.found
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
