//! Every usual cause of a delivery that fails is named with its remedy.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

#[cfg(target_os = "linux")]
use crate::network::Silent;
use crate::receiver::{Deaf, Receiver, Reply};
use crate::sandbox::Sandbox;

/// The status or what happened instead, and words of the hint.
#[track_caller]
fn fails(url: &str, status: Option<u16>, error: &str, hint: &str) {
    let sandbox = Sandbox::offline();
    let send = ["send", "TranscodeComplete", "--once", "--to", url];
    let document = sandbox
        .vodcb([&send[..], &["-o", "json"]].concat())
        .exits(1)
        .json();
    let attempt = &document["attempts"][0];
    assert_eq!(document["result"], "not delivered");
    assert_eq!(attempt["status"], serde_json::json!(status), "{document:#}");
    assert!(
        attempt["error"]
            .as_str()
            .unwrap_or_default()
            .contains(error),
        "{document:#}"
    );
    let told = attempt["hint"].as_str().unwrap();
    assert!(told.contains(hint), "{told}");
    assert_eq!(attempt["delivered"], false);
}

#[test]
fn of_an_answer_that_is_not_200() {
    for (reply, status, hint) in [
        (Reply::Status(204), 204, "only status 200 counts"),
        (Reply::Status(201), 201, "only status 200 counts"),
        (
            Reply::With(301, "location: https://example.com/there/\r\n", ""),
            301,
            "redirects to https://example.com/there/ itself",
        ),
        (
            Reply::With(400, "", "Unexpected token o in JSON"),
            400,
            "did not understand the body",
        ),
        (Reply::Status(401), 401, "give its key, --auth-key-env NAME"),
        (Reply::Status(403), 403, "give its key, --auth-key-env NAME"),
        (Reply::Status(404), 404, "no such path for POST"),
        (Reply::Status(405), 405, "no such path for POST"),
        (Reply::Status(413), 413, "at least 64 KiB"),
        (Reply::Status(415), 415, "application/json"),
        (Reply::Status(429), 429, "throttled"),
        (Reply::Status(500), 500, "answer 200 first"),
        (Reply::Status(502), 502, "a proxy"),
    ] {
        let receiver = Receiver::start(&[reply]);
        fails(&receiver.url("/vod"), Some(status), "", hint);
        assert_eq!(receiver.requests().len(), 1);
    }
}

#[test]
fn of_no_answer() {
    let receiver = Receiver::start(&[Reply::Close]);
    fails(
        &receiver.url("/vod"),
        None,
        "connection broke",
        "closed the connection",
    );
    let deaf = Deaf::new();
    fails(
        &format!("http://{}/vod", deaf.address()),
        None,
        "no connection",
        "nothing listens there",
    );
}

#[test]
fn of_an_answer_that_comes_too_late() {
    let receiver = Receiver::start(&[Reply::After(Duration::from_secs(8), 200)]);
    fails(
        &receiver.url("/vod"),
        None,
        "no answer within 5 s",
        "answer 200 at once",
    );
}

/// VOD's five seconds are for connection and answer together.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn of_a_firewall_that_drops_what_comes() {
    let silent = Silent::listen().await;
    let url = format!("http://{}/vod", silent.address);
    fails(&url, None, "no connection within 4 s", "a firewall");
}

#[test]
fn of_a_certificate_that_nobody_vouches_for() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let receiver = Receiver::secure(Arc::new(config), &[Reply::Status(200)]);
    fails(
        &receiver.url("/vod"),
        None,
        "certificate",
        "a public authority",
    );
    assert!(receiver.requests().is_empty());
    // One that is trusted is delivered to.
    let sandbox = Sandbox::offline();
    let file = sandbox.file("ca.pem", &certificate.pem());
    let url = receiver.url("/vod");
    let file = file.to_str().unwrap();
    sandbox
        .vodcb([
            "send",
            "TranscodeComplete",
            "--to",
            &url,
            "--ca-bundle",
            file,
        ])
        .ok();
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn what_the_receiver_said_is_shown_and_cannot_write_on_the_terminal() {
    let receiver = Receiver::start(&[Reply::With(400, "", "bad\u{1b}[31m\r\nforged: line")]);
    let sandbox = Sandbox::offline();
    let run = sandbox
        .vodcb([
            "send",
            "TranscodeComplete",
            "--once",
            "--to",
            &receiver.url("/vod"),
        ])
        .exits(1)
        .says(&["hint: the receiver did not understand the body"]);
    assert!(
        run.stdout.contains("\n  bad\\u{1b}[31m forged: line\n"),
        "{run:?}"
    );
}

/// What was signed is compared; what was not needs a key first, in scenarios and replays, too.
#[test]
fn of_a_refusal_by_whether_it_was_signed() {
    let receiver = Receiver::start(&[Reply::Status(401)]);
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", "Abcdef1234567890");
    let to = receiver.url("/vod");
    sandbox.file("request.txt", "POST /vod HTTP/1.1\nHost: a\n\n{}");
    let key = ["--auth-key-env", "VOD_KEY"];
    for command in [
        &["send", "TranscodeComplete", "--once", "--to", &to][..],
        &["send", "--scenario", "plain", "--to", &to],
        &["replay", "request.txt", "--once", "--to", &to],
        &["check", &to, "--deliver"],
    ] {
        let said =
            |run: crate::sandbox::Run| format!("{}{}", run.stdout, run.stderr).replace('\n', " ");
        let unsigned = said(sandbox.vodcb(command.iter().copied()).exits(1));
        assert!(unsigned.contains("it was not signed"), "{unsigned}");
        assert!(!unsigned.contains("vodcb verify"), "{unsigned}");
        let signed = said(sandbox.vodcb([command, &key].concat()).exits(1));
        assert!(signed.contains("refused the signature"), "{signed}");
        assert!(!signed.contains("it was not signed"), "{signed}");
    }
}
