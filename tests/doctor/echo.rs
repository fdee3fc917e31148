//! An HTTP server that answers every request alike, with everything that it was sent in what it says.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// 401.
    Refuse,
    /// 302 to another server.
    Redirect(String),
    /// 400, as a database's error.
    Fail,
    /// 200, and no JSON.
    Chat,
    /// A status and a body, as they were recorded.
    Say(u16, String),
}

pub(crate) struct Echo {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Echo {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let out = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            over: Arc::default(),
        };
        let (requests, over) = (Arc::clone(&out.requests), Arc::clone(&out.over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                if let Ok(stream) = stream {
                    // A client that goes away is none of our business.
                    let _ = serve(stream, &answer, &requests);
                }
            }
        });
        out
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came, headers and all.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &Answer,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    let head = loop {
        let n = stream.read(&mut buffer)?;
        got.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&got).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            break head.to_owned();
        }
        if n == 0 {
            return Ok(());
        }
    };
    requests.lock().unwrap().push(head.clone());
    let said = serde_json::to_string(&head.replace("\r\n", " | ")).unwrap();
    let status;
    let (status, extra, body) = match answer {
        Answer::Refuse => (
            "401 Unauthorized",
            String::new(),
            format!("{{\"message\":{said}}}"),
        ),
        Answer::Redirect(to) => (
            "302 Found",
            format!("Location: {to}/elsewhere\r\n"),
            String::new(),
        ),
        Answer::Fail => (
            "400 Bad Request",
            String::new(),
            format!("{{\"code\":\"42501\",\"message\":{said},\"details\":{said},\"hint\":{said}}}"),
        ),
        Answer::Chat => ("200 OK", String::new(), head.clone()),
        Answer::Say(code, body) => {
            status = format!("{code} Whatever");
            (status.as_str(), String::new(), body.clone())
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{extra}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
