//! Expectations as a suite would write them, made from objects that are there.

use serde_json::{Map, Value, json};

/// A mapping in the order in which its keys are said, without those that say nothing.
#[derive(Clone, Debug, Default)]
pub struct Form(Map<String, Value>);

impl Form {
    /// With this key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// With this key, unless the value is what its absence means.
    #[must_use]
    pub fn unless(self, default: impl Into<Value>, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match value == default.into() {
            true => self,
            false => self.with(key, value),
        }
    }

    /// With this key where it is true.
    #[must_use]
    pub fn flag(self, key: &str, value: bool) -> Self {
        self.unless(false, key, value)
    }

    /// With this key where there is a value.
    #[must_use]
    pub fn some(self, key: &str, value: &Option<impl Clone + Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value.clone()),
            None => self,
        }
    }

    /// With this key where the list has something in it.
    #[must_use]
    pub fn list(self, key: &str, values: &[String]) -> Self {
        self.unless(json!([]), key, values)
    }

    /// The mapping, in which what is left out is not to be.
    pub fn refusing_others(self) -> Value {
        self.with("other_properties", "refused").value()
    }

    /// The mapping.
    pub fn value(self) -> Value {
        Value::Object(self.0)
    }
}

impl From<Form> for Value {
    fn from(form: Form) -> Self {
        form.value()
    }
}
