//! Whether two texts mean the same: by what they say, else by what the server says of them.

use crate::meaning::canon::{Canon, Of, Question, Verdict};
use crate::meaning::{self, Names};

/// Decides by text where that tells, collects questions where it does not, and knows the answers the second time.
#[derive(Debug)]
pub struct Judge<'a> {
    canon: &'a Canon,
    pub(super) questions: Vec<Question>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(canon: &'a Canon) -> Self {
        Self {
            canon,
            questions: Vec::new(),
        }
    }

    /// One that knows the same answers and has no questions yet.
    pub(super) fn another(&self) -> Self {
        Self::new(self.canon)
    }

    /// Whether the two texts of a question mean the same; it is not asked where their text says so.
    pub fn meaning(&mut self, by_text: bool, question: impl FnOnce() -> Question) -> Verdict {
        if by_text {
            return Verdict::Same;
        }
        let question = question();
        let verdict = self.canon.same(&question);
        self.questions.push(question);
        verdict
    }

    /// Whether two expressions are both absent or the same.
    pub fn expression(
        &mut self,
        expected: Option<&str>,
        found: Option<&str>,
        names: &Names<'_>,
    ) -> Verdict {
        let by_text = meaning::same_optional_expression(expected, found, names);
        self.optional(by_text, (expected, found), names)
    }

    /// Whether two defaults are the same; `default null` is none.
    pub fn default(
        &mut self,
        expected: Option<&str>,
        found: Option<&str>,
        names: &Names<'_>,
    ) -> Verdict {
        let by_text = meaning::same_default(expected, found, names);
        self.optional(by_text, (expected, found), names)
    }

    fn optional(
        &mut self,
        by_text: bool,
        texts: (Option<&str>, Option<&str>),
        names: &Names<'_>,
    ) -> Verdict {
        match texts {
            (Some(expected), Some(found)) => {
                self.meaning(by_text, || names.question(expected, found))
            }
            _ => by_text.into(),
        }
    }

    /// Whether two lists of key columns, as an index of this access method takes them, are the same in order.
    pub fn index_columns(
        &mut self,
        method: &str,
        expected: &[String],
        found: &[String],
        names: &Names<'_>,
    ) -> Verdict {
        if expected.len() != found.len() {
            return Verdict::Different;
        }
        let both = expected.iter().zip(found);
        both.fold(Verdict::Same, |same, (expected, found)| {
            let by_text = meaning::same_index_column(expected, found, names);
            let question = || names.index_question(method, expected, found);
            same.and(self.meaning(by_text, question))
        })
    }

    /// Whether two queries are the same; `schema` is where names without one are looked up.
    pub fn query(&mut self, expected: &str, found: &str, schema: &str) -> Verdict {
        let by_text = meaning::same_query(expected, found);
        self.meaning(by_text, || question(Of::Select, expected, found, schema))
    }

    /// Whether two types are the same; `schema` is where names without one are looked up.
    pub fn r#type(&mut self, expected: &str, found: &str, schema: &str) -> Verdict {
        if meaning::surely_same_type(expected, found, schema) {
            return Verdict::Same;
        }
        let by_text = meaning::same_type(expected, found, schema);
        // A pseudo-type has one name, and no column that could be asked about.
        if [expected, found].into_iter().any(meaning::is_pseudo_type) {
            return by_text.into();
        }
        match self.meaning(false, || question(Of::Type, expected, found, schema)) {
            // Where nobody can tell, nothing is taken to hide it.
            Verdict::Undecided(_) if by_text => Verdict::Same,
            verdict => verdict,
        }
    }
}

fn question(of: Of, expected: &str, found: &str, schema: &str) -> Question {
    Question {
        of,
        schema: schema.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
