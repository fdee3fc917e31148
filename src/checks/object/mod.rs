//! What the kinds of check on objects share: an object that a suite names is looked for, its absence is a finding (or
//! its presence, where it is not to be there), and only what is there is compared. A kind says what it is called,
//! where it is found and what is compared.

mod all;
mod child;
mod expand;
mod write;

use std::borrow::Cow;
use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::catalog::{Catalog, Identity, Kind, Kinds, Registered as _, Selection, Unread};
use crate::meaning::ObjectName;
use crate::migrate::ledger;
use crate::source::Located;

use super::language::{Expected, Item, Pattern, Rest, Section};
use super::{Check, Code, Examiner, Facts, Heading, Mentioned};

pub use child::{Child, OfTables};
pub use expand::Expand;
pub(crate) use write::name_as_written;
pub use write::{Choice, Draft};

/// The codes that every kind of object has.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    /// What several are called: `tables`.
    pub many: &'static str,
    /// It is not there.
    pub missing: Code,
    /// It is there and should not be.
    pub unexpected: Code,
    /// There are more or fewer than expected.
    pub count: Code,
}

/// The object that a suite names.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it is and what it is called.
    pub identity: Identity,
    /// The name without its schema, as the suite writes it, quotes included.
    pub written: String,
}

/// `tables:` and its like, by name.
pub type Objects<E> = Section<Located<Item<E>>>;

/// An expectation of an object with a name of its own.
pub trait Object: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Part of the report; its noun is also the kind of the object.
    const HEADING: Heading;
    /// The codes that every kind has.
    const PRESENCE: Presence;
    /// The first words of the one line that the report has for all that pass; `None` for a line each.
    const SUMMARY: Option<&'static str> = None;
    /// Whether it lies in a schema.
    const IN_SCHEMA: bool = true;
    /// Whether the key `schema` says a property of it.
    const SCHEMA_IS_PROPERTY: bool = false;
    /// Whether it is a schema itself.
    const IS_SCHEMA: bool = false;
    /// Whether the key has types in parentheses, so that one without its other is half of a key: `f(int, text)` in `{…}`.
    const HAS_TYPES: bool = false;
    /// The object as the catalog has it.
    type Found: Kind + 'static;

    /// Compares one with what is expected.
    ///
    /// # Errors
    /// Where something that it looks at was not read.
    fn compare(
        &self,
        found: &Self::Found,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread>;

    /// What of the catalog it looks at besides its own kind and schema.
    fn needs(&self) -> Selection {
        Selection::default()
    }

    /// The key that names one, for kinds whose names are no plain ones: as it is read.
    fn key(written: &str) -> Cow<'_, str> {
        Cow::Borrowed(written)
    }

    /// Whether an object of the catalog is of this kind, where the catalog holds several in one list.
    fn is_one(_found: &Self::Found) -> bool {
        true
    }

    /// Notes what another part of the file has to know of it; `rest` is what its section says of other properties.
    fn mention(&self, _schema: &str, _name: &str, _rest: &Rest, _mentioned: &mut Mentioned) {}

    /// What one is called in a report, by its name as the suite writes it.
    fn called(name: &ObjectName) -> String {
        name.name.clone()
    }

    /// What is wanted: by the schema and name of its identity, for most kinds. There are several where objects are told
    /// apart by their types and the name says none; what is expected holds for each.
    ///
    /// # Errors
    /// Where its kind was not read.
    fn find<'a>(catalog: &'a Catalog, wanted: &Wanted) -> Result<Vec<&'a Self::Found>, Unread> {
        let Identity { schema, name, .. } = &wanted.identity;
        let mut found = catalog.named(schema, name)?;
        found.retain(|found| Self::is_one(found));
        Ok(found)
    }

    /// Says that it is not there.
    ///
    /// # Errors
    /// Where something that it looks at was not read.
    fn missing(
        &self,
        _wanted: &Wanted,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.missing(&Self::PRESENCE.missing, Self::HEADING.noun, facts);
        Ok(())
    }

    /// What one is like, for a report that did not expect it.
    fn like(_found: &Self::Found) -> String {
        "one".to_owned()
    }

    /// The expectation that just this object meets, as a suite would write it; `None` where the kind cannot be written
    /// yet.
    fn written(_found: &Self::Found, _catalog: &Catalog) -> Option<serde_json::Value> {
        None
    }

    /// Its name as a suite writes it, without its schema.
    fn name_of(found: &Self::Found) -> String {
        name_as_written(&found.identity().name)
    }

    /// The schema and name of the table that it is or belongs to: what is written stands in the order of tables.
    fn table(_found: &Self::Found) -> Option<[&str; 2]> {
        None
    }

    /// Takes note of the key `schema`, for kinds that lie in none and have one as a property; whether it is one.
    fn lies_in(&mut self, _schema: &Located<String>) -> bool {
        false
    }

    /// What it says of the properties that it leaves out, where the kind can say it.
    fn rest(&mut self) -> Option<&mut Rest> {
        None
    }

    /// Takes note of the place of the whole value, for what a shorthand says without a place of its own.
    fn written_at(&mut self, _span: Range<usize>) {}
}

struct One<E> {
    wanted: Wanted,
    expected: Expected<E>,
}

impl<E: Object> Check for One<E> {
    fn needs(&self) -> Selection {
        needs(&self.expected)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let found = E::find(facts.catalog, &self.wanted)?;
        match (&self.expected, found.as_slice()) {
            (Expected::Absent, found) => {
                let found = found.first().copied();
                examiner.absence(&E::PRESENCE.unexpected, found.map(E::like));
                Ok(())
            }
            (Expected::Present(expected), []) => expected.missing(&self.wanted, facts, examiner),
            (Expected::Present(expected), [found]) => {
                examiner.present(&E::PRESENCE.missing);
                expected.compare(found, facts, examiner)
            }
            (Expected::Present(expected), several) => several.iter().try_for_each(|found| {
                examiner.on(&found.identity(), |examiner| {
                    examiner.present(&E::PRESENCE.missing);
                    expected.compare(found, facts, examiner)
                })
            }),
        }
    }
}

fn needs<E: Object>(expected: &Expected<E>) -> Selection {
    let own = Selection::of(Kinds::of::<E::Found>());
    match expected {
        Expected::Absent => own,
        Expected::Present(expected) => own.with(expected.needs()),
    }
}

/// Every object whose name matches.
struct Many<E> {
    schema: String,
    pattern: Pattern,
    expected: Expected<E>,
}

impl<E: Object> Check for Many<E> {
    fn needs(&self) -> Selection {
        needs(&self.expected).within(&self.schema)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let mut none = true;
        for found in E::Found::of(facts.catalog).known()? {
            let identity = found.identity();
            let matches = self
                .pattern
                .matches(&self.schema, &identity.schema, &identity.name);
            if !matches || !counts(found, facts.catalog) || !E::is_one(found) {
                continue;
            }
            none = false;
            examiner.on(&identity, |examiner| match &self.expected {
                Expected::Absent => {
                    examiner.absence(&E::PRESENCE.unexpected, Some(E::like(found)));
                    Ok(())
                }
                Expected::Present(expected) => {
                    examiner.present(&E::PRESENCE.missing);
                    expected.compare(found, facts, examiner)
                }
            })?;
        }
        match (&self.expected, none) {
            (Expected::Absent, true) => examiner.absence(&E::PRESENCE.unexpected, None),
            (Expected::Present(_), true) => {
                let words = format!("no {} whose name matches", E::HEADING.noun);
                examiner.presence(&E::PRESENCE.missing, false, words);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether an object counts where a suite speaks of all of a kind: not what the platform or an extension brought, and not
/// our ledger.
pub(super) fn counts<K: Kind>(found: &K, catalog: &Catalog) -> bool {
    brought_by_nobody(found) && !is_ledger(&found.identity(), catalog)
}

/// The same, our ledger included.
fn brought_by_nobody<K: Kind>(found: &K) -> bool {
    !found.is_platform() && found.extension().is_none()
}

fn is_ledger(identity: &Identity, catalog: &Catalog) -> bool {
    let Identity { kind, schema, name } = identity;
    schema == ledger::SCHEMA
        || *kind == "schema" && name == ledger::SCHEMA
        || catalog.server.keeps(schema, name)
}

fn wanted<E: Object>(name: &ObjectName, schema: &str) -> Wanted {
    let schema = match E::IN_SCHEMA {
        true => name.schema_or(schema),
        false => "",
    };
    Wanted {
        identity: Identity::new(E::HEADING.noun, schema, E::called(name)),
        written: name.written.clone(),
    }
}

#[cfg(test)]
mod tests;
