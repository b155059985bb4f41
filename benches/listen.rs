//! `vodcb listen` beside a bare hyper server, and a Node server where there is one, on this machine.
//!
//!     cargo bench --bench listen
//!
//! 64 connections send signed deliveries as fast as they are answered, for three seconds and in five rounds
//! over all servers; the medians are told. Each server has one core to itself, the sender another. What a
//! server needs of its core for one delivery is measured by the system's own account. Linux only.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vodcb::delivery::signature::sign;
use vodcb::secret::Secret;

/// Set where this runs on the core of the sender.
const SENDS: &str = "VODCB_BENCHMARK_SENDS";
const SENDER: &str = "1";
const SERVER: &str = "0";
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;
const DURATION: Duration = Duration::from_secs(3);
const KEY: &str = "Qx7Lm2Vt9Rb4Benchmark";
const URL: &str = "https://hooks.example.org/vod";
const TIME: &str = "1767225600";
const BODY: &str = include_str!("../src/event/samples/TranscodeComplete.json");

const NODE: &str = "const server = require('http').createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => { JSON.parse(Buffer.concat(parts)); response.end(); });
}).listen(0, '127.0.0.1', () => require('fs').writeFileSync('ready', `http://127.0.0.1:${server.address().port}\\n`));";

fn main() {
    if std::env::args().any(|arg| arg == "--bare") {
        return bare();
    }
    if std::env::var_os(SENDS).is_none() {
        let again = pinned(SENDER, std::env::current_exe().unwrap())
            .env(SENDS, "")
            .status();
        assert!(again.unwrap().success());
        return;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let names = [
        "bare hyper",
        "verify",
        "verify, save --no-fsync",
        "verify, save",
        "node",
    ];
    let mut runs: Vec<Vec<Run>> = names.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (name, runs) in names.iter().zip(&mut runs) {
            let _ = std::fs::remove_file(folder.path().join("ready"));
            let _ = std::fs::remove_file(folder.path().join("events.ndjson"));
            if let Some(server) = server(name, folder.path()) {
                runs.push(measure(server));
            }
        }
    }
    println!(
        "{:<24} {:>9} {:>12} {:>9} {:>9} {:>9}",
        "server", "per s", "per s of CPU", "p50 ms", "p99 ms", "peak MiB"
    );
    for (name, runs) in names.iter().zip(&runs) {
        if runs.is_empty() {
            continue;
        }
        let median = |of: fn(&Run) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "{name:<24} {:>9.0} {:>12.0} {:>9.2} {:>9.2} {:>9.1}",
            median(|run| run.rate),
            median(|run| run.rate_of_cpu),
            median(|run| run.p50),
            median(|run| run.p99),
            median(|run| run.peak),
        );
    }
}

struct Run {
    rate: f64,
    rate_of_cpu: f64,
    p50: f64,
    p99: f64,
    peak: f64,
}

/// A program that runs on this core only.
fn pinned(core: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core]).arg(program);
    command
}

/// Starts a server; `None` where the program is not there.
fn server(name: &str, folder: &std::path::Path) -> Option<Child> {
    let mut command = match name {
        "bare hyper" => pinned(SERVER, std::env::current_exe().unwrap()),
        "node" => {
            let found = Command::new("node").arg("--version").output();
            found.ok()?;
            pinned(SERVER, "node")
        }
        _ => pinned(SERVER, env!("CARGO_BIN_EXE_vodcb")),
    };
    let listen = "listen --port 0 --ready-file ready --auth-key-env KEY -q";
    let arguments: Vec<&str> = match name {
        "bare hyper" => vec!["--bare"],
        "node" => vec!["-e", NODE],
        _ => listen.split(' ').chain(["--url", URL]).collect(),
    };
    command.args(arguments);
    if name.contains("save") {
        command.args(["--save", "events.ndjson"]);
    }
    if name.contains("no-fsync") {
        command.arg("--no-fsync");
    }
    let child = command
        .current_dir(folder)
        .env("KEY", KEY)
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    Some(child)
}

fn measure(mut server: Child) -> Run {
    let address = ready(&server);
    let (mut times, took) = load(address);
    let used = cpu_seconds(server.id());
    let peak = peak(server.id());
    server.kill().unwrap();
    server.wait().unwrap();
    times.sort_unstable();
    let count = times.len() as f64;
    let at = |part: f64| times[(count * part) as usize].as_secs_f64() * 1000.0;
    Run {
        rate: count / took.as_secs_f64(),
        rate_of_cpu: count / used,
        p50: at(0.5),
        p99: at(0.99),
        peak,
    }
}

/// Waits until the server has told its address, in the folder it runs in.
fn ready(server: &Child) -> SocketAddr {
    let file = format!("/proc/{}/cwd/ready", server.id());
    loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some(address) = text.strip_suffix('\n') {
            return address.strip_prefix("http://").unwrap().parse().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How long each delivery took, and all of them.
fn load(address: SocketAddr) -> (Vec<Duration>, Duration) {
    let signature = sign(URL, TIME, &Secret::new(KEY));
    let request = format!(
        "POST /vod HTTP/1.1\r\nHost: hooks.example.org\r\nContent-Type: application/json\r\n\
         X-VOD-TIMESTAMP: {TIME}\r\nX-VOD-SIGNATURE: {signature}\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let begun = Instant::now();
    let times = runtime().block_on(async {
        let request: Bytes = request.into();
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| tokio::spawn(send(address, request.clone(), begun + DURATION)))
            .collect();
        let mut times = Vec::new();
        for sender in senders {
            times.extend(sender.await.unwrap());
        }
        times
    });
    (times, begun.elapsed())
}

async fn send(address: SocketAddr, request: Bytes, end: Instant) -> Vec<Duration> {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = Vec::new();
    let mut answer = [0; 4096];
    loop {
        let begun = Instant::now();
        if begun >= end {
            return times;
        }
        stream.write_all(&request).await.unwrap();
        // Answers are short and written at once.
        let count = stream.read(&mut answer).await.unwrap();
        assert!(answer[..count].starts_with(b"HTTP/1.1 200"));
        times.push(begun.elapsed());
    }
}

/// A server that takes the body and answers 200.
fn bare() {
    runtime().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}\n", listener.local_addr().unwrap());
        std::fs::write("ready", url).unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = service_fn(|request: Request<Incoming>| async {
                let _ = request.into_body().collect().await;
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            });
            tokio::spawn(
                http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(Duration::from_secs(10))
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Seconds of a core that a process has used so far, all threads together.
fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, numbers) = stat.rsplit_once(") ").unwrap();
    let ticks = numbers.split(' ').skip(11).take(2);
    // A hundred ticks are a second on Linux, whatever the kernel counts in.
    ticks
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}

/// The most memory that a process ever had, in MiB.
fn peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kibibytes = line.split_whitespace().nth(1).unwrap();
    kibibytes.parse::<f64>().unwrap() / 1024.0
}
