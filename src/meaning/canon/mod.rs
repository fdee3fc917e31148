//! Asking the server what two texts mean, where their text does not tell.
//!
//! [`questions`] makes statements of what is asked, [`answers`] reads what came back. Neither knows a connection.
//!
//! A text becomes a query over the user's own table, and the query a temporary view, in a subtransaction that is always
//! undone. A view is parsed, checked and printed, but never planned: nothing in it is run, no constant is folded, no
//! right to read or execute is asked for. The lock is that of a SELECT. What the server prints of a text may change
//! once it is read again, so both sides are read again until they do not.

mod printed;
mod question;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

pub use printed::same_printed;
pub use question::{Of, Question, Relation};

use crate::sql;

const SQL: &str = include_str!("../../../sql/meaning/canon.sql");

/// How long the server may take for as many questions as go into one statement.
const SECONDS: u32 = 10;
const TOGETHER: usize = 50;

/// What the server says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They mean the same.
    Same,
    /// They do not.
    Different,
    /// The server could not tell, and why: a clause that follows `since`.
    Undecided(String),
}

impl From<bool> for Verdict {
    fn from(same: bool) -> Self {
        if same { Self::Same } else { Self::Different }
    }
}

impl Verdict {
    /// The verdict on things that are the same where each of them is.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Different, _) | (_, Self::Different) => Self::Different,
            (Self::Undecided(reason), _) | (_, Self::Undecided(reason)) => Self::Undecided(reason),
            _ => Self::Same,
        }
    }
}

/// Statements that ask, without a transaction around them: whoever sends them ends with ROLLBACK.
#[derive(Debug)]
pub struct Script {
    /// Statements without a result.
    pub statements: String,
    /// An expression for the answers, once the statements have run.
    pub result: &'static str,
}

/// Makes statements of the questions.
pub fn questions(questions: &[Question]) -> Script {
    let asked: Vec<Value> = questions
        .iter()
        .filter_map(|question| question.asked().ok())
        .map(|asked| {
            json!({
                "path": asked.path,
                "form": asked.form,
                "method": asked.method,
                "statements": asked.statements,
                "tails": asked.tails,
            })
        })
        .collect();
    let mut statements = format!(
        "set local standard_conforming_strings = on;\nset local supaproof.canon_seconds = {SECONDS};\n\
         set local supaproof.canon_answers = '[]';\n"
    );
    for chunk in asked.chunks(TOGETHER) {
        statements.push_str(&format!(
            "set local statement_timeout = '{SECONDS}s';\nset local supaproof.canon_questions = {};\n{SQL}",
            sql::quote_literal(&Value::from(chunk).to_string())
        ));
    }
    statements.push_str("set local statement_timeout = 0;\n");
    Script {
        statements,
        result: "pg_catalog.current_setting('supaproof.canon_answers')::pg_catalog.json",
    }
}

/// What is known of questions.
#[derive(Clone, Debug, Default)]
pub struct Canon {
    verdicts: BTreeMap<Question, Verdict>,
    otherwise: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    /// What the server prints of the expected text and of the found one.
    forms: [Option<String>; 2],
    /// Where the problem was: 1 the expected text, 2 the found one, 0 neither.
    side: u8,
    sqlstate: Option<String>,
    problem: Option<String>,
}

/// Reads the answers to [`questions`].
pub fn answers(questions: &[Question], answer: Value) -> Canon {
    let mut answers = match answer {
        Value::Array(answers) => answers,
        _ => Vec::new(),
    }
    .into_iter();
    let verdicts = questions.iter().map(|question| {
        let verdict = match question.asked() {
            Err(reason) => Verdict::Undecided(format!("the server was not asked: {reason}")),
            Ok(_) => match answers.next().map(serde_json::from_value::<Answer>) {
                Some(Ok(answer)) => answer.verdict(),
                _ => Verdict::Undecided("the server gave no answer".to_owned()),
            },
        };
        (question.clone(), verdict)
    });
    Canon {
        verdicts: verdicts.collect(),
        otherwise: None,
    }
}

impl Answer {
    fn verdict(self) -> Verdict {
        let [expected, found] = self.forms;
        let Some(problem) = self.problem else {
            let both = expected.zip(found);
            return both.is_some_and(|(a, b)| same_printed(&a, &b)).into();
        };
        let understood = match (self.side, self.sqlstate.as_deref()) {
            // The text may be right: a role that may not, a read-only session, a lock, a limit, an event trigger.
            (_, Some("42501" | "25006" | "55P03" | "57014" | "P0001")) | (0, _) => {
                return Verdict::Undecided(format!("the server cannot tell: {problem}"));
            }
            (1, _) => "what is expected",
            _ => "what it printed itself",
        };
        Verdict::Undecided(format!("the server does not take {understood}: {problem}"))
    }
}

impl Canon {
    /// Where nobody can be asked, and why: a clause that follows `since`.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self {
            otherwise: Some(reason.into()),
            ..Self::default()
        }
    }

    /// What is known of further questions. Where some of them could not be asked, that is why any has no verdict.
    pub fn add(&mut self, other: Self) {
        self.verdicts.extend(other.verdicts);
        self.otherwise = other.otherwise.or(self.otherwise.take());
    }

    /// Whether the two texts of a question mean the same.
    pub fn same(&self, question: &Question) -> Verdict {
        let otherwise = || {
            let reason = self.otherwise.as_deref();
            Verdict::Undecided(reason.unwrap_or("the server was not asked").to_owned())
        };
        self.verdicts
            .get(question)
            .cloned()
            .unwrap_or_else(otherwise)
    }
}
