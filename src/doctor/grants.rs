//! What new objects grant to the roles of the Data API: read from the catalog, never inferred from dates.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Line, State};
use crate::words;

/// A privilege that a role of the Data API has on what another one creates in `public`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DefaultPrivilege {
    /// Who creates.
    owner: String,
    /// `r`, `S` or `f`: tables, sequences, functions.
    objects: String,
    /// `anon`, `authenticated` or `service_role`.
    role: String,
    /// To whom it is granted: that role, one that it is a member of, or `PUBLIC`.
    grantee: String,
    /// `SELECT`, …
    privilege: String,
}

/// A kind of objects.
struct Kind {
    objects: &'static str,
    plural: &'static str,
    /// All privileges of the oldest server; a newer one has more.
    all: &'static [&'static str],
    /// What the Data API needs to use one.
    needed: &'static [&'static str],
    /// What to do where it is open.
    help: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        objects: "r",
        plural: "tables",
        all: &[
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "TRUNCATE",
            "REFERENCES",
            "TRIGGER",
        ],
        needed: &["SELECT", "INSERT", "UPDATE", "DELETE"],
        help: "Each table needs RLS from its first moment; or `alter default privileges for role … in schema public revoke all on tables from …` (without the schema where it was granted so).",
    },
    Kind {
        objects: "S",
        plural: "sequences",
        all: &["SELECT", "UPDATE", "USAGE"],
        needed: &["USAGE"],
        help: "Whoever may use a sequence may draw its numbers and set it: `alter default privileges … revoke all on sequences from …`.",
    },
    Kind {
        objects: "f",
        plural: "functions",
        all: &["EXECUTE"],
        needed: &["EXECUTE"],
        help: "The Data API calls functions: revoke EXECUTE from PUBLIC, anon and authenticated where one is created, above all SECURITY DEFINER; or `alter default privileges … revoke execute on functions from public` (never with a schema).",
    },
];

/// The roles that the public comes as.
const PUBLIC: [&str; 2] = ["anon", "authenticated"];

/// A line for each kind of objects, and one for the service role. `creators`: whose objects are meant. `there`: whether a role is.
pub(super) fn lines(
    all: &[DefaultPrivilege],
    creators: &[String],
    there: &dyn Fn(&str) -> bool,
) -> Vec<Line> {
    if !PUBLIC.iter().any(|role| there(role)) {
        let words = "there are no roles of the Data API that anything could be granted to";
        return vec![Line::new(State::Skipped, "new objects", words)];
    }
    let mut lines: Vec<Line> = (KINDS.iter().map(|kind| of_the_public(kind, all))).collect();
    lines.push(match there("service_role") {
        true => of_the_service(all, creators),
        false => Line::new(State::Skipped, "service_role", "there is no such role"),
    });
    lines
}

fn of_the_public(kind: &Kind, all: &[DefaultPrivilege]) -> Line {
    let subject = format!("new {}", kind.plural);
    // Owner, then grantee.
    let mut found: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for one in all {
        if one.objects == kind.objects && PUBLIC.contains(&one.role.as_str()) {
            let of_owner = found.entry(&one.owner).or_default();
            let of_grantee = of_owner.entry(&one.grantee).or_default();
            of_grantee.insert(&one.privilege);
        }
    }
    if found.is_empty() {
        return Line::new(
            State::Good,
            subject,
            "nothing is granted to anon, authenticated or PUBLIC",
        );
    }
    // Owners who grant the same are told together, and so are grantees.
    let mut owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (owner, grantees) in found {
        let mut granted: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (grantee, privileges) in grantees {
            let privileges = kind.shown(&privileges);
            granted.entry(privileges).or_default().push(grantee);
        }
        let granted = granted
            .iter()
            .map(|(privileges, grantees)| format!("{privileges} to {}", words::and(grantees)));
        let granted: Vec<String> = granted.collect();
        owners.entry(granted.join(", ")).or_default().push(owner);
    }
    let parts = owners
        .iter()
        .map(|(granted, owners)| format!("those of {} grant {granted}", words::and(owners)));
    let parts: Vec<String> = parts.collect();
    Line::new(State::Warning, subject, parts.join("; ")).help(kind.help)
}

fn of_the_service(all: &[DefaultPrivilege], creators: &[String]) -> Line {
    let subject = "service_role";
    let mut lacking: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for owner in creators {
        let mut of_owner = Vec::new();
        for kind in &KINDS {
            let has = |privilege: &str| {
                all.iter().any(|one| {
                    one.owner == *owner
                        && one.objects == kind.objects
                        && one.role == subject
                        && one.privilege == privilege
                })
            };
            let lacks: Vec<&str> = (kind.needed.iter().copied())
                .filter(|privilege| !has(privilege))
                .collect();
            if lacks.len() == kind.needed.len() {
                of_owner.push(format!("no use of {}", kind.plural));
            } else if !lacks.is_empty() {
                of_owner.push(format!("no {} on {}", words::and(&lacks), kind.plural));
            }
        }
        if !of_owner.is_empty() && owner != subject {
            lacking.entry(of_owner.join(", ")).or_default().push(owner);
        }
    }
    if lacking.is_empty() {
        let words = "may use new tables, sequences and functions";
        return Line::new(State::Good, subject, words);
    }
    let parts = lacking
        .iter()
        .map(|(what, owners)| format!("of what {} creates: {what}", words::and(owners)));
    let parts: Vec<String> = parts.collect();
    Line::new(State::Warning, subject, parts.join("; ")).help(
        "The Data API answers 403 to the secret key, too: grant what it needs to service_role in the file that creates the object.",
    )
}

impl Kind {
    fn shown(&self, privileges: &BTreeSet<&str>) -> String {
        if self.all.len() > 1 && self.all.iter().all(|one| privileges.contains(one)) {
            return "everything".to_owned();
        }
        let known = self.all.iter().copied().filter(|p| privileges.contains(p));
        let newer = privileges.iter().copied().filter(|p| !self.all.contains(p));
        known.chain(newer).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(objects: &str, grantee: &str, privileges: &[&str]) -> Vec<DefaultPrivilege> {
        let roles: &[&str] = match grantee {
            "PUBLIC" => &["anon", "authenticated", "service_role"],
            role => &[role],
        };
        let one = |role: &&str, privilege: &&str| DefaultPrivilege {
            owner: "postgres".to_owned(),
            objects: objects.to_owned(),
            role: (*role).to_owned(),
            grantee: grantee.to_owned(),
            privilege: (*privilege).to_owned(),
        };
        let all = roles
            .iter()
            .flat_map(|role| privileges.iter().map(move |p| one(role, p)));
        all.collect()
    }

    fn told(all: &[DefaultPrivilege]) -> Vec<String> {
        let lines = lines(all, &["postgres".to_owned()], &|_| true);
        let text = |line: Line| format!("{:?} {}: {}", line.state, line.subject, line.found);
        lines.into_iter().map(text).collect()
    }

    #[test]
    fn what_is_granted_is_told_by_kind_and_grantee() {
        let all = [
            granted("r", "anon", &["SELECT"]),
            granted("r", "authenticated", KINDS[0].all),
            granted("r", "service_role", &["SELECT"]),
            granted("S", "service_role", &["USAGE"]),
            granted("f", "PUBLIC", &["EXECUTE"]),
        ];
        assert_eq!(
            told(&all.concat()),
            [
                "Warning new tables: those of postgres grant SELECT to anon, everything to authenticated",
                "Good new sequences: nothing is granted to anon, authenticated or PUBLIC",
                "Warning new functions: those of postgres grant EXECUTE to PUBLIC",
                "Warning service_role: of what postgres creates: no INSERT, UPDATE and DELETE on tables",
            ]
        );
    }

    #[test]
    fn where_nothing_is_granted_the_service_role_has_nothing_either() {
        let lines = told(&[]);
        assert!(lines[..3].iter().all(|line| line.starts_with("Good ")));
        assert_eq!(
            lines[3],
            "Warning service_role: of what postgres creates: no use of tables, no use of sequences, no use of functions"
        );
        let none = super::lines(&[], &[], &|_| false);
        assert_eq!(none.len(), 1);
        assert_eq!(none[0].state, State::Skipped);
    }
}
