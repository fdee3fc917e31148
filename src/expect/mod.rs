//! What a suite expects: YAML to values with their places in the file.
//!
//! The kinds of expectation and their fields are defined beside their checks (`src/checks/`); this room reads the
//! file, those that it includes and the variables in them, and turns what is wrong into errors that point at the line.

mod document;
mod error;
mod files;
mod outline;
mod schema;
mod variables;

use crate::behaviour::Step;
use crate::checks::{Expectation, FileScope, Mentioned};
use crate::error::Error;
use crate::source::Source;

pub use schema::{schema, schema_file};
pub use variables::Given;

/// What a suite expects, ready to be checked.
#[derive(Debug)]
pub struct Expectations {
    /// The suite's title: `Workflow Schema`.
    pub title: String,
    /// The schema of names that do not say theirs.
    pub schema: String,
    /// Everything expected of the catalog, preconditions first, else in the order of the report.
    pub checks: Vec<Expectation>,
    /// Statements that are tried and always rolled back.
    pub smoke: Vec<Step>,
    /// The suite's own file.
    pub source: Source,
}

/// Reads the expectations of the suite `suite`, of which all is in this one file.
///
/// # Errors
/// Those of [`parse_with`].
pub fn parse(source: &Source, suite: &str) -> Result<Expectations, Error> {
    parse_with(source, suite, &Given::default())
}

/// Reads the expectations of the suite `suite`, with the files that it includes.
///
/// # Errors
/// Broken YAML, unknown and duplicate keys, values of the wrong type, variables without a value, a file that says it is
/// another suite's, the same object in two files: each with file, line and column, and the nearest known key.
pub fn parse_with(source: &Source, suite: &str, given: &Given<'_>) -> Result<Expectations, Error> {
    let mut files = files::read(source, given)?;
    let mut title = None;
    if let Some(file) = files.first_mut() {
        title = file.document.title.take();
        if let Some(name) = &file.document.suite
            && name.value != suite
        {
            return Err(Error::usage(format!(
                "this file says that it is for the suite `{}`",
                name.value
            ))
            .at(source.origin(name.span.clone()))
            .help(format!(
                "The file's name makes it the suite `{suite}`: change one of the two."
            )));
        }
    }
    let schema = files
        .first()
        .map_or_else(String::new, |file| file.schema.clone());
    let mut mentioned = Mentioned::default();
    let mut smoke = Vec::new();
    let mut parts = Vec::new();
    for mut file in files {
        for step in std::mem::take(&mut file.document.smoke) {
            step.value.validate(&file.source)?;
            variables::keep_dollars(&file.source, &step.value.run)?;
            smoke.push(Step {
                step: step.value,
                source: file.source.clone(),
            });
        }
        let requires = std::mem::take(&mut file.document.requires);
        let sections = file.document.sections();
        requires.mention(&file.schema, &mut mentioned);
        sections.mention(&file.schema, &mut mentioned);
        parts.push((file, requires, sections));
    }
    let (mut required, mut checks) = (Vec::new(), Vec::new());
    for (file, requires, sections) in parts {
        let mut scope = FileScope {
            source: &file.source,
            schema: &file.schema,
            required: true,
            mentioned: &mentioned,
        };
        required.extend(requires.expand(&scope)?);
        scope.required = false;
        checks.extend(sections.expand(&scope)?);
    }
    files::refuse_twice(&mut required)?;
    files::refuse_twice(&mut checks)?;
    required.append(&mut checks);
    Ok(Expectations {
        title: title.map_or_else(|| suite.to_owned(), |title| title.value),
        checks: required,
        schema,
        smoke,
        source: source.clone(),
    })
}

#[cfg(test)]
mod tests;
