//! What the Management API says of a project, judged. What it refused to say is a line with its reason.

use super::{Line, State};
use crate::target::management::{Health, Lint, Migration, ProjectKey};
use crate::words;

/// How many findings of an advisor are named.
const NAMED: usize = 3;

/// How its services are.
pub fn health(services: &[Health]) -> Line {
    const SUBJECT: &str = "services";
    if services.is_empty() {
        return Line::new(State::Skipped, SUBJECT, "none is named");
    }
    let is_well = |service: &&Health| service.status == "ACTIVE_HEALTHY";
    let well: Vec<&str> = services
        .iter()
        .filter(is_well)
        .map(|service| service.name.as_str())
        .collect();
    let mut parts: Vec<String> = services
        .iter()
        .filter(|service| !is_well(service))
        .map(
            |Health {
                 name,
                 status,
                 error,
             }| {
                let status = status.to_lowercase().replace('_', " ");
                match error {
                    Some(error) => format!("{name} {status}: {error}"),
                    None => format!("{name} {status}"),
                }
            },
        )
        .collect();
    if parts.is_empty() {
        return Line::new(
            State::Good,
            SUBJECT,
            format!("{} are healthy", well.join(", ")),
        );
    }
    if !well.is_empty() {
        parts.push(format!("healthy: {}", well.join(", ")));
    }
    let coming = |service: &Health| is_well(&service) || service.status == "COMING_UP";
    let (state, help) = match services.iter().all(coming) {
        true => (
            State::Warning,
            "The project starts: wait a minute and try again.",
        ),
        false => (
            State::Bad,
            "Restart the project in the dashboard (Settings, General), or see status.supabase.com.",
        ),
    };
    Line::new(state, SUBJECT, parts.join("; ")).help(help)
}

/// Which keys it has. `legacy`: whether those of the old kind are accepted, where that is known.
pub fn keys(keys: &[ProjectKey], legacy: Option<bool>) -> Line {
    const SUBJECT: &str = "API keys";
    let of = |kind: &str| -> Vec<&str> {
        let of_kind = |key: &&ProjectKey| key.kind.as_deref().unwrap_or("legacy") == kind;
        keys.iter()
            .filter(of_kind)
            .map(|key| key.name.as_str())
            .collect()
    };
    let mut parts = Vec::new();
    for kind in ["publishable", "secret", "legacy"] {
        let names = of(kind);
        let disabled = match (kind, legacy) {
            ("legacy", Some(false)) => " (disabled)",
            _ => "",
        };
        if !names.is_empty() {
            parts.push(format!("{kind} {}{disabled}", names.join(", ")));
        }
    }
    let found = match parts.is_empty() {
        true => "none".to_owned(),
        false => parts.join("; "),
    };
    if !of("secret").is_empty() {
        return Line::new(State::Good, SUBJECT, found);
    }
    let help = match (of("legacy").is_empty(), legacy) {
        (false, Some(false)) => {
            "No key opens the Data API: create a secret one (project settings, API keys)."
        }
        (false, _) => {
            "The legacy keys go away by the end of 2026: create a secret one (project settings, API keys)."
        }
        (true, _) => "No key opens the Data API: create a secret one (project settings, API keys).",
    };
    Line::new(State::Warning, SUBJECT, found).help(help)
}

/// What the advisor of security finds.
pub fn advisor(lints: &[Lint]) -> Line {
    const SUBJECT: &str = "security advisor";
    let of = |level: &'static str| lints.iter().filter(move |lint| lint.level == level);
    let (errors, warnings) = (of("ERROR").count(), of("WARN").count());
    if errors + warnings == 0 {
        return Line::new(State::Good, SUBJECT, "no errors, no warnings");
    }
    let mut titles: Vec<&str> = Vec::new();
    for lint in of("ERROR").chain(of("WARN")) {
        if !titles.contains(&lint.title.as_str()) {
            titles.push(&lint.title);
        }
    }
    let more = titles.len() > NAMED;
    titles.truncate(NAMED);
    let found = format!(
        "{}, {}: {}{}",
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        titles.join("; "),
        if more { "; …" } else { "" }
    );
    Line::new(State::Warning, SUBJECT, found)
        .help("The dashboard shows each with what mends it (Advisors, Security).")
}

/// The migrations that the platform has recorded.
pub fn migrations(all: &[Migration]) -> Line {
    const SUBJECT: &str = "recorded migrations";
    let Some(last) = all
        .iter()
        .max_by(|one, other| one.version.cmp(&other.version))
    else {
        return Line::new(State::Good, SUBJECT, "none");
    };
    let name = match &last.name {
        Some(name) => format!("{} {name}", last.version),
        None => last.version.clone(),
    };
    Line::new(
        State::Good,
        SUBJECT,
        format!("{}, the last {name}", all.len()),
    )
}

fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {many}"),
        _ => words::count(number, one, many),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> Vec<T> {
        serde_json::from_value(value).unwrap()
    }

    fn shown(line: &Line) -> (State, &str) {
        (line.state, line.found.as_str())
    }

    #[test]
    fn a_service_that_is_not_well_is_named() {
        let of = |status: &str| {
            health(&read(json!([
                {"name": "db", "status": "ACTIVE_HEALTHY"},
                {"name": "rest", "status": status, "error": "no answer"}
            ])))
        };
        let line = of("ACTIVE_HEALTHY");
        assert_eq!(shown(&line), (State::Good, "db, rest are healthy"));
        let line = of("COMING_UP");
        assert_eq!(
            shown(&line),
            (State::Warning, "rest coming up: no answer; healthy: db")
        );
        let line = of("UNHEALTHY");
        assert_eq!(
            shown(&line),
            (State::Bad, "rest unhealthy: no answer; healthy: db")
        );
        assert_eq!(health(&[]).state, State::Skipped);
    }

    #[test]
    fn a_project_without_a_secret_key_of_the_new_kind_is_warned_of() {
        let legacy =
            json!([{"name": "anon", "type": "legacy"}, {"name": "service_role", "type": "legacy"}]);
        let line = keys(&read(legacy.clone()), Some(true));
        assert_eq!(shown(&line), (State::Warning, "legacy anon, service_role"));
        assert!(line.help.unwrap().contains("end of 2026"));
        let line = keys(&read(legacy), Some(false));
        assert_eq!(
            shown(&line),
            (State::Warning, "legacy anon, service_role (disabled)")
        );
        assert!(line.help.unwrap().contains("No key opens"));
        assert_eq!(shown(&keys(&[], None)), (State::Warning, "none"));
        let new = json!([{"name": "default", "type": "publishable"}, {"name": "default", "type": "secret"}]);
        let line = keys(&read(new), None);
        assert_eq!(
            shown(&line),
            (State::Good, "publishable default; secret default")
        );
    }

    #[test]
    fn findings_are_counted_and_the_first_named() {
        let lint = |level: &str, title: &str| json!({"level": level, "title": title});
        let line = advisor(&read(json!([
            lint("INFO", "i"),
            lint("WARN", "w"),
            lint("ERROR", "e"),
            lint("WARN", "w"),
            lint("WARN", "x"),
            lint("WARN", "y")
        ])));
        assert_eq!(
            shown(&line),
            (State::Warning, "1 error, 4 warnings: e; w; x; …")
        );
        let line = advisor(&read(json!([lint("INFO", "i")])));
        assert_eq!(shown(&line), (State::Good, "no errors, no warnings"));
    }

    #[test]
    fn the_last_migration_is_the_one_with_the_greatest_version() {
        let line = migrations(&read(
            json!([{"version": "2", "name": "b"}, {"version": "1"}]),
        ));
        assert_eq!(shown(&line), (State::Good, "2, the last 2 b"));
        assert_eq!(shown(&migrations(&[])), (State::Good, "none"));
    }
}
