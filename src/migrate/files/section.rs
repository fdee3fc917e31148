//! Which part of a file sets up and which rolls back: the markers of TaskFlow, dbmate, goose and others.
//!
//! A marker is a comment that begins its line. What looks like one inside a string, a dollar quote or a block comment
//! is text.

use std::ops::Range;

use crate::error::{Error, nearest};
use crate::source::Source;
use crate::sql::{comments, line_comments, tokens};

mod alike;

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
    if alike::candidates(text).any(|span| !matches!(Word::of(source, &span), Ok(None))) {
        for span in comments(text) {
            if let Some(word) = Word::of(source, &span)? {
                marks.push(Mark { span, word });
            }
        }
    }
    let mut tools = marks
        .iter()
        .filter_map(|mark| Some((mark, mark.word.tool()?)));
    let first = tools.next();
    if let Some((_, one)) = first
        && let Some((mark, two)) = tools.find(|(_, two)| *two != one)
    {
        return Err(refused(
            source,
            mark,
            format!("the file has markers of {one} and of {two}"),
        )
        .help("keep those of one tool"));
    }
    let found = match first.map(|(mark, _)| &mark.word) {
        Some(Word::Annotated(sign, _)) => annotated_sections(source, &marks, sign),
        Some(_) => dbmate_sections(source, &marks),
        None => remarked(source, &marks),
    }?;
    alike::refuse(source, &found.setup, &marks)?;
    Ok(found)
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
    /// A marker of goose or of a tool that writes them alike, and the sign that it begins with.
    Annotated(&'static str, Annotation),
    /// `-- ROLLBACK:`, and where SQL begins on its own line.
    Rollback(Option<usize>),
    /// `-- ROLLBACK:` with other words behind it.
    Words,
    /// What looks like a marker and is none.
    Alike {
        up: bool,
    },
}

#[derive(Clone, Copy)]
enum Annotation {
    Up { no_transaction: bool },
    Down { no_transaction: bool },
    NoTransaction,
    Begin,
    End,
}

/// What markers begin with, and the tool whose they are.
const SIGNS: [(&str, &str); 3] = [
    ("+goose", "goose"),
    ("+migrate", "sql-migrate"),
    ("+micrate", "micrate"),
];

impl Word {
    fn tool(&self) -> Option<&'static str> {
        match self {
            Self::Dbmate { .. } => Some("dbmate"),
            Self::Annotated(sign, _) => SIGNS
                .iter()
                .find(|known| known.0 == *sign)
                .map(|known| known.1),
            Self::Rollback(_) | Self::Words | Self::Alike { .. } => None,
        }
    }

    /// The marker that a comment is.
    fn of(source: &Source, span: &Range<usize>) -> Result<Option<Self>, Error> {
        let comment = source.text()[span.clone()].trim_end();
        if comment.starts_with("/*") {
            return Ok(alike::of(comment));
        }
        let body = comment.trim_start_matches('-').trim_start();
        let error = |message: String| Error::usage(message).at(source.origin(span.clone()));
        // With a space behind the colon it is a sentence.
        if let Some(rest) = strip(body, "migrate:").filter(|rest| !rest.starts_with([' ', '\t'])) {
            return Self::of_dbmate(rest, error).map(Some);
        }
        let mut words = body.split_whitespace();
        let sign = words.next().and_then(|word| {
            let is = |known: &&(&str, &str)| word.eq_ignore_ascii_case(known.0);
            SIGNS.iter().find(is)
        });
        if let Some((sign, tool)) = sign {
            let rest = words.collect::<Vec<_>>().join(" ");
            let lower = rest.to_ascii_lowercase();
            let alone = lower.strip_suffix(" notransaction");
            let no_transaction = alone.is_some();
            let found = match alone.unwrap_or(&lower) {
                "up" => Annotation::Up { no_transaction },
                "down" => Annotation::Down { no_transaction },
                "no transaction" => Annotation::NoTransaction,
                "statementbegin" => Annotation::Begin,
                "statementend" => Annotation::End,
                _ => {
                    return Err(error(format!("supaproof does not know the marker `{sign} {rest}`"))
                        .help(format!(
                            "of {tool} it reads Up, Down, NO TRANSACTION, StatementBegin and StatementEnd"
                        )));
                }
            };
            return Ok(Some(Self::Annotated(sign, found)));
        }
        let Some(rest) = strip(body, ROLLBACK) else {
            let is_rollback = alike::is_rollback(comment);
            return Ok(is_rollback
                .then_some(Self::Rollback(None))
                .or_else(|| alike::of(comment)));
        };
        let rest = rest.trim();
        Ok(match rest {
            "" => Some(Self::Rollback(None)),
            sql if sql.ends_with(';') => {
                Some(Self::Rollback(Some(span.start + comment.len() - sql.len())))
            }
            // A frame.
            _ if !rest.contains(char::is_alphanumeric) => alike::of(comment),
            _ => (!alike::denies(rest)).then_some(Self::Words),
        })
    }

    fn of_dbmate(rest: &str, error: impl Fn(String) -> Error) -> Result<Self, Error> {
        let mut words = rest.split_whitespace();
        let word = words.next().unwrap_or_default();
        let up = match word.to_ascii_lowercase().as_str() {
            "up" => true,
            "down" => false,
            other => {
                let unknown = error(format!("there is no marker `migrate:{word}`"));
                return Err(match nearest(other, ["up", "down"].iter()) {
                    Some(near) => unknown.help(format!("did you mean `-- migrate:{near}`?")),
                    None => unknown.help(
                        "write -- migrate:up or -- migrate:down; a sentence has a space behind the colon",
                    ),
                });
            }
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
        Ok(Self::Dbmate { up, no_transaction })
    }
}

/// What stands behind `start`, in upper or lower case.
fn strip<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(start.len())?;
    first.eq_ignore_ascii_case(start).then_some(rest)
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
fn annotated_sections(source: &Source, marks: &[Mark], sign: &str) -> Result<Sections, Error> {
    use Annotation as A;
    let (mut up, mut down, mut open, mut everywhere) = (None, None, None, false);
    for mark in marks {
        let Word::Annotated(_, annotation) = mark.word else {
            continue;
        };
        let error = |message: &str| refused(source, mark, message.to_owned());
        match annotation {
            A::NoTransaction => everywhere = true,
            A::Up { .. } | A::Down { .. } if open.is_some() => {
                return Err(
                    error("a section begins between StatementBegin and StatementEnd")
                        .help(format!("write -- {sign} StatementEnd before it")),
                );
            }
            A::Up { .. } if up.is_some() => {
                return Err(
                    error(&format!("there is a second {sign} Up")).help("keep one Up and one Down")
                );
            }
            A::Up { no_transaction } => up = Some((mark, no_transaction)),
            A::Down { .. } if up.is_none() => {
                return Err(
                    error(&format!("{sign} Down stands before {sign} Up")).help("put Up first")
                );
            }
            A::Down { .. } if down.is_some() => {
                return Err(error(&format!("there is a second {sign} Down"))
                    .help("keep one Up and one Down"));
            }
            A::Down { no_transaction } => down = Some((mark, no_transaction)),
            A::Begin if up.is_none() || open.is_some() => {
                return Err(error("a StatementBegin stands here that belongs nowhere")
                    .help("it stands behind Up or Down, and each has its StatementEnd"));
            }
            A::Begin => open = Some(mark),
            A::End => {
                open.take().ok_or_else(|| {
                    error("a StatementEnd stands here without its StatementBegin").help(format!(
                        "write -- {sign} StatementBegin before the statement, or remove this line"
                    ))
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
        .help(format!("write -- {sign} StatementEnd behind the statement")));
    }
    let Some(up) = up else {
        let first = marks.iter().find(|mark| mark.word.tool().is_some());
        return Err(refused(
            source,
            first.unwrap_or(&marks[0]),
            format!("the file has no {sign} Up"),
        )
        .help(format!("write -- {sign} Up before what the migration does")));
    };
    nothing_before(source, up.0.span.start, &format!("{sign} Up"))?;
    let end = source.text().len();
    let from = |(mark, alone): (&Mark, bool), end| {
        stretch(source, mark.span.end..end, everywhere || alone)
    };
    Ok(Sections {
        setup: from(up, down.map_or(end, |down| down.0.span.start)),
        rollback: down.map(|down| from(down, end)),
    })
}

/// `-- ROLLBACK:`, and behind it SQL, or SQL in comments.
fn remarked(source: &Source, marks: &[Mark]) -> Result<Sections, Error> {
    let text = source.text();
    let mut rollbacks = marks.iter().filter_map(|mark| match mark.word {
        Word::Rollback(inline) => Some((mark, inline)),
        _ => None,
    });
    let Some((mark, inline)) = rollbacks.next() else {
        return Ok(Sections {
            setup: whole(source),
            rollback: None,
        });
    };
    if let Some((second, _)) = rollbacks.next() {
        return Err(refused(
            source,
            second,
            "there is a second marker of a rollback in the file".into(),
        )
        .help("keep one: all that stands behind it undoes the migration"));
    }
    let is_up =
        |up: &&Mark| matches!(up.word, Word::Alike { up: true }) && up.span.start > mark.span.start;
    if let Some(up) = marks.iter().find(is_up)
        && tokens(text).any(|token| token.span.start > up.span.end)
    {
        return Err(refused(
            source,
            up,
            "what the migration does stands behind what undoes it".into(),
        )
        .help("put it first"));
    }
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
