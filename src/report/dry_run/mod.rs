//! What came of a dry run, as one value that is written for people and for programs.
//!
//! The types are the shape of the JSON: `docs/dry-run.schema.json` is made from them, and a change that could break a reader
//! raises the version. What people read is made from the same value.

mod pretty;

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::{Failure, Place};

pub use pretty::{destructive_lines, flag};

/// The version of the shape.
const VERSION: u32 = 1;

/// What came of a dry run. Fields may be added without notice; `version` is raised when one goes or means something else.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "supaproof dry run")]
pub struct DryRun {
    /// The version of this shape.
    #[schemars(extend("const" = VERSION))]
    pub version: u32,
    /// `supaproof` and its version.
    pub tool: String,
    /// How the run ended.
    pub exit_code: u8,
    /// What was tried.
    pub command: Command,
    /// What came of it.
    pub outcome: Outcome,
    /// The target, never with a password; empty where that was not reached.
    pub target: String,
    /// Whether the target is protected.
    pub protected: bool,
    /// Where it was tried; null where it did not come to that.
    pub tried_on: Option<TriedOn>,
    /// What the private copy lives on; null where there was none.
    pub copy: Option<String>,
    /// How long the trial took; null where nothing ran.
    pub seconds: Option<f64>,
    /// The suites with their steps, in the order in which they ran.
    pub suites: Vec<Suite>,
    /// What statements destroy that is there, the worst first.
    pub destructive: Vec<Destructive>,
    /// The rows that are lost or at risk by that, as far as they are known.
    pub rows_at_risk: u64,
    /// Statements that nobody can read before they run.
    pub not_looked_at: Vec<NotLookedAt>,
    /// What `--allow-destructive` has to name to do it on this target; empty where the target is not protected.
    pub allow_destructive: Vec<String>,
    /// Locks on relations that are there, the strongest of each, beyond those of a SELECT.
    pub locks: Vec<Lock>,
    /// Tables and views that are there, and were read whole or written.
    pub tables: Vec<Table>,
    /// What is different in the schema afterwards.
    pub schema_changes: Vec<SchemaChange>,
    /// What the server said meanwhile.
    pub notices: Vec<String>,
    /// Statements of which a copy without rows cannot say whether they work.
    pub not_known: Vec<NotKnown>,
    /// What of the target's schema is not in the copy.
    pub not_in_copy: Vec<String>,
    /// Sequences that went on: no rollback takes that back.
    pub sequences_advanced: Vec<Sequence>,
    /// What ended it early.
    pub error: Option<Failure>,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// `supaproof setup`.
    Setup,
    /// `supaproof rollback`.
    Rollback,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It works.
    Works,
    /// What was tried of it works.
    Partly,
    /// It works on the copy, as far as it could be tried, and fails on the rows of the target.
    FailsOnRows,
    /// Nothing of it could be tried.
    NotTried,
    /// Nothing is to be done.
    NothingToDo,
    /// It failed, or did not come to a trial: `error` says why.
    Failed,
}

/// Where it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TriedOn {
    /// On the target, in a transaction that was rolled back.
    Target,
    /// On a private copy of its schema; the target was only read.
    Copy,
}

/// What is to be done of a suite.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suite {
    /// Its name.
    pub suite: String,
    /// Its steps, in the order in which they ran.
    pub steps: Vec<Step>,
    /// Why there are none.
    pub nothing_to_do: Option<String>,
    /// What is unusual about it.
    pub warnings: Vec<String>,
}

/// A migration that is applied, or taken back.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// The file that runs, relative to the working folder.
    pub file: String,
    /// Who wrote it, where the file says so.
    pub author: Option<String>,
    /// How many statements it has.
    pub statements: usize,
    /// What came of it.
    pub outcome: StepOutcome,
    /// Why it was not tried, or in part alone.
    pub not_tried: Option<NotTried>,
    /// How long it took; null where it was not tried, and where the door to the target does not tell.
    pub seconds: Option<f64>,
}

impl Step {
    /// `002_name`, as its file is called.
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It works.
    Works,
    /// What was tried of it works.
    Partly,
    /// It was left out.
    NotTried,
    /// It failed.
    Failed,
    /// It did not come to it, or nobody knows, since the trial ended early.
    NotReached,
}

/// Why something was not tried.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotTried {
    /// Why.
    pub reason: String,
    /// The statement because of which.
    pub place: Place,
}

/// A statement that destroys what is there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Destructive {
    /// What it does, in words: `drop table public.orders`.
    pub action: String,
    /// The object that this is done to, or whose part: `public.orders`.
    pub object: String,
    /// What that means, in words: `3 rows are lost`.
    pub means: String,
    /// What goes.
    pub takes: Takes,
    /// The rows that it is about: counted, or the server's estimate where `means` says `about`; null where no number is known.
    pub rows: Option<u64>,
    /// Whether it would fail on the rows that are there.
    pub fails: bool,
    /// The names by which `--allow-destructive` allows it.
    pub names: Vec<String>,
    /// Whether it has to be named there, since the target is protected.
    pub must_be_named: bool,
    /// The statement.
    pub place: Place,
}

/// What goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Takes {
    /// Rows or values go, or may go.
    Rows,
    /// Something that protects rows: a policy, a constraint, row level security.
    Protection,
    /// A definition, which could be written again.
    Definition,
}

/// A statement that nobody can read before it runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotLookedAt {
    /// The beginning of it.
    pub statement: String,
    /// The name by which `--allow-destructive` allows it.
    pub name: String,
    /// Whether it has to be named there, since the target is protected.
    pub must_be_named: bool,
    /// Where it stands.
    pub place: Place,
}

/// A lock on a relation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Lock {
    /// The relation: `public.orders`.
    pub relation: String,
    /// The mode as SQL calls it: `ACCESS EXCLUSIVE`.
    pub mode: String,
    /// What others wait for, in words: `blocks reads and writes`.
    pub blocks: String,
    /// Whether others cannot read it meanwhile.
    pub blocks_reads: bool,
    /// Whether others cannot write to it meanwhile.
    pub blocks_writes: bool,
    /// The first migration that takes it, to whose end it is held; null where several ran and the door to the target does not
    /// tell.
    pub held_by: Option<Held>,
}

/// To the end of which migration a lock is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// The suite.
    pub suite: String,
    /// The version.
    pub version: String,
    /// The name.
    pub name: String,
}

/// What was done to a table that is there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Table {
    /// Which: `public.orders`.
    pub table: String,
    /// The server's estimate of its rows, before it; null where it has none.
    pub rows_estimate: Option<u64>,
    /// It was written anew.
    pub rewritten: bool,
    /// It was emptied.
    pub emptied: bool,
    /// How often all of it was read.
    pub full_scans: u64,
    /// Indexes that were built anew.
    pub indexes_rebuilt: Vec<String>,
    /// Rows that were inserted.
    pub inserted: u64,
    /// Rows that were updated.
    pub updated: u64,
    /// Rows that were deleted.
    pub deleted: u64,
}

/// An object that is another afterwards.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SchemaChange {
    /// The object: `table public.orders`.
    pub object: String,
    /// How it is another.
    pub change: Changed,
    /// What about it, where it was altered.
    pub properties: Vec<Property>,
}

/// How an object is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Changed {
    /// It is gone.
    Removed,
    /// It is there with other properties.
    Altered,
    /// It is new.
    Added,
}

/// A property that is another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Property {
    /// Its name.
    pub property: String,
    /// What it was, in words.
    pub before: String,
    /// What it is then.
    pub after: String,
}

/// A statement that checks rows, which the copy does not have.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotKnown {
    /// The beginning of it.
    pub statement: String,
    /// The table with the rows.
    pub table: String,
    /// Where it stands.
    pub place: Place,
}

/// A sequence that went on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sequence {
    /// Which: `public.orders_id_seq`.
    pub sequence: String,
    /// Its last value before; null where it was unused.
    pub before: Option<i64>,
    /// Its last value now.
    pub after: Option<i64>,
}

impl DryRun {
    /// A dry run of which nothing is known yet.
    pub fn new(command: Command) -> Self {
        Self {
            version: VERSION,
            tool: concat!("supaproof ", env!("CARGO_PKG_VERSION")).to_owned(),
            exit_code: 0,
            command,
            outcome: Outcome::NothingToDo,
            target: String::new(),
            protected: false,
            tried_on: None,
            copy: None,
            seconds: None,
            suites: Vec::new(),
            destructive: Vec::new(),
            rows_at_risk: 0,
            not_looked_at: Vec::new(),
            allow_destructive: Vec::new(),
            locks: Vec::new(),
            tables: Vec::new(),
            schema_changes: Vec::new(),
            notices: Vec::new(),
            not_known: Vec::new(),
            not_in_copy: Vec::new(),
            sequences_advanced: Vec::new(),
            error: None,
        }
    }

    /// All steps, over the suites.
    fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.suites.iter().flat_map(|suite| &suite.steps)
    }

    /// For programs.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    /// For people: the danger first. What ended it early is not in it: a person reads that with its line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn pretty(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text().as_bytes())
    }
}

/// The shape of the JSON as a JSON Schema: what `docs/dry-run.schema.json` holds.
pub fn json_schema() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<DryRun>()
}
