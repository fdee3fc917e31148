//! A dry run for people: the danger first.

use std::time::Duration;

use colored::Colorize;

use super::{
    Changed, Command, Destructive, DryRun, Lock, NotLookedAt, Outcome, SchemaChange, StepOutcome,
    Table, TriedOn,
};
use crate::report::text::clean;
use crate::words;

/// Longer lists are cut.
const MOST: usize = 30;

/// As are those of what is destroyed: nobody reads them.
const LOSSES: usize = 20;

impl DryRun {
    pub(super) fn text(&self) -> String {
        match self.outcome {
            Outcome::NothingToDo => self.nothing(),
            Outcome::Failed => String::new(),
            _ => self.whole(),
        }
    }

    fn nothing(&self) -> String {
        let line = |suite: &super::Suite| {
            let why = suite.nothing_to_do.as_deref().unwrap_or_default();
            format!("✅ {}: {}\n", suite.suite, clean(why))
        };
        self.suites.iter().map(line).collect()
    }

    fn whole(&self) -> String {
        let place = match &self.copy {
            Some(copy) => format!("a private copy of {} ({copy})", self.target),
            None => self.target.clone(),
        };
        let what = match self.command {
            Command::Rollback => "rollback",
            Command::Setup => "setup",
        };
        let mut out = format!(
            "🔎 {}\n{}\n",
            format!("Dry run of {what} on {}", clean(&place)).bold(),
            "=".repeat(48)
        );
        for line in self.danger() {
            out.push_str(&line);
            out.push('\n');
        }
        let sections = [
            ("📋 Plan", self.plan()),
            ("💥 Destructive statements", self.losses()),
            (
                "🔒 Locks, each held to the end of its migration",
                self.locked(),
            ),
            ("📊 Tables that are there", self.worked()),
            ("🏷️  Schema", self.schema()),
            (
                "📣 The server said",
                self.notices.iter().map(|it| clean(it)).collect(),
            ),
            ("⏭️  Not tried", self.not_tried()),
            (
                "⚠️  Not known, since the copy holds no rows that it could fail on",
                self.unchecked(),
            ),
            ("⚠️  Not taken back", self.stays()),
        ];
        for (title, lines) in sections {
            if lines.is_empty() {
                continue;
            }
            out.push_str(&format!("\n{}\n", title.bold()));
            let (shown, more) = words::first(&lines, MOST);
            for line in shown.iter().chain(&more) {
                out.push_str(&format!("   {line}\n"));
            }
        }
        out.push_str(&format!("\n{}\n", self.end()));
        out
    }

    fn on_copy(&self) -> bool {
        self.tried_on == Some(TriedOn::Copy)
    }

    /// What is dangerous, in a line each.
    fn danger(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let losses = self.destructive.len();
        if losses > 0 {
            let what = words::count(losses, "destructive statement", "destructive statements");
            let rows = match self.rows_at_risk {
                0 => String::new(),
                count => format!(", {} lost or at risk", rows(count)),
            };
            lines.push(format!("❌ {}", format!("{what}{rows}").red()));
        }
        let count = |wanted: fn(&Lock) -> bool| self.locks.iter().filter(|it| wanted(it)).count();
        let tables = |count: usize| words::count(count, "table", "tables");
        let all = count(|lock| lock.blocks_reads);
        let writes = count(|lock| lock.blocks_writes && !lock.blocks_reads);
        if all > 0 {
            let text = format!("blocks reads and writes on {}", tables(all));
            lines.push(format!("🔒 {}", text.red()));
        }
        if writes > 0 {
            let text = format!("blocks writes on {}", tables(writes));
            lines.push(format!("🔒 {}", text.yellow()));
        }
        let rewritten = self.tables.iter().filter(|table| table.rewritten);
        let rewritten: Vec<String> = rewritten.map(sized).collect();
        if !rewritten.is_empty() {
            let text = format!("writes anew {}", rewritten.join(", "));
            lines.push(format!("📊 {}", text.yellow()));
        }
        let written = self.written();
        if !written.is_empty() {
            let text = format!("{} in tables that are there", written.join(", "));
            lines.insert(losses.min(1), format!("⚠️  {}", text.yellow()));
        }
        let unseen = self.not_looked_at.len();
        if unseen > 0 {
            let text = format!(
                "{} not looked at",
                words::count(unseen, "statement was", "statements were")
            );
            lines.push(format!("⚠️  {}", text.yellow()));
        }
        if lines.is_empty() && self.steps().all(|step| step.not_tried.is_none()) {
            let text = match self.on_copy() {
                // Which rows a condition meets, only rows can say.
                true => {
                    "no statement was found that destroys all of something, and nobody has to wait for it"
                }
                false => "destroys nothing, and nobody has to wait for it",
            };
            lines.push(format!("✅ {}", text.green()));
        }
        lines
    }

    /// How many rows were changed or deleted.
    fn written(&self) -> Vec<String> {
        let sum = |of: fn(&Table) -> u64| self.tables.iter().map(of).sum::<u64>();
        [
            ("deleted", sum(|table| table.deleted)),
            ("updated", sum(|table| table.updated)),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(verb, count)| format!("{} {verb}", rows(count)))
        .collect()
    }

    fn unchecked(&self) -> Vec<String> {
        let line = |it: &super::NotKnown| format!("{} ({})", clean(&it.statement), it.place);
        self.not_known.iter().map(line).collect()
    }

    fn plan(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let verb = match self.command {
            Command::Rollback => "roll back ",
            Command::Setup => "",
        };
        for suite in &self.suites {
            for step in &suite.steps {
                let by = (step.author.as_ref()).map_or(String::new(), |by| format!(", by {by}"));
                let head = clean(&format!(
                    "{}: {verb}{} ({}{by}",
                    suite.suite,
                    step.label(),
                    step.file
                ));
                if step.outcome == StepOutcome::NotTried {
                    lines.push(format!("⏭️  {head}): not tried"));
                    continue;
                }
                let statements = words::count(step.statements, "statement", "statements");
                let took = step
                    .seconds
                    .map_or(String::new(), |took| format!(", {}", lasted(took)));
                let (sign, part) = match step.outcome {
                    StepOutcome::Partly => ("⏭️ ", ", tried in part"),
                    _ => ("✅", ""),
                };
                lines.push(format!("{sign} {head}): {statements}{took}{part}"));
            }
        }
        lines
    }

    fn losses(&self) -> Vec<String> {
        let mut lines = destructive_lines(&self.destructive, &self.not_looked_at);
        if !self.allow_destructive.is_empty() {
            lines.push(format!(
                "the target is protected: to do it takes {}",
                clean(&flag(&self.allow_destructive))
            ));
        }
        lines
    }

    fn locked(&self) -> Vec<String> {
        let width = |text: fn(&Lock) -> &str| {
            let widths = self.locks.iter().map(|lock| text(lock).chars().count());
            widths.max().unwrap_or(0)
        };
        let (names, words) = (width(|lock| &lock.relation), width(|lock| &lock.blocks));
        let line = |lock: &Lock| {
            let sign = match lock.mode.as_str() {
                "ACCESS EXCLUSIVE" | "EXCLUSIVE" => "🔴",
                _ if lock.blocks_writes => "🟡",
                _ => "⚪",
            };
            let (name, blocks) = (clean(&lock.relation), &lock.blocks);
            format!("{sign} {name:names$}  {blocks:words$}  {}", lock.mode)
        };
        self.locks.iter().map(line).collect()
    }

    fn worked(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for table in &self.tables {
            let mut done = Vec::new();
            if table.emptied {
                done.push("emptied".to_owned());
            }
            if table.rewritten {
                done.push("written anew".to_owned());
            }
            match table.full_scans {
                0 => {}
                1 => done.push("read whole".to_owned()),
                times => done.push(format!("read whole {times} times")),
            }
            if !table.indexes_rebuilt.is_empty() && !table.rewritten && !table.emptied {
                let indexes = table.indexes_rebuilt.join(", ");
                done.push(format!("index {} built anew", clean(&indexes)));
            }
            for (count, verb) in [
                (table.inserted, "inserted"),
                (table.updated, "updated"),
                (table.deleted, "deleted"),
            ] {
                if count > 0 {
                    done.push(format!("{} {verb}", rows(count)));
                }
            }
            lines.push(format!("{}: {}", sized(table), done.join(", ")));
        }
        if self.on_copy() && !lines.is_empty() {
            lines.push(
                "the copy holds no rows: their numbers are the server's estimates on the target"
                    .to_owned(),
            );
        }
        lines
    }

    fn schema(&self) -> Vec<String> {
        let line = |change: &SchemaChange| {
            let object = clean(&change.object);
            match change.change {
                Changed::Added => format!("+ {object}").green().to_string(),
                Changed::Removed => format!("- {object}").red().to_string(),
                Changed::Altered => {
                    let all = change.properties.iter();
                    let all: Vec<String> = all
                        .map(|it| format!("{} {} → {}", it.property, it.before, it.after))
                        .collect();
                    format!("~ {object}: {}", clean(&all.join(", ")))
                        .yellow()
                        .to_string()
                }
            }
        };
        let mut changes: Vec<&SchemaChange> = self.schema_changes.iter().collect();
        // What goes is what somebody may miss.
        changes.sort_by_key(|change| change.change);
        changes.into_iter().map(line).collect()
    }

    fn not_tried(&self) -> Vec<String> {
        let line = |step: &super::Step| {
            let out = step.not_tried.as_ref()?;
            let text = format!("{}: {} ({})", step.label(), out.reason, out.place);
            Some(clean(&text))
        };
        let mut lines: Vec<String> = self.steps().filter_map(line).collect();
        let mut behind = self
            .steps()
            .rev()
            .map(|step| step.outcome == StepOutcome::NotTried);
        if behind
            .position(|left_out| left_out)
            .is_some_and(|at| at > 0)
        {
            lines.push("what comes behind it was tried without it".to_owned());
        }
        lines.extend(self.not_in_copy.iter().map(|it| clean(it)));
        lines
    }

    fn stays(&self) -> Vec<String> {
        let value = |value: Option<i64>| value.map_or("unused".to_owned(), |v| v.to_string());
        let line = |it: &super::Sequence| {
            format!(
                "the sequence {} went on from {} to {}: no rollback takes that back",
                clean(&it.sequence),
                value(it.before),
                value(it.after)
            )
        };
        self.sequences_advanced.iter().map(line).collect()
    }

    fn end(&self) -> String {
        let took = lasted(self.seconds.unwrap_or_default());
        match (self.outcome, self.on_copy()) {
            (Outcome::FailsOnRows, _) if self.seconds.is_none() => {
                "❌ Nothing of it could be tried, and it fails on the rows of the target."
                    .to_owned()
            }
            (Outcome::FailsOnRows, _) => {
                "❌ It works on the copy, and fails on the rows of the target, which was only read."
                    .to_owned()
            }
            (Outcome::Works, true) => {
                format!("✅ It works on the copy, in {took}. The target was only read.")
            }
            (Outcome::Partly, true) => {
                format!("⏭️  The rest works on the copy, in {took}. The target was only read.")
            }
            (Outcome::Works, false) => {
                format!("✅ It works. It ran in {took} and was rolled back: nothing stayed.")
            }
            (Outcome::Partly, false) => {
                format!("⏭️  The rest works. It ran in {took} and was rolled back: nothing stayed.")
            }
            (Outcome::NotTried | Outcome::NothingToDo | Outcome::Failed, _) => {
                "⏭️  Nothing of it could be tried.".to_owned()
            }
        }
    }
}

/// A line for each destructive statement, and for what was not looked at.
pub fn destructive_lines(losses: &[Destructive], unseen: &[NotLookedAt]) -> Vec<String> {
    let line = |it: &Destructive| format!("{}: {} ({})", it.action, it.means, it.place);
    let (shown, more) = words::first(losses, LOSSES);
    let mut lines: Vec<String> = shown.iter().map(line).collect();
    lines.extend(more);
    lines.extend(unseen.iter().map(|it| {
        format!(
            "{}: what this runs nobody can read before it runs, so it was not looked at ({})",
            it.statement, it.place
        )
    }));
    lines.iter().map(|line| clean(line)).collect()
}

/// The option that allows these.
pub fn flag(names: &[String]) -> String {
    let names = names.join(",");
    let plain = |c: char| c.is_alphanumeric() || "_.,-".contains(c);
    match names.chars().all(plain) {
        true => format!("--allow-destructive {names}"),
        false => format!("--allow-destructive '{}'", names.replace('\'', "'\\''")),
    }
}

fn sized(table: &Table) -> String {
    let name = clean(&table.table);
    match table.rows_estimate {
        Some(count) => format!("{name} (about {})", rows(count)),
        None => name,
    }
}

fn rows(count: u64) -> String {
    words::count(count, "row", "rows")
}

fn lasted(seconds: f64) -> String {
    words::duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
