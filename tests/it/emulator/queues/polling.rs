//! Waiting for messages, in real time.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use vodcb::emulator::{Undelivered, builtin_key, start};

use super::super::twin::{config, now};
use super::{Shop, bodies, http, parsed, refused, sign, verdict};

/// Less than any other wait would take.
const SLACK: Duration = Duration::from_millis(2900);

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    (work(), begin.elapsed())
}

#[test]
fn an_empty_queue_is_waited_for() {
    let shop = Shop::with_queue("q");
    for (resource, seconds) in [
        ("/queues/q/messages", 0),
        ("/queues/q/messages?waitseconds=0", 0),
        ("/queues/q/messages?waitseconds=3", 3),
        ("/queues/q/messages?numOfMessages=3&waitseconds=3", 3),
    ] {
        let (reply, time) = timed(|| shop.ask("GET", resource, ""));
        assert_eq!(verdict(&reply), refused(404, "MessageNotExist"));
        let wait = Duration::from_secs(seconds);
        assert!(time >= wait && time < wait + SLACK, "{resource}: {time:?}");
    }
    for bad in ["31", "-1", "x", ""] {
        let reply = shop.ask("GET", &format!("/queues/q/messages?waitseconds={bad}"), "");
        assert_eq!(verdict(&reply), refused(400, "InvalidArgument"));
    }
}

#[test]
fn a_queue_may_have_a_wait_of_its_own() {
    let shop = Shop::new();
    shop.create("q", "<PollingWaitSeconds>3</PollingWaitSeconds>");
    let (_, own) = timed(|| shop.ask("GET", "/queues/q/messages", ""));
    let (_, none) = timed(|| shop.ask("GET", "/queues/q/messages?waitseconds=0", ""));
    assert!(
        own >= Duration::from_secs(3) && none < SLACK,
        "{own:?} {none:?}"
    );
}

#[test]
fn a_message_ends_the_wait() {
    let shop = Shop::with_queue("q");
    std::thread::scope(|scope| {
        let waiter =
            scope.spawn(|| timed(|| shop.ask("GET", "/queues/q/messages?waitseconds=10", "")));
        std::thread::sleep(Duration::from_millis(300));
        shop.put("a", "");
        let (reply, time) = waiter.join().unwrap();
        assert_eq!(reply.status, 200);
        assert!(time < Duration::from_millis(300) + SLACK, "{time:?}");
    });
}

#[test]
fn one_message_goes_to_one_of_many_who_wait() {
    let shop = Shop::with_queue("q");
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    shop.ask("GET", "/queues/q/messages?waitseconds=2", "")
                        .status
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        shop.put("a", "");
        let mut statuses: Vec<u16> = waiters
            .into_iter()
            .map(|waiter| waiter.join().unwrap())
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404, 404, 404, 404, 404, 404, 404]);
    });
}

#[test]
fn the_end_of_a_delay_and_the_end_of_the_queue_end_the_wait() {
    let mut real = config();
    real.now = jiff_now;
    let shop = Shop::of(real);
    shop.create("q", "");
    shop.put("a", "<DelaySeconds>1</DelaySeconds>");
    let (reply, time) = timed(|| shop.ask("GET", "/queues/q/messages?waitseconds=10", ""));
    assert_eq!(reply.status, 200);
    assert!(time < Duration::from_secs(1) + SLACK, "{time:?}");
    std::thread::scope(|scope| {
        let waiter =
            scope.spawn(|| timed(|| shop.ask("GET", "/queues/q/messages?waitseconds=10", "")));
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(shop.ask("DELETE", "/queues/q", "").status, 204);
        let (reply, time) = waiter.join().unwrap();
        assert_eq!(verdict(&reply), refused(404, "QueueNotExist"));
        assert!(time < Duration::from_millis(200) + SLACK, "{time:?}");
    });
}

#[allow(clippy::disallowed_methods, reason = "delays in real time")]
fn jiff_now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[test]
fn a_client_that_hung_up_takes_no_message_with_it() {
    let shop = Shop::with_queue("q");
    let resource = "/queues/q/messages?waitseconds=20";
    let headers = sign("GET", resource, &[], now());
    let text = http(&shop.twin, "GET", resource, &headers, "");
    let mut stream = TcpStream::connect(shop.twin.address()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    drop(stream);
    std::thread::sleep(Duration::from_millis(200));
    shop.put("a", "");
    assert_eq!(shop.counts(), [1, 0, 0]);
}

#[test]
fn the_end_of_the_emulator_does_not_wait_for_those_who_wait() {
    let shop = Shop::with_queue("q");
    let address = shop.twin.address().to_owned();
    let resource = "/queues/q/messages?waitseconds=20";
    let headers = sign("GET", resource, &[], now());
    let text = http(&shop.twin, "GET", resource, &headers, "");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let (_, time) = timed(|| shop.twin.log());
    assert!(time < Duration::from_secs(2), "{time:?}");
}

#[test]
fn events_are_delivered_into_queues() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let running = start(config()).await.unwrap();
        let account = builtin_key().account_id;
        let deliver =
            |queue: &str, body: &str| running.deliver(&account, "cn-shanghai", queue, body);
        assert_eq!(deliver("q", "{}"), Err(Undelivered::NoSuchQueue));
        let address = running.url();
        let address = address.strip_prefix("http://").unwrap().to_owned();
        let speak = move |method: &'static str, resource: &'static str, body: &'static str| {
            let address = address.clone();
            tokio::task::spawn_blocking(move || {
                let mut stream = TcpStream::connect(&address).unwrap();
                let headers = sign(method, resource, &[], now());
                let mut text =
                    format!("{method} {resource} HTTP/1.1\r\nconnection: close\r\nhost: a\r\n");
                for (name, value) in &headers {
                    text += &format!("{name}: {value}\r\n");
                }
                let length = body.len();
                write!(stream, "{text}content-length: {length}\r\n\r\n{body}").unwrap();
                std::io::read_to_string(stream).unwrap()
            })
        };
        let small = "<Queue><MaximumMessageSize>1024</MaximumMessageSize></Queue>";
        assert!(
            speak("PUT", "/queues/q", small)
                .await
                .unwrap()
                .starts_with("HTTP/1.1 201")
        );
        assert_eq!(deliver("q", "{\"EventType\":\"a\"}"), Ok(()));
        assert_eq!(deliver("q", &"a".repeat(1025)), Err(Undelivered::TooLarge));
        assert_eq!(deliver("q", "\u{0}"), Err(Undelivered::Unspeakable));
        assert_eq!(deliver("q", ""), Err(Undelivered::Unspeakable));
        assert_eq!(
            running.deliver(&account, "cn-beijing", "q", "{}"),
            Err(Undelivered::NoSuchQueue)
        );
        let answer = speak("GET", "/queues/q/messages?numOfMessages=16", "")
            .await
            .unwrap();
        let body = answer.split("\r\n\r\n").nth(1).unwrap();
        let messages = vodcb::xml::parse(body).unwrap().children;
        assert_eq!(bodies(&messages), ["{\"EventType\":\"a\"}"]);
        running.stop().await;
    });
}

#[test]
fn a_connection_is_kept_across_answers_without_a_body() {
    let shop = Shop::with_queue("q");
    let mut stream = TcpStream::connect(shop.twin.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    for (method, resource, wanted) in [
        ("PUT", "/queues/q", "204"),
        ("GET", "/queues/q/messages", "404"),
        ("DELETE", "/queues/none", "204"),
        ("GET", "/queues/q", "200"),
    ] {
        let text = http(
            &shop.twin,
            method,
            resource,
            &sign(method, resource, &[], now()),
            "",
        );
        stream
            .write_all(text.replace("connection: close\r\n", "").as_bytes())
            .unwrap();
        let mut buffer = [0; 4096];
        let count = std::io::Read::read(&mut stream, &mut buffer).unwrap();
        let answer = String::from_utf8_lossy(&buffer[..count]).into_owned();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {wanted}")),
            "{answer}"
        );
    }
    let _ = parsed(&shop.ask("GET", "/queues/q", ""));
}
