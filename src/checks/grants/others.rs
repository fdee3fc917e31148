//! That a role may do nothing with objects that are not listed.

use std::collections::BTreeSet;

use crate::catalog::{Access, Column, Function, Identity, Schema, Selection, Sequence, Unread};
use crate::source::Located;

use super::super::language::{Common, Options, Others};
use super::super::privileges::{that_exist, words};
use super::super::{Check, Examiner, Expectation, Facts, FileScope};
use super::target::{Class, Target, Thing, of_class};
use super::{EVERYBODY, HEADING, NEEDS, UNLISTED, of_words};

/// Everything in some schemas that a role may do something with is listed.
struct Closed {
    role: String,
    schemas: BTreeSet<String>,
    listed: Vec<Target>,
}

/// The classes that are looked at. Types are not: what everybody may do with them opens nothing.
const CLASSES: [Class; 4] = [
    Class::Schema,
    Class::Relation,
    Class::Sequence,
    Class::Function,
];

pub(super) fn expectation(
    role: &Located<String>,
    listed: Vec<Target>,
    options: &Options,
    scope: &FileScope<'_>,
) -> Option<Expectation> {
    let refused = options.others.as_ref()?;
    if refused.value != Others::Refused {
        return None;
    }
    let mut schemas: BTreeSet<String> = listed.iter().map(|t| t.schema.clone()).collect();
    schemas.remove("");
    schemas.insert(options.schema.as_deref().unwrap_or(scope.schema).to_owned());
    let among = schemas.iter().cloned().collect::<Vec<_>>().join(", ");
    let subject = Identity::new("privileges", "", format!("of {} in {among}", role.value));
    let label = format!("{subject}: no others");
    let key = Located {
        value: String::new(),
        span: refused.span.clone(),
    };
    let common = Common::default().within(options);
    let check = Closed {
        role: role.value.clone(),
        schemas,
        listed,
    };
    Some(Expectation {
        quiet: true,
        ..scope.expectation(HEADING, &key, subject, label, common, check)
    })
}

impl Check for Closed {
    fn needs(&self) -> Selection {
        let kinds = NEEDS
            .and::<Column>()
            .and::<Sequence>()
            .and::<Schema>()
            .and::<Function>();
        let schemas = self.schemas.iter();
        schemas.fold(Selection::of(kinds), |needs, s| needs.within(s))
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        for schema in &self.schemas {
            facts.catalog.reaches(schema)?;
        }
        let access = Access::of(facts.catalog)?;
        if self.role != EVERYBODY && !access.roles().any(|role| role == self.role) {
            examiner.skip(format!("the role {} is not there", self.role));
            return Ok(());
        }
        let mut others = Vec::new();
        for class in CLASSES {
            let mut listed: BTreeSet<Identity> = BTreeSet::new();
            for target in self.listed.iter().filter(|t| t.class == class) {
                listed.extend(
                    target
                        .things(facts.catalog)?
                        .into_iter()
                        .map(|t| t.identity),
                );
            }
            let theirs = |schema: &str| self.schemas.contains(schema);
            for thing in of_class(&class, facts.catalog, &theirs)? {
                if thing.counts && !listed.contains(&thing.identity) {
                    self.held(&class, &thing, &access, facts, &mut others)?;
                }
            }
        }
        let advice = "List it, revoke what is not needed, or write `others: allowed`.";
        examiner.no_others(&UNLISTED, advice, &others);
        Ok(())
    }
}

impl Closed {
    /// What the role may do with an object that is not listed, or with columns that are not.
    fn held(
        &self,
        class: &Class,
        thing: &Thing<'_>,
        access: &Access<'_>,
        facts: &Facts<'_>,
        others: &mut Vec<(Identity, String)>,
    ) -> Result<(), Unread> {
        let among = that_exist(thing.among, facts.catalog);
        let held = of_words(access.held(&self.role, thing.securable, &among));
        if !held.is_empty() {
            others.push((thing.subject(&self.role), words(&held)));
        }
        if *class != Class::Relation {
            return Ok(());
        }
        let Identity { schema, name, .. } = &thing.identity;
        for column in facts.catalog.columns_of(schema, name)? {
            let is_listed = self.listed.iter().any(|target| match &target.class {
                Class::Columns(columns) => target.is(thing) && columns.contains(&column.name),
                _ => false,
            });
            if is_listed {
                continue;
            }
            let mut more =
                of_words(access.held(&self.role, access.column(column), Column::PRIVILEGES));
            more.retain(|word| !held.contains(word));
            if !more.is_empty() {
                others.push((super::column_subject(&self.role, column), words(&more)));
            }
        }
        Ok(())
    }
}
