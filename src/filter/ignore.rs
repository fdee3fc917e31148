//! The ignore list: findings that are known and do not count, each with the reason and perhaps with an end.

use jiff::civil::Date;

use crate::checks::{Finding, Outcome};
use crate::report::{Ignored, SuiteReport, Warning};
use crate::source::Origin;

use super::Pattern;

/// One entry of the ignore list.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The suite whose findings it is about; all suites where it names none.
    pub suite: Option<String>,
    /// The code of the findings.
    pub code: String,
    /// The objects of the findings.
    pub object: Pattern,
    /// Why they do not count.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Where it is written.
    pub origin: Origin,
}

/// All entries, and the day that it is.
#[derive(Clone, Debug)]
pub struct IgnoreList {
    /// The entries in the order of the file.
    pub entries: Vec<Ignore>,
    /// Today.
    pub today: Date,
}

impl Ignore {
    fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }

    fn is_for(&self, suite: &str) -> bool {
        self.suite.as_ref().is_none_or(|own| own == suite)
    }

    fn matches(&self, suite: &str, finding: &Finding) -> bool {
        let name = finding
            .subject
            .strip_prefix(finding.kind)
            .unwrap_or(&finding.subject)
            .trim_start();
        self.is_for(suite)
            && self.code == finding.code
            && self.object.matches(&[finding.kind], name)
    }
}

impl IgnoreList {
    /// Sets aside the findings that do not count. What it says about the list itself: entries that hold no more, and
    /// entries without a finding, where `whole` says that every suite of the project was in the run.
    pub fn apply(&self, suites: &mut [SuiteReport], whole: bool) -> Vec<Warning> {
        let mut used = vec![false; self.entries.len()];
        for suite in suites.iter_mut() {
            let name = suite.suite.clone();
            let mut ignored_by = |finding: &Finding| {
                let holds = |entry: &Ignore| !entry.expired(self.today);
                let at = self
                    .entries
                    .iter()
                    .position(|entry| holds(entry) && entry.matches(&name, finding))?;
                used[at] = true;
                self.entries.get(at)
            };
            for entry in suite.groups.iter_mut().flat_map(|g| &mut g.entries) {
                let (Outcome::Pass(findings) | Outcome::Fail(findings)) = &mut entry.outcome else {
                    continue;
                };
                let (mut counting, mut ignored) = (Vec::new(), Vec::new());
                for finding in std::mem::take(findings) {
                    match ignored_by(&finding) {
                        Some(by) => ignored.push(Ignored {
                            finding,
                            reason: by.reason.clone(),
                            until: by.until.map(|date| date.to_string()),
                        }),
                        None => counting.push(finding),
                    }
                }
                if ignored.is_empty() {
                    *findings = counting;
                } else {
                    entry.ignored.append(&mut ignored);
                    entry.outcome = Outcome::of(counting);
                }
            }
        }
        let entries = self.entries.iter().zip(used);
        entries
            .filter_map(|(entry, used)| self.warning(entry, used, suites, whole))
            .collect()
    }

    fn warning(
        &self,
        entry: &Ignore,
        used: bool,
        suites: &[SuiteReport],
        whole: bool,
    ) -> Option<Warning> {
        let mut own = suites.iter().filter(|s| entry.is_for(&s.suite)).peekable();
        own.peek()?;
        if let Some(until) = entry.until.filter(|_| entry.expired(self.today)) {
            return Some(Warning {
                message: format!(
                    "this entry of the ignore list held until {until} and counts no more"
                ),
                origin: Some(entry.origin.clone()),
                help: Some("Take it out, or give it another date.".to_owned()),
            });
        }
        // Only a run that looked at everything can say that there is nothing to ignore.
        let looked_at_all = (whole || entry.suite.is_some())
            && own.all(|s| s.error.is_none() && s.left_out.is_empty());
        (!used && looked_at_all).then(|| Warning {
            message: format!(
                "this entry of the ignore list matches no finding: {} on {}",
                entry.code,
                entry.object.text()
            ),
            origin: Some(entry.origin.clone()),
            help: Some("Take it out.".to_owned()),
        })
    }
}
