//! Signatures as a suite writes them.

use std::borrow::Cow;

use crate::catalog::{Function, Identity};
use crate::meaning::{self, ObjectName};

use super::{FunctionExpectation, Object as _};

/// A function's name, and the types of its arguments where they are written.
pub(super) struct Signature {
    pub(super) name: String,
    arguments: Option<Vec<String>>,
}

impl Signature {
    pub(super) fn parse(written: &str) -> Self {
        let (name, arguments) = split_signature(written);
        let arguments =
            arguments.map(|a| split_arguments(a).iter().map(ToString::to_string).collect());
        Self {
            name: ObjectName::parse(name).name,
            arguments,
        }
    }

    pub(super) fn takes(&self, function: &Function) -> bool {
        let same = |(a, b): (&String, &String)| meaning::same_type(a, b, &function.schema);
        self.arguments.as_ref().is_none_or(|arguments| {
            arguments.len() == function.arguments.len()
                && arguments.iter().zip(&function.arguments).all(same)
        })
    }
}

/// What a function is called whatever its types are written as: `f(int, text)` is `f(integer, text)`.
pub fn canonical(subject: &Identity) -> Cow<'_, Identity> {
    match split_signature(&subject.name) {
        (name, Some(arguments)) if subject.kind == FunctionExpectation::HEADING.noun => {
            let types = split_arguments(arguments).into_iter();
            let types: Vec<String> = types.map(meaning::spelt_type).collect();
            let name = format!("{name}({})", types.join(", "));
            Cow::Owned(Identity::new(subject.kind, &subject.schema, name))
        }
        _ => Cow::Borrowed(subject),
    }
}

/// `name(a, b)` into its name and what stands in the parentheses; names in quotes may have parentheses of their own.
pub(super) fn split_signature(text: &str) -> (&str, Option<&str>) {
    match meaning::find_unquoted(text, '(') {
        None => (text, None),
        Some(at) => {
            let inner = text[at + 1..].trim_end();
            (
                text[..at].trim_end(),
                Some(inner.strip_suffix(')').unwrap_or(inner)),
            )
        }
    }
}

/// The parts of a list that commas part, outside parentheses and quotes.
pub(in super::super) fn split_arguments(inner: &str) -> Vec<&str> {
    let mut arguments = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for token in meaning::tokens(inner) {
        if token.is("(") || token.is("[") {
            depth += 1;
        } else if token.is(")") || token.is("]") {
            depth = depth.saturating_sub(1);
        } else if token.is(",") && depth == 0 {
            arguments.push(inner[start..token.start].trim());
            start = token.end;
        }
    }
    if !inner[start..].trim().is_empty() {
        arguments.push(inner[start..].trim());
    }
    arguments
}
