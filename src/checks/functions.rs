//! Functions: signature, result, language and behaviour, body.

use serde::Deserialize;

use crate::catalog::{Catalog, Function, Identity};
use crate::meaning::{self, ObjectName};
use crate::source::Entries;

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[
    MISSING, RETURNS, LANGUAGE, VOLATILITY, SECURITY, STRICT, SETTINGS, BODY,
];
const MISSING: Code = Code {
    name: "function-missing",
    meaning: "an expected function is not there, or takes other arguments",
};
const RETURNS: Code = Code {
    name: "function-returns",
    meaning: "a function returns another type",
};
const LANGUAGE: Code = Code {
    name: "function-language",
    meaning: "a function is written in another language",
};
const VOLATILITY: Code = Code {
    name: "function-volatility",
    meaning: "a function has another volatility",
};
const SECURITY: Code = Code {
    name: "function-security",
    meaning: "a function runs with the rights of its owner where it should with the caller's, or the reverse",
};
const STRICT: Code = Code {
    name: "function-strict",
    meaning: "a function is called on null input where it should not be, or the reverse",
};
const SETTINGS: Code = Code {
    name: "function-settings",
    meaning: "a function runs with other settings, search_path for example",
};
const BODY: Code = Code {
    name: "function-body",
    meaning: "a function has another body",
};

const HEADING: Heading = Heading {
    icon: "🔧 ",
    title: "Functions",
    noun: "function",
};

/// `functions:` by signature.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<FunctionExpectation>);

/// Whose rights a function runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// SECURITY DEFINER: the owner's.
    Definer,
    /// SECURITY INVOKER: the caller's.
    Invoker,
}

/// What is expected of a function. What is left out may be anything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionExpectation {
    /// The result.
    pub returns: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// `immutable`, `stable` or `volatile`.
    pub volatility: Option<String>,
    /// Whose rights it runs with.
    pub security: Option<Security>,
    /// RETURNS NULL ON NULL INPUT.
    pub strict: Option<bool>,
    /// SET, as `search_path=""`; all of them.
    pub settings: Option<Vec<String>>,
    /// The source text; white space and comments do not count.
    pub body: Option<String>,
    /// What to do where it is not so.
    pub help: Option<String>,
    /// What a mismatch counts as.
    pub severity: Severity,
}

impl Section {
    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        for (key, mut item) in self.0.0 {
            let name = ObjectName::parse(&key.value);
            out.push(Expectation {
                subject: Identity::new("function", name.schema_or(scope.schema), &name.name),
                label: format!("{name} function exists"),
                origin: scope.origin(&key),
                heading: HEADING,
                summary: None,
                required: scope.required,
                quiet: false,
                help: item.help.take(),
                severity: item.severity,
                check: Box::new(item),
            });
        }
    }
}

/// The function with this signature, types compared by meaning, and others of the name.
fn find<'a>(catalog: &'a Catalog, subject: &Identity) -> (Option<&'a Function>, Vec<&'a Function>) {
    let (name, arguments) = split_signature(&subject.name);
    let named: Vec<&Function> = catalog
        .functions
        .iter()
        .filter(|f| f.schema == subject.schema && f.name == name)
        .collect();
    let same = named.iter().copied().find(|f| match &arguments {
        None => true,
        Some(arguments) => {
            arguments.len() == f.arguments.len()
                && arguments
                    .iter()
                    .zip(&f.arguments)
                    .all(|(a, b)| meaning::same_type(a, b, &subject.schema))
        }
    });
    (same, named)
}

/// `name(a, b)` into its name and its types; without parentheses the arguments are left open.
fn split_signature(text: &str) -> (&str, Option<Vec<&str>>) {
    let Some((name, rest)) = text.split_once('(') else {
        return (text, None);
    };
    let inner = rest.strip_suffix(')').unwrap_or(rest);
    let mut arguments = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                arguments.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        arguments.push(inner[start..].trim());
    }
    (name.trim(), Some(arguments))
}

impl Check for FunctionExpectation {
    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        let (function, named) = find(facts.catalog, examiner.subject());
        let others: Vec<String> = named.iter().map(|f| f.signature()).collect();
        examiner.presence(
            &MISSING,
            function.is_some(),
            if others.is_empty() {
                "no function of this name".to_owned()
            } else {
                others.join(", ")
            },
        );
        let Some(function) = function else { return };
        if let Some(returns) = &self.returns {
            let found = function.returns.as_deref().unwrap_or("nothing");
            examiner.property(
                &RETURNS,
                "result",
                meaning::same_type(returns, found, &function.schema),
                returns,
                found,
            );
        }
        examiner.optional(
            &LANGUAGE,
            "language",
            self.language.as_ref(),
            &function.language,
        );
        examiner.optional(
            &VOLATILITY,
            "volatility",
            self.volatility.as_ref(),
            &function.volatility,
        );
        if let Some(security) = self.security {
            let words = |definer| if definer { "definer" } else { "invoker" };
            let definer = security == Security::Definer;
            examiner.property(
                &SECURITY,
                "security",
                definer == function.security_definer,
                words(definer),
                words(function.security_definer),
            );
        }
        examiner.optional(&STRICT, "strict", self.strict.as_ref(), &function.strict);
        if let Some(settings) = &self.settings {
            let (mut expected, mut found) = (settings.clone(), function.settings.clone());
            expected.sort();
            found.sort();
            examiner.property(
                &SETTINGS,
                "settings",
                expected == found,
                format!("[{}]", expected.join(", ")),
                format!("[{}]", found.join(", ")),
            );
        }
        if let Some(body) = &self.body {
            let found = function.body.as_deref().unwrap_or_default();
            examiner.property(
                &BODY,
                "body",
                meaning::same_body(body, found),
                one_line(body),
                one_line(found),
            );
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
