//! What is there of the functions.

use serde::Deserialize;
use serde_json::Value;

use super::{HELPERS, Helper, MARK};

/// What the target has.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Probe {
    /// Every function in `public` of one of the names, and of the names by which functions that run SQL go.
    pub functions: Vec<Found>,
    /// Whether the role `service_role` is there.
    pub service_role: bool,
}

/// A function that is there.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Names and types of its arguments.
    pub arguments: String,
    /// The types of its arguments.
    pub types: String,
    /// The type of its result.
    pub returns: String,
    /// `plpgsql`, …
    pub language: String,
    /// Its source text.
    pub body: String,
    /// Whether it is SECURITY DEFINER.
    pub definer: bool,
    /// `v`, `s`, `i`.
    pub volatility: String,
    /// Its SET clauses (`search_path=""`).
    pub settings: Vec<String>,
    /// The role that owns it.
    pub owner: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may execute it beside its owner; `public` is everybody.
    pub callers: Vec<String>,
}

/// How one of the functions is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is not there.
    Absent,
    /// It is there and just as we would make it.
    Right,
    /// We made it, and it is no longer as it should be: in these ways.
    Altered(Vec<String>),
    /// Another one has its name and its types; what matters about it.
    Others(Vec<String>),
}

impl Probe {
    /// Reads the document of [`super::probe_select`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(document: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(document)
    }

    /// Each of the functions with its state.
    pub fn states(&self) -> [(Helper, State); HELPERS.len()] {
        HELPERS.map(|helper| (helper, self.state(&helper)))
    }

    /// The function that has a helper's name and types.
    pub fn find(&self, helper: &Helper) -> Option<&Found> {
        self.functions
            .iter()
            .find(|found| found.name == helper.name && found.types == helper.types)
    }

    fn state(&self, helper: &Helper) -> State {
        let Some(found) = self.find(helper) else {
            return State::Absent;
        };
        let (text, safety) = (found.differs(helper), self.unsafe_ways(found));
        if found.is_marked() {
            let ways: Vec<String> = text.into_iter().chain(safety).collect();
            return match ways.is_empty() {
                true => State::Right,
                false => State::Altered(ways),
            };
        }
        // Whoever made it, made ours: a suite that brings the same functions does.
        match text.is_empty() && safety.is_empty() {
            true => State::Right,
            false => State::Others(text.into_iter().chain(safety).collect()),
        }
    }

    /// In which ways others than the service role could use it, or make it run something else.
    fn unsafe_ways(&self, found: &Found) -> Vec<String> {
        let mut ways = Vec::new();
        for caller in found.callers.iter().filter(|c| *c != "service_role") {
            ways.push(match caller.as_str() {
                "public" => "everybody may execute it".to_owned(),
                role => format!("{role} may execute it"),
            });
        }
        if self.service_role
            && !found
                .callers
                .iter()
                .any(|c| c == "service_role" || c == "public")
        {
            ways.push("service_role may not execute it".to_owned());
        }
        if found.definer && !found.settings.iter().any(|s| s == "search_path=\"\"") {
            ways.push("its search_path is not empty".to_owned());
        }
        ways
    }
}

impl Found {
    /// `exec_sql(sql text)`.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.arguments)
    }

    /// Whether `supaproof bootstrap` made it.
    pub fn is_marked(&self) -> bool {
        self.comment
            .as_deref()
            .is_some_and(|text| text.starts_with(MARK))
    }

    fn differs(&self, helper: &Helper) -> Vec<String> {
        let mut ways = Vec::new();
        if self.arguments != helper.arguments {
            ways.push(format!("its arguments are ({})", self.arguments));
        }
        if self.returns != helper.returns {
            ways.push(format!(
                "it returns {} and not {}",
                self.returns, helper.returns
            ));
        }
        if !self.definer {
            ways.push("it is not SECURITY DEFINER".to_owned());
        }
        if self.body != helper.body() || self.language != "plpgsql" || self.volatility != "v" {
            ways.push("its text is another".to_owned());
        }
        if !self
            .settings
            .iter()
            .any(|s| s.starts_with("statement_timeout="))
        {
            ways.push("it has no statement_timeout of its own".to_owned());
        }
        ways
    }
}

/// A helper as `supaproof bootstrap` makes it.
#[cfg(test)]
pub(crate) fn ours(helper: &Helper) -> Found {
    Found {
        name: helper.name.to_owned(),
        arguments: helper.arguments.to_owned(),
        types: helper.types.to_owned(),
        returns: helper.returns.to_owned(),
        language: "plpgsql".to_owned(),
        body: helper.body().to_owned(),
        definer: true,
        volatility: "v".to_owned(),
        settings: vec![
            "search_path=\"\"".to_owned(),
            "statement_timeout=60s".to_owned(),
        ],
        owner: "postgres".to_owned(),
        comment: Some(format!("{MARK} x")),
        callers: vec!["service_role".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state of exec_sql after a change to it.
    fn after(change: impl Fn(&mut Found)) -> State {
        let mut found = ours(&HELPERS[0]);
        change(&mut found);
        let probe = Probe {
            functions: vec![found],
            service_role: true,
        };
        let [(_, exec_sql), (_, create), _] = probe.states();
        assert_eq!(create, State::Absent);
        exec_sql
    }

    #[test]
    fn ours_is_right_whoever_made_it() {
        assert_eq!(after(|_| {}), State::Right);
        assert_eq!(after(|f| f.comment = None), State::Right);
    }

    #[test]
    fn every_change_is_seen() {
        type Change = fn(&mut Found);
        let changes: [(&str, Change); 9] = [
            ("everybody may", |f| f.callers.push("public".to_owned())),
            ("anon may", |f| f.callers.push("anon".to_owned())),
            ("service_role may not", |f| f.callers.clear()),
            ("search_path", |f| {
                f.settings.remove(0);
            }),
            ("statement_timeout", |f| {
                f.settings.remove(1);
            }),
            ("DEFINER", |f| f.definer = false),
            ("text is another", |f| f.body.push(' ')),
            ("it returns void", |f| f.returns = "void".to_owned()),
            ("arguments are (query text)", |f| {
                f.arguments = "query text".to_owned()
            }),
        ];
        for (says, change) in changes {
            let State::Altered(ways) = after(change) else {
                panic!("{says}: not seen");
            };
            assert!(
                ways.iter().any(|way| way.contains(says)),
                "{says}: {ways:?}"
            );
            let others = after(|f| {
                change(f);
                f.comment = Some("somebody's".to_owned());
            });
            assert_eq!(others, State::Others(ways));
        }
    }
}
