//! Effective privileges against the server's own answers, for all roles and objects of a database with odd grants.

use std::collections::BTreeSet;

use supaproof::catalog::{Access, Catalog, Privilege, Securable, Selection};

use super::support::Server;
use super::{read_after, servers};

/// Grants by every way there is: PUBLIC, membership with and without INHERIT, chains, predefined roles, the owner of
/// the database, owners without rights, grant options, columns.
const ODD: &str = r#"
create role p_user; create role p_chain; create role p_noinherit noinherit; create role p_reads; create role p_writes;
create role p_super superuser; create role p_owner; create role "p ""odd""-role";
grant app_owner to p_chain; grant p_chain to p_user; grant app_owner to p_noinherit; grant p_noinherit to "p ""odd""-role";
grant pg_read_all_data to p_reads; grant pg_write_all_data to p_writes; grant p_super to p_noinherit;
alter database postgres owner to p_owner; grant p_owner to p_reads;
grant select on app.parent to pg_database_owner; grant usage on schema app to pg_database_owner;
grant update, delete on app.parent to app_owner with grant option; grant truncate on app.parent to public;
grant create on schema app to "p ""odd""-role"; grant select (name), insert (id, name) on app.customers to app_owner;
grant references (id) on app.customers to public; grant update on app.cheap to p_chain;
alter table app.child owner to p_owner; revoke all on app.child from p_owner;
grant update on sequence app.numbers to app_owner; grant usage on sequence app.numbers to public;
revoke execute on function app.many(integer) from public; grant execute on function app.many(integer) to p_chain;
revoke usage on type app.mood from public; grant usage on type app.mood to app_owner;
revoke usage on domain app.email from public; revoke usage on type app.span from public; revoke usage on type app.place from public;
revoke all on database postgres from public; grant temporary on database postgres to app_owner;
grant usage on foreign data wrapper app_wrapper to p_chain; grant trigger on app.far to p_writes;
"#;

const NEWER: &str = r#"
grant p_writes to p_chain with inherit false; grant p_reads to p_noinherit with inherit true;
grant pg_create_subscription to p_user with set false;
"#;

const MAINTAIN: &str = "grant maintain on app.parent to app_owner; grant pg_maintain to p_reads";

/// What is asked: kind, object, privilege; and what the server answers for a role.
type Asked<'a> = Vec<(String, Securable<'a>, &'static [Privilege], &'static str)>;

fn asked<'a>(catalog: &'a Catalog, access: &Access<'a>) -> Asked<'a> {
    use supaproof::catalog as c;
    let name = |schema: &str, name: &str| format!("{}.{}", quote(schema), quote(name));
    let mut out: Asked<'a> = Vec::new();
    out.extend(catalog.tables.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::Table::PRIVILEGES,
            "table",
        )
    }));
    out.extend(catalog.views.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::View::PRIVILEGES,
            "table",
        )
    }));
    out.extend(catalog.foreign_tables.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::ForeignTable::PRIVILEGES,
            "table",
        )
    }));
    out.extend(catalog.sequences.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::Sequence::PRIVILEGES,
            "sequence",
        )
    }));
    out.extend(catalog.schemas.known().unwrap().iter().map(|t| {
        (
            quote(&t.name),
            t.securable(),
            c::Schema::PRIVILEGES,
            "schema",
        )
    }));
    out.extend(catalog.functions.known().unwrap().iter().map(|t| {
        (
            format!("{}({})", name(&t.schema, &t.name), t.arguments.join(", ")),
            t.securable(),
            c::Function::PRIVILEGES,
            "function",
        )
    }));
    out.extend(catalog.enums.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::Enum::PRIVILEGES,
            "type",
        )
    }));
    out.extend(catalog.domains.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::Domain::PRIVILEGES,
            "type",
        )
    }));
    out.extend(catalog.composite_types.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::CompositeType::PRIVILEGES,
            "type",
        )
    }));
    out.extend(catalog.ranges.known().unwrap().iter().map(|t| {
        (
            name(&t.schema, &t.name),
            t.securable(),
            c::Range::PRIVILEGES,
            "type",
        )
    }));
    out.extend(catalog.databases.known().unwrap().iter().map(|t| {
        (
            "postgres".to_owned(),
            t.securable(),
            c::Database::PRIVILEGES,
            "database",
        )
    }));
    out.extend(
        catalog
            .foreign_data_wrappers
            .known()
            .unwrap()
            .iter()
            .map(|t| {
                (
                    t.name.clone(),
                    t.securable(),
                    c::ForeignDataWrapper::PRIVILEGES,
                    "foreign_data_wrapper",
                )
            }),
    );
    out.extend(catalog.foreign_servers.known().unwrap().iter().map(|t| {
        (
            t.name.clone(),
            t.securable(),
            c::ForeignServer::PRIVILEGES,
            "server",
        )
    }));
    out.extend(catalog.columns.known().unwrap().iter().map(|t| {
        (
            format!("{}|{}", name(&t.schema, &t.table), t.name),
            access.column(t),
            c::Column::PRIVILEGES,
            "column",
        )
    }));
    out
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn the_server_is_the_judge_of_effective_privileges() {
    for server in servers() {
        judge(&server);
    }
}

fn judge(server: &Server) {
    let major = server.major();
    let mut setup = ODD.to_owned();
    if major >= 16 {
        setup.push_str(NEWER);
    }
    if major >= 17 {
        setup.push_str(MAINTAIN);
    }
    server.sql_as("supabase_admin", "postgres", &setup).unwrap();
    let catalog = read_after(server, "select 1", &Selection::typed());
    let access = Access::of(&catalog).unwrap();
    let (mut questions, mut rows) = (Vec::new(), Vec::new());
    for (object, securable, privileges, kind) in asked(&catalog, &access) {
        for privilege in privileges
            .iter()
            .filter(|p| major >= 17 || **p != Privilege::Maintain)
        {
            rows.push(format!(
                "({},{},{},{})",
                questions.len(),
                literal(kind),
                literal(&object),
                literal(privilege.word())
            ));
            questions.push((kind, object.clone(), securable, *privilege));
        }
    }
    let roles: Vec<&str> = access.roles().collect();
    let sql = format!(
        "set search_path = ''; select json_agg(json_build_array(q.id, r.rolname)) from (values {}) q(id, kind, object, privilege), pg_catalog.pg_roles r
         where r.rolname !~ '^pg_' and case q.kind
           when 'table' then has_table_privilege(r.oid, q.object, q.privilege)
           when 'column' then has_column_privilege(r.oid, split_part(q.object, '|', 1), split_part(q.object, '|', 2), q.privilege)
           when 'sequence' then has_sequence_privilege(r.oid, q.object, q.privilege)
           when 'schema' then has_schema_privilege(r.oid, (select oid from pg_namespace where quote_ident(nspname) = q.object or format('\"%s\"', replace(nspname, '\"', '\"\"')) = q.object), q.privilege)
           when 'function' then has_function_privilege(r.oid, q.object, q.privilege)
           when 'type' then has_type_privilege(r.oid, q.object, q.privilege)
           when 'database' then has_database_privilege(r.oid, q.object, q.privilege)
           when 'foreign_data_wrapper' then has_foreign_data_wrapper_privilege(r.oid, q.object, q.privilege)
           when 'server' then has_server_privilege(r.oid, q.object, q.privilege) end",
        rows.join(",")
    );
    let answer = server.json_as("supabase_admin", "postgres", &sql).unwrap();
    let allowed: BTreeSet<(usize, String)> = serde_json::from_value(answer).unwrap();
    let mut wrong = Vec::new();
    for (id, (kind, object, securable, privilege)) in questions.iter().enumerate() {
        for role in &roles {
            let says = access.holds(role, *securable, *privilege);
            if says != allowed.contains(&(id, (*role).to_owned())) {
                wrong.push(format!(
                    "{role}: {privilege} on {kind} {object}: we say {says}"
                ));
            }
        }
    }
    assert!(
        allowed.len() > 1000 && roles.len() > 20,
        "{} {}",
        allowed.len(),
        roles.len()
    );
    assert!(
        wrong.is_empty(),
        "on {major}, {} of {}:\n{}",
        wrong.len(),
        questions.len() * roles.len(),
        wrong.join("\n")
    );
    println!(
        "{} answers on Postgres {major}",
        questions.len() * roles.len()
    );
}
