//! What holds for all policies of a table together: that there are no others, and that row-level security is on.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::catalog::{Identity, Kind, Kinds, Policy, Selection, Table, Unread};
use crate::meaning::ObjectName;
use crate::source::{Entries, Located};

use super::super::{Check, Code, Comparison, Examiner, Expectation, Facts, Scope, Severity};
use super::{HEADING, PolicyExpectation};

pub(super) const UNEXPECTED: Code = Code {
    name: "policy-unexpected",
    meaning: "a table has a policy besides those that are listed for it",
};

pub(super) const WITHOUT_RLS: Code = Code {
    name: "policy-without-rls",
    meaning: "a table has policies that do not hold, since its row-level security is off",
};

/// Whether a table may have policies that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// They may be there.
    Allowed,
    /// Each is a finding.
    Refused,
}

type Items = Entries<Entries<PolicyExpectation>>;

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
pub(super) fn expand(items: &Items, others: Others, scope: &Scope<'_>) -> Vec<Expectation> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (key, _) in &items.0 {
        let name = ObjectName::parse(&key.value);
        let schema = name.schema_or(scope.schema);
        if seen.insert((schema.to_owned(), name.name.clone())) {
            out.extend(expectation(items, key, &name, others, scope));
        }
    }
    out
}

fn expectation(
    items: &Items,
    key: &Located<String>,
    name: &ObjectName,
    others: Others,
    scope: &Scope<'_>,
) -> Option<Expectation> {
    let schema = name.schema_or(scope.schema);
    let listed = items.0.iter().any(|(key, policies)| {
        let other = ObjectName::parse(&key.value);
        let same = other.name == name.name && other.schema_or(scope.schema) == schema;
        same && !policies.0.is_empty()
    });
    let known =
        (others == Others::Refused).then(|| scope.mentioned.policies_of(schema, &name.name));
    // An expectation of the table that speaks of row-level security would say it a second time.
    let table = (schema.to_owned(), name.name.clone());
    let rls = listed && !scope.mentioned.rls.contains(&table);
    let label = match (&known, rls) {
        (Some(_), true) => format!("{name} has no other policy, and row-level security is on"),
        (Some(_), false) => format!("{name} has no other policy"),
        (None, true) => format!("row-level security of {name} is on"),
        (None, false) => return None,
    };
    Some(Expectation {
        // Not the table: `verify` takes a subject that is there before the setup for the suite's own.
        subject: Identity::new("policies", schema, &name.name),
        label,
        origin: scope.origin(key),
        heading: HEADING,
        summary: None,
        required: scope.required,
        quiet: true,
        help: None,
        severity: Severity::Error,
        check: Box::new(OfTable {
            table: name.name.clone(),
            listed,
            known,
            rls,
        }),
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
                false => examiner.skip(format!("its table {} is not there", self.table)),
            }
            return Ok(());
        };
        if self.rls {
            examiner.advise(&format!(
                "alter table {} enable row level security",
                sql_name(schema, &self.table)
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
            self.no_others(known, facts.catalog.policies.known()?, examiner);
        }
        Ok(())
    }
}

impl OfTable {
    fn no_others(
        &self,
        known: &BTreeSet<String>,
        policies: &[Policy],
        examiner: &mut Examiner<'_>,
    ) {
        let schema = &examiner.subject().schema;
        let unexpected: Vec<&Policy> = policies
            .iter()
            .filter(|p| p.schema == *schema && p.table == self.table && !p.is_platform())
            .filter(|p| !known.contains(&p.name))
            .collect();
        if unexpected.is_empty() {
            examiner.property(&UNEXPECTED, "", true, "", "");
        }
        examiner.advise("List it below its table, drop it, or write `others: allowed`.");
        for policy in unexpected {
            let comparison = Comparison {
                code: &UNEXPECTED,
                subject: &policy.identity(),
                property: "",
                origin: examiner.origin(),
            };
            examiner.compare(comparison, false, "not to exist", described(policy));
        }
    }
}

/// A name as it is written in SQL, with quotes only where it needs them.
fn sql_name(schema: &str, table: &str) -> String {
    let part = |name: &str| {
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        match plain {
            true => name.to_owned(),
            false => crate::sql::quote_ident(name),
        }
    };
    format!("{}.{}", part(schema), part(table))
}

/// A policy as CREATE POLICY would have it, without its name.
fn described(policy: &Policy) -> String {
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
