//! A stand-in for a Postgres or a pooler that lets nobody in: it reads the startup message and answers as it is told.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What it does after the startup message.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// An ErrorResponse with this SQLSTATE and message.
    Refuse(String, String),
    /// Asks for the password in clear, and repeats it in its refusal.
    Repeat,
    /// Closes the connection without a word.
    Close,
    /// Says nothing.
    Stall,
}

pub(crate) struct Refusing {
    address: SocketAddr,
    logins: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Refusing {
    pub(crate) fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let out = Self {
            address: listener.local_addr().unwrap(),
            logins: Arc::default(),
            over: Arc::default(),
        };
        let (logins, over) = (Arc::clone(&out.logins), Arc::clone(&out.over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (does, logins) = (does.clone(), Arc::clone(&logins));
                if let Ok(stream) = stream {
                    std::thread::spawn(move || {
                        // A client that goes away is none of our business.
                        let _ = serve(stream, &does, &logins);
                    });
                }
            }
        });
        out
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self, query: &str) -> String {
        let port = self.port();
        format!("postgresql://someone:hunter2@127.0.0.1:{port}/postgres?{query}")
    }

    /// How many connections came as far as the startup message.
    pub(crate) fn logins(&self) -> usize {
        self.logins.load(Ordering::Relaxed)
    }
}

impl Drop for Refusing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// Source: chapter "Message Formats" of the Postgres manual: SSLRequest, StartupMessage, ErrorResponse.
fn serve(mut stream: TcpStream, does: &Does, logins: &AtomicUsize) -> std::io::Result<()> {
    const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let mut rest = vec![0; length - 8];
        stream.read_exact(&mut rest)?;
        if head[4..] != SSL_REQUEST {
            break;
        }
        stream.write_all(b"N")?;
    }
    logins.fetch_add(1, Ordering::Relaxed);
    match does {
        Does::Close => Ok(()),
        Does::Stall => {
            std::thread::sleep(Duration::from_secs(30));
            Ok(())
        }
        Does::Refuse(code, message) => refuse(&mut stream, code, message),
        Does::Repeat => {
            stream.write_all(b"R\0\0\0\x08\0\0\0\x03")?;
            let mut head = [0; 5];
            stream.read_exact(&mut head)?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let mut password = vec![0; length - 4];
            stream.read_exact(&mut password)?;
            let password = String::from_utf8_lossy(&password);
            let password = password.trim_end_matches('\0');
            refuse(
                &mut stream,
                "XX000",
                &format!("login u with {password} not known"),
            )
        }
    }
}

fn refuse(stream: &mut TcpStream, code: &str, message: &str) -> std::io::Result<()> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    stream.write_all(b"E")?;
    stream.write_all(&length)?;
    stream.write_all(fields.as_bytes())
}
