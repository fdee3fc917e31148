//! Stands between the program and a server, and cuts the connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where the connection ends.
#[derive(Clone)]
pub(crate) enum Cut {
    /// Nowhere.
    Never,
    /// After so many messages of the server.
    After(usize),
    /// So long after a message that has these words in it.
    While(String, Duration),
}

pub(crate) struct Relay {
    port: u16,
    /// Messages of the server that passed, and after which of them it was ready for a question for the first time.
    passed: Arc<AtomicUsize>,
    ready: Arc<Mutex<Option<usize>>>,
}

impl Relay {
    /// For one connection; whoever comes later finds nobody.
    pub(crate) fn to(socket: PathBuf, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (passed, ready) = (Arc::<AtomicUsize>::default(), Arc::default());
        let (count, first) = (Arc::clone(&passed), Arc::clone(&ready));
        std::thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            drop(listener);
            let server = UnixStream::connect(socket).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            answers(server, client, &cut, &count, &first);
        });
        Self {
            port,
            passed,
            ready,
        }
    }

    pub(crate) fn target(&self) -> String {
        format!(
            "host=127.0.0.1 port={} sslmode=disable user=postgres dbname=postgres",
            self.port
        )
    }

    /// How many messages of the server have passed.
    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }

    /// How many of them belong to connecting.
    pub(crate) fn connecting(&self) -> usize {
        self.ready.lock().unwrap().expect("a connection was made")
    }
}

/// Passes whole messages on: a byte for the kind, four for the length, the rest.
///
/// Source: chapter "Message Formats" of the Postgres manual.
fn answers(
    mut server: UnixStream,
    mut client: TcpStream,
    cut: &Cut,
    passed: &AtomicUsize,
    ready: &Mutex<Option<usize>>,
) {
    loop {
        if matches!(cut, Cut::After(count) if passed.load(Ordering::Relaxed) >= *count) {
            break;
        }
        let mut message = vec![0; 5];
        if server.read_exact(&mut message).is_err() {
            break;
        }
        let length = u32::from_be_bytes(message[1..5].try_into().unwrap());
        message.resize(1 + usize::try_from(length).unwrap(), 0);
        if server.read_exact(&mut message[5..]).is_err() || client.write_all(&message).is_err() {
            break;
        }
        let count = passed.fetch_add(1, Ordering::Relaxed) + 1;
        if message[0] == b'Z' {
            ready.lock().unwrap().get_or_insert(count);
        }
        if let Cut::While(words, delay) = cut
            && message
                .windows(words.len())
                .any(|part| part == words.as_bytes())
        {
            std::thread::sleep(*delay);
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
