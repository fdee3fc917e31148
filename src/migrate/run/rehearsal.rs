//! A dry run's message: the files of plans in one transaction that is taken back, with what bounds it.

use std::time::Duration;

use super::compose::{Job, Message, Role};
use super::explain::explain;
use super::held::holders;
use super::limits::{bounded, setting};
use super::options::Options;
use crate::catalog;
use crate::error::Error;
use crate::migrate::destructive::Call;
use crate::migrate::files::{Migration, Script};
use crate::migrate::plan::Plan;
use crate::source::Origin;
use crate::sql::{
    Statement, Token, TokenKind, dollar_quote, quote_ident, quote_literal, runs_outside_transaction,
};
use crate::target::{Capabilities, ServerError, Target};

/// What bounds a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RehearsalLimits {
    /// How long all of it may run.
    pub hold: Duration,
    /// How long it waits for a lock: everybody else waits behind it.
    pub lock: Duration,
    /// The newest relation that was there before, by its object id: what is held on it and on older ones is told at the end
    /// of each migration.
    pub known: Option<u32>,
}

/// How the notice begins that tells, as JSON, the locks which are held as a migration ends and another begins.
pub const HELD_LOCKS: &str = "supaproof: held ";

/// A statement that cannot be tried, and because of which its file is left out, wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The migration.
    pub label: String,
    /// The statement.
    pub origin: Origin,
    /// Why.
    pub reason: String,
    /// Whether the file was tried in part.
    pub partly: bool,
}

/// What is missing, as far as the server says it: another migration may have been to make it.
const MISSING: [&str; 8] = [
    "42P01", "42703", "42704", "42883", "3F000", "42830", "42P10", "3D000",
];

/// A new value of an enum is used that no transaction committed.
const UNCOMMITTED_VALUE: &str = "55P04";

/// The files of plans as one message, without what cannot be tried.
#[derive(Debug)]
pub struct Rehearsal<'a> {
    message: Message,
    jobs: Vec<Job<'a>>,
    left_out: Vec<LeftOut>,
    /// Where the jobs and what is left out stand among all steps.
    places: Vec<usize>,
    left_places: Vec<(usize, String)>,
}

/// Functions whose effect no rollback takes back, by how their names begin.
const OUTSIDE: [&str; 31] = [
    "pg_create_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_drop_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_copy_logical_replication_slot",
    "pg_replication_slot_advance",
    "pg_sync_replication_slots",
    "pg_logical_slot_get",
    "pg_replication_origin_",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_switch_wal",
    "pg_wal_replay_",
    "pg_promote",
    "pg_create_restore_point",
    "pg_backup_",
    "pg_start_backup",
    "pg_stop_backup",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_stat_reset",
    "pg_stat_statements_reset",
    "pg_file_",
    "lo_export",
    "dblink",
    "http_get",
    "http_post",
    "http_put",
    "http_patch",
    "http_delete",
    "pg_logical_emit_message",
];

impl<'a> Rehearsal<'a> {
    /// `calls`: the functions that the plans call; `without`: what a rehearsal before found to need another migration's commit.
    /// `opening`: what makes the session as the door opened it, once more after each file.
    pub fn new(
        plans: &'a [Plan],
        calls: &[Call],
        without: &[LeftOut],
        options: &'a Options,
        able: &Capabilities,
        opening: Option<&str>,
        limits: RehearsalLimits,
    ) -> Self {
        let mut new = Self {
            message: Message::default(),
            jobs: Vec::new(),
            left_out: Vec::new(),
            places: Vec::new(),
            left_places: Vec::new(),
        };
        let steps = plans
            .iter()
            .flat_map(|plan| plan.steps.iter().map(move |step| (plan, step)));
        for (place, (plan, step)) in steps.enumerate() {
            let label = step.migration.label();
            let needs = without.iter().find(|out| {
                out.label == label && out.origin.source.path() == step.script.source().path()
            });
            let out = needs.cloned();
            if let Some(out) = out.or_else(|| left_out(&step.script, &step.migration, calls)) {
                new.left_out.push(out);
                new.left_places.push((place, label));
                continue;
            }
            new.left_out
                .extend(one_batch(&step.script, &step.migration));
            new.places.push(place);
            new.jobs.push(Job {
                book: &plan.book,
                backward: plan.backward,
                step,
                options,
                sessions: able.sessions,
                transactions: able.transactions,
            });
        }
        new.compose(able, opening, limits);
        new
    }

    fn compose(&mut self, able: &Capabilities, opening: Option<&str>, limits: RehearsalLimits) {
        let message = &mut self.message;
        if able.transactions {
            message.push(0, Role::Begin, &["begin isolation level read committed"]);
        }
        let role = self
            .jobs
            .first()
            .and_then(|job| job.options.role.as_deref());
        let role = role.map(|role| format!("set role {}", quote_ident(role)));
        let roles = ["reset session authorization", "reset role"];
        let mut again: Vec<&str> = roles.into_iter().filter(|_| able.roles).collect();
        again.push("reset all");
        again.extend(opening);
        again.extend(role.as_deref());
        for (number, job) in self.jobs.iter().enumerate() {
            // Before the first nothing is held.
            let known = limits.known.filter(|_| number > 0);
            let limits = RehearsalLimits { known, ..limits };
            message.push(number, Role::Guard, &[&bounds(Some(job), limits)]);
            message.file(number, job);
            message.push(number, Role::Deferred, &["set constraints all immediate"]);
            message.push(number, Role::Restore, &again);
        }
        let last = self.jobs.len().saturating_sub(1);
        let settings: Vec<&str> = catalog::SETTINGS.split(";\n").collect();
        // What is held at the end is asked for.
        let limits = RehearsalLimits {
            known: None,
            ..limits
        };
        message.push(last, Role::Restore, &[&bounds(None, limits)]);
        message.push(last, Role::Restore, &settings);
    }

    /// The statements, each ended by `;`.
    pub fn statements(&self) -> &str {
        &self.message.text
    }

    /// What is not among them.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The migrations that are tried, in order, each with the place of its file.
    pub fn migrations(&self) -> impl Iterator<Item = (&'a Migration, &'a Script)> {
        self.jobs
            .iter()
            .map(|job| (&job.step.migration, &*job.step.script))
    }

    /// Which of the migrations begins, where a notice says so.
    pub fn begins(&self, notice: &str) -> Option<usize> {
        self.jobs.iter().position(|job| job.marker() == notice)
    }

    /// The migration that failed, where it may have failed only because another one was not committed before it.
    pub fn needs_commit(&self, server: &ServerError) -> Option<LeftOut> {
        self.message.part_of(server.completed?)?;
        let failure = explain(&self.message, &self.jobs, server);
        let job = self.jobs.get(failure.step).filter(|_| failure.of_file)?;
        let reason = if server.sqlstate == UNCOMMITTED_VALUE {
            let before = self.jobs[..failure.step].iter().rev();
            let adds = before
                .map(|job| job.step)
                .find(|step| step.script.statements().iter().any(adds_value))?;
            format!("needs what {} commits: {server}", adds.migration.label())
        } else if MISSING.contains(&server.sqlstate.as_str()) {
            let place = self.places.get(failure.step)?;
            let mut left = self.left_places.iter().rev();
            let (_, label) = left.find(|(left, _)| left < place)?;
            format!("seems to need what {label} commits, which was not tried: {server}")
        } else {
            return None;
        };
        let source = job.step.script.source();
        Some(LeftOut {
            label: job.step.migration.label(),
            origin: (failure.error.origin().cloned()).unwrap_or_else(|| source.origin(0..0)),
            reason,
            partly: false,
        })
    }

    /// An error of the server with its file, line and statement. `None` where it came behind the last file: from what was
    /// asked then.
    pub fn explain(&self, server: &ServerError) -> Option<Error> {
        let behind = server
            .completed
            .is_some_and(|completed| self.message.part_of(completed).is_none());
        if behind {
            return None;
        }
        if server.completed.is_none() && server.position.is_none() && self.jobs.len() > 1 {
            // Nobody counted the statements.
            let error = Error::new(
                crate::error::ExitCode::Sql,
                format!("a migration failed: {server}"),
            );
            return Some(
                error
                    .note("this door does not say which one: try them one by one, or another door"),
            );
        }
        Some(explain(&self.message, &self.jobs, server).error)
    }

    /// Who holds locks on what the statement names that failed.
    pub async fn holders(&self, target: &mut dyn Target, server: &ServerError) -> Option<String> {
        let failure = explain(&self.message, &self.jobs, server);
        let script = &self.jobs.get(failure.step)?.step.script;
        let statement = script.statements().get(failure.statement?)?;
        holders(target, statement.text()).await
    }
}

/// Settings that hold until the next file, and the notice that the file begins.
fn bounds(job: Option<&Job<'_>>, bounds: RehearsalLimits) -> String {
    let script = job.map(|job| &job.step.script);
    // Our own timer is the first to ring; the server's is for when we are gone.
    let own = script.and_then(|script| script.timeout());
    let statement = bounded(own, bounds.hold + Duration::from_millis(500));
    let own = script.and_then(|script| script.lock_timeout());
    let lock = bounded(own, bounds.lock);
    let whole = bounds.hold + Duration::from_secs(1);
    let body = format!(
        "begin
  begin
    perform pg_catalog.set_config('client_connection_check_interval', '200ms', true);
  exception when others then null;
  end;
  begin
    perform pg_catalog.set_config('transaction_timeout', {whole}, true);
  exception when others then null;
  end;
  perform pg_catalog.set_config('lock_timeout', {lock}, true);
  perform pg_catalog.set_config('statement_timeout', {statement}, true);
  {held}{notice}
end",
        whole = setting(whole),
        lock = setting(lock),
        statement = setting(statement),
        held = bounds.known.map_or_else(String::new, held),
        notice = job.map_or_else(String::new, |job| format!(
            "raise notice '%', {};",
            quote_literal(&job.marker())
        )),
    );
    format!("do {}", dollar_quote(&body))
}

/// The notice of what is held on relations up to this one.
fn held(newest: u32) -> String {
    format!(
        "raise notice '{HELD_LOCKS}%', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('id', l.relation::bigint, 'mode', l.mode)), '[]')
      from pg_catalog.pg_locks l
     where l.locktype = 'relation' and l.pid = pg_catalog.pg_backend_pid() and l.granted
       and l.mode <> 'AccessShareLock' and l.relation::bigint <= {newest});
  "
    )
}

/// A data migration, of which each statement is tried once.
fn one_batch(script: &Script, migration: &Migration) -> Option<LeftOut> {
    let rows = script.batch()?;
    Some(LeftOut {
        label: migration.label(),
        origin: script.statements().first()?.origin(),
        reason: format!(
            "a data migration: one batch of each statement was tried (`:batch` is {rows}), not the batches behind it"
        ),
        partly: true,
    })
}

/// `alter type … add value`.
fn adds_value(statement: &Statement) -> bool {
    let tokens: Vec<Token<'_>> = statement.tokens().collect();
    tokens.first().is_some_and(|token| token.is_word("alter"))
        && tokens
            .windows(2)
            .any(|two| two[0].is_word("add") && two[1].is_word("value"))
}

/// Whether no rollback takes back what a function does.
fn is_outside(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OUTSIDE.iter().any(|begins| name.starts_with(begins))
}

/// The first statement of a file that cannot be tried.
fn left_out(script: &Script, migration: &Migration, calls: &[Call]) -> Option<LeftOut> {
    let made = |origin: Origin, reason: String| LeftOut {
        label: migration.label(),
        origin,
        reason,
        partly: false,
    };
    for statement in script.statements() {
        let tokens: Vec<_> = statement.tokens().collect();
        let line = statement.first_line(60);
        if runs_outside_transaction(statement) {
            return Some(made(
                statement.origin(),
                format!("{line}: cannot run in a transaction"),
            ));
        }
        let copies = tokens.first().is_some_and(|t| t.is_word("copy"));
        if copies
            && tokens
                .iter()
                .any(|t| t.is_word("program") || t.is_word("to"))
        {
            return Some(made(
                statement.origin(),
                format!("{line}: writes where no rollback reaches"),
            ));
        }
        let creates = tokens.first().is_some_and(|t| t.is_word("create"));
        let calls = tokens.windows(2).find(|two| {
            two[0].kind == TokenKind::Word && two[1].is_symbol("(") && is_outside(two[0].text)
        });
        if let Some(call) = calls.filter(|_| !creates) {
            let reason = format!(
                "{}() acts outside of the database, where no rollback reaches",
                call[0].text
            );
            return Some(made(statement.origin(), reason));
        }
    }
    // In a block, or in a function that is called.
    let path = script.source().path();
    let inside = (calls.iter())
        .find(|call| call.origin.source.path() == path && is_outside(&call.name.name));
    if let Some(call) = inside {
        let reason = format!(
            "{}() acts outside of the database, where no rollback reaches",
            call.name.name
        );
        return Some(made(call.origin.clone(), reason));
    }
    match script.transactional() {
        true => None,
        false => Some(made(
            script.source().origin(0..0),
            "the file says that it runs outside of a transaction".to_owned(),
        )),
    }
}
