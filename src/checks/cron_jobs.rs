//! Jobs of pg_cron: schedule, command, whether they run.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, CronJob, Unread};
use crate::meaning;
use crate::source::Located;

use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes};

codes! {
    of "cron-job": "cron job", "cron jobs";
    SCHEDULE: "cron-job-schedule", "a cron job runs at other times";
    COMMAND: "cron-job-command", "a cron job runs another command";
    ACTIVE: "cron-job-active", "a cron job is not active where it should be, or the reverse";
    DATABASE: "cron-job-database", "a cron job runs in another database";
    ROLE: "cron-job-role", "a cron job runs as another role";
}

/// `cron_jobs:` by name, or `name of role` where several roles have one of that name.
pub type Section = Objects<CronJobExpectation>;

/// What is expected of a job. What is left out may be anything. The schedule alone is the short form.
#[derive(Clone, Debug, Default)]
pub struct CronJobExpectation {
    long: Long,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// Cron's five fields, or as in `30 seconds`.
    schedule: Option<Located<String>>,
    /// The SQL that it runs. It may hold a token: neither this nor that of the job is shown.
    command: Option<Located<String>>,
    /// Whether it runs at all.
    active: Option<Located<bool>>,
    /// The database that it runs in.
    database: Option<Located<String>>,
    /// The role that it runs as.
    role: Option<Located<String>>,
}

impl From<Long> for CronJobExpectation {
    fn from(long: Long) -> Self {
        Self { long }
    }
}

fn line(text: &str) -> Result<CronJobExpectation, String> {
    Ok(Long {
        schedule: Some(Located::left_out(text.to_owned())),
        ..Long::default()
    }
    .into())
}

crate::source::text_or_map!(
    CronJobExpectation as "CronJob",
    Long,
    "a schedule (`5 4 * * *`), or a mapping with `schedule`, `command`, …",
    line
);

impl Object for CronJobExpectation {
    const HEADING: Heading = Heading {
        icon: "⏰ ",
        title: "Cron Jobs",
        noun: "cron job",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = CronJob;

    fn find<'a>(catalog: &'a Catalog, wanted: &Wanted) -> Result<Vec<&'a CronJob>, Unread> {
        let all = catalog.cron_jobs.known()?;
        let name = &wanted.identity.name;
        let exact = |job: &&CronJob| format!("{} of {}", job.name, job.role) == *name;
        let named = |job: &&CronJob| job.name == *name;
        Ok(match all.iter().find(exact) {
            Some(job) => vec![job],
            None => all.iter().filter(named).collect(),
        })
    }

    fn compare(
        &self,
        found: &CronJob,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let long = &self.long;
        if let Some(schedule) = &long.schedule {
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let same = plain(&schedule.value).eq_ignore_ascii_case(&plain(&found.schedule));
            let (wanted, is) = (&schedule.value, &found.schedule);
            examiner.property(&SCHEDULE, "schedule", schedule, same, wanted, is);
        }
        if let Some(command) = &long.command {
            let plain = |text: &str| text.trim().trim_end_matches(';').to_owned();
            let same = meaning::same_body(&plain(&command.value), &plain(&found.command));
            let (wanted, is) = ("the suite's", "another, which may hold a token");
            examiner.property(&COMMAND, "command", command, same, wanted, is);
        }
        if let Some(active) = &long.active {
            let words = ["active", "not active"];
            examiner.either(&ACTIVE, "state", active, found.active, words);
        }
        examiner.optional(&DATABASE, "database", &long.database, &found.database);
        examiner.optional(&ROLE, "role", &long.role, &found.role);
        Ok(())
    }

    fn like(found: &CronJob) -> String {
        format!("one that runs {}", found.schedule)
    }

    fn written(found: &CronJob, _catalog: &Catalog) -> Option<Value> {
        let mut out = json!({"schedule": found.schedule});
        if !may_hold_a_secret(&found.command) {
            out["command"] = json!(found.command);
        }
        out["active"] = json!(found.active);
        out["database"] = json!(found.database);
        out["role"] = json!(found.role);
        Some(out)
    }

    fn written_at(&mut self, span: std::ops::Range<usize>) {
        use crate::source::Written as _;
        if let Some(schedule) = &mut self.long.schedule
            && schedule.span().is_none()
        {
            schedule.span = span;
        }
    }
}

/// Whether a command should not be copied into a file.
fn may_hold_a_secret(command: &str) -> bool {
    let lower = command.to_ascii_lowercase();
    let words = [
        "http",
        "header",
        "bearer",
        "authorization",
        "apikey",
        "api_key",
        "token",
        "secret",
        "passw",
        "key",
        "credential",
        "eyj",
    ];
    words.iter().any(|word| lower.contains(word))
}
