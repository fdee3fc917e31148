//! Triggers: timing, events, level, function, whether they fire.

use serde::Deserialize;

use crate::catalog::{Identity, Kinds, Selection, Table, Trigger, TriggerState, Unread};
use crate::meaning::{self, Names, ObjectName};
use crate::source::{Entries, Located};

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[MISSING, TIMING, EVENTS, LEVEL, FUNCTION, WHEN, ENABLED];
const MISSING: Code = Code {
    name: "trigger-missing",
    meaning: "an expected trigger is not there",
};
const TIMING: Code = Code {
    name: "trigger-timing",
    meaning: "a trigger fires at another time",
};
const EVENTS: Code = Code {
    name: "trigger-events",
    meaning: "a trigger fires on other events, or on updates of other columns",
};
const LEVEL: Code = Code {
    name: "trigger-level",
    meaning: "a trigger fires per statement where it should per row, or the reverse",
};
const FUNCTION: Code = Code {
    name: "trigger-function",
    meaning: "a trigger executes another function, or with other arguments",
};
const WHEN: Code = Code {
    name: "trigger-when",
    meaning: "a trigger has another WHEN condition",
};
const ENABLED: Code = Code {
    name: "trigger-enabled",
    meaning: "a trigger is disabled where it should be enabled, or the reverse",
};

const HEADING: Heading = Heading {
    icon: "⚡ ",
    title: "Triggers",
    noun: "trigger",
};

/// `triggers:` by table, then by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    title: Option<String>,
    items: Entries<Entries<TriggerExpectation>>,
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// FOR EACH ROW.
    #[default]
    Row,
    /// FOR EACH STATEMENT.
    Statement,
}

/// What is expected of a trigger. Left out, `when` and `columns` are expected not to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerExpectation {
    /// When it fires.
    pub timing: Timing,
    /// What it fires on.
    pub events: Vec<Event>,
    /// The columns of UPDATE OF.
    #[serde(default)]
    pub columns: Vec<String>,
    /// For each row or for each statement.
    #[serde(default)]
    pub level: Level,
    /// The function with its arguments: `update_updated_at_column()`. Without parentheses it is called with none.
    #[serde(deserialize_with = "call")]
    pub function: String,
    /// The WHEN condition.
    #[serde(default)]
    pub when: Option<String>,
    /// Whether it fires.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What to do where it is not so.
    #[serde(default)]
    pub help: Option<String>,
    /// What a mismatch counts as.
    #[serde(default)]
    pub severity: Severity,
}

/// A function of triggers is called with its arguments or with none: `fx` can only be `fx()`.
fn call<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut text = String::deserialize(deserializer)?;
    if !meaning::tokens(&text).iter().any(|token| token.is("(")) {
        text.truncate(text.trim_end().len());
        text.push_str("()");
    }
    Ok(text)
}

fn yes() -> bool {
    true
}

struct OnTable {
    table: String,
    name: Located<String>,
    item: TriggerExpectation,
}

impl Section {
    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        let summary = self.title.unwrap_or_else(|| "Triggers".to_owned());
        for (key, triggers) in self.items.0 {
            let table = ObjectName::parse(&key.value);
            for (name, mut item) in triggers.0 {
                out.push(Expectation {
                    subject: Identity::new(
                        "trigger",
                        table.schema_or(scope.schema),
                        format!("{} on {}", name.value, table.name),
                    ),
                    label: format!("{} trigger on {table} exists", name.value),
                    origin: scope.origin(&name),
                    heading: HEADING,
                    summary: Some(summary.clone()),
                    required: scope.required,
                    quiet: false,
                    help: item.help.take(),
                    severity: item.severity,
                    check: Box::new(OnTable {
                        table: table.name.clone(),
                        name,
                        item,
                    }),
                });
            }
        }
    }
}

impl Check for OnTable {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Trigger>().and::<Table>().with(Names::NEEDS))
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let schema = &examiner.subject().schema;
        let trigger =
            facts.catalog.triggers.known()?.iter().find(|t| {
                t.schema == *schema && t.table == self.table && t.name == self.name.value
            });
        let Some(trigger) = trigger else {
            if facts.catalog.table(schema, &self.table)?.is_none() {
                examiner.skip(format!("its table {} is not there", self.table));
            } else {
                examiner.presence(&MISSING, false, "no trigger of this name on the table");
            }
            return Ok(());
        };
        let item = &self.item;
        examiner.presence(&MISSING, true, "");
        let timing = match item.timing {
            Timing::Before => "before",
            Timing::After => "after",
            Timing::InsteadOf => "instead of",
        };
        examiner.property(
            &TIMING,
            "timing",
            timing == trigger.timing,
            timing,
            trigger.timing.clone(),
        );
        let expected = events(item);
        let found = with_columns(trigger.events.join(" or "), &trigger.columns);
        examiner.property(
            &EVENTS,
            "events",
            expected == found,
            expected.clone(),
            found.clone(),
        );
        let level = match item.level {
            Level::Row => "row",
            Level::Statement => "statement",
        };
        examiner.property(
            &LEVEL,
            "level",
            level == trigger.level,
            level,
            trigger.level.clone(),
        );
        let names = Names::of_table(facts.catalog, schema, &self.table)?;
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
        examiner.property(
            &FUNCTION,
            "function",
            meaning::same_expression(&item.function, &qualified, &names)
                || (trigger.function_schema == *schema
                    && meaning::same_expression(&item.function, &function, &names)),
            item.function.clone(),
            qualified,
        );
        examiner.property(
            &WHEN,
            "when",
            meaning::same_optional_expression(
                item.when.as_deref(),
                trigger.when.as_deref(),
                &names,
            ),
            item.when.as_deref().unwrap_or("none"),
            trigger.when.as_deref().unwrap_or("none"),
        );
        let fires = matches!(trigger.enabled, TriggerState::Origin | TriggerState::Always);
        examiner.property(
            &ENABLED,
            "state",
            item.enabled == fires,
            if item.enabled { "enabled" } else { "disabled" },
            trigger.enabled.to_string(),
        );
        Ok(())
    }
}

fn events(item: &TriggerExpectation) -> String {
    let mut events = item.events.clone();
    events.sort();
    let words: Vec<&str> = events
        .iter()
        .map(|e| match e {
            Event::Insert => "insert",
            Event::Update => "update",
            Event::Delete => "delete",
            Event::Truncate => "truncate",
        })
        .collect();
    with_columns(words.join(" or "), &item.columns)
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
            assert_eq!(read.function, meant);
        }
    }
}
