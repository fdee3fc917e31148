//! Functions, procedures and aggregates: signature, result, language and behaviour, body.

mod aggregate;
mod parameters;
mod properties;
mod result;
mod signature;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Function, FunctionKind, Selection, Unread};
use crate::meaning::{self, Names, ObjectName};
use crate::source::Located;

pub use aggregate::AggregateExpectation;
pub use signature::canonical;
pub(super) use signature::split_arguments;
use signature::{Signature, split_signature};

use super::language::{Rest, or_default};
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
    + properties::KIND,
        properties::PARAMETERS,
        properties::OWNER,
        properties::LEAKPROOF,
        properties::PARALLEL,
        properties::COST,
        properties::ROWS,
        properties::SUPPORT,
        properties::LIBRARY,
        properties::BODY_HASH,
        properties::COMMENT,
        aggregate::AGGREGATE;
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
    /// The SHA-256 of the source text, to the byte.
    pub body_hash: Option<Located<String>>,
    /// `function`, `procedure`, `aggregate` or `window`.
    pub kind: Option<Located<Kind>>,
    /// All parameters with names, modes, types and defaults.
    pub parameters: Option<Located<String>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// LEAKPROOF.
    pub leakproof: Option<Located<bool>>,
    /// PARALLEL.
    pub parallel: Option<Located<Parallel>>,
    /// COST.
    pub cost: Option<Located<f64>>,
    /// ROWS.
    pub rows: Option<Located<f64>>,
    /// SUPPORT; an empty text for none.
    pub support: Option<Located<String>>,
    /// The library of a function in C; an empty text for none.
    pub library: Option<Located<String>>,
    /// How an aggregate computes.
    pub aggregate: Option<AggregateExpectation>,
    /// `COMMENT ON FUNCTION`; an empty text for none.
    pub comment: Option<Located<String>>,
    /// Whether what is left out may be something.
    pub other_properties: Rest,
}

pub use properties::{Kind, Parallel};

impl Object for FunctionExpectation {
    const HEADING: Heading = Heading {
        icon: "🔧 ",
        title: "Functions",
        noun: "function",
    };
    const PRESENCE: Presence = PRESENCE;
    const HAS_TYPES: bool = true;
    type Found = Function;

    fn called(name: &ObjectName) -> String {
        let (name, arguments) = split_signature(&name.written);
        let arguments = arguments.map_or_else(String::new, |a| format!("({a})"));
        format!("{}{arguments}", ObjectName::parse(name).name)
    }

    fn name_of(function: &Function) -> String {
        let arguments = function.arguments.join(", ");
        format!("{}({arguments})", name_as_written(&function.name))
    }

    fn find<'a>(catalog: &'a Catalog, wanted: &Wanted) -> Result<Vec<&'a Function>, Unread> {
        let signature = Signature::parse(&wanted.written);
        let called = catalog.functions_called(&wanted.identity.schema, &signature.name)?;
        let all = called.iter().filter(|function| signature.takes(function));
        Ok(all.collect())
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

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.other_properties)
    }

    fn compare(
        &self,
        function: &Function,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let (item, rest) = (self, &self.other_properties);
        self.compare_kind(function, facts, examiner)?;
        if let Some(returns) = &item.returns {
            let (wanted, found) = (returns.value.as_str(), function.returns.as_deref());
            let same = result::same(wanted, found, &function.schema, examiner.judge());
            let found = found.unwrap_or(match function.kind {
                FunctionKind::Procedure => "nothing: it is a procedure",
                _ => result::NOTHING,
            });
            examiner.property(&RETURNS, "result", returns, same, wanted, found);
        }
        examiner.optional(&LANGUAGE, "language", &item.language, &function.language);
        let volatility = or_default(&item.volatility, rest, "volatile");
        examiner.optional(&VOLATILITY, "volatility", &volatility, &function.volatility);
        if let Some(security) = &or_default(&item.security, rest, Security::Invoker) {
            let definer = Located {
                value: security.value == Security::Definer,
                span: security.span.clone(),
            };
            let words = ["definer", "invoker"];
            let found = function.security_definer;
            examiner.either(&SECURITY, "security", &definer, found, words);
        }
        let strict = or_default(&item.strict, rest, false);
        examiner.optional(&STRICT, "strict", &strict, &function.strict);
        if let Some(settings) = &or_default(&item.settings, rest, Vec::new()) {
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
        self.compare_others(function, examiner);
        Ok(())
    }

    fn needs(&self) -> Selection {
        match self.parameters {
            Some(_) => Selection::of(Names::NEEDS),
            None => Selection::default(),
        }
    }

    fn written(function: &Function, _catalog: &Catalog) -> Option<Value> {
        Some(properties::written(function))
    }

    fn like(function: &Function) -> String {
        let returns = function.returns.as_deref().unwrap_or(result::NOTHING);
        format!("it returns {returns}")
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
