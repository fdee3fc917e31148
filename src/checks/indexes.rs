//! Indexes: table, method, columns, uniqueness, predicate.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Index, Selection, Unread};
use crate::meaning::{Names, ObjectName};
use crate::source::{Located, text};

use super::language::{Form, Listing, Rest, or_default, refuses};
use super::tables::DEFAULT_TABLESPACE;
use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes, name_as_written};

codes! {
    of "index": "index", "indexes";
    TABLE: "index-table", "an index is on another table";
    METHOD: "index-method", "an index uses another access method";
    COLUMNS: "index-columns", "an index has other key columns, or has them in another order";
    UNIQUE: "index-unique", "an index is unique where it should not be, or the reverse";
    PREDICATE: "index-predicate", "a partial index covers other rows";
    INCLUDE: "index-include", "an index includes other columns";
    NULLS: "index-nulls", "a unique index takes nulls for different where it should not, or the reverse";
    PARAMETERS: "index-parameters", "an index has other storage parameters";
    TABLESPACE: "index-tablespace", "an index lies in another tablespace";
    CLUSTERED: "index-clustered", "CLUSTER goes by an index where it should not, or the reverse";
    CONSTRAINT: "index-constraint", "an index belongs to another constraint, or to one where it should to none";
    INHERITED: "index-inherited", "an index of a partition is its own where it should be part of the partitioned one, or the reverse";
    COMMENT: "index-comment", "an index has another comment";
    INVALID: "index-invalid", "an index is invalid: its concurrent creation failed or still runs";
}

/// No predicate, as it is written.
const NONE: &str = "none";

/// `indexes:` by name.
pub type Section = Objects<IndexExpectation>;

/// What is expected of an index. With `table` and `columns` it reads as CREATE INDEX: what is left out is expected not to
/// be, but for `where`, which may be anything, and the index to be valid. Without one of the two, what is left out may be
/// anything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `table`, `columns`, …"
)]
pub struct IndexExpectation {
    /// The table.
    #[serde(default)]
    pub table: Option<Located<String>>,
    /// The access method.
    #[serde(default)]
    pub method: Option<Located<String>>,
    /// The key columns in order, each as CREATE INDEX takes it (`created_at desc`, `lower(email)`).
    #[serde(default)]
    pub columns: Option<Located<Vec<String>>>,
    /// UNIQUE.
    #[serde(default)]
    pub unique: Option<Located<bool>>,
    /// The predicate of a partial index; `none` for none.
    #[serde(default)]
    pub r#where: Option<Located<String>>,
    /// INCLUDE columns.
    #[serde(default)]
    pub include: Option<Located<Vec<String>>>,
    /// NULLS NOT DISTINCT.
    #[serde(default)]
    pub nulls_not_distinct: Option<Located<bool>>,
    /// Whether it is valid: `false` while it is built, or after that failed.
    #[serde(default)]
    pub valid: Option<Located<bool>>,
    /// WITH, as `fillfactor=80`.
    #[serde(default)]
    pub parameters: Option<Located<Listing<String>>>,
    /// TABLESPACE; `default` for the database's.
    #[serde(default)]
    pub tablespace: Option<Located<String>>,
    /// Whether CLUSTER goes by it.
    #[serde(default)]
    pub clustered: Option<Located<bool>>,
    /// The constraint that it belongs to; an empty text for none.
    #[serde(default)]
    pub constraint: Option<Located<String>>,
    /// Whether it is a part of the partitioned table's index.
    #[serde(default)]
    pub inherited: Option<Located<bool>>,
    /// `COMMENT ON INDEX`; an empty text for none.
    #[serde(default)]
    pub comment: Option<Located<String>>,
    /// Whether what is left out may be something.
    #[serde(default)]
    pub other_properties: Rest,
}

fn yes() -> Located<bool> {
    Located::left_out(true)
}

fn btree() -> Located<String> {
    Located::left_out("btree".to_owned())
}

impl Object for IndexExpectation {
    const HEADING: Heading = Heading {
        icon: "📊 ",
        title: "Indexes",
        noun: "index",
    };
    const PRESENCE: Presence = PRESENCE;
    const SUMMARY: Option<&'static str> = Some("Indexes");
    type Found = Index;

    fn table(index: &Index) -> Option<[&str; 2]> {
        Some([&index.schema, &index.table])
    }

    fn needs(&self) -> Selection {
        let needs = Selection::of(Names::NEEDS);
        let table = text(&self.table).map(ObjectName::parse);
        match table.and_then(|table| table.schema) {
            Some(schema) => needs.within(&schema),
            None => needs,
        }
    }

    fn missing(
        &self,
        wanted: &Wanted,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let Some(table) = text(&self.table).map(ObjectName::parse) else {
            examiner.missing(&PRESENCE.missing, Self::HEADING.noun, facts);
            return Ok(());
        };
        let schema = table.schema_or(&wanted.identity.schema);
        // A materialised view has indexes, too; what has no column has none.
        match facts.catalog.columns_of(schema, &table.name)?.next() {
            None => examiner.skip_without_table(&table),
            Some(_) => examiner.missing(&PRESENCE.missing, Self::HEADING.noun, facts),
        }
        Ok(())
    }

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.other_properties)
    }

    fn compare(
        &self,
        index: &Index,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let reads_as_sql = self.table.is_some() && self.columns.is_some();
        let whole = reads_as_sql || refuses(&self.other_properties);
        if let Some(expected) = &self.table {
            let wanted = ObjectName::parse(&expected.value);
            let same =
                wanted.name == index.table && wanted.schema_or(&index.schema) == index.schema;
            let found = index.table.as_str();
            examiner.property(&TABLE, "table", expected, same, wanted.name, found);
        }
        if let Some(expected) = self.method.clone().or(whole.then(btree)) {
            examiner.optional(&METHOD, "method", &Some(expected), &index.method);
        }
        let names = Names::of_table(facts.catalog, &index.schema, &index.table)?;
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        let include = self.include.clone().or(whole.then(Located::default));
        for (code, property, expected, found) in [
            (&COLUMNS, "columns", &self.columns, &columns),
            (&INCLUDE, "include", &include, &index.include),
        ] {
            if let Some(expected) = expected {
                let (method, wanted) = (&index.method, &expected.value);
                let same = examiner
                    .judge()
                    .index_columns(method, wanted, found, &names);
                let (wanted, found) = (list(wanted), list(found));
                examiner.property(code, property, expected, same, wanted, found);
            }
        }
        if let Some(expected) = self.unique.clone().or(whole.then(Located::default)) {
            let words = ["unique", "not unique"];
            examiner.either(&UNIQUE, "uniqueness", &expected, index.unique, words);
        }
        let predicate = index.predicate.as_deref();
        if let Some(place) = or_default(&self.r#where, &self.other_properties, NONE) {
            let wanted = Some(place.clone()).filter(|wanted| wanted.value != NONE);
            examiner.expression_at(&PREDICATE, "predicate", &place, &wanted, predicate, &names);
        }
        let nulls = self.nulls_not_distinct.clone();
        if let Some(expected) = nulls.or(whole.then(Located::default)) {
            let words = ["nulls not distinct", "nulls distinct"];
            let found = index.nulls_not_distinct;
            examiner.either(&NULLS, "nulls", &expected, found, words);
        }
        if let Some(expected) = self.valid.clone().or(whole.then(yes)) {
            let words = ["a valid index", "an invalid one"];
            examiner.either(&INVALID, "validity", &expected, index.valid, words);
        }
        self.compare_others(index, examiner);
        Ok(())
    }

    fn written(index: &Index, _catalog: &Catalog) -> Option<Value> {
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        let form = Form::default()
            .with("table", name_as_written(&index.table))
            .unless("btree", "method", index.method.as_str())
            .with("columns", columns)
            .flag("unique", index.unique)
            .flag("nulls_not_distinct", index.nulls_not_distinct)
            .some("where", &index.predicate)
            .list("include", &index.include)
            .unless(true, "valid", index.valid)
            .list("parameters", &index.options)
            .some("tablespace", &index.tablespace)
            .flag("clustered", index.clustered)
            .some("constraint", &index.constraint)
            .flag("inherited", index.inherited)
            .some("comment", &index.comment);
        Some(form.refusing_others())
    }

    fn like(index: &Index) -> String {
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        format!(
            "on {} using {} {}",
            index.table,
            index.method,
            list(&columns)
        )
    }
}

impl IndexExpectation {
    /// What may be anything where it is left out.
    fn compare_others(&self, index: &Index, examiner: &mut Examiner<'_>) {
        let rest = &self.other_properties;
        let parameters = or_default(&self.parameters, rest, Listing::Exactly(Vec::new()));
        examiner.listing(&PARAMETERS, "parameters", &parameters, &index.options);
        let tablespace = index.tablespace.clone();
        let tablespace = tablespace.unwrap_or_else(|| DEFAULT_TABLESPACE.to_owned());
        let expected = or_default(&self.tablespace, rest, DEFAULT_TABLESPACE);
        examiner.optional(&TABLESPACE, "tablespace", &expected, &tablespace);
        if let Some(expected) = &or_default(&self.clustered, rest, false) {
            let words = ["clustered by it", "not clustered by it"];
            examiner.either(&CLUSTERED, "clustering", expected, index.clustered, words);
        }
        let constraint = or_default(&self.constraint, rest, "");
        let found = index.constraint.as_deref();
        examiner.optional_text(&CONSTRAINT, "constraint", &constraint, found);
        if let Some(expected) = &or_default(&self.inherited, rest, false) {
            let words = ["part of the partitioned table's", "its own"];
            examiner.either(&INHERITED, "origin", expected, index.inherited, words);
        }
        examiner.comment(&COMMENT, &self.comment, rest, index.comment.as_deref());
    }
}

fn list(items: &[String]) -> String {
    format!("({})", items.join(", "))
}
