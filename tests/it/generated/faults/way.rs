//! The way to the service, with something that goes wrong on it: a relay in front of the emulator.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::odd_answers::read_request;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// `100 Continue` comes first, although nobody asked for it.
    Continue,
    /// The connection closes within the headers of the answer.
    HalfHeader,
    /// The connection closes within the answer; over TLS without a farewell.
    HalfAnswer,
    /// The answer never ends.
    Endless,
    /// The answer comes byte by byte, and never whole.
    Drip,
    /// Something else than a web server is there.
    NotHttp,
    /// Nobody says a word.
    Silence,
    /// Nobody takes connections any more.
    Refused,
    /// The connection closes within the request.
    HalfRequest,
    /// Each connection closes within the TLS handshake.
    Handshake,
    /// The port for TLS speaks plain HTTP.
    PlainOnTls,
    /// The certificate is one by somebody unknown.
    Stranger,
}

impl Mishap {
    /// It befalls connections, before it is known what they are for.
    pub fn befalls_connections(self) -> bool {
        matches!(
            self,
            Mishap::Refused
                | Mishap::HalfRequest
                | Mishap::Handshake
                | Mishap::PlainOnTls
                | Mishap::Stranger
        )
    }
}

/// A mishap, and the calls that it befalls.
#[derive(Debug, Clone)]
pub struct Ambush {
    pub mishap: Mishap,
    /// Words that stand in the request.
    pub words: &'static [&'static str],
    /// How many such calls are spared.
    pub spared: u32,
    /// How many connections are, where it befalls those.
    pub before: u32,
}

/// What a way over TLS shows.
#[derive(Clone)]
pub struct Certificates {
    pub trusted: Arc<ServerConfig>,
    pub unknown: Arc<ServerConfig>,
}

/// A relay in front of an emulator; it ends with the test.
pub struct Way {
    port: u16,
    scheme: &'static str,
    shared: Arc<Shared>,
    gate: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: String,
    tls: Option<Certificates>,
    ambush: Mutex<Option<Ambush>>,
    over: AtomicBool,
    led_astray: AtomicBool,
}

impl Way {
    /// A way to this address, over TLS if it is given certificates.
    pub fn to(url: &str, tls: Option<Certificates>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            upstream: url.strip_prefix("http://").unwrap().to_owned(),
            tls,
            ambush: Mutex::default(),
            over: AtomicBool::new(false),
            led_astray: AtomicBool::new(false),
        });
        let relay = Arc::clone(&shared);
        Way {
            port,
            scheme,
            shared,
            gate: Some(std::thread::spawn(move || relay.take_all(listener))),
        }
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// From now on this happens.
    pub fn lay(&mut self, ambush: Ambush) {
        let is_closed = ambush.mishap == Mishap::Refused && ambush.before == 0;
        *self.shared.ambush() = Some(ambush);
        if is_closed {
            self.close();
        }
    }

    /// True when a client followed a redirection.
    pub fn led_astray(&self) -> bool {
        self.shared.led_astray.load(Ordering::Relaxed)
    }

    /// Takes no more connections.
    fn close(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // Wakes the one that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(gate) = self.gate.take() {
            let _ = gate.join();
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn ambush(&self) -> std::sync::MutexGuard<'_, Option<Ambush>> {
        self.ambush.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_all(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept() {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            let early = self.at_the_gate();
            let relay = Arc::clone(&self);
            let serve = move || relay.accept(stream, early);
            if early == Some(Mishap::Refused) {
                // Nobody listens any more when this last one is answered.
                drop(listener);
                std::thread::spawn(serve);
                return;
            }
            std::thread::spawn(serve);
        }
    }

    /// What befalls the connection that was taken; of a refusal it is the last that is spared.
    fn at_the_gate(&self) -> Option<Mishap> {
        let mut ambush = self.ambush();
        let ambush = ambush.as_mut()?;
        if !ambush.mishap.befalls_connections() {
            return None;
        }
        let is_spared = ambush.before > 0;
        ambush.before = ambush.before.saturating_sub(1);
        let happens = match ambush.mishap {
            Mishap::Refused => ambush.before == 0,
            _ => !is_spared,
        };
        happens.then_some(ambush.mishap)
    }

    fn accept(&self, mut stream: TcpStream, early: Option<Mishap>) {
        // A client that is gone, or waits for nothing, holds no thread for long.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
        match (early, &self.tls) {
            (Some(Mishap::Handshake | Mishap::HalfRequest), _) => {
                let _ = stream.read(&mut [0; 16]);
            }
            (Some(Mishap::PlainOnTls), _) => {
                let _ = stream.read(&mut [0; 16]);
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
            (_, None) => self.relay(&mut stream),
            (early, Some(Certificates { trusted, unknown })) => {
                let shown = match early {
                    Some(Mishap::Stranger) => unknown,
                    _ => trusted,
                };
                let connection = ServerConnection::new(Arc::clone(shown)).unwrap();
                self.relay(&mut StreamOwned::new(connection, &mut stream));
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// One request and its answer.
    fn relay(&self, client: &mut (impl Read + Write)) {
        let request = read_request(client);
        if request.is_empty() {
            return;
        }
        if request.contains("/elsewhere") {
            self.led_astray.store(true, Ordering::Relaxed);
        }
        // A client that hangs up early is one of the things that are looked at.
        let _ = match self.befallen(&request) {
            Some(Mishap::Silence) => client.read(&mut [0; 16]).map(drop),
            Some(Mishap::NotHttp) => client.write_all(b"SSH-2.0-OpenSSH_9.6\r\n"),
            mishap => {
                let answer = self.ask(&request);
                tell(client, mishap, &answer)
            }
        };
        let _ = client.flush();
    }

    fn befallen(&self, request: &str) -> Option<Mishap> {
        let mut ambush = self.ambush();
        let ambush = ambush
            .as_mut()
            .filter(|ambush| !ambush.mishap.befalls_connections())?;
        if !ambush.words.iter().all(|word| request.contains(word)) {
            return None;
        }
        match ambush.spared.checked_sub(1) {
            Some(left) => {
                ambush.spared = left;
                None
            }
            None => Some(ambush.mishap),
        }
    }

    /// The service's own answer, empty when it gave none.
    fn ask(&self, request: &str) -> Vec<u8> {
        // It is gone with the test when a client was not waited for.
        let Ok(mut service) = TcpStream::connect(&self.upstream) else {
            return Vec::new();
        };
        let closing = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let mut answer = Vec::new();
        let _ = service.write_all(closing.as_bytes());
        let _ = service.read_to_end(&mut answer);
        answer
    }
}

/// Tells the client an answer, or what a mishap makes of it.
fn tell(client: &mut impl Write, mishap: Option<Mishap>, answer: &[u8]) -> std::io::Result<()> {
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.map_or(answer.len(), |at| at + 4));
    match mishap {
        None => client.write_all(answer),
        Some(Mishap::Continue) => {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            client.write_all(answer)
        }
        Some(Mishap::HalfHeader) => client.write_all(&head[..head.len() / 2]),
        Some(Mishap::HalfAnswer) => {
            client.write_all(head)?;
            client.write_all(&body[..body.len() / 2])
        }
        Some(Mishap::Endless) => endless(client),
        Some(_) => {
            client.write_all(head)?;
            loop {
                client.write_all(b" ")?;
                client.flush()?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn endless(client: &mut impl Write) -> std::io::Result<()> {
    client.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n",
    )?;
    loop {
        // Neither JSON nor XML begins so, which spares everybody the rest.
        client.write_all(&[1; 65536])?;
    }
}
