//! What the Management API says of the project.

use super::shut;
use crate::doctor::{Line, State, services};
use crate::error::Error;
use crate::target::TargetError;
use crate::target::door::ApiOf;
use crate::target::postgres::Limits;

/// The schemas that the Data API shows. The database says it only where it was set there.
const EXPOSED: &str = "exposed schemas";

/// What the Management API says of the project: a line for each question, and one alone where it does not answer at all.
pub(super) async fn lines(api: &ApiOf, limits: &Limits) -> Result<Vec<Line>, Error> {
    let api = api.api(limits)?;
    fn line<T>(
        subject: &str,
        answer: Result<T, TargetError>,
        judge: impl FnOnce(&T) -> Line,
    ) -> Line {
        match answer {
            Ok(found) => judge(&found),
            Err(error) => shut(subject.to_owned(), &error).skipped(),
        }
    }
    let health = api.health().await;
    if let Err(error) = &health
        && !error.is_forbidden()
    {
        // A token is not sent again after a refusal, and nobody is waited for five times.
        return Ok(vec![shut("all of it".to_owned(), error).skipped()]);
    }
    let (schemas, keys, legacy, lints, migrations) = tokio::join!(
        api.exposed_schemas(),
        api.keys(),
        api.legacy_keys(),
        api.security_lints(),
        api.migrations()
    );
    let legacy = legacy.ok();
    Ok(vec![
        line("services", health, |all| services::health(all)),
        line(EXPOSED, schemas, |all| {
            let names: Vec<&str> = all.split(',').map(str::trim).collect();
            Line::new(State::Good, EXPOSED, names.join(", "))
        }),
        line("API keys", keys, |all| services::keys(all, legacy)),
        line("security advisor", lints, |all| services::advisor(all)),
        line("recorded migrations", migrations, |all| {
            services::migrations(all)
        }),
    ])
}
