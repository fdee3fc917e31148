//! Collects what a check compares.

use crate::catalog::{Identity, Unread};
use crate::meaning::Names;
use crate::meaning::canon::{Canon, Verdict};
use crate::source::{Located, Origin, Written, text};

use super::elsewhere::{self, Instead, found_instead};
use super::judge::Judge;
use super::language::{Common, Limit, Listing, Rest, or_default, shown};
use super::line::same_signature;
use super::{Code, Expectation, Facts, Finding, Outcome, Severity};

/// Collects comparisons of one expectation and turns them into its outcome.
pub struct Examiner<'a> {
    pub(super) judge: Judge<'a>,
    subject: &'a Identity,
    origin: Origin,
    severity: Severity,
    /// The suite's own advice.
    own_help: Option<String>,
    help: Option<String>,
    findings: Vec<Finding>,
    skip: Option<String>,
    error: Option<String>,
    moot: bool,
    compared: usize,
}

/// One property compared.
pub struct Comparison<'a> {
    /// The code of a mismatch.
    pub code: &'a Code,
    /// What it is about.
    pub subject: &'a Identity,
    /// `type`, `default`, …; empty for the object itself.
    pub property: &'static str,
    /// The place that asks for it.
    pub origin: Origin,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(expectation: &'a Expectation, canon: &'a Canon) -> Self {
        Self {
            judge: Judge::new(canon),
            subject: &expectation.subject,
            origin: expectation.origin.clone(),
            severity: expectation.severity,
            own_help: expectation.help.clone(),
            help: expectation.help.clone(),
            findings: Vec::new(),
            skip: None,
            error: None,
            moot: false,
            compared: 0,
        }
    }

    /// The object of the expectation.
    pub fn subject(&self) -> &'a Identity {
        self.subject
    }

    /// Where the suite names it.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// Examines another object for the same expectation: one of those that a pattern names.
    ///
    /// # Errors
    /// Those of `examine`.
    pub fn on(
        &mut self,
        subject: &Identity,
        examine: impl FnOnce(&mut Examiner<'_>) -> Result<(), Unread>,
    ) -> Result<(), Unread> {
        let (origin, common) = (self.origin.clone(), Common::default());
        self.inner(subject, origin, &common, examine)
    }

    /// Examines a part of the object that is named at a place of its own and may have a severity and help of its own.
    /// Where its `only_if` does not hold, there is nothing to examine.
    ///
    /// # Errors
    /// Those of `examine`.
    pub fn part(
        &mut self,
        subject: &Identity,
        name: &impl Written,
        common: &Common,
        facts: &Facts<'_>,
        examine: impl FnOnce(&mut Examiner<'_>) -> Result<(), Unread>,
    ) -> Result<(), Unread> {
        if facts.unmet(&common.only_if)?.is_some() {
            return Ok(());
        }
        let origin = self.place(name);
        self.inner(subject, origin, common, examine)
    }

    fn inner(
        &mut self,
        subject: &Identity,
        origin: Origin,
        common: &Common,
        examine: impl FnOnce(&mut Examiner<'_>) -> Result<(), Unread>,
    ) -> Result<(), Unread> {
        let own_help = common.help.clone().or_else(|| self.own_help.clone());
        let mut inner = Examiner {
            judge: self.judge.another(),
            subject,
            origin,
            severity: common.severity.unwrap_or(self.severity),
            help: own_help.clone(),
            own_help,
            findings: Vec::new(),
            skip: None,
            error: None,
            moot: false,
            compared: 0,
        };
        let examined = examine(&mut inner);
        self.findings.append(&mut inner.findings);
        self.judge.questions.append(&mut inner.judge.questions);
        self.compared += inner.compared;
        self.skip = self.skip.take().or(inner.skip);
        self.error = self.error.take().or(inner.error);
        examined
    }

    /// Who decides whether two texts mean the same.
    pub fn judge(&mut self) -> &mut Judge<'a> {
        &mut self.judge
    }

    /// Counts a comparison and, unless it is the same, reports a finding.
    pub fn compare(
        &mut self,
        comparison: Comparison<'_>,
        same: impl Into<Verdict>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.compared += 1;
        let note = match same.into() {
            Verdict::Same => return,
            Verdict::Different => None,
            Verdict::Undecided(reason) => Some(format!("compared as text, since {reason}")),
        };
        self.findings.push(Finding {
            code: comparison.code.name,
            severity: self.severity,
            kind: comparison.subject.kind,
            subject: comparison.subject.to_string(),
            property: comparison.property,
            expected: expected.into(),
            found: found.into(),
            origin: Some(comparison.origin),
            note,
            help: self.help.clone(),
        });
    }

    /// Where a value stands; where the object is named if it is left out.
    pub fn place(&self, value: &impl Written) -> Origin {
        match value.span() {
            Some(span) => self.origin.source.origin(span),
            None => self.origin(),
        }
    }

    /// Compares a property of the expectation's own object, at the place of the value that asks for it.
    pub fn property(
        &mut self,
        code: &Code,
        property: &'static str,
        value: &impl Written,
        same: impl Into<Verdict>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        let comparison = Comparison {
            code,
            subject: self.subject(),
            property,
            origin: self.place(value),
        };
        self.compare(comparison, same, expected, found);
    }

    /// Compares a property that is one of two, each with its word.
    pub fn either(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Located<bool>,
        found: bool,
        words: [&str; 2],
    ) {
        let [yes, no] = words;
        let word = |is| if is { yes } else { no };
        self.property(
            code,
            property,
            expected,
            expected.value == found,
            word(expected.value),
            word(found),
        );
    }

    /// Compares a property that may be left open: `None` expects nothing.
    pub fn optional<T: PartialEq + ToString>(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<T>>,
        found: &T,
    ) {
        if let Some(expected) = expected {
            self.property(
                code,
                property,
                expected,
                expected.value == *found,
                expected.value.to_string(),
                found.to_string(),
            );
        }
    }

    /// Compares an optional text, such as a comment. An empty one is none, as it is to COMMENT ON.
    pub fn optional_text(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: Option<&str>,
    ) {
        if let Some(wanted) = text(expected) {
            self.property(
                code,
                property,
                expected,
                found.unwrap_or_default() == wanted,
                quoted(wanted),
                quoted(found.unwrap_or_default()),
            );
        }
    }

    /// Compares a comment; left out, there may be any, or none where other properties are refused.
    pub fn comment(
        &mut self,
        code: &Code,
        expected: &Option<Located<String>>,
        rest: &Rest,
        found: Option<&str>,
    ) {
        self.optional_text(code, "comment", &or_default(expected, rest, ""), found);
    }

    /// Compares a list that may be left open.
    pub fn listing(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<Listing<String>>>,
        found: &[String],
    ) {
        if let Some(expected) = expected {
            self.property(
                code,
                property,
                expected,
                expected.value.met(found, |wanted, found| wanted == found),
                expected.value.to_string(),
                shown(found),
            );
        }
    }

    /// Compares a limit; what was found is `None` where there is none.
    pub fn limit(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<Limit>>,
        found: Option<u64>,
    ) {
        if let Some(expected) = expected {
            let same = expected.value.hold(found);
            let (wanted, found) = (expected.value.to_string(), Limit::shown(found));
            self.property(code, property, expected, same, wanted, found);
        }
    }

    /// Compares a list whose order says nothing.
    pub fn unordered(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<Listing<String>>>,
        found: &[String],
    ) {
        if let Some(expected) = expected {
            let same = expected.value.met(found, |wanted, found| wanted == found);
            let (wanted, found) = (expected.value.to_string(), shown(found));
            self.property(code, property, expected, same, wanted, found);
        }
    }

    /// Compares an expression by meaning; left out, it is expected not to be.
    pub fn expression(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: Option<&str>,
        names: &Names<'_>,
    ) {
        self.expression_at(code, property, expected, expected, found, names);
    }

    /// The same where what is expected not to be is written as a word, which has a place.
    pub fn expression_at(
        &mut self,
        code: &Code,
        property: &'static str,
        place: &impl Written,
        expected: &Option<Located<String>>,
        found: Option<&str>,
        names: &Names<'_>,
    ) {
        let expected = text(expected);
        let same = self.judge.expression(expected, found, names);
        let shown = [expected, found].map(|text| text.unwrap_or("none"));
        self.property(code, property, place, same, shown[0], shown[1]);
    }

    /// Compares a query, as that of a view, by meaning; `schema` is where names without one are looked up.
    pub fn query(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: &str,
        schema: &str,
    ) {
        if let Some(wanted) = expected {
            let one_line = |text: &str| {
                let words: Vec<&str> = text.split_whitespace().collect();
                words.join(" ").trim_end_matches([' ', ';']).to_owned()
            };
            let same = self.judge.query(&wanted.value, found, schema);
            let shown = (one_line(&wanted.value), one_line(found));
            self.property(code, property, wanted, same, shown.0, shown.1);
        }
    }

    /// Compares the name of something else, which may leave out its schema; `none` expects that there is none.
    pub(super) fn name(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: Option<&str>,
        schema: &str,
    ) {
        if let Some(wanted) = expected {
            let name = wanted.value.as_str();
            let same = match found {
                Some(found) if name != "none" => {
                    same_signature(name, found, schema, &mut self.judge)
                }
                found => Verdict::from(found.is_none() && name == "none"),
            };
            let found = found.unwrap_or("none");
            self.property(code, property, wanted, same, name, found);
        }
    }

    /// Compares a default by meaning; left out, it is expected not to be.
    pub fn default(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: Option<&str>,
        names: &Names<'_>,
    ) {
        let expected_text = text(expected);
        let same = self.judge.default(expected_text, found, names);
        let shown = [expected_text, found].map(|text| text.unwrap_or("none"));
        self.property(code, property, expected, same, shown[0], shown[1]);
    }

    /// The same where `none` expects it not to be, and left out it may be anything.
    pub fn optional_default(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: Option<&str>,
        names: &Names<'_>,
    ) {
        if let Some(wanted) = expected {
            let text = Some(wanted.value.as_str()).filter(|text| *text != "none");
            let same = self.judge.default(text, found, names);
            let found = found.unwrap_or("none");
            self.property(code, property, wanted, same, &wanted.value, found);
        }
    }

    /// Compares a type by meaning; `schema` is where names without one are looked up.
    pub fn r#type(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Located<String>,
        found: &str,
        schema: &str,
    ) {
        let wanted = expected.value.as_str();
        let same = self.judge.r#type(wanted, found, schema);
        self.property(code, property, expected, same, wanted, found);
    }

    /// The same where it may be left open.
    pub fn optional_type(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: &Option<Located<String>>,
        found: &str,
        schema: &str,
    ) {
        if let Some(expected) = expected {
            self.r#type(code, property, expected, found, schema);
        }
    }

    /// Reports whether the object is there.
    pub fn presence(&mut self, code: &Code, present: bool, found: impl Into<String>) {
        let comparison = Comparison {
            code,
            subject: self.subject(),
            property: "",
            origin: self.origin(),
        };
        self.compare(comparison, present, "to exist", found);
    }

    /// Notes that the object is there, as expected.
    pub fn present(&mut self, code: &Code) {
        self.presence(code, true, "");
    }

    /// Reports that the object is not there, and what may be there in its place.
    pub fn missing(&mut self, code: &Code, noun: &str, facts: &Facts<'_>) {
        let (found, meant) = found_instead(facts.catalog, noun, self.subject);
        if let Some(meant) = meant {
            self.advise(&meant);
        }
        self.presence(code, false, found);
    }

    /// Reports that a part of the object is not there, and which one may be meant: `none` says so, `alike` is one that is
    /// there.
    pub(super) fn missing_part(
        &mut self,
        code: &Code,
        none: String,
        alike: Option<(&str, Identity)>,
    ) {
        let mut words = none;
        if let Some((name, meant)) = alike {
            words.push_str(&format!(", but {name}"));
            self.advise(&elsewhere::did_you_mean(&meant));
        }
        self.presence(code, false, words);
    }

    /// Reports an object that should not be there: what it is like; `None` where it is not.
    pub fn absence(&mut self, code: &Code, like: Option<String>) {
        let comparison = Comparison {
            code,
            subject: self.subject,
            property: "",
            origin: self.origin(),
        };
        let found = like.clone().unwrap_or_default();
        self.compare(comparison, like.is_none(), "not to exist", found);
    }

    /// Reports those that are there besides what is listed, each with what it is like.
    pub fn no_others(&mut self, code: &Code, advice: &str, others: &[(Identity, String)]) {
        if others.is_empty() {
            self.presence(code, true, "");
        }
        self.advise(advice);
        for (subject, like) in others {
            let comparison = Comparison {
                code,
                subject,
                property: "",
                origin: self.origin(),
            };
            self.compare(comparison, false, "not to exist", like.as_str());
        }
    }

    /// What to do about the findings that follow, where the suite gives no advice of its own.
    pub fn advise(&mut self, help: &str) {
        self.help = self.own_help.clone().or_else(|| Some(help.to_owned()));
    }

    /// Leaves the verdict to other expectations, which say all there is to say.
    pub fn moot(&mut self) {
        self.moot = true;
    }

    /// Gives up, since the table of the object is not there, which another expectation may say; says what may be there in
    /// its place.
    pub fn skip_without_table(
        &mut self,
        table: &impl std::fmt::Display,
        identity: &Identity,
        facts: &Facts<'_>,
    ) {
        let mut reason = elsewhere::without_table(table);
        if let Some(instead) = Instead::of(facts.catalog, identity) {
            reason.push_str(&format!(", but {}", instead.words));
        }
        self.skip(reason);
    }

    /// Gives up with a reason: the expectation can say nothing.
    pub fn skip(&mut self, reason: impl Into<String>) {
        self.skip = Some(reason.into());
    }

    /// Says that it could not be examined, and why.
    pub fn error(&mut self, reason: impl Into<String>) {
        self.error = Some(reason.into());
    }

    pub(super) fn finish(self) -> (Outcome, usize) {
        if let Some(reason) = self.error {
            return (Outcome::Error(reason), self.compared);
        }
        if let Some(reason) = self.skip
            && self.findings.is_empty()
        {
            return (Outcome::skip(reason), self.compared);
        }
        if self.moot {
            return (Outcome::Pass(Vec::new()), 0);
        }
        if self.compared == 0 {
            return (
                Outcome::Error("nothing was compared: this is a bug".to_owned()),
                0,
            );
        }
        (Outcome::of(self.findings), self.compared)
    }
}

fn quoted(text: &str) -> String {
    match text {
        "" => "none".to_owned(),
        text => format!("{text:?}"),
    }
}
