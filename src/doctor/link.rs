//! How the way to the server is encrypted, from our end of it.

use super::{Line, State};

/// What our end of the way proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A Unix socket.
    Socket,
    /// The wire protocol.
    Wire {
        /// Whether it stays on this machine.
        local: bool,
        /// Whether a pooler answers: the server behind it sees another connection.
        pooled: bool,
        /// What is asked of the other side.
        proof: Proof,
    },
    /// HTTP.
    Http {
        /// Whether it is HTTPS, which proves the host.
        encrypted: bool,
    },
}

/// What the other side has to prove before anything is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Nothing: TLS where it has it.
    Nothing,
    /// That it has TLS, and not who it is.
    Encryption,
    /// That a trusted authority signed its certificate, for whatever host.
    Authority,
    /// That a trusted authority signed its certificate for this host.
    Host,
}

const SUBJECT: &str = "encryption";

/// A line for it. `seen`: the version of TLS that the server sees on its end.
pub(super) fn line(link: Link, seen: Option<&str>) -> Line {
    let good = |found: String| Line::new(State::Good, SUBJECT, found);
    let (local, pooled, proof) = match link {
        Link::Socket => return good("none needed: a Unix socket of this machine".to_owned()),
        Link::Http { encrypted: true } => {
            return good("HTTPS, and it is proved who answers".to_owned());
        }
        Link::Http { encrypted: false } => {
            return Line::new(State::Skipped, SUBJECT, "none: HTTP on this machine");
        }
        Link::Wire {
            local,
            pooled,
            proof,
        } => (local, pooled, proof),
    };
    let tls = match (seen, proof, pooled) {
        (_, Proof::Nothing, true) => {
            let words = "not asked for, on this machine; the server sees the pooler's connection";
            return Line::new(State::Skipped, SUBJECT, words);
        }
        (None, Proof::Nothing, false) => {
            return Line::new(State::Skipped, SUBJECT, "none, on this machine");
        }
        (_, _, true) => "TLS to the pooler".to_owned(),
        // Something between us and the server ends it.
        (None, _, false) => "TLS, which ends before the server".to_owned(),
        (Some(version), _, false) => version.to_owned(),
    };
    match proof {
        Proof::Host => good(format!("{tls}, and it is proved who answers (verify-full)")),
        Proof::Authority => Line::new(
            State::Warning,
            SUBJECT,
            format!("{tls}; the certificate is by a trusted authority, for any host (verify-ca)"),
        )
        .help("sslmode=verify-full, or --ca FILE without an sslmode, compares the host as well."),
        Proof::Nothing | Proof::Encryption if local => {
            good(format!("{tls}, not verified, on this machine"))
        }
        Proof::Nothing | Proof::Encryption => Line::new(
            State::Warning,
            SUBJECT,
            format!("{tls}, not verified: nobody has proved who answers"),
        )
        .help("Name the authority with --ca FILE (at Supabase: Database settings, SSL Configuration, download the certificate)."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_proved_is_said_to_be() {
        let wire = |local, pooled, proof| Link::Wire {
            local,
            pooled,
            proof,
        };
        let tls = Some("TLSv1.3");
        for (link, seen, state, says) in [
            (Link::Socket, None, State::Good, "Unix socket"),
            (Link::Http { encrypted: true }, None, State::Good, "HTTPS"),
            (
                Link::Http { encrypted: false },
                None,
                State::Skipped,
                "this machine",
            ),
            (
                wire(false, false, Proof::Host),
                tls,
                State::Good,
                "TLSv1.3, and it is proved",
            ),
            (
                wire(false, false, Proof::Authority),
                tls,
                State::Warning,
                "for any host",
            ),
            (
                wire(false, false, Proof::Encryption),
                tls,
                State::Warning,
                "TLSv1.3, not verified",
            ),
            (
                wire(true, false, Proof::Nothing),
                tls,
                State::Good,
                "not verified, on this machine",
            ),
            (
                wire(true, false, Proof::Nothing),
                None,
                State::Skipped,
                "none",
            ),
            (
                wire(true, true, Proof::Nothing),
                None,
                State::Skipped,
                "the pooler's",
            ),
            // What the server sees is the pooler's, whatever that is.
            (
                wire(false, true, Proof::Encryption),
                None,
                State::Warning,
                "TLS to the pooler, not verified",
            ),
            (
                wire(false, true, Proof::Host),
                tls,
                State::Good,
                "TLS to the pooler, and it is proved",
            ),
            (
                wire(false, false, Proof::Host),
                None,
                State::Good,
                "ends before the server",
            ),
        ] {
            let line = line(link, seen);
            assert_eq!(line.state, state, "{link:?} {line:?}");
            assert!(line.found.contains(says), "{link:?} {line:?}");
        }
    }
}
