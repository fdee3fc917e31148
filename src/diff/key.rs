//! What two catalogs, and the two accounts of one object in a catalog, agree in: an identity as the server writes it,
//! with quotes wherever a name needs them, so that no two objects share a key.

use serde_json::Value;

use crate::catalog::Identity;
use crate::sql::quote_ident;

/// The key of an object: its kind, and its identity as `pg_identify_object` has it.
pub(super) fn key(kind: &str, identity: &str) -> String {
    normal(&format!("{kind} {identity}")).trim_end().to_owned()
}

/// The key of an object of a typed kind.
pub(super) fn typed(identity: &Identity, properties: &Value) -> String {
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    let name = text("name").unwrap_or(&identity.name);
    let quoted = |name: &str| text(name).map(quote_ident).unwrap_or_default();
    let written = match (identity.kind, table(properties)) {
        ("default privileges", _) => {
            let place = text("schema").map_or_else(String::new, |schema| {
                format!(" in schema {}", quote_ident(schema))
            });
            let objects = text("objects").unwrap_or_default();
            format!("for role {}{place} on {objects}", quoted("role"))
        }
        ("role membership", _) => format!("{} in {}", quoted("member"), quoted("role")),
        ("setting", _) if text("role").is_some() => {
            let place = match properties.get("in_database") {
                Some(Value::Bool(true)) => " in the database",
                _ => "",
            };
            format!("role {}{place}", quoted("role"))
        }
        // The server does not quote the publication.
        ("publication relation", Some(table)) => {
            format!(
                "{table} in publication {}",
                text("publication").unwrap_or_default()
            )
        }
        ("column", Some(table)) => format!("{table}.{}", quote_ident(name)),
        ("policy" | "trigger" | "constraint" | "rule", Some(table)) => {
            format!("{} on {table}", quote_ident(name))
        }
        _ => {
            // What follows the name: the arguments of a function. Operators are never quoted, and what has no name of
            // its own is called by others'.
            let rest = identity.name.strip_prefix(name);
            let own = identity.kind != "operator" && text("name").is_some();
            let (quoted, rest) = match rest {
                Some(rest) if own => (quote_ident(name), rest),
                _ => (identity.name.clone(), ""),
            };
            match identity.schema.as_str() {
                "" => format!("{quoted}{rest}"),
                schema => format!("{}.{quoted}{rest}", quote_ident(schema)),
            }
        }
    };
    key(identity.kind, &written)
}

/// The table that a typed object belongs to, as it stands in a key.
pub(super) fn table(properties: &Value) -> Option<String> {
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    let (schema, table) = (text("schema")?, text("table")?);
    Some(normal(&format!(
        "{}.{}",
        quote_ident(schema),
        quote_ident(table)
    )))
}

/// The last `separator` that stands in no quotes divides these.
pub(super) fn rsplit<'a>(identity: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    let mut at = None;
    let mut quoted = false;
    for (offset, c) in identity.char_indices() {
        quoted ^= c == '"';
        if !quoted && identity[offset..].starts_with(separator) {
            at = Some(offset);
        }
    }
    at.map(|at| (&identity[..at], &identity[at + separator.len()..]))
}

/// Quotes only around what is no plain word (the server also quotes its key words), no space between arguments, and
/// the server's own types without their schema.
fn normal(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in parts(text).into_iter().enumerate() {
        // Every second part stood in quotes.
        match number % 2 {
            0 => out.push_str(&part.replace(", ", ",").replace("pg_catalog.", "")),
            _ if is_plain(&part) => out.push_str(&part),
            _ => out.push_str(&quote_ident(&part)),
        }
    }
    out
}

/// Key words are none of it: they differ between versions of the server.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What stands outside and inside of quotes, in turn; two quotes in a name are one.
fn parts(text: &str) -> Vec<String> {
    fn push(parts: &mut [String], c: char) {
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let mut out = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let quoted = out.len() % 2 == 0;
        if c == '"' && quoted && characters.next_if_eq(&'"').is_some() {
            push(&mut out, '"');
        } else if c == '"' {
            out.push(String::new());
        } else {
            push(&mut out, c);
        }
    }
    out
}
