//! A receiver to be tested, as a process or inside this one, and a client that says what it likes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use vodcb::delivery::notice::Notice;
use vodcb::delivery::receive::{Limits, Proof, Receiver, Routes, serve};
use vodcb::delivery::reply::Script;
use vodcb::delivery::save::Store;
use vodcb::event::EventSelection;
use vodcb::http::Http;

use crate::sandbox::{Run, Sandbox};

/// Long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const EVENT: &str = r#"{"EventType":"TranscodeComplete","VideoId":"v1","Status":"success","EventTime":"2026-01-01T00:00:00Z"}"#;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A connection that bytes are written to as they are.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }

    /// Writes as much as the server takes.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    pub fn post(&mut self, target: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut request = format!("POST {target} HTTP/1.1\r\nhost: receiver.test\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n", body.len());
        self.write(&[request.as_bytes(), body].concat()).unwrap();
    }

    /// The next answer; `None` when the connection was closed instead.
    pub fn answer(&mut self) -> Option<Answer> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")
                .map(str::to_owned)
        });
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).unwrap();
        Some(Answer { status, head, body })
    }

    /// Whether the server has closed the connection; waits for it.
    pub fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

/// Posts on a connection of its own.
pub fn post(address: SocketAddr, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> u16 {
    let mut client = Client::to(address);
    client.post("/vod?tenant=blue", headers, body.as_ref());
    client.answer().unwrap().status
}

/// A receiver inside this process, on a thread of its own.
pub struct Inside {
    pub address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<Vec<Notice>>>,
}

/// A receiver without keys, files or routes.
pub fn plain() -> Receiver {
    Receiver {
        path: None,
        events: EventSelection::All,
        proof: Proof::default(),
        bodies: true,
        store: None,
        routes: Routes::default(),
        script: Script::default(),
        http: Http::new(PATIENCE, "test".into(), None),
        now: || Timestamp::UNIX_EPOCH,
        limits: Limits::default(),
    }
}

impl Inside {
    /// Starts a receiver that `make` makes on the runtime it is to run on.
    pub fn start(make: impl FnOnce() -> Receiver + Send + 'static) -> Self {
        let (ready, address) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                listener.set_nonblocking(true).unwrap();
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                let (notices, mut told) = tokio::sync::mpsc::channel(16);
                let end = async {
                    let _ = stopped.await;
                };
                let server = tokio::spawn(serve(listener, make(), notices, end));
                let mut heard = Vec::new();
                while let Some(notice) = told.recv().await {
                    heard.push(notice);
                }
                server.await.unwrap();
                heard
            })
        });
        Inside {
            address: address.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn saving(path: &Path) -> Self {
        let path = path.to_owned();
        Inside::start(move || Receiver {
            store: Some(
                Store::open(&path, vodcb::delivery::save::Durability::Disk)
                    .unwrap()
                    .0,
            ),
            ..plain()
        })
    }

    /// Stops it; what it told.
    pub fn stop(mut self) -> Vec<Notice> {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap()
    }
}

/// `vodcb listen` as a process.
pub struct Listening {
    child: Option<Child>,
    pub address: SocketAddr,
    /// The URL in the ready file.
    pub url: String,
}

impl Listening {
    /// Waits until it is ready.
    pub fn start<'a>(sandbox: &'a Sandbox, args: impl IntoIterator<Item = &'a str>) -> Self {
        Listening::under(sandbox, "", args)
    }

    /// After these words of a shell, which bound what it may take.
    pub fn under<'a>(
        sandbox: &'a Sandbox,
        words: &str,
        args: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let ready = sandbox.home().join("ready");
        let _ = std::fs::remove_file(&ready);
        let all = ["listen", "--port", "0", "--ready-file", "ready"];
        let plain = sandbox.command(all.into_iter().chain(args));
        let mut command = match words {
            "" => plain,
            words => {
                let mut shell = std::process::Command::new("sh");
                shell
                    .args(["-c", &format!("{words}; exec \"$0\" \"$@\"")])
                    .arg(plain.get_program())
                    .args(plain.get_args())
                    .env_clear()
                    .env("HOME", sandbox.home())
                    .envs(sandbox.environment().iter().cloned())
                    .current_dir(sandbox.home());
                shell
            }
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !ready.exists() {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "{:?}", child.wait_with_output());
            assert!(begun.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(5));
        }
        let url = std::fs::read_to_string(&ready).unwrap().trim().to_owned();
        let host = url.strip_prefix("http://").unwrap();
        let host = host.split('/').next().unwrap();
        Listening {
            child: Some(child),
            address: host.parse().unwrap(),
            url,
        }
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &id])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Nobody reads what it shows any more.
    pub fn deafen(&mut self) {
        drop(self.child.as_mut().unwrap().stdout.take());
    }

    /// What it says, while it goes on; its end has it no more.
    pub fn talk(&mut self) -> BufReader<ChildStderr> {
        BufReader::new(self.child.as_mut().unwrap().stderr.take().unwrap())
    }

    /// The same twice with a pause of so many seconds.
    pub fn signal_twice(&self, name: &str, pause: &str) {
        let id = self.child.as_ref().unwrap().id();
        let script = format!("kill -s {name} {id}; sleep {pause}; kill -s {name} {id}");
        let sent = std::process::Command::new("sh")
            .args(["-c", &script])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub fn end(mut self) -> Run {
        Run::of(self.child.take().unwrap().wait_with_output().unwrap())
    }

    /// Waits for its end without reading what it prints; its exit code.
    pub fn end_unread(mut self) -> i32 {
        let mut child = self.child.take().unwrap();
        child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Ctrl-C, and its end.
    pub fn stop(self) -> Run {
        self.signal("INT");
        self.end()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Run {
    /// The documents of a stream.
    #[track_caller]
    pub fn lines(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
