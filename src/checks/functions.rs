//! Functions: signature, result, language and behaviour, body.

use serde::Deserialize;

use crate::catalog::{Catalog, Function, Identity, Kinds, Selection, Unread};
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
            let (name, arguments) = split_signature(&key.value);
            let name = ObjectName::parse(name);
            let shown = arguments.map_or_else(String::new, |a| format!("({a})"));
            out.push(Expectation {
                subject: Identity::new(
                    "function",
                    name.schema_or(scope.schema),
                    format!("{}{shown}", name.name),
                ),
                label: format!("{name}{shown} function exists"),
                origin: scope.origin(&key),
                heading: HEADING,
                summary: None,
                required: scope.required,
                quiet: false,
                help: item.help.take(),
                severity: item.severity,
                check: Box::new(Signed {
                    name: name.name,
                    arguments: arguments
                        .map(|a| split_arguments(a).iter().map(ToString::to_string).collect()),
                    item,
                }),
            });
        }
    }
}

struct Signed {
    name: String,
    // Left open without parentheses.
    arguments: Option<Vec<String>>,
    item: FunctionExpectation,
}

impl Signed {
    /// The function with this signature, types compared by meaning, and all of the name.
    fn find<'a>(
        &self,
        catalog: &'a Catalog,
        schema: &str,
    ) -> Result<(Option<&'a Function>, Vec<&'a Function>), Unread> {
        let named: Vec<&Function> = catalog
            .functions
            .known()?
            .iter()
            .filter(|f| f.schema == schema && f.name == self.name)
            .collect();
        let same = named.iter().copied().find(|f| match &self.arguments {
            None => true,
            Some(arguments) => {
                arguments.len() == f.arguments.len()
                    && arguments
                        .iter()
                        .zip(&f.arguments)
                        .all(|(a, b)| meaning::same_type(a, b, schema))
            }
        });
        Ok((same, named))
    }
}

/// `name(a, b)` into its name and what stands in the parentheses; names in quotes may have parentheses of their own.
fn split_signature(text: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    let open = text.find(|c| {
        quoted ^= c == '"';
        c == '(' && !quoted
    });
    match open {
        None => (text, None),
        Some(at) => {
            let inner = text[at + 1..].trim_end();
            (
                text[..at].trim_end(),
                Some(inner.strip_suffix(')').unwrap_or(inner)),
            )
        }
    }
}

/// The types of an argument list.
fn split_arguments(inner: &str) -> Vec<&str> {
    let mut arguments = Vec::new();
    let (mut depth, mut start, mut quoted) = (0_u32, 0, false);
    for (at, c) in inner.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
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
    arguments
}

impl Check for Signed {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Function>())
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let item = &self.item;
        let (function, named) = self.find(facts.catalog, &examiner.subject().schema)?;
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
        let Some(function) = function else {
            return Ok(());
        };
        if let Some(returns) = &item.returns {
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
            item.language.as_ref(),
            &function.language,
        );
        examiner.optional(
            &VOLATILITY,
            "volatility",
            item.volatility.as_ref(),
            &function.volatility,
        );
        if let Some(security) = item.security {
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
        examiner.optional(&STRICT, "strict", item.strict.as_ref(), &function.strict);
        if let Some(settings) = &item.settings {
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
        if let Some(body) = &item.body {
            let found = function.body.as_deref().unwrap_or_default();
            examiner.property(
                &BODY,
                "body",
                meaning::same_body(body, found),
                one_line(body),
                one_line(found),
            );
        }
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
