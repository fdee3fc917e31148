//! What a dry run found, for people: the danger first.

use colored::Colorize;

use crate::commands::destruction::Destruction;
use crate::diff::work::{Strength, Work};
use crate::diff::{Change, ChangeKind};
use crate::migrate::Plan;
use crate::migrate::destructive::What;
use crate::sql::QualifiedName;
use crate::words;

use super::shadow::Copy;
use super::{Tried, Verdict};

/// Longer lists are cut.
const MOST: usize = 30;

/// All that is shown.
pub(super) struct Shown<'a> {
    pub(super) verdict: Verdict,
    pub(super) label: &'a str,
    pub(super) plans: &'a [Plan],
    pub(super) destruction: &'a Destruction,
    pub(super) tried: &'a Tried,
    pub(super) copy: Option<&'a Copy>,
    pub(super) protected: bool,
}

impl Shown<'_> {
    pub(super) fn text(&self) -> String {
        let place = match self.copy {
            Some(copy) => format!("a private copy of {} ({})", self.label, copy.label),
            None => self.label.to_owned(),
        };
        let what = match self.plans.iter().any(|plan| plan.backward) {
            true => "rollback",
            false => "setup",
        };
        let mut out = format!(
            "🔎 {}\n{}\n",
            format!("Dry run of {what} on {place}").bold(),
            "=".repeat(48)
        );
        for line in self.danger() {
            out.push_str(&line);
            out.push('\n');
        }
        let sections = [
            ("📋 Plan", self.plan()),
            ("💥 Destructive statements", self.destructive()),
            (
                "🔒 Locks, each held to the end of its migration",
                self.locks(),
            ),
            ("📊 Tables that are there", self.tables()),
            ("🏷️  Schema", self.schema()),
            ("📣 The server said", self.tried.notices.clone()),
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

    /// What is dangerous, in a line each.
    fn danger(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let losses = self.destruction.losses.len();
        if losses > 0 {
            let what = words::count(losses, "destructive statement", "destructive statements");
            let rows = self.destruction.rows();
            let rows = rows.map_or(String::new(), |rows| format!(", {rows} lost or at risk"));
            lines.push(format!("❌ {}", format!("{what}{rows}").red()));
        }
        let count = |wanted: fn(Strength) -> bool| {
            let locks = self.tried.work.iter().filter_map(|work| work.lock);
            locks.filter(|lock| wanted(*lock)).count()
        };
        let tables = |count: usize| words::count(count, "table", "tables");
        let all = count(|lock| lock == Strength::Everything);
        let writes = count(|lock| matches!(lock, Strength::Writes(_) | Strength::LockingReads));
        if all > 0 {
            let text = format!("blocks reads and writes on {}", tables(all));
            lines.push(format!("🔒 {}", text.red()));
        }
        if writes > 0 {
            let text = format!("blocks writes on {}", tables(writes));
            lines.push(format!("🔒 {}", text.yellow()));
        }
        let rewritten: Vec<String> = self.rewritten().map(|work| self.sized(work)).collect();
        if !rewritten.is_empty() {
            let text = format!("writes anew {}", rewritten.join(", "));
            lines.push(format!("📊 {}", text.yellow()));
        }
        let written = self.written();
        if !written.is_empty() {
            let text = format!("{} in tables that are there", written.join(", "));
            lines.insert(losses.min(1), format!("⚠️  {}", text.yellow()));
        }
        let unseen = self.destruction.unseen.len();
        if unseen > 0 {
            let text = format!(
                "{} not looked at",
                words::count(unseen, "statement was", "statements were")
            );
            lines.push(format!("⚠️  {}", text.yellow()));
        }
        if lines.is_empty() && self.tried.left_out.is_empty() {
            let text = match self.copy {
                // Which rows a condition meets, only rows can say.
                Some(_) => {
                    "no statement was found that destroys all of something, and nobody has to wait for it"
                }
                None => "destroys nothing, and nobody has to wait for it",
            };
            lines.push(format!("✅ {}", text.green()));
        }
        lines
    }

    /// How many rows were changed or deleted.
    fn written(&self) -> Vec<String> {
        let sum = |at: usize| {
            self.tried
                .work
                .iter()
                .map(|work| work.rows[at])
                .sum::<u64>()
        };
        [("deleted", sum(2)), ("updated", sum(1))]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(verb, count)| format!("{} {verb}", words::count(count, "row", "rows")))
            .collect()
    }

    /// What checks rows of tables that are there: on the copy there are none.
    fn unchecked(&self) -> Vec<String> {
        if self.copy.is_none() {
            return Vec::new();
        }
        let is_there = |name: &QualifiedName| {
            self.tried.work.iter().any(|work| {
                let schema = name.schema.as_ref();
                work.relation.name == name.name
                    && schema.is_none_or(|schema| *schema == work.relation.schema)
            })
        };
        (self.destruction.checked.iter())
            .filter(|checked| is_there(&checked.table))
            .map(|checked| format!("{} ({})", checked.text, checked.origin))
            .collect()
    }

    fn rewritten(&self) -> impl Iterator<Item = &Work> {
        let work = self.tried.work.iter();
        work.filter(|work| work.rewritten && !self.is_emptied(work))
    }

    /// TRUNCATE gives a table another storage too.
    fn is_emptied(&self, work: &Work) -> bool {
        let name = work.relation.qualified();
        let mut losses = self.destruction.losses.iter();
        losses.any(|loss| matches!(loss.what, What::Truncate { .. }) && loss.object == name)
    }

    fn rows(&self, work: &Work) -> Option<String> {
        let name = work.relation.qualified();
        let rows = match self.copy {
            Some(copy) => *copy.rows.get(&name)?,
            None => work.relation.rows?,
        };
        Some(format!("about {}", words::count(rows, "row", "rows")))
    }

    fn sized(&self, work: &Work) -> String {
        let name = work.relation.qualified();
        match self.rows(work) {
            Some(rows) => format!("{name} ({rows})"),
            None => name,
        }
    }

    fn plan(&self) -> Vec<String> {
        let mut durations = self.tried.files.iter();
        let mut lines = Vec::new();
        for (plan, step) in self
            .plans
            .iter()
            .flat_map(|p| p.steps.iter().map(move |s| (p, s)))
        {
            let label = step.migration.label();
            let path = step.script.source().path().display();
            let verb = if plan.backward { "roll back " } else { "" };
            let by =
                (step.migration.author.as_ref()).map_or(String::new(), |by| format!(", by {by}"));
            let head = format!("{}: {verb}{label} ({path}{by}", plan.suite);
            let left_out = self.tried.left_out.iter().find(|out| {
                out.label == label && out.origin.source.path() == step.script.source().path()
            });
            if left_out.is_some_and(|out| !out.partly) {
                lines.push(format!("⏭️  {head}): not tried"));
                continue;
            }
            let statements = step.script.statements().len();
            let statements = words::count(statements, "statement", "statements");
            let took = durations.next().copied().flatten();
            let took = took.map_or(String::new(), |took| format!(", {}", words::duration(took)));
            let (sign, part) = match left_out {
                Some(_) => ("⏭️ ", ", tried in part"),
                None => ("✅", ""),
            };
            lines.push(format!("{sign} {head}): {statements}{took}{part}"));
        }
        lines
    }

    fn destructive(&self) -> Vec<String> {
        let mut lines = self.destruction.lines();
        let backward = self.plans.iter().any(|plan| plan.backward);
        let wanted = self.destruction.wanted(backward);
        lines.extend(
            wanted
                .filter(|_| self.protected)
                .map(|flag| format!("the target is protected: to do it takes {flag}")),
        );
        lines
    }

    fn locks(&self) -> Vec<String> {
        let locked: Vec<(&Work, Strength)> = (self.tried.work.iter())
            .filter_map(|work| Some((work, work.lock?)))
            .collect();
        let width =
            |text: &dyn Fn(&(&Work, Strength)) -> usize| locked.iter().map(text).max().unwrap_or(0);
        let names = width(&|(work, _)| work.relation.qualified().chars().count());
        let words = width(&|(_, lock)| lock.blocks().len());
        locked
            .iter()
            .map(|(work, lock)| {
                let sign = match lock {
                    Strength::Everything | Strength::LockingReads => "🔴",
                    Strength::Writes(_) => "🟡",
                    _ => "⚪",
                };
                format!(
                    "{sign} {:names$}  {:words$}  {}",
                    work.relation.qualified(),
                    lock.blocks(),
                    lock.mode()
                )
            })
            .collect()
    }

    fn tables(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for work in &self.tried.work {
            let mut done = Vec::new();
            match (work.rewritten, self.is_emptied(work)) {
                (true, true) => done.push("emptied".to_owned()),
                (true, false) => done.push("written anew".to_owned()),
                (false, _) => {}
            }
            match work.scans {
                0 => {}
                1 => done.push("read whole".to_owned()),
                times => done.push(format!("read whole {times} times")),
            }
            if !work.rebuilt.is_empty() && !work.rewritten {
                done.push(format!("index {} built anew", work.rebuilt.join(", ")));
            }
            for (count, verb) in work.rows.iter().zip(["inserted", "updated", "deleted"]) {
                if *count > 0 {
                    done.push(format!("{} {verb}", words::count(*count, "row", "rows")));
                }
            }
            if !done.is_empty() {
                lines.push(format!("{}: {}", self.sized(work), done.join(", ")));
            }
        }
        if self.copy.is_some() && !lines.is_empty() {
            lines.push(
                "the copy holds no rows: their numbers are the server's estimates on the target"
                    .to_owned(),
            );
        }
        lines
    }

    fn schema(&self) -> Vec<String> {
        let line = |change: &Change| match &change.kind {
            ChangeKind::Added => format!("+ {}", change.object).green().to_string(),
            ChangeKind::Removed => format!("- {}", change.object).red().to_string(),
            ChangeKind::Altered(properties) => {
                let all: Vec<String> = properties
                    .iter()
                    .map(|(name, before, after)| format!("{name} {before} → {after}"))
                    .collect();
                format!("~ {}: {}", change.object, all.join(", "))
                    .yellow()
                    .to_string()
            }
        };
        let mut changes: Vec<&Change> = self.tried.changes.iter().collect();
        // What goes is what somebody may miss.
        changes.sort_by_key(|change| match change.kind {
            ChangeKind::Removed => 0,
            ChangeKind::Altered(_) => 1,
            ChangeKind::Added => 2,
        });
        changes.into_iter().map(line).collect()
    }

    fn not_tried(&self) -> Vec<String> {
        let mut lines: Vec<String> = (self.tried.left_out.iter())
            .map(|out| format!("{}: {} ({})", out.label, out.reason, out.origin))
            .collect();
        let whole = |out: &&crate::migrate::LeftOut| !out.partly;
        let last = self
            .tried
            .left_out
            .iter()
            .rfind(whole)
            .map(|out| out.label.as_str());
        let steps = self.plans.iter().flat_map(|plan| &plan.steps);
        let labels: Vec<String> = steps.map(|step| step.migration.label()).collect();
        if let Some(at) = labels.iter().position(|label| Some(label.as_str()) == last)
            && at + 1 < labels.len()
        {
            lines.push("what comes behind it was tried without it".to_owned());
        }
        if let Some(copy) = self.copy {
            lines.extend(copy.missing.iter().cloned());
        }
        lines
    }

    fn stays(&self) -> Vec<String> {
        if self.copy.is_some() {
            return Vec::new();
        }
        let value = |value: &Option<i64>| value.map_or("unused".to_owned(), |v| v.to_string());
        self.tried
            .advanced
            .iter()
            .map(|(name, before, after)| {
                format!(
                    "the sequence {name} went on from {} to {}: no rollback takes that back",
                    value(before),
                    value(after)
                )
            })
            .collect()
    }

    fn end(&self) -> String {
        let took = words::duration(self.tried.took);
        match (self.verdict, self.copy.is_some()) {
            (Verdict::Untried, _) => "⏭️  Nothing of it could be tried.".to_owned(),
            (Verdict::FailsOnRows, _) if self.tried.files.is_empty() => {
                "❌ Nothing of it could be tried, and it fails on the rows of the target."
                    .to_owned()
            }
            (Verdict::FailsOnRows, _) => {
                "❌ It works on the copy, and fails on the rows of the target, which was only read."
                    .to_owned()
            }
            (Verdict::Works, true) => {
                format!("✅ It works on the copy, in {took}. The target was only read.")
            }
            (Verdict::Partly, true) => {
                format!("⏭️  The rest works on the copy, in {took}. The target was only read.")
            }
            (Verdict::Works, false) => {
                format!("✅ It works. It ran in {took} and was rolled back: nothing stayed.")
            }
            (Verdict::Partly, false) => {
                format!("⏭️  The rest works. It ran in {took} and was rolled back: nothing stayed.")
            }
        }
    }
}
