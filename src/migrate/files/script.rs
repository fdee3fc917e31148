//! What runs for one direction of a migration, split into statements.

use std::ops::Range;
use std::time::Duration;

use super::directive::{Directives, directives};
use super::section::{Section, whole};
use super::{batches, own};
use crate::digest::sha256;
use crate::error::Error;
use crate::source::Source;
use crate::sql::{Statement, runs_outside_transaction, statements_in};
use crate::suite::MigrationFile;

/// What runs for one direction of a migration: an SQL file or a section of one, split into its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    file_name: String,
    source: Source,
    sent: Source,
    checksum: String,
    pieces: Vec<Range<usize>>,
    /// How many statements each piece has.
    counts: Vec<usize>,
    statements: Vec<Statement>,
    transactional: bool,
    /// How many rows a batch has, where the statements run in batches.
    batch: Option<u32>,
    timeout: Option<Duration>,
    lock_timeout: Option<Duration>,
}

/// A part of a script that is sent as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its text.
    pub text: &'a str,
    /// The byte of the file that it starts with.
    pub from: usize,
    /// The index of its first statement.
    pub first: usize,
    /// How many statements it has.
    pub count: usize,
}

impl Script {
    /// The rollback that the ledger keeps, with the directives that its file had.
    pub(in crate::migrate) fn kept(file: &MigrationFile) -> Result<Self, Error> {
        refuse_empty(file)?;
        let said = directives(&file.source, true).unwrap_or_default();
        Self::of_section(file, whole(&file.source), &said)
    }

    /// What of it is not in its statements, as directives in lines of their own.
    pub(in crate::migrate) fn directives(&self) -> String {
        let mut lines = String::new();
        if !self.transactional && !self.statements.iter().any(runs_outside_transaction) {
            lines.push_str("-- supaproof: transaction: off\n");
        }
        for (name, limit) in [
            ("timeout", self.timeout),
            ("lock_timeout", self.lock_timeout),
        ] {
            if let Some(limit) = limit {
                lines.push_str(&format!("-- supaproof: {name}: {}ms\n", limit.as_millis()));
            }
        }
        lines
    }

    /// A file that is no migration and runs as a whole: `complete.sql`.
    ///
    /// # Errors
    ///
    /// Exit code 2 where it is empty; exit code 5, with the line, where its SQL cannot be sent as it is.
    pub fn of_file(file: &MigrationFile) -> Result<Self, Error> {
        refuse_empty(file)?;
        Self::of_section(file, whole(&file.source), &Directives::default())
    }

    /// A section of a file, of which the directives say this.
    pub(super) fn of_section(
        file: &MigrationFile,
        mut section: Section,
        said: &Directives,
    ) -> Result<Self, Error> {
        let (mut found, mut counts) = (Vec::new(), Vec::new());
        for piece in &section.pieces {
            let statements = statements_in(&section.source, piece.clone())?;
            counts.push(statements.len());
            found.extend(statements);
        }
        let transactional = !section.no_transaction
            && !said.no_transaction
            && !found.iter().any(runs_outside_transaction);
        own::unwrap(&mut section, &mut found, &mut counts, transactional)?;
        let sent = match &said.data {
            None => section.source,
            Some(data) => batches::in_batches(&section.source, &found, data)?,
        };
        Ok(Self {
            file_name: file.file_name.clone(),
            checksum: sha256(file.source.text().as_bytes()),
            transactional,
            batch: said.data.as_ref().map(|data| data.rows),
            pieces: section.pieces,
            counts,
            statements: found,
            source: file.source.clone(),
            sent,
            timeout: said.timeout,
            lock_timeout: said.lock_timeout,
        })
    }

    /// The file's name, without its folder.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The file as it is written, other sections included.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What is sent, part by part. A comment may end each, and a statement may lack its semicolon there.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut first = 0;
        self.pieces
            .iter()
            .zip(&self.counts)
            .map(move |(piece, &count)| {
                let found = Piece {
                    text: self.sent.text().get(piece.clone()).unwrap_or_default(),
                    from: piece.start,
                    first,
                    count,
                };
                first += count;
                found
            })
    }

    /// How many rows a batch has, where the file is a data migration: each of its statements is then repeated, every time in
    /// a transaction of its own, until it finds no row.
    pub fn batch(&self) -> Option<u32> {
        self.batch
    }

    /// A statement of it as it is sent.
    pub(in crate::migrate) fn sent(&self, statement: &Statement) -> &str {
        self.sent.text().get(statement.span()).unwrap_or_default()
    }

    /// How long each of its statements may take, where the file says so.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How long each of its statements may wait for a lock, where the file says so.
    pub fn lock_timeout(&self) -> Option<Duration> {
        self.lock_timeout
    }

    /// SHA-256 of the file's bytes, in lower-case hex.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether all of it runs in one transaction. CREATE INDEX CONCURRENTLY and its like cannot, and a file may say that
    /// it does not want to.
    pub fn transactional(&self) -> bool {
        self.transactional
    }

    /// Whether a word (in ASCII) stands anywhere in the file, in strings and comments too.
    pub(in crate::migrate) fn mentions(&self, word: &str) -> bool {
        let text = self.source().text().as_bytes();
        text.windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Refuses a file without any text.
pub(super) fn refuse_empty(file: &MigrationFile) -> Result<(), Error> {
    let source = &file.source;
    if !source
        .text()
        .trim_start_matches('\u{feff}')
        .trim()
        .is_empty()
    {
        return Ok(());
    }
    Err(
        Error::usage(format!("{} is empty", source.path().display()))
            .at(source.origin(0..0))
            .help("write its SQL, or a comment that says why it has none, or remove the file"),
    )
}
