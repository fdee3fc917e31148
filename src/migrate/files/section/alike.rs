//! Comments that look like a marker and are none: `-- DOWN`, `/* ROLLBACK: */`. What stands behind one would run as part of
//! the migration, so it is refused where it could be meant as its rollback.

use std::ops::Range;

use super::{Mark, Section, Word};
use crate::error::Error;
use crate::source::Source;
use crate::sql::Tokens;

/// The longest block comment that is looked at: a frame around a word or two.
const LONGEST: usize = 200;

/// The most words of such a comment.
const MOST: usize = 5;

/// A word that says that something is undone.
const DOWN: [&str; 6] = ["down", "downs", "downgrade", "rollback", "undo", "revert"];

const UP: [&str; 3] = ["up", "ups", "upgrade"];

/// What may stand beside it. A comment with any other word is a sentence.
const BESIDE: [&str; 24] = [
    "migrate",
    "migration",
    "migrations",
    "section",
    "script",
    "scripts",
    "sql",
    "statement",
    "statements",
    "part",
    "step",
    "steps",
    "begin",
    "begins",
    "start",
    "starts",
    "here",
    "below",
    "for",
    "of",
    "the",
    "this",
    "to",
    "commands",
];

/// What a comment says behind `ROLLBACK:` where there is none.
const NONE: [&str; 8] = [
    "no",
    "not",
    "none",
    "never",
    "nothing",
    "n",
    "irreversible",
    "impossible",
];

/// The comments that may be markers, without looking whether they stand in a string: one reading of the lines.
pub(super) fn candidates(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let start = next + line.len() - bare.len();
        next += line.len();
        match bare.as_bytes() {
            [b'-', b'-', ..] => Some(start..start + bare.trim_end().len()),
            [b'/', b'*', ..] => {
                let bytes = text.as_bytes().get(start..)?;
                let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
                let end = bytes.windows(2).position(|two| two == b"*/")?;
                Some(start..start + end + 2)
            }
            _ => None,
        }
    })
}

/// What a comment with nothing but a marker's words and decoration is.
pub(super) fn of(comment: &str) -> Option<Word> {
    let mut found = None;
    let mut last = "";
    for (count, word) in words(comment).enumerate() {
        let is = |list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known));
        let rolls_back = last.eq_ignore_ascii_case("roll") && is(&["back"]);
        match () {
            () if count == MOST => return None,
            () if is(&DOWN) || rolls_back => found = Some(false),
            () if is(&UP) => found = found.or(Some(true)),
            () if is(&BESIDE) || is(&["roll"]) || word.bytes().all(|c| c.is_ascii_digit()) => {}
            () => return None,
        }
        last = word;
    }
    let sentence = comment.ends_with('.') && !comment.ends_with("..");
    found.filter(|_| !sentence).map(|up| Word::Alike { up })
}

/// The markers of tools that have no sign of their own, but that nobody writes by chance: node-pg-migrate and tern.
pub(super) fn is_rollback(comment: &str) -> bool {
    let is = |wanted: &[&str]| {
        let mut words = words(comment);
        wanted.iter().all(|wanted| {
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(wanted))
        }) && words.next().is_none()
    };
    is(&["down", "migration"]) || is(&["create", "above", "drop", "below"])
}

/// Whether the words behind `ROLLBACK:` say that there is none.
pub(super) fn denies(words_behind: &str) -> bool {
    let first = words(words_behind).next().unwrap_or_default();
    NONE.iter().any(|word| first.eq_ignore_ascii_case(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// Refuses what looks like a marker and stands in what is set up, between statements.
pub(super) fn refuse(source: &Source, setup: &Section, marks: &[Mark]) -> Result<(), Error> {
    let text = source.text();
    let has_up = marks.iter().any(|mark| {
        matches!(
            mark.word,
            Word::Alike { up: true } | Word::Dbmate { .. } | Word::Annotated(..)
        )
    });
    for mark in marks {
        let down = match mark.word {
            Word::Alike { up: false } => has_up || !ends_a_sentence(text, &mark.span),
            Word::Words | Word::Rollback(None) => true,
            _ => false,
        };
        let within = |piece: &&Range<usize>| piece.contains(&mark.span.start);
        let Some(piece) = setup.pieces.iter().find(within).filter(|_| down) else {
            continue;
        };
        let behind = Tokens::new(&text[mark.span.end..piece.end], mark.span.end).next();
        let before = Tokens::new(&text[piece.start..mark.span.start], piece.start).last();
        // Inside of a statement it speaks of a column or a row; at the head of a file it is its title.
        let between = before.map_or(has_up, |token| token.is_symbol(";"));
        if behind.is_none() || !between {
            continue;
        }
        let comment = text[mark.span.clone()].trim_end();
        let shown = comment.lines().find(|line| words(line).next().is_some());
        return Err(super::refused(
            source,
            mark,
            format!(
                "`{}` looks like the beginning of a rollback, and the SQL behind it would run as part of the migration",
                shown.unwrap_or(comment).trim()
            ),
        )
        .help(
            "what undoes the migration stands behind a line `-- ROLLBACK:`, with nothing else on it; \
             if this SQL is to run, say so in a sentence",
        ));
    }
    Ok(())
}

/// Whether a comment is the last line of a sentence that began on the line above.
fn ends_a_sentence(text: &str, span: &Range<usize>) -> bool {
    let body = text[span.clone()].trim_start_matches('-').trim();
    let above = text[..span.start].trim_end_matches([' ', '\t']);
    let above = above.strip_suffix('\n').unwrap_or(above);
    let above = above.lines().last().unwrap_or_default().trim();
    body.bytes().all(|c| c.is_ascii_lowercase() || c == b' ')
        && above.starts_with("--")
        && above.ends_with(|c: char| c.is_alphanumeric() || c == ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_a_comment_are_candidates() {
        let text = "\u{feff}-- a\r\nselect 1 -- b\n  --c\n/* d */ x\n/*\n e\n*/\n/* f";
        let found: Vec<&str> = candidates(text).map(|span| &text[span]).collect();
        assert_eq!(found, ["-- a", "--c", "/* d */", "/*\n e\n*/"]);
    }
}
