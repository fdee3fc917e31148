//! What a server is asked beside its catalog: the questions about texts, and the smoke steps. One message has them all, and
//! only where a door carries none so long they are several.

use serde_json::Value;

use crate::behaviour::{self, Step};
use crate::checks::Outcome;
use crate::error::Error;
use crate::meaning::canon::{self, Canon, Question};
use crate::target::{Target, TargetError};

/// What goes into one message.
#[derive(Clone, Copy)]
struct Part<'a> {
    questions: &'a [Question],
    steps: &'a [Step],
}

/// Why a message brought no results.
enum Refused {
    /// The server refused it, all of it.
    Server(String),
    /// It is longer than the door carries; nothing of it ran.
    TooLong(String),
}

/// What the server says to the questions, and an outcome for each of the steps.
pub(super) async fn ask(
    target: &mut dyn Target,
    questions: &[Question],
    steps: &[Step],
) -> Result<(Canon, Vec<Outcome>), Error> {
    if !target.capabilities().ddl {
        let reason = why_untried(target);
        let untried = vec![Outcome::skip(reason.clone()); steps.len()];
        return Ok((Canon::unknown(reason), untried));
    }
    let (mut canon, mut outcomes) = (Canon::default(), Vec::new());
    // The next one is the last of them.
    let mut parts = vec![Part { questions, steps }];
    while let Some(part) = parts.pop() {
        match part.send(target).await? {
            // Nothing can be tried, as it now turned out.
            _ if !target.capabilities().ddl => {
                let reason = why_untried(target);
                canon.add(Canon::unknown(reason.clone()));
                let left = steps.len() - outcomes.len();
                outcomes.extend(vec![Outcome::skip(reason); left]);
                break;
            }
            Ok((answers, results)) => {
                canon.add(canon::answers(part.questions, answers));
                let roles = target.capabilities().roles;
                outcomes.extend(behaviour::outcomes(part.steps, results, roles));
            }
            Err(Refused::TooLong(reason)) => match part.halves() {
                Some([first, second]) => parts.extend([second, first]),
                None => part.fail(&reason, &reason, &mut canon, &mut outcomes),
            },
            // One of the two was refused and took the other with it: the steps are tried alone.
            Err(Refused::Server(error)) => {
                let unasked = format!("the server refused to be asked: {error}");
                match part.questions.is_empty() {
                    true => part.fail(&unasked, &error, &mut canon, &mut outcomes),
                    false => {
                        canon.add(Canon::unknown(unasked));
                        parts.push(Part {
                            questions: &[],
                            ..part
                        });
                    }
                }
            }
        }
    }
    Ok((canon, outcomes))
}

impl<'a> Part<'a> {
    /// Sends it, and brings the answers to the questions and the results of the steps.
    async fn send(
        &self,
        target: &mut dyn Target,
    ) -> Result<Result<(Value, Value), Refused>, Error> {
        let (mut statements, mut results) = (String::new(), Vec::new());
        let asked = !self.questions.is_empty();
        if asked {
            let script = canon::questions(self.questions);
            statements.push_str(&script.statements);
            results.push(script.result.to_owned());
        }
        if let Some(plan) = behaviour::plan(self.steps)? {
            statements.push_str(&plan.script);
            results.push(plan.result);
        }
        if results.is_empty() {
            return Ok(Ok((Value::Null, Value::Null)));
        }
        let result = format!("pg_catalog.json_build_array({})", results.join(",\n"));
        match target.try_json(&statements, &result).await {
            Ok(answer) => {
                let mut answers = match answer {
                    Value::Array(answers) => answers,
                    _ => Vec::new(),
                }
                .into_iter();
                let mut next = |there: bool| {
                    let answer = there.then(|| answers.next()).flatten();
                    answer.unwrap_or_default()
                };
                Ok(Ok((next(asked), next(true))))
            }
            Err(error @ TargetError::TooLong { .. }) => {
                Ok(Err(Refused::TooLong(error.to_string())))
            }
            Err(TargetError::Server(error)) => {
                // Another suite may go on in this session; if this fails too, it will see for itself.
                if target.capabilities().ddl {
                    let _ = target.run(&behaviour::clean(), &mut |_| {}).await;
                }
                Ok(Err(Refused::Server(error.to_string())))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Two parts of it; `None` where it is one question or one step.
    fn halves(self) -> Option<[Self; 2]> {
        let Self { questions, steps } = self;
        let only = |questions: &'a [Question], steps: &'a [Step]| Self { questions, steps };
        match (questions.len(), steps.len()) {
            (0, 0..=1) | (1, 0) => None,
            (0, n) => {
                let (first, second) = steps.split_at(n / 2);
                Some([only(&[], first), only(&[], second)])
            }
            (n, 0) => {
                let (first, second) = questions.split_at(n / 2);
                Some([only(first, &[]), only(second, &[])])
            }
            _ => Some([only(questions, &[]), only(&[], steps)]),
        }
    }

    /// None of it has a result.
    fn fail(&self, unasked: &str, untried: &str, canon: &mut Canon, outcomes: &mut Vec<Outcome>) {
        if !self.questions.is_empty() {
            canon.add(Canon::unknown(unasked));
        }
        outcomes.extend(vec![Outcome::Error(untried.to_owned()); self.steps.len()]);
    }
}

/// Why nothing can be tried on a target that allows no changes, not even ones that are taken back.
fn why_untried(target: &dyn Target) -> String {
    let reason = target.read_only();
    reason.map_or_else(
        || "this target allows no temporary objects".to_owned(),
        str::to_owned,
    )
}
