//! Cancelling as libpq does it: ask, then wait until the server hangs up.
//!
//! tokio-postgres hangs up at once. PgBouncer passes a request on only as long as whoever asked is there, and 1.18 (Debian 12)
//! ends altogether, for all its clients, when he leaves while it does. And once a server has hung up, the request has done
//! what it can: it will not hit a later statement.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error;
use crate::target::{Cancel, Obstacle, TargetError};

/// How long a server gets to take a cancellation, and then to end the statement.
pub(super) const CANCEL_WAIT: Duration = Duration::from_secs(5);

/// Where the connection led in the end.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Cancels whatever runs on a connection, over a connection of its own that is encrypted alike.
#[derive(Clone)]
pub struct Canceller {
    pub(super) target: String,
    pub(super) token: CancelToken,
    pub(super) tls: MakeRustlsConnect,
    pub(super) route: Route,
    /// Whose certificate is expected.
    pub(super) host: String,
}

#[async_trait]
impl Cancel for Canceller {
    /// Waits 5 s for the server at the most.
    async fn cancel(&self) -> Result<(), TargetError> {
        let unreachable = |reason| TargetError::unreachable(&self.target, Obstacle::Other, reason);
        match timeout(CANCEL_WAIT, self.ask()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(unreachable(reason)),
            Err(_) => Err(unreachable("no answer to the cancellation".to_owned())),
        }
    }
}

impl Canceller {
    async fn ask(&self) -> Result<(), String> {
        let asked = match &self.route {
            Route::Tcp(address) => match TcpStream::connect(address).await {
                Ok(stream) => self.ask_on(stream).await,
                Err(error) => return Err(error.to_string()),
            },
            Route::Unix(file) => match UnixStream::connect(file).await {
                Ok(stream) => self.ask_on(stream).await,
                Err(error) => return Err(error.to_string()),
            },
        };
        asked.map_err(|error| error::lost_reason(Some(&error)))
    }

    async fn ask_on<S>(&self, stream: S) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut tls = self.tls.clone();
        let made = MakeTlsConnect::<Patient<S>>::make_tls_connect(&mut tls, &self.host);
        let Ok(tls) = made;
        self.token
            .cancel_query_raw(Patient(stream), Patient(tls))
            .await
    }
}

/// A stream that does not hang up but waits for the other side to; as a connector, one of such streams.
struct Patient<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    /// Reads until the end, however that comes.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let mut space = [0; 64];
        loop {
            let mut buf = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: TlsStream + Unpin> TlsStream for Patient<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}

impl<S, T> TlsConnect<S> for Patient<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
{
    type Stream = Patient<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, T::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.0.connect(stream);
        Box::pin(async move { Ok(Patient(connecting.await?)) })
    }
}
