//! Default privileges: what objects that a role will create start with.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::catalog::{Acl, Catalog, DefaultPrivilege, Unread};
use crate::source::{Entries, Located};

use super::language::{Others, Part, Plain};
use super::privileges::{Granted, Privileges, words};
use super::{Comparison, Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "default-privileges": "set of default privileges", "sets of default privileges";
    GRANTS: "default-privileges-grants", "a role will have other privileges on what is created";
}

/// `default_privileges:` as in ALTER DEFAULT PRIVILEGES: `for role postgres in schema app on tables`.
pub type Section = Objects<DefaultPrivilegeExpectation>;

/// What is expected of the privileges that new objects start with. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `grants` and `other_roles`"
)]
pub struct DefaultPrivilegeExpectation {
    /// Privileges by role; `public` for everybody.
    pub grants: Entries<Located<Privileges<Granted>>, Plain>,
    /// Whether there may be roles that are not listed.
    pub other_roles: Option<Located<Others>>,
}

const PUBLIC: &str = "public";

/// Who has what, in the order of the list.
fn held(acl: &Acl) -> Vec<(&str, Vec<Granted>)> {
    let mut out: Vec<(&str, Vec<Granted>)> = Vec::new();
    for grant in acl.grants() {
        let grantee = grant.grantee.as_deref().unwrap_or(PUBLIC);
        let privileges = grant
            .privileges
            .iter()
            .map(|&(privilege, grantable)| Granted {
                privilege,
                grantable,
            });
        match out.iter_mut().find(|(other, _)| *other == grantee) {
            Some((_, all)) => all.extend(privileges),
            None => out.push((grantee, privileges.collect())),
        }
    }
    for (_, privileges) in &mut out {
        privileges.sort();
        privileges.dedup();
    }
    out
}

impl Object for DefaultPrivilegeExpectation {
    const HEADING: Heading = Heading {
        icon: "🧾 ",
        title: "Default Privileges",
        noun: "default privileges",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = DefaultPrivilege;

    fn compare(
        &self,
        found: &DefaultPrivilege,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let held = held(&found.privileges);
        let all: Vec<Granted> = super::privileges::of_new(&found.objects, facts.catalog)
            .into_iter()
            .map(|privilege| Granted {
                privilege,
                grantable: false,
            })
            .collect();
        for (role, wanted) in &self.grants.0 {
            let role = &*role.value;
            let is = held.iter().find(|(other, _)| *other == role);
            let is = is.map_or(&[][..], |(_, privileges)| privileges);
            let (lacks, exceeds) = wanted.value.differs(&all, is);
            let same = lacks.is_empty() && exceeds.is_empty();
            let (expected, is) = (
                format!("{role}: {}", wanted.value),
                format!("{role}: {}", words(is)),
            );
            examiner.property(&GRANTS, "grants", wanted, same, expected, is);
        }
        let refused = self.other_roles.as_ref();
        if let Some(refused) = refused.filter(|o| o.value == Others::Refused) {
            for (role, privileges) in held {
                if self.grants.0.iter().any(|(other, _)| *other.value == *role) {
                    continue;
                }
                let comparison = Comparison {
                    code: &GRANTS,
                    subject: examiner.subject(),
                    property: "grants",
                    origin: examiner.place(refused),
                };
                let (wanted, is) = (
                    format!("{role}: none"),
                    format!("{role}: {}", words(&privileges)),
                );
                examiner.compare(comparison, false, wanted, is);
            }
        }
        Ok(())
    }

    fn like(found: &DefaultPrivilege) -> String {
        let grants = held(&found.privileges);
        let grants: Vec<String> = grants
            .iter()
            .map(|(role, privileges)| format!("{role}: {}", words(privileges)))
            .collect();
        grants.join("; ")
    }

    fn written(found: &DefaultPrivilege, _catalog: &Catalog) -> Option<Value> {
        let grants = held(&found.privileges)
            .into_iter()
            .map(|(role, privileges)| {
                let privileges: Vec<String> = privileges.iter().map(ToString::to_string).collect();
                (Part::written(role), json!(privileges))
            });
        Some(json!({"grants": grants.collect::<Map<_, _>>(), "other_roles": "refused"}))
    }
}
