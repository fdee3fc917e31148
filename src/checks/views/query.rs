//! What views and materialised views have in common: a query, its columns, an owner.

use serde_json::{Map, Value};

use crate::catalog::{Catalog, Kinds, Selection, Table, Unread, View};
use crate::meaning::Names;
use crate::source::Located;

use super::super::language::{Others, Part};
use super::super::line::Sheet;
use super::super::{Code, Examiner, Facts};
use super::columns::{Columns, columns};

/// What is expected of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Query<'a> {
    pub(in crate::checks) definition: &'a Option<Located<String>>,
    pub(in crate::checks) columns: &'a Columns,
    pub(in crate::checks) other_columns: &'a Option<Located<Others>>,
    pub(in crate::checks) owner: &'a Option<Located<String>>,
    pub(in crate::checks) comment: &'a Option<Located<String>>,
}

/// The codes of what is otherwise.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Codes {
    pub(in crate::checks) definition: &'static Code,
    pub(in crate::checks) columns: &'static Code,
    pub(in crate::checks) owner: &'static Code,
    pub(in crate::checks) comment: &'static Code,
}

impl Query<'_> {
    /// What of the catalog this looks at; the tables, so that one in a view's place is seen.
    pub(in crate::checks) fn needs(&self) -> Selection {
        let tables = Kinds::of::<Table>();
        Selection::of(
            match self.columns.0.is_empty() && self.other_columns.is_none() {
                true => tables,
                false => tables.with(Names::NEEDS),
            },
        )
    }

    /// Compares it; `own` compares what only this kind of view has.
    pub(in crate::checks) fn compare(
        &self,
        codes: Codes,
        view: &View,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
        own: impl FnOnce(&mut Examiner<'_>),
    ) -> Result<(), Unread> {
        let (query, schema) = (view.definition.as_str(), view.schema.as_str());
        let definition = self.definition;
        examiner.query(codes.definition, "definition", definition, query, schema);
        let others = self.other_columns.as_ref();
        columns(codes.columns, self.columns, others, facts, examiner)?;
        own(examiner);
        examiner.optional(codes.owner, "owner", self.owner, &view.owner);
        let comment = view.comment.as_deref();
        examiner.optional_text(codes.comment, "comment", self.comment, comment);
        Ok(())
    }
}

/// A view, written down; `own` adds what only this kind of view has.
pub(in crate::checks) fn written(
    view: &View,
    catalog: &Catalog,
    own: impl FnOnce(Sheet) -> Sheet,
) -> Option<Value> {
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
                Part::written(&column.name),
                line.unwrap_or_else(|| column.r#type.as_str().into()),
            )
        })
        .collect();
    let query = view.definition.trim().trim_end_matches(';');
    let sheet = Sheet::default()
        .with("definition", query)
        .with("columns", columns)
        .with("other_columns", "refused");
    own(sheet)
        .with("owner", view.owner.as_str())
        .comment(view.comment.as_deref())
}
