//! What goes over the wire and comes back.

use std::fmt;

use serde_json::{Value, json};

use crate::error::Error;

/// The reference of a project: 20 lower-case letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

impl Reference {
    /// Takes a reference from where `name` says that it comes from.
    ///
    /// # Errors
    /// Exit 2 where it is none.
    pub fn new(name: &str, text: &str) -> Result<Self, Error> {
        Self::find(text).ok_or_else(|| {
            Error::usage(format!("{name} is not the reference of a project"))
                .help("It is the 20 lower-case letters in the project's address: https://supabase.com/dashboard/project/REFERENCE.")
        })
    }

    /// The reference that a text is.
    pub fn find(text: &str) -> Option<Self> {
        let is_one = text.len() == 20 && text.bytes().all(|b| b.is_ascii_lowercase());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The 20 letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The body of a query.
pub(super) fn query(script: &str) -> String {
    json!({ "query": script }).to_string()
}

/// The one value of a SELECT as text. As JSON it would be read by JavaScript on the way, which has no numbers beyond 2^53.
pub(super) fn as_text(select: &str) -> String {
    format!("select ({select})::text as value")
}

/// The first column of the first row.
pub(super) fn first(rows: &Value) -> Option<&str> {
    let row = rows.as_array()?.first()?.as_object()?;
    row.values().next()?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_20_lower_case_letters() {
        assert!(Reference::find("abcdefghijklmnopqrst").is_some());
        for text in [
            "",
            "abcdefghijklmnopqrs",
            "ABCDEFGHIJKLMNOPQRST",
            "abcdefghij1lmnopqrst",
        ] {
            assert!(Reference::find(text).is_none());
        }
    }

    #[test]
    fn the_value_is_the_first_of_the_first_row() {
        assert_eq!(first(&json!([{"value": "[1]"}])), Some("[1]"));
        for rows in [json!([]), json!({}), json!([{}]), json!([{"value": null}])] {
            assert_eq!(first(&rows), None);
        }
    }
}
