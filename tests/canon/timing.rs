//! How long asking takes. Not run by itself.

use supaproof::meaning::canon::{Of, Question};

use crate::place::relation;
use crate::{ask, servers};

#[test]
#[ignore = "measures"]
fn milliseconds_per_hundred_questions() {
    for server in servers() {
        for (name, other) in [("same", false), ("different", true)] {
            for count in [10, 100, 1000, 5000] {
                let asked: Vec<Question> = (0..count)
                    .map(|n| Question {
                        of: Of::Condition(relation("t")),
                        schema: "public".to_owned(),
                        expected: format!("coalesce(t.name, note) = 'x{n}'"),
                        found: format!(
                            "((COALESCE(name, (note)::character varying))::text = '{}{n}'::text)",
                            if other { "y" } else { "x" }
                        ),
                    })
                    .collect();
                let started = std::time::Instant::now();
                let _ = ask(&server, &asked);
                println!(
                    "{name} {count}: {:?}, {:?} per hundred",
                    started.elapsed(),
                    started.elapsed() * 100 / count
                );
            }
        }
    }
}
