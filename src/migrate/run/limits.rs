//! The limits of time that a file's statements have: what it says itself, else what the run says.

use std::time::Duration;

use super::options::Options;
use crate::migrate::files::Script;
use crate::sql::quote_literal;

/// A limit of time that the server has a setting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// This, whatever the session has.
    Of(Duration),
    /// This, unless the session has one.
    Unless(Duration),
}

/// How long a statement may wait for a lock.
pub(super) fn lock(script: &Script, options: &Options) -> Limit {
    script
        .lock_timeout()
        .map_or(options.lock_timeout, Limit::Of)
}

/// How long a statement may take; `None` leaves it to the server.
pub(super) fn statement(script: &Script, options: &Options) -> Option<Duration> {
    script.timeout().or(options.statement_timeout)
}

/// A limit as the server's settings take it, which end at `i32::MAX` milliseconds. Zero is no limit, and nothing else is.
pub(super) fn setting(limit: Duration) -> String {
    let ms = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    quote_literal(&format!("{}ms", ms.max(i32::from(!limit.is_zero()))))
}

/// The shorter of a limit and a bound; zero is none.
pub(super) fn bounded(limit: Option<Duration>, bound: Duration) -> Duration {
    match limit.filter(|limit| !limit.is_zero()) {
        Some(limit) => limit.min(bound),
        None => bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_what_the_server_takes() {
        let year = Duration::from_secs(365 * 24 * 3600);
        for (limit, text) in [
            (Duration::ZERO, "'0ms'"),
            (Duration::from_micros(1), "'1ms'"),
            (Duration::from_secs(30), "'30000ms'"),
            (year, "'2147483647ms'"),
        ] {
            assert_eq!(setting(limit), text);
        }
    }

    #[test]
    fn no_limit_is_not_the_shortest() {
        let second = Duration::from_secs(1);
        assert_eq!(bounded(Some(Duration::ZERO), second), second);
        assert_eq!(bounded(None, second), second);
        assert_eq!(bounded(Some(second / 2), second), second / 2);
    }
}
