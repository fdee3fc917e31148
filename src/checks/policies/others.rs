//! What holds for all policies of a table together: that there are no others, and that row-level security is on.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Identity, Kind, Kinds, Policy, Selection, Table, Unread};
use crate::error::Error;
use crate::meaning;
use crate::source::{Entries, Located};

use super::super::language::{Common, Expected, Item, Name, Others, Part};
use super::super::object::counts;
use super::super::{
    Check, Child, Comparison, Examiner, Expectation, Facts, FileScope, Listed, codes,
};
use super::{PRESENCE, PolicyExpectation};

codes! {
    pub(super)
    WITHOUT_RLS: "policy-without-rls", "a table has policies that do not hold, since its row-level security is off";
}

type Items = Entries<Entries<Located<Item<PolicyExpectation>>, Part>>;

/// All policies of one table, or of each that a pattern names.
struct OfTable {
    /// The schema of a pattern that names none.
    schema: String,
    table: Name,
    says: Says,
    /// Those that may be there; `None` where any may.
    known: Option<Listed>,
    /// Whether row-level security has to be on.
    rls: bool,
    /// Tables of which a section says whether it is.
    told: BTreeSet<(String, String)>,
}

/// What the places of a table say of policies.
#[derive(Clone, Copy, Default)]
struct Says {
    /// One is named.
    any: bool,
    /// One is to be there.
    present: bool,
}

/// One more expectation for each listed table. A table may be listed twice, as `orders` and `public.orders`.
pub(super) fn expand(
    items: &Items,
    others: Others,
    scope: &FileScope<'_>,
) -> Result<Vec<Expectation>, Error> {
    let mut tables: BTreeMap<(String, String), Says> = BTreeMap::new();
    let mut names = Vec::new();
    for (key, policies) in &items.0 {
        let name =
            Name::parse(&key.value).map_err(|words| Error::usage(words).at(scope.origin(key)))?;
        let table = match &name {
            Name::One(one) => (one.schema_or(scope.schema).to_owned(), one.name.clone()),
            Name::Many(pattern) => (String::new(), pattern.text().to_owned()),
        };
        let mut here = policies.0.iter();
        let says = Says {
            any: !policies.0.is_empty(),
            present: here.any(|(_, item)| matches!(item.value.expected, Expected::Present(_))),
        };
        match tables.get_mut(&table) {
            Some(before) => {
                before.any |= says.any;
                before.present |= says.present;
            }
            None => {
                tables.insert(table.clone(), says);
                names.push((key, name, table));
            }
        }
    }
    let all = names.into_iter().filter_map(|(key, name, table)| {
        let says = tables[&table];
        expectation(key, name, table, says, others, scope)
    });
    Ok(all.collect())
}

fn expectation(
    key: &Located<String>,
    name: Name,
    table: (String, String),
    says: Says,
    others: Others,
    scope: &FileScope<'_>,
) -> Option<Expectation> {
    let many = matches!(name, Name::Many(_));
    let listed = || {
        let all = scope.mentioned.listed(PolicyExpectation::HEADING.noun);
        let here = match many {
            true => all.cloned(),
            false => all.map(|all| all.of_table(&table.0, &table.1)),
        };
        here.unwrap_or_default()
    };
    let known = (others == Others::Refused).then(listed);
    // An expectation of the table that speaks of row-level security would say it a second time.
    let rls = says.present && !scope.mentioned.rls.contains(&table);
    let on = match &name {
        Name::One(one) => one.to_string(),
        Name::Many(pattern) => format!("every table that matches {}", pattern.text()),
    };
    let label = match (&known, rls) {
        (Some(_), true) => format!("{on} has no other policy, and row-level security is on"),
        (Some(_), false) => format!("{on} has no other policy"),
        (None, true) => format!("row-level security of {on} is on"),
        (None, false) => return None,
    };
    // Not the table: `verify` takes a subject that is there before the setup for the suite's own.
    let subject = Identity::new("policies", &table.0, &table.1);
    let check = OfTable {
        schema: scope.schema.to_owned(),
        table: name,
        says,
        known,
        rls,
        told: match many {
            true => scope.mentioned.rls.clone(),
            false => BTreeSet::new(),
        },
    };
    let heading = PolicyExpectation::HEADING;
    Some(Expectation {
        quiet: true,
        ..scope.expectation(heading, key, subject, label, Common::default(), check)
    })
}

impl Check for OfTable {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Policy>().and::<Table>()).within(&self.schema)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let table = match &self.table {
            Name::One(table) => {
                let schema = &examiner.subject().schema;
                facts.catalog.table(schema, &table.name)?
            }
            Name::Many(pattern) => {
                let mut none = true;
                for table in facts.catalog.tables.known()? {
                    let Table { schema, name, .. } = table;
                    let told = self.told.contains(&(schema.clone(), name.clone()));
                    if self.known.is_none() && told {
                        continue;
                    }
                    if counts(table, facts.catalog) && pattern.matches(&self.schema, schema, name) {
                        none = false;
                        let subject = Identity::new("policies", schema, name);
                        examiner.on(&subject, |examiner| {
                            self.examine_one(table, facts, examiner)
                        })?;
                    }
                }
                // Each listed policy says so already.
                if none {
                    examiner.moot();
                }
                return Ok(());
            }
        };
        match table {
            Some(table) => self.examine_one(table, facts, examiner),
            // Each listed policy says so already.
            None if self.says.any => {
                examiner.moot();
                Ok(())
            }
            None => {
                let Identity { schema, name, .. } = examiner.subject();
                let table = Identity::new("table", schema, name);
                examiner.skip_without_table(name, &table, facts);
                Ok(())
            }
        }
    }
}

impl OfTable {
    fn examine_one(
        &self,
        table: &Table,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let Table { schema, name, .. } = table;
        if self.rls && !self.told.contains(&(schema.clone(), name.clone())) {
            examiner.advise(&format!(
                "alter table {}.{} enable row level security",
                meaning::spelt_name(schema),
                meaning::spelt_name(name)
            ));
            let subject = table.identity();
            let comparison = Comparison {
                code: &WITHOUT_RLS,
                subject: &subject,
                property: "row-level security",
                origin: examiner.origin(),
            };
            examiner.compare(comparison, table.rls, "on, since it has policies", "off");
        }
        if let Some(known) = &self.known {
            let of_table = facts
                .catalog
                .on_table(PolicyExpectation::place, schema, name)?;
            let others: Vec<_> = of_table
                .into_iter()
                .filter(|p| !p.is_platform() && !known.has([schema, name, &p.name]))
                .map(|p| (p.identity(), described(p)))
                .collect();
            let advice = "List it below its table, drop it, or write `others: allowed`.";
            examiner.no_others(&PRESENCE.unexpected, advice, &others);
        }
        Ok(())
    }
}

/// A policy as CREATE POLICY would have it, without its name.
pub(super) fn described(policy: &Policy) -> String {
    let mut out = format!("for {} to {}", policy.command, policy.roles.join(", "));
    if !policy.permissive {
        out.insert_str(0, "as restrictive ");
    }
    for (word, expression) in [("using", &policy.using), ("with check", &policy.check)] {
        if let Some(expression) = expression {
            out.push_str(&format!(" {word} {expression}"));
        }
    }
    out
}
