//! What a server says of itself, judged.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::grants::{self, DefaultPrivilege};
use super::{Group, Line, Link, State, helpers, ledgers, link};
use crate::bootstrap::{self, Probe};
use crate::migrate;
use crate::sql::QualifiedName;

/// The oldest major that supaproof was tried with.
const OLDEST: u32 = 15;

/// By how many seconds two clocks may differ before a token's time is wrong.
const CLOCK: f64 = 30.0;

/// The SELECT that asks for all of it: one JSON value. `named`: the tables that suites name for their ledgers.
pub fn query(named: &BTreeMap<String, QualifiedName>) -> String {
    format!(
        "select json_build_object('server', ({}), 'helpers', ({}), 'ledgers', ({}))",
        include_str!("../../sql/doctor/facts.sql"),
        bootstrap::probe_select(),
        migrate::places_sql(named)
    )
}

/// The answer to [`query`].
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Facts {
    server: Server,
    helpers: Probe,
    ledgers: Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Server {
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
    creators: Vec<String>,
    default_privileges: Vec<DefaultPrivilege>,
}

/// Judges them. `now`: our own clock, in seconds since 1970. `named`: as for [`query`].
pub fn examine(
    facts: &Facts,
    now: f64,
    link: Link,
    named: &BTreeMap<String, QualifiedName>,
) -> Vec<Group> {
    let group = |title: &str, lines: Vec<Line>| Group {
        title: title.to_owned(),
        lines,
    };
    let there = |role: &str| facts.server.roles.get(role).is_some_and(Option::is_some);
    let (all, creators) = (&facts.server.default_privileges, &facts.server.creators);
    let mut project = project(&facts.server);
    project.extend(helpers::lines(&facts.helpers));
    project.extend(ledgers::lines(&migrate::places(&facts.ledgers, named)));
    vec![
        group("Server", server(&facts.server, now, link)),
        group("Role", role(&facts.server)),
        group("Project", project),
        group(
            "Default privileges in public",
            grants::lines(all, creators, &there),
        ),
    ]
}

fn server(facts: &Server, now: f64, link: Link) -> Vec<Line> {
    let major = facts.version.split(['.', ' ', 'b', 'r']).next();
    let major: u32 = major.and_then(|major| major.parse().ok()).unwrap_or(0);
    let name = format!("Postgres {}, database {}", facts.version, facts.database);
    let mut lines = vec![match major >= OLDEST {
        true => Line::new(State::Good, "version", name),
        false => Line::new(State::Warning, "version", name).help(format!(
            "supaproof is tried with Postgres {OLDEST} and newer."
        )),
    }];
    lines.push(link::line(link, facts.encrypted.as_deref()));
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

fn role(facts: &Server) -> Vec<Line> {
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

fn project(facts: &Server) -> Vec<Line> {
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
    vec![exposed, Line::new(State::Good, "extensions", extensions)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Proof;
    use serde_json::json;

    fn facts() -> serde_json::Value {
        let all = [
            "r SELECT",
            "r INSERT",
            "r UPDATE",
            "r DELETE",
            "S USAGE",
            "f EXECUTE",
        ];
        let granted = all.map(|one| {
            json!({
                "owner": "postgres", "objects": &one[..1], "role": "service_role", "grantee": "service_role",
                "privilege": &one[2..]
            })
        });
        json!({"server": {
            "version": "17.4", "user": "postgres", "database": "postgres", "superuser": false, "bypass_rls": true,
            "create_in_database": true, "create_in_public": true, "read_only": false,
            "roles": {"anon": true, "authenticated": true, "service_role": true},
            "encrypted": "TLSv1.3", "clock": 100.5,
            "settings": {"statement_timeout": "2min", "lock_timeout": "0"},
            "role_timeouts": {"anon": "3s"}, "exposed": "public", "extensions": ["plpgsql 1.0"],
            "creators": ["postgres"],
            "default_privileges": granted,
        }, "helpers": {"functions": [], "service_role": true}, "ledgers": []})
    }

    fn states(change: impl Fn(&mut serde_json::Value)) -> Vec<(String, State)> {
        let mut value = facts();
        change(&mut value);
        let facts: Facts = serde_json::from_value(value).unwrap();
        let link = Link::Wire {
            local: false,
            pooled: false,
            proof: Proof::Host,
        };
        let groups = examine(&facts, 100.0, link, &BTreeMap::new());
        let lines = groups.into_iter().flat_map(|group| group.lines);
        lines
            .filter(|line| line.state != State::Good && line.subject != "helper functions")
            .map(|line| (line.subject, line.state))
            .collect()
    }

    #[test]
    fn each_precondition_is_judged_alone() {
        assert_eq!(states(|_| {}), []);
        let cases: [(&str, serde_json::Value, &str, State); 6] = [
            ("version", json!("14.2"), "version", State::Warning),
            ("clock", json!(200.0), "clock", State::Warning),
            ("create_in_database", json!(false), "CREATE", State::Warning),
            (
                "roles",
                json!({"anon": null, "authenticated": true, "service_role": true}),
                "roles of Supabase",
                State::Warning,
            ),
            ("exposed", json!(null), "exposed schemas", State::Skipped),
            (
                "default_privileges",
                json!([]),
                "service_role",
                State::Warning,
            ),
        ];
        for (field, value, subject, state) in cases {
            let found = states(|facts| facts["server"][field] = value.clone());
            assert_eq!(found, [(subject.to_owned(), state)], "{field}");
        }
    }
}
