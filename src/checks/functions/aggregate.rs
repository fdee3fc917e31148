//! How an aggregate computes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Aggregate, Function};
use crate::meaning;
use crate::source::{Located, text};

use super::super::language::Form;
use super::super::{Examiner, codes};

codes! {
    pub(super)
    AGGREGATE: "function-aggregate", "an aggregate computes in another way";
}

/// What is expected of an aggregate. What is left out of its functions and its initial value is expected not to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `transition` and `state`"
)]
pub struct AggregateExpectation {
    /// `normal`, `ordered set` or `hypothetical set`.
    #[serde(default = "normal")]
    kind: Located<String>,
    /// SFUNC.
    transition: Located<String>,
    /// STYPE.
    state: Located<String>,
    /// FINALFUNC.
    #[serde(default)]
    r#final: Option<Located<String>>,
    /// COMBINEFUNC.
    #[serde(default)]
    combine: Option<Located<String>>,
    /// INITCOND.
    #[serde(default)]
    initial: Option<Located<String>>,
    /// SORTOP.
    #[serde(default)]
    sort_operator: Option<Located<String>>,
}

fn normal() -> Located<String> {
    Located::left_out("normal".to_owned())
}

impl AggregateExpectation {
    pub(super) fn compare(&self, function: &Function, examiner: &mut Examiner<'_>) {
        let schema = function.schema.as_str();
        let Some(found) = &function.aggregate else {
            let found = function.kind.to_string();
            examiner.property(&AGGREGATE, "kind", &self.kind, false, "aggregate", found);
            return;
        };
        let same = self.kind.value == found.kind;
        examiner.property(
            &AGGREGATE,
            "kind",
            &self.kind,
            same,
            &self.kind.value,
            &found.kind,
        );
        let same = meaning::same_name(&self.transition.value, &found.transition, schema);
        examiner.property(
            &AGGREGATE,
            "transition function",
            &self.transition,
            same,
            &self.transition.value,
            &found.transition,
        );
        examiner.r#type(&AGGREGATE, "state type", &self.state, &found.state, schema);
        for (property, expected, found) in [
            ("final function", &self.r#final, &found.r#final),
            ("combine function", &self.combine, &found.combine),
        ] {
            let same = match (text(expected), found) {
                (Some(wanted), Some(found)) => meaning::same_name(wanted, found, schema),
                (wanted, found) => wanted.is_none() && found.is_none(),
            };
            none_or_text(examiner, property, expected, same, found);
        }
        for (property, expected, found) in [
            ("initial value", &self.initial, &found.initial),
            ("sort operator", &self.sort_operator, &found.sort_operator),
        ] {
            let same = text(expected) == found.as_deref();
            none_or_text(examiner, property, expected, same, found);
        }
    }

    pub(super) fn written(aggregate: &Aggregate) -> Value {
        Form::default()
            .unless("normal", "kind", aggregate.kind.as_str())
            .with("transition", aggregate.transition.as_str())
            .with("state", aggregate.state.as_str())
            .some("final", &aggregate.r#final)
            .some("combine", &aggregate.combine)
            .some("initial", &aggregate.initial)
            .some("sort_operator", &aggregate.sort_operator)
            .value()
    }
}

fn none_or_text(
    examiner: &mut Examiner<'_>,
    property: &'static str,
    expected: &Option<Located<String>>,
    same: bool,
    found: &Option<String>,
) {
    let wanted = text(expected).unwrap_or("none");
    let found = found.as_deref().unwrap_or("none");
    examiner.property(&AGGREGATE, property, expected, same, wanted, found);
}
