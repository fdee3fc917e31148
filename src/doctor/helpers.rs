//! The functions that run SQL: what of ours is there, what somebody else made, and who may call them.

use super::{Line, State};
use crate::bootstrap::{Found, Helper, Probe, State as Made};

const SUBJECT: &str = "helper functions";

/// The roles that the public comes as.
const PUBLIC: [&str; 3] = ["public", "anon", "authenticated"];

/// A line for what is there, and one for each thing that should be otherwise.
pub(super) fn lines(probe: &Probe) -> Vec<Line> {
    if probe.functions.is_empty() {
        let words = "none: the Data API cannot run SQL without them";
        return vec![
            Line::new(State::Skipped, SUBJECT, words)
                .help("`supaproof bootstrap` creates them. The other doors need none."),
        ];
    }
    let states = probe.states();
    let ours = |found: &Found| {
        let helper = |(helper, made): &(Helper, Made)| {
            matches!(made, Made::Right | Made::Altered(_))
                && probe.find(helper).is_some_and(|one| one == found)
        };
        states.iter().any(helper)
    };
    let name = |found: &Found| format!("public.{}", found.signature());
    let mut lines = Vec::new();
    let right: Vec<String> = states
        .iter()
        .filter(|(_, made)| *made == Made::Right)
        .map(|(helper, _)| helper.signature())
        .collect();
    if !right.is_empty() {
        lines.push(Line::new(State::Good, SUBJECT, right.join(", ")));
    }
    for found in &probe.functions {
        let function = name(found);
        let ours = ours(found);
        if found.callers.iter().any(|c| PUBLIC.contains(&c.as_str())) {
            lines.push(open(found, &function, ours));
        } else if found.definer && !found.settings.iter().any(|s| s.starts_with("search_path=")) {
            let words = format!("{function} has no search_path of its own");
            lines.push(Line::new(State::Warning, SUBJECT, words).help(match ours {
                true => "`supaproof bootstrap` mends it.".to_owned(),
                false => format!("`alter function {} set search_path = ''`, once all names in it have their schemas.", called(found)),
            }));
        } else if !ours {
            let words = format!("{function}, which supaproof did not create");
            lines.push(Line::new(State::Good, SUBJECT, words).help(
                "supaproof runs SQL by it as it is; `supaproof bootstrap` puts nothing in its place.",
            ));
        }
    }
    for (helper, made) in &states {
        let told = |found: &Found| {
            found.callers.iter().any(|c| PUBLIC.contains(&c.as_str()))
                || found.definer && !found.settings.iter().any(|s| s.starts_with("search_path="))
        };
        if let Made::Altered(ways) = made
            && !probe.find(helper).is_some_and(told)
        {
            let words = format!("{}: {}", helper.signature(), ways.join(", "));
            let help = "`supaproof bootstrap` mends it.";
            lines.push(Line::new(State::Warning, SUBJECT, words).help(help));
        }
    }
    let absent: Vec<String> = states
        .iter()
        .filter(|(_, made)| *made == Made::Absent)
        .map(|(helper, _)| helper.signature())
        .collect();
    // Where somebody else's does for all, ours are not missed.
    if !absent.is_empty()
        && states
            .iter()
            .any(|(_, made)| matches!(made, Made::Right | Made::Altered(_)))
    {
        let words = format!("missing: {}", absent.join(", "));
        lines.push(
            Line::new(State::Warning, SUBJECT, words)
                .help("`supaproof bootstrap` creates what is missing."),
        );
    }
    lines
}

/// One that the public may call.
fn open(found: &Found, function: &str, ours: bool) -> Line {
    let who: Vec<&str> = (PUBLIC.iter().copied())
        .filter(|role| found.callers.iter().any(|caller| caller == role))
        .map(|role| if role == "public" { "everybody" } else { role })
        .collect();
    let who = who.join(", ");
    let help = match ours {
        true => "`supaproof bootstrap` closes it.".to_owned(),
        false => format!(
            "Close it at once: `revoke all on function {0} from public, anon, authenticated; grant execute on function {0} to service_role`.",
            called(found)
        ),
    };
    match found.definer {
        true => Line::new(
            State::Bad,
            SUBJECT,
            format!(
                "anybody may run SQL by {function} as {}: {who} may execute it",
                found.owner
            ),
        ),
        false => Line::new(
            State::Warning,
            SUBJECT,
            format!("{function} runs whatever SQL it is given: {who} may execute it"),
        ),
    }
    .help(help)
}

/// The function as a statement names it.
fn called(found: &Found) -> String {
    format!("public.{}({})", found.name, found.types)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::{HELPERS, ours};

    fn told(functions: Vec<Found>) -> Vec<String> {
        let probe = Probe {
            functions,
            service_role: true,
        };
        let text = |line: Line| format!("{:?} {}", line.state, line.found);
        lines(&probe).into_iter().map(text).collect()
    }

    #[test]
    fn what_is_missing_is_said() {
        let all: Vec<Found> = HELPERS.iter().map(ours).collect();
        assert_eq!(
            told(all.clone()),
            [
                "Good public.exec_sql(text), public.create_table_if_not_exists(text, text), public.drop_table_if_exists(text)"
            ]
        );
        assert_eq!(
            told(all[..1].to_vec()),
            [
                "Good public.exec_sql(text)",
                "Warning missing: public.create_table_if_not_exists(text, text), public.drop_table_if_exists(text)"
            ]
        );
        assert!(told(Vec::new())[0].starts_with("Skipped none"));
    }

    #[test]
    fn one_that_everybody_may_call_is_a_hole_whatever_its_name() {
        let mut found = ours(&HELPERS[0]);
        found.name = "execute_sql".to_owned();
        found.comment = None;
        assert_eq!(
            told(vec![found.clone()]),
            ["Good public.execute_sql(sql text), which supaproof did not create"]
        );
        found.callers.push("public".to_owned());
        assert_eq!(
            told(vec![found.clone()]),
            [
                "Bad anybody may run SQL by public.execute_sql(sql text) as postgres: everybody may execute it"
            ]
        );
        found.definer = false;
        assert!(told(vec![found])[0].starts_with("Warning "));
    }

    #[test]
    fn one_of_ours_that_was_changed_is_told_once() {
        let mut all: Vec<Found> = HELPERS.iter().map(ours).collect();
        all[0].callers.push("anon".to_owned());
        all[1].settings.remove(0);
        all[2].settings.remove(1);
        let lines = told(all);
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(lines[0].starts_with("Bad ") && lines[1].contains("search_path"));
        assert!(lines[2].contains("statement_timeout"));
    }
}
