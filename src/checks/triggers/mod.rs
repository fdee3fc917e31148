//! Triggers: timing, events, level, function, whether they fire.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Selection, Trigger, Unread};
use crate::meaning::{self, Class, Names, ObjectName, tokens};
use crate::source::{Located, Written, text};

use super::firing::{Enabled, State};
use super::language::{Form, Rest, or_default, refuses};
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

/// What is expected of a trigger. With `timing` and `events` it reads as CREATE TRIGGER: left out, `when`, `columns`, the
/// transition tables and what makes it a constraint trigger are expected not to be, and it is for each row and enabled.
/// Without one of the two, what is left out may be anything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `timing`, `events`, …"
)]
pub struct TriggerExpectation {
    /// When it fires.
    #[serde(default)]
    pub timing: Option<Located<Timing>>,
    /// What it fires on.
    #[serde(default)]
    pub events: Option<Located<Vec<Event>>>,
    /// The columns of UPDATE OF.
    #[serde(default)]
    pub columns: Option<Located<Vec<String>>>,
    /// For each row or for each statement.
    #[serde(default)]
    pub level: Option<Located<Level>>,
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
    pub constraint: Option<Located<bool>>,
    /// DEFERRABLE.
    #[serde(default)]
    pub deferrable: Option<Located<bool>>,
    /// INITIALLY.
    #[serde(default)]
    pub initially: Option<Located<Initially>>,
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
        if let Some(expected) = &self.timing {
            let timing = match expected.value {
                Timing::Before => "before",
                Timing::After => "after",
                Timing::InsteadOf => "instead of",
            };
            let found = trigger.timing.as_str();
            let same = timing == found;
            examiner.property(&TIMING, "timing", expected, same, timing, found);
        }
        self.compare_events(trigger, examiner);
        let level = self.level.clone();
        if let Some(expected) = level.or(self.is_whole().then(Located::default)) {
            let level = match expected.value {
                Level::Row => "row",
                Level::Statement => "statement",
            };
            let found = trigger.level.as_str();
            examiner.property(&LEVEL, "level", &expected, level == found, level, found);
        }
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
        if self.is_whole() || self.when.is_some() {
            examiner.expression(&WHEN, "when", &self.when, trigger.when.as_deref(), &names);
        }
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
    /// Whether it says what CREATE TRIGGER has to, so that what is left out is not.
    fn is_whole(&self) -> bool {
        self.timing.is_some() && self.events.is_some() || refuses(&self.other_properties)
    }

    /// Compares what it fires on.
    fn compare_events(&self, trigger: &Trigger, examiner: &mut Examiner<'_>) {
        let found = with_columns(trigger.events.join(" or "), &trigger.columns);
        let columns = self
            .columns
            .as_ref()
            .map(|columns| columns.value.as_slice());
        match (&self.events, columns) {
            (Some(events), columns) => {
                let whole = self.is_whole() || columns.is_some();
                let own = words(&events.value);
                let found = match whole {
                    true => found,
                    false => trigger.events.join(" or "),
                };
                let expected = with_columns(own.join(" or "), columns.unwrap_or_default());
                let same = expected == found;
                // The columns are wrong where the events are not.
                let place = match self.columns.span() {
                    Some(span) if own == trigger.events => Located { value: (), span },
                    _ => Located {
                        value: (),
                        span: events.span.clone(),
                    },
                };
                examiner.property(&EVENTS, "events", &place, same, expected, found);
            }
            (None, Some(columns)) => {
                let expected = with_columns("update".to_owned(), columns);
                let same = with_columns("update".to_owned(), &trigger.columns) == expected;
                examiner.property(&EVENTS, "events", &self.columns, same, expected, found);
            }
            (None, None) => {}
        }
    }

    /// Whether and when it fires, and what its function can see.
    fn compare_firing(&self, trigger: &Trigger, examiner: &mut Examiner<'_>) {
        let whole = self.is_whole();
        let enabled = or_default(
            &self.enabled,
            &self.other_properties,
            Enabled::State(State::Origin),
        );
        if whole || enabled.is_some() {
            let expected = enabled.as_ref().map_or(Enabled::Fires(true), |e| e.value);
            let found = trigger.enabled.to_string();
            let same = expected.is(&trigger.enabled);
            examiner.property(&ENABLED, "state", &enabled, same, expected.words(), found);
        }
        let initially = self.initially.as_ref();
        let deferred = initially.is_some_and(|i| i.value == Initially::Deferred);
        let deferrable = self.deferrable.as_ref().is_some_and(|d| d.value) || deferred;
        let says_when = self.initially.is_some() || self.deferrable.is_some();
        // As in SQL, where only a constraint trigger is deferrable.
        let constraint = self.constraint.clone().unwrap_or_default();
        let constraint = Located {
            value: constraint.value || deferrable,
            span: constraint.span,
        };
        if whole || self.constraint.is_some() || deferrable {
            let words = ["a constraint trigger", "no constraint trigger"];
            let found = trigger.constraint;
            examiner.either(&CONSTRAINT, "kind", &constraint, found, words);
        }
        // What is no constraint trigger is not deferrable either: one finding is enough.
        if (whole || says_when) && (!deferrable || trigger.constraint) {
            let expected = deferral(deferrable, deferred);
            let found = deferral(trigger.deferrable, trigger.initially_deferred);
            let same = expected == found || whole && constraint.value != trigger.constraint;
            let place = self.initially.span().or(self.deferrable.span());
            let place = place.map(|span| Located { value: (), span });
            examiner.property(&DEFERRAL, "deferral", &place, same, expected, found);
        }
        for (property, expected, found) in [
            ("old table", &self.old_table, &trigger.old_table),
            ("new table", &self.new_table, &trigger.new_table),
        ] {
            if whole || expected.is_some() {
                let (wanted, found) = (text(expected), found.as_deref());
                let same = wanted == found;
                let [wanted, found] = [wanted, found].map(|text| text.unwrap_or("none"));
                examiner.property(&TABLES, property, expected, same, wanted, found);
            }
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
