//! The function that runs SQL: ours, or one of the many that projects have.

use std::fmt;

use serde_json::json;

use crate::bootstrap::RUNNERS;
use crate::target::ServerError;

/// A function and the name of its one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    argument: String,
}

/// The names that such a function goes by, the most usual one first.
const NAMES: [&str; 3] = RUNNERS;

/// The names of its argument.
const ARGUMENTS: [&str; 7] = [
    "sql",
    "query",
    "sql_query",
    "sql_statement",
    "sql_string",
    "query_text",
    "q",
];

/// How many of the names of the argument are tried where nothing is known: the most usual ones come first.
const USUAL: usize = 3;

impl Function {
    fn new(name: &str, argument: &str) -> Self {
        Self {
            name: name.to_owned(),
            argument: argument.to_owned(),
        }
    }

    /// The one that `supaproof bootstrap` creates.
    pub(super) fn ours() -> Self {
        Self::new(NAMES[0], ARGUMENTS[0])
    }

    /// Whether an error of the server says that this function is not there: PostgREST, which knew it, calls it by the name of
    /// its argument.
    pub(super) fn is_gone(&self, error: &ServerError) -> bool {
        let call = format!("{}({} => ", self.name, self.argument);
        error.sqlstate == "42883" && error.message.contains(&call)
    }

    /// Its arguments as JSON.
    pub(super) fn arguments(&self, script: &str) -> String {
        json!({ &self.argument: script }).to_string()
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.argument)
    }
}

/// Looks for the function among those that there could be.
#[derive(Debug, Default)]
pub(super) struct Search {
    tried: Vec<Function>,
    /// Names that no function of the project has.
    unknown: Vec<String>,
    /// A name that one has.
    named: Option<&'static str>,
}

impl Search {
    /// What to try next, after PostgREST knew no such function. It hints at a function with arguments where only these are
    /// others, and at a name alone where it does not know the name; where nothing is similar enough it hints at nothing.
    pub(super) fn refused(&mut self, function: Function, hint: Option<&str>) -> Option<Function> {
        let refused = function.name.clone();
        self.tried.push(function);
        match hint.and_then(hinted) {
            Some((name, Some(argument))) => {
                let found = Function::new(name, argument);
                // Others are not called: what they would do with SQL is not known.
                if NAMES.contains(&name)
                    && ARGUMENTS.contains(&argument)
                    && !self.tried.contains(&found)
                {
                    return Some(found);
                }
            }
            Some((name, None)) => {
                if name != refused {
                    self.unknown.push(refused);
                }
                self.named = NAMES
                    .into_iter()
                    .find(|known| *known == name)
                    .or(self.named);
            }
            None => {}
        }
        // Of a name that is there, every argument; of the others the usual ones.
        let likely = self
            .named
            .into_iter()
            .flat_map(|name| ARGUMENTS.map(|argument| Function::new(name, argument)));
        let usual = NAMES.iter().flat_map(|name| {
            ARGUMENTS[..USUAL]
                .iter()
                .map(|argument| Function::new(name, argument))
        });
        likely
            .chain(usual)
            .find(|next| !self.tried.contains(next) && !self.unknown.contains(&next.name))
    }

    /// All that were tried.
    pub(super) fn tried(&self) -> &[Function] {
        &self.tried
    }
}

/// The function in a hint, `Perhaps you meant to call the function public.exec_sql(query)`: its name, and its argument where
/// it has one and the hint says so.
fn hinted(hint: &str) -> Option<(&str, Option<&str>)> {
    let (_, signature) = hint.split_once("the function ")?;
    match signature.split_once('(') {
        Some((name, arguments)) => {
            let argument = arguments.split_once(')')?.0.trim();
            Some((name.rsplit('.').next()?, Some(argument)))
        }
        None => Some((signature.trim().rsplit('.').next()?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINT: &str = "Perhaps you meant to call the function public.";

    /// Every function that is asked for where PostgREST answers so.
    fn asked(hint: impl Fn(&Function) -> Option<String>) -> Vec<String> {
        let (mut search, mut next, mut asked) =
            (Search::default(), Some(Function::ours()), Vec::new());
        while let Some(function) = next {
            assert!(!asked.contains(&function.to_string()), "{function} twice");
            asked.push(function.to_string());
            let hint = hint(&function);
            next = search.refused(function, hint.as_deref());
        }
        asked
    }

    #[test]
    fn a_hint_leads_to_the_function() {
        let arguments = asked(|_| Some(format!("{HINT}exec_sql(query)")));
        assert_eq!(arguments[1], "exec_sql(query)");
        let name = asked(|f| match f.name.as_str() {
            "run_sql" => None,
            _ => Some(format!("{HINT}run_sql")),
        });
        assert_eq!(
            name[..3],
            ["exec_sql(sql)", "run_sql(sql)", "run_sql(query)"]
        );
        assert!(name.contains(&"run_sql(query_text)".to_owned()), "{name:?}");
    }

    #[test]
    fn only_a_function_that_surely_runs_sql_is_called() {
        for other in ["delete_all(query)", "exec_sql(query, params)", "delete_all"] {
            let asked = asked(|_| Some(format!("{HINT}{other}")));
            assert!(!asked.contains(&other.to_owned()), "{asked:?}");
            assert!(
                !asked.iter().any(|name| name.starts_with("delete")),
                "{asked:?}"
            );
        }
    }

    #[test]
    fn the_search_ends() {
        assert_eq!(asked(|_| None).len(), 9);
        // A name that is not there is not tried with other arguments.
        assert_eq!(asked(|_| Some(format!("{HINT}other"))).len(), 3);
        assert_eq!(
            asked(|_| Some("Perhaps you meant to reference the table".to_owned())).len(),
            9
        );
    }
}
