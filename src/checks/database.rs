//! The database itself: owner, encoding, locale, connection limit. There is one, which has no name here, so that a
//! suite holds for a copy too.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::{Database, Identity, Kinds, Selection, Unread};
use crate::error::Error;
use crate::source::Located;

use super::language::{Expected, Item, Limit};
use super::{
    Check, Choice, Code, Draft, Examiner, Expand, Expectation, Facts, FileScope, Heading, codes,
};

codes! {
    pub(super)
    OWNER: "database-owner", "the database belongs to another role";
    ENCODING: "database-encoding", "the database has another encoding";
    LOCALE: "database-locale", "the database sorts or classifies characters by other rules";
    LIMIT: "database-connection-limit", "the database allows more or fewer connections";
    COMMENT: "database-comment", "the database has another comment";
}

/// Finding codes of this kind.
pub const CODES: &[Code] = &[OWNER, ENCODING, LOCALE, LIMIT, COMMENT];

/// `database:`, the one that is connected to.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Located<Item<DatabaseExpectation>>);

/// That of an object, which is there and lies in no schema.
impl JsonSchema for Section {
    fn schema_name() -> Cow<'static, str> {
        "Database".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut own = Item::<DatabaseExpectation>::json_schema(generator);
        let forms = own.get_mut("anyOf").and_then(Value::as_array_mut);
        let mut there = forms.and_then(Vec::pop).unwrap_or_default();
        if let Some(Value::Object(properties)) = there.get_mut("properties") {
            properties.shift_remove("schema");
        }
        json_schema!({"anyOf": [{"enum": ["present"]}, there]})
    }
}

/// What is expected of the database. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `owner`, `encoding`, …"
)]
pub struct DatabaseExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// For example UTF8.
    pub encoding: Option<Located<String>>,
    /// `LC_COLLATE`.
    pub collate: Option<Located<String>>,
    /// `LC_CTYPE`.
    pub ctype: Option<Located<String>>,
    /// `libc`, `icu` or `builtin`.
    pub locale_provider: Option<Located<String>>,
    /// How many connections it allows.
    pub connection_limit: Option<Located<Limit>>,
    /// `COMMENT ON DATABASE`.
    pub comment: Option<Located<String>>,
}

const HEADING: Heading = Heading {
    icon: "🗄️  ",
    title: "Database",
    noun: "database",
};

impl Expand for Section {
    fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error> {
        let Located { value, span } = self.0;
        let key = Located {
            value: String::new(),
            span,
        };
        let Item {
            common, expected, ..
        } = value;
        let Expected::Present(expected) = expected else {
            let words = "the database is there: an absent one cannot be connected to";
            return Err(Error::usage(words).at(scope.origin(&key)));
        };
        if let Some(schema) = &common.schema {
            return Err(scope.in_no_schema("databases", schema));
        }
        let subject = Identity::new(HEADING.noun, "", "");
        let label = "database is as expected".to_owned();
        out.push(scope.expectation(HEADING, &key, subject, label, common, expected));
        Ok(())
    }

    fn draft(choice: &Choice<'_>) -> Draft {
        match choice.catalog.databases.known() {
            Err(reason) => Draft {
                unread: Some(reason),
                ..Draft::default()
            },
            Ok(all) => Draft {
                items: all.first().map(written).unwrap_or_default(),
                written: all.len(),
                single: true,
                ..Draft::default()
            },
        }
    }
}

impl Check for DatabaseExpectation {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Database>())
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let Some(found) = facts.catalog.databases.known()?.first() else {
            examiner.error("the catalog has no database");
            return Ok(());
        };
        self.compare(found, examiner);
        Ok(())
    }
}

impl DatabaseExpectation {
    fn compare(&self, found: &Database, examiner: &mut Examiner<'_>) {
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        if let Some(encoding) = &self.encoding {
            // `utf-8` is UTF8 to the server, too.
            let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
            let same = plain(&encoding.value) == plain(&found.encoding);
            let (wanted, is) = (&encoding.value, &found.encoding);
            examiner.property(&ENCODING, "encoding", encoding, same, wanted, is);
        }
        for (property, wanted, is) in [
            ("collation", &self.collate, &found.collate),
            ("character type", &self.ctype, &found.ctype),
            (
                "locale provider",
                &self.locale_provider,
                &found.locale_provider,
            ),
        ] {
            examiner.optional(&LOCALE, property, wanted, is);
        }
        examiner.limit(
            &LIMIT,
            "connection limit",
            &self.connection_limit,
            u64::try_from(found.connection_limit).ok(),
        );
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        // That it is there is true, whatever else is said.
        examiner.present(&OWNER);
    }
}

/// The expectation that just this database meets, as a suite would write it.
fn written(found: &Database) -> Map<String, Value> {
    let limit = Limit::written(u64::try_from(found.connection_limit).ok());
    let comment = found.comment.as_deref().unwrap_or_default();
    let all = [
        ("owner", Value::from(found.owner.as_str())),
        ("encoding", found.encoding.as_str().into()),
        ("collate", found.collate.as_str().into()),
        ("ctype", found.ctype.as_str().into()),
        ("locale_provider", found.locale_provider.as_str().into()),
        ("connection_limit", limit),
        ("comment", comment.into()),
    ];
    all.map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}
