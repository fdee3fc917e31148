//! The target `data_api`: a project by its Data API (PostgREST), through a function that runs SQL.
//!
//! Every call is one transaction that PostgREST commits, in a function that is SECURITY DEFINER as a rule. So nothing here
//! begins or ends a transaction: what is to be undone runs in a subtransaction of a DO block. Our own function, which
//! `supaproof bootstrap` creates, returns what a script has put into a setting; with another one the value comes back as an
//! error of ours, the one thing that every such function hands on. One that takes queries alone reads, and nothing more.

mod answer;
mod function;
pub(super) mod script;

use async_trait::async_trait;
use postgrest::Postgrest;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use self::answer::Answer;
use self::function::{Function, Search};
use self::script::Back;
use super::http::{Http, Key, KeyKind, Options, Request, unexpected};
use super::{Cancel, Capabilities, Event, Obstacle, ServerError, Target, TargetError};
use crate::error::Error;

/// The header that Supabase's gateway looks for a key in.
const API_KEY: &str = "apikey";

const ABILITIES: Capabilities = Capabilities {
    sessions: false,
    transactions: false,
    ddl: true,
    // SET ROLE is refused within a SECURITY DEFINER function (42501).
    roles: false,
    events: false,
    cancel: false,
    longest_message: None,
    longest_run: None,
};

/// A project by its Data API.
pub struct DataApiTarget {
    http: Http,
    builder: Postgrest,
    name: String,
    /// The function that runs SQL, once one has answered.
    function: Option<Function>,
    /// How values come back, once one has.
    back: Option<Back>,
    capabilities: Capabilities,
    /// Why nothing can be changed: the function takes queries alone.
    read_only: Option<String>,
}

/// What makes a result of a query's text, as such functions return theirs.
const CASTS: [&str; 3] = [
    "pg_catalog.to_json",
    "pg_catalog.to_jsonb",
    "pg_catalog.text",
];

/// A query returns another type than its function (`structure of query does not match function result type`).
const OTHER_TYPE: &str = "42804";

impl DataApiTarget {
    /// Nothing is sent yet. The base of `options` is the API's own (`https://REF.supabase.co/rest/v1`).
    ///
    /// # Errors
    /// Exit 2: the key is one for the public or an access token, or the address cannot be used.
    pub fn new(options: Options, key: &Key) -> Result<Self, Error> {
        if !key.is_secret() {
            let words = match key.kind() {
                KeyKind::Publishable => "a publishable key",
                // It opens all of its owner's projects: no project's host is to see it.
                KeyKind::AccessToken => "an access token",
                _ => "the key of anon",
            };
            return Err(Error::usage(format!(
                "the Data API needs a secret key, and this is {words}"
            ))
            .help("Set SUPABASE_SECRET_KEY (sb_secret_…) or SUPABASE_SERVICE_ROLE_KEY: project settings, API keys."));
        }
        let http = Http::new(options.clone())?;
        Ok(Self {
            name: format!("the Data API at {}", http.place()),
            builder: builder(&options.base, key),
            http,
            function: None,
            back: None,
            capabilities: ABILITIES,
            read_only: None,
        })
    }

    /// Runs a script by the function, and looks for the function first where none has answered yet.
    async fn call(&mut self, script: &str, repeatable: bool) -> Result<Value, TargetError> {
        let known = self.function.clone();
        let mut search = Search::default();
        let mut next = Some(known.clone().unwrap_or_else(Function::ours));
        while let Some(function) = next {
            let result = match self.once(&function, script, repeatable).await? {
                Answer::Value(value) => Ok(value),
                Answer::Failed(error) => Err(TargetError::Server(error)),
                Answer::NoFunction { hint } => {
                    next = search.refused(function, hint.as_deref());
                    // One that answered before is gone: nothing else is called in its place.
                    if known.is_some() {
                        break;
                    }
                    continue;
                }
            };
            self.function = Some(function);
            return result;
        }
        Err(self.no_function(search.tried()))
    }

    async fn once(
        &self,
        function: &Function,
        script: &str,
        repeatable: bool,
    ) -> Result<Answer, TargetError> {
        let request = self.request(function, script, repeatable)?;
        let sent = self.http.send(&request).await;
        let reply = sent.map_err(|failure| failure.into_target(&self.name))?;
        Ok(match answer::read(&self.name, &reply, repeatable)? {
            // It is not there any more, and PostgREST has not learnt of it yet.
            Answer::Failed(error) if function.is_gone(&error) => Answer::NoFunction { hint: None },
            answer => answer,
        })
    }

    /// The request as the crate makes it, for our own client: its own follows redirects with the key in a header, and knows
    /// no bounds.
    fn request(
        &self,
        function: &Function,
        script: &str,
        repeatable: bool,
    ) -> Result<Request, TargetError> {
        let built = self
            .builder
            .rpc(&function.name, function.arguments(script))
            .build()
            .build()
            .map_err(|error| self.unexpected(format!("no request can be made: {error}")))?;
        let mut headers = HeaderMap::new();
        for (name, value) in built.headers() {
            let name = HeaderName::from_bytes(name.as_str().as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(mut value)) = (name, value) {
                value.set_sensitive(name == AUTHORIZATION || name == API_KEY);
                headers.insert(name, value);
            }
        }
        headers.remove(reqwest::header::CONTENT_TYPE);
        let body = built.body().and_then(|body| body.as_bytes());
        Ok(Request {
            method: Method::POST,
            path: format!("/rpc/{}", function.name),
            headers,
            body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
            repeatable,
        })
    }

    /// The value that a script ends in. How it comes back is found out by the first one.
    async fn value(
        &mut self,
        script: impl Fn(Back) -> String + Send,
    ) -> Result<Value, TargetError> {
        let backs: &[Back] = match &self.back {
            Some(Back::Setting) => &[Back::Setting],
            Some(Back::Error) => &[Back::Error],
            None => &[Back::Setting, Back::Error],
        };
        for &back in backs {
            let found = match self.call(&script(back), true).await {
                Ok(value) => script::value(&value).map(ToOwned::to_owned),
                Err(TargetError::Server(error)) => match script::carried(&error.message) {
                    Some(text) => Some(text.to_owned()),
                    None => return Err(self.refused(error)),
                },
                Err(other) => return Err(other),
            };
            if let Some(text) = found {
                self.back = Some(back);
                return script::json(&text)
                    .map_err(|error| self.unexpected(format!("the value is not JSON: {error}")));
            }
        }
        Err(self.unexpected("the function runs SQL and gives nothing of it back"))
    }

    /// An error of the server, or what it shows of the function.
    fn refused(&mut self, error: Box<ServerError>) -> TargetError {
        // Our block is no query, whether it is put between parentheses, handed to RETURN QUERY or looked at before.
        let message = error.message.to_lowercase();
        let wrapped = message.contains("at or near \"do\"")
            || message.contains("do query does not return tuples")
            || (message.contains("only") && message.contains("select"));
        match &self.function {
            Some(function) if wrapped => {
                self.read_only = Some(format!(
                    "its function {function} takes only SELECT statements"
                ));
                self.capabilities.ddl = false;
                TargetError::Server(error)
            }
            _ => TargetError::Server(error),
        }
    }

    /// What a change ends in where the function takes queries alone.
    fn refuse(&self) -> Result<(), TargetError> {
        match &self.read_only {
            Some(reason) => Err(super::may_only_read(reason)),
            None => Ok(()),
        }
    }

    /// The value of a SELECT, by a function that takes nothing else.
    async fn by_query(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        for cast in CASTS {
            let query = script::query(settings, select, cast).ok_or_else(|| {
                self.unexpected("its function takes only SELECT statements, and more is needed")
            })?;
            match self.call(&query, true).await {
                Ok(value) => {
                    let text = script::value(&value).ok_or_else(|| {
                        self.unexpected("the function gives nothing of a query back")
                    })?;
                    return script::json(text).map_err(|error| {
                        self.unexpected(format!("the value is not JSON: {error}"))
                    });
                }
                Err(TargetError::Server(error)) if error.sqlstate == OTHER_TYPE => {}
                Err(error) => return Err(error),
            }
        }
        Err(self
            .unexpected("its function takes only SELECT statements, and returns none of a value"))
    }

    fn no_function(&self, tried: &[Function]) -> TargetError {
        let tried: Vec<String> = tried.iter().map(ToString::to_string).collect();
        TargetError::Unreachable {
            target: self.name.clone(),
            reason: format!(
                "it has no function that runs SQL (tried {})",
                tried.join(", ")
            ),
            sqlstate: Some("PGRST202".to_owned()),
            obstacle: Obstacle::Other,
        }
    }

    /// Of a reading, which may be asked for again.
    fn unexpected(&self, reason: impl Into<String>) -> TargetError {
        unexpected(&self.name, reason.into(), true)
    }
}

fn builder(base: &Url, key: &Key) -> Postgrest {
    let text = |value: HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let builder = Postgrest::new(base.as_str().trim_end_matches('/'))
        .insert_header(API_KEY, text(key.header("")));
    match key.kind() {
        // These are no tokens: PostgREST would refuse them as such.
        KeyKind::Secret | KeyKind::Publishable => builder,
        _ => builder.insert_header(AUTHORIZATION.as_str(), text(key.header("Bearer "))),
    }
}

#[async_trait]
impl Target for DataApiTarget {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn kind(&self) -> &'static str {
        "data_api"
    }

    fn throwaway(&self) -> bool {
        false
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn opening(&self) -> Option<&'static str> {
        Some(script::OPENING)
    }

    fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        None
    }

    async fn run(
        &mut self,
        script: &str,
        _on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        self.refuse()?;
        self.call(&script::tidy(script), false).await.map(drop)
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        if self.read_only.is_none() {
            let read = self.value(|back| script::reading(settings, select, back));
            match read.await {
                Err(_) if self.read_only.is_some() => {}
                read => return read,
            }
        }
        self.by_query(settings, select).await
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        self.refuse()?;
        let tried = self.value(|back| script::trial(statements, result, back));
        let tried = tried.await;
        // That it takes queries alone may only now have come out.
        self.refuse()?;
        tried
    }
}
