//! Roles, grants, settings, publications, foreign data, the services' rows.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use supaproof::catalog::{self, Catalog, Kind, Registered, Selection};
use supaproof::checks::{self, Expectation, Facts, Object, Outcome};
use supaproof::generate::{Request, generate};
use supaproof::meaning::canon::Canon;
use supaproof::source::Source;

use super::mutations;
use super::support::Server;

const SCHEMA: &str = include_str!("../catalog/schema.sql");

fn servers() -> impl Iterator<Item = Server> {
    Server::each().inspect(|server| {
        let made = server.sql_as("supabase_admin", "postgres", SCHEMA);
        made.unwrap_or_else(|error| panic!("{error}"));
    })
}

/// What a change leaves, which is undone at once.
fn changing(change: &str, selection: &Selection) -> String {
    format!(
        "rollback;\nbegin;\n{change};\n{};\n{};\nrollback",
        catalog::SETTINGS,
        catalog::query(selection)
    )
}

fn read_after(server: &Server, change: &str) -> Catalog {
    let answer = server.json_as(
        "supabase_admin",
        "postgres",
        &changing(change, &Selection::typed()),
    );
    Catalog::parse(answer.unwrap_or_else(|error| panic!("{error}\n{change}"))).unwrap()
}

/// The section of a kind, written from a catalog.
fn section<E: Object>(catalog: &Catalog, key: impl Fn(&E::Found) -> String) -> Value
where
    E::Found: Registered,
{
    let own = E::Found::of(catalog).known().unwrap().iter();
    let own = own.filter(|found| !found.is_platform() && found.extension().is_none());
    let items: Map<String, Value> = own
        .map(|found| (key(found), E::written(found, catalog).unwrap()))
        .collect();
    assert!(!items.is_empty(), "{}", E::HEADING.title);
    json!({"others": "refused", "items": items})
}

fn name<K: Kind>(found: &K) -> String {
    found.identity().name
}

fn written(catalog: &Catalog) -> Value {
    json!({
        "roles": section::<checks::roles::RoleExpectation>(catalog, name),
        "default_privileges":
            section::<checks::default_privileges::DefaultPrivilegeExpectation>(catalog, name),
        "settings": section::<checks::settings::SettingExpectation>(catalog, checks::settings::key),
        "publications": section::<checks::publications::PublicationExpectation>(catalog, name),
        "foreign_data_wrappers":
            section::<checks::foreign_data_wrappers::WrapperExpectation>(catalog, name),
        "foreign_servers": section::<checks::foreign_servers::ServerExpectation>(catalog, name),
        "foreign_tables": section::<checks::foreign_tables::ForeignTableExpectation>(
            catalog,
            |t| format!("{}.{}", t.schema, t.name),
        ),
        "user_mappings": section::<checks::user_mappings::UserMappingExpectation>(catalog, name),
        "security_labels": section::<checks::security_labels::LabelExpectation>(catalog, name),
        "buckets": section::<checks::buckets::BucketExpectation>(catalog, name),
        "cron_jobs": section::<checks::cron_jobs::CronJobExpectation>(catalog, name),
        "vault_secrets": section::<checks::vault_secrets::SecretExpectation>(catalog, name),
    })
}

/// What `generate` writes of some sections.
fn generated(catalog: &Catalog, only: &[&str], schemas: &[&str]) -> String {
    let request = Request {
        only: only
            .iter()
            .map(|section| section.parse().unwrap())
            .collect(),
        schemas: schemas.iter().map(ToString::to_string).collect(),
        ..Request::default()
    };
    generate(catalog, &request).unwrap().yaml
}

fn parsed(yaml: &str) -> Vec<Expectation> {
    let source = Source::new("validations/rich.yaml", yaml);
    supaproof::expect::parse(&source, "rich")
        .unwrap_or_else(|error| panic!("{}", supaproof::report::render_error(&error)))
        .checks
}

fn examine<'a>(
    expected: &'a [Expectation],
    catalog: &'a Catalog,
) -> impl Iterator<Item = (&'a Expectation, Outcome)> {
    expected.iter().map(move |expectation| {
        let facts = Facts {
            canon: &Canon::default(),
            catalog,
            target: "postgres",
        };
        (expectation, expectation.examine(&facts).0)
    })
}

/// `code subject property: expected …, found …` of every finding, and every skip and error with its reason.
fn said(expected: &[Expectation], catalog: &Catalog) -> Vec<String> {
    let mut out = Vec::new();
    for (expectation, outcome) in examine(expected, catalog) {
        match outcome {
            Outcome::Pass(findings) => assert!(findings.is_empty()),
            Outcome::Fail(findings) => out.extend(findings.iter().map(|f| {
                let property = match f.property {
                    "" => String::new(),
                    property => format!(" {property}"),
                };
                format!(
                    "{} {}{property}: expected {}, found {}",
                    f.code, f.subject, f.expected, f.found
                )
            })),
            Outcome::Skip { reason, .. } => {
                out.push(format!("skip {}: {reason}", expectation.subject))
            }
            Outcome::Error(error) => panic!("{}: {error}", expectation.subject),
        }
    }
    out
}

/// Kinds of the catalog that expectations of this group are about, by the words of a change.
const OURS: &[&str] = &[
    "role ",
    "role membership ",
    "default privileges ",
    "setting ",
    "database",
    "publication ",
    "publication relation ",
    "publication namespace ",
    "foreign-data wrapper ",
    "server ",
    "foreign table ",
    "user mapping ",
    "security label ",
    "bucket ",
    "cron job ",
    "vault secret ",
];

fn is_ours(change: &str) -> bool {
    let object = change.trim_start_matches(['+', '-']);
    // To whom an object belongs nobody has said.
    !object.ends_with(": extension") && OURS.iter().any(|kind| object.starts_with(kind))
}

/// Changes after which everybody who is looked at may do the same: the platform's roles are not, nor is the grant
/// option.
fn is_no_effect(mutation: &str) -> bool {
    mutation.ends_with("owner to postgres")
        || mutation.ends_with("with grant option")
        || mutation == "revoke all on app.cheap from supabase_admin"
}

#[test]
fn what_is_written_passes_and_every_change_is_caught() {
    for server in servers() {
        let before = read_after(&server, "select 1");
        let yaml = serde_json::to_string_pretty(&written(&before)).unwrap();
        let generated = generated(&before, &["grants", "database"], &[]);
        assert!(!yaml.contains("never to be seen"), "{yaml}");
        if server.major() == 15 {
            insta::assert_snapshot!("generated_grants", generated);
        }
        let mut expected = parsed(&yaml);
        expected.extend(parsed(&generated));
        assert_eq!(said(&expected, &before), [""; 0]);

        let mutations: Vec<_> = mutations::all()
            .filter(|m| m.from <= server.major())
            .collect();
        // What the expectations say that they need is enough for them.
        let needs = expected.iter().map(Expectation::needs);
        let selection = needs.fold(Selection::default(), Selection::with);
        let scripts = mutations.iter().map(|m| changing(m.sql, &selection));
        let (mut wrong, mut table, mut left) = (Vec::new(), String::new(), mutations.iter());
        let mut rows = Vec::new();
        server.json_each("supabase_admin", "postgres", scripts, |answer| {
            let mutation = left.next().unwrap();
            let after = Catalog::parse(answer.unwrap()).unwrap();
            let said = said(&expected, &after);
            let ours: Vec<&&str> = mutation.changes.iter().filter(|c| is_ours(c)).collect();
            let access = mutation
                .changes
                .iter()
                .any(|c| c.ends_with(": privileges") || c.starts_with("role "));
            let gone = mutation.changes.iter().any(|c| c.starts_with(['+', '-']));
            for line in &said {
                let grants = line.starts_with("grant-") || line.starts_with("skip privileges");
                if grants && !(access || gone) || !grants && ours.is_empty() {
                    wrong.push(format!("{}: too much: {line}", mutation.sql));
                }
            }
            let silent = said.is_empty() && !is_no_effect(mutation.sql);
            if silent && (access || !ours.is_empty()) {
                wrong.push(format!("{}: nothing was said", mutation.sql));
            }
            for change in ours.iter().filter(|c| !c.ends_with(": privileges")) {
                let object = change.trim_start_matches(['+', '-']);
                let object = object.split(": ").next().unwrap();
                let words = object.rsplit(' ').next().unwrap();
                if !said.iter().any(|line| line.contains(words)) {
                    wrong.push(format!(
                        "{}: nothing was said of {object}: {said:#?}",
                        mutation.sql
                    ));
                }
            }
            // `code object property: expected …`; what is skipped has another beginning.
            let found = said.iter().filter(|line| !line.starts_with("skip "));
            let found: Vec<String> = found
                .map(|line| line.split(": expected ").next().unwrap_or(line).to_owned())
                .collect();
            if !found.is_empty() {
                rows.push((mutation.sql.to_owned(), found));
            }
            if !said.is_empty() {
                table.push_str(&format!("{}\n    {}\n", mutation.sql, said.join("\n    ")));
            }
        });
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
        // Words of options and privileges differ between majors.
        if server.major() == 15 {
            insta::assert_snapshot!("cluster", table);
            let title = "roles, privileges, settings, publications and more";
            let on = "on Postgres 15; 16 to 18 report the same, some of it in\n\
                 other words (`make test-majors`)";
            super::caught::page("roles-and-privileges", title, on, &rows);
        }
    }
}

/// Kinds that cannot be read here are skipped with the reason, whatever is expected.
#[test]
fn what_is_unknown_is_skipped_and_never_passes() {
    for server in Server::each() {
        let gone = read_after(
            &server,
            "drop table vault.secrets cascade; drop schema storage cascade",
        );
        let yaml = "cron_jobs: {others: refused, count: 0, items: {a: absent, b: present, c*: absent}}\n\
                vault_secrets: {others: refused, items: {a: absent, b: present}}\n\
                buckets: {others: refused, items: {a: {public: true}, b: absent}}\n";
        let expected = parsed(yaml);
        let reasons: BTreeSet<String> = examine(&expected, &gone)
            .map(|(expectation, outcome)| match outcome {
                Outcome::Skip {
                    reason,
                    allowed: false,
                } => reason,
                other => panic!("{}: {other:?}", expectation.subject),
            })
            .collect();
        assert_eq!(
            reasons.iter().map(String::as_str).collect::<Vec<_>>(),
            [
                "the extension pg_cron is not installed",
                "there is no table storage.buckets",
                "there is no table vault.secrets",
            ]
        );
    }
}

/// A suite may hold a secret where the catalog hides it: neither is told.
#[test]
fn hidden_values_are_compared_with_nothing_and_shown_to_nobody() {
    for server in servers() {
        let catalog = read_after(&server, "select 1");
        for (yaml, said_of_it) in [
            (
                "settings: {database: {app.settings.jwt_secret: opensesame}}",
                "skip setting in the database: the value of app.settings.jwt_secret may be a secret",
            ),
            (
                "settings: {role app_member: {app.token: opensesame}}",
                "setting-value setting role app_member setting: expected app.token, found no app.token",
            ),
            (
                "foreign_servers: {app_server: {options: {password: opensesame}}}",
                "skip server app_server: the value of password may be a secret",
            ),
            (
                "cron_jobs: {nightly: {command: select 'opensesame'}}",
                "cron-job-command cron job nightly command: expected the suite's, found another",
            ),
        ] {
            let said = said(&parsed(yaml), &catalog);
            assert_eq!(said.len(), 1, "{yaml}: {said:?}");
            assert!(said[0].starts_with(said_of_it), "{yaml}: {said:?}");
            assert!(!said[0].contains("opensesame"), "{said:?}");
        }
    }
}

/// A role that is not there, and objects that are not there, leave nothing to say.
#[test]
fn grants_that_cannot_be_judged_are_skipped() {
    for server in servers() {
        let catalog = read_after(&server, "select 1");
        for (grants, said_of_it) in [
            (
                "nobody: {app.customers: none}",
                "the role nobody is not there",
            ),
            ("anon: {app.nothing: none}", "there is no table app.nothing"),
            ("anon: {app.no*: none}", "there is no table app.no*"),
            (
                "anon: {app.customers (nothing): none}",
                "there is no column app.customers.nothing",
            ),
            (
                "anon: {'function app.add(text)': none}",
                "there is no function app.add(text)",
            ),
        ] {
            let said = said(&parsed(&format!("grants: {{{grants}}}")), &catalog);
            assert_eq!(said.len(), 1, "{grants}: {said:?}");
            assert!(
                said[0].starts_with("skip ") && said[0].ends_with(said_of_it),
                "{said:?}"
            );
        }
    }
}

/// An exact list of a table is also about its columns.
#[test]
fn a_column_that_is_open_does_not_hide_behind_its_table() {
    for server in servers() {
        let catalog = read_after(&server, "select 1");
        let reader = |more: &str| {
            let yaml = format!("grants: {{App Reader: {{{more}}}}}");
            said(&parsed(&yaml), &catalog)
        };
        // The role reads all data, and may also insert everywhere, and update two columns.
        let open = reader("app.customers: [select, insert]");
        assert_eq!(open.len(), 2, "{open:?}");
        assert!(
            open[0].contains("column app.customers.name: expected [insert, select]")
                || open[0].contains("column app.customers.n"),
            "{open:?}"
        );
        let none = reader("app.customers: {none_of: [update]}");
        assert_eq!(none.len(), 2, "{none:?}");
        let listed = reader(
            "app.customers: [select, insert], 'app.customers (name, notes)': [select, insert, update]",
        );
        assert_eq!(listed, [""; 0]);
        assert_eq!(reader("app.customers: {at_least: [select]}"), [""; 0]);
    }
}

/// Roles that own things, columns that are open to everybody, and schemas that nobody may look into.
const MORE: &str = r#"
    create schema own authorization app_owner; create schema closed;
    create table own.mine (id integer, secret text); alter table own.mine owner to app_owner;
    create table own.less (id integer); alter table own.less owner to app_owner;
    revoke delete on own.less from app_owner;
    create table own.open (id integer, name text, "database" text); grant select (name) on own.open to public;
    grant select, update ("database") on own.open to anon; grant all on own.open to service_role;
    create table closed."database" (); create function closed.f(a text, b integer) returns void language sql as '';
    create table public.board (); revoke all on public.board from public, anon, authenticated, service_role;
    create table public.notes (); create table public.other ();
    grant all on public.notes, public.other to anon, authenticated, service_role
"#;

/// Changes of privileges, and what has to be said of each; nothing where it is no change of what is there.
const CHANGES: &[(&str, &str)] = &[
    (
        "revoke update on own.mine from app_owner",
        "grant-missing privileges of app_owner on table own.mine",
    ),
    (
        "grant delete on own.less to app_owner",
        "grant-unexpected privileges of app_owner on table own.less",
    ),
    (
        "alter table own.mine owner to postgres; grant all on own.mine to app_owner",
        "grant-unlisted privileges of app_owner on table own.mine",
    ),
    (
        "revoke select (name) on own.open from public",
        "grant-missing privileges of public on column own.open.name",
    ),
    (
        "grant select (id) on own.open to public",
        "grant-unlisted privileges of public on column own.open.id",
    ),
    (
        "grant insert (name) on own.open to anon",
        "grant-unexpected privileges of anon on column own.open.name",
    ),
    (
        "grant update (secret) on own.mine to authenticated",
        "grant-unlisted privileges of authenticated on column own.mine.secret",
    ),
    (
        "grant insert (name) on own.open to authenticated",
        "grant-unlisted privileges of authenticated on column own.open.name",
    ),
    (
        "revoke trigger on own.open from service_role",
        "grant-missing privileges of service_role on table own.open",
    ),
    (
        "grant select on closed.\"database\" to app_member",
        "grant-unlisted privileges of app_member on table closed.database",
    ),
    (
        "grant usage on schema closed to anon",
        "grant-unlisted privileges of anon on schema closed",
    ),
    (
        "grant usage on schema closed to public",
        "grant-unexpected privileges of public on schema closed",
    ),
    (
        "grant create on schema public to app_member",
        "grant-unexpected privileges of app_member on schema public",
    ),
    (
        "revoke execute on function closed.f from public",
        "grant-missing privileges of public on function closed.f(text, integer)",
    ),
    (
        "revoke temporary on database postgres from public",
        "grant-missing privileges of public on database",
    ),
    (
        "grant create on database postgres to app_member",
        "grant-unlisted privileges of app_member on database",
    ),
    (
        "grant insert on public.board to anon",
        "grant-unlisted privileges of anon on table public.board",
    ),
    (
        "revoke insert on public.notes from anon",
        "grant-missing privileges of anon on table public.notes",
    ),
    (
        "grant app_owner to authenticated",
        "grant-unlisted privileges of authenticated on table own.less",
    ),
    (
        "create role newcomer; grant newcomer to anon; grant select on own.mine to newcomer",
        "grant-unlisted privileges of anon on table own.mine",
    ),
    ("create schema app_new", ""),
    (
        "alter table own.less owner to postgres; grant all on own.less to app_owner; revoke delete on own.less from app_owner",
        "",
    ),
];

#[test]
fn generated_grants_are_met_and_every_change_of_a_privilege_is_noticed() {
    for server in servers() {
        server.sql_as("supabase_admin", "postgres", MORE).unwrap();
        let before = read_after(&server, "select 1");
        let some = generated(&before, &["grants"], &["own", "closed", "public"]);
        if server.major() == 15 {
            insta::assert_snapshot!("generated_of_owners", some);
        }
        let (some, all) = (parsed(&some), parsed(&generated(&before, &["grants"], &[])));
        assert_eq!(said(&some, &before), [""; 0]);
        assert_eq!(said(&all, &before), [""; 0]);
        let (mut wrong, mut left) = (Vec::new(), CHANGES.iter());
        let selection = Selection::typed();
        let scripts = CHANGES.iter().map(|(sql, _)| changing(sql, &selection));
        server.json_each("supabase_admin", "postgres", scripts, |answer| {
            let (sql, wanted) = left.next().unwrap();
            let after = Catalog::parse(answer.unwrap()).unwrap();
            // Of some schemas, the database is none.
            let nowhere = wanted.ends_with("database") && !wanted.ends_with(".database");
            for (expected, wanted) in [(&some, if nowhere { "" } else { wanted }), (&all, wanted)] {
                let said = said(expected, &after);
                let is_said = match wanted.is_empty() {
                    true => said.is_empty(),
                    false => said
                        .iter()
                        .any(|line| line.starts_with(&format!("{wanted}:"))),
                };
                if !is_said {
                    wrong.push(format!("{sql}: {said:#?}"));
                }
            }
        });
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
