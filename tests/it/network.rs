//! Which way requests go and whom they trust. Nothing here leaves this machine.
#![cfg(unix)] // 0.0.0.0 is an address of this machine that is none of its loopback

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use vodcb::error::{Kind, Trouble};
use vodcb::http::{Http, Method, knock};

use crate::company::Company;
use crate::receiver::{self, Reply, Request};
use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Run, Sandbox};

const BODY: &str = r#"{"RequestId":"R-1","MessageCallback":{"CallbackType":"HTTP","CallbackURL":"https://example.com/over","EventTypeList":"ALL","AuthSwitch":"off"}}"#;

/// A server that answers every request alike and hands on what it was asked. It ends with the test.
struct Server {
    port: u16,
    heads: Receiver<String>,
}

impl Server {
    fn plain() -> Self {
        Server::speaking(answer)
    }

    fn secure(config: Arc<ServerConfig>) -> Self {
        Server::speaking(move |stream, sender| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            answer(StreamOwned::new(connection, stream), sender);
        })
    }

    fn speaking(
        speak: impl Fn(TcpStream, &std::sync::mpsc::Sender<String>) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, heads) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let patience = Some(Duration::from_secs(10));
                stream.set_read_timeout(patience).unwrap();
                speak(stream, &sender);
            }
        });
        Server { port, heads }
    }

    fn at(&self, address: &str) -> String {
        format!("{address}:{}", self.port)
    }

    /// What was asked so far.
    fn heads(&self) -> Vec<String> {
        self.heads.try_iter().collect()
    }
}

/// Reads one request and answers; a client that does not trust us says nothing at all.
fn answer(mut stream: impl Read + Write, sender: &std::sync::mpsc::Sender<String>) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let end = loop {
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
            _ => return,
        }
        if let Some(end) = request.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut missing = (end + 4 + length).saturating_sub(request.len());
    while missing > 0 {
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => missing = missing.saturating_sub(count),
            _ => return,
        }
    }
    // Handed on before the answer, so that it is there when the client ends.
    let _ = sender.send(head);
    let length = BODY.len();
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{BODY}"
    );
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.flush();
}

fn sandbox(variables: &[(&str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::offline();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    for (name, value) in variables {
        sandbox.set(name, value);
    }
    sandbox
}

/// Reads the callback without retries.
fn get(sandbox: &Sandbox, endpoint: &str, more: &[&str]) -> Run {
    let args = [
        "get",
        "-o",
        "json",
        "--retries",
        "0",
        "--endpoint",
        endpoint,
    ];
    sandbox.vodcb([&args, more].concat())
}

#[track_caller]
fn assert_read(run: Run) {
    assert_eq!(run.ok().json()["url"], "https://example.com/over");
}

#[test]
fn a_proxy_is_used_for_other_machines_and_sees_no_secret() {
    let proxy = Server::plain();
    for name in ["HTTP_PROXY", "http_proxy"] {
        let sandbox = sandbox(&[(name, &proxy.at("http://127.0.0.1"))]);
        assert_read(get(&sandbox, "http://vod.example.com", &["--allow-http"]));
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1, "{name}");
        let head = &heads[0];
        assert!(
            head.starts_with("POST http://vod.example.com/ HTTP/1.1\r\n"),
            "{head}"
        );
        assert!(!head.contains(ACCESS_KEY_SECRET), "{head}");
    }
}

#[test]
fn a_secure_request_is_tunnelled_through_the_proxy() {
    let proxy = Server::plain();
    let sandbox = sandbox(&[("HTTPS_PROXY", &proxy.at("http://127.0.0.1"))]);
    // This proxy answers 200 and then ends the tunnel, so there is no TLS in it.
    get(&sandbox, "https://vod.example.com", &[]).exits(5);
    let heads = proxy.heads();
    assert!(
        heads[0].starts_with("CONNECT vod.example.com:443 HTTP/1.1\r\n"),
        "{heads:?}"
    );
}

#[test]
fn a_proxy_that_is_not_there_is_named_as_a_reason() {
    let sandbox = sandbox(&[("HTTPS_PROXY", "http://127.0.0.1:9")]);
    get(&sandbox, "https://vod.example.com", &[])
        .exits(5)
        .says(&["vod.example.com cannot be reached", "proxy variables"]);
}

/// The host was never asked, so that neither it nor the receiver is to blame, and nothing tells whether it exists.
#[test]
fn a_proxy_in_the_way_is_named_without_its_password() {
    let mut sandbox = sandbox(&[("HTTPS_PROXY", "http://me:geheim@127.0.0.1:9")]);
    let named = "no connection through the proxy http://127.0.0.1:9 (HTTPS_PROXY)";
    let args = ["get", "--retries", "0", "--debug", "--endpoint"];
    let run = sandbox.vodcb([&args[..], &["https://vod.example.com"]].concat());
    let run = run.exits(5).says(&[named, "NO_PROXY"]);
    assert!(!run.stderr.contains("geheim"), "{run:?}");
    assert!(
        run.stderr.matches(named).count() >= 2,
        "also a trace: {run:?}"
    );

    let to = "https://example.com/vod";
    let run = sandbox.vodcb(["send", "FileUploadComplete", "--to", to, "--once"]);
    let run = run.exits(1).says(&["says nothing of the receiver"]);
    assert!(!run.stderr.contains("public internet"), "{run:?}");
    let run = sandbox.vodcb(["check", to, "--deliver"]);
    assert!(
        run.stdout.contains("through the proxy http://127.0.0.1:9"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("nothing listens there"), "{run:?}");

    // The name of a proxy that is none is no name of a host.
    sandbox.set("HTTPS_PROXY", "http://proxy.invalid:3128");
    let run = get(&sandbox, "https://vod.example.com", &[]).exits(5);
    let run = run.says(&["no connection through the proxy http://proxy.invalid:3128"]);
    assert!(!run.stderr.contains("the host's name"), "{run:?}");
}

/// Others read a part of such a password as the host, or no proxy at all.
#[test]
fn a_proxy_that_is_not_plainly_one_is_refused_and_its_value_not_shown() {
    for odd in ["@", "/", "#", "^", " ", "?"] {
        for (name, scheme) in [
            ("HTTPS_PROXY", "http://"),
            ("https_proxy", ""),
            ("ALL_PROXY", "https://"),
        ] {
            let value = format!("{scheme}me:4711{odd}geheim@127.0.0.1:9");
            let sandbox = sandbox(&[(name, &value)]);
            let run = get(&sandbox, "https://vod.example.com", &[]).exits(2);
            let run = run.says(&[&format!("{name} names no proxy"), "@ as %40"]);
            let check = sandbox.vodcb(["check", "https://example.com/vod"]);
            for run in [run, check] {
                let said = run.stdout + &run.stderr;
                assert!(!said.contains("4711") && !said.contains("geheim"), "{said}");
            }
        }
    }
    for value in ["http://", "http://127.0.0.1:port", " "] {
        let sandbox = sandbox(&[("HTTPS_PROXY", value)]);
        get(&sandbox, "https://vod.example.com", &[]).exits(2);
    }
    let sandbox = sandbox(&[("ALL_PROXY", "socks5h://127.0.0.1:9")]);
    get(&sandbox, "https://vod.example.com", &[])
        .exits(2)
        .says(&["it is one for SOCKS", "NO_PROXY=vod.example.com"]);
}

#[test]
fn a_proxy_that_does_not_apply_may_be_anything() {
    let server = Server::plain();
    let odd = "http://me:47#11@127.0.0.1:9";
    let sandbox = sandbox(&[("HTTP_PROXY", odd), ("NO_PROXY", "0.0.0.0")]);
    assert_read(get(&sandbox, &server.at("http://127.0.0.1"), &[]));
    let elsewhere = server.at("http://0.0.0.0");
    assert_read(get(&sandbox, &elsewhere, &["--allow-http"]));
    let other = "http://vod.example.com";
    get(&sandbox, other, &["--allow-http"]).exits(2);
}

#[test]
fn a_proxy_is_told_a_password_that_is_encoded_in_its_address() {
    let proxy = Server::plain();
    for scheme in ["http://", "HTTP://", ""] {
        let value = proxy.at(&format!("{scheme}user:p%40ss@127.0.0.1"));
        let sandbox = sandbox(&[("HTTP_PROXY", &value)]);
        assert_read(get(&sandbox, "http://vod.example.com", &["--allow-http"]));
        // user:p@ss
        let told = "proxy-authorization: Basic dXNlcjpwQHNz";
        let heads = proxy.heads();
        assert!(heads[0].contains(told), "{value}: {heads:?}");
    }
}

#[test]
fn a_host_that_no_proxy_names_is_asked_directly() {
    let (proxy, server) = (Server::plain(), Server::plain());
    let through = proxy.at("http://127.0.0.1");
    for list in ["0.0.0.0", "example.com,0.0.0.0"] {
        let sandbox = sandbox(&[("HTTP_PROXY", &through), ("NO_PROXY", list)]);
        assert_read(get(
            &sandbox,
            &server.at("http://0.0.0.0"),
            &["--allow-http"],
        ));
        let heads = server.heads();
        assert_eq!(heads.len(), 1, "{list}");
        assert!(heads[0].starts_with("POST / HTTP/1.1\r\n"), "{heads:?}");
        assert!(proxy.heads().is_empty(), "{list}");
    }
    let sandbox = sandbox(&[("HTTP_PROXY", &through), ("NO_PROXY", "example.com")]);
    assert_read(get(
        &sandbox,
        &server.at("http://0.0.0.0"),
        &["--allow-http"],
    ));
    assert!(server.heads().is_empty());
    assert_eq!(proxy.heads().len(), 1);
}

#[test]
fn loopback_is_never_asked_through_a_proxy() {
    let (proxy, server) = (Server::plain(), Server::plain());
    let through = proxy.at("http://127.0.0.1");
    let sandbox = sandbox(&[("HTTP_PROXY", &through), ("ALL_PROXY", &through)]);
    for host in ["http://127.0.0.1", "http://localhost"] {
        assert_read(get(&sandbox, &server.at(host), &[]));
    }
    assert_eq!(server.heads().len(), 2);
    assert!(proxy.heads().is_empty());
}

#[test]
fn the_metadata_service_is_never_asked_through_a_proxy() {
    let (proxy, service) = (Server::plain(), Server::plain());
    let mut sandbox = Sandbox::offline();
    sandbox.set("HTTP_PROXY", &proxy.at("http://127.0.0.1"));
    sandbox.set("VODCB_IMDS_ENDPOINT", &service.at("http://0.0.0.0"));
    let _ = sandbox.vodcb(["whoami", "--offline", "--allow-http"]);
    let heads = service.heads();
    assert!(
        heads[0].starts_with("PUT /latest/api/token HTTP/1.1\r\n"),
        "{heads:?}"
    );
    assert!(proxy.heads().is_empty());
}

#[test]
fn a_metadata_service_that_is_silent_does_not_hold_anybody_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut sandbox = Sandbox::offline();
    sandbox.set("VODCB_IMDS_ENDPOINT", &format!("http://127.0.0.1:{port}"));
    let begun = Instant::now();
    sandbox
        .vodcb(["whoami"])
        .exits(3)
        .says(&["no credentials were found", "ECS instance role: "]);
    // 1.5 s on a quiet machine; the usual time limit of a call would be 10 s.
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}

/// What a container sees whose instance lets the answers to PUT travel one hop only.
#[test]
fn a_metadata_service_that_gives_no_token_is_asked_without() {
    let mut sandbox = Sandbox::offline();
    let gone = |request: &Request, _| match (request.method.as_str(), request.target.as_str()) {
        ("PUT", _) => Reply::Close,
        (_, target) if target.ends_with('/') => Reply::With(200, "", "vod"),
        _ => Reply::With(
            200,
            "",
            r#"{"Code":"Success","AccessKeyId":"STS.id","AccessKeySecret":"secret","SecurityToken":"token","Expiration":"2126-03-01T14:00:00Z"}"#,
        ),
    };
    let service = receiver::Receiver::judging(gone);
    let address = service.url("");
    sandbox.set("VODCB_IMDS_ENDPOINT", address.trim_end_matches('/'));
    let whoami = ["whoami", "--offline", "-o", "json"];
    let found = sandbox.vodcb(whoami).ok().json();
    assert_eq!(found["access_key_id"], "STS.id");
    let requests = service.requests();
    assert!(requests.iter().any(|request| request.method == "GET"));
    assert!(
        requests
            .iter()
            .all(|request| request.header("X-aliyun-ecs-metadata-token").is_none())
    );
    sandbox.set("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    sandbox
        .vodcb(whoami)
        .exits(3)
        .says(&["there is no metadata service"]);
    let later = service.requests().split_off(requests.len());
    assert!(later.iter().all(|request| request.method == "PUT"));
}

/// Passing it over would make the run act as somebody else.
#[test]
fn a_metadata_service_in_trouble_is_asked_again_and_not_passed_over() {
    const KEY: &str = r#"{"Code":"Success","AccessKeyId":"STS.id","AccessKeySecret":"secret","SecurityToken":"token","Expiration":"2126-03-01T14:00:00Z"}"#;
    const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
    for place in ["/latest/api/token", ROLES, &format!("{ROLES}vod")] {
        for failures in [1, usize::MAX] {
            let (place, seen) = (place.to_owned(), AtomicUsize::new(0));
            let service = receiver::Receiver::judging(move |request, _| {
                if request.target == place && seen.fetch_add(1, Ordering::SeqCst) < failures {
                    return Reply::Status(503);
                }
                match request.target.as_str() {
                    "/latest/api/token" => Reply::With(200, "", "token"),
                    ROLES => Reply::With(200, "", "vod"),
                    _ => Reply::With(200, "", KEY),
                }
            });
            let mut sandbox = Sandbox::offline();
            let address = service.url("");
            sandbox.set("VODCB_IMDS_ENDPOINT", address.trim_end_matches('/'));
            let other = receiver::Receiver::start(&[Reply::With(200, "", KEY)]);
            sandbox.set("ALIBABA_CLOUD_CREDENTIALS_URI", &other.url("/key"));
            let args = ["whoami", "--offline", "-o", "json", "--retries", "1"];
            let run = sandbox.vodcb(args);
            if failures == 1 {
                assert_eq!(run.ok().json()["access_key_id"], "STS.id");
            } else {
                let run = run.exits(5).says(&["it answers with status 503"]);
                assert_eq!(run.error()["retryable"], true);
            }
            assert!(other.requests().is_empty());
        }
    }
}

/// A listener whose queue is full leaves whoever knocks without an answer, as a broken IPv6 or a firewall does.
#[cfg(target_os = "linux")]
pub struct Silent {
    pub address: std::net::SocketAddr,
    _crowd: Vec<tokio::task::JoinHandle<std::io::Result<tokio::net::TcpStream>>>,
    _listener: tokio::net::TcpListener,
}

#[cfg(target_os = "linux")]
impl Silent {
    pub async fn listen() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let knock = |_| tokio::spawn(tokio::net::TcpStream::connect(address));
        let crowd = (0..8).map(knock).collect();
        tokio::task::yield_now().await;
        Silent {
            address,
            _crowd: crowd,
            _listener: listener,
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_is_silent_does_not_keep_the_next_from_being_tried() {
    let silent = Silent::listen().await;
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = open.local_addr().unwrap();
    let stream = knock::connect(&[silent.address, open]).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), open);
}

/// What was never sent has no effect, so that nobody has to read back whether it had one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_request_that_finds_no_connection_was_not_sent() {
    let silent = Silent::listen().await;
    for (allowed, limit) in [(0.5, "0.4"), (1.0, "0.8")] {
        let http = Http::new(Duration::from_secs_f64(allowed), "vodcb-test".into(), None);
        let request = vodcb::http::Request::new(Method::Post, format!("http://{}", silent.address));
        let failure = http.send(request).await.unwrap().err().unwrap();
        assert!(!failure.sent, "{failure:?}");
        assert_eq!(failure.trouble, Trouble::Connect);
        let words = format!("no connection within {limit} s");
        assert!(failure.message.contains(&words), "{}", failure.message);
    }
}

/// What is none of http has no host to be silent.
#[tokio::test]
async fn a_request_that_cannot_be_built_is_a_mistake_and_no_silence() {
    let http = Http::new(Duration::from_secs(5), "vodcb-test".into(), None);
    for address in ["localhost:9001/credentials", "file:///etc/hosts"] {
        let request = vodcb::http::Request::new(Method::Get, address);
        let error = http.send(request).await.err().unwrap();
        assert_eq!(error.kind, Kind::Usage, "{error:?}");
        assert!(!error.details.retryable);
        assert!(!format!("{error:?}").contains("hosts"), "{error:?}");
    }
}

/// The words of every address are told, in the order in which they came.
#[tokio::test]
async fn addresses_that_all_refuse_are_told_together() {
    let deaf = receiver::Deaf::new();
    let one = deaf.address();
    let why = knock::connect(&[one, one]).await.unwrap_err();
    assert_eq!(why.matches("127.0.0.1: ").count(), 2, "{why}");
    let why = knock::connect(&[one]).await.unwrap_err();
    assert!(!why.contains("127.0.0.1"), "{why}");
}

impl Company {
    /// A server with a certificate for these names.
    fn server(&self, names: &[&str]) -> Server {
        Server::secure(self.certified(names))
    }
}

const HERE: &[&str] = &["127.0.0.1", "localhost"];

#[test]
fn a_company_root_is_trusted_where_it_is_named() {
    let company = Company::new();
    let server = company.server(HERE);
    let mut sandbox = sandbox(&[]);
    let file = company.file(&sandbox);
    let file = file.to_str().unwrap();
    for host in ["https://127.0.0.1", "https://localhost"] {
        let endpoint = server.at(host);
        get(&sandbox, &endpoint, &[]).exits(5).says(&[
            "certificate was not accepted",
            "--ca-bundle",
            "SSL_CERT_FILE",
        ]);
        assert!(server.heads().is_empty(), "nothing was asked");
        assert_read(get(&sandbox, &endpoint, &["--ca-bundle", file]));
        sandbox.set("SSL_CERT_FILE", file);
        assert_read(get(&sandbox, &endpoint, &[]));
        sandbox.unset("SSL_CERT_FILE");
        assert_eq!(server.heads().len(), 2);
    }
}

#[test]
fn a_file_of_authorities_that_is_of_no_use_is_told_of() {
    let server = Company::new().server(HERE);
    let mut sandbox = sandbox(&[]);
    let empty = sandbox.file("empty.pem", "no certificate\n");
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let broken = sandbox.file("broken.pem", broken);
    let missing = sandbox.home().join("missing.pem");
    for (file, words) in [
        (
            &empty,
            "SSL_CERT_FILE and SSL_CERT_DIR name, holds no certificate",
        ),
        (&broken, "failed to read PEM from file"),
        (&missing, "missing.pem"),
    ] {
        sandbox.set("SSL_CERT_FILE", file.to_str().unwrap());
        let run = get(&sandbox, &server.at("https://127.0.0.1"), &[]);
        run.exits(5).says(&["certificate was not accepted", words]);
    }
    // Where the system's authorities are not asked, they are nobody's concern.
    let other = Company::new().file(&sandbox);
    let args = ["--ca-bundle", other.to_str().unwrap()];
    let run = get(&sandbox, &server.at("https://127.0.0.1"), &args).exits(5);
    assert!(!run.stderr.contains("missing.pem"), "{run:?}");
}

#[test]
fn a_certificate_for_another_host_is_refused_whoever_signed_it() {
    let company = Company::new();
    let server = company.server(&["elsewhere.example.com"]);
    let mut sandbox = sandbox(&[]);
    let file = company.file(&sandbox);
    let file = file.to_str().unwrap();
    let endpoint = server.at("https://127.0.0.1");
    get(&sandbox, &endpoint, &["--ca-bundle", file]).exits(5);
    sandbox.set("SSL_CERT_FILE", file);
    get(&sandbox, &endpoint, &[]).exits(5);
    assert!(server.heads().is_empty());
}

#[test]
fn the_root_of_another_company_is_not_trusted() {
    let server = Company::new().server(HERE);
    let sandbox = sandbox(&[]);
    let file = Company::new().file(&sandbox);
    let args = ["--ca-bundle", file.to_str().unwrap()];
    get(&sandbox, &server.at("https://127.0.0.1"), &args).exits(5);
    assert!(server.heads().is_empty());
}

#[test]
fn a_bundle_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let server = Company::new().server(HERE);
    let sandbox = sandbox(&[]);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    sandbox.file("empty.pem", "");
    sandbox.file("text.pem", "no certificate\n");
    sandbox.file("broken.pem", broken);
    for name in ["missing.pem", "empty.pem", "text.pem", "broken.pem", "."] {
        get(
            &sandbox,
            &server.at("https://127.0.0.1"),
            &["--ca-bundle", name],
        )
        .exits(2)
        .says(&[name, "PEM file"]);
        // Who named it meant it, whether it is needed or not.
        get(
            &sandbox,
            &server.at("http://127.0.0.1"),
            &["--ca-bundle", name],
        )
        .exits(2)
        .says(&[name, "PEM file"]);
    }
    assert!(server.heads().is_empty());
}

#[test]
fn the_key_is_asked_for_over_the_same_trusted_connection() {
    let company = Company::new();
    let server = company.server(HERE);
    let mut sandbox = sandbox(&[]);
    let file = company.file(&sandbox);
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    let uri = server.at("https://127.0.0.1") + "/credentials";
    sandbox.set("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    // This server has no key to give; what counts is who was asked.
    sandbox.vodcb(["whoami", "--offline"]).exits(5);
    assert!(server.heads().is_empty());
    let args = ["whoami", "--offline", "--ca-bundle", file.to_str().unwrap()];
    sandbox.vodcb(args).exits(3).says(&["credentials URI"]);
    assert!(server.heads()[0].starts_with("GET /credentials HTTP/1.1\r\n"));
}
