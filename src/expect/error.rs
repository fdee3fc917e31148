//! What is wrong with an expectation file, said with its place and the nearest known key.

use serde_saphyr::Error as Yaml;
use serde_saphyr::budget::BudgetBreach;

use crate::checks::language::COMMON;
use crate::error::Error;
use crate::source::{Source, bytes};

use super::document::DEEPEST;
use super::variables::Variables;

pub(super) fn explain(source: &Source, error: &Yaml, variables: &Variables<'_>) -> Error {
    let shown = error.without_snippet();
    let mut error = shown;
    // What is wrong with a value that an alias stands for, or within it.
    while let Yaml::AliasError { error: inner, .. } = error {
        error = inner;
    }
    let out = match error {
        Yaml::SerdeUnknownField {
            field, expected, ..
        } => unknown("key", field, expected),
        Yaml::SerdeUnknownVariant {
            variant, expected, ..
        } => unknown("value", variant, expected),
        Yaml::NullIntoString { .. } => Error::usage("expected a text, found nothing")
            .help("The word null in quotes is a text."),
        Yaml::RecursiveReferencesRequireWeakTypes { .. } => {
            Error::usage("this alias stands within what its anchor marks")
                .help("A value cannot hold itself: write it out, or mark another one.")
        }
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
        Yaml::Unexpected { expected, location } => {
            let found = shape(source.text(), bytes(location).start);
            Error::usage(format!("expected {}, found {found}", named(expected)))
        }
        Yaml::InvalidScalar { ty, location } => {
            let found = source.origin(bytes(location));
            Error::usage(format!("expected {}, found `{}`", named(ty), found.text()))
        }
        Yaml::InvalidBooleanStrict { location } => {
            let found = source.origin(bytes(location));
            Error::usage(format!("expected true or false, found `{}`", found.text()))
        }
        Yaml::MultipleDocuments { .. } => Error::usage("a second YAML document starts here")
            .help("A file holds one suite: remove the line `---`."),
        Yaml::UnknownAnchor { .. } => Error::usage("this alias names no anchor of the file")
            .help("A text that begins with * stands in quotes."),
        Yaml::UnresolvedProperty { name, .. } => variables.missing(name),
        Yaml::InvalidPropertyName { name, .. } => Error::usage(format!(
            "`{name}` is no variable that can be read"
        ))
        .help("Write ${NAME} or ${NAME:-value}; $${ stands for the two characters themselves."),
        Yaml::PropertyRequiredButUnset { name, message, .. }
        | Yaml::PropertyRequiredButEmpty { name, message, .. } => {
            let error = variables.missing(name);
            match message.is_empty() {
                true => error,
                false => error.help(message.clone()),
            }
        }
        Yaml::MergeValueNotMapOrSeqOfMaps { .. } => {
            Error::usage("`<<` takes a mapping or a list of mappings")
        }
        Yaml::Budget { breach, .. } => too_much(breach),
        Yaml::AliasReplayLimitExceeded { .. }
        | Yaml::AliasExpansionLimitExceeded { .. }
        | Yaml::AliasReplayStackDepthExceeded { .. }
        | Yaml::AliasReplayCounterOverflow { .. } => expanding(),
        other => {
            let words = sentence(&other.to_string());
            let out = Error::usage(words.as_str());
            // The scanner reads ahead, and has a limit of its own.
            if words.contains("recursion limit") {
                too_deep()
            } else if words.starts_with("mapping values are not allowed") {
                out.help("A text that holds `: ` stands in quotes.")
            } else if words.contains("quoted scalar") {
                out.help("A quote that was opened before this place is not closed.")
            } else {
                out
            }
        }
    };
    match error.location().or_else(|| shown.location()) {
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

/// Whether reading it was given up, which a second look would be as well.
pub(super) fn is_too_much(error: &Yaml) -> bool {
    matches!(
        error.without_snippet(),
        Yaml::Budget { .. }
            | Yaml::AliasReplayLimitExceeded { .. }
            | Yaml::AliasExpansionLimitExceeded { .. }
            | Yaml::AliasReplayStackDepthExceeded { .. }
            | Yaml::AliasReplayCounterOverflow { .. }
    )
}

/// What is more than anybody writes.
fn too_much(breach: &BudgetBreach) -> Error {
    match breach {
        BudgetBreach::Depth { .. } | BudgetBreach::PropertyExpansionDepth { .. } => too_deep(),
        BudgetBreach::Aliases { .. }
        | BudgetBreach::Anchors { .. }
        | BudgetBreach::MergeKeys { .. }
        | BudgetBreach::AliasAnchorRatio { .. }
        | BudgetBreach::RecordedAnchorEvents { .. }
        | BudgetBreach::RecordedAnchorBytes { .. } => expanding(),
        _ => Error::usage("this file is too large for one suite")
            .help("Split the suite into several."),
    }
}

fn too_deep() -> Error {
    Error::usage(format!("this is nested more than {DEEPEST} levels deep"))
}

fn expanding() -> Error {
    Error::usage("the aliases of this file stand for more than can be read")
        .help("Aliases of aliases multiply: write some of them out.")
}

fn unknown(what: &str, word: &str, expected: &[&'static str]) -> Error {
    let error = Error::usage(format!("unknown {what} `{word}`"));
    if expected.starts_with(&["title"]) && expected.ends_with(&["items"]) {
        let help = "This section begins with an option, and so its names stand below `items:`.";
        return error.help(match crate::error::nearest(word, expected) {
            Some(near) => format!("{help} If an option is meant: did you mean `{near}`?"),
            None => help.to_owned(),
        });
    }
    // What every object takes is not in the list of a kind's own keys.
    let common = match expected.contains(&"items") || expected.contains(&"suite") {
        true => &[][..],
        false => &COMMON,
    };
    match crate::error::nearest(word, &[expected, common].concat()) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help(format!("Known here: {}.", expected.join(", "))),
    }
}

/// What the parser's words for a shape mean to people.
fn named(shape: &str) -> &str {
    match shape {
        "mapping start" => "a mapping (`key: value`)",
        "sequence start" => "a list",
        "string scalar" => "a text",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        other => other,
    }
}

/// What stands at a place, as far as its first characters tell.
fn shape(text: &str, at: usize) -> &'static str {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    if rest.starts_with('[') || line == "-" || line.starts_with("- ") {
        "a list"
    } else if rest.starts_with('{') || line.ends_with(':') || line.contains(": ") {
        "a mapping"
    } else if line.trim().is_empty() {
        "nothing"
    } else {
        "a text"
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
