//! Names of objects, with or without their schema.

use std::fmt;

use super::names::SEARCHED;

/// `name`, `schema.name` or `"odd.schema"."Odd Name"`. Names are taken as they are written, upper case included;
/// only a dot has to be quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// The schema, where it is named.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// The name as it is written, quotes included.
    pub written: String,
}

impl ObjectName {
    /// Takes a name apart at its first dot outside quotes.
    pub fn parse(text: &str) -> Self {
        match Self::split(text) {
            (Some(schema), name) => Self {
                schema: Some(unquote(schema)),
                name: unquote(name),
                written: name.trim().to_owned(),
            },
            (None, name) => Self {
                schema: None,
                name: unquote(name),
                written: name.trim().to_owned(),
            },
        }
    }

    /// Takes a name of what lies in no schema: its dots are its own.
    pub fn whole(text: &str) -> Self {
        Self {
            schema: None,
            name: unquote(text),
            written: text.trim().to_owned(),
        }
    }

    /// The parts before and after that dot, as they are written.
    pub fn split(text: &str) -> (Option<&str>, &str) {
        match first_dot(text) {
            Some(at) => (Some(&text[..at]), &text[at + 1..]),
            None => (None, text),
        }
    }

    /// Its schema, or the given one.
    pub fn schema_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.schema.as_deref().unwrap_or(default)
    }
}

/// Whether a name as a suite writes it means what the server calls `found`, which says the schema where that is not
/// `pg_catalog`. Without a schema it is looked up in `schema` and where a Supabase project looks.
pub fn same_name(wanted: &str, found: &str, schema: &str) -> bool {
    let (wanted, found) = (ObjectName::parse(wanted), ObjectName::parse(found));
    let server = "pg_catalog";
    let in_schema = found.schema_or(server);
    wanted.name == found.name
        && match &wanted.schema {
            Some(wanted) => wanted == in_schema,
            None => in_schema == schema || in_schema == server || SEARCHED.contains(&in_schema),
        }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The names of a list that commas part, outside quotes: `id, "a, b"`.
pub fn name_list(text: &str) -> Vec<String> {
    let (mut names, mut rest) = (Vec::new(), text);
    while let Some(at) = find_unquoted(rest, ',') {
        names.push(ObjectName::whole(&rest[..at]).name);
        rest = &rest[at + 1..];
    }
    names.push(ObjectName::whole(rest).name);
    names
}

/// Where a character stands first outside quotes.
pub fn find_unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.find(|c| {
        quoted ^= c == '"';
        c == wanted && !quoted
    })
}

fn first_dot(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            // Types in a function's argument list have dots of their own.
            '(' if !quoted => return None,
            '.' if !quoted && at > 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn unquote(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<String>, String) {
        let name = ObjectName::parse(text);
        (name.schema, name.name)
    }

    #[test]
    fn the_server_says_a_schema_that_is_not_its_own() {
        for (wanted, found) in [
            ("C", "\"C\""),
            ("pg_catalog.C", "\"C\""),
            ("binary", "app.\"binary\""),
            ("app.binary", "app.\"binary\""),
            ("same", "extensions.same"),
            ("", ""),
        ] {
            assert!(same_name(wanted, found, "app"), "{wanted} {found}");
        }
        for (wanted, found) in [
            ("c", "\"C\""),
            ("binary", "other.\"binary\""),
            ("other.binary", "app.\"binary\""),
            ("app.C", "\"C\""),
            ("C", ""),
        ] {
            assert!(!same_name(wanted, found, "app"), "{wanted} {found}");
        }
    }

    #[test]
    fn a_list_is_taken_apart_at_unquoted_commas() {
        assert_eq!(name_list("id, \"a, b\" ,c"), ["id", "a, b", "c"]);
        assert_eq!(name_list("\"a\"\"b\""), ["a\"b"]);
        assert_eq!(find_unquoted("\"a)b\")", ')'), Some(5));
    }

    #[test]
    fn names_are_taken_apart_at_unquoted_dots() {
        assert_eq!(parts("orders"), (None, "orders".into()));
        assert_eq!(parts("auth.users"), (Some("auth".into()), "users".into()));
        assert_eq!(parts("\"a.b\""), (None, "a.b".into()));
        assert_eq!(
            parts("\"a.b\".\"C \"\"d\"\"\""),
            (Some("a.b".into()), "C \"d\"".into())
        );
        assert_eq!(parts("Mixed Case"), (None, "Mixed Case".into()));
        assert_eq!(parts("f(auth.thing)"), (None, "f(auth.thing)".into()));
    }
}
