//! Materialised views: what they hold, whether they hold it, and how it is stored.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Selection, Unread, View};
use crate::source::{Located, text_or_map};

use super::language::{Listing, Others};
use super::line::{place, said};
use super::views::{Codes, Columns, Query, written};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "materialized-view": "materialized view", "materialized views";
    DEFINITION: "materialized-view-definition", "a materialized view holds something else";
    COLUMNS: "materialized-view-columns", "a materialized view lacks a column, has one too many, or one of another type";
    POPULATED: "materialized-view-populated", "a materialized view was never filled, or is where it should not be";
    STORAGE: "materialized-view-storage", "a materialized view is stored otherwise";
    OWNER: "materialized-view-owner", "a materialized view belongs to another role";
    COMMENT: "materialized-view-comment", "a materialized view has another comment";
}

/// `materialized_views:` by name.
pub type Section = Objects<MaterializedViewExpectation>;

/// What is expected of a materialised view. What is left out may be anything. The query alone is the short form.
#[derive(Clone, Debug)]
pub struct MaterializedViewExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The query.
    definition: Option<Located<String>>,
    /// Columns by name, each with its type.
    columns: Columns,
    /// Whether there may be other columns.
    other_columns: Option<Located<Others>>,
    /// Whether it holds its rows: false after WITH NO DATA.
    populated: Option<Located<bool>>,
    /// The access method.
    access_method: Option<Located<String>>,
    /// The tablespace; `none` for the database's.
    tablespace: Option<Located<String>>,
    /// Storage parameters: `fillfactor=70`.
    options: Option<Located<Listing<String>>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON MATERIALIZED VIEW`.
    comment: Option<Located<String>>,
}

impl From<Long> for MaterializedViewExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    MaterializedViewExpectation as "MaterializedView",
    Long,
    "the query of a materialized view, or a mapping with `definition`, `columns`, …",
    |text: &str| -> Result<MaterializedViewExpectation, String> {
        Ok(MaterializedViewExpectation(Long {
            definition: said(text.to_owned()),
            ..Long::default()
        }))
    }
);

impl Object for MaterializedViewExpectation {
    const HEADING: Heading = Heading {
        icon: "📸 ",
        title: "Materialized Views",
        noun: "materialized view",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = View;

    fn is_one(found: &View) -> bool {
        found.materialized
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

    fn like(view: &View) -> String {
        match view.populated {
            true => "a filled one".to_owned(),
            false => "one that was never filled".to_owned(),
        }
    }

    fn written(view: &View, catalog: &Catalog) -> Option<Value> {
        let method = view.access_method.as_deref();
        written(view, catalog, |sheet| {
            sheet
                .with("populated", view.populated)
                .or_none("access_method", method)
                .or_none("tablespace", view.tablespace.as_deref())
                .with("options", view.options.clone())
        })
    }

    fn written_at(&mut self, span: Range<usize>) {
        place(&mut self.0.definition, &span);
    }
}

impl MaterializedViewExpectation {
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
        if let Some(populated) = &wanted.populated {
            let words = ["filled", "never filled"];
            examiner.either(&POPULATED, "contents", populated, view.populated, words);
        }
        for (property, wanted, found) in [
            ("access method", &wanted.access_method, &view.access_method),
            ("tablespace", &wanted.tablespace, &view.tablespace),
        ] {
            let found = found.as_deref().unwrap_or("none").to_owned();
            examiner.optional(&STORAGE, property, wanted, &found);
        }
        examiner.unordered(&STORAGE, "options", &wanted.options, &view.options);
    }
}
