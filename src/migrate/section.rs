//! Which part of a file sets up and which rolls back: the markers of TaskFlow, dbmate and goose.
//!
//! A marker is a comment that begins its line. What looks like one inside a string, a dollar quote or a block comment
//! is text.

use std::ops::Range;

use crate::error::Error;
use crate::source::Source;
use crate::sql::{line_comments, tokens};

/// One direction of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// The text that is sent: the file's own, or the same with the `--` of a rollback in comments as spaces. Either way a
    /// byte of it stands where it stands in the file.
    pub(super) source: Source,
    /// Its parts, in the order in which they run.
    pub(super) pieces: Vec<Range<usize>>,
    /// Whether a marker says that it runs outside of a transaction.
    pub(super) no_transaction: bool,
}

/// What a file does, and what undoes it where the file says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sections {
    pub(super) setup: Section,
    pub(super) rollback: Option<Section>,
}

/// The sections of a file.
///
/// # Errors
///
/// Exit code 2, with the line, where markers are in the wrong order, unknown, or of several kinds.
pub(super) fn sections(source: &Source) -> Result<Sections, Error> {
    let text = source.text();
    let mut marks = Vec::new();
    // Most files have none of them, and need not be read once more.
    if ["migrate:", "+goose", "+GOOSE"]
        .iter()
        .any(|m| text.contains(m))
        || has_rollback(text)
    {
        for span in line_comments(text) {
            if let Some(word) = Word::of(source, &span)? {
                marks.push(Mark { span, word });
            }
        }
    }
    let dbmate = marks
        .iter()
        .find(|mark| matches!(mark.word, Word::Dbmate { .. }));
    let goose = marks.iter().find(|mark| mark.word.is_goose());
    match (dbmate, goose) {
        (Some(one), Some(two)) => {
            let later = if one.span.start < two.span.start {
                two
            } else {
                one
            };
            Err(refused(
                source,
                later,
                "the file has markers of dbmate and of goose".into(),
            )
            .help("keep those of one tool"))
        }
        (Some(_), None) => dbmate_sections(source, &marks),
        (None, Some(_)) => goose_sections(source, &marks),
        (None, None) => remarked(source, &marks),
    }
}

/// The whole file, as one direction.
pub(super) fn whole(source: &Source) -> Section {
    stretch(source, start(source)..source.text().len(), false)
}

fn section(source: &Source, pieces: Vec<Range<usize>>, no_transaction: bool) -> Section {
    Section {
        source: source.clone(),
        pieces,
        no_transaction,
    }
}

/// A section of one piece.
fn stretch(source: &Source, piece: Range<usize>, no_transaction: bool) -> Section {
    section(source, std::iter::once(piece).collect(), no_transaction)
}

/// Where the file begins, behind a byte order mark.
fn start(source: &Source) -> usize {
    let text = source.text();
    text.len() - text.trim_start_matches('\u{feff}').len()
}

fn has_rollback(text: &str) -> bool {
    text.as_bytes()
        .windows(ROLLBACK.len())
        .any(|window| window.eq_ignore_ascii_case(ROLLBACK.as_bytes()))
}

const ROLLBACK: &str = "rollback:";

struct Mark {
    span: Range<usize>,
    word: Word,
}

enum Word {
    Dbmate {
        up: bool,
        no_transaction: bool,
    },
    Up,
    Down,
    NoTransaction,
    Begin,
    End,
    /// `-- ROLLBACK:`, and where SQL begins on its own line.
    Rollback(Option<usize>),
}

impl Word {
    fn is_goose(&self) -> bool {
        !matches!(self, Self::Dbmate { .. } | Self::Rollback(_))
    }

    /// The marker that a comment is.
    fn of(source: &Source, span: &Range<usize>) -> Result<Option<Self>, Error> {
        let comment = source.text()[span.clone()].trim_end();
        let body = comment.trim_start_matches('-').trim_start();
        let error = |message: String| Error::usage(message).at(source.origin(span.clone()));
        if let Some(rest) = body.strip_prefix("migrate:") {
            let mut words = rest.split_whitespace();
            let up = match words.next() {
                Some("up") => true,
                Some("down") => false,
                _ => return Ok(None),
            };
            let mut no_transaction = false;
            for option in words {
                match option {
                    "transaction:false" => no_transaction = true,
                    "transaction:true" => no_transaction = false,
                    _ => {
                        return Err(
                            error(format!("`{option}` is no option of a migrate: marker"))
                                .help("the only one is transaction:false"),
                        );
                    }
                }
            }
            return Ok(Some(Self::Dbmate { up, no_transaction }));
        }
        let mut words = body.split_whitespace();
        if words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("+goose"))
        {
            let rest = words.collect::<Vec<_>>().join(" ");
            return match rest.to_ascii_lowercase().as_str() {
                "up" => Ok(Some(Self::Up)),
                "down" => Ok(Some(Self::Down)),
                "no transaction" => Ok(Some(Self::NoTransaction)),
                "statementbegin" => Ok(Some(Self::Begin)),
                "statementend" => Ok(Some(Self::End)),
                _ => Err(error(format!(
                    "supaproof does not know the marker `+goose {rest}`"
                ))
                .help("it reads Up, Down, NO TRANSACTION, StatementBegin and StatementEnd")),
            };
        }
        let is_rollback = body
            .get(..ROLLBACK.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(ROLLBACK));
        if !is_rollback {
            return Ok(None);
        }
        let rest = body[ROLLBACK.len()..].trim();
        Ok(match rest {
            "" => Some(Self::Rollback(None)),
            sql if sql.ends_with(';') => {
                Some(Self::Rollback(Some(span.start + comment.len() - sql.len())))
            }
            // A sentence.
            _ => None,
        })
    }
}

fn refused(source: &Source, mark: &Mark, message: String) -> Error {
    Error::usage(message).at(source.origin(mark.span.clone()))
}

/// Refuses SQL before the first marker: nobody could say when it runs.
fn nothing_before(source: &Source, first: usize, tool: &str) -> Result<(), Error> {
    match tokens(source.text()).next() {
        Some(token) if token.span.start < first => Err(Error::usage(format!(
            "SQL stands before the file's first {tool} marker"
        ))
        .at(source.origin(token.span))
        .help("move it behind the marker of the direction that it belongs to")),
        _ => Ok(()),
    }
}

/// `-- migrate:up` and `-- migrate:down`, perhaps several times; what was set up last is taken back first.
fn dbmate_sections(source: &Source, marks: &[Mark]) -> Result<Sections, Error> {
    let mut ups = section(source, Vec::new(), false);
    let mut downs = ups.clone();
    let marks: Vec<(&Mark, bool, bool)> = marks
        .iter()
        .filter_map(|mark| match mark.word {
            Word::Dbmate { up, no_transaction } => Some((mark, up, no_transaction)),
            _ => None,
        })
        .collect();
    for (index, &(mark, up, no_transaction)) in marks.iter().enumerate() {
        if index == 0 {
            nothing_before(source, mark.span.start, "migrate:")?;
        }
        if !up && index.checked_sub(1).is_none_or(|before| !marks[before].1) {
            return Err(refused(source, mark, "a migrate:down stands here without a migrate:up before it".into())
                .help("put what the migration does first: -- migrate:up, its SQL, -- migrate:down, what undoes it"));
        }
        let end = marks
            .get(index + 1)
            .map_or(source.text().len(), |(next, ..)| next.span.start);
        let side = if up { &mut ups } else { &mut downs };
        side.pieces.push(mark.span.end..end);
        side.no_transaction |= no_transaction;
    }
    downs.pieces.reverse();
    Ok(Sections {
        setup: ups,
        rollback: Some(downs),
    })
}

/// `-- +goose Up` and `-- +goose Down`, once each.
fn goose_sections(source: &Source, marks: &[Mark]) -> Result<Sections, Error> {
    let (mut up, mut down, mut open, mut no_transaction) = (None, None, None, false);
    for mark in marks {
        let error = |message: &str| refused(source, mark, message.to_owned());
        match mark.word {
            Word::Dbmate { .. } | Word::Rollback(_) => {}
            Word::NoTransaction => no_transaction = true,
            Word::Up | Word::Down if open.is_some() => {
                return Err(
                    error("a section begins between StatementBegin and StatementEnd")
                        .help("write -- +goose StatementEnd before it"),
                );
            }
            Word::Up if up.is_some() => {
                return Err(error("there is a second +goose Up").help("keep one Up and one Down"));
            }
            Word::Up => up = Some(mark),
            Word::Down if up.is_none() => {
                return Err(error("+goose Down stands before +goose Up").help("put Up first"));
            }
            Word::Down if down.is_some() => {
                return Err(error("there is a second +goose Down").help("keep one Up and one Down"));
            }
            Word::Down => down = Some(mark),
            Word::Begin if up.is_none() || open.is_some() => {
                return Err(error("a StatementBegin stands here that belongs nowhere")
                    .help("it stands behind Up or Down, and each has its StatementEnd"));
            }
            Word::Begin => open = Some(mark),
            Word::End => {
                open.take().ok_or_else(|| {
                    error("a StatementEnd stands here without its StatementBegin").help(
                        "write -- +goose StatementBegin before the statement, or remove this line",
                    )
                })?;
            }
        }
    }
    if let Some(open) = open {
        return Err(refused(
            source,
            open,
            "this StatementBegin has no StatementEnd".into(),
        )
        .help("write -- +goose StatementEnd behind the statement"));
    }
    let Some(up) = up else {
        return Err(
            refused(source, &marks[0], "the file has no +goose Up".into())
                .help("write -- +goose Up before what the migration does"),
        );
    };
    nothing_before(source, up.span.start, "+goose Up")?;
    let end = source.text().len();
    let from = |mark: &Mark, end| stretch(source, mark.span.end..end, no_transaction);
    Ok(Sections {
        setup: from(up, down.map_or(end, |down| down.span.start)),
        rollback: down.map(|down| from(down, end)),
    })
}

/// `-- ROLLBACK:`, and behind it SQL, or SQL in comments.
fn remarked(source: &Source, marks: &[Mark]) -> Result<Sections, Error> {
    let text = source.text();
    let setup = whole(source);
    let Some(mark) = marks.first() else {
        return Ok(Sections {
            setup,
            rollback: None,
        });
    };
    if let Some(second) = marks.get(1) {
        return Err(refused(
            source,
            second,
            "there is a second ROLLBACK: in the file".into(),
        )
        .help("keep one: all that stands behind it undoes the migration"));
    }
    let Word::Rollback(inline) = mark.word else {
        return Ok(Sections {
            setup: whole(source),
            rollback: None,
        });
    };
    let setup = stretch(source, start(source)..mark.span.start, false);
    let from = inline.unwrap_or(mark.span.end);
    let first_sql = tokens(text).find(|token| token.span.start >= mark.span.end);
    let lines = uncommented(text, mark.span.end);
    if inline.is_none() && !lines.leading {
        // Nothing but words behind the marker is no rollback.
        let rollback = first_sql.map(|_| stretch(source, from..text.len(), false));
        return Ok(Sections { setup, rollback });
    }
    if let Some(token) = first_sql {
        return Err(Error::usage("SQL stands behind a rollback that is written in comments")
            .at(source.origin(token.span))
            .help("what the migration does stands before `-- ROLLBACK:`; behind it write all lines as comments, or none"));
    }
    let mut masked = text.to_owned();
    for at in lines.dashes {
        masked.replace_range(at..at + 2, "  ");
    }
    Ok(Sections {
        setup,
        rollback: Some(stretch(
            &Source::new(source.path(), masked),
            from..text.len(),
            false,
        )),
    })
}

/// What of the comments in a rollback is SQL.
#[derive(Default)]
struct Uncommented {
    /// Where the `--` of each such line stands.
    dashes: Vec<usize>,
    /// The first lines behind the marker are.
    leading: bool,
}

/// Lines of comments that follow each other are SQL up to the last one that ends in a semicolon; the rest is words.
fn uncommented(text: &str, from: usize) -> Uncommented {
    let mut found = Uncommented::default();
    let mut run: Vec<usize> = Vec::new();
    let mut before = from;
    let mut first_run = true;
    for span in line_comments(text).filter(|span| span.start >= from) {
        let between = &text[before..span.start];
        let follows = between.trim().is_empty() && between.matches('\n').count() <= 1;
        if !follows && !run.is_empty() {
            run.clear();
            first_run = false;
        }
        if first_run && !between.trim().is_empty() {
            // SQL came first.
            first_run = false;
        }
        run.push(span.start);
        if text[span.clone()].trim_end().ends_with(';') {
            found.dashes.append(&mut run);
            found.leading |= first_run;
        }
        before = span.end;
    }
    found
}

#[cfg(test)]
mod tests;
