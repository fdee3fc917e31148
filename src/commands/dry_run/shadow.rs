//! The rehearsal on a private copy of the target's schema: nobody waits for it, and it has no rows.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::backup::{Session as Programs, schema};
use crate::commands::session::Session;
use crate::commands::{Context, backup};
use crate::error::Error;
use crate::migrate::{Plan, RehearsalLimits};
use crate::platform;
use crate::platform::facts::SCHEMAS;
use crate::report::dry_run::{DryRun, TriedOn};
use crate::source::Source;
use crate::sql::{self, Statement};
use crate::target::postgres::{Limits, PostgresTarget, Settings};
use crate::target::{Target, TargetError};

use super::{Destruction, Place, Tried};

/// How long reading a schema may take.
const DUMP: Duration = Duration::from_secs(300);

/// What an object that the platform has already is refused with.
const THERE: [&str; 5] = ["42710", "42P07", "42P06", "42723", "42P16"];

/// The private copy.
#[derive(Debug)]
pub(super) struct Copy {
    /// What it lives on.
    pub(super) label: String,
    /// The target's own estimates of rows, by table.
    pub(super) rows: BTreeMap<String, u64>,
    /// What of the schema is not in it.
    pub(super) missing: Vec<String>,
}

/// Copies the schema and tries the plans there.
pub(super) async fn rehearse(
    context: &Context,
    session: &mut Session,
    plans: &[Plan],
    destruction: &Destruction,
    limits: RehearsalLimits,
    run: &mut DryRun,
    tried: &mut Tried,
) -> Result<Copy, Error> {
    let settings = session.wire().map_err(in_place)?;
    let measured = super::measured(&mut *session.target).await?;
    let clients = backup::clients(context, measured.major).await;
    let clients = clients.map_err(in_place)?;
    let roles = roles(&mut *session.target).await?;
    context.ui.progress("copying the schema");
    let role = session.target.role().map(str::to_owned);
    let programs = Programs {
        clients: &clients,
        settings: &settings,
        role: role.as_deref(),
    };
    let platform = SCHEMAS.iter().map(|schema| schema.name);
    let dump = schema(&programs, platform, DUMP)
        .await
        .map_err(|error| error.note("while copying the schema"))?;
    let mut private = Session::beside(context, measured.major).await?;
    let label = private.label.to_string();
    run.copy = Some(label.clone());
    run.tried_on = Some(TriedOn::Copy);
    let ended = async {
        let missing = restore(&private.wire()?, &roles, dump).await?;
        let (target, place) = (&mut *private.target, Place::Copy);
        let ended =
            super::rehearse(context, target, plans, destruction, limits, place, tried).await;
        let told = |error| {
            let copied = missing.iter().cloned();
            copied
                .fold(error, Error::note)
                .note("this was tried on a private copy of the schema, which has no rows")
        };
        ended.map_err(told).map(|()| missing)
    };
    let ended: Result<Vec<String>, Error> = ended.await;
    private.close();
    let missing = ended?;
    let rows = measured.relations.iter();
    let rows = rows.filter_map(|relation| Some((relation.qualified(), relation.rows?)));
    Ok(Copy {
        label,
        rows: rows.collect(),
        missing,
    })
}

/// Says what does without a copy.
fn in_place(error: Error) -> Error {
    error
        .note("a private copy is made with pg_dump")
        .note("--in-place tries it on the target itself, in a transaction that is rolled back")
}

/// The roles of the target, with who is a member of which: a dump names them, and does not make them.
#[derive(Debug, Deserialize)]
struct Roles {
    names: Vec<String>,
    members: Vec<(String, String)>,
}

async fn roles(target: &mut dyn Target) -> Result<Roles, Error> {
    let select = "select json_build_object(
      'names', (select coalesce(json_agg(r.rolname), '[]') from pg_catalog.pg_roles r where r.rolname !~ '^pg_'),
      'members', (select coalesce(json_agg(json_build_array(r.rolname, m.rolname)), '[]') from pg_catalog.pg_auth_members a
         join pg_catalog.pg_roles r on r.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member))";
    let document = target.read_json("", select).await?;
    serde_json::from_value(document)
        .map_err(|error| Error::bug(format!("the roles were not understood: {error}")))
}

/// Makes the schema, and says what of it could not be made.
async fn restore(settings: &Settings, roles: &Roles, dump: String) -> Result<Vec<String>, Error> {
    let limits = Limits {
        connect: Duration::from_secs(10),
        run: None,
    };
    let superuser = settings
        .clone()
        .with_login(platform::SUPERUSER, SecretString::default());
    let mut target = PostgresTarget::connect(&superuser, limits, true).await?;
    target.run(&create_roles(roles), &mut |_| {}).await?;
    // Commands of psql, between which newer versions of pg_dump put their output.
    let plain: String = dump
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict "))
        .collect();
    if target.run(&plain, &mut |_| {}).await.is_ok() {
        return Ok(Vec::new());
    }
    let mut missing = Vec::new();
    for statement in sql::statements(&Source::new("pg_dump", plain))? {
        match target.run(statement.text(), &mut |_| {}).await {
            Ok(()) => {}
            Err(TargetError::Server(error)) => {
                if !THERE.contains(&error.sqlstate.as_str()) && !is_setting(&statement) {
                    let line = statement.first_line(80);
                    missing.push(format!("not in the copy: {line}: {error}"));
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(missing)
}

/// Another major may not know a setting that the dump begins with.
fn is_setting(statement: &Statement) -> bool {
    statement
        .tokens()
        .next()
        .is_some_and(|token| token.is_word("set"))
}

fn create_roles(roles: &Roles) -> String {
    let list = |names: &mut dyn Iterator<Item = &String>| -> String {
        let names: Vec<String> = names.map(|name| sql::quote_literal(name)).collect();
        names.join(", ")
    };
    let body = format!(
        "declare
  wanted text;
  roles text[] := array[{}]::text[];
  members text[] := array[{}]::text[];
begin
  foreach wanted in array array[{}]::text[] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute format('create role %I', wanted);
    end if;
  end loop;
  for at in 1 .. cardinality(roles) loop
    if not pg_has_role(members[at], roles[at], 'member') then
      execute format('grant %I to %I', roles[at], members[at]);
    end if;
  end loop;
end",
        list(&mut roles.members.iter().map(|(role, _)| role)),
        list(&mut roles.members.iter().map(|(_, member)| member)),
        list(&mut roles.names.iter()),
    );
    format!("do {}", sql::dollar_quote(&body))
}
