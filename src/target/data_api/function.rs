//! The function that runs SQL: ours, or one of the many that projects have.

use std::fmt;

use serde_json::json;

/// A function and the name of its one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    argument: String,
}

/// The names that such a function goes by.
const NAMES: [&str; 3] = ["exec_sql", "execute_sql", "run_sql"];

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

/// The next one to try: the one that the server's hint names, else the next of the usual names. PostgREST's hint names the
/// argument where only that is another, so that a name has to be tried once.
pub(super) fn next(tried: &[Function], hint: Option<&str>) -> Option<Function> {
    let new = |function: &Function| !tried.contains(function);
    if let Some(found) = hint.and_then(hinted).filter(new) {
        return Some(found);
    }
    let hints = hint.is_some();
    let arguments = if hints {
        &ARGUMENTS[..1]
    } else {
        &ARGUMENTS[..3]
    };
    let all = NAMES.iter().flat_map(|name| {
        arguments
            .iter()
            .map(|argument| Function::new(name, argument))
    });
    all.into_iter().find(|function| new(function))
}

/// The function in a hint: `Perhaps you meant to call the function public.exec_sql(query)`. Others are not called: what they
/// would do with SQL is not known.
fn hinted(hint: &str) -> Option<Function> {
    let (_, signature) = hint.split_once("the function ")?;
    let (name, arguments) = signature.split_once('(')?;
    let argument = arguments.split_once(')')?.0.trim();
    let name = name.rsplit('.').next()?;
    let known = NAMES.contains(&name) && ARGUMENTS.contains(&argument);
    known.then(|| Function::new(name, argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_function_where_it_is_one_of_these() {
        let hint = "Perhaps you meant to call the function public.exec_sql(query)";
        assert_eq!(hinted(hint), Some(Function::new("exec_sql", "query")));
        for hint in [
            "Perhaps you meant to call the function public.delete_all(query)",
            "Perhaps you meant to call the function public.exec_sql(query, params)",
            "Perhaps you meant to reference the table",
        ] {
            assert_eq!(hinted(hint), None, "{hint}");
        }
    }

    #[test]
    fn the_search_ends() {
        for hint in [
            None,
            Some("Perhaps you meant to call the function public.other()"),
        ] {
            let mut tried = vec![Function::ours()];
            while let Some(function) = next(&tried, hint) {
                assert!(!tried.contains(&function));
                tried.push(function);
            }
            assert!(tried.len() >= 3 && tried.len() <= 9, "{}", tried.len());
        }
    }
}
