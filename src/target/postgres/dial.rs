//! Reaching a host that may have several addresses.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::cancel::Route;
use super::error;
use super::host::{Host, is_loopback, socket_file};
use super::security::TlsMode;
use super::settings::Settings;
use crate::target::TargetError;

/// A connection and where it leads.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) connection:
        Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>,
    pub(super) route: Route,
}

/// Connects to the first address where somebody listens, and logs in there alone.
///
/// tokio-postgres itself goes on to the next address after a refused login too: a wrong password would be tried once for
/// each, which counts double for servers that shut out who fails often.
pub(super) async fn dial(
    settings: &Settings,
    tls: &MakeRustlsConnect,
    limit: Duration,
) -> Result<Connected, TargetError> {
    let (name, address) = match settings.host_meant() {
        Host::Tcp { name, address } => (name, *address),
        Host::Socket(dir) => {
            let connected = settings.config().connect(tls.clone()).await;
            let (client, connection) =
                connected.map_err(|error| error::unreachable(settings, &error))?;
            return Ok(Connected {
                client,
                connection,
                route: Route::Unix(socket_file(dir, settings.port())),
            });
        }
    };
    let end = Instant::now().checked_add(limit);
    let addresses = addresses(settings, name, address).await?;
    first_of(settings, tls, &addresses, limit, end).await
}

/// The first of these addresses where somebody listens.
async fn first_of(
    settings: &Settings,
    tls: &MakeRustlsConnect,
    addresses: &[SocketAddr],
    limit: Duration,
    end: Option<Instant>,
) -> Result<Connected, TargetError> {
    let config = settings.config();
    let mut tried = Vec::new();
    for (place, address) in addresses.iter().enumerate() {
        let mut config = config.clone();
        config.hostaddr(address.ip());
        // One that swallows everything leaves time for the others, and for saying so.
        let left = u32::try_from(addresses.len() - place).unwrap_or(u32::MAX);
        let share = end.map(|end| end.saturating_duration_since(Instant::now()) / left);
        if let Some(share) = share {
            config.connect_timeout(share.mul_f64(0.95));
        }
        let waited = match addresses.len() {
            1 => limit,
            _ => share.unwrap_or(limit),
        };
        match config.connect(tls.clone()).await {
            Ok((client, connection)) => {
                return Ok(Connected {
                    client,
                    connection,
                    route: Route::Tcp(*address),
                });
            }
            Err(error) if error::is_unreached(&error) => tried.push((*address, error, waited)),
            Err(error) => return Err(error::unreachable(settings, &error)),
        }
    }
    Err(error::refused(
        settings,
        error::no_address(settings, &tried),
    ))
}

/// The addresses of a host, each once.
async fn addresses(
    settings: &Settings,
    name: &str,
    given: Option<IpAddr>,
) -> Result<Vec<SocketAddr>, TargetError> {
    if let Some(address) = given.or_else(|| name.parse().ok()) {
        return Ok(vec![SocketAddr::new(address, settings.port())]);
    }
    let found = tokio::net::lookup_host((name, settings.port()))
        .await
        .map_err(|error| error::refused(settings, format!("{name} is not found: {error}")))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    // Without TLS nothing leaves this machine, whatever its name service takes `localhost` for.
    if settings.tls_mode() < TlsMode::Require {
        addresses.retain(|address| is_loopback(address.ip()));
        if addresses.is_empty() {
            return Err(error::insecure(
                settings,
                format!(
                    "{name} is no address of this machine here, and without sslmode=require the connection might go unencrypted"
                ),
            ));
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::*;
    use crate::target::postgres::tls;

    /// Both addresses of `localhost`, with the one port that is free on both; `None` where there is no IPv6.
    fn both() -> Option<(TcpListener, TcpListener)> {
        (0..20).find_map(|_| {
            let four = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
            let port = four.local_addr().ok()?.port();
            let six = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).ok()?;
            Some((six, four))
        })
    }

    /// Refuses every login, and counts them.
    async fn refuse(
        listener: TcpListener,
    ) -> (
        tokio::task::JoinHandle<()>,
        std::sync::Arc<std::sync::atomic::AtomicU32>,
    ) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let count = std::sync::Arc::<std::sync::atomic::AtomicU32>::default();
        let counted = count.clone();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = client.read(&mut [0; 1024]).await;
                let _ = client
                    .write_all(b"E\0\0\0\x23SFATAL\0VFATAL\0C28P01\0Mno such\0\0")
                    .await;
            }
        });
        (task, count)
    }

    async fn tried(settings: &Settings, addresses: &[SocketAddr]) -> (String, Option<String>) {
        let limit = Duration::from_secs(5);
        let tls = tls::connector(settings).unwrap();
        let end = Instant::now().checked_add(limit);
        match first_of(settings, &tls, addresses, limit, end).await {
            Ok(_) => panic!("connected"),
            Err(TargetError::Unreachable {
                reason, sqlstate, ..
            }) => (reason, sqlstate),
            Err(other) => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_login_is_refused_once_and_a_closed_port_passed_over() {
        let Some((six, four)) = both() else {
            eprintln!("skipped: this machine has no IPv6");
            return;
        };
        let (at_six, at_four) = (six.local_addr().unwrap(), four.local_addr().unwrap());
        let port = at_six.port();
        let text = format!("host=localhost port={port} user=u password=p sslmode=disable");
        let settings = Settings::parse(&text, &|_| None).unwrap();
        let (six_task, at_six_came) = refuse(six).await;
        let (four_task, at_four_came) = refuse(four).await;
        let count =
            |count: &std::sync::atomic::AtomicU32| count.load(std::sync::atomic::Ordering::SeqCst);
        let both = [at_six, at_four];
        let (reason, sqlstate) = tried(&settings, &both).await;
        assert_eq!(
            (reason.as_str(), sqlstate.as_deref()),
            ("no such", Some("28P01"))
        );
        assert_eq!((count(&at_six_came), count(&at_four_came)), (1, 0));

        six_task.abort();
        let _ = six_task.await;
        let (_, sqlstate) = tried(&settings, &both).await;
        assert_eq!(sqlstate.as_deref(), Some("28P01"));
        assert_eq!((count(&at_six_came), count(&at_four_came)), (1, 1));

        four_task.abort();
        let _ = four_task.await;
        let (reason, sqlstate) = tried(&settings, &both).await;
        assert_eq!(
            reason,
            format!("nobody listens at localhost:{port} (tried ::1, 127.0.0.1)")
        );
        assert_eq!(sqlstate, None);
    }
}
