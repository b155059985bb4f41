//! Connections: kept, shared, limited, and finished when the emulator stops.

use std::io::{Read, Write};
use std::net::TcpStream;

use vodcb::emulator::{Fault, start};
use vodcb::error::Kind;
use vodcb::openapi::canonical_query;

use super::twin::{Twin, config, signed};

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let twin = Twin::new();
    let send = |bytes| {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let reply = twin.send("POST", "Format=JSON", &headers, &"x".repeat(bytes));
        reply.unwrap().verdict()
    };
    assert_eq!(send(1024 * 1024), (400, "MissingAction".into()));
    assert_eq!(send(1024 * 1024 + 1), (413, "RequestEntityTooLarge".into()));
    assert_eq!(send(4 * 1024 * 1024), (413, "RequestEntityTooLarge".into()));
    assert_eq!(twin.get().status, 200);
}

#[test]
fn nothing_makes_it_panic() {
    let twin = Twin::new();
    let close = "connection: close\r\n\r\n";
    let long = "%FF&=&".repeat(5000);
    let junk = [
        "/ HTTP/1.1\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned(),
        format!("GET /?%&%zz=%ff&Action=%00&=&&Format=~ HTTP/1.1\r\nhost:\r\n{close}"),
        format!("GET /?{long} HTTP/1.1\r\nhost: a\r\n{close}"),
        format!("GET http://a/?Format=json HTTP/1.1\r\nhost: a\r\n{close}"),
        format!("GET / HTTP/1.0\r\n{close}"),
        format!("HEAD / HTTP/1.1\r\nhost: a\r\n{close}"),
        format!(
            "POST / HTTP/1.1\r\nhost: vod.:80\r\nauthorization: ACS3-\r\ncontent-length: 0\r\n{close}"
        ),
        format!(
            "GET / HTTP/1.1\r\nhost: é\r\nauthorization: ACS3-HMAC-SHA256 Credential==,Signatureé\r\n{close}"
        ),
        format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n{close}0\r\n\r\n"),
    ];
    // A panic would close the connection without an answer.
    for text in junk {
        let reply = twin
            .raw(text.as_bytes())
            .unwrap_or_else(|| panic!("no answer to {text:?}"));
        assert!((400..500).contains(&reply.status), "{reply:?}");
    }
    assert_eq!(twin.get().status, 200);
}

#[test]
fn a_connection_is_kept_for_the_next_call() {
    let twin = Twin::new();
    let mut stream = TcpStream::connect(twin.address()).unwrap();
    for _ in 0..2 {
        stream.write_all(get_request().as_bytes()).unwrap();
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap();
        assert!(buffer[..count].starts_with(b"HTTP/1.1 200 OK"));
    }
}

#[test]
fn fifty_clients_at_once_are_served() {
    let twin = Twin::new();
    std::thread::scope(|scope| {
        for number in 0..50 {
            let twin = &twin;
            scope.spawn(move || {
                let app = format!("app-{number}");
                let url = format!("https://example.com/{number}");
                let set = [
                    ("AppId", app.as_str()),
                    ("CallbackType", "HTTP"),
                    ("CallbackURL", &url),
                ];
                assert_eq!(twin.set(&set).code(), "OK");
                let reply = twin.call("GetMessageCallback", &[("AppId", &app)]);
                assert_eq!(reply.callback("CallbackURL"), Some(url));
            });
        }
    });
    assert_eq!(twin.log().len(), 100);
}

#[test]
fn a_taken_port_is_a_usage_error_that_names_it() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let running = start(config()).await.unwrap();
        let port: u16 = running.url().rsplit(':').next().unwrap().parse().unwrap();
        let mut second = config();
        second.port = port;
        let error = start(second).await.err().unwrap();
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message.contains(&port.to_string()));
        running.stop().await;
    });
}

/// The bytes of a signed Get on a connection that may be kept.
fn get_request() -> String {
    let body = canonical_query(&signed("GetMessageCallback", &[]));
    let length = body.len();
    let form = "content-type: application/x-www-form-urlencoded";
    format!("POST / HTTP/1.1\r\nhost: a\r\n{form}\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Another process may take the port at once, which does not happen three times.
#[test]
fn a_request_that_was_accepted_is_finished_before_the_end() {
    assert!((0..3).any(|_| finishes_and_closes()), "the port is closed");
}

/// Whether nobody listens after the end.
fn finishes_and_closes() -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut config = config();
        config.faults = vec![Fault::parse("slow=200").unwrap()];
        let running = start(config).await.unwrap();
        let address = running.url().strip_prefix("http://").unwrap().to_owned();
        let client = std::thread::spawn({
            let address = address.clone();
            move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(get_request().as_bytes()).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer
            }
        });
        tokio::time::sleep(std::time::Duration::from_millis(80)).await;
        running.stop().await;
        assert!(client.join().unwrap().starts_with("HTTP/1.1 200 OK"));
        TcpStream::connect(address).is_err()
    })
}
