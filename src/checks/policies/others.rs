//! What holds for all policies of a table together: that there are no others, and that row-level security is on.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Identity, Kind, Kinds, Policy, Selection, Table, Unread};
use crate::meaning::{self, ObjectName};
use crate::source::{Entries, Located};

use super::super::language::{Common, Item, Others};
use super::super::{Check, Child, Comparison, Examiner, Expectation, Facts, FileScope, codes};
use super::{PRESENCE, PolicyExpectation};

codes! {
    pub(super)
    WITHOUT_RLS: "policy-without-rls", "a table has policies that do not hold, since its row-level security is off";
}

type Items = Entries<Entries<Located<Item<PolicyExpectation>>>>;

/// All policies of one table.
struct OfTable {
    table: String,
    listed: bool,
    /// The names of those that may be there; `None` where any may.
    known: Option<BTreeSet<String>>,
    /// Whether row-level security has to be on.
    rls: bool,
}

/// One more expectation for each listed table. A table may be listed twice, as `orders` and `public.orders`.
pub(super) fn expand(items: &Items, others: Others, scope: &FileScope<'_>) -> Vec<Expectation> {
    // Whether any of a table's places lists a policy.
    let mut tables: BTreeMap<(String, String), bool> = BTreeMap::new();
    let mut names = Vec::new();
    for (key, policies) in &items.0 {
        let name = ObjectName::parse(&key.value);
        let table = (name.schema_or(scope.schema).to_owned(), name.name.clone());
        let listed = !policies.0.is_empty();
        match tables.get_mut(&table) {
            Some(before) => *before |= listed,
            None => {
                tables.insert(table.clone(), listed);
                names.push((key, name, table));
            }
        }
    }
    names
        .into_iter()
        .filter_map(|(key, name, table)| {
            let listed = tables[&table];
            expectation(key, &name, table, listed, others, scope)
        })
        .collect()
}

fn expectation(
    key: &Located<String>,
    name: &ObjectName,
    table: (String, String),
    listed: bool,
    others: Others,
    scope: &FileScope<'_>,
) -> Option<Expectation> {
    let schema = table.0.as_str();
    let known =
        (others == Others::Refused).then(|| scope.mentioned.policies_of(schema, &name.name));
    // An expectation of the table that speaks of row-level security would say it a second time.
    let rls = listed && !scope.mentioned.rls.contains(&table);
    let label = match (&known, rls) {
        (Some(_), true) => format!("{name} has no other policy, and row-level security is on"),
        (Some(_), false) => format!("{name} has no other policy"),
        (None, true) => format!("row-level security of {name} is on"),
        (None, false) => return None,
    };
    // Not the table: `verify` takes a subject that is there before the setup for the suite's own.
    let subject = Identity::new("policies", schema, &name.name);
    let check = OfTable {
        table: name.name.clone(),
        listed,
        known,
        rls,
    };
    let heading = PolicyExpectation::HEADING;
    Some(Expectation {
        quiet: true,
        ..scope.expectation(heading, key, subject, label, Common::default(), check)
    })
}

impl Check for OfTable {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Policy>().and::<Table>())
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let schema = &examiner.subject().schema;
        let Some(table) = facts.catalog.table(schema, &self.table)? else {
            // Each listed policy says so already.
            match self.listed {
                true => examiner.moot(),
                false => {
                    let identity = Identity::new("table", schema, &self.table);
                    examiner.skip_without_table(&self.table, &identity, facts);
                }
            }
            return Ok(());
        };
        if self.rls {
            examiner.advise(&format!(
                "alter table {} enable row level security",
                format_args!(
                    "{}.{}",
                    meaning::spelt_name(schema),
                    meaning::spelt_name(&self.table)
                )
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
                .on_table(PolicyExpectation::place, schema, &self.table)?;
            self.no_others(known, of_table, examiner);
        }
        Ok(())
    }
}

impl OfTable {
    fn no_others(
        &self,
        known: &BTreeSet<String>,
        of_table: Vec<&Policy>,
        examiner: &mut Examiner<'_>,
    ) {
        let unexpected: Vec<_> = of_table
            .into_iter()
            .filter(|p| !p.is_platform() && !known.contains(&p.name))
            .map(|p| (p.identity(), described(p)))
            .collect();
        let advice = "List it below its table, drop it, or write `others: allowed`.";
        examiner.no_others(&PRESENCE.unexpected, advice, &unexpected);
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
