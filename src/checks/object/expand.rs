//! From a section as it is written to its expectations.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::de::value::{MapAccessDeserializer, MapDeserializer};

use crate::catalog::Identity;
use crate::error::Error;
use crate::source::Located;

use super::super::language::{
    Common, Expected, Name, Options, Rest, Section, is_option, misplaced,
};
use super::super::{Check, Expectation, FileScope, Heading, Mentioned};
use super::all::All;
use super::{Choice, Draft, Many, Object, Objects, One, wanted};

/// A part of a file that speaks of one kind.
pub trait Expand {
    /// Notes what is named here, where another part has to know; `schema` is that of names that do not say theirs.
    fn mention(&self, _schema: &str, _mentioned: &mut Mentioned) {}

    /// Its expectations, in the order of the file.
    ///
    /// # Errors
    /// What makes no sense together, and names that cannot be read; each with its place.
    fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error>;

    /// Options that a section of this kind does not take.
    fn refused() -> Vec<&'static str> {
        Vec::new()
    }

    /// The part that the objects of a catalog meet, as a suite would write it. Empty where the kind cannot be written
    /// yet.
    fn draft(_choice: &Choice<'_>) -> Draft {
        Draft::default()
    }
}

/// Reads the key of an object; dots are part of the name of what lies in no schema.
fn read<E: Object>(written: &str) -> Result<Name, String> {
    let key = E::key(written);
    let name = match E::IN_SCHEMA {
        true => Name::parse(&key)?,
        false => Name::whole(&key)?,
    };
    match &name {
        Name::One(_) if E::HAS_TYPES && !is_closed(written) => Err(format!(
            "`{written}` has a parenthesis without its other one: inside `{{…}}`, a name with commas stands in quotes"
        )),
        _ => Ok(name),
    }
}

/// Whether no parenthesis outside quotes stays open.
fn is_closed(key: &str) -> bool {
    let plain = || key.split('"').step_by(2).flat_map(str::chars);
    plain().filter(|c| *c == '(').count() <= plain().filter(|c| *c == ')').count()
}

/// Whether an expectation can say that what it leaves out is not to be. One that cannot be empty is asked when it is read.
pub(super) fn takes_rest<E: DeserializeOwned>(rest: impl FnOnce(&mut E) -> bool) -> bool {
    let nothing = std::iter::empty::<(&str, &str)>();
    let nothing = MapDeserializer::<_, serde::de::value::Error>::new(nothing);
    let empty = E::deserialize(MapAccessDeserializer::new(nothing));
    empty.map_or(true, |mut empty| rest(&mut empty))
}

const SCHEMA: &str = "schema";
const OTHER_PROPERTIES: &str = "other_properties";

impl<E: Object> Expand for Objects<E> {
    fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
        for (key, item) in &self.items.0 {
            let own = item.value.common.schema();
            let schema = own.or(self.options.schema()).unwrap_or(schema);
            // What cannot be read is an error of its expectation.
            let Ok(name) = read::<E>(&key.value) else {
                continue;
            };
            if let (Name::One(name), Expected::Present(expected)) = (&name, &item.value.expected) {
                let rest = &self.options.other_properties;
                expected.mention(name.schema_or(schema), &name.name, rest, mentioned);
            }
            let names = mentioned.objects.entry(E::HEADING.noun).or_default();
            names.push((schema.to_owned(), name));
        }
    }

    fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error> {
        let Section {
            names,
            options,
            items,
        } = self;
        scope.refuse(&options, &Self::refused(), E::PRESENCE.many)?;
        let noun = E::HEADING.noun;
        for (key, item) in items.0 {
            if names && item.value.scalar && is_option(&key.value) {
                return Err(misplaced(&key.value).at(scope.origin(&key)));
            }
            let Located {
                value: mut item,
                span,
            } = item;
            let common = item.common.within(&options);
            let mut is_property = false;
            if let Expected::Present(expected) = &mut item.expected {
                scope.refuse_others(&options, expected.rest(), E::PRESENCE.many)?;
                is_property = common.schema.as_ref().is_some_and(|s| expected.lies_in(s));
                expected.written_at(span);
            }
            if let Some(schema) = common
                .schema
                .as_ref()
                .filter(|_| !E::IN_SCHEMA && !is_property)
            {
                return Err(scope.in_no_schema(E::PRESENCE.many, schema));
            }
            let schema = common.schema().unwrap_or(scope.schema).to_owned();
            let name = read::<E>(&key.value)
                .map_err(|words| Error::usage(words).at(scope.origin(&key)))?;
            let is_there = match item.expected {
                Expected::Absent => "is not there",
                Expected::Present(_) => "exists",
            };
            let expectation = match &name {
                Name::One(one) => {
                    let wanted = wanted::<E>(one, &schema);
                    let label = format!("{} {noun} {is_there}", one);
                    let subject = wanted.identity.clone();
                    let check = One {
                        wanted,
                        expected: item.expected,
                    };
                    scope.expectation(E::HEADING, &key, subject, label, common, check)
                }
                Name::Many(pattern) => {
                    let subject = Identity::new(noun, "", pattern.text());
                    let label = match item.expected {
                        Expected::Absent => format!("no {noun} matches {}", pattern.text()),
                        Expected::Present(_) => {
                            format!(
                                "every {noun} that matches {} is as expected",
                                pattern.text()
                            )
                        }
                    };
                    let check = Many {
                        schema,
                        pattern: pattern.clone(),
                        expected: item.expected,
                    };
                    scope.expectation(E::HEADING, &key, subject, label, common, check)
                }
            };
            let summary = options.title.as_deref().or(E::SUMMARY);
            out.push(Expectation {
                summary: summary.map(ToOwned::to_owned),
                ..expectation
            });
        }
        let schema = options.schema().unwrap_or(scope.schema).to_owned();
        out.extend(
            scope.all_of(
                E::HEADING,
                E::PRESENCE.many,
                if E::IN_SCHEMA { &schema } else { "" },
                &options,
                All::<E> {
                    schema: schema.clone(),
                    listed: scope
                        .mentioned
                        .objects
                        .get(noun)
                        .cloned()
                        .unwrap_or_default(),
                    refused: options.refuses_others(),
                    count: options.count.clone(),
                    kind: PhantomData,
                },
            ),
        );
        Ok(())
    }

    fn refused() -> Vec<&'static str> {
        let schema = (!E::IN_SCHEMA && !E::SCHEMA_IS_PROPERTY).then_some(SCHEMA);
        let rest = !takes_rest::<E>(|one| one.rest().is_some());
        schema
            .into_iter()
            .chain(rest.then_some(OTHER_PROPERTIES))
            .collect()
    }

    fn draft(choice: &Choice<'_>) -> Draft {
        choice.objects::<E>()
    }
}

impl FileScope<'_> {
    /// Gives what a section says of the properties that are left out to an item that says nothing of its own.
    pub(super) fn refuse_others(
        &self,
        options: &Options,
        rest: Option<&mut Rest>,
        many: &str,
    ) -> Result<(), Error> {
        let Some(of_section) = &options.other_properties else {
            return Ok(());
        };
        let Some(rest) = rest else {
            return self.refuse(options, &[OTHER_PROPERTIES], many);
        };
        // Without a place of its own, so that a finding points at the object.
        rest.get_or_insert_with(|| Located::left_out(of_section.value));
        Ok(())
    }

    /// Refuses options that a kind does not take.
    pub(in crate::checks) fn refuse(
        &self,
        options: &Options,
        refused: &[&str],
        many: &str,
    ) -> Result<(), Error> {
        if let Some(schema) = options
            .schema
            .as_ref()
            .filter(|_| refused.contains(&SCHEMA))
        {
            return Err(self.in_no_schema(many, schema));
        }
        let rest = options.other_properties.as_ref();
        if let Some(rest) = rest.filter(|_| refused.contains(&OTHER_PROPERTIES)) {
            let words =
                format!("{many} do not take `other_properties`: name each property that counts");
            return Err(Error::usage(words).at(self.origin(rest)));
        }
        Ok(())
    }

    /// That a kind has no schema to say.
    pub(in crate::checks) fn in_no_schema(&self, many: &str, schema: &Located<String>) -> Error {
        let words = format!("{many} lie in no schema: leave `schema` out");
        Error::usage(words).at(self.origin(schema))
    }

    /// What a section says of all objects of its kind, where it does.
    pub(super) fn all_of(
        &self,
        heading: Heading,
        many: &'static str,
        schema: &str,
        options: &Options,
        check: impl Check + Send + Sync + 'static,
    ) -> Option<Expectation> {
        let refused = options.others.as_ref().filter(|_| options.refuses_others());
        let key = match (&options.count, refused) {
            (Some(count), _) => Located {
                value: String::new(),
                span: count.span.clone(),
            },
            (None, Some(others)) => Located {
                value: String::new(),
                span: others.span.clone(),
            },
            (None, None) => return None,
        };
        let mut label = Vec::new();
        if let Some(count) = &options.count {
            label.push(format!("{} in number", count.value));
        }
        if refused.is_some() {
            label.push("no others".to_owned());
        }
        // Not an object's: `verify` takes a subject that is there before the setup for the suite's own.
        let subject = match schema {
            "" => Identity::new(many, "", ""),
            schema => Identity::new(many, "", format!("in {schema}")),
        };
        let label = format!("{subject}: {}", label.join(", "));
        let common = Common::default().within(options);
        Some(Expectation {
            quiet: true,
            ..self.expectation(heading, &key, subject, label, common, check)
        })
    }

    /// An expectation with its words.
    pub fn expectation(
        &self,
        heading: Heading,
        key: &Located<String>,
        subject: Identity,
        label: String,
        common: Common,
        check: impl Check + Send + Sync + 'static,
    ) -> Expectation {
        Expectation {
            subject,
            label,
            origin: self.origin(key),
            section: "",
            heading,
            summary: None,
            required: self.required,
            quiet: false,
            help: common.help,
            severity: common.severity.unwrap_or_default(),
            only_if: common.only_if,
            check: Box::new(check),
        }
    }
}
