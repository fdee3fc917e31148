//! Composite types: their attributes.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::{Attribute, Catalog, CompositeType, Kinds, Selection, Table, Unread};
use crate::meaning::{ObjectName, tokens};
use crate::source::{Entries, Located, Written as _, text_or_map};

use super::language::{Others, Part, Plain, shown};
use super::line::{Sheet, clauses, enclosed, items, same_name, same_or_none};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "composite-type": "composite type", "composite types";
    ATTRIBUTES: "composite-type-attributes", "a composite type has other attributes, or has them in another order";
    OWNER: "composite-type-owner", "a composite type belongs to another role";
    COMMENT: "composite-type-comment", "a composite type has another comment";
}

/// `composite_types:` by name.
pub type Section = Objects<CompositeTypeExpectation>;

/// What is expected of a composite type. What is left out may be anything. The line of text reads like CREATE TYPE:
/// `(street text, zip varchar(10))`.
#[derive(Clone, Debug)]
pub struct CompositeTypeExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// All attributes, in order.
    attributes: Option<Entries<Located<AttributeExpectation>, Plain>>,
    /// `allowed`: those that are listed are there, in any order.
    other_attributes: Option<Located<Others>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON TYPE`.
    comment: Option<Located<String>>,
}

/// What is expected of an attribute: a type, and `collate …` where it has one of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LongAttribute {
    /// The type with its modifiers.
    r#type: String,
    /// The collation; `none` for the type's.
    #[serde(default)]
    collation: Option<String>,
    /// `COMMENT ON COLUMN`.
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Clone, Debug)]
struct AttributeExpectation(LongAttribute);

impl From<LongAttribute> for AttributeExpectation {
    fn from(long: LongAttribute) -> Self {
        Self(long)
    }
}

text_or_map!(
    AttributeExpectation as "Attribute",
    LongAttribute,
    "the type of an attribute (`text collate \"C\"`), or a mapping with `type`",
    attribute
);

fn attribute(text: &str) -> Result<AttributeExpectation, String> {
    let (head, clauses) = clauses(text, &["collate"]);
    let collation = match clauses.as_slice() {
        [] => "none",
        [(_, collation)] if !collation.is_empty() => *collation,
        _ => return Err(format!("`{text}`: `collate` takes one collation")),
    };
    if head.is_empty() {
        return Err(format!("`{text}` names no type"));
    }
    Ok(AttributeExpectation(LongAttribute {
        r#type: head.to_owned(),
        collation: Some(collation.to_owned()),
        comment: None,
    }))
}

impl From<Long> for CompositeTypeExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    CompositeTypeExpectation as "CompositeType",
    Long,
    "attributes as in CREATE TYPE (`(street text, zip text)`), or a mapping with `attributes`",
    line
);

fn line(text: &str) -> Result<CompositeTypeExpectation, String> {
    let inner = enclosed(text).ok_or_else(|| {
        format!("`{text}` is no list of attributes; write it as in CREATE TYPE: `(street text, zip text)`")
    })?;
    let attributes: Result<Vec<_>, String> = items(inner)
        .into_iter()
        .map(|item| {
            let end = tokens(item).first().map_or(0, |name| name.end);
            let name = ObjectName::parse(&item[..end]).name;
            let value = attribute(item[end..].trim())?;
            Ok((Located::from(name), Located::left_out(value)))
        })
        .collect();
    Ok(CompositeTypeExpectation(Long {
        attributes: Some(Entries(attributes?)),
        ..Long::default()
    }))
}

impl Object for CompositeTypeExpectation {
    const HEADING: Heading = Heading {
        icon: "🧱 ",
        title: "Composite Types",
        noun: "composite type",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = CompositeType;

    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Table>())
    }

    fn compare(
        &self,
        found: &CompositeType,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        self.attributes(found, examiner);
        examiner.optional(&OWNER, "owner", &self.0.owner, &found.owner);
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.0.comment, comment);
        Ok(())
    }

    fn like(found: &CompositeType) -> String {
        let attributes: Vec<String> = found.attributes.iter().map(of_attribute).collect();
        format!("({})", attributes.join(", "))
    }

    fn written(found: &CompositeType, _: &Catalog) -> Option<Value> {
        let attributes: Map<String, Value> = found
            .attributes
            .iter()
            .map(|attribute| {
                let value = Sheet::default()
                    .with("type", attribute.r#type.as_str())
                    .or_none("collation", attribute.collation.as_deref())
                    .comment(attribute.comment.as_deref());
                (Part::written(&attribute.name), value.unwrap_or_default())
            })
            .collect();
        Sheet::default()
            .with("attributes", attributes)
            .with("owner", found.owner.as_str())
            .comment(found.comment.as_deref())
    }

    fn written_at(&mut self, span: Range<usize>) {
        for (name, value) in self
            .0
            .attributes
            .iter_mut()
            .flat_map(|entries| &mut entries.0)
        {
            if name.span().is_none() {
                name.span = span.clone();
                value.span = span.clone();
            }
        }
    }
}

impl CompositeTypeExpectation {
    fn attributes(&self, found: &CompositeType, examiner: &mut Examiner<'_>) {
        let Some(Entries(wanted)) = &self.0.attributes else {
            return;
        };
        let others = self.0.other_attributes.as_ref();
        let loose = others.is_some_and(|others| others.value == Others::Allowed);
        let names: Vec<&str> = wanted.iter().map(|(name, _)| &*name.value).collect();
        let all: Vec<&str> = found.attributes.iter().map(|a| a.name.as_str()).collect();
        let same = match loose {
            true => names.iter().all(|name| all.contains(name)),
            false => names == all,
        };
        let first = wanted.first().map(|(name, _)| name.clone());
        examiner.property(
            &ATTRIBUTES,
            "attributes",
            &first,
            same,
            shown(&names),
            shown(&all),
        );
        for (name, expected) in wanted {
            let Some(found_one) = found.attributes.iter().find(|a| a.name == *name.value) else {
                continue;
            };
            let LongAttribute {
                r#type,
                collation,
                comment,
            } = &expected.value.0;
            let schema = found.schema.as_str();
            let same_type = examiner.judge().r#type(r#type, &found_one.r#type, schema);
            let same_collation = collation.as_deref().is_none_or(|name| {
                let found = found_one.collation.as_deref();
                same_or_none(name, found, |found| same_name(name, found, schema))
            });
            let collate = collation.as_deref().filter(|name| *name != "none");
            let line = spelt_attribute(&name.value, r#type, collate);
            let same = same_type.and(same_collation.into());
            examiner.property(
                &ATTRIBUTES,
                "attribute",
                expected,
                same,
                line,
                of_attribute(found_one),
            );
            let comment = comment.as_ref().map(|text| Located {
                value: text.clone(),
                span: expected.span.clone(),
            });
            let found = found_one.comment.as_deref();
            examiner.optional_text(&ATTRIBUTES, "attribute comment", &comment, found);
        }
    }
}

fn of_attribute(attribute: &Attribute) -> String {
    spelt_attribute(
        &attribute.name,
        &attribute.r#type,
        attribute.collation.as_deref(),
    )
}

fn spelt_attribute(name: &str, r#type: &str, collation: Option<&str>) -> String {
    let collate = collation.map_or_else(String::new, |c| format!(" collate {c}"));
    format!("{name} {type}{collate}")
}
