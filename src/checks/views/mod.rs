//! Views: what they select, their columns, with whose rights.

mod columns;
mod query;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Selection, Unread, View};
use crate::source::{Located, text_or_map};

use super::language::Others;
use super::line::{place, said};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

pub use columns::{ColumnExpectation, Columns};
pub(super) use query::{Codes, Query, written};

codes! {
    of "view": "view", "views";
    DEFINITION: "view-definition", "a view selects something else";
    COLUMNS: "view-columns", "a view lacks a column, has one too many, or one of another type";
    INVOKER: "view-security-invoker", "a view reads its tables with other rights: its owner's, or the reader's";
    BARRIER: "view-security-barrier", "a view lets conditions of its readers run before its own, or the reverse";
    CHECK: "view-check-option", "a view checks what is written through it otherwise";
    OWNER: "view-owner", "a view belongs to another role";
    COMMENT: "view-comment", "a view has another comment";
}

/// `views:` by name.
pub type Section = Objects<ViewExpectation>;

/// WITH CHECK OPTION.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckOption {
    /// Anything can be written through it.
    None,
    /// WITH LOCAL CHECK OPTION.
    Local,
    /// WITH CASCADED CHECK OPTION.
    Cascaded,
}

impl CheckOption {
    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Local => "local",
            Self::Cascaded => "cascaded",
        }
    }
}

/// What is expected of a view. What is left out may be anything. The query alone is the short form.
#[derive(Clone, Debug)]
pub struct ViewExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The query.
    definition: Option<Located<String>>,
    /// Columns by name, each with its type.
    columns: Columns,
    /// Whether there may be other columns.
    other_columns: Option<Located<Others>>,
    /// Its tables are read with the rights of who reads the view.
    security_invoker: Option<Located<bool>>,
    /// Conditions of who reads it are not pushed below its own.
    security_barrier: Option<Located<bool>>,
    /// WITH CHECK OPTION.
    check_option: Option<Located<CheckOption>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON VIEW`.
    comment: Option<Located<String>>,
}

impl From<Long> for ViewExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    ViewExpectation as "View",
    Long,
    "the query of a view, or a mapping with `definition`, `columns`, …",
    |text: &str| -> Result<ViewExpectation, String> {
        Ok(ViewExpectation(Long {
            definition: said(text.to_owned()),
            ..Long::default()
        }))
    }
);

impl Object for ViewExpectation {
    const HEADING: Heading = Heading {
        icon: "👀 ",
        title: "Views",
        noun: "view",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = View;

    fn is_one(found: &View) -> bool {
        !found.materialized
    }

    fn needs(&self) -> Selection {
        self.query().needs()
    }

    fn compare(
        &self,
        view: &View,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let codes = Codes {
            definition: &DEFINITION,
            columns: &COLUMNS,
            owner: &OWNER,
            comment: &COMMENT,
        };
        self.query()
            .compare(codes, view, facts, examiner, |examiner| {
                self.compare_own(view, examiner);
            })
    }

    fn written(view: &View, catalog: &Catalog) -> Option<Value> {
        written(view, catalog, |sheet| {
            sheet
                .with("security_invoker", view.security_invoker)
                .with("security_barrier", view.security_barrier)
                .or_none("check_option", view.check_option.as_deref())
        })
    }

    fn written_at(&mut self, span: Range<usize>) {
        place(&mut self.0.definition, &span);
    }
}

impl ViewExpectation {
    fn query(&self) -> Query<'_> {
        Query {
            definition: &self.0.definition,
            columns: &self.0.columns,
            other_columns: &self.0.other_columns,
            owner: &self.0.owner,
            comment: &self.0.comment,
        }
    }

    fn compare_own(&self, view: &View, examiner: &mut Examiner<'_>) {
        let wanted = &self.0;
        if let Some(invoker) = &wanted.security_invoker {
            let rights = ["the rights of its reader", "the rights of its owner"];
            let found = view.security_invoker;
            examiner.either(&INVOKER, "reads with", invoker, found, rights);
        }
        if let Some(barrier) = &wanted.security_barrier {
            let found = view.security_barrier;
            examiner.either(&BARRIER, "security barrier", barrier, found, ["on", "off"]);
        }
        if let Some(option) = &wanted.check_option {
            let word = option.value.word();
            let found = view.check_option.as_deref().unwrap_or("none");
            examiner.property(&CHECK, "check option", option, word == found, word, found);
        }
    }
}
