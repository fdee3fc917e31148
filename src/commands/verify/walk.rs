//! Up, down and up again, with a look at the database in between: on a private Postgres after every migration, so that
//! each is proved by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::catalog::{Catalog, Selection};
use crate::checks::{Finding, Outcome};
use crate::diff::rows::{self, Contents, Relation};
use crate::diff::{self, Stand};
use crate::error::{Error, ExitCode};
use crate::migrate::{self, Book, Direction, Ledger, Migration, Plan, Step};
use crate::report::SuiteReport;
use crate::source::Origin;
use crate::target::Target;

use super::super::session::Session;
use super::super::{Context, migrations, prove, rehearse};
use super::entries::{self, aside, entry, skipped};
use super::{Case, Outlook, count};

/// Migrations that follow each other: either all can be rolled back, or none.
pub(super) struct Leg {
    range: Range<usize>,
    pub(super) reversible: bool,
}

/// The stretches of a suite.
pub(super) fn legs(list: &[Migration]) -> Vec<Leg> {
    let mut out: Vec<Leg> = Vec::new();
    for (at, migration) in list.iter().enumerate() {
        let reversible = migration.irreversible.is_none();
        match out.last_mut().filter(|leg| leg.reversible == reversible) {
            Some(leg) => leg.range.end = at + 1,
            None => out.push(Leg {
                range: at..at + 1,
                reversible,
            }),
        }
    }
    out
}

/// The database between two migrations.
struct Stop {
    look: Look,
    /// Rows of all tables that can be read, where they are compared.
    rows: Option<Rows>,
}

/// How closely the database was looked at.
enum Look {
    /// All of the catalog, and how many objects it has.
    Whole(Box<Stand>, usize),
    /// Its fingerprint.
    Print(String),
}

/// How often the database is looked at, and how closely.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Before and after all: on a real target, where the rehearsal has looked at rows and others go on writing.
    Ends,
    /// After each migration, most often by a fingerprint.
    Each,
    /// After each migration, at all: where a fingerprint was not what it should be.
    Closely,
}

struct Rows {
    tables: Vec<Relation>,
    holds: Contents,
}

/// A proof on its way.
pub(super) struct Walk<'a> {
    context: &'a Context,
    case: &'a Case,
    pace: Pace,
    /// What there was of the ledger before.
    ledger: Ledger,
    /// How it was after so many migrations.
    stops: BTreeMap<usize, Stop>,
    /// What stays after all was rolled back.
    left: Vec<Finding>,
    /// What stays after one was, and goes with another.
    single: Vec<Finding>,
    /// What the second setup makes otherwise.
    again: Vec<Finding>,
    /// A fingerprint was not what it should be.
    suspect: bool,
    /// How far it came.
    rolled_back: bool,
    repeated: bool,
}

impl<'a> Walk<'a> {
    pub(super) async fn begin(
        context: &'a Context,
        case: &'a Case,
        target: &mut dyn Target,
        before: &Catalog,
        (pace, ledger): (Pace, &Ledger),
    ) -> Result<Self, Error> {
        let mut walk = Self {
            context,
            case,
            pace,
            ledger: ledger.clone(),
            stops: BTreeMap::new(),
            left: Vec::new(),
            single: Vec::new(),
            again: Vec::new(),
            suspect: false,
            rolled_back: false,
            repeated: false,
        };
        let rows = walk.rows(target).await?;
        let look = Look::Whole(Box::new(Stand::of(before)), count(before));
        walk.stops.insert(0, Stop { look, rows });
        Ok(walk)
    }

    fn list(&self) -> &'a [Migration] {
        self.case.migrations.list()
    }

    /// Sets a stretch up.
    pub(super) async fn up(&mut self, target: &mut dyn Target, leg: &Leg) -> Result<(), Error> {
        let plan = migrations::plan(target, &self.case.migrations, &Direction::Forward).await?;
        for part in self.parts(&plan, leg) {
            self.apply(target, &part).await?;
            let after = leg.range.start + part.offset + part.plan.steps.len();
            let rows = self.rows(target).await?;
            let look = match self.pace == Pace::Each && after < leg.range.end {
                true => Look::Print(rehearse::print(target).await?),
                false => {
                    let catalog = prove::read(target, &Selection::all()).await?;
                    Look::Whole(Box::new(self.stand(&catalog, after)), count(&catalog))
                }
            };
            self.stops.insert(after, Stop { look, rows });
        }
        Ok(())
    }

    /// Rolls a stretch back, and says whether nothing stays. Where a fingerprint is not what it should be, what that means
    /// is found out on another private Postgres.
    pub(super) async fn down(&mut self, target: &mut dyn Target, leg: &Leg) -> Result<bool, Error> {
        let ended = self.back(target, leg).await;
        if self.suspect {
            let mut closer = self.closer().await?;
            self.suspect = false;
            self.single.append(&mut closer.single);
            if !closer.left.is_empty() && !self.left.is_empty() {
                self.left = closer.left;
            }
        }
        ended
    }

    /// The same way up and down, looking at everything.
    async fn closer(&self) -> Result<Self, Error> {
        self.context.ui.progress("looking closer");
        let mut session = Session::open(self.context).await?;
        let ended = self.look_closer(&mut *session.target).await;
        session.close();
        ended
    }

    async fn look_closer(&self, target: &mut dyn Target) -> Result<Self, Error> {
        let before = prove::read(target, &Selection::all()).await?;
        let how = (Pace::Closely, &Ledger::default());
        let mut closer = Self::begin(self.context, self.case, target, &before, how).await?;
        for leg in legs(self.list()) {
            closer.up(target, &leg).await?;
            // A rollback that fails did so before, and is told.
            if leg.reversible && !matches!(closer.back(target, &leg).await, Ok(true)) {
                break;
            }
            if leg.reversible && leg.range.end < self.list().len() {
                closer.up(target, &leg).await?;
            }
        }
        Ok(closer)
    }

    async fn back(&mut self, target: &mut dyn Target, leg: &Leg) -> Result<bool, Error> {
        let direction = Direction::BackSteps(leg.range.len());
        let plan = migrations::plan(target, &self.case.migrations, &direction).await?;
        // What an earlier step left is not named again.
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut seen: BTreeMap<String, Option<Origin>> = BTreeMap::new();
        for part in self.parts(&plan, leg) {
            self.apply(target, &part).await?;
            let done = part.offset + part.plan.steps.len();
            let to = leg.range.end - done;
            let book = self.case.migrations.book();
            let ledger = &self.ledger;
            let was_whole =
                ledger.exists && ledger.history && (!book.is_in_step() || ledger.pushed.is_some());
            if to == 0 && !was_whole {
                // What of it was there before stays.
                let script = migrate::ledger::remove_if_empty_sql(book, &self.ledger);
                target.run(&script, &mut |_| {}).await?;
            }
            let Some(outlook) = self.compare(target, to).await? else {
                continue;
            };
            let those = &self.list()[to..leg.range.end - part.offset];
            let findings = entries::left(outlook, those);
            let subjects = findings.iter().map(|f| f.subject.clone()).collect();
            let last = to == leg.range.start;
            for mut finding in findings {
                if known.contains(&finding.subject) {
                    if last {
                        finding.origin = seen.remove(&finding.subject).flatten();
                        self.left.push(finding);
                    }
                    continue;
                }
                seen.insert(finding.subject.clone(), finding.origin.clone());
                match last {
                    true => self.left.push(finding),
                    false => self.single.push(finding),
                }
            }
            known = subjects;
        }
        let stays = |finding: &Finding| self.left.iter().any(|f| f.subject == finding.subject);
        self.single.retain(|finding| !stays(finding));
        self.rolled_back = true;
        Ok(self.left.is_empty())
    }

    /// Sets a stretch up once more, and says whether that worked.
    pub(super) async fn again(
        &mut self,
        target: &mut dyn Target,
        leg: &Leg,
    ) -> Result<bool, Error> {
        self.repeated = true;
        let plan = migrations::plan(target, &self.case.migrations, &Direction::Forward).await?;
        let mut known: BTreeSet<String> = BTreeSet::new();
        for part in self.parts(&plan, leg) {
            match self.apply(target, &part).await {
                Ok(()) => {}
                Err(error) if error.code() == ExitCode::Sql => {
                    self.again.push(entries::second_failed(&error));
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
            let after = leg.range.start + part.offset + part.plan.steps.len();
            // Everything is made anew by now, and no fingerprint the same.
            let Some(Look::Whole(stand, _)) = self.stops.get(&after).map(|stop| &stop.look) else {
                continue;
            };
            let now = prove::read(target, &Selection::all()).await?;
            let changes = diff::between(stand, &Stand::of(&now));
            for change in &changes {
                if known.insert(change.object.clone()) {
                    let place = entries::place(&self.list()[..after], change);
                    let finding = entries::changed(change, entries::after_second, place);
                    self.again.push(finding);
                }
            }
        }
        Ok(true)
    }

    /// What of a plan is done before the next look.
    fn parts(&self, plan: &Plan, leg: &Leg) -> Vec<Part> {
        let total = leg.range.len();
        let size = if self.pace == Pace::Ends {
            total.max(1)
        } else {
            1
        };
        let steps: Vec<Step> = plan.steps.iter().take(total).cloned().collect();
        let part = |(at, steps): (usize, &[Step])| Part {
            plan: Plan {
                steps: steps.to_vec(),
                warnings: match at {
                    0 => plan.warnings.clone(),
                    _ => Vec::new(),
                },
                ..plan.clone()
            },
            offset: at * size,
            total,
        };
        steps.chunks(size).enumerate().map(part).collect()
    }

    async fn apply(&self, target: &mut dyn Target, part: &Part) -> Result<(), Error> {
        let options = migrations::options_without_trace();
        let of = (part.offset, part.total);
        migrations::apply_part(self.context, target, &part.plan, &options, of)
            .await
            .map(drop)
    }

    /// A catalog, beside the last one that was kept.
    fn stand(&self, catalog: &Catalog, after: usize) -> Stand {
        let whole = |stop: &'_ Stop| matches!(stop.look, Look::Whole(..));
        let mut before = self.stops.range(..after).rev().map(|(_, stop)| stop);
        match before.find(|stop| whole(stop)).map(|stop| &stop.look) {
            Some(Look::Whole(stand, _)) => Stand::beside(catalog, stand),
            _ => Stand::of(catalog),
        }
    }

    /// What the tables hold now.
    async fn rows(&self, target: &mut dyn Target) -> Result<Option<Rows>, Error> {
        if self.pace == Pace::Ends {
            return Ok(None);
        }
        let tables = rehearse::relations(target).await?;
        let mut holds = rehearse::contents(
            target,
            &theirs(self.case.migrations.book(), &tables, &tables),
        )
        .await?;
        // Those without storage were not read.
        for table in tables.iter().filter(|table| table.bytes == 0) {
            holds
                .entry(table.id.to_string())
                .or_insert_with(|| rows::EMPTY.to_owned());
        }
        Ok(Some(Rows { tables, holds }))
    }

    /// What is not as it was after so many migrations; nothing where only the fingerprint was kept, which then says
    /// whether a closer look is due.
    async fn compare(
        &mut self,
        target: &mut dyn Target,
        at: usize,
    ) -> Result<Option<Outlook>, Error> {
        let Some(stop) = self.stops.get(&at) else {
            return Ok(None);
        };
        let mut changes = match &stop.look {
            Look::Whole(stand, _) => {
                let now = prove::read(target, &Selection::all()).await?;
                diff::between(stand, &Stand::of(&now))
            }
            Look::Print(print) => {
                self.suspect |= *print != rehearse::print(target).await?;
                Vec::new()
            }
        };
        let book = self.case.migrations.book();
        let before = &self.ledger;
        if before.exists || before.history || before.pushed.is_some() || at > 0 {
            // It stays, and one of an older version is brought up to date.
            changes.retain(|change| !book.owns(&change.object));
        }
        let mut rows = Vec::new();
        if let Some(before) = &stop.rows {
            let tables = rehearse::relations(target).await?;
            rows = rows::losses(&before.tables, &tables, &changes);
            // The catalog says which ones are gone.
            let there = theirs(book, &before.tables, &tables);
            let holds = rehearse::contents(target, &there).await?;
            rows.extend(rows::differing(&there, &before.holds, &holds));
        }
        if matches!(stop.look, Look::Print(_)) {
            self.suspect |= !rows.is_empty();
            return Ok(None);
        }
        Ok(Some(Outlook { changes, rows }))
    }

    /// Reports what was proved as far as it came.
    pub(super) fn report(self, report: &mut SuiteReport) {
        let (icon, title) = entries::GROUP;
        let entries = self.entries();
        if !entries.is_empty() {
            report.group(icon, title, None).entries.extend(entries);
        }
    }

    fn entries(self) -> Vec<crate::report::Entry> {
        const EACH: &str = "Each migration is undone by its own rollback";
        let mut out = Vec::new();
        let list = self.list();
        for migration in list {
            if let Some(irreversible) = &migration.irreversible {
                let label = format!("{} is undone by its rollback", migration.label());
                let reason = format!("it is irreversible: {}", irreversible.reason);
                let mut entry = aside(&label, reason);
                entry.origin = Some(irreversible.origin.clone());
                out.push(entry);
            }
        }
        let objects = |at: usize| match self.stops.get(&at).map(|stop| &stop.look) {
            Some(Look::Whole(_, objects)) => *objects,
            _ => 0,
        };
        let stays = !self.left.is_empty();
        if self.rolled_back {
            let rows = self.stops.get(&0).and_then(|stop| stop.rows.as_ref());
            let compared = objects(0) + rows.map_or(0, |rows| rows.holds.len());
            let outcome = Outcome::of(self.left);
            out.push(entry("Rollback leaves nothing behind", compared, outcome));
        }
        let reversible = list.iter().filter(|m| m.irreversible.is_none()).count();
        if reversible > 1 && (self.rolled_back || !self.single.is_empty()) {
            out.push(match (self.pace != Pace::Ends, self.single.is_empty()) {
                (false, _) => aside(
                    EACH,
                    "that is proved on the embedded target only: leave --target out".to_owned(),
                ),
                (true, true) if stays => skipped(EACH, "what stays in the end is named above"),
                (true, _) => entry(EACH, reversible, Outcome::of(self.single)),
            });
        }
        if self.repeated {
            let label = match self.again.first() {
                Some(finding) if finding.subject == "the second setup" => {
                    "Setup works a second time"
                }
                _ => "Setup works a second time, with the same result",
            };
            let outcome = Outcome::of(self.again);
            out.push(entry(label, objects(list.len()), outcome));
        } else if stays {
            out.push(skipped(
                "Setup works a second time",
                "what the rollback left would be in its way",
            ));
        }
        out
    }
}

/// A part of a plan.
struct Part {
    plan: Plan,
    /// Steps before it.
    offset: usize,
    /// Steps of all parts.
    total: usize,
}

/// Those of the tables that are still there and can be read, and may have had rows before or since, without the ledger's.
fn theirs<'t>(book: &Book, tables: &'t [Relation], now: &[Relation]) -> Vec<&'t Relation> {
    let now: BTreeMap<u32, u64> = now.iter().map(|table| (table.id, table.bytes)).collect();
    let owned = |t: &Relation| book.owns(&format!("table {}.{}", t.schema, t.name));
    tables
        .iter()
        .filter(|t| t.readable && !owned(t))
        .filter(|t| now.get(&t.id).is_some_and(|bytes| bytes + t.bytes > 0))
        .collect()
}
