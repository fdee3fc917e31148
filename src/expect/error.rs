//! What is wrong with an expectation file, said with its place and the nearest known key.

use serde_saphyr::Error as Yaml;

use crate::error::Error;
use crate::source::{Source, bytes};

pub(super) fn explain(source: &Source, error: &Yaml) -> Error {
    let error = error.without_snippet();
    let out = match error {
        Yaml::SerdeUnknownField {
            field, expected, ..
        } => unknown("key", field, expected),
        Yaml::SerdeUnknownVariant {
            variant, expected, ..
        } => unknown("value", variant, expected),
        Yaml::DuplicateMappingKey { key: Some(key), .. } => {
            Error::usage(format!("the key `{key}` stands here twice"))
                .help("YAML would keep one of the two: remove or rename the other.")
        }
        Yaml::SerdeMissingField { field, .. } => {
            Error::usage(format!("the key `{field}` is missing here"))
        }
        Yaml::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | Yaml::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => Error::usage(format!("expected {expected}, found {unexpected}")),
        Yaml::Message { msg, .. } => Error::usage(msg.clone()),
        other => Error::usage(sentence(&other.to_string())),
    };
    match error.location() {
        Some(location) => {
            let mut span = bytes(&location);
            if location.span().byte_offset().is_none() {
                let start = offset_of(source.text(), location.line(), location.column());
                span = start..start;
            }
            // An error at the end of the text points at its last character, which can be shown.
            let end = source.text().trim_end().len();
            if span.start > end {
                span = end.saturating_sub(1)..end;
            }
            out.at(source.origin(span))
        }
        None => out.note(format!("in {}", source.path().display())),
    }
}

fn unknown(what: &str, word: &str, expected: &[&'static str]) -> Error {
    let error = Error::usage(format!("unknown {what} `{word}`"));
    match crate::error::nearest(word, expected) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help(format!("Known here: {}.", expected.join(", "))),
    }
}

/// The parser's own words, without the place that is shown beside them.
fn sentence(text: &str) -> String {
    let first = text.lines().next().unwrap_or(text);
    match first.find(" at line ") {
        Some(at) => first[..at].to_owned(),
        None => first.to_owned(),
    }
}

fn offset_of(text: &str, line: u64, column: u64) -> usize {
    let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start
        + rest
            .char_indices()
            .nth(column)
            .map_or(rest.trim_end().len(), |(at, _)| at)
}
