//! Extended statistics: of which columns and expressions of a table the planner knows how they go together.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Selection, Statistics, Unread};
use crate::meaning::{Names, ObjectName};
use crate::source::Located;

use super::language::{Listing, shown};
use super::line::Sheet;
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "statistics-object": "statistics object", "statistics objects";
    TABLE: "statistics-object-table", "a statistics object is of another table";
    KINDS: "statistics-object-kinds", "a statistics object keeps other kinds of statistics";
    COLUMNS: "statistics-object-columns", "a statistics object is of other columns or expressions";
    TARGET: "statistics-object-target", "a statistics object has another statistics target";
    OWNER: "statistics-object-owner", "a statistics object belongs to another role";
    COMMENT: "statistics-object-comment", "a statistics object has another comment";
}

/// `statistics:` by name.
pub type Section = Objects<StatisticsExpectation>;

/// What is expected of a statistics object. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `table`, `columns`, …"
)]
pub struct StatisticsExpectation {
    /// The table.
    pub table: Option<Located<String>>,
    /// `dependencies`, `mcv` and `ndistinct`, in any order.
    pub kinds: Option<Located<Listing<String>>>,
    /// The columns in any order, and the expressions in theirs, in parentheses or as a call.
    pub columns: Option<Located<Vec<String>>>,
    /// ALTER STATISTICS … SET STATISTICS; -1 for the server's own.
    pub target: Option<Located<i32>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON STATISTICS`.
    pub comment: Option<Located<String>>,
}

/// The names of columns, and the expressions.
fn apart(columns: &[String]) -> (Vec<String>, Vec<String>) {
    let is_name = |text: &&String| text.starts_with('"') || !text.contains(['(', ' ']);
    let (names, expressions): (Vec<&String>, Vec<&String>) = columns.iter().partition(is_name);
    let mut names: Vec<String> = names
        .into_iter()
        .map(|name| ObjectName::parse(name).name)
        .collect();
    names.sort();
    (names, expressions.into_iter().cloned().collect())
}

fn all(found: &Statistics) -> Vec<String> {
    [found.columns.as_slice(), &found.expressions].concat()
}

impl Object for StatisticsExpectation {
    const HEADING: Heading = Heading {
        icon: "📈 ",
        title: "Extended Statistics",
        noun: "statistics object",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Statistics;

    fn needs(&self) -> Selection {
        match self.columns {
            Some(_) => Selection::of(Names::NEEDS),
            None => Selection::default(),
        }
    }

    fn compare(
        &self,
        found: &Statistics,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let schema = found.schema.as_str();
        examiner.name(&TABLE, "table", &self.table, Some(&found.table), schema);
        examiner.unordered(&KINDS, "kinds", &self.kinds, &found.kinds);
        if let Some(columns) = &self.columns {
            let table = ObjectName::parse(&found.table);
            let names = Names::of_table(facts.catalog, table.schema_or(schema), &table.name)?;
            let (wanted, expressions) = apart(&columns.value);
            let (is, printed) = apart(&all(found));
            let judge = examiner.judge();
            let same = judge.index_columns("btree", &expressions, &printed, &names);
            let same = same.and((wanted == is).into());
            let (wanted, found) = (shown(&columns.value), shown(&all(found)));
            examiner.property(&COLUMNS, "columns", columns, same, wanted, found);
        }
        examiner.optional(&TARGET, "target", &self.target, &found.target);
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(found: &Statistics) -> String {
        format!("one of {} on {}", shown(&all(found)), found.table)
    }

    fn written(found: &Statistics, _: &Catalog) -> Option<Value> {
        Sheet::default()
            .with("table", found.table.as_str())
            .with("kinds", found.kinds.as_slice())
            .with("columns", all(found))
            .with("target", found.target)
            .with("owner", found.owner.as_str())
            .comment(found.comment.as_deref())
    }
}
