//! What a Supabase host, user and `options` say: which endpoint it is, and of which project.
//!
//! Source: Supabase's guide "Connect to your database"; the poolers take the project from the user (`postgres.<ref>`) or from
//! `options=reference=<ref>`.

/// The database that every project has.
pub const DATABASE: &str = "postgres";

/// The role that a project's owner logs in as.
pub const USER: &str = "postgres";

/// The role that reads everything and changes nothing.
pub const READER: &str = "supabase_read_only_user";

/// The port of the poolers' transaction mode.
pub const TRANSACTION_PORT: u16 = 6543;

/// The port of Postgres itself, and of the shared pooler's session mode.
pub const SESSION_PORT: u16 = 5432;

/// What listens at one of a project's addresses for the wire protocol. Two of them are the same door: whoever runs SQL only
/// minds whether a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `db.<ref>.supabase.co:5432`: Postgres itself, by IPv6 alone unless the project has the add-on for IPv4.
    Direct,
    /// `….pooler.supabase.com:5432`: a server session for as long as the connection lives.
    SessionPooler,
    /// `….pooler.supabase.com:6543`: a server session for each transaction.
    TransactionPooler,
    /// `db.<ref>.supabase.co:6543`: the project's own PgBouncer, in transaction mode.
    DedicatedPooler,
}

impl Endpoint {
    /// Whether the next transaction may meet another session.
    pub fn is_transaction_pooler(self) -> bool {
        matches!(self, Self::TransactionPooler | Self::DedicatedPooler)
    }
}

/// An endpoint and the project behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// The project's reference; `None` where nothing names it, which no pooler accepts.
    pub reference: Option<String>,
    /// Another reference that another part names.
    pub contradiction: Option<String>,
}

/// What a connection's parts say of Supabase; `None` for a host of somebody else's.
pub fn place(host: &str, port: u16, user: &str, options: Option<&str>) -> Option<Place> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let named = host
        .strip_prefix("db.")
        .and_then(|rest| rest.strip_suffix(".supabase.co"))
        .filter(|reference| is_reference(reference));
    let shared = host
        .strip_suffix(".pooler.supabase.com")
        .is_some_and(|region| !region.is_empty());
    let endpoint = match (named.is_some(), shared, port) {
        (true, _, TRANSACTION_PORT) => Endpoint::DedicatedPooler,
        (true, ..) => Endpoint::Direct,
        (_, true, TRANSACTION_PORT) => Endpoint::TransactionPooler,
        (_, true, _) => Endpoint::SessionPooler,
        _ => return None,
    };
    let of_user = user
        .rsplit_once('.')
        .map(|(_, reference)| reference)
        .filter(|reference| shared && is_reference(reference));
    let of_options = options.and_then(reference_in_options);
    let mut said = [named, of_user, of_options].into_iter().flatten();
    let reference = said.next().map(str::to_owned);
    let contradiction = said
        .find(|other| Some(*other) != reference.as_deref())
        .map(str::to_owned);
    Some(Place {
        endpoint,
        reference,
        contradiction,
    })
}

/// Whether this is a project's reference: twenty lower-case letters.
pub fn is_reference(text: &str) -> bool {
    text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Where Postgres itself listens.
pub fn direct_host(reference: &str) -> String {
    format!("db.{reference}.supabase.co")
}

/// As whom a pooler expects us.
pub fn pooler_user(reference: &str) -> String {
    format!("{USER}.{reference}")
}

fn reference_in_options(options: &str) -> Option<&str> {
    let mut words = options.split_whitespace();
    let value = words.find_map(|word| word.strip_prefix("reference="))?;
    is_reference(value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "abcdefghijklmnopqrst";
    const B: &str = "tsrqponmlkjihgfedcba";

    fn said(
        host: &str,
        port: u16,
        user: &str,
        options: Option<&str>,
    ) -> Option<(Endpoint, String)> {
        let place = place(host, port, user, options)?;
        assert_eq!(place.contradiction, None);
        Some((place.endpoint, place.reference.unwrap_or_default()))
    }

    #[test]
    fn hosts_and_ports_are_endpoints() {
        let direct = direct_host(A);
        let pooler = "aws-1-eu-central-1.pooler.supabase.com";
        let user = pooler_user(A);
        for (host, port, user, endpoint) in [
            (direct.as_str(), 5432, USER, Endpoint::Direct),
            (&direct, 6543, USER, Endpoint::DedicatedPooler),
            (pooler, 5432, &user, Endpoint::SessionPooler),
            (pooler, 6543, &user, Endpoint::TransactionPooler),
            (
                "AWS-0-US-EAST-1.Pooler.Supabase.com.",
                6543,
                &user,
                Endpoint::TransactionPooler,
            ),
        ] {
            assert_eq!(
                said(host, port, user, None),
                Some((endpoint, A.to_owned())),
                "{host}:{port}"
            );
            assert_eq!(endpoint.is_transaction_pooler(), port == 6543);
        }
        for host in [
            "localhost",
            "db.example.com",
            "db.short.supabase.co",
            "pooler.supabase.com",
            "db.abcdefghijklmnopqrst.supabase.co.evil.example",
            "x.pooler.supabase.com.evil.example",
            "abcdefghijklmnopqrst.supabase.co",
        ] {
            assert_eq!(place(host, 6543, &user, None), None, "{host}");
        }
    }

    #[test]
    fn the_project_is_in_the_host_the_user_or_the_options() {
        let pooler = "aws-0-x.pooler.supabase.com";
        let options = format!("-c a=b reference={A}");
        let reference = |user: &str, options| place(pooler, 6543, user, options).unwrap().reference;
        assert_eq!(reference(&format!("my.role.{A}"), None).as_deref(), Some(A));
        assert_eq!(reference("postgres", Some(&options)).as_deref(), Some(A));
        assert_eq!(reference("postgres", None), None);
        assert_eq!(reference("postgres.NotOne", Some("reference=short")), None);
        // A role of the database's own may be named so; the host says which project it is.
        let role = place(&direct_host(A), 5432, &format!("x.{B}"), None).unwrap();
        assert_eq!(
            (role.reference.as_deref(), role.contradiction),
            (Some(A), None)
        );
    }

    #[test]
    fn two_projects_are_noticed() {
        let options = format!("reference={B}");
        let two = place(
            "aws-0-x.pooler.supabase.com",
            5432,
            &pooler_user(A),
            Some(&options),
        );
        assert_eq!(two.unwrap().contradiction.as_deref(), Some(B));
        let two = place(&direct_host(A), 5432, USER, Some(&options)).unwrap();
        assert_eq!(two.contradiction.as_deref(), Some(B));
    }
}
