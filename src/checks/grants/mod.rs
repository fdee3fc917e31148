//! Effective privileges: what a role may do in the end with tables, columns, schemas, functions, by whatever way it came
//! to that: grants to itself, to PUBLIC, to roles that it is a member of.

#[cfg(test)]
mod cost;
mod others;
mod target;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::catalog::{
    Access, Column, CompositeType, Database, Domain, Enum, ForeignDataWrapper, ForeignServer,
    ForeignTable, Function, Identity, Kinds, Membership, Privilege, Range, Role,
    Schema as SchemaRow, Selection, Sequence, Table, Unread, View,
};
use crate::error::Error;
use crate::meaning::ObjectName;
use crate::source::{Entries, Located};

use super::language::{Expected, Item, Listing, Section as Items, refuse_pattern};
use super::privileges::{Privileges, Word, that_exist, words};
use super::{
    Check, Choice, Code, Comparison, Draft, Examiner, Expand, Expectation, Facts, FileScope,
    Heading, codes,
};

use target::{Class, Target, Thing};

codes! {
    pub(super)
    MISSING: "grant-missing", "a role may not do with an object what it should be able to do";
    UNEXPECTED: "grant-unexpected", "a role may do something with an object that it should not be able to do";
    UNLISTED: "grant-unlisted", "a role may do something with an object that is not listed";
}

/// Finding codes of this kind.
pub const CODES: &[Code] = &[MISSING, UNEXPECTED, UNLISTED];

type Expectations = Items<Entries<Located<Item<Privileges<Word>>>>>;

/// `grants:` by role, then by object, one or a list of each: `orders, customers`, `orders (id, total)`, `schema app`, `function pay(int)`.
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
        let Items { options, items, .. } = self.0;
        scope.refuse(&options, &Self::refused(), "grants")?;
        if let Some(count) = &options.count {
            let words = "grants are not counted: list them, and write `others: refused`";
            return Err(Error::usage(words).at(scope.origin(count)));
        }
        let mut lines = Vec::new();
        let mut by_role: BTreeMap<String, (Located<String>, Vec<Target>)> = BTreeMap::new();
        for (key, objects) in items.0 {
            let roles = roles(&key).map_err(|words| Error::usage(words).at(scope.origin(&key)))?;
            for role in &roles {
                by_role
                    .entry(role.value.clone())
                    .or_insert_with(|| (role.clone(), Vec::new()));
            }
            for (key, item) in objects.0 {
                let schema = item
                    .value
                    .common
                    .schema
                    .as_ref()
                    .or(options.schema.as_ref());
                let schema = schema.map_or(scope.schema, |schema| schema.value.as_str());
                let targets = Target::parse(&key.value, schema)
                    .map_err(|words| Error::usage(words).at(scope.origin(&key)))?;
                for role in &roles {
                    if let Some((_, all)) = by_role.get_mut(&role.value) {
                        all.extend_from_slice(&targets);
                    }
                }
                lines.push((roles.clone(), key, targets, item));
            }
        }
        let columns: BTreeMap<&str, Arc<Columns>> = by_role
            .iter()
            .map(|(role, (_, targets))| (role.as_str(), Arc::new(Columns::listed(targets))))
            .collect();
        for (roles, key, targets, item) in lines {
            let Item {
                common, expected, ..
            } = item.value;
            let privileges = match expected {
                Expected::Present(privileges) => privileges,
                Expected::Absent => Privileges::These(Listing::Exactly(Vec::new())),
            };
            let common = common.within(&options);
            for role in roles {
                let name = format!("of {} on {}", role.value, key.value);
                let subject = Identity::new("privileges", "", name);
                let label = format!("{} on {}: {privileges}", role.value, key.value);
                let check = OnTargets {
                    targets: targets.clone(),
                    privileges: Located {
                        value: privileges.clone(),
                        span: item.span.clone(),
                    },
                    columns: columns
                        .get(role.value.as_str())
                        .cloned()
                        .unwrap_or_default(),
                    role: role.value,
                };
                out.push(scope.expectation(HEADING, &key, subject, label, common.clone(), check));
            }
        }
        let listed: Vec<_> = by_role.into_values().collect();
        others::expectations(listed, &options, scope, out);
        Ok(())
    }

    fn refused() -> Vec<&'static str> {
        vec!["count", "other_properties"]
    }

    fn draft(choice: &Choice<'_>) -> Draft {
        written::draft(choice)
    }
}

/// The roles of a key: one, or a list as GRANT has it.
fn roles(key: &Located<String>) -> Result<Vec<Located<String>>, String> {
    let mut quoted = false;
    let names = key.value.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let names = names.map(|name| match name.trim() {
        "" => Err(format!("`{}` names no role beside a comma", key.value)),
        name => refuse_pattern(name).map(|()| Located {
            value: ObjectName::whole(name).name,
            span: key.span.clone(),
        }),
    });
    names.collect()
}

/// The columns that a suite lists by themselves: schema, table, column.
#[derive(Debug, Default)]
struct Columns(BTreeSet<[String; 3]>);

impl Columns {
    fn listed(targets: &[Target]) -> Self {
        let all = targets.iter().flat_map(Target::columns);
        Self(all.map(|place| place.map(ToOwned::to_owned)).collect())
    }

    fn has(&self, column: &Column) -> bool {
        let place = [&column.schema, &column.table, &column.name];
        self.0.contains(&place.map(Clone::clone))
    }
}

/// What a role may do with some objects, or with all that a pattern names.
struct OnTargets {
    role: String,
    targets: Vec<Target>,
    privileges: Located<Privileges<Word>>,
    columns: Arc<Columns>,
}

impl Check for OnTargets {
    fn needs(&self) -> Selection {
        let all = self.targets.iter();
        all.fold(Selection::of(NEEDS), |needs, target| {
            needs
                .with(Selection::of(kinds(&target.class)))
                .within(&target.schema)
        })
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        for target in &self.targets {
            facts.catalog.reaches(&target.schema)?;
        }
        let access = Access::of(facts.catalog)?;
        if self.role != EVERYBODY && !access.has_role(&self.role) {
            examiner.skip(format!("the role {} is not there", self.role));
            return Ok(());
        }
        for target in &self.targets {
            let things = target.things(facts.catalog)?;
            if things.is_empty() {
                examiner.skip(format!("there is no {target}"));
            }
            for thing in &things {
                self.examine_one(&target.class, thing, &access, facts, examiner)?;
            }
        }
        Ok(())
    }
}

/// What has to be read to know the objects of a class.
fn kinds(class: &Class) -> Kinds {
    match class {
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
    }
}

fn to_words(privileges: &[Privilege]) -> Vec<Word> {
    privileges.iter().copied().map(Word).collect()
}

fn of_words(privileges: impl IntoIterator<Item = Privilege>) -> Vec<Word> {
    privileges.into_iter().map(Word).collect()
}

impl OnTargets {
    fn examine_one(
        &self,
        class: &Class,
        thing: &Thing<'_>,
        access: &Access<'_>,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if let Class::Columns(names) = class {
            return self.columns(names, thing, access, facts, examiner);
        }
        let all = that_exist(thing.among, facts.catalog);
        let held = of_words(access.held(&self.role, thing.securable, &all));
        let subject = thing.subject(&self.role);
        self.compare(&subject, &to_words(&all), &held, examiner);
        match class {
            Class::Relation => self.rest(thing, &held, access, facts, examiner),
            _ => Ok(()),
        }
    }

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
            if self.columns.has(column) {
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
