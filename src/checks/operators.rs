//! Operators: result, function, and what the planner is told of them.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Kind as _, Operator, Unread};
use crate::meaning::{self, ObjectName};
use crate::source::Located;

use super::line::{Sheet, signature};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes};

codes! {
    of "operator": "operator", "operators";
    RESULT: "operator-result", "an operator gives another type";
    FUNCTION: "operator-function", "an operator calls another function";
    PARTNERS: "operator-partners", "an operator has another commutator or negator";
    ESTIMATES: "operator-estimates", "another function estimates how many rows an operator lets pass";
    JOINS: "operator-joins", "an operator can be used in hash or merge joins where it should not, or the reverse";
    OWNER: "operator-owner", "an operator belongs to another role";
    COMMENT: "operator-comment", "an operator has another comment";
}

/// `operators:` by name and operand types: `===(place, place)`.
pub type Section = Objects<OperatorExpectation>;

/// What is expected of an operator. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `function`, `result`, …"
)]
pub struct OperatorExpectation {
    /// The type of the result.
    pub result: Option<Located<String>>,
    /// The function that computes it.
    pub function: Option<Located<String>>,
    /// The operator that gives the same with the operands exchanged; `none` for none.
    pub commutator: Option<Located<String>>,
    /// The operator that gives the opposite; `none` for none.
    pub negator: Option<Located<String>>,
    /// The function that estimates how many rows it lets pass; `none` for none.
    pub restrict: Option<Located<String>>,
    /// The same for a join.
    pub join: Option<Located<String>>,
    /// HASHES.
    pub hashes: Option<Located<bool>>,
    /// MERGES.
    pub merges: Option<Located<bool>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON OPERATOR`.
    pub comment: Option<Located<String>>,
}

/// Whether operand types as they are written are those of an operator. One type is the right operand of a prefix
/// operator, as are two of which the first is `none`.
fn takes(written: &[&str], operator: &Operator) -> bool {
    let none = |text: &str| text.eq_ignore_ascii_case("none");
    let same = |written: Option<&str>, found: Option<&str>| match (written, found) {
        (None, None) => true,
        (Some(a), Some(b)) => meaning::same_type(a, b, &operator.schema),
        _ => false,
    };
    let (left, right) = match written {
        [right] => (None, Some(*right)),
        [left, right] => (
            Some(*left).filter(|t| !none(t)),
            Some(*right).filter(|t| !none(t)),
        ),
        _ => return false,
    };
    same(left, operator.left.as_deref()) && same(right, operator.right.as_deref())
}

impl Object for OperatorExpectation {
    const HEADING: Heading = Heading {
        icon: "🧮 ",
        title: "Operators",
        noun: "operator",
    };
    const PRESENCE: Presence = PRESENCE;
    const HAS_TYPES: bool = true;
    type Found = Operator;

    fn key(written: &str) -> Cow<'_, str> {
        // `*` and `?` are operators here, and no wildcards. Text between slashes is a pattern still.
        if written.len() > 1 && written.starts_with('/') && written.ends_with('/') {
            return Cow::Borrowed(written);
        }
        let (schema, rest) = ObjectName::split(written);
        let (name, _) = signature(rest);
        if name.starts_with('"') {
            return Cow::Borrowed(written);
        }
        let schema = schema.map_or_else(String::new, |schema| format!("{schema}."));
        let types = rest.trim_start().strip_prefix(name).unwrap_or_default();
        Cow::Owned(format!("{schema}\"{name}\"{types}"))
    }

    fn name_of(operator: &Operator) -> String {
        operator.identity().name
    }

    fn called(name: &ObjectName) -> String {
        let (operator, types) = signature(&name.written);
        let operator = ObjectName::parse(operator).name;
        match types {
            None => operator,
            Some(types) => format!("{operator}({})", types.join(",")),
        }
    }

    fn find<'a>(catalog: &'a Catalog, wanted: &Wanted) -> Result<Vec<&'a Operator>, Unread> {
        let all = catalog.operators.known()?.iter();
        let (name, types) = signature(&wanted.written);
        let name = ObjectName::parse(name).name;
        let all = all.filter(|operator| {
            operator.schema == wanted.identity.schema
                && operator.name == name
                && types.as_ref().is_none_or(|types| takes(types, operator))
        });
        Ok(all.collect())
    }

    fn missing(
        &self,
        wanted: &Wanted,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let name = ObjectName::parse(signature(&wanted.written).0).name;
        let all = facts.catalog.operators.known()?.iter();
        let named = all.filter(|o| o.schema == wanted.identity.schema && o.name == name);
        let others: Vec<String> = named.map(of_operator).collect();
        match others.as_slice() {
            [] => examiner.missing(&PRESENCE.missing, Self::HEADING.noun, facts),
            others => examiner.presence(&PRESENCE.missing, false, others.join(", ")),
        }
        Ok(())
    }

    fn compare(
        &self,
        operator: &Operator,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if let Some(result) = &self.result {
            match operator.result.as_deref() {
                Some(found) => {
                    examiner.r#type(&RESULT, "result", result, found, &operator.schema);
                }
                None => examiner.property(&RESULT, "result", result, false, &result.value, "none"),
            }
        }
        for (code, property, wanted, found) in [
            (&FUNCTION, "function", &self.function, &operator.function),
            (
                &PARTNERS,
                "commutator",
                &self.commutator,
                &operator.commutator,
            ),
            (&PARTNERS, "negator", &self.negator, &operator.negator),
            (&ESTIMATES, "restrict", &self.restrict, &operator.restrict),
            (&ESTIMATES, "join", &self.join, &operator.join),
        ] {
            examiner.name(code, property, wanted, found.as_deref(), &operator.schema);
        }
        examiner.optional(&JOINS, "hashes", &self.hashes, &operator.hashes);
        examiner.optional(&JOINS, "merges", &self.merges, &operator.merges);
        examiner.optional(&OWNER, "owner", &self.owner, &operator.owner);
        let comment = operator.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(operator: &Operator) -> String {
        let result = operator.result.as_deref().unwrap_or("nothing");
        format!("it gives {result}")
    }

    fn written(operator: &Operator, _: &Catalog) -> Option<Value> {
        Sheet::default()
            .or_none("result", operator.result.as_deref())
            .or_none("function", operator.function.as_deref())
            .or_none("commutator", operator.commutator.as_deref())
            .or_none("negator", operator.negator.as_deref())
            .or_none("restrict", operator.restrict.as_deref())
            .or_none("join", operator.join.as_deref())
            .with("hashes", operator.hashes)
            .with("merges", operator.merges)
            .with("owner", operator.owner.as_str())
            .comment(operator.comment.as_deref())
    }
}

fn of_operator(operator: &Operator) -> String {
    let none = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
    format!(
        "{}({}, {})",
        operator.name,
        none(&operator.left),
        none(&operator.right)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_of_an_operator_are_no_wildcards() {
        for (written, key) in [
            ("*(a, b)", "\"*\"(a, b)"),
            ("app.?|(a.b, c)", "app.\"?|\"(a.b, c)"),
            ("===", "\"===\""),
            ("/(a, b)", "\"/\"(a, b)"),
            ("/^=/", "/^=/"),
            ("\"*\"(a, b)", "\"*\"(a, b)"),
        ] {
            assert_eq!(OperatorExpectation::key(written), key);
        }
        let name = ObjectName::parse("app.\"*\"(a.b, c)");
        assert_eq!(OperatorExpectation::called(&name), "*(a.b,c)");
    }
}
