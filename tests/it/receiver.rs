//! A receiver of deliveries for tests: it keeps every request byte for byte and answers by a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Long enough for everything that a test does between two requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// When it was complete.
    pub at: Instant,
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the receiver does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answers with this status and a short body.
    Status(u16),
    /// Answers with this status, these header lines (each with its line end) and this body.
    With(u16, &'static str, &'static str),
    /// Waits before the reply.
    After(Duration, u16),
    /// Closes the connection without a word.
    Close,
}

type Judge = dyn Fn(&Request, usize) -> Reply + Send + Sync;

/// A server on a free port of this machine; it ends with the test.
pub struct Receiver {
    url: String,
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
}

/// An address of this machine where nobody listens, nor anybody else meanwhile.
pub struct Deaf(tokio::net::TcpSocket);

impl Deaf {
    pub fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Deaf(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

impl Receiver {
    /// Gives these replies in their order; the last one is repeated.
    pub fn start(replies: &[Reply]) -> Self {
        let replies = replies.to_vec();
        Receiver::judging(move |_, count| replies[count.min(replies.len() - 1)].clone())
    }

    /// Decides about each request, with the count of those before it.
    pub fn judging(judge: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Receiver::serve("http", judge, |stream| Box::new(stream))
    }

    /// Speaks TLS, for the host name `localhost` or whatever the certificate says.
    pub fn secure(config: Arc<ServerConfig>, replies: &[Reply]) -> Self {
        let replies = replies.to_vec();
        Receiver::serve(
            "https",
            move |_, count| replies[count.min(replies.len() - 1)].clone(),
            move |stream| {
                let connection = ServerConnection::new(config.clone()).unwrap();
                Box::new(StreamOwned::new(connection, stream))
            },
        )
    }

    fn serve(
        scheme: &str,
        judge: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (kept, ended, judge) = (
            requests.clone(),
            over.clone(),
            Arc::<Judge>::from(Box::new(judge) as Box<Judge>),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let (kept, judge, stream) = (kept.clone(), judge.clone(), wrap(stream));
                std::thread::spawn(move || converse(stream, &kept, &*judge));
            }
        });
        Receiver {
            url: format!("{scheme}://localhost:{port}"),
            port,
            requests,
            over,
        }
    }

    /// The URL with this path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What arrived so far, in its order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// Serves one connection until the client goes.
fn converse(stream: Box<dyn Stream>, kept: &Mutex<Vec<Request>>, judge: &Judge) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = receive(&mut stream) {
        let is_last = request.header("connection") == Some("close");
        let reply = {
            let mut kept = kept.lock().unwrap();
            let reply = judge(&request, kept.len());
            kept.push(request);
            reply
        };
        let (status, headers, body) = match reply {
            Reply::Status(status) => (status, "", "done"),
            Reply::With(status, headers, body) => (status, headers, body),
            Reply::After(pause, status) => {
                std::thread::sleep(pause);
                (status, "", "done")
            }
            Reply::Close => return,
        };
        // No body may follow these.
        let body = if matches!(status, 204 | 304) {
            ""
        } else {
            body
        };
        let length = if body.is_empty() && status == 204 {
            String::new()
        } else {
            format!("content-length: {}\r\n", body.len())
        };
        let answer = format!("HTTP/1.1 {status} Said\r\n{headers}{length}\r\n{body}");
        let stream = stream.get_mut();
        if stream
            .write_all(answer.as_bytes())
            .and_then(|()| stream.flush())
            .is_err()
            || is_last
        {
            return;
        }
    }
}

/// A whole request with a length, or chunked; `None` when there is no further one.
fn receive(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = || -> Option<String> {
        let mut text = String::new();
        stream
            .read_line(&mut text)
            .ok()
            .filter(|count| *count > 0)?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let text = line()?;
        let Some((name, value)) = text.split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Request {
        at: Instant::now(),
        method,
        target,
        headers,
        body: Vec::new(),
    };
    if request.header("transfer-encoding").is_some() {
        read_chunks(stream, &mut request.body)?;
    } else {
        let length = request
            .header("content-length")
            .map_or(0, |text| text.parse().unwrap());
        request.body.resize(length, 0);
        stream.read_exact(&mut request.body).ok()?;
    }
    request.at = Instant::now();
    Some(request)
}

fn read_chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let begun = body.len();
        body.resize(begun + size, 0);
        stream.read_exact(&mut body[begun..]).ok()?;
        let mut end = String::new();
        stream.read_line(&mut end).ok()?;
        if size == 0 {
            return Some(());
        }
    }
}
