//! Names of objects as a suite writes them: one name, or a pattern of names.

use regex::{Regex, RegexBuilder};

use crate::meaning::ObjectName;

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
        let expression = key.len() > 2 && key.starts_with('/') && key.ends_with('/');
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
        if let Some(inner) = key.strip_prefix('/').and_then(|k| k.strip_suffix('/'))
            && key.len() > 2
        {
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
