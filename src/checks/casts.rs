//! Casts: how a value of one type becomes one of another, and when without being asked.

use std::borrow::Cow;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Cast, Catalog, Kind as _, Unread};
use crate::meaning::{self, ObjectName, tokens};
use crate::source::{Located, text_or_map};

use super::line::{Sheet, clauses, enclosed, place, said};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes};

codes! {
    of "cast": "cast", "casts";
    FUNCTION: "cast-function", "a cast is made by another function, or in another way";
    CONTEXT: "cast-context", "a cast is used without being asked where it should not be, or the reverse";
    COMMENT: "cast-comment", "a cast has another comment";
}

/// `casts:` by their two types: `text as app.place`.
pub type Section = Objects<CastExpectation>;

/// How a cast is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// WITH FUNCTION.
    Function,
    /// WITH INOUT.
    Inout,
    /// WITHOUT FUNCTION.
    Binary,
}

/// When a cast is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// Only where it is written.
    Explicit,
    /// AS ASSIGNMENT.
    Assignment,
    /// AS IMPLICIT.
    Implicit,
}

/// What is expected of a cast. What is left out may be anything. The line of text reads like CREATE CAST and means what
/// it would there.
#[derive(Clone, Debug)]
pub struct CastExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The function, with or without its argument types.
    function: Option<Located<String>>,
    /// How it is made, where that is not by a function.
    method: Option<Located<Method>>,
    /// When it is used.
    context: Option<Located<Context>>,
    /// `COMMENT ON CAST`.
    comment: Option<Located<String>>,
}

impl From<Long> for CastExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    CastExpectation as "Cast",
    Long,
    "a cast as in CREATE CAST (`with function f(text) as assignment`), or a mapping with `function`, …",
    line
);

/// Reads what follows CREATE CAST and its types.
fn line(text: &str) -> Result<CastExpectation, String> {
    let (head, clauses) = clauses(text, &["with", "without", "as"]);
    let mut long = Long {
        context: said(Context::Explicit),
        ..Long::default()
    };
    let unknown =
        || format!("`{text}` is no cast as in CREATE CAST: `with function f(text) as assignment`");
    if !head.is_empty() {
        return Err(unknown());
    }
    let (mut made, mut used) = (0, 0);
    for (word, body) in clauses {
        *(if word == "as" { &mut used } else { &mut made }) += 1;
        let first = tokens(body).first().map(|t| (t.text.clone(), t.end));
        let (first, end) = first.ok_or_else(unknown)?;
        let rest = body[end..].trim();
        match (word, first.as_str(), rest) {
            ("with", "inout", "") => long.method = said(Method::Inout),
            ("without", "function", "") => long.method = said(Method::Binary),
            ("with", "function", name) if !name.is_empty() => {
                long.function = said(name.to_owned());
            }
            ("as", "assignment", "") => long.context = said(Context::Assignment),
            ("as", "implicit", "") => long.context = said(Context::Implicit),
            _ => return Err(unknown()),
        }
    }
    match (made, used) {
        (1, 0 | 1) => Ok(CastExpectation(long)),
        _ => Err(unknown()),
    }
}

/// The two types of `(a as b)`.
fn types(written: &str) -> Option<(&str, &str)> {
    let inner = enclosed(written)?;
    let (source, clauses) = clauses(inner, &["as"]);
    match clauses.as_slice() {
        [(_, target)] if !source.is_empty() && !target.is_empty() => Some((source, target)),
        _ => None,
    }
}

impl Object for CastExpectation {
    const HEADING: Heading = Heading {
        icon: "🔁 ",
        title: "Casts",
        noun: "cast",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    const HAS_TYPES: bool = true;
    type Found = Cast;

    fn key(written: &str) -> Cow<'_, str> {
        // Or the dot of a type would end the name of a schema.
        match written.starts_with(['(', '/']) {
            true => Cow::Borrowed(written),
            false => Cow::Owned(format!("({written})")),
        }
    }

    fn name_of(cast: &Cast) -> String {
        cast.identity().name
    }

    fn called(name: &ObjectName) -> String {
        match types(&name.written) {
            Some((source, target)) => format!("({source} AS {target})"),
            None => name.written.clone(),
        }
    }

    fn find<'a>(catalog: &'a Catalog, wanted: &Wanted) -> Result<Vec<&'a Cast>, Unread> {
        let all = catalog.casts.known()?.iter();
        let Some((source, target)) = types(&wanted.written) else {
            return Ok(Vec::new());
        };
        let all = all.filter(|cast| {
            meaning::same_type(source, &cast.source, "public")
                && meaning::same_type(target, &cast.target, "public")
        });
        Ok(all.collect())
    }

    fn compare(
        &self,
        cast: &Cast,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.0;
        let function = cast.function.as_deref();
        if wanted.function.is_some() {
            examiner.name(&FUNCTION, "function", &wanted.function, function, "public");
        }
        if let Some(method) = &wanted.method {
            let word = match method.value {
                Method::Function => "function",
                Method::Inout => "inout",
                Method::Binary => "binary",
            };
            let same = word == cast.method;
            examiner.property(
                &FUNCTION,
                "method",
                method,
                same,
                word,
                cast.method.as_str(),
            );
        }
        if let Some(context) = &wanted.context {
            let word = match context.value {
                Context::Explicit => "explicit",
                Context::Assignment => "assignment",
                Context::Implicit => "implicit",
            };
            let same = word == cast.context;
            examiner.property(
                &CONTEXT,
                "context",
                context,
                same,
                word,
                cast.context.as_str(),
            );
        }
        let comment = cast.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn like(cast: &Cast) -> String {
        let function = cast.function.as_deref();
        format!(
            "an {} one by {}",
            cast.context,
            function.unwrap_or(&cast.method)
        )
    }

    fn written(cast: &Cast, _: &Catalog) -> Option<Value> {
        let sheet = match &cast.function {
            Some(function) => Sheet::default().with("function", function.as_str()),
            None => Sheet::default().with("method", cast.method.as_str()),
        };
        sheet
            .with("context", cast.context.as_str())
            .comment(cast.comment.as_deref())
    }

    fn written_at(&mut self, span: Range<usize>) {
        place(&mut self.0.function, &span);
        place(&mut self.0.method, &span);
        place(&mut self.0.context, &span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_what_create_cast_means() {
        let CastExpectation(long) = line("WITH FUNCTION app.f(text) AS ASSIGNMENT").unwrap();
        assert_eq!(long.function.unwrap().value, "app.f(text)");
        assert_eq!(long.context.unwrap().value, Context::Assignment);
        let CastExpectation(long) = line("without function").unwrap();
        assert_eq!(long.method.unwrap().value, Method::Binary);
        assert_eq!(long.context.unwrap().value, Context::Explicit);
        for wrong in [
            "",
            "as implicit",
            "with inout as text",
            "with inout without function",
            "f(text)",
            "with",
        ] {
            assert!(line(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cast_is_named_by_its_types() {
        let key = CastExpectation::key("varchar(5) AS app.place");
        assert_eq!(types(&key), Some(("varchar(5)", "app.place")));
        assert_eq!(types("(text as \"a as b\")"), Some(("text", "\"a as b\"")));
        assert_eq!(types("(text)"), None);
    }
}
