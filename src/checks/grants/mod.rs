//! Effective privileges: what a role may do in the end with tables, columns, schemas, functions, by whatever way it came
//! to that: grants to itself, to PUBLIC, to roles that it is a member of.

mod others;
mod target;
mod written;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::catalog::{
    Access, Column, CompositeType, Database, Domain, Enum, ForeignDataWrapper, ForeignServer,
    ForeignTable, Function, Identity, Kinds, Membership, Privilege, Range, Role,
    Schema as SchemaRow, Selection, Sequence, Table, Unread, View,
};
use crate::error::Error;
use crate::source::{Entries, Located};

use super::language::{Expected, Item, Listing, Section as Items};
use super::privileges::{Privileges, Word, that_exist, words};
use super::{
    Check, Code, Comparison, Examiner, Expand, Expectation, Facts, FileScope, Heading, codes,
};

use target::{Class, Target, Thing};
pub use written::written;

codes! {
    pub(super)
    MISSING: "grant-missing", "a role may not do with an object what it should be able to do";
    UNEXPECTED: "grant-unexpected", "a role may do something with an object that it should not be able to do";
    UNLISTED: "grant-unlisted", "a role may do something with an object that is not listed";
}

/// Finding codes of this kind.
pub const CODES: &[Code] = &[MISSING, UNEXPECTED, UNLISTED];

type Expectations = Items<Entries<Located<Item<Privileges<Word>>>>>;

/// `grants:` by role, then by object: `orders`, `orders (id, total)`, `schema app`, `function pay(int)`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Expectations);

impl JsonSchema for Section {
    fn inline_schema() -> bool {
        Expectations::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Expectations::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Expectations::json_schema(generator)
    }
}

const HEADING: Heading = Heading {
    icon: "🛂 ",
    title: "Grants",
    noun: "grant",
};

/// What says who is a member of what, and what is a relation.
const NEEDS: Kinds = Kinds::of::<Role>()
    .and::<Membership>()
    .and::<Database>()
    .and::<Table>()
    .and::<View>()
    .and::<ForeignTable>();

const EVERYBODY: &str = "public";

impl Expand for Section {
    fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error> {
        let Items { options, items } = self.0;
        if let Some(count) = &options.count {
            let words = "grants are not counted: list them, and write `others: refused`";
            return Err(Error::usage(words).at(scope.origin(count)));
        }
        for (role, objects) in items.0 {
            let mut targets = Vec::new();
            for (key, item) in &objects.0 {
                let common = item.value.common.clone().within(&options);
                let schema = common.schema.as_deref().unwrap_or(scope.schema);
                let target = Target::parse(&key.value, schema)
                    .map_err(|words| Error::usage(words).at(scope.origin(key)))?;
                targets.push(target);
            }
            for ((key, item), target) in objects.0.into_iter().zip(&targets) {
                let Item { common, expected } = item.value;
                let privileges = match expected {
                    Expected::Present(privileges) => privileges,
                    Expected::Absent => Privileges::These(Listing::Exactly(Vec::new())),
                };
                let name = format!("of {} on {}", role.value, key.value);
                let subject = Identity::new("privileges", "", name);
                let label = format!("{} on {}: {privileges}", role.value, key.value);
                let check = OnTarget {
                    role: role.value.clone(),
                    target: target.clone(),
                    privileges: Located {
                        value: privileges,
                        span: item.span,
                    },
                    columns: target::columns_listed(target, &targets),
                };
                let common = common.within(&options);
                out.push(scope.expectation(HEADING, &key, subject, label, common, check));
            }
            out.extend(others::expectation(&role, targets, &options, scope));
        }
        Ok(())
    }
}

/// What a role may do with an object, or with all that a pattern names.
struct OnTarget {
    role: String,
    target: Target,
    privileges: Located<Privileges<Word>>,
    /// Columns that are listed by themselves.
    columns: Vec<(String, String, String)>,
}

impl Check for OnTarget {
    fn needs(&self) -> Selection {
        let own = match self.target.class {
            Class::Relation | Class::Columns(_) => Kinds::of::<Column>(),
            Class::Sequence => Kinds::of::<Sequence>(),
            Class::Schema => Kinds::of::<SchemaRow>(),
            Class::Function => Kinds::of::<Function>(),
            Class::Type => Kinds::of::<Enum>()
                .and::<Domain>()
                .and::<CompositeType>()
                .and::<Range>(),
            Class::Database => Kinds::default(),
            Class::Wrapper => Kinds::of::<ForeignDataWrapper>(),
            Class::Server => Kinds::of::<ForeignServer>(),
        };
        Selection::of(NEEDS.with(own)).within(&self.target.schema)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        facts.catalog.reaches(&self.target.schema)?;
        let access = Access::of(facts.catalog)?;
        if self.role != EVERYBODY && !access.roles().any(|role| role == self.role) {
            examiner.skip(format!("the role {} is not there", self.role));
            return Ok(());
        }
        let things = self.target.things(facts.catalog)?;
        if things.is_empty() {
            examiner.skip(format!("there is no {}", self.target));
            return Ok(());
        }
        for thing in &things {
            match &self.target.class {
                Class::Columns(names) => {
                    self.columns(names, thing, &access, facts, examiner)?;
                }
                class => {
                    let all = that_exist(thing.among, facts.catalog);
                    let held = of_words(access.held(&self.role, thing.securable, &all));
                    let subject = thing.subject(&self.role);
                    self.compare(&subject, &to_words(&all), &held, examiner);
                    if *class == Class::Relation {
                        self.rest(thing, &held, &access, facts, examiner)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn to_words(privileges: &[Privilege]) -> Vec<Word> {
    privileges.iter().copied().map(Word).collect()
}

fn of_words(privileges: impl IntoIterator<Item = Privilege>) -> Vec<Word> {
    privileges.into_iter().map(Word).collect()
}

impl OnTarget {
    fn compare(
        &self,
        subject: &Identity,
        all: &[Word],
        held: &[Word],
        examiner: &mut Examiner<'_>,
    ) {
        let (lacks, exceeds) = self.privileges.value.differs(all, held);
        let mut compare = |code, same| {
            let comparison = Comparison {
                code,
                subject,
                property: "",
                origin: examiner.place(&self.privileges),
            };
            let expected = self.privileges.value.to_string();
            examiner.compare(comparison, same, expected, words(held));
        };
        compare(&MISSING, lacks.is_empty());
        compare(&UNEXPECTED, exceeds.is_empty());
    }

    /// Columns that the suite names: what may be done with the table may be done with them.
    fn columns(
        &self,
        names: &[String],
        thing: &Thing<'_>,
        access: &Access<'_>,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let Identity { schema, name, .. } = &thing.identity;
        let columns: Vec<&Column> = facts.catalog.columns_of(schema, name)?.collect();
        for wanted in names {
            let Some(column) = columns.iter().find(|c| c.name == *wanted) else {
                examiner.skip(format!("there is no column {schema}.{name}.{wanted}"));
                continue;
            };
            let held = of_words(access.held(&self.role, access.column(column), Column::PRIVILEGES));
            let subject = column_subject(&self.role, column);
            self.compare(&subject, &to_words(Column::PRIVILEGES), &held, examiner);
        }
        Ok(())
    }

    /// The columns that the suite does not name: no more may be done with them than with their table.
    fn rest(
        &self,
        thing: &Thing<'_>,
        of_table: &[Word],
        access: &Access<'_>,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let Identity { schema, name, .. } = &thing.identity;
        for column in facts.catalog.columns_of(schema, name)? {
            let place = (schema.clone(), name.clone(), column.name.clone());
            if self.columns.contains(&place) {
                continue;
            }
            let held = of_words(access.held(&self.role, access.column(column), Column::PRIVILEGES));
            let (_, mut exceeds) = self.privileges.value.differs(&[], &held);
            // What the table itself exceeds is said of it.
            exceeds.retain(|word| !of_table.contains(word));
            let comparison = Comparison {
                code: &UNEXPECTED,
                subject: &column_subject(&self.role, column),
                property: "",
                origin: examiner.place(&self.privileges),
            };
            let expected = self.privileges.value.to_string();
            examiner.compare(comparison, exceeds.is_empty(), expected, words(&held));
        }
        Ok(())
    }
}

fn column_subject(role: &str, column: &Column) -> Identity {
    let name = format!(
        "of {role} on column {}.{}.{}",
        column.schema, column.table, column.name
    );
    Identity::new("privileges", "", name)
}
