//! A pattern of objects: `tables`, `table:orders`, `orders*`, `app.*`, `/^idx_/`, `smoke:Order*`.

use regex::{Regex, RegexBuilder};

use crate::error::nearest;

/// How much memory a compiled expression may take.
const SIZE_LIMIT: usize = 1 << 20;

/// What an option or an entry of the ignore list is about.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// Any kind where it names none.
    kind: Option<String>,
    /// Any name where it names none.
    name: Option<Regex>,
}

impl Pattern {
    /// A pattern that may be a kind alone, one of `kinds` in the plural or the singular.
    ///
    /// # Errors
    /// Words: it is empty, names no such kind, or has a regular expression that does not compile.
    pub fn choice(text: &str, kinds: &[&str]) -> Result<Self, String> {
        let known = |word: &str| kinds.iter().any(|kind| same_kind(word, kind));
        if known(text) {
            return Ok(Self {
                text: text.to_owned(),
                kind: Some(text.to_owned()),
                name: None,
            });
        }
        let pattern = Self::object(text)?;
        match &pattern.kind {
            Some(kind) if !known(kind) => Err(match nearest(kind, kinds) {
                Some(near) => format!("there is no kind `{kind}`; did you mean `{near}`?"),
                None => format!(
                    "there is no kind `{kind}`; there are {}. A name with a colon in it is written `*:{text}`",
                    kinds.join(", ")
                ),
            }),
            _ => Ok(pattern),
        }
    }

    /// A pattern of names, of any kind or of one: `orders*`, `column:orders.*`.
    ///
    /// # Errors
    /// Words: it is empty, or has a regular expression that does not compile.
    pub fn object(text: &str) -> Result<Self, String> {
        let word = |part: &str| {
            part.chars()
                .all(|c| c.is_alphabetic() || matches!(c, ' ' | '_' | '-'))
        };
        let (kind, name) = match text.split_once(':') {
            Some(("*", name)) => (None, name),
            Some((kind, name)) if !kind.is_empty() && word(kind) => (Some(kind.to_owned()), name),
            _ => (None, text),
        };
        if name.trim().is_empty() {
            return Err("it names nothing".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            kind,
            name: Some(compiled(name)?),
        })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an object matches that is of one of these kinds; `name` is what a report calls it, without the kind:
    /// `public.orders`, `"read all" on public.orders`.
    pub fn matches(&self, kinds: &[&str], name: &str) -> bool {
        let kind_fits = self
            .kind
            .as_ref()
            .is_none_or(|own| kinds.iter().any(|kind| same_kind(own, kind)));
        kind_fits
            && self
                .name
                .as_ref()
                .is_none_or(|own| spellings(name).iter().any(|name| own.is_match(name)))
    }
}

fn compiled(name: &str) -> Result<Regex, String> {
    let expression = match name.strip_prefix('/').and_then(|n| n.strip_suffix('/')) {
        Some(inner) if !inner.is_empty() => inner.to_owned(),
        _ => {
            let parts = name.split_inclusive(['*', '?']).map(|piece| {
                match (piece.strip_suffix('*'), piece.strip_suffix('?')) {
                    (Some(plain), _) => format!("{}.*", regex::escape(plain)),
                    (_, Some(plain)) => format!("{}.", regex::escape(plain)),
                    _ => regex::escape(piece),
                }
            });
            format!("^(?s:{})$", parts.collect::<String>())
        }
    };
    RegexBuilder::new(&expression)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!(
                "the regular expression cannot be read: {}",
                last.strip_prefix("error: ").unwrap_or(last)
            )
        })
}

/// `foreign_tables` and `foreign table` are one kind.
fn same_kind(one: &str, other: &str) -> bool {
    let plain = |word: &str| {
        let word = word.to_lowercase().replace(['_', '-'], " ");
        if let Some(stem) = word.strip_suffix("ies") {
            return format!("{stem}y");
        }
        match word.strip_suffix("xes") {
            Some(stem) => format!("{stem}x"),
            None => word.strip_suffix('s').unwrap_or(&word).to_owned(),
        }
    };
    plain(one) == plain(other)
}

/// What may be written for a name: with its schema and without, with its quotes and without, a function without its
/// arguments; what is on a table by its own name or by the table's.
fn spellings(name: &str) -> Vec<String> {
    let mut out = vec![name.to_owned()];
    if let Some((own, table)) = name.rsplit_once(" on ") {
        out.extend([own.to_owned(), table.to_owned()]);
    }
    for at in 0..out.len() {
        if let Some(end) = outside_quotes(&out[at], '(') {
            let short = out[at][..end].to_owned();
            out.push(short);
        }
    }
    for at in 0..out.len() {
        if let Some(dot) = outside_quotes(&out[at], '.') {
            let short = out[at][dot + 1..].to_owned();
            out.push(short);
        }
    }
    for at in 0..out.len() {
        if out[at].contains('"') {
            let plain = out[at].replace("\"\"", "\u{0}").replace('"', "");
            out.push(plain.replace('\u{0}', "\""));
        }
    }
    out
}

fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (!quoted && c == wanted).then_some(at)
    })
}
