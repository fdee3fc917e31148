//! Event triggers: event, command tags, function, whether they fire.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, EventTrigger, Unread};
use crate::meaning;
use crate::source::Located;

use super::firing::Enabled;
use super::language::{Listing, shown};
use super::line::Sheet;
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "event-trigger": "event trigger", "event triggers";
    EVENT: "event-trigger-event", "an event trigger fires on another event";
    TAGS: "event-trigger-tags", "an event trigger is for other commands";
    FUNCTION: "event-trigger-function", "an event trigger executes another function";
    ENABLED: "event-trigger-enabled", "an event trigger is disabled where it should be enabled, or the reverse";
    OWNER: "event-trigger-owner", "an event trigger belongs to another role";
    COMMENT: "event-trigger-comment", "an event trigger has another comment";
}

/// `event_triggers:` by name.
pub type Section = Objects<EventTriggerExpectation>;

/// What is expected of an event trigger. What is left out may be anything, but it is expected to fire.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `event`, `function`, …"
)]
pub struct EventTriggerExpectation {
    /// `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite` or `login`.
    pub event: Option<Located<String>>,
    /// The command tags that it is for; an empty list for all.
    pub tags: Option<Located<Listing<String>>>,
    /// The function, with or without `()`.
    pub function: Option<Located<String>>,
    /// Whether it fires.
    pub enabled: Located<Enabled>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON EVENT TRIGGER`.
    pub comment: Option<Located<String>>,
}

fn function(trigger: &EventTrigger) -> String {
    let (schema, name) = (&trigger.function_schema, &trigger.function_name);
    format!(
        "{}.{}()",
        meaning::spelt_name(schema),
        meaning::spelt_name(name)
    )
}

impl Object for EventTriggerExpectation {
    const HEADING: Heading = Heading {
        icon: "🔔 ",
        title: "Event Triggers",
        noun: "event trigger",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = EventTrigger;

    fn compare(
        &self,
        trigger: &EventTrigger,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&EVENT, "event", &self.event, &trigger.event);
        if let Some(tags) = &self.tags {
            let same = tags
                .value
                .met(&trigger.tags, |a, b| a.eq_ignore_ascii_case(b));
            let words = (tags.value.to_string(), shown(&trigger.tags));
            examiner.property(&TAGS, "tags", tags, same, words.0, words.1);
        }
        let found = function(trigger);
        examiner.name(
            &FUNCTION,
            "function",
            &self.function,
            Some(&found),
            "public",
        );
        let wanted = self.enabled.value;
        let (same, found) = (wanted.is(&trigger.enabled), trigger.enabled.to_string());
        examiner.property(
            &ENABLED,
            "state",
            &self.enabled,
            same,
            wanted.words(),
            found,
        );
        examiner.optional(&OWNER, "owner", &self.owner, &trigger.owner);
        let comment = trigger.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(trigger: &EventTrigger) -> String {
        format!("on {} executing {}", trigger.event, function(trigger))
    }

    fn written(trigger: &EventTrigger, _: &Catalog) -> Option<Value> {
        let sheet = Sheet::default()
            .with("event", trigger.event.as_str())
            .with("tags", trigger.tags.clone())
            .with("function", function(trigger));
        let sheet = match Enabled::written(&trigger.enabled) {
            Some(state) => sheet.with("enabled", state),
            None => sheet,
        };
        sheet
            .with("owner", trigger.owner.as_str())
            .comment(trigger.comment.as_deref())
    }
}
