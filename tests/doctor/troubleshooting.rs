//! What goes wrong by the documents that describe the systems of our suites, and by what is known of Supabase: each line of them
//! has a hint. The table of hints is held against this one, and not the other way round.

use supaproof::hints;

/// Where it stands, its code, what is said, and the heading of its hint.
type Said = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const LINES: &[Said] = &[
    // archon-workflow, Troubleshooting
    ("archon", "42P07", "relation \"archon_workflow_templates\" already exists", "It exists already"),
    ("archon", "42501", "permission denied for table archon_workflow_templates", "Permission denied"),
    ("archon", "42883", "function update_updated_at_column() does not exist", "update_updated_at_column() is missing"),
    ("archon", "", "Validation shows missing items", "Something is missing that a migration makes"),
    // taskflow, Troubleshooting
    ("taskflow", "", "Checksum mismatch", "An applied migration was changed"),
    ("taskflow", "42501", "permission denied for schema public", "CREATE is not granted"),
    ("taskflow", "42501", "permission denied for database taskflow", "CREATE is not granted"),
    ("taskflow", "28P01", "password authentication failed for user \"taskflow\"", "A wrong password"),
    ("taskflow", "", "nobody listens at 127.0.0.1:5432", "Nobody listens"),
    ("taskflow", "3D000", "database \"taskflow\" does not exist", "The database does not exist"),
    // workflow-engine, Troubleshooting
    ("engine", "23505", "could not create unique index \"workflows_name_key\"", "A value is there twice"),
    ("engine", "23514", "check constraint \"c\" of relation \"r\" is violated by some row", "A row breaks a check"),
    ("engine", "23502", "column \"c\" of relation \"r\" contains null values", "A value is missing"),
    ("engine", "23503", "insert or update on table \"t\" violates foreign key constraint \"f\"", "A row refers to nothing"),
    ("engine", "57014", "canceling statement due to statement timeout", "It took too long"),
    ("engine", "53300", "sorry, too many clients already", "Too many connections"),
    ("engine", "XX000", "(ECHECKOUTTIMEOUT) unable to check out connection from the pool", "The pooler is busy"),
    // workflow-execution, Troubleshooting
    ("execution", "42804", "foreign key constraint \"f\" cannot be implemented", "The types of a foreign key differ"),
    ("execution", "42P01", "relation \"workflow_executions\" does not exist", "A table is missing"),
    ("execution", "42501", "new row violates row-level security policy for table \"t\"", "Row-level security refuses the row"),
    ("execution", "42704", "extension \"pgcrypto\" does not exist", "The extension is not installed"),
    ("execution", "0A000", "extension \"pgcrypto\" is not available", "The extension is not available"),
    // exeserver: a fresh project without the functions
    ("exeserver", "PGRST202", "Could not find the function public.exec_sql(sql) in the schema cache", "No function that runs SQL"),
    // The Management API
    ("api", "", "the access token was refused (HTTP 401: No access token provided)", "The access token"),
    ("api", "", "HTTP 403: error code: 1010", "A firewall before the API"),
    ("api", "", "the access token may not do this (HTTP 403: Forbidden resource)", "The access token may not do this"),
    ("api", "", "too many requests (HTTP 429: ThrottlerException: Too Many Requests)", "Too many requests"),
    ("api", "", "HTTP 400: Project is paused", "The project is paused"),
    // Postgres and its poolers
    ("pooler", "XX000", "(ENOTFOUND) tenant/user postgres.abcdefghijklmnopqrst not found", "The pooler does not know the project"),
    ("pooler", "XX000", "Tenant or user not found", "The pooler does not know the project"),
    ("pooler", "XX000", "(ENOIDENTIFIER) no tenant identifier provided", "The user lacks the project's reference"),
    ("pooler", "28P01", "password authentication failed for user \"postgres\"", "A wrong password"),
    ("pooler", "XX000", "SCRAM exchange: Wrong password", "A wrong password"),
    ("pooler", "XX000", "failed SASL auth (invalid credentials)", "A wrong password"),
    ("pooler", "XX000", "(ECIRCUITBREAKER) too many authentication failures", "Too many failed logins"),
    ("pooler", "XX000", "(EMAXCONNSESSION) max clients reached in session mode", "The pooler has no free session"),
    ("pooler", "XX000", "MaxClientsInSessionMode: max clients reached", "The pooler has no free session"),
    ("pooler", "XX000", "(EMAXCONN) max client connections reached, limit: 200", "The pooler is busy"),
    ("pooler", "XX000", "(EADDRNOTALLOWED) address not in tenant allow_list: {203, 0, 113, 7}", "This address is not let in"),
    ("pooler", "XX000", "Address not in tenant allow_list: {203,0,113,7}", "This address is not let in"),
    ("pooler", "", "connect: connection refused", "Nobody listens"),
    ("pooler", "XX000", "(ESSLREQUIRED) SSL connection is required", "Encryption is required"),
    ("pooler", "42P05", "prepared statement \"s1\" already exists", "A transaction pooler and prepared statements"),
    ("pooler", "26000", "prepared statement \"s1\" does not exist", "A transaction pooler and prepared statements"),
    ("pooler", "XX000", "(EPREPARED…)", "A transaction pooler and prepared statements"),
    ("pooler", "", "the network is unreachable", "There is no way by IPv6"),
    ("pooler", "", "no route to host", "There is no way by IPv6"),
    ("pooler", "55P03", "canceling statement due to lock timeout", "A lock was not to be had"),
    ("pooler", "", "invalid peer certificate: UnknownIssuer", "The certificate is by an unknown authority"),
    // What the role postgres may not do at Supabase
    ("postgres", "42501", "must be owner of table users", "The role may not own this"),
    ("postgres", "42501", "permission denied for schema auth", "CREATE is not granted"),
    ("postgres", "42501", "Direct deletion from storage tables is not allowed. Use the Storage API instead.", "Files are not deleted by SQL"),
    // The Data API
    ("data", "PGRST301", "the key was refused (HTTP 401: Expected 3 parts in JWT; got 1)", "The key"),
    ("data", "", "the key was refused (HTTP 401: No API key found in request)", "The key"),
    ("data", "", "HTTP 401: Legacy API keys are disabled", "Legacy keys are disabled"),
    ("data", "PGRST303", "HTTP 401: JWT expired", "The key"),
    ("data", "", "HTTP 401: Secret API key required", "The key"),
    ("data", "", "Access to schema is forbidden", "The key"),
    ("data", "PGRST106", "The schema must be one of the following: public, graphql_public", "The schema is not exposed"),
    ("data", "PGRST002", "Could not query the database for the schema cache. Retrying.", "The Data API cannot reach the database"),
    ("data", "42501", "permission denied for table events", "Permission denied"),
    ("data", "25006", "cannot execute INSERT in a read-only transaction", "The server is read-only"),
    ("data", "21000", "UPDATE requires a WHERE clause", "safeupdate"),
    ("data", "42501", "cannot set parameter \"role\" within security-definer function", "No role can be taken here"),
    ("data", "25001", "CREATE INDEX CONCURRENTLY cannot run inside a transaction block", "It cannot run in a transaction"),
];

#[test]
fn every_line_has_its_hint() {
    let mut wrong = Vec::new();
    for (place, code, message, title) in LINES {
        let code = Some(*code).filter(|code| !code.is_empty());
        let found = hints::find(code, message).map_or("", |hint| hint.title);
        if found != *title {
            wrong.push(format!("{place}: {message}: `{found}`, and not `{title}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What else they say to do is in the words of the hint.
#[test]
fn a_hint_says_what_those_lines_say_to_do() {
    let says = |code, message, wanted: &[&str]| {
        let help = hints::help(Some(code), message).unwrap();
        for wanted in wanted {
            assert!(help.contains(wanted), "{wanted}: {help}");
        }
    };
    says(
        "25006",
        "cannot execute INSERT in a read-only transaction",
        &["STABLE"],
    );
    says(
        "42704",
        "extension \"pgcrypto\" does not exist",
        &["create extension if not exists", "gen_random_uuid()"],
    );
    says(
        "",
        "connection refused",
        &["network restrictions", "banned", "--door management"],
    );
    says(
        "",
        "Checksum mismatch",
        &["Leave applied migrations as they are"],
    );
    says("", "missing items", &["supaproof setup", "rights"]);
    says(
        "42501",
        "Direct deletion from storage tables is not allowed.",
        &["Storage API", "storage.allow_delete_query"],
    );
}
