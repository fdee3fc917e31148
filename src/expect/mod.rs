//! What a suite expects: YAML to values with their places in the file.
//!
//! The kinds of expectation and their fields are defined beside their checks (`src/checks/`); this room reads the
//! file and turns what is wrong with it into errors that point at the line.

mod error;

use serde::Deserialize;

use crate::behaviour::SmokeStep;
use crate::checks::{self, Expectation, FileScope, Mentioned, Sections};
use crate::error::Error;
use crate::source::{Located, Source};

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
    pub smoke: Vec<Located<SmokeStep>>,
    /// The file.
    pub source: Source,
}

macro_rules! document {
    ($($key:ident: $module:ident,)+) => {
        /// The file as it is written.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            suite: Option<Located<String>>,
            title: Option<String>,
            #[serde(default = "public")]
            schema: String,
            #[serde(default)]
            requires: Sections,
            $(#[serde(default)] $key: Option<checks::$module::Section>,)+
            #[serde(default)]
            smoke: Vec<Located<SmokeStep>>,
        }

        impl Document {
            fn sections(&mut self) -> Sections {
                Sections { $($key: self.$key.take(),)+ }
            }
        }
    };
}
checks::registry!(document);

fn public() -> String {
    "public".to_owned()
}

/// Reads the expectations of the suite `suite`.
///
/// # Errors
/// Broken YAML, unknown and duplicate keys, values of the wrong type, a file that says it is another suite's: each
/// with file, line and column, and the nearest known key.
pub fn parse(source: &Source, suite: &str) -> Result<Expectations, Error> {
    let text = source.text();
    // An empty file is a suite without an expectation, which is for the report to say.
    let text = if text.trim().is_empty() { "{}" } else { text };
    let mut document: Document = serde_saphyr::from_str_with_options(text, options())
        .map_err(|e| error::explain(source, &e))?;
    if let Some(name) = &document.suite
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
    for step in &document.smoke {
        step.value.validate(source)?;
    }
    let schema = document.schema.clone();
    let (requires, sections) = (std::mem::take(&mut document.requires), document.sections());
    let mut mentioned = Mentioned::default();
    requires.mention(&schema, &mut mentioned);
    sections.mention(&schema, &mut mentioned);
    let mut scope = FileScope {
        source,
        schema: &schema,
        required: true,
        mentioned: &mentioned,
    };
    let mut expected = requires.expand(&scope)?;
    scope.required = false;
    expected.extend(sections.expand(&scope)?);
    Ok(Expectations {
        title: document.title.unwrap_or_else(|| suite.to_owned()),
        checks: expected,
        schema: schema.clone(),
        smoke: document.smoke,
        source: source.clone(),
    })
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        // `on` and `yes` are names here: a trigger's key, a label.
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

#[cfg(test)]
mod tests;
