//! The ledgers that are there: ours, those that `supaproof.toml` names, and those of other tools.

use super::{Line, State};
use crate::migrate::{Place, Whose};

const SUBJECT: &str = "ledger";

/// A line for what is there, and one for each table that should be a ledger and is none.
pub(super) fn lines(places: &[Place]) -> Vec<Line> {
    let named = |place: &Place| match place.named_by.is_empty() {
        true => String::new(),
        false => format!(", named for {}", place.named_by.join(", ")),
    };
    let mut there = Vec::new();
    let mut lines = Vec::new();
    let mut import = false;
    for place in places {
        let table = &place.table;
        match (&place.whose, place.named_by.is_empty()) {
            (Whose::Ours, _) => there.push(format!("{table}{}", in_parentheses(&named(place)))),
            (Whose::Tool(tool), true) => {
                import = true;
                there.push(format!("{table} ({})", tool.named()));
            }
            (Whose::Absent, _) => there.push(format!(
                "{table} (not there yet: the first migration creates it{})",
                named(place)
            )),
            (Whose::Tool(tool), false) => {
                let words = format!("{table} is the ledger of {}{}", tool.named(), named(place));
                lines.push(Line::new(State::Bad, SUBJECT, words).help(
                    "Name another table for this suite in supaproof.toml, or give this one another name and take it over: `supaproof import`.",
                ));
            }
            (Whose::Unknown, _) => {
                let words = format!("{table} is no ledger of supaproof{}", named(place));
                lines.push(Line::new(State::Bad, SUBJECT, words).help(
                    "It lacks columns that supaproof writes: was it altered by hand, or is it another's? Put it back, or name another table in supaproof.toml.",
                ));
            }
        }
    }
    if !there.is_empty() {
        let line = Line::new(State::Good, SUBJECT, there.join(", "));
        lines.insert(
            0,
            match import {
                true => line.help("`supaproof import` takes over what another tool's ledger says."),
                false => line,
            },
        );
    } else if lines.is_empty() {
        let words = "none yet: the first migration creates it";
        lines.push(Line::new(State::Good, SUBJECT, words));
    }
    lines
}

fn in_parentheses(words: &str) -> String {
    match words.strip_prefix(", ") {
        Some(words) => format!(" ({words})"),
        None => String::new(),
    }
}
