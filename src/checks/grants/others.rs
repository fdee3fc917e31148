//! That a role may do nothing with objects that are not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::{Access, Column, Identity, Kinds, Privilege, Selection, Unread};
use crate::source::Located;

use super::super::language::{Common, Options, Others};
use super::super::privileges::{Word, that_exist, words};
use super::super::{Check, Comparison, Examiner, Expectation, Facts, FileScope};
use super::target::{Class, Target, Thing, of_class};
use super::{EVERYBODY, HEADING, MISSING, NEEDS, UNLISTED, kinds, of_words};

/// Everything in some schemas that a role may do something with is listed, but for what needs no line.
struct Closed {
    role: String,
    within: Arc<Within>,
    listed: Vec<Target>,
}

/// What is looked at, which is the same for all roles of a section.
struct Within {
    schemas: BTreeSet<String>,
    /// What lies in no schema is looked at where the section speaks of such objects.
    nowhere: bool,
    /// What everybody may do is said below `public`, and needs no line of another role.
    everybody: bool,
}

const CLASSES: [Class; 8] = [
    Class::Database,
    Class::Schema,
    Class::Relation,
    Class::Sequence,
    Class::Function,
    Class::Type,
    Class::Wrapper,
    Class::Server,
];

/// Whether a role may do more than needs no line.
pub(super) fn exceeds(held: &[Word], implied: &[Word]) -> bool {
    held.iter().any(|word| !implied.contains(word))
}

/// Whether an owner may do less than one thinks.
pub(super) fn lacks(held: &[Word], implied: &[Word]) -> bool {
    // An upgraded server has lists of owners that do not know this one yet.
    let counts = |word: &Word| word.0 != Privilege::Maintain;
    implied
        .iter()
        .any(|word| counts(word) && !held.contains(word))
}

/// Classes that everybody starts with privileges on that open nothing: only more than these needs a line.
fn opens_nothing(class: &Class) -> bool {
    matches!(class, Class::Database | Class::Type)
}

pub(super) fn expectations(
    roles: Vec<(Located<String>, Vec<Target>)>,
    options: &Options,
    scope: &FileScope<'_>,
    out: &mut Vec<Expectation>,
) {
    let Some(refused) = &options.others else {
        return;
    };
    if refused.value != Others::Refused {
        return;
    }
    let all = || roles.iter().flat_map(|(_, targets)| targets);
    let mut schemas: BTreeSet<String> = all().map(|target| target.schema.clone()).collect();
    schemas.remove("");
    let own = options.schema.as_ref().map(|schema| schema.value.as_str());
    schemas.insert(own.unwrap_or(scope.schema).to_owned());
    let within = Arc::new(Within {
        nowhere: all().any(Target::is_nowhere),
        everybody: roles.iter().any(|(role, _)| role.value == EVERYBODY),
        schemas,
    });
    let among = within
        .schemas
        .iter()
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    for (role, listed) in roles {
        let subject = Identity::new("privileges", "", format!("of {} in {among}", role.value));
        let label = format!("{subject}: no others");
        let key = Located {
            value: String::new(),
            span: refused.span.clone(),
        };
        let common = Common::default().within(options);
        let check = Closed {
            role: role.value,
            within: Arc::clone(&within),
            listed,
        };
        out.push(Expectation {
            quiet: true,
            ..scope.expectation(HEADING, &key, subject, label, common, check)
        });
    }
}

impl Check for Closed {
    fn needs(&self) -> Selection {
        let classes = CLASSES.iter().filter(|class| self.looks_at(class));
        let kinds = classes.fold(NEEDS, |all: Kinds, class| all.with(kinds(class)));
        let schemas = self.within.schemas.iter();
        schemas.fold(Selection::of(kinds), |needs, s| needs.within(s))
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        for schema in &self.within.schemas {
            facts.catalog.reaches(schema)?;
        }
        let access = Access::of(facts.catalog)?;
        if self.role != EVERYBODY && !access.has_role(&self.role) {
            examiner.skip(format!("the role {} is not there", self.role));
            return Ok(());
        }
        let columns = self.columns(facts)?;
        let mut others = Found::default();
        for class in CLASSES.iter().filter(|class| self.looks_at(class)) {
            let mut listed: BTreeSet<Identity> = BTreeSet::new();
            for target in self.listed.iter().filter(|t| t.class == *class) {
                let things = target.things(facts.catalog)?.into_iter();
                listed.extend(things.map(|t| t.identity));
            }
            let theirs = |schema: &str| schema.is_empty() || self.within.schemas.contains(schema);
            for thing in of_class(class, facts.catalog, &theirs)? {
                let counts = thing.counts || *class == Class::Database;
                if counts && !listed.contains(&thing.identity) {
                    self.held(class, &thing, &access, &columns, facts, &mut others)?;
                }
            }
        }
        let advice = "List it, revoke what is not needed, or write `others: allowed`.";
        for (subject, held) in &others.fewer {
            let comparison = Comparison {
                code: &MISSING,
                subject,
                property: "",
                origin: examiner.origin(),
            };
            examiner.compare(comparison, false, "all, as its owner", held.as_str());
        }
        examiner.no_others(&UNLISTED, advice, &others.more);
        Ok(())
    }
}

/// What is not as it is implied, each with what a role may do.
#[derive(Default)]
struct Found {
    more: Vec<(Identity, String)>,
    fewer: Vec<(Identity, String)>,
}

/// Columns by the schema and name of their table.
type OfTables = BTreeMap<(String, String), BTreeSet<String>>;

impl Closed {
    fn looks_at(&self, class: &Class) -> bool {
        match class {
            Class::Database | Class::Wrapper | Class::Server => self.within.nowhere,
            _ => true,
        }
    }

    /// The columns that are listed by themselves.
    fn columns(&self, facts: &Facts<'_>) -> Result<OfTables, Unread> {
        let mut out = OfTables::new();
        for target in &self.listed {
            if let Class::Columns(columns) = &target.class {
                for thing in target.things(facts.catalog)? {
                    let Identity { schema, name, .. } = thing.identity;
                    let of_table = out.entry((schema, name)).or_default();
                    of_table.extend(columns.iter().cloned());
                }
            }
        }
        Ok(out)
    }

    /// What of these privileges needs no line: what ownership implies, and what everybody may do where that is said.
    fn implied(
        &self,
        class: &Class,
        thing: &Thing<'_>,
        all: &[Privilege],
        everybody: impl FnOnce() -> BTreeSet<Privilege>,
    ) -> Vec<Word> {
        if self.role == thing.owner {
            return of_words(all.iter().copied());
        }
        match opens_nothing(class) || self.within.everybody && self.role != EVERYBODY {
            true => of_words(everybody()),
            false => Vec::new(),
        }
    }

    /// What the role may do with an object that is not listed, or with columns that are not.
    fn held(
        &self,
        class: &Class,
        thing: &Thing<'_>,
        access: &Access<'_>,
        columns: &OfTables,
        facts: &Facts<'_>,
        others: &mut Found,
    ) -> Result<(), Unread> {
        let among = that_exist(thing.among, facts.catalog);
        let held = of_words(access.held(&self.role, thing.securable, &among));
        let implied = self.implied(class, thing, &among, || {
            access.held(EVERYBODY, thing.securable, &among)
        });
        if exceeds(&held, &implied) {
            others.more.push((thing.subject(&self.role), words(&held)));
        } else if self.role == thing.owner && lacks(&held, &implied) {
            others.fewer.push((thing.subject(&self.role), words(&held)));
        }
        if *class != Class::Relation {
            return Ok(());
        }
        let Identity { schema, name, .. } = &thing.identity;
        let listed = columns.get(&(schema.clone(), name.clone()));
        for column in facts.catalog.columns_of(schema, name)? {
            if listed.is_some_and(|listed| listed.contains(&column.name)) {
                continue;
            }
            let securable = access.column(column);
            let mut more = of_words(access.held(&self.role, securable, Column::PRIVILEGES));
            more.retain(|word| !held.contains(word));
            let implied = self.implied(class, thing, Column::PRIVILEGES, || {
                access.held(EVERYBODY, securable, Column::PRIVILEGES)
            });
            if exceeds(&more, &implied) {
                others
                    .more
                    .push((super::column_subject(&self.role, column), words(&more)));
            }
        }
        Ok(())
    }
}
