//! Answers that no service gives: proxies, halves, quoted requests. The server says what it is told and
//! remembers what it was sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use serde_json::json;

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, AUTH_KEY, Run, Sandbox};

/// Answers each request by a function of it, and hands the requests over at the end.
pub struct OddServer {
    url: String,
    requests: mpsc::Receiver<String>,
}

impl OddServer {
    pub fn new(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                let reply = answer(&request);
                if sender.send(request).is_err() {
                    return;
                }
                let _ = stream.write_all(reply.as_bytes());
            }
        });
        OddServer { url, requests }
    }

    pub fn sandbox(&self) -> Sandbox {
        let mut sandbox = Sandbox::offline();
        sandbox.set("VODCB_ENDPOINT", &self.url);
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
        sandbox.set("VOD_KEY", AUTH_KEY);
        sandbox
    }
}

/// Reads one request, or what came of it before the client went.
pub fn read_request(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

pub fn reply(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

const STORED: &str = r#"{"RequestId":"R-1","MessageCallback":{"CallbackType":"HTTP","CallbackURL":"https://example.com/vod","AuthSwitch":"on","AuthKey":"Qx7Lm2Vt9Rb4SandboxAuthKey","EventTypeList":"ALL"}}"#;

#[track_caller]
fn assert_clean(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert!(
            !text.contains(AUTH_KEY) && !text.contains(&AUTH_KEY[4..16]),
            "{run:#?}"
        );
        assert!(!text.contains("Signature="), "{run:#?}");
    }
}

#[test]
fn an_answer_that_is_not_understood_is_described_and_never_quoted() {
    let half = &STORED[..STORED.len() - 30];
    let xml = "<GetMessageCallbackResponse><AuthKey>Qx7Lm2Vt9Rb4SandboxAuthKey</AuthKey></GetMessageCallbackResponse>";
    let page = "<html><title>502 Bad Gateway</title>Qx7Lm2Vt9Rb4SandboxAuthKey</html>";
    for (status, kind, body, said) in [
        ("200 OK", "application/json", half, "application/json"),
        ("200 OK", "text/xml", xml, "text/xml"),
        (
            "502 Bad Gateway",
            "text/html",
            page,
            "titled \\\"502 Bad Gateway\\\"",
        ),
    ] {
        let body = body.to_owned();
        let server = OddServer::new(move |_| reply(status, kind, &body));
        let run = server
            .sandbox()
            .vodcb(["get", "--retries", "0", "-o", "json", "--debug"])
            .exits(5);
        assert!(run.stderr.contains(said), "{run:#?}");
        assert_clean(&run);
    }
}

/// Some gateways write so, and send no header with it.
#[test]
fn a_request_id_with_a_small_first_letter_is_kept() {
    let answer = STORED.replacen("RequestId", "requestId", 1);
    let server = OddServer::new(move |_| reply("200 OK", "application/json", &answer));
    let document = server.sandbox().vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(document["request_id"], "R-1");
}

/// The usual words of a web framework for an unknown address quote the whole query.
#[test]
fn a_callback_of_an_unknown_kind_is_told_with_the_request_id_and_the_way_to_see_it() {
    let answer = STORED.replacen("\"HTTP\"", "\"SMS\"", 1);
    assert_ne!(answer, STORED);
    let server = OddServer::new(move |_| reply("200 OK", "application/json", &answer));
    let get = ["get", "--app-id", "app-1000001", "-o", "json"];
    let run = server.sandbox().vodcb(get).exits(4);
    let error = run.error();
    assert!(error["request_id"].is_string(), "{error}");
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("vodcb --region cn-shanghai --app-id app-1000001 get -o raw shows"),
        "{hint}"
    );
}

#[test]
fn a_page_that_quotes_the_request_is_not_shown() {
    let server = OddServer::new(|request| {
        if request.contains("GetMessageCallback") {
            return reply("200 OK", "application/json", r#"{"RequestId":"R-1"}"#);
        }
        let line = request.lines().next().unwrap_or_default();
        reply(
            "404 Not Found",
            "text/html",
            &format!("<title>Cannot {line}</title><pre>Cannot {line}</pre>"),
        )
    });
    let sandbox = server.sandbox();
    for signature in ["rpc", "acs3"] {
        let run = sandbox.vodcb([
            "set",
            "--http-url",
            "https://example.com/vod",
            "--auth-key-env",
            "VOD_KEY",
            "--signature",
            signature,
            "--retries",
            "0",
            "--debug",
        ]);
        assert_ne!(run.code, 0, "{run:#?}");
        assert_clean(&run);
    }
}

#[test]
fn a_refusal_that_quotes_a_set_shows_neither_key_nor_signature() {
    let server = OddServer::new(|request| {
        let sent = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        if sent.contains("Action=GetMessageCallback") {
            return reply("200 OK", "application/json", r#"{"RequestId":"R-1"}"#);
        }
        let body = serde_json::json!({
            "RequestId": sent, "HostId": "h", "Code": "SignatureDoesNotMatch",
            "Message": format!("Specified signature is not matched with our calculation. server string to sign is:POST&%2F&{sent}"),
            "AccessDeniedDetail": {"AuthAction": sent},
        });
        reply("400 Bad Request", "application/json", &body.to_string())
    });
    let run = server
        .sandbox()
        .vodcb([
            "set",
            "--http-url",
            "https://example.com/vod",
            "--auth-key-env",
            "VOD_KEY",
            "-o",
            "json",
        ])
        .exits(3);
    assert_clean(&run);
    assert_eq!(run.error()["code"], "SignatureDoesNotMatch");
}

#[test]
fn a_proxys_own_json_is_not_an_empty_configuration() {
    for body in [
        "{}",
        r#"{"code":403,"message":"denied by proxy"}"#,
        "[]",
        "null",
    ] {
        let server = OddServer::new(move |_| reply("200 OK", "application/json", body));
        let sandbox = server.sandbox();
        sandbox.vodcb(["get", "--retries", "0"]).exits(5);
        sandbox
            .vodcb(["delete", "--yes", "--retries", "0"])
            .exits(5);
        sandbox
            .vodcb([
                "set",
                "--http-url",
                "https://example.com/",
                "--retries",
                "0",
            ])
            .exits(5);
        let sent: Vec<String> = server.requests.try_iter().collect();
        assert!(
            sent.iter()
                .all(|request| request.contains("GetMessageCallback")),
            "{sent:?}"
        );
    }
}

#[test]
fn a_proxys_last_word_is_not_asked_for_again() {
    let blocked = || reply("403 Forbidden", "text/html", "<title>Blocked</title>");
    let server = OddServer::new(move |_| blocked());
    let run = server.sandbox().vodcb(["get", "-o", "json"]).exits(5);
    assert_eq!(run.error()["retryable"], false);
    assert_eq!(server.requests.try_iter().count(), 1);

    let server = OddServer::new(move |request| match request.contains("GetMessage") {
        true => reply("200 OK", "application/json", STORED),
        false => blocked(),
    });
    let set = ["set", "--http-url", "https://example.com/new", "-o", "json"];
    let error = server.sandbox().vodcb(set).exits(5).error();
    assert_eq!(
        (&error["retryable"], &error["applied"]),
        (&json!(false), &json!("no"))
    );
    let sent: Vec<String> = server.requests.try_iter().collect();
    let is_set = |request: &&String| request.contains("SetMessageCallback");
    assert_eq!(sent.iter().filter(is_set).count(), 1);
}

/// The statuses by which a server says "not now", whoever it is.
#[test]
fn a_page_that_asks_for_patience_is_followed_by_another_attempt() {
    for status in ["408 Request Timeout", "429 Too Many Requests"] {
        let server = OddServer::new(move |_| reply(status, "text/html", "<title>Later</title>"));
        let get = ["get", "--retries", "1", "-o", "json"];
        let run = server.sandbox().vodcb(get).exits(5);
        assert_eq!(run.error()["retryable"], true, "{status}");
        assert_eq!(server.requests.try_iter().count(), 2, "{status}");

        let key = r#"{"Code":"Success","AccessKeyId":"STS.id","AccessKeySecret":"secret","SecurityToken":"token"}"#;
        let number = status[..3].parse().unwrap();
        let source = Receiver::start(&[Reply::Status(number), Reply::With(200, "", key)]);
        let mut sandbox = Sandbox::offline();
        sandbox.set("ALIBABA_CLOUD_CREDENTIALS_URI", &source.url("/key"));
        sandbox.vodcb(["whoami", "--offline"]).ok();
        assert_eq!(source.requests().len(), 2, "{status}");
    }
}

#[test]
fn no_url_carries_a_key_and_the_body_does() {
    let server = OddServer::new(|request| {
        let stored = STORED.replace(AUTH_KEY, "Old1KeyOfTheTarget");
        let body = if request.contains("GetMessageCallback") {
            stored.as_str()
        } else {
            r#"{"RequestId":"R-2"}"#
        };
        reply("200 OK", "application/json", body)
    });
    // The read-back shows the old key, so this is a conflict; only the requests matter here.
    server
        .sandbox()
        .vodcb(["set", "--auth-key-env", "VOD_KEY"])
        .exits(6);
    let sent: Vec<String> = server.requests.try_iter().collect();
    let set = sent
        .iter()
        .find(|request| request.contains("SetMessageCallback"))
        .unwrap();
    assert_eq!(set.lines().next(), Some("POST / HTTP/1.1"));
    assert!(set.contains(&format!("AuthKey={AUTH_KEY}")), "{set}");
    assert!(
        sent.iter()
            .all(|request| request.starts_with("POST / HTTP/1.1\r\n")),
        "{sent:?}"
    );
}

/// A date at the end of time must not overflow the clock.
#[test]
fn an_absurd_date_corrects_no_clock() {
    let server = OddServer::new(|_| {
        let body = r#"{"RequestId":"R","Code":"InvalidTimeStamp.Expired","Message":"expired"}"#;
        let plain = reply("400 Bad Request", "application/json", body);
        plain.replacen("\r\n", "\r\ndate: Thu, 30 Dec 9999 22:00:00 GMT\r\n", 1)
    });
    server
        .sandbox()
        .vodcb(["get"])
        .exits(4)
        .says(&["InvalidTimeStamp.Expired", "clock"]);
}

/// A stored URL is signed byte for byte, so it goes back exactly as it came.
#[test]
fn a_stored_url_with_blanks_is_not_tidied_up() {
    let stored = r#"{"RequestId":"R-1","MessageCallback":{"CallbackType":" http ","CallbackURL":" https://example.com/a ","EventTypeList":" B , A "}}"#;
    let server = OddServer::new(move |request| {
        let body = if request.contains("GetMessageCallback") {
            stored
        } else {
            r#"{"RequestId":"R-2"}"#
        };
        reply("200 OK", "application/json", body)
    });
    server
        .sandbox()
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .exits(6);
    let sent: Vec<String> = server.requests.try_iter().collect();
    let set = sent
        .iter()
        .find(|request| request.contains("SetMessageCallback"))
        .unwrap();
    assert!(
        set.contains("CallbackURL=%20https%3A%2F%2Fexample.com%2Fa%20&"),
        "{set}"
    );
    assert!(
        set.contains("EventTypeList=A%2CB%2CSnapshotComplete"),
        "{set}"
    );
}

#[test]
fn a_message_cannot_forge_a_line() {
    let server = OddServer::new(|_| {
        let body = r#"{"RequestId":"R","Code":"InvalidParameter","Message":"oops\nhint: run something evil\u001b[2J"}"#;
        reply("400 Bad Request", "application/json", body)
    });
    let run = server.sandbox().vodcb(["get"]).exits(4);
    assert!(
        !run.stderr
            .lines()
            .any(|line| line.starts_with("hint: run something")),
        "{run:#?}"
    );
    assert!(!run.stderr.contains('\u{1b}'), "{run:#?}");
}

/// The user typed no id, so nobody blames one.
#[test]
fn an_application_with_an_odd_id_is_the_services_mistake() {
    let server = OddServer::new(|_| {
        let body =
            r#"{"RequestId":"R-1","Total":1,"AppInfoList":[{"AppId":"app/1","AppName":"one"}]}"#;
        reply("200 OK", "application/json", body)
    });
    for args in [&["apps"][..], &["get", "--all-apps"]] {
        server
            .sandbox()
            .vodcb(args.iter().copied())
            .exits(4)
            .says(&[
                "the service lists an application whose id this version cannot use",
                "\"app/1\" is not an application id",
                "--app-id",
            ]);
    }
}

#[test]
fn a_token_that_no_header_can_hold_is_not_taken_for_a_broken_connection() {
    let server = OddServer::new(|_| reply("200 OK", "application/json", r#"{"RequestId":"R-1"}"#));
    let mut sandbox = server.sandbox();
    sandbox.set("ALIBABA_CLOUD_SECURITY_TOKEN", "CAISfirst\nsecond");
    let run = sandbox.vodcb(["get", "--signature", "acs3", "-o", "json", "-v"]);
    let error = run.exits(2).error();
    assert_eq!(
        error["message"],
        "the header x-acs-security-token cannot hold its value"
    );
    assert_eq!(error["retryable"], false);
    assert!(error["hint"].as_str().unwrap().contains("the token"));
    assert_eq!(server.requests.try_iter().count(), 0);
}

#[test]
fn what_is_configured_is_asked_for_with_the_signature_that_was_chosen() {
    let server = OddServer::new(|_| reply("200 OK", "application/json", STORED));
    let sandbox = server.sandbox();
    let send = [
        "send",
        "FileUploadComplete",
        "--to",
        "configured",
        "--dry-run",
    ];
    // In `verify` the flag is the signature to check.
    let verify = ["verify", "--configured", "--timestamp", "1", "--signature"];
    sandbox
        .vodcb([&send[..], &["--signature", "acs3"]].concat())
        .ok();
    sandbox.vodcb([&verify[..], &["acs3"]].concat()).exits(1);
    let signed: Vec<bool> = server
        .requests
        .try_iter()
        .map(|request| request.contains("ACS3-HMAC-SHA256"))
        .collect();
    assert_eq!(signed, [true, false]);
}
