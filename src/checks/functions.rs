//! Functions: signature, result, language and behaviour, body.

use serde::Deserialize;

use crate::catalog::{Catalog, Function, Identity};
use crate::meaning::{self, ObjectName};
use crate::source::{Entries, Located};

use super::object::item;
use super::{Code, Common, Examiner, Expectation, Facts, FileScope, Heading, Item, Object, codes};

codes! {
    MISSING: "function-missing", "an expected function is not there, or takes other arguments";
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

item! {
    /// What is expected of a function. What is left out may be anything.
    #[derive(Default)]
    #[serde(default)]
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
}

impl Section {
    pub(super) fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) {
        for (key, item) in self.0.0 {
            let (name, arguments) = split_signature(&key.value);
            let name = ObjectName::parse(name);
            let shown = arguments.map_or_else(String::new, |a| format!("({a})"));
            let in_schema = format!("{}{shown}", name.name);
            let subject = Identity::new("function", name.schema_or(scope.schema), in_schema);
            let label = format!("{name}{shown}");
            let check = Signed {
                name: name.name,
                arguments: arguments
                    .map(|a| split_arguments(a).iter().map(ToString::to_string).collect()),
                item,
            };
            out.push(scope.exists(Signed::HEADING, &key, subject, &label, check));
        }
    }
}

impl Item for Signed {
    fn common(&mut self) -> Common {
        self.item.common()
    }
}

struct Signed {
    name: String,
    // Left open without parentheses.
    arguments: Option<Vec<String>>,
    item: FunctionExpectation,
}

impl Signed {
    /// All functions of the name.
    fn named<'a>(&self, catalog: &'a Catalog, schema: &str) -> impl Iterator<Item = &'a Function> {
        let all = catalog.functions.iter();
        all.filter(move |f| f.schema == schema && f.name == self.name)
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

impl Object for Signed {
    const HEADING: Heading = Heading {
        icon: "🔧 ",
        title: "Functions",
        noun: "function",
    };
    const MISSING: Code = MISSING;
    type Found = Function;

    fn find<'a>(&self, catalog: &'a Catalog, wanted: &Identity) -> Option<&'a Function> {
        self.named(catalog, &wanted.schema).find(|f| self.takes(f))
    }

    fn absent(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        let named = self.named(facts.catalog, &examiner.subject().schema);
        let others: Vec<String> = named.map(Function::signature).collect();
        let found = match others.as_slice() {
            [] => "no function of this name".to_owned(),
            others => others.join(", "),
        };
        examiner.presence(&MISSING, false, found);
    }

    fn compare(&self, function: &Function, _facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        let item = &self.item;
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
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
