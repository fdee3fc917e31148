//! Which expectations are checked, and which findings count: the options `--only`, `--skip` and `--no-smoke`, and the
//! ignore list. What is left out or ignored is always told: nothing here takes away silently.

mod ignore;
mod pattern;
#[cfg(test)]
mod tests;

pub use ignore::{Ignore, IgnoreList};
pub use pattern::Pattern;

use crate::behaviour::SmokeStep;
use crate::checks::{Expectation, SECTIONS};
use crate::expect::Expectations;
use crate::report::LeftOut;

/// What smoke steps are called as a kind.
const SMOKE: &str = "smoke";
/// What preconditions are called, of whatever kind they are.
const REQUIRES: &str = "requires";

/// The choice of what is checked.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    only: Vec<Pattern>,
    skip: Vec<Pattern>,
    no_smoke: bool,
}

impl Filter {
    /// Reads the options.
    ///
    /// # Errors
    /// Words about a pattern that cannot be read, or that names a kind that there is not.
    pub fn new(only: &[String], skip: &[String], no_smoke: bool) -> Result<Self, String> {
        let read = |option: &str, texts: &[String]| {
            texts
                .iter()
                .map(|text| {
                    Pattern::choice(text, &kinds())
                        .map_err(|why| format!("--{option} {text}: {why}"))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            only: read("only", only)?,
            skip: read("skip", skip)?,
            no_smoke,
        })
    }

    /// Takes away what is not to be checked, and says how much that is.
    pub fn apply(&self, expectations: &mut Expectations) -> Vec<LeftOut> {
        let mut left_out: Vec<LeftOut> = Vec::new();
        let mut stays = |option: Option<String>| {
            let Some(option) = option else { return true };
            match left_out.iter_mut().find(|l| l.option == option) {
                Some(known) => known.count += 1,
                None => left_out.push(LeftOut { option, count: 1 }),
            }
            false
        };
        expectations.checks.retain(|e| stays(self.refuses_check(e)));
        expectations
            .smoke
            .retain(|step| stays(self.refuses_step(&step.step)));
        left_out
    }

    /// The patterns that match nothing in any of these, with their options. They are mistyped, most likely.
    pub fn unmatched<'a>(&self, all: impl Iterator<Item = &'a Expectations> + Clone) -> Unmatched {
        let of = |option: &str, patterns: &[Pattern]| {
            let nothing = patterns.iter().filter(|pattern| {
                !all.clone().any(|e| {
                    e.checks.iter().any(|check| matches_check(pattern, check))
                        || e.smoke.iter().any(|step| matches_step(pattern, &step.step))
                })
            });
            nothing
                .map(|p| format!("--{option} {}", p.text()))
                .collect()
        };
        Unmatched {
            only: of("only", &self.only),
            skip: of("skip", &self.skip),
        }
    }

    /// Whether only what is named is checked.
    pub fn is_only(&self) -> bool {
        !self.only.is_empty()
    }

    fn refuses_check(&self, check: &Expectation) -> Option<String> {
        // A precondition holds for whatever is left.
        self.refuses(check.required, |pattern| matches_check(pattern, check))
    }

    fn refuses_step(&self, step: &SmokeStep) -> Option<String> {
        if self.no_smoke {
            return Some("--no-smoke".to_owned());
        }
        self.refuses(false, |pattern| matches_step(pattern, step))
    }

    /// The option that leaves it out.
    fn refuses(&self, always: bool, matches: impl Fn(&Pattern) -> bool) -> Option<String> {
        if let Some(pattern) = self.skip.iter().find(|p| matches(p)) {
            return Some(format!("--skip {}", pattern.text()));
        }
        if always || self.only.is_empty() || self.only.iter().any(matches) {
            return None;
        }
        let all: Vec<String> = self
            .only
            .iter()
            .map(|p| format!("--only {}", p.text()))
            .collect();
        Some(all.join(" "))
    }
}

/// Patterns that match nothing.
#[derive(Debug, Default)]
pub struct Unmatched {
    /// Those of `--only`.
    pub only: Vec<String>,
    /// Those of `--skip`.
    pub skip: Vec<String>,
}

fn matches_check(pattern: &Pattern, check: &Expectation) -> bool {
    let subject = check.subject.to_string();
    let name = subject
        .strip_prefix(check.subject.kind)
        .unwrap_or(&subject)
        .trim_start();
    let kinds = [check.section, check.heading.noun];
    pattern.matches(&kinds, name) || check.required && pattern.matches(&[REQUIRES], name)
}

fn matches_step(pattern: &Pattern, step: &SmokeStep) -> bool {
    pattern.matches(&[SMOKE], &step.name.value)
}

/// The kinds that a pattern may name, as the YAML file has them.
fn kinds() -> Vec<&'static str> {
    SECTIONS.iter().copied().chain([SMOKE, REQUIRES]).collect()
}
