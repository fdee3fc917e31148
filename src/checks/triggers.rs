//! Triggers: timing, events, level, function, whether they fire.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Selection, Trigger, TriggerState, Unread};
use crate::meaning::{self, Names};
use crate::source::{Located, Written};

use super::{Child, Examiner, Facts, Heading, OfTables, Presence, codes};

codes! {
    of "trigger": "trigger", "triggers";
    TIMING: "trigger-timing", "a trigger fires at another time";
    EVENTS: "trigger-events", "a trigger fires on other events, or on updates of other columns";
    LEVEL: "trigger-level", "a trigger fires per statement where it should per row, or the reverse";
    FUNCTION: "trigger-function", "a trigger executes another function, or with other arguments";
    WHEN: "trigger-when", "a trigger has another WHEN condition";
    ENABLED: "trigger-enabled", "a trigger is disabled where it should be enabled, or the reverse";
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

/// What is expected of a trigger. Left out, `when` and `columns` are expected not to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `timing`, `events` and `function`"
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
    #[serde(deserialize_with = "call")]
    pub function: Located<String>,
    /// The WHEN condition.
    #[serde(default)]
    pub when: Option<Located<String>>,
    /// Whether it fires.
    #[serde(default = "yes")]
    pub enabled: Located<bool>,
}

/// A function of triggers is called with its arguments or with none: `fx` can only be `fx()`.
fn call<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Located<String>, D::Error> {
    let mut written = Located::<String>::deserialize(deserializer)?;
    let text = &mut written.value;
    if !meaning::tokens(text).iter().any(|token| token.is("(")) {
        text.truncate(text.trim_end().len());
        text.push_str("()");
    }
    Ok(written)
}

fn yes() -> Located<bool> {
    Located::left_out(true)
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
        let (same, found) = self.same_function(trigger, &names);
        let expected = &self.function.value;
        examiner.property(&FUNCTION, "function", &self.function, same, expected, found);
        let names = names.in_trigger();
        examiner.expression(&WHEN, "when", &self.when, trigger.when.as_deref(), &names);
        let fires = matches!(trigger.enabled, TriggerState::Origin | TriggerState::Always);
        examiner.property(
            &ENABLED,
            "state",
            &self.enabled,
            self.enabled.value == fires,
            if self.enabled.value {
                "enabled"
            } else {
                "disabled"
            },
            trigger.enabled.to_string(),
        );
        Ok(())
    }

    fn like(trigger: &Trigger) -> String {
        let events = with_columns(trigger.events.join(" or "), &trigger.columns);
        format!("{} {events}", trigger.timing)
    }
}

impl TriggerExpectation {
    /// Whether the trigger calls the expected function, and the one that it calls.
    fn same_function(&self, trigger: &Trigger, names: &Names<'_>) -> (bool, String) {
        let arguments: Vec<String> = trigger
            .arguments
            .iter()
            .map(|a| crate::sql::quote_literal(a))
            .collect();
        let function = format!(
            "{}({})",
            meaning::spelt_name(&trigger.function_name),
            arguments.join(", ")
        );
        let qualified = format!(
            "{}.{function}",
            meaning::spelt_name(&trigger.function_schema)
        );
        let is = |text| meaning::same_expression(&self.function.value, text, names);
        let same = is(&qualified) || (trigger.function_schema == trigger.schema && is(&function));
        (same, qualified)
    }
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
            assert_eq!(read.function.value, meant);
        }
    }
}
