//! What stands between a client and a server: a relay that remembers, and servers that misbehave.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Passes one connection on and remembers every byte.
pub(crate) struct Relay {
    pub(crate) port: u16,
    sent: Arc<Mutex<Vec<u8>>>,
    received: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sent, received) = (Arc::default(), Arc::default());
        Self {
            port: listener.local_addr().unwrap().port(),
            sent: Arc::clone(&sent),
            received: Arc::clone(&received),
            task: tokio::spawn(async move {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::join!(
                    pass(from_client, to_server, sent),
                    pass(from_server, to_client, received)
                );
            }),
        }
    }

    /// What the server sent.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }

    /// The kinds of the messages that the client sent, in order; `!` is the startup message, which has none.
    ///
    /// Source: chapter "Message Formats" of the Postgres manual.
    pub(crate) fn messages(&self) -> String {
        let bytes = self.sent.lock().unwrap();
        let mut rest = bytes.as_slice();
        let mut kinds = String::new();
        while !rest.is_empty() {
            let tag = usize::from(!kinds.is_empty());
            kinds.push(if tag == 1 { char::from(rest[0]) } else { '!' });
            let length = u32::from_be_bytes(rest[tag..tag + 4].try_into().unwrap());
            rest = &rest[tag + usize::try_from(length).unwrap()..];
        }
        kinds
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
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
