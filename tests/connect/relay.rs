//! What stands between a client and a server: a relay that remembers, and servers that misbehave.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// Where a server listens: a port of this machine, or the file of a socket.
#[derive(Clone)]
pub(crate) enum Server {
    Port(u16),
    Socket(PathBuf),
}

impl From<u16> for Server {
    fn from(port: u16) -> Self {
        Self::Port(port)
    }
}

impl From<PathBuf> for Server {
    fn from(file: PathBuf) -> Self {
        Self::Socket(file)
    }
}

/// The bytes of one connection.
#[derive(Clone, Default)]
struct Memory {
    sent: Arc<Mutex<Vec<u8>>>,
    received: Arc<Mutex<Vec<u8>>>,
}

/// Passes connections on and remembers every byte.
pub(crate) struct Relay {
    pub(crate) port: u16,
    connections: Arc<Mutex<Vec<Memory>>>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(server: impl Into<Server>) -> Self {
        let server = server.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connections: Arc<Mutex<Vec<Memory>>> = Arc::default();
        Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::clone(&connections),
            task: tokio::spawn(async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    let memory = Memory::default();
                    connections.lock().unwrap().push(memory.clone());
                    tokio::spawn(relay(client, server.clone(), memory));
                }
            }),
        }
    }

    /// What the clients sent, connection by connection.
    pub(crate) fn sent(&self) -> Vec<Vec<u8>> {
        let connections = self.connections.lock().unwrap();
        let sent = connections.iter().map(|c| c.sent.lock().unwrap().clone());
        sent.collect()
    }

    /// What the server sent.
    pub(crate) fn received(&self) -> Vec<u8> {
        let connections = self.connections.lock().unwrap();
        let received = connections
            .iter()
            .map(|c| c.received.lock().unwrap().clone());
        received.flatten().collect()
    }

    /// The kinds of the messages that the client sent, in order; `!` is the startup message of a connection, which has
    /// none.
    ///
    /// Source: chapter "Message Formats" of the Postgres manual.
    pub(crate) fn messages(&self) -> String {
        let connections = self.connections.lock().unwrap();
        let all = connections.iter().map(|c| kinds(&c.sent.lock().unwrap()));
        all.collect()
    }
}

fn kinds(mut rest: &[u8]) -> String {
    let mut kinds = String::new();
    while !rest.is_empty() {
        let tag = usize::from(!kinds.is_empty());
        kinds.push(if tag == 1 { char::from(rest[0]) } else { '!' });
        let length = u32::from_be_bytes(rest[tag..tag + 4].try_into().unwrap());
        rest = &rest[tag + usize::try_from(length).unwrap()..];
    }
    kinds
}

async fn relay(client: TcpStream, server: Server, memory: Memory) {
    let (from_client, to_client) = client.into_split();
    match server {
        Server::Port(port) => {
            let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let (from_server, to_server) = server.into_split();
            tokio::join!(
                pass(from_client, to_server, memory.sent),
                pass(from_server, to_client, memory.received)
            );
        }
        Server::Socket(file) => {
            let server = UnixStream::connect(file).await.unwrap();
            let (from_server, to_server) = server.into_split();
            tokio::join!(
                pass(from_client, to_server, memory.sent),
                pass(from_server, to_client, memory.received)
            );
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    memory: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        memory.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// A server that reads once, answers this and hangs up; without an answer it stays silent and holds on.
pub(crate) async fn listener(answer: Option<&'static [u8]>) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut client, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = client.read(&mut buffer).await;
            match answer {
                Some(answer) => {
                    let _ = client.write_all(answer).await;
                }
                None => held.push(client),
            }
        }
    });
    (port, task)
}
