//! The lines as text.

use colored::Colorize as _;

use super::{Group, Line, State};
use crate::target::Capabilities;

/// All groups, for a person.
pub fn text(groups: &[Group]) -> String {
    let mut out = String::new();
    for group in groups.iter().filter(|group| !group.lines.is_empty()) {
        out.push_str(&format!("{}\n", group.title.bold()));
        let subjects = group.lines.iter().map(|line| line.subject.chars().count());
        let width = subjects.max().unwrap_or(0);
        for line in &group.lines {
            out.push_str(&one(line, width));
        }
        out.push('\n');
    }
    out
}

fn one(line: &Line, width: usize) -> String {
    let mark = match line.state {
        State::Good => "✅",
        State::Warning => "⚠️ ",
        State::Bad => "❌",
        State::Skipped => "⏭️ ",
    };
    let from = match &line.from {
        Some(from) => format!("  ← {from}").dimmed().to_string(),
        None => String::new(),
    };
    let found = match line.state {
        State::Skipped => line.found.dimmed().to_string(),
        _ => line.found.clone(),
    };
    let mut out = format!("{mark} {:<width$}  {found}{from}\n", line.subject);
    if let Some(help) = &line.help {
        out.push_str(&format!(
            "{:indent$}{}\n",
            "",
            format!("→ {help}").dimmed(),
            indent = 3 + width + 2
        ));
    }
    out
}

/// What can be done through each door, as a table.
pub fn abilities(doors: &[(String, Capabilities)]) -> String {
    type Ability = (&'static str, fn(&Capabilities) -> bool);
    const ALL: [Ability; 7] = [
        ("check", |_| true),
        ("set up", |c| c.ddl),
        ("CONCURRENTLY", |c| c.ddl && c.transactions),
        ("roles", |c| c.roles),
        ("session", |c| c.sessions),
        ("progress", |c| c.events),
        ("cancel", |c| c.cancel),
    ];
    let width = doors
        .iter()
        .map(|(door, _)| door.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = format!("   {:<width$}", "");
    for (name, _) in ALL {
        out.push_str(&format!("  {name}"));
    }
    out.push('\n');
    for (door, able) in doors {
        out.push_str(&format!("   {door:<width$}"));
        for (name, has) in ALL {
            let mark = if has(able) { "✅" } else { "– " };
            let pad = name.chars().count().saturating_sub(2);
            out.push_str(&format!("  {mark}{:pad$}", ""));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}
