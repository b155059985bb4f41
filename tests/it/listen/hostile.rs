//! What strangers may send to a port that is open to the internet: it stays up, bounded and clean.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use vodcb::delivery::notice::Notice;
use vodcb::delivery::receive::{BodyLimits, Limits};
use vodcb::http::listener::Limits as ConnectionLimits;

use super::world::{Client, EVENT, Inside, Listening, plain, post};
use crate::sandbox::Sandbox;

fn limited(change: impl FnOnce(&mut Limits) + Send + 'static) -> Inside {
    Inside::start(move || {
        let mut receiver = plain();
        change(&mut receiver.limits);
        receiver
    })
}

/// Still there, and at its usual work.
fn works(address: SocketAddr) -> bool {
    post(address, &[], EVENT) == 200
}

#[test]
fn bodies_have_an_upper_size() {
    let inside = limited(|_| {});
    let one_mebibyte = vec![b' '; 1024 * 1024];
    assert_eq!(post(inside.address, &[], &one_mebibyte), 200);
    assert_eq!(post(inside.address, &[], vec![b' '; 1024 * 1024 + 1]), 413);
    assert_eq!(post(inside.address, &[], vec![b' '; 3 * 1024 * 1024]), 413);

    // A promise is enough.
    let mut client = Client::to(inside.address);
    client
        .write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n")
        .unwrap();
    assert_eq!(client.answer().unwrap().status, 413);
    assert!(client.is_closed());

    // Chunks without end.
    let mut client = Client::to(inside.address);
    client
        .write(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 65536], b"\r\n"].concat();
    let mut chunks = 0;
    while client.write(&chunk).is_ok() && chunks < 4096 {
        chunks += 1;
    }
    assert!(chunks < 4096, "256 MiB were taken");
    assert!(works(inside.address));
    assert!(matches!(
        inside.stop().as_slice(),
        [
            Notice::Delivery(_),
            Notice::TurnedAway(_),
            Notice::TurnedAway(_),
            Notice::TurnedAway(_),
            Notice::TurnedAway(_),
            Notice::Delivery(_)
        ]
    ));
}

#[test]
fn broken_requests_are_refused_and_nothing_panics() {
    let inside = limited(|_| {});
    let chunked = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    let long = "x".repeat(100_000);
    let many: String = (0..500)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    for request in [
        "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n".to_owned(),
        "POST\r\n\r\n".to_owned(),
        format!("{chunked}zz\r\n"),
        format!("{chunked}fffffffffffffffff\r\n"),
        format!("{chunked}5\r\nabcdefgh\r\n0\r\n\r\n"),
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(),
        format!("POST / HTTP/1.1\r\nhost: a\r\nx: {long}\r\n\r\n"),
        format!("POST /{long} HTTP/1.1\r\nhost: a\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nhost: a\r\n{many}\r\n"),
        "POST / HTTP/1.1\r\nhost: a\r\nx\u{0}y: z\r\n\r\n".to_owned(),
    ] {
        let mut client = Client::to(inside.address);
        let _ = client.write(request.as_bytes());
        let answer = client.answer();
        let refused = answer.is_none_or(|answer| (400..500).contains(&answer.status));
        assert!(refused, "{:?}", &request[..request.len().min(80)]);
    }
    assert!(works(inside.address));
    let mut told = inside.stop();
    told.retain(|notice| matches!(notice, Notice::Delivery(_)));
    assert_eq!(told.len(), 1);
}

/// Where did my events go? Into a tunnel that speaks TLS to a port of plain http, for example.
#[test]
fn what_is_no_request_is_told_once_and_counted() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, []);
    let many: String = (0..101)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    for (request, status) in [
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".to_owned(), 400),
        (format!("POST / HTTP/1.1\r\n{many}\r\n"), 431),
        ("POST / HTTP/1.1\r\nx y: z\r\n\r\n".to_owned(), 400),
    ] {
        let mut client = Client::to(listening.address);
        client.write(request.as_bytes()).unwrap();
        assert_eq!(client.answer().unwrap().status, status, "{request:?}");
    }
    // Nothing at all is what looks whether the port is open.
    drop(Client::to(listening.address));
    let run = listening.stop().ok().says(&[
        "refused unread: its head is larger, or has more fields",
        "refused unread: it is no HTTP/1.1 (invalid HTTP header parsed)",
    ]);
    let tls = "TLS was spoken to this plain http port, put a proxy with https in front";
    assert_eq!(run.stderr.matches(tls).count(), 1, "{run:?}");
    assert_eq!(run.stdout, "0 deliveries, 4 turned away\n");
}

#[test]
fn bodies_of_every_kind_are_told_without_harm() {
    let inside = limited(|_| {});
    let deep = "[".repeat(500_000);
    let nested = format!(
        "{}1{}",
        "{\"EventType\":".repeat(60_000),
        "}".repeat(60_000)
    );
    for body in [
        deep.as_bytes(),
        nested.as_bytes(),
        b"\xff\xfe\x00{",
        b"{\"EventType\":\"\xff\"}",
        b"{\"EventType\":\"\\ud800\"}",
        b"{\"EventType\":1e999999}",
        b"\x1f\x8b\x08\x00",
        b"",
    ] {
        assert_eq!(post(inside.address, &[], body), 200);
    }
    assert_eq!(inside.stop().len(), 8);
}

#[test]
fn slow_headers_bodies_and_readers_are_let_go() {
    let short = Duration::from_millis(300);
    let inside = limited(move |limits| {
        limits.connections.header_timeout = short;
        limits.connections.write_timeout = short;
        limits.bodies.body_timeout = short;
    });
    // Half a header.
    let mut slow = Client::to(inside.address);
    slow.write(b"POST / HTTP/1.1\r\nhost:").unwrap();
    assert!(slow.is_closed());
    // Nothing at all.
    assert!(Client::to(inside.address).is_closed());
    // An idle connection after an answer.
    let mut idle = Client::to(inside.address);
    idle.post("/", &[], b"{}");
    assert_eq!(idle.answer().unwrap().status, 200);
    assert!(idle.is_closed());
    // Half a body.
    let mut half = Client::to(inside.address);
    half.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345")
        .unwrap();
    assert_eq!(half.answer().unwrap().status, 408);
    assert!(half.is_closed());
    // Answers that nobody reads.
    let mut deaf = Client::to(inside.address);
    let request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1000);
    let mut written = 0;
    while deaf.write(request.as_bytes()).is_ok() {
        written += 1;
        assert!(written < 100_000, "its answers are kept for ever");
    }
    assert!(works(inside.address));
    inside.stop();
}

#[test]
fn bodies_share_a_bounded_room() {
    let inside = limited(|limits| {
        limits.bodies = BodyLimits {
            body_bytes: 1024 * 1024,
            body_timeout: Duration::from_secs(1),
            memory: 100_000,
        };
    });
    let mut holders: Vec<Client> = (0..4).map(|_| Client::to(inside.address)).collect();
    for holder in &mut holders {
        let head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n".as_slice();
        holder.write(&[head, &[b' '; 50_000]].concat()).unwrap();
    }
    // There is room again once those that hold it are let go.
    for holder in &mut holders {
        assert_eq!(holder.answer().unwrap().status, 408);
    }
    assert!(works(inside.address));
    inside.stop();
}

/// Bodies that come piece by piece, side by side, do not wait for each other's rest.
#[test]
fn a_body_has_its_whole_room_before_its_first_piece() {
    let inside = limited(|limits| limits.bodies.memory = 100_000);
    let heads = [
        "content-length: 60000\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n",
    ];
    let mut senders: Vec<(bool, Client)> = (0..6)
        .map(|number| (number % 2 == 1, Client::to(inside.address)))
        .collect();
    let piece = |is_chunked: bool| match is_chunked {
        true => [b"7530\r\n".as_slice(), &[b' '; 30_000], b"\r\n"].concat(),
        false => vec![b' '; 30_000],
    };
    for (is_chunked, sender) in &mut senders {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: a\r\n{}",
            heads[usize::from(*is_chunked)]
        );
        let begin = [head.as_bytes(), &piece(*is_chunked)].concat();
        sender.write(&begin).unwrap();
    }
    for (is_chunked, sender) in &mut senders {
        let end = if *is_chunked { "0\r\n\r\n" } else { "" };
        let rest = [&piece(*is_chunked), end.as_bytes()].concat();
        sender.write(&rest).unwrap();
    }
    for (_, sender) in &mut senders {
        assert_eq!(sender.answer().unwrap().status, 200);
    }
    inside.stop();
}

#[test]
fn who_promises_much_and_sends_nothing_holds_no_event_up() {
    let inside = limited(|limits| {
        limits.bodies.memory = 100_000;
        limits.bodies.body_timeout = Duration::from_secs(600);
    });
    let mut stranger = Client::to(inside.address);
    let head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n";
    stranger.write(head).unwrap();
    assert!(works(inside.address));
    drop(stranger);
    inside.stop();
}

/// As many as this machine allows, up to 5,000: each takes a file here and one in the receiver.
#[test]
fn thousands_of_idle_connections_hold_nobody_up() {
    let inside = limited(|_| {});
    let mut idle = Vec::new();
    while idle.len() < 5000 {
        match TcpStream::connect(inside.address) {
            Ok(stream) => idle.push(stream),
            Err(_) => {
                // What is left of the limit belongs to the tests beside this one.
                idle.truncate(idle.len() / 2);
                break;
            }
        }
    }
    assert!(idle.len() >= 100, "only {}", idle.len());
    assert!(works(inside.address));
    drop(idle);
    inside.stop();
}

#[test]
fn a_full_house_serves_those_who_wait_when_others_are_let_go() {
    let inside = limited(|limits| {
        limits.connections = ConnectionLimits {
            connections: 3,
            header_timeout: Duration::from_millis(400),
            ..limits.connections
        };
    });
    let idle: Vec<Client> = (0..3).map(|_| Client::to(inside.address)).collect();
    assert!(works(inside.address));
    drop(idle);
    inside.stop();
}

#[test]
fn a_process_out_of_files_waits_and_recovers() {
    let sandbox = Sandbox::offline();
    let listening = Listening::under(&sandbox, "ulimit -n 24", ["-o", "ndjson"]);
    let idle: Vec<TcpStream> = (0..60)
        .map(|_| TcpStream::connect(listening.address).unwrap())
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    drop(idle);
    assert!(works(listening.address));
    let run = listening.stop().ok();
    assert_eq!(
        run.stderr.matches("connections cannot be accepted").count(),
        1,
        "{run:?}"
    );
}

#[test]
fn no_field_reaches_the_terminal_unescaped() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--exit-after", "3"]);
    let evil = "\u{1b}]0;x\u{7}\u{1b}[2J\u{202e}\r\n#9 forged";
    let quoted = serde_json::to_string(evil).unwrap();
    for member in ["EventType", "VideoId", "Status"] {
        let body = format!("{{\"EventType\":\"A\",{member:?}:{quoted}}}");
        assert_eq!(
            post(
                listening.address,
                &[("x-vod-signature", "\u{1b}[31m")],
                body
            ),
            400
        );
        let body = format!("{{\"EventType\":\"A\",{member:?}:{quoted}}}");
        assert_eq!(post(listening.address, &[], body), 200);
    }
    let run = listening.end().ok();
    let shown = format!("{}{}", run.stdout, run.stderr);
    assert!(
        !shown.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']),
        "{shown:?}"
    );
    assert!(!shown.contains("\n#9"), "{shown}");
    assert!(shown.contains("\\u{1b}"), "{shown}");
}
