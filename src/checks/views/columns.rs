//! Columns of views.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Column, Identity, Kind as _, Unread};
use crate::meaning::Names;
use crate::source::{Entries, Located, text_or_map};

use super::super::language::{Common, Expected, Item, Others, Part};
use super::super::line::said;
use super::super::{Code, Examiner, Facts};

/// Columns of a view by name.
pub type Columns = Entries<Located<Item<ColumnExpectation>>, Part>;

/// What is expected of a column of a view: its type, and more in the long form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnExpectation(LongColumn);

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct LongColumn {
    /// The type with its modifiers.
    r#type: Option<Located<String>>,
    /// The default of rows that are written through the view; `none` for none.
    default: Option<Located<String>>,
    /// `COMMENT ON COLUMN`.
    comment: Option<Located<String>>,
}

impl From<LongColumn> for ColumnExpectation {
    fn from(long: LongColumn) -> Self {
        Self(long)
    }
}

text_or_map!(
    ColumnExpectation as "ViewColumn",
    LongColumn,
    "the type of a column, or a mapping with `type`",
    |text: &str| -> Result<ColumnExpectation, String> {
        Ok(ColumnExpectation(LongColumn {
            r#type: said(text.to_owned()),
            ..LongColumn::default()
        }))
    }
);

/// Compares the columns of a view.
pub(super) fn columns(
    code: &Code,
    wanted: &Columns,
    others: Option<&Located<Others>>,
    facts: &Facts<'_>,
    examiner: &mut Examiner<'_>,
) -> Result<(), Unread> {
    let refused = others.filter(|others| others.value == Others::Refused);
    if wanted.0.is_empty() && refused.is_none() {
        return Ok(());
    }
    let view = examiner.subject();
    let found: Vec<&Column> = facts
        .catalog
        .columns_of(&view.schema, &view.name)?
        .collect();
    for (name, item) in &wanted.0 {
        for found in name.value.of(found.iter().copied(), |c| &c.name) {
            let called = found.map_or(name.value.shown(), |found| &found.name);
            let in_schema = format!("{}.{called}", view.name);
            let subject = Identity::new("column", &view.schema, in_schema);
            let common = &item.value.common;
            examiner.part(&subject, name, common, facts, |examiner| {
                match (&item.value.expected, found) {
                    (Expected::Absent, found) => {
                        examiner.absence(code, found.map(|column| column.r#type.clone()));
                        Ok(())
                    }
                    (Expected::Present(_), None) => {
                        examiner.presence(code, false, name.value.none("column"));
                        Ok(())
                    }
                    (Expected::Present(expected), Some(column)) => {
                        examiner.present(code);
                        expected.compare(code, column, facts, examiner)
                    }
                }
            })?;
        }
    }
    if let Some(refused) = refused {
        let listed = |column: &&&Column| wanted.0.iter().any(|(n, _)| n.value.is(&column.name));
        let others: Vec<(Identity, String)> = found
            .iter()
            .filter(|column| !listed(column))
            .map(|column| (column.identity(), column.r#type.clone()))
            .collect();
        let advice = "List it below `columns`, drop it, or write `other_columns: allowed`.";
        examiner.part(view, refused, &Common::default(), facts, |examiner| {
            examiner.no_others(code, advice, &others);
            Ok(())
        })?;
    }
    Ok(())
}

impl ColumnExpectation {
    fn compare(
        &self,
        code: &Code,
        column: &Column,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let schema = column.schema.as_str();
        examiner.optional_type(code, "type", &self.0.r#type, &column.r#type, schema);
        if self.0.default.is_some() {
            let names = Names::of_table(facts.catalog, schema, &column.table)?;
            let (names, found) = (names.giving(&column.r#type), column.default.as_deref());
            examiner.optional_default(code, "default", &self.0.default, found, &names);
        }
        let comment = column.comment.as_deref();
        examiner.optional_text(code, "comment", &self.0.comment, comment);
        Ok(())
    }
}
