//! Every connection setting that libpq knows, and what we do with it.
//!
//! Source: the Postgres manual, chapters "Connection Strings", "Parameter Key Words" and "Environment Variables" (15 to 18).

use crate::error::Error;

/// What we do with a setting.
pub(super) enum Support {
    /// It does what it does in libpq.
    Used,
    /// Only these values, which ask for what happens anyway. Anything else is refused with this advice.
    Only(&'static [&'static str], &'static str),
    /// Refused, with this advice.
    Refused(&'static str),
}

/// A setting.
pub(super) struct Key {
    /// As it is written in a connection string.
    pub(super) name: &'static str,
    /// The environment variable that stands in for it.
    pub(super) env: Option<&'static str>,
    /// What we do with it.
    pub(super) support: Support,
}

use Support::{Only, Refused, Used};

const fn key(name: &'static str, env: &'static str, support: Support) -> Key {
    Key {
        name,
        env: Some(env),
        support,
    }
}

const fn bare(name: &'static str, support: Support) -> Key {
    Key {
        name,
        env: None,
        support,
    }
}

const CLIENT_CERTIFICATES: &str =
    "Client certificates are not sent: leave it out and log in with a password.";
const REVOCATION: &str = "Lists of revoked certificates are not read: leave it out.";
const KERBEROS: &str =
    "Kerberos and GSSAPI are not supported: leave it out and log in with a password.";
const OAUTH: &str = "OAuth is not supported: leave it out and log in with a password.";
const OFF: &[&str] = &["0", "false", "off", "no"];

/// All of them.
pub(super) static KEYS: &[Key] = &[
    key("host", "PGHOST", Used),
    key("hostaddr", "PGHOSTADDR", Used),
    key("port", "PGPORT", Used),
    key("dbname", "PGDATABASE", Used),
    key("user", "PGUSER", Used),
    key("password", "PGPASSWORD", Used),
    key("connect_timeout", "PGCONNECT_TIMEOUT", Used),
    key("options", "PGOPTIONS", Used),
    key("application_name", "PGAPPNAME", Used),
    bare("fallback_application_name", Used),
    key("sslmode", "PGSSLMODE", Used),
    key("channel_binding", "PGCHANNELBINDING", Used),
    bare("keepalives", Used),
    bare("keepalives_idle", Used),
    bare("keepalives_interval", Used),
    bare("keepalives_count", Used),
    bare("tcp_user_timeout", Used),
    key(
        "client_encoding",
        "PGCLIENTENCODING",
        Only(
            &["utf8", "utf-8", "unicode", "auto"],
            "The program speaks UTF-8: leave it out.",
        ),
    ),
    key(
        "target_session_attrs",
        "PGTARGETSESSIONATTRS",
        Only(
            &["any"],
            "There is one host to choose from: name the one that is meant and leave it out.",
        ),
    ),
    key(
        "load_balance_hosts",
        "PGLOADBALANCEHOSTS",
        Only(
            &["disable"],
            "There is one host to choose from: leave it out.",
        ),
    ),
    key(
        "sslnegotiation",
        "PGSSLNEGOTIATION",
        Only(
            &["postgres"],
            "TLS is asked for in the protocol's own way, which every server understands: leave it out.",
        ),
    ),
    key(
        "sslcompression",
        "PGSSLCOMPRESSION",
        Only(
            &["0"],
            "Compression inside TLS is not supported: leave it out.",
        ),
    ),
    key(
        "sslcertmode",
        "PGSSLCERTMODE",
        Only(&["disable", "allow"], CLIENT_CERTIFICATES),
    ),
    key(
        "sslsni",
        "PGSSLSNI",
        Only(
            &["1"],
            "The host name is always sent in the TLS handshake: leave it out.",
        ),
    ),
    key(
        "ssl_min_protocol_version",
        "PGSSLMINPROTOCOLVERSION",
        Only(
            &["tlsv1", "tlsv1.1", "tlsv1.2"],
            "TLS 1.2 and 1.3 are spoken: leave it out.",
        ),
    ),
    key(
        "ssl_max_protocol_version",
        "PGSSLMAXPROTOCOLVERSION",
        Only(&["tlsv1.3"], "TLS 1.2 and 1.3 are spoken: leave it out."),
    ),
    key(
        "min_protocol_version",
        "PGMINPROTOCOLVERSION",
        Only(&["3.0"], "Protocol 3.0 is spoken: leave it out."),
    ),
    key(
        "max_protocol_version",
        "PGMAXPROTOCOLVERSION",
        Only(
            &["3.0", "3.2", "latest"],
            "Protocol 3.0 is spoken: leave it out.",
        ),
    ),
    key(
        "gssencmode",
        "PGGSSENCMODE",
        Only(&["disable", "prefer"], KERBEROS),
    ),
    key("gssdelegation", "PGGSSDELEGATION", Only(&["0"], KERBEROS)),
    key("krbsrvname", "PGKRBSRVNAME", Only(&["postgres"], KERBEROS)),
    key("gsslib", "PGGSSLIB", Only(&["gssapi"], KERBEROS)),
    bare(
        "replication",
        Only(
            OFF,
            "Replication connections run no SQL scripts: leave it out.",
        ),
    ),
    key(
        "requiressl",
        "PGREQUIRESSL",
        Only(&["0"], "It is obsolete: use sslmode=require."),
    ),
    key("passfile", "PGPASSFILE", Used),
    key("service", "PGSERVICE", Used),
    key("servicefile", "PGSERVICEFILE", Used),
    key(
        "require_auth",
        "PGREQUIREAUTH",
        Refused("Leave it out; with sslmode=require, channel_binding=require insists on SCRAM."),
    ),
    key(
        "requirepeer",
        "PGREQUIREPEER",
        Refused("The owner of a Unix socket is not checked: leave it out."),
    ),
    key("sslcert", "PGSSLCERT", Refused(CLIENT_CERTIFICATES)),
    key("sslkey", "PGSSLKEY", Refused(CLIENT_CERTIFICATES)),
    bare("sslpassword", Refused(CLIENT_CERTIFICATES)),
    bare(
        "sslkeylogfile",
        Refused("TLS keys are not written to a file: leave it out."),
    ),
    key("sslrootcert", "PGSSLROOTCERT", Used),
    key("sslcrl", "PGSSLCRL", Refused(REVOCATION)),
    key("sslcrldir", "PGSSLCRLDIR", Refused(REVOCATION)),
    bare(
        "scram_client_key",
        Refused("Log in with the password itself."),
    ),
    bare(
        "scram_server_key",
        Refused("Log in with the password itself."),
    ),
    bare("oauth_issuer", Refused(OAUTH)),
    bare("oauth_client_id", Refused(OAUTH)),
    bare("oauth_client_secret", Refused(OAUTH)),
    bare("oauth_scope", Refused(OAUTH)),
    // Not libpq's: the word by which connection strings for Prisma and others say that a transaction pooler answers.
    bare(POOLED, Used),
];

/// Whether what listens is a transaction pooler.
pub(super) const POOLED: &str = "pgbouncer";

/// Settings of other programs that people carry over in a URL. They change nothing of what is asked of the server.
///
/// Sources: the manuals of Prisma, node-postgres, postgres.js, pgx, JDBC and lib/pq; `supa` and `workaround` stand in the URLs
/// that Vercel's integration writes.
const FOREIGN: &[&str] = &[
    "connection_limit",
    "pool_timeout",
    "statement_cache_size",
    "socket_timeout",
    "schema",
    SSLACCEPT,
    "sslidentity",
    "single_use_connections",
    "prepare",
    "prepared_statements",
    "statement_cache_capacity",
    "statement_cache_mode",
    "default_query_exec_mode",
    "preparethreshold",
    "binary_parameters",
    "uselibpqcompat",
    "pool_max_conns",
    "pool_min_conns",
    "pool_max_conn_lifetime",
    "pool_max_conn_idle_time",
    "pool_mode",
    "pool_size",
    "max_pool_size",
    "supa",
    "workaround",
];

/// Prisma's word for whether certificates are checked.
pub(super) const SSLACCEPT: &str = "sslaccept";

/// Settings that are known by another name.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["search_path", "statement_timeout", "lock_timeout"],
        "Give it as options, for example options=-c%20search_path%3Dapp in a URL or options='-c search_path=app' in a string.",
    ),
    (&["database"], "The name of the database is dbname."),
    (&["username"], "The name of the user is user."),
];

/// The name of a setting of another program, as we write it.
pub(super) fn foreign(name: &str) -> Option<&'static str> {
    let known = FOREIGN
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name));
    known.copied()
}

/// The setting of that name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// No setting has that name.
///
/// `shown` is false where the name may be a piece of a password that was not quoted; then only names of our own are said.
pub(super) fn unknown(name: &str, shown: bool) -> Error {
    let shown = shown
        && name.len() <= 40
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let error = if shown {
        Error::usage(format!("unknown connection setting `{name}`"))
    } else {
        Error::usage("unknown connection setting")
    };
    if let Some(known) = foreign(name) {
        return Error::usage(format!("unknown connection setting `{known}`"))
            .help("It is a setting of another program (Prisma, a driver, a pool), not of Postgres: remove it.");
    }
    if let Some((known, advice)) = ELSEWHERE
        .iter()
        .find_map(|(names, advice)| Some((names.iter().find(|known| **known == name)?, advice)))
    {
        return Error::usage(format!("unknown connection setting `{known}`")).help(*advice);
    }
    let lower = name.to_ascii_lowercase();
    let near = KEYS
        .iter()
        .map(|key| (strsim::osa_distance(key.name, &lower), key.name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3));
    match (near, shown) {
        (Some((_, near)), _) => error.help(format!("Did you mean `{near}`?")),
        (None, true) => error.help(
            "It has to be a setting that libpq knows, such as host, port, user, dbname, sslmode.",
        ),
        (None, false) => error.help(super::conninfo::QUOTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        for (place, key) in KEYS.iter().enumerate() {
            assert!(
                KEYS[..place]
                    .iter()
                    .all(|other| other.name != key.name
                        && (key.env.is_none() || other.env != key.env)),
                "{}",
                key.name
            );
        }
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_known_one() {
        let error = unknown("sslmod", true);
        assert_eq!(error.message(), "unknown connection setting `sslmod`");
        assert_eq!(error.help_text(), Some("Did you mean `sslmode`?"));
        let error = unknown("hunter2", false);
        assert!(!error.message().contains("hunter2"));
        assert!(!error.help_text().unwrap().contains("hunter2"));
        assert!(
            unknown("connection_limit", true)
                .help_text()
                .unwrap()
                .contains("Prisma")
        );
    }
}
