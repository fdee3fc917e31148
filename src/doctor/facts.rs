//! What a server says of itself, judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Group, Line, State};

/// The SELECT that asks for all of it: one JSON value.
pub const QUERY: &str = include_str!("../../sql/doctor/facts.sql");

/// The oldest major that supaproof was tried with.
const OLDEST: u32 = 15;

/// By how many seconds two clocks may differ before a token's time is wrong.
const CLOCK: f64 = 30.0;

/// The answer to [`QUERY`].
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Facts {
    version: String,
    user: String,
    database: String,
    superuser: Option<bool>,
    bypass_rls: Option<bool>,
    create_in_database: bool,
    create_in_public: Option<bool>,
    read_only: bool,
    roles: BTreeMap<String, Option<bool>>,
    encrypted: Option<String>,
    clock: f64,
    settings: BTreeMap<String, Option<String>>,
    role_timeouts: BTreeMap<String, String>,
    exposed: Option<String>,
    extensions: Vec<String>,
    functions: Vec<Function>,
    ledgers: Vec<String>,
    default_privileges: Vec<DefaultPrivilege>,
}

#[derive(Clone, Debug, Deserialize)]
struct Function {
    name: String,
    security_definer: bool,
    search_path: bool,
    public: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct DefaultPrivilege {
    owner: String,
    objects: String,
    grantee: String,
    privilege: String,
}

/// Judges them. `now`: our own clock, in seconds since 1970. `pooled`: what is encrypted is not our part of the way.
pub fn examine(facts: &Facts, now: f64, pooled: bool) -> Vec<Group> {
    let group = |title: &str, lines: Vec<Line>| Group {
        title: title.to_owned(),
        lines,
    };
    vec![
        group("Server", server(facts, now, pooled)),
        group("Role", role(facts)),
        group("Project", project(facts)),
    ]
}

fn server(facts: &Facts, now: f64, pooled: bool) -> Vec<Line> {
    let major = facts.version.split(['.', ' ', 'b', 'r']).next();
    let major: u32 = major.and_then(|major| major.parse().ok()).unwrap_or(0);
    let name = format!("Postgres {}, database {}", facts.version, facts.database);
    let mut lines = vec![match major >= OLDEST {
        true => Line::new(State::Good, "version", name),
        false => Line::new(State::Warning, "version", name).help(format!(
            "supaproof is tried with Postgres {OLDEST} and newer."
        )),
    }];
    lines.push(match (&facts.encrypted, pooled) {
        (_, true) => Line::new(
            State::Skipped,
            "encryption",
            "the server sees the pooler's connection, not ours",
        ),
        (Some(version), _) => Line::new(State::Good, "encryption", version.clone()),
        (None, _) => Line::new(State::Skipped, "encryption", "none on this connection"),
    });
    if facts.read_only {
        lines.push(Line::new(
            State::Warning,
            "writing",
            "the server is a replica: nothing can be changed",
        ));
    }
    let apart = (facts.clock - now).abs();
    lines.push(match apart < CLOCK {
        true => Line::new(State::Good, "clock", format!("{apart:.1} s from ours")),
        false => Line::new(State::Warning, "clock", format!("{apart:.0} s from ours"))
            .help("Signed tokens expire by the clock: set this machine's (timedatectl)."),
    });
    let setting = |name: &str| {
        facts
            .settings
            .get(name)
            .cloned()
            .flatten()
            .unwrap_or_default()
    };
    let shown = |value: String| {
        if value == "0" {
            "none".to_owned()
        } else {
            value
        }
    };
    let mut limits = format!(
        "statements {}, locks {}",
        shown(setting("statement_timeout")),
        shown(setting("lock_timeout"))
    );
    for (role, limit) in &facts.role_timeouts {
        limits.push_str(&format!(", {role} {limit}"));
    }
    lines.push(Line::new(State::Good, "timeouts", limits));
    lines
}

fn role(facts: &Facts) -> Vec<Line> {
    let mut able = Vec::new();
    if facts.superuser == Some(true) {
        able.push("superuser");
    }
    if facts.bypass_rls == Some(true) {
        able.push("bypasses RLS");
    }
    let name = match able.is_empty() {
        true => facts.user.clone(),
        false => format!("{} ({})", facts.user, able.join(", ")),
    };
    let mut lines = vec![Line::new(State::Good, "login", name)];
    lines.push(match (facts.create_in_database, facts.create_in_public) {
        (true, Some(true)) => Line::new(State::Good, "CREATE", "in the database and in public"),
        (false, _) => Line::new(
            State::Warning,
            "CREATE",
            "not in the database: no schema can be created, and no ledger",
        )
        .help("Log in as postgres, or `grant create on database … to …`. Checking works without."),
        (true, Some(false)) => Line::new(State::Warning, "CREATE", "not in public").help(
            "Log in as postgres, or `grant create on schema public to …`. Checking works without.",
        ),
        (true, None) => Line::new(
            State::Good,
            "CREATE",
            "in the database; there is no schema public",
        ),
    });
    let with = |wanted: Option<bool>| {
        let names = facts
            .roles
            .iter()
            .filter(move |(_, member)| **member == wanted);
        names
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (members, strangers, absent) = (with(Some(true)), with(Some(false)), with(None));
    lines.push(if !absent.is_empty() {
        Line::new(
            State::Warning,
            "roles of Supabase",
            format!("{absent} not there"),
        )
        .help("This is no Supabase project, or a Postgres before its setup.")
    } else if !strangers.is_empty() {
        Line::new(
            State::Warning,
            "roles of Supabase",
            format!("no member of {strangers}"),
        )
        .help("What those roles may do cannot be tried: log in as postgres.")
    } else {
        Line::new(
            State::Good,
            "roles of Supabase",
            format!("member of {members}"),
        )
    });
    lines
}

fn project(facts: &Facts) -> Vec<Line> {
    let exposed = match &facts.exposed {
        Some(schemas) => Line::new(State::Good, "exposed schemas", schemas.clone()),
        None => Line::new(
            State::Skipped,
            "exposed schemas",
            "not set in the database (by default public and graphql_public)",
        ),
    };
    let extensions = match facts.extensions.is_empty() {
        true => "none".to_owned(),
        false => facts.extensions.join(", "),
    };
    let ledgers = match facts.ledgers.is_empty() {
        true => "none yet: the first migration creates it".to_owned(),
        false => facts.ledgers.join(", "),
    };
    vec![
        exposed,
        Line::new(State::Good, "extensions", extensions),
        helpers(&facts.functions),
        Line::new(State::Good, "ledger", ledgers),
        default_privileges(&facts.default_privileges),
    ]
}

fn helpers(functions: &[Function]) -> Line {
    let subject = "helper functions";
    if functions.is_empty() {
        return Line::new(
            State::Skipped,
            subject,
            "none: the Data API cannot run SQL without them",
        )
        .help("`supaproof bootstrap` creates them. The other doors need none.");
    }
    let open: Vec<&str> = functions
        .iter()
        .filter(|f| f.public && f.security_definer)
        .map(|f| f.name.as_str())
        .collect();
    if !open.is_empty() {
        return Line::new(State::Bad, subject, format!("anybody may run SQL by {}", open.join(", ")))
            .help("Revoke it at once: `revoke all on function … from public, anon, authenticated`, or run `supaproof bootstrap`.");
    }
    let loose: Vec<&str> = functions
        .iter()
        .filter(|f| f.security_definer && !f.search_path)
        .map(|f| f.name.as_str())
        .collect();
    if !loose.is_empty() {
        return Line::new(
            State::Warning,
            subject,
            format!("{} without a search_path of its own", loose.join(", ")),
        )
        .help("`alter function … set search_path = ''`, or run `supaproof bootstrap`.");
    }
    let names: Vec<&str> = functions.iter().map(|f| f.name.as_str()).collect();
    Line::new(State::Good, subject, names.join(", "))
}

/// What new tables grant: projects before 2026 grant everything to the API's roles, newer ones nothing.
fn default_privileges(all: &[DefaultPrivilege]) -> Line {
    let subject = "default privileges";
    let open = |p: &&DefaultPrivilege| {
        p.objects == "r" && p.privilege == "SELECT" && p.grantee != "service_role"
    };
    let names = |name: fn(&DefaultPrivilege) -> &str| {
        let names: BTreeSet<&str> = all.iter().filter(open).map(name).collect();
        names.into_iter().collect::<Vec<_>>().join(" and ")
    };
    let (grantees, owners) = (names(|p| &p.grantee), names(|p| &p.owner));
    match grantees.is_empty() {
        true => Line::new(
            State::Good,
            subject,
            "new tables in public grant nothing to anon and authenticated",
        ),
        false => Line::new(
            State::Warning,
            subject,
            format!("new tables of {owners} in public are open to {grantees}"),
        )
        .help(
            "Each table needs RLS from its first moment, or `alter default privileges … revoke`.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts() -> serde_json::Value {
        json!({
            "version": "17.4", "user": "postgres", "database": "postgres", "superuser": false, "bypass_rls": true,
            "create_in_database": true, "create_in_public": true, "read_only": false,
            "roles": {"anon": true, "authenticated": true, "service_role": true},
            "encrypted": "TLSv1.3", "clock": 100.5,
            "settings": {"statement_timeout": "2min", "lock_timeout": "0"},
            "role_timeouts": {"anon": "3s"}, "exposed": "public", "extensions": ["plpgsql 1.0"],
            "functions": [{"name": "exec_sql", "security_definer": true, "search_path": true, "public": false}],
            "ledgers": [], "default_privileges": [],
        })
    }

    fn states(change: impl Fn(&mut serde_json::Value)) -> Vec<(String, State)> {
        let mut value = facts();
        change(&mut value);
        let facts: Facts = serde_json::from_value(value).unwrap();
        let groups = examine(&facts, 100.0, false);
        let lines = groups.into_iter().flat_map(|group| group.lines);
        lines
            .filter(|line| line.state != State::Good)
            .map(|line| (line.subject, line.state))
            .collect()
    }

    #[test]
    fn each_precondition_is_judged_alone() {
        assert_eq!(states(|_| {}), []);
        let cases: [(&str, serde_json::Value, &str, State); 9] = [
            ("version", json!("14.2"), "version", State::Warning),
            ("clock", json!(200.0), "clock", State::Warning),
            ("encrypted", json!(null), "encryption", State::Skipped),
            ("create_in_database", json!(false), "CREATE", State::Warning),
            (
                "roles",
                json!({"anon": null}),
                "roles of Supabase",
                State::Warning,
            ),
            ("exposed", json!(null), "exposed schemas", State::Skipped),
            ("functions", json!([]), "helper functions", State::Skipped),
            (
                "functions",
                json!([{"name": "exec_sql", "security_definer": true, "search_path": true, "public": true}]),
                "helper functions",
                State::Bad,
            ),
            (
                "default_privileges",
                json!([{"owner": "postgres", "objects": "r", "grantee": "anon", "privilege": "SELECT"}]),
                "default privileges",
                State::Warning,
            ),
        ];
        for (field, value, subject, state) in cases {
            let found = states(|facts| facts[field] = value.clone());
            assert_eq!(found, [(subject.to_owned(), state)], "{field}");
        }
    }
}
