//! Triggers: timing, events, level, function, whether they fire.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Selection, Trigger, Unread};
use crate::meaning::{self, Class, Names, ObjectName, tokens};
use crate::source::{Located, Written, text};

use super::firing::{Enabled, State};
use super::language::{Form, Rest, or_default};
use super::line::signature;
use super::tables::{Initially, deferral};
use super::{Child, Examiner, Facts, Heading, OfTables, Presence, codes};

codes! {
    of "trigger": "trigger", "triggers";
    TIMING: "trigger-timing", "a trigger fires at another time";
    EVENTS: "trigger-events", "a trigger fires on other events, or on updates of other columns";
    LEVEL: "trigger-level", "a trigger fires per statement where it should per row, or the reverse";
    FUNCTION: "trigger-function", "a trigger executes another function, or with other arguments";
    WHEN: "trigger-when", "a trigger has another WHEN condition";
    ENABLED: "trigger-enabled", "a trigger is disabled where it should be enabled, or the reverse";
    CONSTRAINT: "trigger-constraint", "a trigger is a constraint trigger where it should not be, or the reverse";
    DEFERRAL: "trigger-deferral",
        "a constraint trigger fires after each statement where it should at the end of the transaction, or the reverse";
    TABLES: "trigger-tables", "a trigger gives its function other transition tables";
    INHERITED: "trigger-inherited", "a trigger of a partition is its own where it should be the partitioned table's, or the reverse";
    COMMENT: "trigger-comment", "a trigger has another comment";
}

/// `triggers:` by table, then by name.
pub type Section = OfTables<TriggerExpectation>;

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// BEFORE.
    Before,
    /// AFTER.
    After,
    /// INSTEAD OF.
    #[serde(rename = "instead of")]
    InsteadOf,
}

/// What it fires on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// TRUNCATE.
    Truncate,
}

/// For each row or for each statement.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// FOR EACH ROW.
    #[default]
    Row,
    /// FOR EACH STATEMENT.
    Statement,
}

/// What is expected of a trigger. Left out, `when`, `columns`, the transition tables and what makes it a constraint
/// trigger are expected not to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `timing` and `events`"
)]
pub struct TriggerExpectation {
    /// When it fires.
    pub timing: Located<Timing>,
    /// What it fires on.
    pub events: Located<Vec<Event>>,
    /// The columns of UPDATE OF.
    #[serde(default)]
    pub columns: Located<Vec<String>>,
    /// For each row or for each statement.
    #[serde(default)]
    pub level: Located<Level>,
    /// The function with its arguments: `update_updated_at_column()`. Without parentheses it is called with none.
    #[serde(default, deserialize_with = "call")]
    pub function: Option<Located<String>>,
    /// The WHEN condition.
    #[serde(default)]
    pub when: Option<Located<String>>,
    /// Whether it fires.
    #[serde(default)]
    pub enabled: Option<Located<Enabled>>,
    /// CREATE CONSTRAINT TRIGGER.
    #[serde(default)]
    pub constraint: Located<bool>,
    /// DEFERRABLE.
    #[serde(default)]
    pub deferrable: Located<bool>,
    /// INITIALLY.
    #[serde(default)]
    pub initially: Located<Initially>,
    /// REFERENCING OLD TABLE AS.
    #[serde(default)]
    pub old_table: Option<Located<String>>,
    /// REFERENCING NEW TABLE AS.
    #[serde(default)]
    pub new_table: Option<Located<String>>,
    /// Whether it came from the partitioned table.
    #[serde(default)]
    pub inherited: Option<Located<bool>>,
    /// `COMMENT ON TRIGGER`; an empty text for none.
    #[serde(default)]
    pub comment: Option<Located<String>>,
    /// Whether what is left out may be something.
    #[serde(default)]
    pub other_properties: Rest,
}

/// A function of triggers is called with its arguments or with none: `fx` can only be `fx()`.
fn call<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Located<String>>, D::Error> {
    let mut written = Located::<String>::deserialize(deserializer)?;
    let text = &mut written.value;
    if !meaning::tokens(text).iter().any(|token| token.is("(")) {
        text.truncate(text.trim_end().len());
        text.push_str("()");
    }
    Ok(Some(written))
}

impl Child for TriggerExpectation {
    const HEADING: Heading = Heading {
        icon: "⚡ ",
        title: "Triggers",
        noun: "trigger",
    };
    const PRESENCE: Presence = PRESENCE;
    const SUMMARY: &'static str = "Triggers";
    type Found = Trigger;

    fn needs(&self) -> Selection {
        Selection::of(Names::NEEDS)
    }

    fn place(trigger: &Trigger) -> [&str; 3] {
        [&trigger.schema, &trigger.table, &trigger.name]
    }

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.other_properties)
    }

    fn compare(
        &self,
        trigger: &Trigger,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let timing = match self.timing.value {
            Timing::Before => "before",
            Timing::After => "after",
            Timing::InsteadOf => "instead of",
        };
        let found = trigger.timing.as_str();
        examiner.property(
            &TIMING,
            "timing",
            &self.timing,
            timing == found,
            timing,
            found,
        );
        let expected = events(self);
        let found = with_columns(trigger.events.join(" or "), &trigger.columns);
        let same = expected == found;
        if self.columns.span().is_some() && words(&self.events.value) == trigger.events {
            examiner.property(&EVENTS, "events", &self.columns, same, expected, found);
        } else {
            examiner.property(&EVENTS, "events", &self.events, same, expected, found);
        }
        let level = match self.level.value {
            Level::Row => "row",
            Level::Statement => "statement",
        };
        let found = trigger.level.as_str();
        examiner.property(&LEVEL, "level", &self.level, level == found, level, found);
        let names = Names::of_table(facts.catalog, &trigger.schema, &trigger.table)?;
        if let Some(function) = &self.function {
            let (same, found) = same_function(&function.value, trigger, &names);
            examiner.property(
                &FUNCTION,
                "function",
                function,
                same,
                &function.value,
                found,
            );
        }
        let names = names.in_trigger();
        examiner.expression(&WHEN, "when", &self.when, trigger.when.as_deref(), &names);
        self.compare_firing(trigger, examiner);
        let rest = &self.other_properties;
        let inherited = or_default(&self.inherited, rest, false);
        if let Some(inherited) = &inherited {
            let words = ["the partitioned table's", "its own"];
            examiner.either(&INHERITED, "origin", inherited, trigger.inherited, words);
        }
        examiner.comment(&COMMENT, &self.comment, rest, trigger.comment.as_deref());
        Ok(())
    }

    fn written(trigger: &Trigger, _catalog: &Catalog) -> Option<Value> {
        let enabled = Enabled::written(&trigger.enabled)?;
        let form = Form::default()
            .with("timing", trigger.timing.as_str())
            .with("events", trigger.events.as_slice())
            .list("columns", &trigger.columns)
            .unless("row", "level", trigger.level.as_str())
            .with(
                "function",
                called(trigger, trigger.function_schema != trigger.schema),
            )
            .some("when", &trigger.when)
            .unless("origin", "enabled", enabled)
            .flag("constraint", trigger.constraint)
            .flag("deferrable", trigger.deferrable)
            .some(
                "initially",
                &trigger.initially_deferred.then_some("deferred"),
            )
            .some("old_table", &trigger.old_table)
            .some("new_table", &trigger.new_table)
            .flag("inherited", trigger.inherited)
            .some("comment", &trigger.comment);
        Some(form.refusing_others())
    }

    fn like(trigger: &Trigger) -> String {
        let events = with_columns(trigger.events.join(" or "), &trigger.columns);
        format!("{} {events}", trigger.timing)
    }
}

impl TriggerExpectation {
    /// Whether and when it fires, and what its function can see.
    fn compare_firing(&self, trigger: &Trigger, examiner: &mut Examiner<'_>) {
        let enabled = or_default(
            &self.enabled,
            &self.other_properties,
            Enabled::State(State::Origin),
        );
        let expected = enabled.as_ref().map_or(Enabled::Fires(true), |e| e.value);
        let found = trigger.enabled.to_string();
        let same = expected.is(&trigger.enabled);
        examiner.property(&ENABLED, "state", &enabled, same, expected.words(), found);

        let deferred = self.initially.value == Initially::Deferred;
        let deferrable = self.deferrable.value || deferred;
        // As in SQL, where only a constraint trigger is deferrable.
        let constraint = Located {
            value: self.constraint.value || deferrable,
            span: self.constraint.span.clone(),
        };
        let words = ["a constraint trigger", "no constraint trigger"];
        let found = trigger.constraint;
        examiner.either(&CONSTRAINT, "kind", &constraint, found, words);
        // What is no constraint trigger is not deferrable either: one finding is enough.
        if constraint.value == trigger.constraint {
            let expected = deferral(deferrable, deferred);
            let found = deferral(trigger.deferrable, trigger.initially_deferred);
            let same = expected == found;
            if self.initially.span().is_some() {
                examiner.property(
                    &DEFERRAL,
                    "deferral",
                    &self.initially,
                    same,
                    expected,
                    found,
                );
            } else {
                examiner.property(
                    &DEFERRAL,
                    "deferral",
                    &self.deferrable,
                    same,
                    expected,
                    found,
                );
            }
        }
        for (property, expected, found) in [
            ("old table", &self.old_table, &trigger.old_table),
            ("new table", &self.new_table, &trigger.new_table),
        ] {
            let wanted = text(expected);
            let found = found.as_deref();
            examiner.property(
                &TABLES,
                property,
                expected,
                wanted == found,
                wanted.unwrap_or("none"),
                found.unwrap_or("none"),
            );
        }
    }
}

/// Whether the trigger calls the expected function, and the one that it calls.
fn same_function(expected: &str, trigger: &Trigger, names: &Names<'_>) -> (bool, String) {
    let (function, qualified) = (called(trigger, false), called(trigger, true));
    let expected = with_texts(expected);
    let is = |text| meaning::same_expression(&expected, text, names);
    let same = is(&qualified) || (trigger.function_schema == trigger.schema && is(&function));
    (same, qualified)
}

/// The call with its arguments as the server keeps them: CREATE TRIGGER makes texts of numbers and of bare words.
fn with_texts(call: &str) -> String {
    let (name, Some(arguments)) = signature(call) else {
        return call.to_owned();
    };
    let arguments = arguments.into_iter().map(|argument| {
        let text = match tokens(argument).as_slice() {
            [one] if one.class == Class::Number => match argument.parse::<i32>() {
                Ok(number) => number.to_string(),
                Err(_) => argument.to_owned(),
            },
            [one] if one.class == Class::Word => ObjectName::whole(&one.text).name,
            _ => return argument.to_owned(),
        };
        crate::sql::quote_literal(&text)
    });
    let arguments: Vec<String> = arguments.collect();
    format!("{name}({})", arguments.join(", "))
}

/// The call as SQL has it.
fn called(trigger: &Trigger, qualified: bool) -> String {
    let arguments = trigger.arguments.iter();
    let arguments: Vec<String> = arguments.map(|a| crate::sql::quote_literal(a)).collect();
    let name = meaning::spelt_name(&trigger.function_name);
    let schema = match qualified {
        true => format!("{}.", meaning::spelt_name(&trigger.function_schema)),
        false => String::new(),
    };
    format!("{schema}{name}({})", arguments.join(", "))
}

fn events(item: &TriggerExpectation) -> String {
    with_columns(words(&item.events.value).join(" or "), &item.columns.value)
}

/// In the order of the catalog.
fn words(events: &[Event]) -> Vec<&'static str> {
    let mut events = events.to_vec();
    events.sort();
    let word = |event| match event {
        Event::Insert => "insert",
        Event::Update => "update",
        Event::Delete => "delete",
        Event::Truncate => "truncate",
    };
    events.into_iter().map(word).collect()
}

fn with_columns(events: String, columns: &[String]) -> String {
    if columns.is_empty() {
        events
    } else {
        // Their order decides nothing.
        let mut columns = columns.to_vec();
        columns.sort();
        format!("{events} of {}", columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_without_parentheses_is_called_with_nothing() {
        for (written, meant) in [
            ("fx", "fx()"),
            ("app.fx ", "app.fx()"),
            ("'\"odd(name\"'", "\"odd(name\"()"),
            ("fx()", "fx()"),
            ("fx('a')", "fx('a')"),
        ] {
            let yaml = format!("{{timing: before, events: [update], function: {written}}}");
            let read: TriggerExpectation = serde_saphyr::from_str(&yaml).unwrap();
            assert_eq!(read.function.unwrap().value, meant);
        }
    }
}
