//! Views: what they select, their columns, with whose rights.

mod columns;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::{Catalog, Selection, Unread, View};
use crate::source::{Located, text_or_map};

use super::language::Others;
use super::line::{Sheet, place, said};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

pub use columns::{ColumnExpectation, Columns};
pub(super) use columns::{columns, needs};

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
        needs(&self.0.columns, self.0.other_columns.is_some())
    }

    fn compare(
        &self,
        view: &View,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.0;
        examiner.query(
            &DEFINITION,
            "definition",
            &wanted.definition,
            &view.definition,
        );
        let others = wanted.other_columns.as_ref();
        columns(&COLUMNS, &wanted.columns, others, facts, examiner)?;
        let rights = ["the rights of its reader", "the rights of its owner"];
        if let Some(invoker) = &wanted.security_invoker {
            examiner.either(
                &INVOKER,
                "reads with",
                invoker,
                view.security_invoker,
                rights,
            );
        }
        if let Some(barrier) = &wanted.security_barrier {
            let found = view.security_barrier;
            examiner.either(&BARRIER, "security barrier", barrier, found, ["on", "off"]);
        }
        if let Some(option) = &wanted.check_option {
            let (word, found) = (
                option.value.word(),
                view.check_option.as_deref().unwrap_or("none"),
            );
            examiner.property(&CHECK, "check option", option, word == found, word, found);
        }
        examiner.optional(&OWNER, "owner", &wanted.owner, &view.owner);
        let comment = view.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn written(view: &View, catalog: &Catalog) -> Option<Value> {
        sheet(view, catalog)
            .with("security_invoker", view.security_invoker)
            .with("security_barrier", view.security_barrier)
            .or_none("check_option", view.check_option.as_deref())
            .with("owner", view.owner.as_str())
            .comment(view.comment.as_deref())
    }

    fn written_at(&mut self, span: Range<usize>) {
        place(&mut self.0.definition, &span);
    }
}

/// The query and the columns of a view, written down.
pub(in crate::checks) fn sheet(view: &View, catalog: &Catalog) -> Sheet {
    let columns = catalog.columns_of(&view.schema, &view.name);
    let columns = columns.into_iter().flatten();
    let columns: Map<String, Value> = columns
        .map(|column| {
            let line = Sheet::default()
                .with("type", column.r#type.as_str())
                .or_none("default", column.default.as_deref())
                .comment(column.comment.as_deref());
            let plain = column.default.is_none() && column.comment.is_none();
            let line = line.filter(|_| !plain);
            (
                column.name.clone(),
                line.unwrap_or_else(|| column.r#type.as_str().into()),
            )
        })
        .collect();
    let query = view.definition.trim().trim_end_matches(';');
    Sheet::default()
        .with("definition", query)
        .with("columns", columns)
        .with("other_columns", "refused")
}
