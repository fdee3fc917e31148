//! The simple protocol by hand, with the types of columns and every field of an error, as node-postgres sees them.
//!
//! Source: chapter "Frontend/Backend Protocol" of the Postgres manual.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A column of an answer: its name and the number of its type.
pub(crate) type Column = (String, u32);

/// What one statement returned.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

/// The fields of an error, by their letters.
pub(crate) type Fields = BTreeMap<char, String>;

/// Sends one message on a connection of its own.
pub(crate) fn query(
    socket: &Path,
    user: &str,
    database: &str,
    sql: &str,
) -> Result<Vec<Answer>, Fields> {
    let mut stream = UnixStream::connect(socket).unwrap();
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for text in ["user", user, "database", database, ""] {
        body.extend(text.bytes().chain([0]));
    }
    send(&mut stream, None, &body);
    until_ready(&mut stream)?;
    send(&mut stream, Some(b'Q'), format!("{sql}\0").as_bytes());
    let answers = until_ready(&mut stream);
    send(&mut stream, Some(b'X'), &[]);
    answers
}

fn send(stream: &mut UnixStream, tag: Option<u8>, body: &[u8]) {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    let message: Vec<u8> = tag
        .into_iter()
        .chain(length)
        .chain(body.iter().copied())
        .collect();
    stream.write_all(&message).unwrap();
}

/// What comes until the server is ready for more.
fn until_ready(stream: &mut UnixStream) -> Result<Vec<Answer>, Fields> {
    let (mut done, mut current, mut failed) = (Vec::new(), Answer::default(), None);
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let mut body = vec![0; length - 4];
        stream.read_exact(&mut body).unwrap();
        let mut body = Body(&body);
        match head[0] {
            b'T' => {
                current.columns = (0..body.short())
                    .map(|_| {
                        let name = body.text();
                        body.take(6);
                        let kind = body.long();
                        body.take(8);
                        (name, kind)
                    })
                    .collect();
            }
            b'D' => {
                let row = (0..body.short()).map(|_| {
                    let length = body.long();
                    let value = (length != u32::MAX).then(|| body.take(length as usize));
                    value.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
                });
                let row = row.collect();
                current.rows.push(row);
            }
            b'C' | b'I' => done.push(std::mem::take(&mut current)),
            b'E' => {
                let mut fields = Fields::new();
                while let Some(letter) = body.0.first().filter(|letter| **letter != 0) {
                    let letter = char::from(*letter);
                    body.take(1);
                    fields.insert(letter, body.text());
                }
                failed = Some(fields);
                if head[0] == b'E'
                    && failed
                        .as_ref()
                        .is_some_and(|f| f.get(&'V').is_some_and(|s| s == "FATAL"))
                {
                    break;
                }
            }
            b'Z' => break,
            _ => {}
        }
    }
    match failed {
        Some(fields) => Err(fields),
        None => Ok(done),
    }
}

/// What of a message is still to be read.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn short(&mut self) -> u16 {
        u16::from_be_bytes(self.take(2).try_into().unwrap())
    }

    fn long(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn text(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap();
        let text = String::from_utf8(self.take(end).to_vec()).unwrap();
        self.take(1);
        text
    }
}
