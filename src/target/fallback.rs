//! Doors one after the other: which is tried after one that is shut, and which is not.
//!
//! A door over HTTP opens without a request, so that the first question tells whether it does. Where that is a reading, it
//! is asked again at the next door: what reads is the same text for all of them. Anything else was made for what the door
//! can do, and stays its.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::door::{ApiOf, Credential, Door, Entered, Purpose, Shut, Unusable, Way};
use super::management::Reference;
use super::postgres::{Limits, Settings};
use super::{Cancel, Capabilities, Event, Target, TargetError};
use crate::error::Error;

/// What is known of the way to a database: the doors that can be tried, in order, and why not the others.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The name of the target in `supaproof.toml`.
    pub name: Option<String>,
    /// Nobody named a target: this one was found in variables, `.env` files or what the Supabase CLI left.
    pub found: bool,
    /// The project.
    pub project: Option<Reference>,
    /// Whom to ask about the project besides, where an access token is known.
    pub api: Option<ApiOf>,
    /// Whether changes need more than a yes.
    pub protected: bool,
    /// The doors to try, in order.
    pub ways: Vec<Way>,
    /// Those that cannot be tried, and why.
    pub closed: Vec<(Door, String)>,
    /// The values that cannot be used.
    pub unusable: Vec<Unusable>,
    /// Every value that counts, with where it comes from, for `doctor`. No secret is among them.
    pub values: Vec<(&'static str, String, String)>,
    /// What somebody should know of where the values come from.
    pub warnings: Vec<String>,
}

/// The doors of an access, each tried once. After a refused login no door is tried with the same credential, and where
/// encryption failed none at all.
pub struct Doors {
    ways: Vec<Way>,
    limits: Limits,
    purpose: Purpose,
    next: usize,
    refused: Vec<Credential>,
    /// No further door is tried.
    stopped: bool,
}

/// An open door.
pub struct Opened {
    /// What is behind it.
    pub entered: Entered,
    /// Its place among the ways.
    pub at: usize,
    /// The doors that were tried before it, and why they did not open.
    pub shut: Vec<(Door, TargetError)>,
}

/// Why no door opened.
#[derive(Debug)]
pub enum NotOpened {
    /// Each that was tried, and why it is shut.
    Shut(Vec<(Door, TargetError)>),
    /// Something is wrong with the configuration.
    Error(Error),
}

/// A door that the first question went on to.
pub struct Passed<'a> {
    /// Its place among the ways.
    pub at: usize,
    /// What is behind it.
    pub target: &'a dyn Target,
    /// How the wire protocol reached it.
    pub wire: Option<&'a Settings>,
    /// The doors before it, and why they are shut.
    pub shut: &'a [(Door, TargetError)],
}

/// Who is told of it.
type OnPassed = Box<dyn FnMut(&Passed<'_>) + Send>;

impl Access {
    /// Its doors, none of which was tried yet.
    pub fn doors(&self, limits: Limits, purpose: Purpose) -> Doors {
        Doors {
            ways: self.ways.clone(),
            limits,
            purpose,
            next: 0,
            refused: Vec::new(),
            stopped: false,
        }
    }
}

impl Doors {
    /// Opens the next door that opens.
    ///
    /// # Errors
    /// Where none opens: each that was tried, and why it did not.
    pub async fn open(&mut self) -> Result<Opened, NotOpened> {
        let mut shut: Vec<(Door, TargetError)> = Vec::new();
        while let Some((at, way)) = self.take() {
            let mut limits = self.limits;
            if self.are_there_more() {
                // A network that drops packets must not keep us from the next door for long.
                limits.connect = limits.connect.min(Duration::from_secs(5));
            }
            match way.open(limits, self.purpose).await {
                Ok(entered) => return Ok(Opened { entered, at, shut }),
                Err(Shut::Error(error)) => return Err(NotOpened::Error(error)),
                Err(Shut::Door(error)) => {
                    self.is_shut(way.credential(), &error);
                    shut.push((way.door, error));
                }
            }
        }
        Err(NotOpened::Shut(shut))
    }

    /// The target behind an open door. Where that opened unasked and there are more doors, its first reading goes on to the
    /// next one if it is shut; `on_passed` is told.
    pub fn behind(self, opened: Opened, on_passed: OnPassed) -> Box<dyn Target> {
        let way = &self.ways[opened.at];
        if !(way.opens_unasked() && self.are_there_more()) {
            return opened.entered.target;
        }
        Box::new(FirstAnswer {
            target: opened.entered.target,
            at: opened.at,
            doors: Some(self),
            on_passed,
        })
    }

    /// The next way that may be tried.
    fn take(&mut self) -> Option<(usize, Way)> {
        let at = self.following()?;
        self.next = at + 1;
        Some((at, self.ways.get(at)?.clone()))
    }

    fn following(&self) -> Option<usize> {
        let may = |at: &usize| !self.refused.contains(&self.ways[*at].credential());
        (self.next..self.ways.len())
            .find(may)
            .filter(|_| !self.stopped)
    }

    fn are_there_more(&self) -> bool {
        self.following().is_some()
    }

    /// What a shut door says of those behind it.
    fn is_shut(&mut self, credential: Credential, error: &TargetError) {
        if error.is_login() {
            self.refused.push(credential);
        }
        self.stopped |= error.is_encryption();
    }
}

/// A target whose first answer is still to come, with the doors that are left.
struct FirstAnswer {
    target: Box<dyn Target>,
    at: usize,
    /// `None` once the door has answered.
    doors: Option<Doors>,
    on_passed: OnPassed,
}

impl FirstAnswer {
    /// Takes the next door after an answer that this one is shut, and says so. The error, where there is none.
    async fn pass(&mut self, error: TargetError) -> Result<(), TargetError> {
        let Some(doors) = &mut self.doors else {
            return Err(error);
        };
        let before = &doors.ways[self.at];
        let door = before.door;
        doors.is_shut(before.credential(), &error);
        match doors.open().await {
            Ok(opened) => {
                let mut shut = vec![(door, error)];
                shut.extend(opened.shut);
                (self.on_passed)(&Passed {
                    at: opened.at,
                    target: &*opened.entered.target,
                    wire: opened.entered.wire.as_ref(),
                    shut: &shut,
                });
                self.target = opened.entered.target;
                self.at = opened.at;
                if !doors.ways[self.at].opens_unasked() {
                    self.doors = None;
                }
                Ok(())
            }
            // What is wrong with the others is no reason to say nothing of this one.
            Err(NotOpened::Error(_)) => Err(error),
            Err(NotOpened::Shut(others)) => Err(all_shut(door, error, &others)),
        }
    }
}

/// The error of a door with those of the doors after it.
fn all_shut(door: Door, error: TargetError, others: &[(Door, TargetError)]) -> TargetError {
    match error {
        TargetError::Unreachable {
            target,
            reason,
            sqlstate,
            obstacle,
        } if !others.is_empty() => {
            let others: Vec<String> = others
                .iter()
                .map(|(door, error)| format!("; {door}: {error}"))
                .collect();
            TargetError::Unreachable {
                target,
                reason: format!("{door}: {reason}{}", others.concat()),
                sqlstate,
                obstacle,
            }
        }
        error => error,
    }
}

#[async_trait]
impl Target for FirstAnswer {
    fn describe(&self) -> String {
        self.target.describe()
    }

    fn kind(&self) -> &'static str {
        self.target.kind()
    }

    fn throwaway(&self) -> bool {
        self.target.throwaway()
    }

    fn capabilities(&self) -> &Capabilities {
        self.target.capabilities()
    }

    fn opening(&self) -> Option<&'static str> {
        self.target.opening()
    }

    fn read_only(&self) -> Option<&str> {
        self.target.read_only()
    }

    fn role(&self) -> Option<&str> {
        self.target.role()
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        self.target.canceller()
    }

    async fn run(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        self.doors = None;
        self.target.run(script, on_event).await
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        loop {
            match self.target.read_json(settings, select).await {
                Err(error @ TargetError::Unreachable { .. }) => self.pass(error).await?,
                answer => {
                    self.doors = None;
                    return answer;
                }
            }
        }
    }

    async fn read_pairs(
        &mut self,
        settings: &str,
        select: &str,
        on_pair: &mut (dyn for<'p> FnMut(&'p str, &'p str) + Send),
    ) -> Result<(), TargetError> {
        loop {
            match self.target.read_pairs(settings, select, on_pair).await {
                // It brought nothing yet.
                Err(error @ TargetError::Unreachable { .. }) => self.pass(error).await?,
                answer => {
                    self.doors = None;
                    return answer;
                }
            }
        }
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        self.doors = None;
        self.target.try_json(statements, result).await
    }

    async fn try_json_with(
        &mut self,
        statements: &str,
        result: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<Value, TargetError> {
        self.doors = None;
        self.target
            .try_json_with(statements, result, on_event)
            .await
    }
}
