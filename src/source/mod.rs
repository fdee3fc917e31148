//! Text with an origin: where a YAML line or an SQL statement came from, so that a message can point at it.

mod located;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub(crate) use located::text_or_map;
pub use located::{Entries, Located, OneOrMore, Written, bytes, text};

/// A text file that was read once. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    text: String,
    /// Made when the first position is asked for: counting from the start for each would take a minute for a report
    /// on a large file.
    lines: OnceLock<Lines>,
}

struct Lines {
    /// Where each line starts.
    starts: Vec<usize>,
    /// All characters are one byte long, so that a column need not be counted.
    ascii: bool,
}

impl PartialEq for Inner {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.text == other.text
    }
}

impl Eq for Inner {}

impl Source {
    /// A source from text that is already at hand. `path` is shown to people as given.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            inner: Arc::new(Inner {
                path: path.into(),
                text: text.into(),
                lines: OnceLock::new(),
            }),
        }
    }

    /// The path as it is shown to people.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// An origin in this file.
    pub fn origin(&self, span: Range<usize>) -> Origin {
        Origin {
            source: self.clone(),
            span,
        }
    }

    /// Line and column, both from 1, of a byte offset. The column counts characters.
    pub fn position(&self, offset: usize) -> Position {
        let text = self.text();
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let Lines { starts, ascii } = self.lines();
        let line = starts.partition_point(|&start| start <= offset);
        let start = starts.get(line - 1).copied().unwrap_or_default();
        let column = match ascii {
            true => offset - start,
            false => text[start..offset].chars().count(),
        };
        Position {
            line,
            column: column + 1,
        }
    }

    fn lines(&self) -> &Lines {
        self.inner.lines.get_or_init(|| {
            let ends = self.text().match_indices('\n').map(|(at, _)| at + 1);
            Lines {
                starts: std::iter::once(0).chain(ends).collect(),
                ascii: self.text().is_ascii(),
            }
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.path().display())
    }
}

/// A place in a text: line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A range of bytes in a [`Source`].
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub source: Source,
    /// Byte offsets in its text.
    pub span: Range<usize>,
}

impl Origin {
    /// Where the range starts.
    pub fn position(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// The text of the range; empty where it does not lie in the file.
    pub fn text(&self) -> &str {
        self.source
            .text()
            .get(self.span.clone())
            .unwrap_or_default()
    }
}

/// `path:line:column`, the form that editors and terminals turn into a link.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        write!(f, "{}:{line}:{column}", self.source.path().display())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_not_bytes() {
        let source = Source::new("a.sql", "é;\nüx y");
        let x = source.text().find('x').unwrap_or_default();
        assert_eq!(source.position(x), Position { line: 2, column: 2 });
        assert_eq!(source.origin(x..x + 1).to_string(), "a.sql:2:2");
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        let source = Source::new("a.sql", "ab\n");
        assert_eq!(source.position(99), Position { line: 2, column: 1 });
    }
}
