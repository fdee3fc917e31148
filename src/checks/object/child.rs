//! Objects that belong to a table and are named within it: policies, triggers.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::catalog::{Catalog, Identity, Kind, Kinds, Selection, Table, Unread};
use crate::error::Error;
use crate::meaning::ObjectName;
use crate::source::{Entries, Located};

use super::super::elsewhere::nearest;
use super::super::language::{Expected, Item, Rest, Section};
use super::super::{Check, Examiner, Expectation, Facts, FileScope, Heading, Mentioned};
use super::all::AllOnTables;
use super::{Choice, Draft, Expand, Presence};

/// `policies:` and its like, by table, then by name.
pub type OfTables<E> = Section<Entries<Located<Item<E>>>>;

/// An expectation of an object that belongs to a table and is named within it.
pub trait Child: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Part of the report; its noun is also the kind of the object.
    const HEADING: Heading;
    /// The codes that every kind has.
    const PRESENCE: Presence;
    /// The first words of the one line that the report has for all that pass.
    const SUMMARY: &'static str;
    /// The object as the catalog has it.
    type Found: Kind + 'static;

    /// The schema, the table and the name of one.
    fn place(found: &Self::Found) -> [&str; 3];

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

    /// What of the catalog it looks at besides its own kind and the tables of its schema.
    fn needs(&self) -> Selection {
        Selection::default()
    }

    /// What it says of the properties that it leaves out, where the kind can say it.
    fn rest(&mut self) -> Option<&mut Rest> {
        None
    }

    /// Its name in a report.
    fn shown(name: &str) -> String {
        name.to_owned()
    }

    /// The expectation that just this object meets, as a suite would write it; `None` where the kind cannot be written
    /// yet.
    fn written(_found: &Self::Found, _catalog: &Catalog) -> Option<serde_json::Value> {
        None
    }

    /// What one is like, for a report that did not expect it.
    fn like(_found: &Self::Found) -> String {
        "one".to_owned()
    }
}

struct OnTable<E> {
    table: String,
    name: String,
    expected: Expected<E>,
}

// Not through `Object`: what it is called is told apart by table.
impl<E: Child> Check for OnTable<E> {
    fn needs(&self) -> Selection {
        let own = Selection::of(Kinds::of::<E::Found>().and::<Table>());
        match &self.expected {
            Expected::Absent => own,
            Expected::Present(expected) => own.with(expected.needs()),
        }
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let schema = examiner.subject().schema.as_str();
        let of_table = facts.catalog.on_table(E::place, schema, &self.table)?;
        let found = of_table
            .iter()
            .copied()
            .find(|found| E::place(found)[2] == self.name);
        match (&self.expected, found) {
            (Expected::Absent, found) => {
                examiner.absence(&E::PRESENCE.unexpected, found.map(E::like));
            }
            (Expected::Present(expected), Some(found)) => {
                examiner.present(&E::PRESENCE.missing);
                return expected.compare(found, facts, examiner);
            }
            (Expected::Present(_), None) => {
                let Some(relation) = relation(facts.catalog, schema, &self.table)? else {
                    let identity = Identity::new("table", schema, &self.table);
                    examiner.skip_without_table(&self.table, &identity, facts);
                    return Ok(());
                };
                let noun = E::HEADING.noun;
                let words = format!("{noun} of this name on the {relation}");
                let alike = nearest(&self.name, of_table.iter().map(|found| E::place(found)[2]));
                let alike = alike.map(|name| {
                    let in_schema = format!("{} on {}", E::shown(name), self.table);
                    (name, Identity::new(noun, schema, in_schema))
                });
                examiner.missing_part(&E::PRESENCE.missing, &words, alike);
            }
        }
        Ok(())
    }
}

/// What a relation is, if it is there: a view where the kind reads views, since it may be of one.
fn relation(catalog: &Catalog, schema: &str, name: &str) -> Result<Option<&'static str>, Unread> {
    if catalog.table(schema, name)?.is_some() {
        return Ok(Some("table"));
    }
    let mut views = catalog.views.rows().iter();
    let view = views.find(|view| view.schema == schema && view.name == name);
    Ok(view.map(|view| view.identity().kind))
}

impl<E: Child> Expand for OfTables<E> {
    fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
        let names = mentioned.children.entry(E::HEADING.noun).or_default();
        for (key, items) in &self.items.0 {
            let table = ObjectName::parse(&key.value);
            for (name, item) in &items.0 {
                let own = item.value.common.schema();
                let schema = own.or(self.options.schema()).unwrap_or(schema);
                let schema = table.schema_or(schema).to_owned();
                names.insert([schema, table.name.clone(), name.value.clone()]);
            }
        }
    }

    fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error> {
        let Section { options, items } = self;
        let noun = E::HEADING.noun;
        let summary = options.title.as_deref().unwrap_or(E::SUMMARY);
        for (key, items) in items.0 {
            let table = ObjectName::parse(&key.value);
            for (name, item) in items.0 {
                let Item {
                    common,
                    mut expected,
                } = item.value;
                if let Expected::Present(expected) = &mut expected {
                    scope.refuse_others(&options, expected.rest(), E::PRESENCE.many)?;
                }
                let common = common.within(&options);
                let schema = common.schema().unwrap_or(scope.schema);
                let schema = table.schema_or(schema).to_owned();
                let in_schema = format!("{} on {}", E::shown(&name.value), table.name);
                let subject = Identity::new(noun, &schema, in_schema);
                let is_there = match expected {
                    Expected::Absent => "is not there",
                    Expected::Present(_) => "exists",
                };
                let label = format!("{} {noun} on {} {is_there}", name.value, table);
                let check = OnTable {
                    table: table.name.clone(),
                    name: name.value.clone(),
                    expected,
                };
                out.push(Expectation {
                    summary: Some(summary.to_owned()),
                    ..scope.expectation(E::HEADING, &name, subject, label, common, check)
                });
            }
        }
        let schema = options.schema().unwrap_or(scope.schema).to_owned();
        out.extend(scope.all_of(
            E::HEADING,
            E::PRESENCE.many,
            &schema,
            &options,
            AllOnTables::<E> {
                schema: schema.clone(),
                count: options.count.clone(),
                listed: options.refuses_others().then(|| {
                    let listed = scope.mentioned.children.get(noun);
                    listed.cloned().unwrap_or_default()
                }),
                kind: PhantomData,
            },
        ));
        Ok(())
    }

    fn draft(choice: &Choice<'_>) -> Draft {
        choice.children::<E>()
    }
}
