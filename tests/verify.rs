//! `supaproof verify`: where it refuses to start, what it says of a bad rollback, and what it never costs anybody.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/processes.rs"]
mod processes;
mod support;

#[path = "verify/complete.rs"]
mod complete;
#[path = "verify/each.rs"]
mod each;
#[path = "verify/leftovers.rs"]
mod leftovers;
#[path = "verify/occupied.rs"]
mod occupied;
#[path = "verify/several.rs"]
mod several;
#[path = "verify/took_away.rs"]
mod took_away;

use serde_json::Value;

/// The codes and subjects of a JSON report's findings, a line each, in the order of the report. What was found differs
/// from major to major (privileges).
fn findings(report: &str) -> Vec<String> {
    let report: Value =
        serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}\n{report}"));
    let mut out = Vec::new();
    for suite in report["suites"].as_array().unwrap() {
        for group in suite["groups"].as_array().unwrap() {
            for result in group["results"].as_array().unwrap() {
                for finding in result["findings"].as_array().unwrap() {
                    let text = |key: &str| finding[key].as_str().unwrap();
                    out.push(format!("{} {}", text("code"), text("subject")));
                }
            }
        }
    }
    out
}
