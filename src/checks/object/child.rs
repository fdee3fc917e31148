//! Objects that belong to a table and are named within it: policies, triggers.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::catalog::{Catalog, Identity, Kind, Kinds, Registered as _, Selection, Table, Unread};
use crate::error::Error;
use crate::source::{Entries, Located};

use super::super::language::{Expected, Item, Name, Part, Rest, Section};
use super::super::{Check, Examiner, Expectation, Facts, FileScope, Heading, Mentioned};
use super::all::AllOnTables;
use super::expand::takes_rest;
use super::{Choice, Draft, Expand, Presence, counts};

/// `policies:` and its like, by table, then by name.
pub type OfTables<E> = Section<Entries<Located<Item<E>>, Part>>;

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
    /// The schema of a pattern that names none.
    schema: String,
    table: Name,
    name: Part,
    expected: Expected<E>,
}

// Not through `Object`: what it is called is told apart by table.
impl<E: Child> Check for OnTable<E> {
    fn needs(&self) -> Selection {
        let own = Selection::of(Kinds::of::<E::Found>().and::<Table>()).within(&self.schema);
        match &self.expected {
            Expected::Absent => own,
            Expected::Present(expected) => own.with(expected.needs()),
        }
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let catalog = facts.catalog;
        let pattern = match &self.table {
            Name::One(table) => {
                let schema = examiner.subject().schema.as_str();
                return self.on_table(schema, &table.name, facts, examiner);
            }
            Name::Many(pattern) => pattern,
        };
        let matches = |schema: &str, table: &str| {
            pattern.matches(&self.schema, schema, table) && !catalog.server.keeps(schema, table)
        };
        let all = catalog.tables.known()?.iter();
        let all = all.filter(|table| counts(*table, catalog));
        let all = all.map(|table| [table.schema.as_str(), table.name.as_str()]);
        // What is no table may have one, too: a view.
        let others = E::Found::of(catalog).known()?.iter();
        let others = others.filter(|found| counts(*found, catalog)).map(|found| {
            let [schema, table, _] = E::place(found);
            [schema, table]
        });
        let tables: BTreeSet<[&str; 2]> =
            all.chain(others).filter(|[s, t]| matches(s, t)).collect();
        match (&self.expected, tables.is_empty()) {
            (Expected::Absent, true) => examiner.absence(&E::PRESENCE.unexpected, None),
            (Expected::Present(_), true) => {
                let words = "no table whose name matches";
                examiner.presence(&E::PRESENCE.missing, false, words);
            }
            _ => {}
        }
        for [schema, table] in tables {
            self.on_table(schema, table, facts, examiner)?;
        }
        Ok(())
    }
}

impl<E: Child> OnTable<E> {
    /// Examines what is named of one table.
    fn on_table(
        &self,
        schema: &str,
        table: &str,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let mut of_table = facts.catalog.on_table(E::place, schema, table)?;
        let one = self.name.one().is_some();
        of_table.retain(|found| one || counts(*found, facts.catalog));
        for found in self.name.of(of_table, |found| E::place(found)[2]) {
            if one && matches!(self.table, Name::One(_)) {
                self.examine_one(found, schema, table, facts, examiner)?;
                continue;
            }
            let subject = found.map_or_else(
                || {
                    let name = format!("{} on {table}", E::shown(self.name.shown()));
                    Identity::new(E::HEADING.noun, schema, name)
                },
                Kind::identity,
            );
            examiner.on(&subject, |examiner| {
                self.examine_one(found, schema, table, facts, examiner)
            })?;
        }
        Ok(())
    }

    fn examine_one(
        &self,
        found: Option<&E::Found>,
        schema: &str,
        table: &str,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        match (&self.expected, found) {
            (Expected::Absent, found) => {
                examiner.absence(&E::PRESENCE.unexpected, found.map(E::like));
            }
            (Expected::Present(expected), Some(found)) => {
                examiner.present(&E::PRESENCE.missing);
                return expected.compare(found, facts, examiner);
            }
            (Expected::Present(_), None) => {
                let Some(relation) = relation(facts.catalog, schema, table)? else {
                    let identity = Identity::new("table", schema, table);
                    examiner.skip_without_table(&table, &identity, facts);
                    return Ok(());
                };
                let noun = E::HEADING.noun;
                let none = format!("{} on the {relation}", self.name.none(noun));
                let there = facts.catalog.on_table(E::place, schema, table)?;
                let alike = self
                    .name
                    .alike(there.iter().map(|there| E::place(there)[2]));
                let alike = alike.map(|name| {
                    let in_schema = format!("{} on {table}", E::shown(name));
                    (name, Identity::new(noun, schema, in_schema))
                });
                examiner.missing_part(&E::PRESENCE.missing, none, alike);
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
        let listed = mentioned.children.entry(E::HEADING.noun).or_default();
        for (key, items) in &self.items.0 {
            // What cannot be read is an error of its expectation.
            let Ok(table) = Name::parse(&key.value) else {
                continue;
            };
            for (name, item) in &items.0 {
                let own = item.value.common.schema();
                let schema = own.or(self.options.schema()).unwrap_or(schema);
                match (&table, name.value.one()) {
                    (Name::One(table), Some(name)) => {
                        let schema = table.schema_or(schema).to_owned();
                        let place = [schema, table.name.clone(), name.to_owned()];
                        listed.names.insert(place);
                    }
                    _ => {
                        let pattern = (schema.to_owned(), table.clone(), name.value.clone());
                        listed.patterns.push(pattern);
                    }
                }
            }
        }
    }

    fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error> {
        let Section { options, items, .. } = self;
        scope.refuse(&options, &Self::refused(), E::PRESENCE.many)?;
        let noun = E::HEADING.noun;
        let summary = options.title.as_deref().unwrap_or(E::SUMMARY);
        for (key, items) in items.0 {
            let table = Name::parse(&key.value)
                .map_err(|words| Error::usage(words).at(scope.origin(&key)))?;
            for (name, item) in items.0 {
                let Item {
                    common,
                    mut expected,
                    ..
                } = item.value;
                if let Expected::Present(expected) = &mut expected {
                    scope.refuse_others(&options, expected.rest(), E::PRESENCE.many)?;
                }
                let common = common.within(&options);
                let schema = common.schema().unwrap_or(scope.schema);
                let is_there = match expected {
                    Expected::Absent => "is not there",
                    Expected::Present(_) => "exists",
                };
                let called = E::shown(name.value.shown());
                let (subject, on) = match &table {
                    Name::One(table) => {
                        let in_schema = format!("{called} on {}", table.name);
                        let subject = Identity::new(noun, table.schema_or(schema), in_schema);
                        (subject, table.to_string())
                    }
                    // It may be in any schema.
                    Name::Many(pattern) => (
                        Identity::new(noun, "", format!("{called} on {}", pattern.text())),
                        format!("every table that matches {}", pattern.text()),
                    ),
                };
                let label = format!("{} {noun} on {on} {is_there}", name.value);
                let check = OnTable {
                    schema: schema.to_owned(),
                    table: table.clone(),
                    name: name.value,
                    expected,
                };
                let place = Located {
                    value: String::new(),
                    span: name.span,
                };
                out.push(Expectation {
                    summary: Some(summary.to_owned()),
                    ..scope.expectation(E::HEADING, &place, subject, label, common, check)
                });
            }
        }
        let schema = options.schema().unwrap_or(scope.schema).to_owned();
        out.extend(
            scope.all_of(
                E::HEADING,
                E::PRESENCE.many,
                &schema,
                &options,
                AllOnTables::<E> {
                    schema: schema.clone(),
                    count: options.count.clone(),
                    listed: options
                        .refuses_others()
                        .then(|| scope.mentioned.listed(noun).cloned().unwrap_or_default()),
                    kind: PhantomData,
                },
            ),
        );
        Ok(())
    }

    fn refused() -> Vec<&'static str> {
        match takes_rest::<E>(|one| one.rest().is_some()) {
            true => Vec::new(),
            false => vec!["other_properties"],
        }
    }

    fn draft(choice: &Choice<'_>) -> Draft {
        choice.children::<E>()
    }
}
