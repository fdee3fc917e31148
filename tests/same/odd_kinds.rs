//! Objects of every kind whose names hurt: what `generate` writes of them passes on them, what a person would write by
//! hand does too, each is missed by its name when it has another, and nothing else is.

use serde_json::{Map, Value, json};
use supaproof::catalog::{self, Catalog, Selection};
use supaproof::diff;
use supaproof::sql::{quote_ident, quote_literal};

use crate::dump::everything;
use crate::findings::findings;
use crate::support::{Project, Server};

/// Schemas, roles and everything else are called so; the last has 63 bytes.
const NAMES: &[&str] = &[
    "UPPER",
    "do.t",
    "quo\"te",
    "apos'trophe",
    "rocket 🚀 ü",
    "select",
    "drop table",
    "a on b",
    "f(x)",
    "); drop schema odd; --",
    "back\\slash",
    "%s $1 {x} #not: yaml",
    "current_user",
    "a\ttab",
    " lead",
    "a, b as c",
    "tmp_*?",
    "/x/",
    "items",
    "sixty_three_bytes_long_name_that_postgres_keeps_to_the_last_one",
];

/// What is made once for every name, and then renamed or taken away.
struct Odd {
    /// Its section, and how a person writes its name there: `table > name` for what belongs to a table.
    section: &'static str,
    key: &'static str,
    make: &'static str,
    change: &'static str,
    /// How the finding begins after that.
    says: &'static str,
}

const fn odd(
    section: &'static str,
    key: &'static str,
    make: &'static str,
    change: &'static str,
    says: &'static str,
) -> Odd {
    Odd {
        section,
        key,
        make,
        change,
        says,
    }
}

/// In the texts `{q}` is the name in quotes, `{3}` the schema after it by three in quotes, so that objects of several
/// kinds can have one name; `{l}` is a literal, `{n}` the name bare, `{s3}` the schema bare, `{r}` what it is renamed to.
const ODD: &[Odd] = &[
    odd("roles", "{q}", "create role {q}", "alter role {q} rename to {r}", "role-missing role {n}: "),
    odd("schemas", "{q}", "create schema {q}; grant usage on schema {q} to {q}", "alter schema {q} rename to {r}", "schema-missing schema {n}: "),
    odd(
        "collations", "{0}.{q}",
        "create collation {0}.{q} (locale = 'C'); comment on collation {0}.{q} is {l}",
        "alter collation {0}.{q} rename to {r}",
        "collation-missing collation {s0}.{n}: ",
    ),
    odd("enums", "{4}.{q}", "create type {4}.{q} as enum ({l}, 'é')", "alter type {4}.{q} rename to {r}", "enum-missing enum {s4}.{n}: "),
    odd(
        "domains", "{6}.{q}",
        "create domain {6}.{q} as text collate {0}.{q} constraint {q} check (value <> {l})",
        "alter domain {6}.{q} rename to {r}",
        "domain-missing domain {s6}.{n}: ",
    ),
    odd(
        "composite_types", "{5}.{q}",
        "create type {5}.{q} as ({q} {4}.{q}, b {6}.{q}); grant usage on type {5}.{q} to {q}",
        "alter type {5}.{q} rename to {r}",
        "composite-type-missing composite type {s5}.{n}: ",
    ),
    odd(
        "ranges", "{7}.{q}",
        "create type {7}.{q} as range (subtype = text, collation = {0}.{q}, multirange_type_name = {8}.{q})",
        "alter type {7}.{q} rename to {r}",
        "range-missing range {s7}.{n}: ",
    ),
    odd("sequences", "{3}.{q}", "create sequence {3}.{q}; grant usage on sequence {3}.{q} to {q}", "alter sequence {3}.{q} rename to {r}", "sequence-missing sequence {s3}.{n}: "),
    odd(
        "tables", "{0}.{q}",
        "create table {0}.{q} (id integer constraint {q2} primary key, {q} integer default nextval({n3}), kind {4}.{q} default {l}, \
            made text generated always as ({l} || 'x') stored,
            constraint {q1} unique ({q}), constraint {q} check ({q} > 0));
         comment on table {0}.{q} is {l}; comment on column {0}.{q}.{q} is {l}; alter table {0}.{q} enable row level security;
         grant select on {0}.{q} to {q}; grant update ({q}) on {0}.{q} to {q}",
        "alter table {0}.{q} rename to {r}",
        "table-missing table {s0}.{n}: ",
    ),
    odd(
        "tables", "{10}.{q}",
        "create table {9}.{q} ({q} integer) partition by range ({q});
         create table {10}.{q} partition of {9}.{q} for values from (0) to (10)",
        "alter table {10}.{q} rename to {r}",
        "table-missing table {s10}.{n}: ",
    ),
    odd(
        "tables", "{12}.{q}",
        "create table {11}.{q} ({q} integer, constraint {q} foreign key ({q}) references {0}.{q} ({q}), constraint {q4} exclude ({q} with =));
         create table {12}.{q} () inherits ({11}.{q})",
        "alter table {12}.{q} rename to {r}",
        "table-missing table {s12}.{n}: ",
    ),
    odd("indexes", "{0}.{q3}", "create index {q3} on {0}.{q} ({q} desc, ({q} + 1)) where {q} > 0", "alter index {0}.{q3} rename to {r}", "index-missing index {s0}.{m3}: "),
    odd("views", "{1}.{q}", "create view {1}.{q} as select {q}, {l} as v from {0}.{q}; grant select ({q}) on {1}.{q} to {q}", "alter view {1}.{q} rename to {r}", "view-missing view {s1}.{n}: "),
    odd("materialized_views", "{2}.{q}", "create materialized view {2}.{q} as select {q} from {0}.{q}", "alter materialized view {2}.{q} rename to {r}", "materialized-view-missing materialized view {s2}.{n}: "),
    odd(
        "functions", "{0}.{q}({4}.{q})",
        "create function {0}.{q}({q} {4}.{q} default {l}) returns table ({q1} {6}.{q}) language sql set search_path to {0}, {q} as 'select null';
         grant execute on function {0}.{q}({4}.{q}) to {q}",
        "alter function {0}.{q}({4}.{q}) rename to {r}",
        "function-missing function {s0}.{n}(",
    ),
    odd("functions", "{0}.{q}()", "create function {0}.{q}() returns trigger language plpgsql as 'begin return new; end'", "alter function {0}.{q}() rename to {r}", "function-missing function {s0}.{n}(): "),
    odd("functions", "{1}.{q}()", "create procedure {1}.{q}() language sql as 'select 1'", "alter procedure {1}.{q}() rename to {r}", "function-missing function {s1}.{n}(): "),
    odd(
        "functions", "{2}.{q}({5}.{q})",
        "create function {3}.{q}(integer, {5}.{q}) returns integer language sql as 'select 1';
         create aggregate {2}.{q}({5}.{q}) (sfunc = {3}.{q}, stype = integer, initcond = '0')",
        "alter aggregate {2}.{q}({5}.{q}) rename to {r}",
        "function-missing function {s2}.{n}(",
    ),
    odd(
        "operators", "{0}.===({4}.{q}, {5}.{q})",
        "create function {4}.{q}({4}.{q}, {5}.{q}) returns boolean language sql as 'select true';
         create operator {0}.=== (leftarg = {4}.{q}, rightarg = {5}.{q}, function = {4}.{q})",
        "drop operator {0}.=== ({4}.{q}, {5}.{q})",
        "operator-missing operator {s0}.===(",
    ),
    odd("casts", "{4}.{q} as {5}.{q}", "create cast ({4}.{q} as {5}.{q}) with inout as assignment", "drop cast ({4}.{q} as {5}.{q})", "cast-missing cast ("),
    odd(
        "statistics", "{0}.{q}",
        "create statistics {0}.{q} on {q}, ({q} + 1) from {0}.{q}",
        "alter statistics {0}.{q} rename to {r}",
        "statistics-object-missing statistics object {s0}.{n}: ",
    ),
    odd(
        "text_search_dictionaries", "{0}.{q}",
        "create text search dictionary {0}.{q} (template = simple)",
        "alter text search dictionary {0}.{q} rename to {r}",
        "text-search-dictionary-missing text search dictionary {s0}.{n}: ",
    ),
    odd(
        "text_search_configurations", "{0}.{q}",
        "create text search configuration {0}.{q} (copy = simple); alter text search configuration {0}.{q} alter mapping for word with {0}.{q}",
        "alter text search configuration {0}.{q} rename to {r}",
        "text-search-configuration-missing text search configuration {s0}.{n}: ",
    ),
    odd("policies", "{0}.{q} > {n}", "create policy {q} on {0}.{q} to {q} using ({q} > 0)", "alter policy {q} on {0}.{q} rename to {r}", "policy-missing policy \"{n}\" on {s0}.{n}: "),
    odd(
        "triggers", "{0}.{q} > {n}",
        "create trigger {q} before update of {q} on {0}.{q} for each row when (new.{q} > 0) execute function {0}.{q}({l})",
        "alter trigger {q} on {0}.{q} rename to {r}",
        "trigger-missing trigger {n} on {s0}.{n}: ",
    ),
    odd("rules", "{1}.{q} > {n}", "create rule {q} as on update to {1}.{q} do instead nothing", "alter rule {q} on {1}.{q} rename to {r}", "rule-missing rule {n} on {s1}.{n}: "),
    odd(
        "event_triggers", "{q}",
        "create function {5}.{q}() returns event_trigger language plpgsql as 'begin end';
         create event trigger {q} on sql_drop execute function {5}.{q}()",
        "alter event trigger {q} rename to {r}",
        "event-trigger-missing event trigger {n}: ",
    ),
    odd(
        "publications", "{q}",
        "create publication {q} for table {0}.{q} (id, {q}) where (id > 0)",
        "alter publication {q} rename to {r}",
        "publication-missing publication {n}: ",
    ),
    odd(
        "default_privileges", "",
        "alter default privileges for role {q} in schema {0} grant select on tables to {q}",
        "alter default privileges for role {q} in schema {0} revoke select on tables from {q}",
        "default-privileges-missing default privileges ",
    ),
    odd("settings", "role {n}", "alter role {q} set search_path = {q}", "alter role {q} reset all", "setting-value setting role {n} setting: "),
    odd(
        "foreign_data_wrappers", "{q}",
        "create foreign data wrapper {q} options ({q} {l}); grant usage on foreign data wrapper {q} to {q}",
        "alter foreign data wrapper {q} rename to {r}",
        "foreign-data-wrapper-missing foreign-data wrapper {n}: ",
    ),
    odd(
        "foreign_servers", "{q}",
        "create server {q} type {l} foreign data wrapper {q} options ({q} {l}); grant usage on foreign server {q} to {q}",
        "alter server {q} rename to {r}",
        "foreign-server-missing server {n}: ",
    ),
    odd(
        "foreign_tables", "{13}.{q}",
        "create foreign table {13}.{q} ({q} integer options ({q} {l})) server {q} options ({q} {l})",
        "alter foreign table {13}.{q} rename to {r}",
        "foreign-table-missing foreign table {s13}.{n}: ",
    ),
    odd("user_mappings", "", "create user mapping for {q} server {q}", "drop user mapping for {q} server {q}", "user-mapping-missing user mapping "),
    odd("buckets", "{q}", "insert into storage.buckets (id, name) values ({l}, {l})", "update storage.buckets set id = {l} || 'x', name = {l} || 'x' where id = {l}", "bucket-missing bucket {n}: "),
    odd(
        "cron_jobs", "{q}",
        "insert into cron.job values ({i}, '5 4 * * *', 'select 1', '', 5432, 'postgres', {l}, true, {l})",
        "delete from cron.job where jobname = {l}",
        "cron-job-missing cron job {n}",
    ),
    odd("vault_secrets", "{q}", "select vault.create_secret('x', {l})", "delete from vault.secrets where name = {l}", "vault-secret-missing vault secret {n}: "),
    odd(
        "security_labels", "",
        "insert into pg_seclabel (objoid, classoid, objsubid, provider, label) values ({n9}::regclass, 'pg_class'::regclass, 0, 'masker', {l})",
        "delete from pg_seclabel where objoid = {n9}::regclass",
        "security-label-missing security label ",
    ),
    odd("grants", "", "grant insert on {11}.{q} to {q} with grant option", "revoke insert on {11}.{q} from {q}", "grant-missing privileges of {n} on table {s11}.{n}"),
];

fn fill(template: &str, at: usize) -> String {
    let name = |by: usize| NAMES[(at + by) % NAMES.len()];
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').unwrap();
        let (kind, number) = word.split_at(
            word.find(|c: char| c.is_ascii_digit())
                .unwrap_or(word.len()),
        );
        let by: usize = number.parse().unwrap_or(0);
        out.push_str(before);
        out.push_str(&match kind {
            "" | "q" => quote_ident(name(by)),
            "s" | "m" => name(by).to_owned(),
            "l" => quote_literal(name(0)),
            "i" => at.to_string(),
            "n" if number.is_empty() => name(0).to_owned(),
            "n" => quote_literal(&format!(
                "{}.{}",
                quote_ident(name(by)),
                quote_ident(name(0))
            )),
            "r" => format!("renamed_{at}"),
            other => panic!("{other}"),
        });
        rest = after;
    }
    out + rest
}

const CRON: &str = "create schema cron;
    create table cron.job (jobid bigint, schedule text, command text, nodename text, nodeport integer, database text, username text,
        active boolean, jobname text);
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        select 99999, 'pg_cron', 10, oid, false, '1.6' from pg_namespace where nspname = 'cron';";

fn made() -> String {
    let mut sql = CRON.to_owned();
    for odd in ODD {
        for at in 0..NAMES.len() {
            sql.push_str(&fill(odd.make, at));
            sql.push_str(";\n");
        }
    }
    let all: Vec<String> = NAMES.iter().map(|name| quote_ident(name)).collect();
    sql.push_str(&format!(
        "create publication everywhere for tables in schema {};\n",
        all.join(", ")
    ));
    sql.push_str("create extension citext with schema \"quo\"\"te\";\n");
    sql
}

struct Bed {
    server: Server,
    project: Project,
}

impl Bed {
    fn each() -> impl Iterator<Item = Self> {
        Server::each().map(|server| {
            let project = Project::new(&[]);
            Self { server, project }
        })
    }

    fn admin(&self, database: &str, sql: &str) {
        let done = self.server.sql_as("supabase_admin", database, sql);
        done.unwrap_or_else(|error| panic!("{error:#?}"));
    }

    fn read(&self, database: &str) -> Catalog {
        let sql = catalog::statement(&Selection::typed());
        let read = self.server.json_as("supabase_admin", database, &sql);
        Catalog::parse(read.unwrap()).unwrap()
    }

    fn check(&self, database: &str, yaml: &str) -> (i32, Vec<String>) {
        self.project.write("validations/odd.yaml", yaml.as_bytes());
        let target = self.server.target(database);
        let target = target.replace("user=postgres", "user=supabase_admin");
        findings(&self.project, "odd", &target)
    }
}

/// Which " on " parts the name of a policy and its table is not known any more where the sentence is written: the schema
/// may stand before another word of the table's name.
fn bare(line: &str, at: usize) -> String {
    let schemas = [0, 1].map(|by| format!("{}.", NAMES[(at + by) % NAMES.len()]));
    schemas
        .iter()
        .fold(line.to_owned(), |line, schema| line.replace(schema, ""))
}

/// Who may do what of many roles and many objects takes its time.
fn without_grants(yaml: &str) -> String {
    let mut within = false;
    let mut kept = String::new();
    for line in yaml.split_inclusive('\n') {
        if !line.starts_with([' ', '\n']) {
            within = line.starts_with("grants:");
        }
        if !within {
            kept.push_str(line);
        }
    }
    kept
}

/// Every object of a kind with another name, or gone, as one script.
fn changed(odd: &Odd) -> String {
    let all: Vec<String> = (0..NAMES.len()).map(|at| fill(odd.change, at)).collect();
    format!("{};", all.join(";\n"))
}

#[test]
fn what_is_generated_of_odd_names_passes_and_misses_each_by_its_name() {
    for bed in Bed::each() {
        bed.admin("postgres", &made());
        let yaml = everything(&bed.read("postgres"));
        let (code, said) = bed.check("postgres", &yaml);
        assert_eq!((code, said.join("\n")), (0, String::new()));

        let quick = without_grants(&yaml);
        // What belongs to others is changed before them, schemas and roles last.
        let belongs = |odd: &Odd| match odd.section {
            "roles" => 3,
            "schemas" => 2,
            "collations"
            | "enums"
            | "domains"
            | "composite_types"
            | "ranges"
            | "tables"
            | "views"
            | "foreign_servers"
            | "foreign_data_wrappers" => 1,
            _ => 0,
        };
        let mut wrong = Vec::new();
        for step in 0..4 {
            let odd: Vec<&Odd> = ODD.iter().filter(|odd| belongs(odd) == step).collect();
            let database = format!("step_{step}");
            bed.server.copy("postgres", &database);
            let changes: Vec<String> = odd.iter().map(|odd| changed(odd)).collect();
            bed.admin(&database, &changes.join("\n"));
            let yaml = if step == 0 { &yaml } else { &quick };
            let (code, said) = bed.check(&database, yaml);
            assert_eq!(code, 1);
            for odd in odd {
                for at in 0..NAMES.len() {
                    let says = fill(odd.says, at);
                    if !said
                        .iter()
                        .any(|line| bare(line, at).starts_with(&bare(&says, at)))
                    {
                        let code = odd.says.split(' ').next().unwrap();
                        let near = said
                            .iter()
                            .find(|line| line.starts_with(code.split('-').next().unwrap()));
                        wrong.push(format!("{says} but {near:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));
    }
}

/// What is expected of an object by hand, beside that it is there: a name in it wherever there is one.
fn value(section: &str, at: usize) -> Value {
    let name = |template: &str| fill(template, at);
    match section {
        "indexes" => {
            json!({"table": name("{0}.{q}"), "columns": [name("{q} desc"), name("({q} + 1)")], "where": name("{q} > 0")})
        }
        "policies" => json!({"command": "all", "roles": [name("{n}")], "using": name("{q} > 0")}),
        "triggers" => json!({
            "timing": "before", "events": ["update"], "columns": [name("{n}")], "when": name("new.{q} > 0"),
            "function": name("{0}.{q}({l})"),
        }),
        "rules" => json!({"event": "update", "instead": true, "do": "nothing"}),
        "enums" => json!([name("{n}"), "é"]),
        "foreign_servers" => json!({"wrapper": name("{n}"), "options": {name("{n}"): "present"}}),
        "foreign_tables" => json!({"server": name("{n}")}),
        "sequences" => json!({"owner": "supabase_admin"}),
        _ => json!("present"),
    }
}

/// The suite as a person would write it: names as in SQL.
fn by_hand() -> String {
    let mut sections = Map::new();
    for odd in ODD.iter().filter(|odd| !odd.key.is_empty()) {
        let section = sections
            .entry(odd.section)
            .or_insert_with(|| json!({"items": {}}));
        for at in 0..NAMES.len() {
            match odd.key.split_once(" > ") {
                Some((table, name)) => {
                    section["items"][fill(table, at)][fill(name, at)] = value(odd.section, at)
                }
                None => section["items"][fill(odd.key, at)] = value(odd.section, at),
            }
        }
    }
    serde_json::to_string_pretty(&sections).unwrap()
}

#[test]
fn names_in_quotes_name_odd_objects_of_every_kind() {
    for bed in Bed::each() {
        bed.server.copy("postgres", "empty");
        bed.admin("postgres", &made());
        let yaml = by_hand();
        let (code, said) = bed.check("postgres", &yaml);
        assert_eq!((code, said.join("\n")), (0, String::new()));

        // Elsewhere nothing of it is there but roles and what their settings are; what belongs to a table is skipped without
        // it, and cron jobs without cron.
        let silent = [
            "roles",
            "settings",
            "cron_jobs",
            "indexes",
            "policies",
            "triggers",
            "rules",
        ];
        let (code, said) = bed.check("empty", &yaml);
        let lacks: Vec<String> = ODD
            .iter()
            .filter(|odd| !odd.key.is_empty() && !silent.contains(&odd.section))
            .flat_map(|odd| (0..NAMES.len()).map(|at| fill(odd.says, at)))
            .filter(|says| !said.iter().any(|line| line.starts_with(says)))
            .collect();
        assert_eq!((code, lacks), (1, Vec::new()));
    }
}

/// The typed kinds and the inventory tell of the same objects, each in its own words.
#[test]
fn an_odd_object_is_one_object_to_verify() {
    for bed in Bed::each() {
        let read = || {
            let sql = catalog::statement(&Selection::all());
            let read = bed.server.json_as("supabase_admin", "postgres", &sql);
            Catalog::parse(read.unwrap()).unwrap()
        };
        let before = read();
        bed.admin("postgres", &made());
        let after = read();
        let said = |old: &Catalog, new: &Catalog| {
            let mut said: Vec<String> = diff::changes(old, new)
                .iter()
                .map(ToString::to_string)
                .collect();
            said.sort();
            said
        };
        let (added, removed) = (said(&before, &after), said(&after, &before));
        let turned: Vec<String> = added
            .iter()
            .map(|line| line.replace(" was added", " was removed"))
            .collect();
        assert_eq!(turned, removed);
        // In one account or the other there are quotes: an object that is in both has lost them in one.
        let mut bare: Vec<String> = added.iter().map(|line| line.replace('"', "")).collect();
        bare.sort();
        let twice: Vec<&String> = bare
            .windows(2)
            .filter(|two| two[0] == two[1])
            .map(|two| &two[0])
            .collect();
        assert_eq!(twice, [""; 0]);
        let counts = [
            ("table", 5),
            ("view", 1),
            ("materialized view", 1),
            ("sequence", 1),
            ("function", 5),
            ("procedure", 1),
            ("aggregate", 1),
            ("operator", 1),
            ("cast", 1),
            ("enum", 1),
            ("domain", 1),
            ("composite type", 1),
            ("range", 1),
            ("collation", 1),
            ("text search", 2),
            ("statistics object", 1),
            ("event trigger", 1),
            ("default privileges", 1),
            ("foreign-data wrapper", 1),
            ("server", 1),
            ("foreign table", 1),
            ("user mapping", 1),
            ("security label", 1),
            ("bucket", 1),
            ("cron job", 1),
            ("vault secret", 1),
            ("role", 1),
            ("publication namespace", 1),
            // Parts of what was added beside them.
            ("setting", 0),
            ("publication relation", 0),
            ("role membership", 0),
            ("column", 0),
            ("constraint", 0),
            ("index", 0),
            ("policy", 0),
            ("trigger", 0),
            ("rule", 0),
        ];
        let is = |line: &String, kind: &str| {
            line.strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with(' '))
        };
        for (kind, number) in counts {
            let found: Vec<&String> = added.iter().filter(|line| is(line, kind)).collect();
            let more = usize::from(kind == "table" || kind == "foreign table");
            assert!(
                (number * NAMES.len()..=number * NAMES.len() + more).contains(&found.len()),
                "{kind}: {}: {found:#?}",
                found.len()
            );
        }
    }
}
