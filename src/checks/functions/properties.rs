//! What else can be said of a function, and how one is written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Function, FunctionKind, Unread};
use crate::meaning::{self, Names};
use crate::source::Located;

use super::super::language::{Form, or_default, or_none};
use super::super::{Examiner, Facts, codes};
use super::{AggregateExpectation, FunctionExpectation, parameters};

codes! {
    pub(super)
    KIND: "function-kind", "a function is a procedure, an aggregate or a window function where it should not be, or the reverse";
    PARAMETERS: "function-parameters", "a function has other parameters: names, modes, types or defaults";
    OWNER: "function-owner", "a function belongs to another role";
    LEAKPROOF: "function-leakproof", "a function is leakproof where it should not be, or the reverse";
    PARALLEL: "function-parallel", "a function may run in parallel queries where it should not, or the reverse";
    COST: "function-cost", "the planner takes a function to cost more or less than expected";
    ROWS: "function-rows", "the planner takes a function to return more or fewer rows than expected";
    SUPPORT: "function-support", "a function has another planner support function";
    LIBRARY: "function-library", "a function in C comes from another library";
    BODY_HASH: "function-body-hash", "the body of a function has another SHA-256";
    COMMENT: "function-comment", "a function has another comment";
}

/// A body longer than this is written as its hash.
const LONGEST_BODY: usize = 400;

/// What a routine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// FUNCTION.
    Function,
    /// PROCEDURE.
    Procedure,
    /// AGGREGATE.
    Aggregate,
    /// A window function.
    Window,
}

impl Kind {
    fn found(self) -> FunctionKind {
        match self {
            Self::Function => FunctionKind::Function,
            Self::Procedure => FunctionKind::Procedure,
            Self::Aggregate => FunctionKind::Aggregate,
            Self::Window => FunctionKind::Window,
        }
    }
}

/// Whether a function may run in parallel queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Parallel {
    /// Anywhere.
    Safe,
    /// In the leader alone.
    Restricted,
    /// Nowhere.
    Unsafe,
}

impl Parallel {
    fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Restricted => "restricted",
            Self::Unsafe => "unsafe",
        }
    }
}

impl FunctionExpectation {
    pub(super) fn compare_kind(
        &self,
        function: &Function,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if let Some(kind) = &or_default(&self.kind, &self.other_properties, Kind::Function) {
            let wanted = kind.value.found();
            let (same, found) = (wanted == function.kind, function.kind.to_string());
            examiner.property(&KIND, "kind", kind, same, wanted.to_string(), found);
        }
        if let Some(expected) = &self.parameters {
            let found = &function.parameters;
            let names = Names::of_table(facts.catalog, &function.schema, "")?;
            let judge = examiner.judge();
            let same = parameters::same(&expected.value, found, &names, &function.schema, judge);
            examiner.property(
                &PARAMETERS,
                "parameters",
                expected,
                same,
                format!("({})", expected.value),
                format!("({found})"),
            );
        }
        Ok(())
    }

    pub(super) fn compare_others(&self, function: &Function, examiner: &mut Examiner<'_>) {
        let rest = &self.other_properties;
        examiner.optional(&OWNER, "owner", &self.owner, &function.owner);
        if let Some(expected) = &or_default(&self.leakproof, rest, false) {
            let words = ["leakproof", "not leakproof"];
            let found = function.leakproof;
            examiner.either(&LEAKPROOF, "leakproofness", expected, found, words);
        }
        if let Some(expected) = &or_default(&self.parallel, rest, Parallel::Unsafe) {
            let (wanted, found) = (expected.value.word(), &function.parallel);
            let same = wanted == found;
            examiner.property(&PARALLEL, "parallel safety", expected, same, wanted, found);
        }
        let cost = or_default(&self.cost, rest, default_cost(function));
        number(&COST, "cost", &cost, &function.cost, examiner);
        let rows = or_default(&self.rows, rest, default_rows(function));
        number(&ROWS, "rows", &rows, &function.rows, examiner);
        if let Some(expected) = &or_default(&self.support, rest, "") {
            let found = function.support.as_deref().unwrap_or_default();
            let same = meaning::same_name(&expected.value, found, &function.schema);
            let wanted = or_none(&expected.value);
            examiner.property(&SUPPORT, "support", expected, same, wanted, or_none(found));
        }
        let library = or_default(&self.library, rest, "");
        let found = function.library.as_deref();
        examiner.optional_text(&LIBRARY, "library", &library, found);
        if let Some(expected) = &self.body_hash {
            let found = function.body_hash().unwrap_or_else(|| "none".to_owned());
            let same = expected.value.eq_ignore_ascii_case(&found);
            examiner.property(&BODY_HASH, "body", expected, same, &expected.value, found);
        }
        if let Some(aggregate) = &self.aggregate {
            aggregate.compare(function, examiner);
        }
        examiner.comment(&COMMENT, &self.comment, rest, function.comment.as_deref());
    }
}

fn number(
    code: &super::super::Code,
    property: &'static str,
    expected: &Option<Located<f64>>,
    found: &serde_json::Number,
    examiner: &mut Examiner<'_>,
) {
    if let Some(expected) = expected {
        let (wanted, found) = (expected.value, found.as_f64().unwrap_or_default());
        // The server keeps four bytes of it.
        let same = wanted as f32 == found as f32;
        examiner.property(
            code,
            property,
            expected,
            same,
            wanted.to_string(),
            found.to_string(),
        );
    }
}

/// COST where CREATE FUNCTION does not say it. An aggregate's is always 1.
fn default_cost(function: &Function) -> f64 {
    match function.language.as_str() {
        "c" | "internal" => 1.0,
        _ => 100.0,
    }
}

/// ROWS where CREATE FUNCTION does not say it.
fn default_rows(function: &Function) -> f64 {
    let returns = function.returns.as_deref().unwrap_or_default();
    match returns.starts_with("SETOF ") || returns.starts_with("TABLE(") {
        true => 1000.0,
        false => 0.0,
    }
}

pub(super) fn written(function: &Function) -> Value {
    let Function { cost, rows, .. } = function;
    let unless = |form: Form, default: f64, key, value: &serde_json::Number| match value.as_f64()
        == Some(default)
    {
        true => form,
        false => form.with(key, value.clone()),
    };
    let short = |body: &&String| body.len() <= LONGEST_BODY && !body.trim().is_empty();
    let body = function.body.as_ref().filter(short);
    let hash = function.body_hash().filter(|_| body.is_none());
    let form = Form::default()
        .unless("function", "kind", function.kind.to_string())
        .with("parameters", function.parameters.as_str())
        .some("returns", &function.returns)
        .with("language", function.language.as_str())
        .unless("volatile", "volatility", function.volatility.as_str())
        .some("security", &function.security_definer.then_some("definer"))
        .flag("strict", function.strict)
        .flag("leakproof", function.leakproof)
        .unless("unsafe", "parallel", function.parallel.as_str());
    let form = unless(form, default_cost(function), "cost", cost);
    unless(form, default_rows(function), "rows", rows)
        .some("support", &function.support)
        .list("settings", &function.settings)
        .some("library", &function.library)
        .some("body", &body.cloned())
        .some("body_hash", &hash)
        .some(
            "aggregate",
            &function
                .aggregate
                .as_ref()
                .map(AggregateExpectation::written),
        )
        .with("owner", function.owner.as_str())
        .some("comment", &function.comment)
        .refusing_others()
}
