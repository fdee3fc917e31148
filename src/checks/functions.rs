//! Functions: signature, result, language and behaviour, body.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Function, Unread};
use crate::meaning::{self, ObjectName};
use crate::source::Located;

use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes, name_as_written};

codes! {
    of "function": "function", "functions";
    RETURNS: "function-returns", "a function returns another type";
    LANGUAGE: "function-language", "a function is written in another language";
    VOLATILITY: "function-volatility", "a function has another volatility";
    SECURITY: "function-security",
        "a function runs with the rights of its owner where it should with the caller's, or the reverse";
    STRICT: "function-strict", "a function is called on null input where it should not be, or the reverse";
    SETTINGS: "function-settings", "a function runs with other settings, search_path for example";
    BODY: "function-body", "a function has another body";
}

/// `functions:` by signature.
pub type Section = Objects<FunctionExpectation>;

/// Whose rights a function runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// SECURITY DEFINER: the owner's.
    Definer,
    /// SECURITY INVOKER: the caller's.
    Invoker,
}

/// What is expected of a function. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `returns`, `language`, …"
)]
pub struct FunctionExpectation {
    /// The result.
    pub returns: Option<Located<String>>,
    /// The language.
    pub language: Option<Located<String>>,
    /// `immutable`, `stable` or `volatile`.
    pub volatility: Option<Located<String>>,
    /// Whose rights it runs with.
    pub security: Option<Located<Security>>,
    /// RETURNS NULL ON NULL INPUT.
    pub strict: Option<Located<bool>>,
    /// SET, as `search_path=""`; all of them.
    pub settings: Option<Located<Vec<String>>>,
    /// The source text; white space and comments do not count.
    pub body: Option<Located<String>>,
}

/// A function's name, and the types of its arguments where they are written.
struct Signature {
    name: String,
    arguments: Option<Vec<String>>,
}

impl Signature {
    fn parse(written: &str) -> Self {
        let (name, arguments) = split_signature(written);
        let arguments =
            arguments.map(|a| split_arguments(a).iter().map(ToString::to_string).collect());
        Self {
            name: ObjectName::parse(name).name,
            arguments,
        }
    }

    fn takes(&self, function: &Function) -> bool {
        let same = |(a, b): (&String, &String)| meaning::same_type(a, b, &function.schema);
        self.arguments.as_ref().is_none_or(|arguments| {
            arguments.len() == function.arguments.len()
                && arguments.iter().zip(&function.arguments).all(same)
        })
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

impl Object for FunctionExpectation {
    const HEADING: Heading = Heading {
        icon: "🔧 ",
        title: "Functions",
        noun: "function",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Function;

    fn called(name: &ObjectName) -> String {
        let (name, arguments) = split_signature(&name.written);
        let arguments = arguments.map_or_else(String::new, |a| format!("({a})"));
        format!("{}{arguments}", ObjectName::parse(name).name)
    }

    fn name_of(function: &Function) -> String {
        let arguments = function.arguments.join(", ");
        // Within the key, a wildcard of a type's name would make it a pattern.
        let name = match arguments.contains(['*', '?']) {
            true => crate::sql::quote_ident(&function.name),
            false => name_as_written(&function.name),
        };
        format!("{name}({arguments})")
    }

    fn find<'a>(all: &'a [Function], wanted: &Wanted) -> Option<&'a Function> {
        let signature = Signature::parse(&wanted.written);
        all.iter().find(|f| {
            f.schema == wanted.identity.schema && f.name == signature.name && signature.takes(f)
        })
    }

    fn missing(
        &self,
        wanted: &Wanted,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let name = Signature::parse(&wanted.written).name;
        let all = facts.catalog.functions.known()?.iter();
        let named = all.filter(|f| f.schema == wanted.identity.schema && f.name == name);
        let others: Vec<String> = named.map(Function::signature).collect();
        match others.as_slice() {
            [] => examiner.missing(&PRESENCE.missing, Self::HEADING.noun, facts),
            others => examiner.presence(&PRESENCE.missing, false, others.join(", ")),
        }
        Ok(())
    }

    fn compare(
        &self,
        function: &Function,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let item = self;
        if let Some(returns) = &item.returns {
            let found = function.returns.as_deref().unwrap_or("nothing");
            examiner.property(
                &RETURNS,
                "result",
                returns,
                meaning::same_type(&returns.value, found, &function.schema),
                &returns.value,
                found,
            );
        }
        examiner.optional(&LANGUAGE, "language", &item.language, &function.language);
        let volatility = &function.volatility;
        examiner.optional(&VOLATILITY, "volatility", &item.volatility, volatility);
        if let Some(security) = &item.security {
            let definer = Located {
                value: security.value == Security::Definer,
                span: security.span.clone(),
            };
            let words = ["definer", "invoker"];
            let found = function.security_definer;
            examiner.either(&SECURITY, "security", &definer, found, words);
        }
        examiner.optional(&STRICT, "strict", &item.strict, &function.strict);
        if let Some(settings) = &item.settings {
            let (mut expected, mut found) = (settings.value.clone(), function.settings.clone());
            expected.sort();
            found.sort();
            examiner.property(
                &SETTINGS,
                "settings",
                settings,
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
                body,
                meaning::same_body(&body.value, found),
                one_line(&body.value),
                one_line(found),
            );
        }
        Ok(())
    }

    fn like(function: &Function) -> String {
        let returns = function.returns.as_deref().unwrap_or("nothing");
        format!("it returns {returns}")
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
