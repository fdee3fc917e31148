//! A private Postgres at a port of this machine, as a local stack or a tunnel is reached.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use super::support::Server;

/// Hands every connection on to the server's socket, for as long as the process lives. Returns its port.
pub(crate) fn by_port(server: &Server) -> u16 {
    let socket = server.socket();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let socket = socket.clone();
            std::thread::spawn(move || hand_on(&client, &socket));
        }
    });
    port
}

fn hand_on(client: &TcpStream, socket: &PathBuf) -> Option<()> {
    let server = UnixStream::connect(socket).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || {
        pass(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    pass(&mut &server, &mut &*client);
    client.shutdown(Shutdown::Both).ok()
}

fn pass(from: &mut impl Read, to: &mut impl Write) {
    // Either side may be gone.
    let _ = std::io::copy(from, to);
}
