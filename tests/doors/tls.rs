//! HTTPS: who is believed.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use supaproof::error::{Error, ExitCode};
use supaproof::target::data_api::DataApiTarget;
use supaproof::target::http::Key;
use supaproof::target::{Target as _, TargetError};

use crate::{api, block};

const SECRET: &str = "sb_secret_abcdefghijklmnop";

/// A server with a certificate for a name, the file of that certificate, and what it was asked.
struct Tls {
    port: u16,
    folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tls {
    fn serve(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
                .unwrap();
        let (config, asked) = (Arc::new(config), Arc::<Mutex<Vec<String>>>::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut tcp = tcp.unwrap();
                let mut stream = Stream::new(&mut connection, &mut tcp);
                let (mut head, mut buffer) = (String::new(), [0; 4096]);
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    head.push_str(&String::from_utf8_lossy(&buffer[..length]));
                    if head.contains("\r\n\r\n") {
                        break;
                    }
                }
                heard.lock().unwrap().push(head);
                let body = "\"supaproof value: 7\"";
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                connection.send_close_notify();
                let _ = connection.write_tls(&mut tcp);
            }
        });
        Self {
            port,
            folder,
            asked,
        }
    }

    fn read(&self, ca: Option<PathBuf>) -> Result<serde_json::Value, TargetError> {
        let mut options = api::options(1, "");
        options.base = format!("https://localhost:{}/rest/v1", self.port)
            .parse()
            .unwrap();
        options.ca = ca;
        let key = Key::new("SUPABASE_SECRET_KEY", SECRET).unwrap();
        let mut target = DataApiTarget::new(options, &key).unwrap();
        block(target.read_json("", "select '7'::json"))
    }

    fn was_told_the_key(&self) -> bool {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .any(|head| head.contains(SECRET))
    }
}

#[test]
fn only_a_certificate_that_can_be_checked_is_believed() {
    let server = Tls::serve("localhost");
    let error = server.read(None).unwrap_err();
    assert!(
        matches!(error, TargetError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(!server.was_told_the_key());
    let ca = server.folder.path().join("ca.pem");
    assert_eq!(server.read(Some(ca.clone())).unwrap(), 7);
    assert!(server.was_told_the_key());
    // For another name, though by an authority that is believed.
    let other = Tls::serve("db.example.com");
    let error = other
        .read(Some(other.folder.path().join("ca.pem")))
        .unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    // By another authority.
    let error = other.read(Some(ca)).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(!other.was_told_the_key());
}

#[test]
fn a_file_of_authorities_has_some() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let key = Key::new("SUPABASE_SECRET_KEY", SECRET).unwrap();
    for text in [
        None,
        Some(""),
        Some("not a certificate"),
        Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        match text {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => assert!(!file.exists()),
        }
        let mut options = api::options(1, "");
        options.ca = Some(file.clone());
        let refused: Option<Error> = DataApiTarget::new(options, &key).err();
        let refused = refused.unwrap_or_else(|| panic!("{text:?}"));
        assert_eq!(refused.code(), ExitCode::Usage, "{text:?}");
        assert!(refused.message().contains("ca.pem"), "{refused}");
    }
}
