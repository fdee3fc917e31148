//! Names of objects as a suite writes them: one name, or a pattern of names.

use std::fmt;
use std::ops::Deref;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::meaning::ObjectName;
use crate::source::Located;

/// How much memory a compiled expression may take; `(x{1000}){1000}` would take more.
const SIZE_LIMIT: usize = 1 << 20;

/// What a key names.
#[derive(Clone, Debug)]
pub enum Name {
    /// One object.
    One(ObjectName),
    /// Every object that matches.
    Many(Pattern),
}

/// `tmp_*`, `audit.*_log`, `/^idx_[0-9]+$/`.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    schema: Option<Regex>,
    name: Regex,
}

impl Name {
    /// Reads a key that names what lies in no schema: dots are part of the name.
    ///
    /// # Errors
    /// Those of [`Self::parse`].
    pub fn whole(key: &str) -> Result<Self, String> {
        let quoted = key.trim_start().starts_with('"');
        let expression = expression(key)?.is_some();
        if !expression && (quoted || !has_wildcard(key)) {
            return Ok(Self::One(ObjectName::whole(key)));
        }
        let parsed = match expression {
            true => Self::parse(key)?,
            // A dot is no wildcard.
            false => Self::Many(Pattern {
                text: key.to_owned(),
                schema: None,
                name: compiled(&glob(key))?,
            }),
        };
        Ok(match parsed {
            Self::Many(pattern) => Self::Many(Pattern {
                schema: Some(compiled("^$")?),
                ..pattern
            }),
            one @ Self::One(_) => one,
        })
    }

    /// Reads a key: text between slashes is a regular expression on the name; `*` and `?` outside quotes are
    /// wildcards; anything else is a name.
    ///
    /// # Errors
    /// Where a regular expression does not compile, or would take too much memory.
    pub fn parse(key: &str) -> Result<Self, String> {
        if let Some(inner) = expression(key)? {
            return Ok(Self::Many(Pattern {
                text: key.to_owned(),
                schema: None,
                name: compiled(inner)?,
            }));
        }
        let (schema, name) = ObjectName::split(key);
        let wild = |part: &str| !part.trim_start().starts_with('"') && has_wildcard(part);
        if !schema.is_some_and(wild) && !wild(name) {
            return Ok(Self::One(ObjectName::parse(key)));
        }
        let either = |part: &str| {
            if wild(part) {
                compiled(&glob(part))
            } else {
                compiled(&format!(
                    "^(?s:{})$",
                    regex::escape(&ObjectName::parse(part).name)
                ))
            }
        };
        Ok(Self::Many(Pattern {
            text: key.to_owned(),
            schema: schema.map(either).transpose()?,
            name: either(name)?,
        }))
    }
}

impl Name {
    /// Whether this is an object's name, or matches it; `default` is the schema where this says none.
    pub fn is(&self, default: &str, schema: &str, name: &str) -> bool {
        match self {
            Self::One(one) => one.schema_or(default) == schema && one.name == name,
            Self::Many(pattern) => pattern.matches(default, schema, name),
        }
    }
}

impl Pattern {
    /// Whether an object's name matches; `default` is the schema of patterns that name none.
    pub fn matches(&self, default: &str, schema: &str, name: &str) -> bool {
        let schema_fits = match &self.schema {
            Some(pattern) => pattern.is_match(schema),
            None => schema == default,
        };
        schema_fits && self.name.is_match(name)
    }

    /// As the suite writes it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The name of what lies within something else (a column, a policy, a setting), or a pattern of such names. Dots are part
/// of it; quotes take from `*`, `?` and `/` what they mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Part {
    text: String,
    /// The name itself; `None` for a pattern.
    one: Option<String>,
    many: Option<Regex>,
}

impl TryFrom<String> for Part {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some(name) = unquoted(&text) {
            let (one, many) = (Some(name), None);
            return Ok(Self { text, one, many });
        }
        let many = match expression(&text)? {
            Some(inner) => Some(compiled(inner)?),
            None if text.contains(['*', '?']) => Some(compiled(&glob(&text))?),
            None => None,
        };
        let one = many.is_none().then(|| text.clone());
        Ok(Self { text, one, many })
    }
}

impl Part {
    /// The name, unless it is a pattern.
    pub fn one(&self) -> Option<&str> {
        self.one.as_deref()
    }

    /// As a report says it: the name, or the pattern as the suite writes it.
    pub fn shown(&self) -> &str {
        self.one().unwrap_or(&self.text)
    }

    /// Whether this is the name, or matches it.
    pub fn is(&self, name: &str) -> bool {
        match &self.many {
            Some(pattern) => pattern.is_match(name),
            None => self.one() == Some(name),
        }
    }

    /// The same where upper and lower case are one.
    pub fn is_in_any_case(&self, name: &str) -> bool {
        let Some(pattern) = &self.many else {
            return self.one().is_some_and(|one| one.eq_ignore_ascii_case(name));
        };
        let mut pattern = RegexBuilder::new(pattern.as_str());
        let pattern = pattern.case_insensitive(true).build();
        pattern.is_ok_and(|pattern| pattern.is_match(name))
    }

    /// Those of a list that it names; where it names none, `None` alone.
    pub fn of<'a, T>(
        &self,
        all: impl IntoIterator<Item = &'a T>,
        name: impl Fn(&T) -> &str,
    ) -> Vec<Option<&'a T>> {
        let named = all.into_iter().filter(|one| self.is(name(one)));
        let mut named: Vec<Option<&T>> = named.map(Some).collect();
        if named.is_empty() {
            named.push(None);
        }
        named
    }

    /// What to say where there is none: `no column of this name`.
    pub fn none(&self, noun: &str) -> String {
        match self.one {
            Some(_) => format!("no {noun} of this name"),
            None => format!("no {noun} whose name matches"),
        }
    }

    /// A name as a key that is read as just this name.
    pub fn written(name: &str) -> String {
        match name.starts_with(['"', '/']) || name.contains(['*', '?']) {
            true => crate::sql::quote_ident(name),
            false => name.to_owned(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

/// A key that cannot be a pattern: taken for a name, a pattern would expect nothing of what it matches.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Plain {
    text: String,
    name: String,
}

impl TryFrom<String> for Plain {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        refuse_pattern(&text)?;
        let name = unquoted(&text).unwrap_or_else(|| text.clone());
        Ok(Self { text, name })
    }
}

impl Plain {
    /// As the suite writes it, quotes included.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<String> for Located<Plain> {
    fn from(name: String) -> Self {
        let text = name.clone();
        Self::left_out(Plain { text, name })
    }
}

/// The name without its quotes.
impl Deref for Plain {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

/// Refuses a pattern where each name is written out.
///
/// # Errors
/// That it is one.
pub fn refuse_pattern(key: &str) -> Result<(), String> {
    if expression(key)?.is_some() || has_wildcard(key) {
        return Err(format!(
            "`{key}` is a pattern, and no patterns are taken here: write each name out, in double quotes where it has \
             a `*`, a `?` or slashes"
        ));
    }
    Ok(())
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace("\"\"", "\""))
}

/// What stands between slashes, which is a regular expression.
fn expression(key: &str) -> Result<Option<&str>, String> {
    let inner = key.strip_prefix('/').and_then(|k| k.strip_suffix('/'));
    match inner {
        Some("") => Err(format!(
            "`{key}` is an empty regular expression: write `*` for every name, or the name in double quotes"
        )),
        inner => Ok(inner),
    }
}

/// Whether a wildcard stands outside quotes: those of a type's name in `f("a*")` are none.
fn has_wildcard(text: &str) -> bool {
    let mut parts = text.split('"').step_by(2);
    parts.any(|part| part.contains(['*', '?']))
}

/// The expression for a text with wildcards.
fn glob(text: &str) -> String {
    let parts = text.split_inclusive(['*', '?']).map(|piece| {
        match (piece.strip_suffix('*'), piece.strip_suffix('?')) {
            (Some(plain), _) => format!("{}.*", regex::escape(plain)),
            (_, Some(plain)) => format!("{}.", regex::escape(plain)),
            _ => regex::escape(piece),
        }
    });
    format!("^(?s:{})$", parts.collect::<String>())
}

fn compiled(expression: &str) -> Result<Regex, String> {
    RegexBuilder::new(expression)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("the regular expression `{expression}` is too large once its repetitions are written out")
            }
            error => {
                // The last line says what is wrong; those above draw it.
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                let last = last.strip_prefix("error: ").unwrap_or(last);
                format!("the regular expression `{expression}` cannot be read: {last}")
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(key: &str, schema: &str, name: &str) -> bool {
        match Name::parse(key).unwrap() {
            Name::One(one) => one.schema_or("public") == schema && one.name == name,
            Name::Many(pattern) => pattern.matches("public", schema, name),
        }
    }

    #[test]
    fn wildcards_stand_for_any_characters_of_one_part() {
        assert!(matches("tmp_*", "public", "tmp_a") && matches("tmp_*", "public", "tmp_"));
        assert!(!matches("tmp_*", "app", "tmp_a") && !matches("tmp_*", "public", "a_tmp_a"));
        assert!(matches("app.*", "app", "anything\nat all"));
        assert!(matches("*.log", "app", "log") && !matches("*.log", "app", "a.log"));
        assert!(matches("lo?", "public", "log") && !matches("lo?", "public", "lo"));
        assert!(matches("a.b*", "a", "b") && !matches("a+*", "public", "aab"));
    }

    #[test]
    fn a_quoted_name_is_a_name() {
        assert!(matches("\"odd*name\"", "public", "odd*name"));
        assert!(!matches("\"odd*name\"", "public", "oddest name"));
        assert!(matches("\"a.b\".c*", "a.b", "cd"));
    }

    #[test]
    fn what_lies_in_no_schema_has_dots_of_its_own() {
        let matches = |key: &str, name: &str| match Name::whole(key).unwrap() {
            Name::One(one) => one.schema.is_none() && one.name == name,
            Name::Many(pattern) => pattern.matches("public", "", name),
        };
        assert!(matches("my.files", "my.files") && matches("my.*", "my.files"));
        assert!(!matches("my.*", "my-files") && matches("/^my/", "my.files"));
        assert!(matches("\"a*b\"", "a*b") && !matches("\"a*b\"", "a.b"));
    }

    #[test]
    fn slashes_hold_a_regular_expression() {
        assert!(matches("/^idx_[0-9]+$/", "public", "idx_42"));
        assert!(!matches("/^idx_[0-9]+$/", "public", "idx_x"));
        assert!(matches("/", "public", "/"));
    }

    #[test]
    fn a_part_has_no_schema() {
        let is = |key: &str, name: &str| Part::try_from(key.to_owned()).unwrap().is(name);
        assert!(is("a.b", "a.b") && is("a.*", "a.b") && is("/^a/", "a.b") && is("i?", "id"));
        assert!(!is("a.*", "a-b") && !is("I?", "id") && !is("id", "id2"));
        let any =
            |key: &str, name: &str| Part::try_from(key.to_owned()).unwrap().is_in_any_case(name);
        assert!(any("A.*", "a.b") && any("a.B", "A.b") && !any("/^b/", "A.b"));
        assert!(is("\"a*\"", "a*") && !is("\"a*\"", "ab") && is("\"/a/\"", "/a/"));
        for odd in ["a*", "/a/", "//", "\"q\"", "a\"b", "?", "plain", " x "] {
            let key = Part::written(odd);
            assert_eq!(
                Part::try_from(key.clone()).unwrap().one(),
                Some(odd),
                "{key}"
            );
        }
    }

    #[test]
    fn a_pattern_is_refused_where_names_are_written_out() {
        for pattern in ["m*", "a?", "/^a/", "//"] {
            assert!(Plain::try_from(pattern.to_owned()).is_err(), "{pattern}");
        }
        for name in ["m", "a, b", "(\"a*\", b)", "/", "a/b"] {
            assert_eq!(&*Plain::try_from(name.to_owned()).unwrap(), name);
        }
        let quoted = Plain::try_from("\"a*\"".to_owned()).unwrap();
        assert_eq!((&*quoted, quoted.text()), ("a*", "\"a*\""));
    }

    #[test]
    fn an_empty_expression_is_refused() {
        for read in [Name::parse, Name::whole] {
            assert!(read("//").unwrap_err().contains("empty regular expression"));
            assert!(matches!(read("\"//\""), Ok(Name::One(one)) if one.name == "//"));
        }
    }

    #[test]
    fn an_expression_that_cannot_be_used_says_why() {
        let error = Name::parse("/idx_(/").unwrap_err();
        assert!(
            error.contains("`idx_(`") && error.contains("unclosed group"),
            "{error}"
        );
        let error = Name::parse("/(a{900}){900}/").unwrap_err();
        assert!(error.contains("too large"), "{error}");
    }
}
