//! What to do about an error that a server or a service reports: one table, from what it says.
//!
//! Services change their words, so a row knows the old ones and the new. The first row that fits counts.
//!
//! Sources: the error codes of the Postgres manual (appendix A); Supavisor's `lib/supavisor/errors` (its texts of 2026-03 and
//! those before); PostgREST's page of errors; the Supabase CLI's `internal/utils/connect.go`; the troubleshooting sections
//! of the systems that this repository's suites describe.

/// A row: what it is about, how it is recognised, what to do.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    /// Its heading in `docs/hints.md`.
    pub title: &'static str,
    /// The SQLSTATEs or codes, one of which it has; empty for any.
    pub codes: &'static [&'static str],
    /// Words in lower case, one of which its message has; empty for any.
    pub words: &'static [&'static str],
    /// What to do.
    pub help: &'static str,
    /// Messages as they were seen, each with its code.
    pub seen: &'static [(&'static str, &'static str)],
}

/// The row for an error.
pub fn find(code: Option<&str>, message: &str) -> Option<&'static Hint> {
    let message = message.to_lowercase();
    HINTS.iter().find(|hint| {
        let code_fits =
            hint.codes.is_empty() || code.is_some_and(|code| hint.codes.contains(&code));
        let words_fit =
            hint.words.is_empty() || hint.words.iter().any(|word| message.contains(word));
        code_fits && words_fit
    })
}

/// What to do about an error.
pub fn help(code: Option<&str>, message: &str) -> Option<&'static str> {
    find(code, message).map(|hint| hint.help)
}

macro_rules! hints {
    ($($title:literal: codes [$($code:literal),*] words [$($word:literal),*] => $help:literal, seen [$($seen:expr),+ $(,)?];)+) => {
        /// Every row, the more special ones first.
        pub const HINTS: &[Hint] = &[$(Hint {
            title: $title,
            codes: &[$($code),*],
            words: &[$($word),*],
            help: $help,
            seen: &[$($seen),+],
        }),+];
    };
}

hints! {
    // The way to the database.
    "Too many failed logins": codes [] words ["ecircuitbreaker", "too many authentication failures"] =>
        "The pooler refuses this address for two minutes after ten failed logins. Correct the password, wait, and try once.",
        seen [("XX000", "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked")];
    "A wrong password": codes [] words ["password authentication failed", "scram exchange: wrong password", "failed sasl auth", "wrong password"] =>
        "The password of the database is another: reset it in the project's settings (Database), and percent-encode it in a URL (@ is %40). It was tried once.",
        seen [("28P01", "password authentication failed for user \"postgres\""), ("XX000", "SCRAM exchange: Wrong password"), ("XX000", "failed SASL auth (invalid credentials)")];
    "The pooler does not know the project": codes [] words ["enotfound", "tenant or user not found", "tenant/user"] =>
        "The pooler's host is that of another region, the user lacks .REFERENCE (postgres.REFERENCE), or the project is paused or gone. The host stands in the project's settings (Connect): it cannot be guessed.",
        seen [("XX000", "(ENOTFOUND) tenant/user postgres.abcdefghijklmnopqrst not found"), ("XX000", "Tenant or user not found")];
    "The user lacks the project's reference": codes [] words ["eidentifier", "enoidentifier", "no tenant identifier"] =>
        "At a pooler the user is postgres.REFERENCE, with the 20 letters of the project.",
        seen [("XX000", "(ENOIDENTIFIER) no tenant identifier provided (external_id or sni_hostname required)")];
    "The pooler has no free session": codes [] words ["emaxconnsession", "maxclientsinsessionmode", "max clients reached in session mode"] =>
        "Close other connections, or use the transaction pooler (port 6543), which shares them.",
        seen [("XX000", "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size"), ("XX000", "MaxClientsInSessionMode: max clients reached")];
    "The pooler is busy": codes [] words ["emaxconn", "echeckouttimeout", "max client connections reached", "unable to check out"] =>
        "Every connection of the pool is in use: try again in a while, or raise the pool's size in the project's settings (Database).",
        seen [("XX000", "(ECHECKOUTTIMEOUT) unable to check out connection from the pool"), ("XX000", "(EMAXCONN) max client connections reached, limit: 200")];
    "This address is not let in": codes [] words ["eaddrnotallowed", "address not in tenant allow_list", "no pg_hba.conf entry"] =>
        "The project lets only some addresses in (Database settings, network restrictions), or this one is banned: add it there, or go by the Management API (--door management).",
        seen [("XX000", "(EADDRNOTALLOWED) address not in tenant allow_list: {203, 0, 113, 7}"), ("XX000", "Address not in tenant allow_list: {203,0,113,7}"), ("28000", "no pg_hba.conf entry for host \"203.0.113.7\", user \"postgres\"")];
    "Encryption is required": codes [] words ["esslrequired", "ssl connection is required", "sslrequired"] =>
        "Leave sslmode out or write sslmode=require.",
        seen [("XX000", "(ESSLREQUIRED) SSL connection is required")];
    "The certificate is by an unknown authority": codes [] words ["unknown issuer", "unknownissuer", "unknown authority", "self-signed certificate", "not trusted", "signed by an authority", "not signed by the authority"] =>
        "Supabase's databases have certificates of an authority of its own: download it (Database settings, SSL) and name it with --ca FILE, or write sslmode=require to encrypt without asking who is there.",
        seen [("", "TLS failed: invalid peer certificate: UnknownIssuer"), ("", "the server's certificate was signed by an authority that this machine does not trust")];
    "The server has no TLS": codes [] words ["does not support tls"] =>
        "What is sent to another machine is encrypted. Supabase's servers all have TLS: is it the right host and port? On one of your own, turn it on (ssl = on).",
        seen [("", "the server does not support TLS, and sslmode=require is in force")];
    "There is no way by IPv6": codes [] words ["network is unreachable", "no route to the host", "no route to host", "the network is unreachable", "address family not supported", "no route to the ipv6 address", "has ipv6 addresses only"] =>
        "A project's own address (db.REFERENCE.supabase.co) is IPv6 only, and this machine has no IPv6: use the session pooler. Its URL stands in the project's settings (Connect); with SUPABASE_ACCESS_TOKEN or after `supabase link` it is found.",
        seen [("", "the network is unreachable"), ("", "connect: no route to host"), ("", "this machine has no route to the IPv6 address 2001:db8::1"), ("", "no answer within 10 s; the host has IPv6 addresses only, which not every network carries")];
    "The host has no address": codes [] words ["failed to lookup address", "name or service not known", "nodename nor servname", "no address associated"] =>
        "Is the reference of the project right? A project that is paused or deleted has no address. One that has only IPv6 has none for a network without it: use the session pooler.",
        seen [("", "failed to lookup address information: Name or service not known")];
    "Nobody listens": codes [] words ["nobody listens at", "connection refused"] =>
        "Are host and port right, and does the server run? Supabase refuses so whom network restrictions leave out, and who is banned after failed logins: see the project's settings (Database), or go by the Management API (--door management).",
        seen [("", "nobody listens at 127.0.0.1:5432"), ("", "connect: connection refused")];
    "The project is paused": codes [] words ["project is paused", "is paused", "project is inactive", "not active"] =>
        "Restore it in the dashboard, and wait until it is healthy (`supaproof doctor` asks).",
        seen [("", "HTTP 400: Project is paused")];
    "Too many connections": codes ["53300"] words [] =>
        "Close other connections, or go through the pooler.",
        seen [("53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute")];
    "The database does not exist": codes ["3D000"] words [] =>
        "At Supabase the database is called postgres.",
        seen [("3D000", "database \"app\" does not exist")];
    "The role does not exist": codes ["28000", "22023", "42704"] words ["role \""] =>
        "Is its name right? At Supabase the user is postgres, and postgres.REFERENCE at a pooler; a role of your own is created first, with LOGIN where it logs in.",
        seen [("28000", "role \"taskflow\" does not exist"), ("28000", "role \"taskflow\" is not permitted to log in"), ("42704", "role \"taskflow\" does not exist")];
    "A transaction pooler and prepared statements": codes ["42P05", "26000", "XX000"] words ["prepared statement", "eprepared"] =>
        "Something keeps prepared statements behind a transaction pooler (port 6543). supaproof makes none: use port 5432 for whatever does.",
        seen [("42P05", "prepared statement \"s1\" already exists"), ("26000", "prepared statement \"s1\" does not exist"), ("XX000", "(EPREPARED…)")];

    // The Management API.
    "The access token": codes [] words ["the access token was refused", "no access token provided", "jwt could not be decoded"] =>
        "Create a new one (dashboard, Account, Access Tokens) and set SUPABASE_ACCESS_TOKEN. It was tried once.",
        seen [("", "the access token was refused (HTTP 401: Unauthorized)")];
    "A firewall before the API": codes [] words ["error code: 1010"] =>
        "A proxy in between has removed the name of the program (User-Agent), which Cloudflare wants.",
        seen [("", "HTTP 403: error code: 1010"), ("", "the access token may not do this (HTTP 403: error code: 1010)")];
    "The access token may not do this": codes [] words ["the access token may not do this", "forbidden resource"] =>
        "Its owner is no member of the project, or the token has scopes: it takes database_read and database_write.",
        seen [("", "the access token may not do this (HTTP 403: Forbidden resource)")];
    "No such project": codes [] words ["there is no such project"] =>
        "Is it the reference of the project, and is the token's owner a member of it?",
        seen [("", "there is no such project for this access token (HTTP 404: Not Found)")];
    "Too many requests": codes [] words ["too many requests", "http 429"] =>
        "The API takes 120 requests a minute of a user. Wait a minute.",
        seen [("", "too many requests (HTTP 429: ThrottlerException: Too Many Requests)")];

    // The Data API.
    "No function that runs SQL": codes ["PGRST202"] words [] =>
        "Run `supaproof bootstrap` by another door, or paste what `supaproof bootstrap --print-sql` prints into the dashboard's SQL editor. A function that was just created is known after a few seconds.",
        seen [("PGRST202", "it has no function that runs SQL (tried exec_sql(sql))")];
    "The schema is not exposed": codes ["PGRST106"] words [] =>
        "Add the schema to the exposed ones (project settings, Data API).",
        seen [("PGRST106", "The schema must be one of the following: public, graphql_public")];
    "The Data API cannot reach the database": codes ["PGRST000", "PGRST001", "PGRST002", "PGRST003"] words [] =>
        "The project starts, restarts or is out of connections: try again in a minute. `supaproof doctor` asks for its health.",
        seen [("PGRST002", "HTTP 503: Could not query the database for the schema cache. Retrying.")];
    "Legacy keys are disabled": codes [] words ["legacy api keys are disabled"] =>
        "Take a new secret key (sb_secret_…, project settings, API keys) and set SUPABASE_SECRET_KEY.",
        seen [("", "the key was refused (HTTP 401: Legacy API keys are disabled)")];
    "The key": codes [] words ["the key was refused", "invalid api key", "no api key found", "jwt expired", "invalid jwt", "expected 3 parts in jwt", "secret api key required", "access to schema is forbidden"] =>
        "Take the secret key (sb_secret_…) or the service_role key of this very project from its settings (API keys). It was tried once.",
        seen [("PGRST301", "the key was refused (HTTP 401: Expected 3 parts in JWT; got 1)"), ("", "the key was refused (HTTP 401: Invalid API key)"), ("", "HTTP 401: Secret API key required"), ("", "HTTP 401: Access to schema is forbidden")];
    "safeupdate": codes ["21000"] words ["requires a where clause"] =>
        "Through the Data API an UPDATE or DELETE needs a WHERE (the extension safeupdate): write `where true`.",
        seen [("21000", "UPDATE requires a WHERE clause")];
    "No role can be taken here": codes ["42501"] words ["within security-definer function", "within security-restricted operation"] =>
        "Through a SECURITY DEFINER function no role can be set: use a connection to the database, or the Management API.",
        seen [("42501", "cannot set parameter \"role\" within security-definer function")];

    // SQL.
    "It exists already": codes ["42P07", "42710", "42723", "42P06"] words ["already exists"] =>
        "The migration was applied already, by hand or in part: `supaproof status` shows the ledger. Roll back what is there (`supaproof rollback`), then set up again; or, where all of it is there and the ledger has nothing, record it without running it (`supaproof baseline`).",
        seen [("42P07", "relation \"archon_workflow_templates\" already exists"), ("42710", "type \"workflow_status\" already exists")];
    "update_updated_at_column() is missing": codes ["42883"] words ["update_updated_at_column"] =>
        "Run complete_setup.sql first: the main setup creates this function.",
        seen [("42883", "function update_updated_at_column() does not exist")];
    "A function is missing": codes ["42883"] words [] =>
        "Is the extension there that has it (gen_random_uuid and crypt: pgcrypto; uuid_generate_v4: uuid-ossp), is its schema (extensions, at Supabase) in the search_path, and are the types of the arguments right?",
        seen [("42883", "function uuid_generate_v4() does not exist")];
    "A table is missing": codes ["42P01"] words [] =>
        "Was the setup run, is this the right project (`supaproof doctor` names it), and is the table's schema in the search_path?",
        seen [("42P01", "relation \"workflow_executions\" does not exist")];
    "The types of a foreign key differ": codes ["42804"] words ["foreign key constraint"] =>
        "Both columns must have one type (TEXT and UUID are two). Is this an old version of the schema?",
        seen [("42804", "foreign key constraint \"steps_execution_id_fkey\" cannot be implemented")];
    "Row-level security refuses the row": codes ["42501"] words ["row-level security"] =>
        "No policy lets this role write this row: are the policies there, for this command and role, and is the column that they look at (user_id) set?",
        seen [("42501", "new row violates row-level security policy for table \"workflow_executions\"")];
    "The role may not own this": codes ["42501"] words ["must be owner", "must be able to set role", "must be superuser"] =>
        "The object belongs to another role (at Supabase: supabase_admin or supabase_auth_admin own auth, storage and realtime). Policies and triggers on their tables are allowed, changes of them are not.",
        seen [("42501", "must be owner of table users")];
    "CREATE is not granted": codes ["42501"] words ["permission denied for schema", "permission denied for database"] =>
        "The role needs CREATE there: log in as postgres, or `grant create on schema … to …`.",
        seen [("42501", "permission denied for schema public"), ("42501", "permission denied for database postgres")];
    "Files are not deleted by SQL": codes ["42501"] words ["direct deletion from storage tables"] =>
        "A row of storage.objects or storage.buckets stands for files, which would stay: delete them by the Storage API (`supabase.storage.from(BUCKET).remove([PATH])`) or in the dashboard. Where only rows are meant, as in a rollback: `set local storage.allow_delete_query = 'true'` in the same transaction.",
        seen [("42501", "Direct deletion from storage tables is not allowed. Use the Storage API instead.")];
    "Permission denied": codes ["42501"] words [] =>
        "Use the role postgres or the service role's key; for anon and authenticated the table needs GRANTs besides its policies (projects of 2026 no longer grant them by default).",
        seen [("42501", "permission denied for table events")];
    "A value is there twice": codes ["23505"] words ["could not create unique index"] =>
        "Rows that are there already break the rule: find them (`select … group by … having count(*) > 1`) and mend them before the migration.",
        seen [("23505", "could not create unique index \"users_email_key\"")];
    "A row refers to nothing": codes ["23503"] words [] =>
        "The row refers to one that is not there. Before a constraint is added, find the rows that refer to nothing and mend them, or add it NOT VALID and validate later.",
        seen [("23503", "insert or update on table \"steps\" violates foreign key constraint \"steps_workflow_id_fkey\"")];
    "A row breaks a check": codes ["23514"] words ["is violated by some row"] =>
        "Rows that are there break the constraint: find and mend them, or add it NOT VALID and validate later.",
        seen [("23514", "check constraint \"orders_total_check\" of relation \"orders\" is violated by some row")];
    "A value is missing": codes ["23502"] words ["contains null values"] =>
        "Fill the column first, or give it a default, then make it NOT NULL.",
        seen [("23502", "column \"user_id\" of relation \"orders\" contains null values")];
    "It was cancelled": codes ["57014"] words ["user request"] =>
        "Somebody, or a program, cancelled the statement (`pg_cancel_backend`, the dashboard): run it again.",
        seen [("57014", "canceling statement due to user request")];
    "It took too long": codes ["57014"] words ["statement timeout", "canceling statement"] =>
        "A limit of time of the role or the database was reached (at Supabase: anon 3 s, authenticated 8 s, by the Management API a minute): `set statement_timeout` in the file, or use a direct connection.",
        seen [("57014", "canceling statement due to statement timeout")];
    "A lock was not to be had": codes ["55P03"] words [] =>
        "Another session holds it: wait until its transaction is over or end that (`select pg_terminate_backend(PROCESS)`), or wait longer (`-- supaproof: lock_timeout: 30s`).",
        seen [("55P03", "canceling statement due to lock timeout")];
    "It cannot run in a transaction": codes ["25001", "2D000"] words ["cannot run inside a transaction block", "cannot be executed from a function", "invalid transaction termination"] =>
        "Give the migration a file of its own with the line `-- supaproof: transaction: off` at its head: it then runs statement by statement, each committed by itself.",
        seen [("25001", "REINDEX TABLE cannot run inside a transaction block"), ("2D000", "invalid transaction termination")];
    "A label of an enum that is too new": codes ["55P04"] words [] =>
        "ALTER TYPE … ADD VALUE has to be committed before the label is used: move what uses it into the next migration.",
        seen [("55P04", "unsafe use of new value \"blue\" of enum type colour")];
    "A deadlock": codes ["40P01"] words [] =>
        "Two sessions waited for each other: run it again.",
        seen [("40P01", "deadlock detected")];
    "Too many locks": codes ["53200"] words ["max_locks_per_transaction", "out of shared memory"] =>
        "One transaction touches too many objects: split the migration, or raise max_locks_per_transaction.",
        seen [("53200", "out of shared memory")];
    "The disk is full": codes ["53100"] words [] =>
        "Free space or enlarge the disk (project settings, Compute and Disk); a full project becomes read-only.",
        seen [("53100", "could not extend file \"base/5/16400\": No space left on device")];
    "The server is read-only": codes ["25006"] words [] =>
        "It is a replica, a role that may only read, or a project whose disk is full; or the file itself says `set transaction read only`. Through the Data API it is a function that is STABLE or IMMUTABLE, which PostgREST calls read-only: declare it VOLATILE.",
        seen [("25006", "cannot execute CREATE TABLE in a read-only transaction"), ("25006", "cannot execute INSERT in a read-only transaction")];
    "The extension is not installed": codes ["42704"] words ["extension \""] =>
        "Create it first: `create extension if not exists \"pgcrypto\" with schema extensions` (at Supabase also: Database, Extensions). gen_random_uuid() needs none.",
        seen [("42704", "extension \"pgcrypto\" does not exist")];
    "The extension is not available": codes ["0A000", "58P01"] words ["extension"] =>
        "This Postgres does not have it. At Supabase: Database, Extensions; on the embedded target only those of its own installation.",
        seen [("0A000", "extension \"vector\" is not available"), ("58P01", "could not open extension control file")];
    "The server ended": codes ["57P01", "57P02", "57P03"] words [] =>
        "It restarts or shuts down: try again in a minute.",
        seen [("57P03", "the database system is starting up"), ("57P01", "terminating connection due to administrator command")];
    "The connection was ended": codes [] words ["terminating connection", "the database system is", "connection to client lost"] =>
        "The server restarts, or somebody ended the session: try again in a minute. `supaproof status` shows what was applied.",
        seen [("", "terminating connection due to administrator command"), ("", "the database system is shutting down")];

    // What other tools and people say, who then look it up here.
    "An applied migration was changed": codes [] words ["checksum mismatch"] =>
        "Leave applied migrations as they are, and change the schema by a new one. `supaproof status` names the file; bring it back as it was, or where the change is meant, `supaproof repair` records it.",
        seen [("", "Checksum mismatch"), ("", "migration 3 failed: checksum mismatch")];
    "Something is missing that a migration makes": codes [] words ["missing items"] =>
        "`supaproof status` says whether the migration was applied, and why the last attempt failed; `supaproof setup` applies what is pending. Where it was applied and something is gone, roll it back (`supaproof rollback`) and set up again. Has the role the rights to create it (`supaproof doctor`)?",
        seen [("", "Validation shows missing items")];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_what_was_seen_of_it() {
        for hint in HINTS {
            for (code, message) in hint.seen {
                let code = Some(*code).filter(|code| !code.is_empty());
                let found = find(code, message).map(|found| found.title);
                assert_eq!(found, Some(hint.title), "{message}");
            }
        }
    }

    #[test]
    fn what_nobody_has_seen_has_no_hint() {
        assert!(find(Some("22012"), "division by zero").is_none());
        assert!(find(None, "").is_none());
    }

    #[test]
    fn words_are_in_lower_case_and_titles_differ() {
        let titles: std::collections::BTreeSet<&str> = HINTS.iter().map(|h| h.title).collect();
        assert_eq!(titles.len(), HINTS.len());
        for hint in HINTS {
            assert!(hint.words.iter().all(|word| *word == word.to_lowercase()));
            assert!(!hint.codes.is_empty() || !hint.words.is_empty());
        }
    }
}
