//! Whether something that fires does, and in which modes of a session: triggers, rules, event triggers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::catalog::TriggerState;

/// Whether it fires: `true` and `false`, or in which modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// It does for ordinary sessions: `origin` or `always`.
    Fires(bool),
    /// Just this state.
    State(State),
}

/// The states of ALTER TABLE … TRIGGER, ALTER TABLE … RULE and ALTER EVENT TRIGGER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As CREATE leaves it.
    Origin,
    /// ENABLE ALWAYS.
    Always,
    /// ENABLE REPLICA.
    Replica,
    /// DISABLE.
    Disabled,
}

#[derive(Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "`true`, `false`, `origin`, `always`, `replica` or `disabled`"
)]
enum BoolOrState {
    Bool(bool),
    State(State),
}

impl<'de> Deserialize<'de> for Enabled {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BoolOrState::deserialize(deserializer).map(|value| match value {
            BoolOrState::Bool(fires) => Self::Fires(fires),
            BoolOrState::State(state) => Self::State(state),
        })
    }
}

impl JsonSchema for Enabled {
    fn schema_name() -> Cow<'static, str> {
        "Enabled".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BoolOrState::json_schema(generator)
    }
}

impl Default for Enabled {
    fn default() -> Self {
        Self::Fires(true)
    }
}

impl Enabled {
    /// As a suite would write just this state; `None` for one that this version does not know, which is no word of the
    /// language.
    pub(super) fn written(found: &TriggerState) -> Option<&'static str> {
        match found {
            TriggerState::Origin => Some("origin"),
            TriggerState::Always => Some("always"),
            TriggerState::Replica => Some("replica"),
            TriggerState::Disabled => Some("disabled"),
            TriggerState::Other(_) => None,
        }
    }

    pub(super) fn is(self, found: &TriggerState) -> bool {
        match self {
            Self::Fires(fires) => {
                fires == matches!(found, TriggerState::Origin | TriggerState::Always)
            }
            Self::State(State::Origin) => *found == TriggerState::Origin,
            Self::State(State::Always) => *found == TriggerState::Always,
            Self::State(State::Replica) => *found == TriggerState::Replica,
            Self::State(State::Disabled) => *found == TriggerState::Disabled,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Fires(true) | Self::State(State::Origin) => "enabled",
            Self::Fires(false) | Self::State(State::Disabled) => "disabled",
            Self::State(State::Always) => "enabled always",
            Self::State(State::Replica) => "enabled on replicas",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_yes_or_no_or_a_word() {
        let read = |yaml| serde_saphyr::from_str::<Enabled>(yaml).map_err(|e| e.to_string());
        let fires = read("true").unwrap();
        assert!(fires.is(&TriggerState::Origin) && fires.is(&TriggerState::Always));
        assert!(!fires.is(&TriggerState::Replica) && !fires.is(&TriggerState::Disabled));
        let always = read("always").unwrap();
        assert!(always.is(&TriggerState::Always) && !always.is(&TriggerState::Origin));
        assert!(read("false").unwrap().is(&TriggerState::Replica));
        assert!(read("sometimes").unwrap_err().contains("`always`"));
    }
}
