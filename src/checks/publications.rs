//! Publications: operations, tables with their columns and row filters, schemas.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::catalog::{
    Catalog, Identity, Kinds, ObjectName as Qualified, Publication, PublicationSchema,
    PublicationTable, Selection, Unread,
};
use crate::meaning::{Names, ObjectName, find_unquoted, name_list};
use crate::source::{Entries, Located, text_or_map};

use super::language::{Common, Expected, Item, Listing, Others, Plain, shown};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes, name_as_written};

codes! {
    of "publication": "publication", "publications";
    OWNER: "publication-owner", "a publication belongs to another role";
    OPERATIONS: "publication-operations", "a publication publishes other operations";
    ALL_TABLES: "publication-all-tables", "a publication is for all tables where it should not be, or the reverse";
    VIA_ROOT: "publication-via-root",
        "changes of partitions are published as those of the root where they should not be, or the reverse";
    GENERATED: "publication-generated-columns", "a publication treats generated columns differently";
    TABLE_MISSING: "publication-table-missing", "a table is not in the publication";
    TABLE_UNEXPECTED: "publication-table-unexpected", "a table is in the publication that should not be";
    COLUMNS: "publication-columns", "a publication publishes other columns of a table";
    FILTER: "publication-where", "a publication publishes other rows of a table";
    SCHEMAS: "publication-schemas", "a publication is for all tables of other schemas";
    COMMENT: "publication-comment", "a publication has another comment";
}

/// `publications:` by name.
pub type Section = Objects<PublicationExpectation>;

/// What is expected of a publication. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `tables`, `operations`, …"
)]
pub struct PublicationExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `insert`, `update`, `delete`, `truncate`.
    pub operations: Option<Located<Listing<String>>>,
    /// FOR ALL TABLES.
    pub all_tables: Option<Located<bool>>,
    /// Changes of partitions are published as those of the root.
    pub via_root: Option<Located<bool>>,
    /// `none` or `stored`.
    pub generated_columns: Option<Located<String>>,
    /// Tables by name.
    pub tables: Entries<Located<Item<PublishedTable>>, Plain>,
    /// Whether there may be tables that are not listed.
    pub other_tables: Option<Located<Others>>,
    /// FOR TABLES IN SCHEMA.
    pub schemas: Option<Located<Listing<String>>>,
    /// `COMMENT ON PUBLICATION`.
    pub comment: Option<Located<String>>,
}

/// What is expected of a table in a publication. The line reads as in CREATE PUBLICATION (`(id, total) where (total > 0)`,
/// or `all columns`), and without `where` there is no filter. Of the long form, what is left out may be anything.
#[derive(Clone, Debug, Default)]
pub struct PublishedTable {
    columns: Option<Columns>,
    /// No filter is the empty text.
    filter: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The columns that are published, or `all`.
    columns: Option<Columns>,
    /// The WHERE that rows have to meet, or `none`.
    r#where: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a list of columns, or `all`")]
enum Columns {
    Word(All),
    These(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum All {
    All,
}

impl From<Long> for PublishedTable {
    fn from(long: Long) -> Self {
        Self {
            columns: long.columns,
            filter: long.r#where.map(|text| match text.trim() {
                "none" => String::new(),
                _ => text,
            }),
        }
    }
}

fn line(text: &str) -> Result<PublishedTable, String> {
    let text = text.trim();
    let (columns, rest) = if let Some(rest) = strip_word(text, "all") {
        let rest = strip_word(rest, "columns").ok_or("`columns` follows `all`")?;
        (Columns::Word(All::All), rest)
    } else if let Some(inner) = text.strip_prefix('(') {
        let end = find_unquoted(inner, ')').ok_or("the list of columns is not closed")?;
        let columns = name_list(&inner[..end]);
        (Columns::These(columns), inner[end + 1..].trim_start())
    } else {
        (Columns::Word(All::All), text)
    };
    let filter = match (strip_word(rest, "where"), rest) {
        (Some(filter), _) => filter.to_owned(),
        (None, "") => String::new(),
        (None, rest) => {
            return Err(format!(
                "`{rest}` is not understood: write `all columns`, `(id, total)` or `(id, total) where (total > 0)`"
            ));
        }
    };
    Ok(PublishedTable {
        columns: Some(columns),
        filter: Some(filter),
    })
}

/// What follows a word at the start of a text.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    let ends = rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    (start.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start())
}

text_or_map!(
    PublishedTable as "PublishedTable",
    Long,
    "a line as in CREATE PUBLICATION (`(id, total) where (total > 0)`), or a mapping with `columns` or `where`",
    line
);

impl Object for PublicationExpectation {
    const HEADING: Heading = Heading {
        icon: "📣 ",
        title: "Publications",
        noun: "publication",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = Publication;

    fn needs(&self) -> Selection {
        let mut kinds = Kinds::default();
        if !self.tables.0.is_empty() || self.other_tables.is_some() {
            kinds = kinds.and::<PublicationTable>().with(Names::NEEDS);
        }
        if self.schemas.is_some() {
            kinds = kinds.and::<PublicationSchema>();
        }
        let schemas = self.tables.0.iter();
        let schemas = schemas.filter_map(|(name, _)| ObjectName::parse(name.value.text()).schema);
        schemas.fold(Selection::of(kinds), |needs, s| needs.within(&s))
    }

    fn compare(
        &self,
        found: &Publication,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        examiner.unordered(
            &OPERATIONS,
            "operations",
            &self.operations,
            &found.operations,
        );
        for (code, property, expected, found) in [
            (
                &ALL_TABLES,
                "for all tables",
                &self.all_tables,
                found.all_tables,
            ),
            (&VIA_ROOT, "via root", &self.via_root, found.via_root),
        ] {
            if let Some(expected) = expected {
                examiner.either(code, property, expected, found, ["yes", "no"]);
            }
        }
        let generated = &found.generated_columns;
        examiner.optional(
            &GENERATED,
            "generated columns",
            &self.generated_columns,
            generated,
        );
        if !self.tables.0.is_empty() || self.other_tables.is_some() {
            self.tables(found, facts, examiner)?;
        }
        if self.schemas.is_some() {
            let all = facts.catalog.publication_schemas.known()?.iter();
            let own = all.filter(|s| s.publication == found.name);
            let own: Vec<String> = own.map(|s| s.schema.clone()).collect();
            examiner.unordered(&SCHEMAS, "schemas", &self.schemas, &own);
        }
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(found: &Publication) -> String {
        match found.all_tables {
            true => format!("for all tables, {}", shown(&found.operations)),
            false => shown(&found.operations),
        }
    }

    fn written(found: &Publication, catalog: &Catalog) -> Option<Value> {
        let mut tables = Map::new();
        let all = catalog.publication_tables.known().ok()?.iter();
        for table in all.filter(|t| t.publication == found.name) {
            let [schema, name] = [&table.schema, &table.table].map(|part| name_as_written(part));
            tables.insert(format!("{schema}.{name}"), table_line(table));
        }
        let all = catalog.publication_schemas.known().ok()?.iter();
        let own = all.filter(|s| s.publication == found.name);
        let schemas: Vec<&str> = own.map(|s| s.schema.as_str()).collect();
        Some(json!({
            "owner": found.owner,
            "operations": found.operations,
            "all_tables": found.all_tables,
            "via_root": found.via_root,
            "generated_columns": found.generated_columns,
            "tables": tables,
            "other_tables": "refused",
            "schemas": schemas,
            "comment": found.comment.as_deref().unwrap_or_default(),
        }))
    }
}

fn table_line(found: &PublicationTable) -> Value {
    let simple = |name: &String| !name.contains([',', ')', '"']) && name.trim() == name;
    match (&found.columns, &found.filter) {
        (Some(columns), filter) if !columns.iter().all(simple) => json!({
            "columns": columns,
            "where": filter.as_deref().unwrap_or("none"),
        }),
        (columns, filter) => {
            let columns = match columns {
                Some(columns) => format!("({})", columns.join(", ")),
                None => "all columns".to_owned(),
            };
            match filter {
                Some(filter) => format!("{columns} where {filter}").into(),
                None => columns.into(),
            }
        }
    }
}

impl PublicationExpectation {
    fn tables(
        &self,
        publication: &Publication,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let all = facts.catalog.publication_tables.known()?.iter();
        let own: Vec<&PublicationTable> =
            all.filter(|t| t.publication == publication.name).collect();
        let mut listed = Vec::new();
        for (key, item) in &self.tables.0 {
            let Item {
                common, expected, ..
            } = &item.value;
            let name = ObjectName::parse(key.value.text());
            let schema = common.schema().unwrap_or("public");
            let wanted = Qualified {
                schema: name.schema_or(schema).to_owned(),
                name: name.name.clone(),
            };
            let found = own
                .iter()
                .find(|t| t.schema == wanted.schema && t.table == wanted.name);
            let subject = of_table(&wanted.schema, &wanted.name, publication);
            examiner.part(&subject, key, common, facts, |examiner| {
                match (expected, found) {
                    (Expected::Absent, found) => {
                        examiner.absence(&TABLE_UNEXPECTED, found.map(|t| like(t)));
                        Ok(())
                    }
                    (Expected::Present(_), None) => {
                        examiner.presence(&TABLE_MISSING, false, "it is not in it");
                        Ok(())
                    }
                    (Expected::Present(table), Some(found)) => {
                        examiner.present(&TABLE_MISSING);
                        table.compare(item, found, facts, examiner)
                    }
                }
            })?;
            listed.push(wanted);
        }
        if let Some(refused) = self
            .other_tables
            .as_ref()
            .filter(|o| o.value == Others::Refused)
        {
            let is_listed = |t: &PublicationTable| {
                listed
                    .iter()
                    .any(|l| l.schema == t.schema && l.name == t.table)
            };
            let others: Vec<(Identity, String)> = own
                .iter()
                .filter(|t| !is_listed(t))
                .map(|t| (of_table(&t.schema, &t.table, publication), like(t)))
                .collect();
            let advice = "List it below `tables`, take it out, or write `other_tables: allowed`.";
            let subject = examiner.subject();
            examiner.part(subject, refused, &Common::default(), facts, |examiner| {
                examiner.no_others(&TABLE_UNEXPECTED, advice, &others);
                Ok(())
            })?;
        }
        Ok(())
    }
}

fn of_table(schema: &str, table: &str, publication: &Publication) -> Identity {
    let name = format!("{table} in publication {}", publication.name);
    Identity::new("table", schema, name)
}

fn like(found: &PublicationTable) -> String {
    match table_line(found) {
        Value::String(line) => line,
        other => other.to_string(),
    }
}

impl PublishedTable {
    fn compare(
        &self,
        place: &Located<Item<PublishedTable>>,
        found: &PublicationTable,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if let Some(columns) = &self.columns {
            let words = |columns: Option<&[String]>| match columns {
                Some(columns) => format!("({})", columns.join(", ")),
                None => "all columns".to_owned(),
            };
            let wanted = match columns {
                Columns::Word(All::All) => None,
                Columns::These(columns) => Some(columns.as_slice()),
            };
            let sorted = |columns: Option<&[String]>| {
                columns.map(|c| {
                    let mut columns = c.to_vec();
                    columns.sort();
                    columns
                })
            };
            let is = found.columns.as_deref();
            let same = sorted(wanted) == sorted(is);
            examiner.property(&COLUMNS, "columns", place, same, words(wanted), words(is));
        }
        if let Some(filter) = &self.filter {
            let names = Names::of_table(facts.catalog, &found.schema, &found.table)?;
            let wanted = Some(filter.clone()).filter(|f| !f.is_empty());
            let wanted = wanted.map(|value| Located {
                value,
                span: place.span.clone(),
            });
            examiner.expression(&FILTER, "where", &wanted, found.filter.as_deref(), &names);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_in_create_publication() {
        let read = |text: &str| line(text).map(|t| (t.columns.unwrap(), t.filter.unwrap()));
        let these =
            |names: &[&str]| Columns::These(names.iter().map(ToString::to_string).collect());
        assert_eq!(
            read("all columns"),
            Ok((Columns::Word(All::All), String::new()))
        );
        assert_eq!(
            read("(id, \"A b\") WHERE (id > 1)"),
            Ok((these(&["id", "A b"]), "(id > 1)".to_owned()))
        );
        assert_eq!(
            read("where id > 1"),
            Ok((Columns::Word(All::All), "id > 1".to_owned()))
        );
        for text in ["some", "(id", "all", "(id) wherever"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
