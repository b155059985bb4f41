//! A server before another, once with TLS and once without: `front HOST:PORT FOLDER`.
//!
//! Writes the authority it is certified by to `ca.pem` in the folder, the port without TLS to `plain`, and when all
//! is there the one with TLS to `port`. Hands every connection on, either way by the same steps. One handshake a
//! connection, without resumption, as for a program that runs once.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let (behind, folder) = (words[1].clone(), Path::new(&words[2]));
    let config = Arc::new(certified(&folder.join("ca.pem")));
    let (plain, secured) = (listen(), listen());
    tell(&plain, &folder.join("plain"));
    tell(&secured, &folder.join("port"));
    let beside = behind.clone();
    thread::spawn(move || serve(&plain, &beside, Some));
    serve(&secured, &behind, move |stream| {
        let connection = ServerConnection::new(config.clone()).ok()?;
        Some(StreamOwned::new(connection, stream))
    });
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Moved into place whole, for whoever waits for it.
fn tell(listener: &TcpListener, path: &Path) {
    let port = listener.local_addr().unwrap().port().to_string();
    let new = path.with_extension("new");
    std::fs::write(&new, port).unwrap();
    std::fs::rename(&new, path).unwrap();
}

fn serve<S: Side>(listener: &TcpListener, behind: &str, side: impl Fn(TcpStream) -> Option<S>) {
    for stream in listener.incoming().flatten() {
        let behind = behind.to_owned();
        if let Some(client) = side(stream) {
            thread::spawn(move || hand_on(client, &behind));
        }
    }
}

/// The side of the client, which ends as its protocol wants it.
trait Side: Read + Write + Send + 'static {
    fn end(self) -> Option<()>;
}

impl Side for TcpStream {
    fn end(mut self) -> Option<()> {
        self.shutdown(Shutdown::Write).ok()?;
        io::copy(&mut self, &mut io::sink()).ok()?;
        Some(())
    }
}

impl Side for StreamOwned<ServerConnection, TcpStream> {
    fn end(mut self) -> Option<()> {
        self.conn.send_close_notify();
        self.flush().ok()?;
        self.sock.end()
    }
}

/// A certificate for 127.0.0.1 by an authority of our own.
fn certified(authority: &Path) -> ServerConfig {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(authority, issuer.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.send_tls13_tickets = 0;
    config
}

/// One request and its answer; both are small and come in few pieces.
fn hand_on(mut client: impl Side, behind: &str) -> Option<()> {
    let mut server = TcpStream::connect(behind).ok()?;
    let mut piece = [0; 16 * 1024];
    let mut request = Vec::new();
    while !is_whole(&request) {
        let count = client.read(&mut piece).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&piece[..count]);
    }
    server.write_all(&request).ok()?;
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        let count = server.read(&mut piece).ok().filter(|count| *count > 0)?;
        answer.extend_from_slice(&piece[..count]);
    }
    client.write_all(&answer).ok()?;
    client.flush().ok()?;
    client.end()
}

/// Whether a message has all the bytes that its `Content-Length` announces.
fn is_whole(message: &[u8]) -> bool {
    let Some(end) = message.windows(4).position(|it| it == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&message[..end]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    message.len() >= end + 4 + length
}
