//! The answer of the catalog is cut off, or is not what was asked for.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Project, Run, Server};

/// What becomes of the answer to the statement that reads the catalog.
#[derive(Clone)]
enum Fate {
    /// It passes, and is remembered.
    Whole,
    /// The connection ends after so many bytes of it.
    Cut(usize),
    /// Nothing comes after so many bytes of it, and the connection stays.
    Stalled(usize),
    /// One word of it is another of the same length.
    Replaced(&'static str, &'static str),
}

/// Stands between the program and a server.
struct Relay {
    port: u16,
    answer: Arc<Mutex<Vec<u8>>>,
}

/// What the message that reads the catalog has in it.
const QUESTION: &[u8] = b"select 'server'::text";

impl Relay {
    /// For one connection.
    fn to(socket: PathBuf, fate: Fate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::<Mutex<Vec<u8>>>::default();
        let memory = Arc::clone(&answer);
        std::thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            let server = UnixStream::connect(socket).unwrap();
            let asked = Arc::new(Mutex::new(false));
            let both = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let heard = Arc::clone(&asked);
            std::thread::spawn(move || questions(both.0, both.1, &heard));
            answers(server, client, &asked, &fate, &memory);
        });
        Self { port, answer }
    }

    fn target(&self) -> String {
        let port = self.port;
        format!("host=127.0.0.1 port={port} sslmode=disable user=postgres dbname=postgres")
    }
}

fn questions(mut client: TcpStream, mut server: UnixStream, asked: &Mutex<bool>) {
    let (mut buffer, mut seen) = (vec![0; 65536], Vec::new());
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..length]);
        if seen.windows(QUESTION.len()).any(|text| text == QUESTION) {
            *asked.lock().unwrap() = true;
        }
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

fn answers(
    mut server: UnixStream,
    mut client: TcpStream,
    asked: &Mutex<bool>,
    fate: &Fate,
    memory: &Mutex<Vec<u8>>,
) {
    let mut buffer = vec![0; 65536];
    let mut passed = 0;
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let mut part = buffer[..length].to_vec();
        if *asked.lock().unwrap() {
            memory.lock().unwrap().extend_from_slice(&part);
            match fate {
                Fate::Whole => {}
                Fate::Cut(at) | Fate::Stalled(at) => part.truncate(at - passed),
                Fate::Replaced(from, to) => replace(&mut part, from.as_bytes(), to.as_bytes()),
            }
            passed += part.len();
        }
        if client.write_all(&part).is_err() {
            break;
        }
        match fate {
            Fate::Cut(at) if *asked.lock().unwrap() && passed >= *at => break,
            _ => {}
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

fn replace(part: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    if let Some(at) = part.windows(from.len()).position(|text| text == from) {
        part[at..at + to.len()].copy_from_slice(to);
    }
}

/// Where the messages of an answer end.
///
/// Source: chapter "Message Formats" of the Postgres manual.
fn ends(answer: &[u8]) -> Vec<usize> {
    let (mut ends, mut at) = (Vec::new(), 0);
    while at < answer.len() {
        let length = u32::from_be_bytes(answer[at + 1..at + 5].try_into().unwrap());
        at += 1 + usize::try_from(length).unwrap();
        ends.push(at);
    }
    ends
}

fn project() -> Project {
    // Text that is equal needs no second question, so that the first answer is all that is asked for.
    let yaml = "tables: {orders: {columns: {id: int not null}}}\nviews: {seen: present}\n";
    Project::new(&[("validations/shop.yaml", yaml)])
}

fn server() -> Server {
    let server = Server::start();
    server.sql(
        "postgres",
        "create table orders (id int not null); create view seen as select id from orders",
    );
    server
}

/// What nobody must see where the answer is not whole.
fn honest(run: &Run) {
    for text in [&run.out, &run.err] {
        for word in ["✅", "❌", "panicked", "expected to exist"] {
            assert!(!text.contains(word), "{word}: {}\n{}", run.out, run.err);
        }
    }
}

#[test]
fn a_catalog_that_is_cut_off_is_an_error_wherever_it_ends() {
    let (server, project) = (server(), project());
    let run = |fate: Fate, command: &str| {
        let relay = Relay::to(server.socket(), fate);
        let target = relay.target();
        let mut args = vec![command, "--target", &target];
        if command != "generate" {
            args.insert(1, "shop");
        }
        let begun = Instant::now();
        let run = project.run(args);
        assert!(begun.elapsed() < Duration::from_secs(10));
        let answer = relay.answer.lock().unwrap().clone();
        (run, answer)
    };
    let (whole, answer) = run(Fate::Whole, "check");
    assert_eq!(whole.code, 0, "{}\n{}", whole.out, whole.err);
    let ends = ends(&answer);
    assert_eq!(ends.last(), Some(&answer.len()), "a message is not whole");
    // BEGIN, four SET, the rows' description, the rows, SELECT, COMMIT, ready.
    assert!(ends.len() >= 10, "{ends:?}");
    let whole = ends[ends.len() - 1];
    let mut cuts: Vec<usize> = ends
        .iter()
        .flat_map(|end| [*end, end + 1, end + 6])
        .collect();
    cuts.extend([0, 1, 4, 5, whole / 2, whole - 1]);
    cuts.retain(|at| *at < whole);
    cuts.sort_unstable();
    cuts.dedup();
    for at in cuts {
        let (cut, _) = run(Fate::Cut(at), "check");
        assert_eq!(cut.code, 4, "after {at}: {}\n{}", cut.out, cut.err);
        honest(&cut);
        for words in [
            "error: the connection to postgres@127.0.0.1:",
            "was lost: ",
            "while reading the catalog",
        ] {
            assert!(cut.out.contains(words), "after {at}: {}", cut.out);
        }
    }
    for command in ["generate", "verify"] {
        let (cut, _) = run(Fate::Cut(whole / 2), command);
        assert_eq!(cut.code, 4, "{command}: {}\n{}", cut.out, cut.err);
        honest(&cut);
    }
}

#[test]
fn a_catalog_that_never_ends_is_an_error_in_time() {
    let (server, project) = (server(), project());
    let relay = Relay::to(server.socket(), Fate::Stalled(3000));
    let target = relay.target();
    let begun = Instant::now();
    let run = project.run(["check", "shop", "--timeout", "1", "--target", &target]);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(run.code, 5, "{}\n{}", run.out, run.err);
    honest(&run);
    assert!(run.out.contains("did not finish within 1 s"), "{}", run.out);
}

#[test]
fn a_catalog_that_is_another_is_an_error() {
    let (server, project) = (server(), project());
    for (from, to, code, words) in [
        // No JSON.
        (
            "{\"version\"",
            "[\"version\"",
            5,
            "the catalog could not be read whole",
        ),
        // A part that nobody knows, in the place of one that was asked for; its length stands before it.
        (
            "\0\0\0\u{5}views",
            "\0\0\0\u{5}sweiv",
            5,
            "the catalog could not be read whole: unknown part `sweiv`",
        ),
        // An object without a name.
        (
            "\"orders\"",
            "12345678",
            5,
            "the catalog could not be read whole",
        ),
    ] {
        let relay = Relay::to(server.socket(), Fate::Replaced(from, to));
        let run = project.run(["check", "shop", "--target", &relay.target()]);
        assert_eq!(run.code, code, "{from}: {}\n{}", run.out, run.err);
        assert!(run.out.contains(words), "{from}: {}\n{}", run.out, run.err);
        assert!(!run.out.contains("❌ table"), "{from}: {}", run.out);
    }
}
