//! What a check says, in lines that a test can compare.

use serde_json::Value;

use crate::support::{Project, Run};

/// The exit code of a check of the project's suite, and `code subject property: expected / found` of every finding,
/// sorted; what was skipped or could not be checked is a line, too.
pub(crate) fn findings(project: &Project, suite: &str, target: &str) -> (i32, Vec<String>) {
    let run = project.run(["check", suite, "--report", "json", "--target", target]);
    let lines = lines(&run);
    (run.code, lines)
}

fn lines(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.out)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.out, run.err));
    let groups = report["suites"][0]["groups"].as_array().unwrap().iter();
    let results = groups.flat_map(|group| group["results"].as_array().unwrap());
    let mut lines = Vec::new();
    for result in results {
        let outcome = result["outcome"].as_str().unwrap();
        if !matches!(outcome, "pass" | "fail") {
            lines.push(format!(
                "{outcome} {}: {}",
                result["subject"], result["reason"]
            ));
        }
        for finding in result["findings"].as_array().unwrap() {
            let [code, subject, property] = ["code", "subject", "property"]
                .map(|key| finding[key].as_str().unwrap_or_default());
            let space = if property.is_empty() { "" } else { " " };
            lines.push(format!(
                "{code} {subject}{space}{property}: {} / {}",
                finding["expected"], finding["found"]
            ));
        }
    }
    lines.sort();
    lines
}
