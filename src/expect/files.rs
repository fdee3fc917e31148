//! The files of a suite: its own and those that it includes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::catalog::Identity;
use crate::checks::Expectation;
use crate::checks::functions::canonical;
use crate::error::Error;
use crate::source::{Origin, Source};

use super::document::{self, Document, Prelude};
use super::variables::{Given, Variables};

/// A file with what holds for the names in it.
pub(super) struct File {
    pub(super) source: Source,
    pub(super) document: Document,
    /// The schema of names that do not say theirs.
    pub(super) schema: String,
}

/// The suite's own file first, each followed by what it includes.
pub(super) fn read(source: &Source, given: &Given<'_>) -> Result<Vec<File>, Error> {
    let mut variables = Variables::of_environment(given);
    if source.text().contains("profiles") {
        let prelude: Prelude = document::read(source, &variables, false)?;
        variables = variables.with_profile(prelude, source, given.profile)?;
    }
    let mut reader = Reader {
        given,
        variables,
        open: Vec::new(),
        files: Vec::new(),
    };
    reader.file(source.clone(), "public")?;
    Ok(reader.files)
}

struct Reader<'a> {
    given: &'a Given<'a>,
    variables: Variables<'a>,
    /// The files that include the one being read.
    open: Vec<PathBuf>,
    files: Vec<File>,
}

impl Reader<'_> {
    fn file(&mut self, source: Source, schema: &str) -> Result<(), Error> {
        let document: Document = document::read(&source, &self.variables, true)?;
        if !self.open.is_empty() {
            only_of_a_suite(&document, &source)?;
        }
        let schema = document.schema.clone().unwrap_or_else(|| schema.to_owned());
        let paths: Vec<_> = document.include.paths().collect();
        self.files.push(File {
            source: source.clone(),
            document,
            schema: schema.clone(),
        });
        self.open.push(source.path().to_owned());
        for path in paths {
            let origin = source.origin(path.span);
            let included = (self.given.include)(&source, &path.value)
                .map_err(|error| error.at(origin.clone()))?;
            if self.open.iter().any(|open| open == included.path()) {
                return Err(self.cycle(&included, origin));
            }
            // Two files may need the same third one.
            let known = self
                .files
                .iter()
                .any(|file| file.source.path() == included.path());
            if !known {
                self.file(included, &schema)?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn cycle(&self, included: &Source, origin: Origin) -> Error {
        let round = self.open.iter().skip_while(|open| *open != included.path());
        let mut names: Vec<String> = round.map(|path| path.display().to_string()).collect();
        names.push(included.path().display().to_string());
        Error::usage(format!("a file includes itself: {}", names.join(" → ")))
            .at(origin)
            .help("Remove one of these lines.")
    }
}

/// Refuses what only the suite's own file can say.
fn only_of_a_suite(document: &Document, source: &Source) -> Result<(), Error> {
    let spans = [
        ("suite", document.suite.as_ref().map(|value| &value.span)),
        ("title", document.title.as_ref().map(|value| &value.span)),
        (
            "profiles",
            document.profiles.as_ref().map(|value| &value.span),
        ),
    ];
    match spans
        .into_iter()
        .find_map(|(key, span)| Some((key, span?.clone())))
    {
        None => Ok(()),
        Some((key, span)) => Err(Error::usage(format!(
            "`{key}` stands in a suite's own file, and this one is included"
        ))
        .at(source.origin(span))
        .help("An included file has sections, `requires`, `smoke`, `schema` and `include`.")),
    }
}

/// Refuses an object of which two places speak: neither says all that is expected of it. What is only for one case or
/// another may stand in two. What two files say of all objects, in the same words, is asked once.
pub(super) fn refuse_twice(expectations: &mut Vec<Expectation>) -> Result<(), Error> {
    let mut asked = BTreeSet::new();
    expectations.retain(|e| !e.quiet || asked.insert((e.subject.clone(), e.label.clone())));
    let mut first: BTreeMap<Cow<'_, Identity>, &Expectation> = BTreeMap::new();
    for expectation in expectations.iter().filter(|e| !e.quiet) {
        let Some(other) = first.insert(canonical(&expectation.subject), expectation) else {
            continue;
        };
        if other.only_if.is_empty() || expectation.only_if.is_empty() {
            let subject = &expectation.subject;
            let words = format!("two places say what is expected of the {subject}");
            return Err(Error::usage(words)
                .at(expectation.origin.clone())
                .note(format!("the other place is {}", other.origin))
                .help("Say all of it in one of them."));
        }
    }
    Ok(())
}
