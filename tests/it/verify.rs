//! The signature of deliveries: vectors, the near misses one by one, and what a user sees.

use std::ops::ControlFlow;

use serde_json::Value;
use vodcb::delivery::record::{self, Recorded};
use vodcb::delivery::recording;
use vodcb::delivery::signature::{Claim, NamedKey, NamedUrl, Verdict, sign, verify};
use vodcb::secret::Secret;

use crate::sandbox::{AUTH_KEY, Run, Sandbox};

const URL: &str = "https://hooks.example.org/vod/events";
const TIME: &str = "1767225600";
const KEY: &str = "Qx7Lm2Vt9Rb4";
const SIGNATURE: &str = "5238a861e26e99d1991147180c53ad78";

#[test]
fn signatures_match_the_vectors() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../data/vectors/callback_md5.json")).unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let input = |name: &str| vector["inputs"][name].as_str().unwrap();
        let key = Secret::new(input("auth_key"));
        assert_eq!(
            sign(input("callback_url"), input("timestamp"), &key),
            vector["signature"],
            "{vector}"
        );
    }
    // Own values of the fact dossier.
    for (url, time, key, expected) in [
        (URL, TIME, KEY, SIGNATURE),
        (
            "http://198.51.100.7:8088/cb?tenant=blue&v=2",
            "1767225605",
            KEY,
            "946740b4ef533ddf5a5ad4404038874a",
        ),
        (
            URL,
            TIME,
            "Nw3Kd8Zp5Hs1",
            "fc1b7d80f13c7445311f81a728f886b9",
        ),
        (
            "https://hooks.example.org/回调",
            TIME,
            KEY,
            "c36d864dd2a843253c65735811ab738a",
        ),
    ] {
        assert_eq!(sign(url, time, &Secret::new(key)), expected);
    }
}

fn judged(url: &str, key: &str, claim: &Claim) -> Verdict {
    let urls = [NamedUrl {
        name: "--url".into(),
        url: url.into(),
    }];
    let keys = [NamedKey {
        name: "given key".into(),
        key: Secret::new(key),
    }];
    verify(claim, &urls, &[], &keys)
}

fn claim(signature: &str) -> Claim {
    Claim {
        timestamp: TIME.into(),
        signature: signature.into(),
        body: None,
    }
}

#[track_caller]
fn misses(verdict: Verdict, text: &str) {
    match verdict {
        Verdict::Wrong(reasons) => assert!(
            reasons.iter().any(|reason| reason.contains(text)),
            "{reasons:?}"
        ),
        other => panic!("{other:?} instead of {text}"),
    }
}

#[test]
fn a_right_signature_names_key_and_url() {
    let expected = Verdict::Valid {
        key: "given key".into(),
        url: URL.into(),
    };
    assert_eq!(judged(URL, KEY, &claim(SIGNATURE)), expected);
    misses(
        judged(URL, "Another1Key", &claim(SIGNATURE)),
        "another key, or another URL",
    );
}

#[test]
fn what_is_no_header_of_the_service_is_told_as_such() {
    let digits = "32 hexadecimal digits";
    let forty = "5238a861e26e99d1991147180c53ad7812345678";
    for signature in ["", "abc", &SIGNATURE.replace('5', "x"), forty] {
        misses(judged(URL, KEY, &claim(signature)), digits);
    }
    misses(judged("", "", &claim("not hex at all")), digits);
    // MD5 of `https://hooks.example.org/vod/events|abc|Qx7Lm2Vt9Rb4`, by md5sum: right but for the time.
    let timeless = Claim {
        timestamp: "abc".into(),
        ..claim("9a9f89bd5cc7cd47db2d482f9bd629d8")
    };
    misses(judged(URL, KEY, &timeless), "ten digits");
}

/// Each starts from a delivery that is signed right, and breaks just one thing on the checking side.
#[test]
#[allow(clippy::too_many_lines)] // a table
fn each_near_miss_is_named() {
    let signed = |url: &str| claim(&sign(url, TIME, &Secret::new(KEY)));
    for (configured, believed, text) in [
        (
            "http://e.example.com/a",
            "https://e.example.com/a",
            "http instead of https",
        ),
        (
            "https://e.example.com/a",
            "http://e.example.com/a",
            "https instead of http",
        ),
        (
            "https://e.example.com/a/",
            "https://e.example.com/a",
            "a slash at the end",
        ),
        (
            "https://e.example.com/a",
            "https://e.example.com/a/",
            "no slash at the end",
        ),
        (
            "https://e.example.com/a/?x=1",
            "https://e.example.com/a?x=1",
            "a slash at the end",
        ),
        (
            "https://e.example.com:443/a",
            "https://e.example.com/a",
            "the port written out",
        ),
        (
            "http://e.example.com/a",
            "http://e.example.com:80/a",
            "no port",
        ),
        (
            "http://e.example.com/a",
            "http://e.example.com:8080/a",
            "no port",
        ),
        (
            "https://e.example.com/a",
            "https://e.example.com/a?x=1",
            "no query",
        ),
        (
            "https://e.example.com/a?x=1&y=2",
            "https://e.example.com/a?y=2&x=1",
            "the query in another order",
        ),
        (
            "https://e.example.com/a%2Fb",
            "https://e.example.com/a%2fb",
            "percent-encoding in capitals",
        ),
        (
            "https://e.example.com/a%2fb",
            "https://e.example.com/a%2Fb",
            "percent-encoding in small letters",
        ),
        (
            "https://xn--fsqu00a.example/a",
            "https://例子.example/a",
            "the host's name in punycode",
        ),
        (
            "https://xn--fsqu00a.example:8443/a",
            "https://例子.example:8443/a",
            "the host's name in punycode",
        ),
        (
            "https://e.example.com/A",
            "https://E.Example.com/A",
            "small letters in the host's name",
        ),
        (
            "https://e.example.com/回调?a=%2F",
            "https://e.example.com/%E5%9B%9E%E8%B0%83?a=%2F",
            "letters instead of percent-encoding",
        ),
        (
            "https://e.example.com/%E5%9B%9E?a=%7B%7D",
            "https://e.example.com/回?a={}",
            "percent-encoding instead of letters",
        ),
    ] {
        misses(judged(believed, KEY, &signed(configured)), text);
    }
}

#[test]
fn near_misses_of_key_time_and_digits_are_named() {
    for (used, text) in [
        (format!("{KEY}\n"), "a line end behind it"),
        (format!("{KEY} "), "a blank behind it"),
        (format!(" {KEY}"), "a blank before it"),
    ] {
        misses(
            judged(URL, KEY, &claim(&sign(URL, TIME, &Secret::new(used)))),
            text,
        );
    }
    misses(
        judged(URL, &format!("{KEY} "), &claim(SIGNATURE)),
        "no blank around it",
    );
    misses(
        judged(URL, KEY, &claim(&SIGNATURE.to_uppercase())),
        "in capitals",
    );
    let millis = Claim {
        timestamp: format!("{TIME}000"),
        ..claim(SIGNATURE)
    };
    misses(judged(URL, KEY, &millis), "seconds were signed");
    misses(
        judged(
            URL,
            KEY,
            &claim(&sign(URL, &format!("{TIME}000"), &Secret::new(KEY))),
        ),
        "milliseconds were signed",
    );
}

/// Digests computed with Python's hashlib and hmac.
#[test]
fn formulas_of_others_are_recognised() {
    let body = br#"{"EventType":"FileUploadComplete"}"#.to_vec();
    for (signature, text) in [
        ("abe67030c1abbf7f73dcefc9a68508fd", "Volcengine"),
        (
            "f8192c17ca3d2b17d58ffb681bbd53d9",
            "without the | that VOD puts between them",
        ),
        (
            "a8543ee8cae902c25204c4815faefc9405f3482fc66f113f7baed0394b5d5e86",
            "HMAC-SHA256 of the body",
        ),
    ] {
        let claim = Claim {
            timestamp: TIME.into(),
            signature: signature.into(),
            body: Some(body.clone()),
        };
        misses(judged(URL, KEY, &claim), text);
    }
}

/// The example of the vendor's documentation has a key that VOD would not store.
#[test]
fn a_key_that_is_only_compared_may_break_the_rules() {
    let mut sandbox = Sandbox::offline();
    let verify = [
        "verify",
        "--url",
        "https://www.example.com/your/callback",
        "--timestamp",
        "1519375990",
        "--signature",
        "c72b60894140fa98920f1279219b7ed4",
        "--auth-key-env",
        "K",
    ];
    sandbox.set("K", "test123");
    sandbox
        .vodcb(verify)
        .ok()
        .says(&["VOD stores no key like that from the variable K: it has no upper-case letter"]);
    let set = ["set", "--http-url", "https://example.com/vod"];
    sandbox
        .vodcb([&set[..], &["--auth-key-env", "K"]].concat())
        .exits(2)
        .says(&["it has no upper-case letter"]);
    sandbox.set("K", "Qx7Lm2Vt9Rb4Qx7Lm2Vt9Rb4Qx7Lm2Vt9");
    let run = sandbox.vodcb(verify).exits(1).says(&["33 of at most 32"]);
    assert!(!run.stderr.contains("Qx7Lm2Vt9Rb4"), "{run:?}");
    for (key, why) in [("", "it is empty"), ("a\u{7}b", "a control")] {
        sandbox.set("K", key);
        sandbox.vodcb(verify).exits(2).says(&[why]);
    }
}

#[test]
fn deliveries_are_read_from_requests_and_envelopes() {
    let crlf = format!(
        "POST /vod HTTP/1.1\r\nHost: e\r\nX-VOD-TIMESTAMP: {TIME}\r\nx-vod-signature:{SIGNATURE}\r\n\r\n{{\"a\":1}}"
    );
    let lf = crlf.replace("\r\n", "\n");
    let no_first_line = lf.split_once('\n').unwrap().1.to_owned();
    let body = "eyJhIjoxfQ==";
    let object = format!(
        r#"{{"kind":"delivery","headers":{{"x-vod-timestamp":"{TIME}","X-Vod-Signature":"{SIGNATURE}"}},"body":"{body}"}}"#
    );
    let list = format!(
        r#"{{"headers":[["X-VOD-TIMESTAMP","{TIME}"],["X-VOD-SIGNATURE","{SIGNATURE}"]],"body":"{body}"}}"#
    );
    for text in [crlf, lf, no_first_line, object, list] {
        let recorded = record::read(text.as_bytes()).unwrap();
        assert_eq!(recorded.body, b"{\"a\":1}", "{text}");
        let claim = recorded.claim().unwrap();
        assert_eq!(
            (claim.timestamp.as_str(), claim.signature.as_str()),
            (TIME, SIGNATURE),
            "{text}"
        );
    }
    assert_eq!(
        record::read(b"POST / HTTP/1.1\nHost: e\n\nx")
            .unwrap()
            .claim(),
        None
    );
    for broken in [
        &b""[..],
        b"nonsense",
        b"{",
        b"{}",
        b"{\"headers\":1}",
        b"{\"headers\":{},\"body\":\"?\"}",
        b"\xff\xfe",
    ] {
        assert!(record::read(broken).is_err(), "{broken:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_that_is_read_panics(bytes: Vec<u8>, time: String, signature: String, url: String, key: String) {
        let _ = record::read(&bytes);
        let claim = Claim { timestamp: time, signature, body: Some(bytes) };
        let _ = judged(&url, &key, &claim);
    }

    #[test]
    fn what_is_signed_verifies(url in "https://[a-z%0-9回/?&=]{0,40}", key in "[!-~]{1,32}", time in "[0-9]{10}") {
        let claim = Claim { signature: sign(&url, &time, &Secret::new(key.as_str())), timestamp: time, body: None };
        let right = matches!(judged(&url, &key, &claim), Verdict::Valid { .. });
        proptest::prop_assert!(right);
    }
}

#[test]
#[allow(clippy::too_many_lines)] // a list of runs
fn the_command_answers_by_its_exit_code() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let headers = [
        "verify",
        "--timestamp",
        TIME,
        "--signature",
        SIGNATURE,
        "--auth-key-env",
        "VOD_KEY",
    ];
    let run = sandbox
        .vodcb([&headers[..], &["--url", URL]].concat())
        .exits(0);
    assert!(
        run.stdout.contains("not covered by the signature"),
        "{run:?}"
    );
    let wrong = sandbox
        .vodcb(
            [
                &headers[..],
                &["--url", "http://hooks.example.org/vod/events", "-o", "json"],
            ]
            .concat(),
        )
        .exits(1);
    assert!(
        wrong.json()["reasons"][0]
            .as_str()
            .unwrap()
            .starts_with("https instead of http"),
        "{wrong:?}"
    );
    sandbox
        .vodcb([&headers[..], &["--url", URL, "--max-age", "300"]].concat())
        .exits(1);
    sandbox
        .vodcb(headers)
        .exits(2)
        .says(&["the configured URL is needed"]);
    sandbox
        .vodcb(["verify", "--url", URL])
        .exits(2)
        .says(&["nothing to verify"]);
    sandbox
        .vodcb([&AGAINST[..], &["no/such"]].concat())
        .exits(2)
        .says(&["cannot be read"]);
    let unsigned = sandbox.vodcb_with_input(
        b"POST / HTTP/1.1\nHost: e\n\n{}",
        [
            "verify",
            "--delivery",
            "-",
            "--url",
            URL,
            "--auth-key-env",
            "VOD_KEY",
        ],
    );
    let unsigned = unsigned.exits(1).says(&["vodcb set --auth on"]);
    assert!(
        unsigned.stdout.contains("Signature  missing"),
        "{unsigned:?}"
    );
}

#[test]
fn a_url_or_key_that_the_service_could_never_have_is_refused() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let headers = ["verify", "--timestamp", TIME, "--signature", SIGNATURE];
    for (url, why) in [
        ("notaurl", "it has no scheme"),
        (
            "https://hooks.example.org/vod/events ",
            "write a blank as %20",
        ),
    ] {
        let flags = ["--url", url, "--auth-key-env", "VOD_KEY"];
        let refused = sandbox.vodcb([&headers[..], &flags].concat());
        refused.exits(2).says(&["callback URL cannot be used", why]);
    }
    for (key, why) in [
        ("", "it is empty"),
        ("Qx7Lm2Vt9Rb4 ", "a blank"),
        ("Qx7Lm2Vt9Rb4\nQx7Lm2Vt9Rb4\n", "a blank, a control"),
    ] {
        sandbox.set("BAD", key);
        sandbox.file("bad", key);
        for flags in [
            &["--auth-key-env", "BAD"][..],
            &["--auth-key-file", "bad"],
            &["--auth-key-env", "VOD_KEY", "--previous-key-env", "BAD"],
        ] {
            let refused = sandbox.vodcb([&headers[..], &["--url", URL], flags].concat());
            let refused = refused.exits(2).says(&["the callback key from", why]);
            assert!(!refused.stderr.contains("Qx7Lm2Vt9Rb4"), "{refused:?}");
        }
        let to = ["--to", "http://127.0.0.1:9/", "--auth-key-env", "BAD"];
        sandbox
            .vodcb(["send", "TranscodeComplete"].into_iter().chain(to))
            .exits(2)
            .says(&["the callback key from the variable BAD", why]);
        sandbox
            .vodcb(["listen", "--auth-key-env", "BAD", "--require-signature"])
            .exits(2)
            .says(&["the callback key from the variable BAD", why]);
    }
    // A line end behind it is what editors leave.
    sandbox.set("LINE", "Qx7Lm2Vt9Rb4\n");
    sandbox.set("OTHER", AUTH_KEY);
    for keys in [
        &["--auth-key-env", "LINE"][..],
        &["--auth-key-env", "OTHER", "--previous-key-env", "LINE"],
    ] {
        sandbox
            .vodcb([&headers[..], &["--url", URL], keys].concat())
            .ok();
    }
}

#[test]
fn passwords_in_urls_are_not_shown() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let url = "https://shop:hunter2@hooks.example.org/vod";
    let signature = sign(url, TIME, &Secret::new(KEY));
    let headers = ["verify", "--timestamp", TIME, "--signature", &signature];
    for (url, code) in [(url.to_owned(), 0), (format!("{url}/"), 1)] {
        let flags = ["--url", &url, "--auth-key-env", "VOD_KEY"];
        let run = sandbox.vodcb([&headers[..], &flags].concat()).exits(code);
        let shown = "https://shop:••••@hooks.example.org/vod";
        assert!(run.stdout.contains(shown), "{run:?}");
        assert!(!run.stdout.contains("hunter2"), "{run:?}");
    }
}

/// A file as `listen --save` writes it: two deliveries that are right, one for another time, one unsigned.
fn recording() -> Vec<String> {
    let envelope = |headers: &str| {
        format!(
            r#"{{"schema_version":1,"kind":"delivery","received_at":null,"method":"POST","target":"/","headers":[{headers}],"body":"e30="}}"#
        )
    };
    let signed = |time: &str| {
        envelope(&format!(
            r#"["Host","e"],["x-vod-timestamp","{time}"],["X-VOD-SIGNATURE","{SIGNATURE}"]"#
        ))
    };
    vec![
        signed(TIME),
        signed(TIME),
        signed("1767225601"),
        envelope(""),
    ]
}

const AGAINST: [&str; 6] = [
    "verify",
    "--url",
    URL,
    "--auth-key-env",
    "VOD_KEY",
    "--delivery",
];

#[test]
fn of_several_deliveries_those_that_are_not_right_are_shown() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let lines = recording();
    sandbox.file("right.ndjson", &lines[..2].join("\n"));
    let run = sandbox.vodcb([&AGAINST[..], &["right.ndjson"]].concat());
    assert_eq!(
        run.exits(0).stdout,
        "2 deliveries: 2 right, 0 wrong, 0 not signed\n"
    );
    sandbox.file("mixed.ndjson", &format!("{}\nnonsense\n", lines.join("\n")));
    let run = sandbox.vodcb([&AGAINST[..], &["mixed.ndjson"]].concat());
    let run = run.exits(1).says(&["mixed.ndjson:5: "]);
    assert_eq!(
        run.stdout,
        "mixed.ndjson:3  wrong  no usual mistake explains it: another key, or another URL\n\
         mixed.ndjson:4  missing  X-VOD-TIMESTAMP or X-VOD-SIGNATURE is missing\n\
         4 deliveries: 2 right, 1 wrong, 1 not signed; 1 line damaged\n"
    );
    sandbox
        .vodcb([&AGAINST[..], &["mixed.ndjson", "-o", "json"]].concat())
        .exits(2)
        .says(&["-o ndjson"]);
    sandbox
        .vodcb([&AGAINST[..], &["right.ndjson", "-o", "json"]].concat())
        .exits(2)
        .says(&["-o ndjson"]);
    // Signatures of long ago.
    let run = sandbox.vodcb([&AGAINST[..], &["right.ndjson", "--max-age", "9"]].concat());
    let run = run.exits(1);
    assert!(run.stdout.ends_with("0 right, 2 wrong, 0 not signed\n"));
    let row = "  wrong  the time is further away than --max-age allows\n";
    assert_eq!(
        run.stdout.matches(row).count(),
        2,
        "as the sum says: {run:?}"
    );
}

#[test]
fn a_recording_is_a_verdict_a_line_as_ndjson() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    sandbox.file(
        "mixed.ndjson",
        &format!("{}\n{{\"torn", recording().join("\n")),
    );
    let run = sandbox.vodcb([&AGAINST[..], &["mixed.ndjson", "-o", "ndjson"]].concat());
    let run = run.exits(1).says(&["not complete"]);
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = lines[..4]
        .iter()
        .map(|line| {
            (
                line["line"].as_u64(),
                line["valid"].as_bool(),
                line["signature"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some(1), Some(true), Some("right")),
            (Some(2), Some(true), Some("right")),
            (Some(3), Some(false), Some("wrong")),
            (Some(4), Some(false), Some("missing")),
        ]
    );
    assert_eq!(
        lines[4],
        serde_json::json!({"schema_version": 1, "kind": "summary", "deliveries": 4, "right": 2, "wrong": 1, "unsigned": 1, "damaged": 0})
    );
}

#[test]
fn one_delivery_in_a_file_is_the_only_result() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let line = recording().remove(0);
    let readable = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&line).unwrap());
    for text in [line, readable.unwrap()] {
        sandbox.file("one.ndjson", &text);
        let run = sandbox.vodcb([&AGAINST[..], &["one.ndjson", "-o", "json"]].concat());
        let document = run.exits(0).json();
        assert_eq!(document["valid"], true);
        assert_eq!(document["kind"], Value::Null);
    }
    // A line that a crash left half is no second one.
    let torn = format!("{}\n{{\"torn", recording().remove(0));
    sandbox.file("torn.ndjson", &torn);
    let run = sandbox.vodcb([&AGAINST[..], &["torn.ndjson", "-o", "json"]].concat());
    assert_eq!(run.exits(0).says(&["not complete"]).json()["valid"], true);
    for (text, why) in [
        ("", "there is no delivery"),
        ("\n\n", "there is no delivery"),
        ("{\"kind\":\"summary\"}\n", "there is no delivery"),
        ("nonsense", "this is no recorded delivery"),
        ("{\"headers\":[", "there is no delivery"),
    ] {
        sandbox.file("none", text);
        let run = sandbox.vodcb([&AGAINST[..], &["none"]].concat());
        run.exits(2).says(&[why]);
    }
}

/// The quick look at a line must never say anything else than the thorough one, whatever is wrong with it.
/// The delivery itself says which URL was signed: the key is right, and the URL that was given is another one.
#[test]
fn a_delivery_for_another_url_tells_which() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", AUTH_KEY);
    // MD5 of `https://shop.example.com/vod|1767225600|Qx7Lm2Vt9Rb4SandboxAuthKey`, by md5sum, and with `:8443`.
    let plain = ("shop.example.com", "94c11ba0b20c175fc9f53a5ebced6966");
    let port = ("shop.example.com:8443", "725d79b34db20c9770537fa7d64a427a");
    let reasons = |host: &str, signature: &str, url: &str| {
        let request = format!(
            "POST /vod HTTP/1.1\nHost: {host}\nX-Forwarded-Proto: https\nX-VOD-TIMESTAMP: {TIME}\nX-VOD-SIGNATURE: {signature}\n\n{{}}"
        );
        sandbox.file("request.txt", &request);
        let key = ["--auth-key-env", "VOD_KEY", "-o", "json"];
        let verify = ["verify", "--delivery", "request.txt", "--url", url];
        let run = sandbox.vodcb([&verify[..], &key].concat()).exits(1);
        let document = run.json();
        assert_eq!(document["signature"], "wrong");
        document["reasons"].clone()
    };
    for ((host, signature), url) in [
        (plain, "https://shop.example.cn/vod"),
        (plain, "https://shop.example.com/other"),
        (port, "https://shop.example.com/vod"),
    ] {
        let expected = format!(
            "the key is right (given key), and the URL is another one: it was signed for https://{host}/vod, as the request shows it, not for {url} (--url)"
        );
        let reasons = reasons(host, signature, url);
        assert_eq!(reasons, serde_json::json!([expected]));
    }
    // A usual mistake is named as such, and another key is not blamed on the URL.
    let slash = reasons(plain.0, plain.1, "https://shop.example.com/vod/");
    assert!(
        slash[0]
            .as_str()
            .unwrap()
            .starts_with("no slash at the end"),
        "{slash}"
    );
    let other = reasons(plain.0, port.1, "https://shop.example.cn/vod");
    assert!(
        other[0].as_str().unwrap().starts_with("no usual mistake"),
        "{other}"
    );
}

#[test]
fn what_is_looked_up_is_what_is_read() {
    let headers = [
        ("Host", "e"),
        ("x-vod-timestamp", TIME),
        ("X-VOD-SIGNATURE", SIGNATURE),
    ];
    let recorded = Recorded {
        received_at: Some("2026-01-01T00:00:00Z".to_owned()),
        method: Some("POST".to_owned()),
        target: Some("/".to_owned()),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        body: b"{}".to_vec(),
        ..Recorded::default()
    };
    let line = serde_json::to_vec(&recorded.envelope()).unwrap();
    let signed = record::signed(&line).unwrap();
    assert_eq!((signed.timestamp, signed.signature), (TIME, SIGNATURE));
    for at in 0..line.len() {
        for byte in *b"\"\\,:[]{}x1=\t\x80" {
            let mut other = line.clone();
            other[at] = byte;
            agrees(&other);
        }
        agrees(&line[..at]);
        agrees(&[&line[..at], &line[at + 1..]].concat());
        agrees(&[&line[..], &line[at..]].concat());
    }
    let repeated = [
        r#""x-vod-timestamp","1"],["x-vod-timestamp","#,
        &format!("{TIME:?}"),
    ]
    .concat();
    let text = String::from_utf8(line).unwrap();
    let repeated = text.replace(&format!(r#""x-vod-timestamp",{TIME:?}"#), &repeated);
    assert_eq!(record::signed(repeated.as_bytes()).unwrap().timestamp, "1");
    agrees(repeated.as_bytes());
    for line in recording() {
        agrees(line.as_bytes());
    }
}

fn agrees(line: &[u8]) {
    if let Some(signed) = record::signed(line) {
        let text = String::from_utf8_lossy(line);
        let read = record::read(line).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let claim = read.claim().unwrap();
        assert_eq!(
            (signed.timestamp, signed.signature),
            (&*claim.timestamp, &*claim.signature)
        );
    }
}

/// What would be guessed at would be sent, or be called wrong although it is right.
#[test]
fn an_envelope_of_others_is_read_whole_or_refused() {
    let read = |headers: &str, body: &str| {
        let line = format!(r#"{{"kind":"delivery","headers":{headers},"body":{body}}}"#);
        record::read(line.as_bytes())
    };
    for body in [
        "{}",
        "[]",
        "7",
        "true",
        r#"{"EventType":"TranscodeComplete"}"#,
    ] {
        let error = read("{}", body).unwrap_err();
        assert!(error.message.contains("its body is no text"), "{error:?}");
    }
    assert_eq!(read("{}", "null").unwrap().body, b"");
    assert_eq!(read("{}", r#""e30=""#).unwrap().body, b"{}");
    let pairs = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vec<_>>()
    };
    for (headers, expected) in [
        (r#"{"a":"1","b":["2"]}"#, &[("a", "1"), ("b", "2")][..]),
        (r#"{"a":["1","2"],"b":[]}"#, &[("a", "1"), ("a", "2")]),
        (
            r#"[["a","1"],["b",["2","3"]]]"#,
            &[("a", "1"), ("b", "2"), ("b", "3")],
        ),
    ] {
        assert_eq!(read(headers, "null").unwrap().headers, pairs(expected));
    }
    for headers in [
        r#"{"a":1}"#,
        r#"{"a":null}"#,
        r#"{"a":[["1"]]}"#,
        r#"[["a"]]"#,
        r#"[["a","1","2"]]"#,
        r#"[["a","1"],"b: 2"]"#,
        r#"[{"name":"a","value":"1"}]"#,
        r#"[[1,"2"]]"#,
    ] {
        let error = read(headers, "null").unwrap_err();
        assert!(
            error.message.contains("its headers are neither"),
            "{headers}: {error:?}"
        );
    }
    let signed = format!(r#"{{"X-VOD-TIMESTAMP":["{TIME}"],"X-VOD-SIGNATURE":["{SIGNATURE}"]}}"#);
    let claim = read(&signed, "null").unwrap().claim().unwrap();
    assert_eq!((&*claim.timestamp, &*claim.signature), (TIME, SIGNATURE));
}

/// The framing belongs to the connection, and is not sent again.
#[test]
fn a_request_in_pieces_is_put_together() {
    let read = |body: &str| {
        let head = "POST / HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\n";
        record::read(format!("{head}{body}").as_bytes())
    };
    for (body, expected) in [
        ("2\r\n{}\r\n0\r\n\r\n", "{}"),
        (
            "1;x=y\r\n{\r\n009\r\n\"a\":\"\r\n1\"\r\n1\r\n}\r\n0\r\nTrailer: t\r\n\r\n",
            "{\"a\":\"\r\n1\"}",
        ),
        ("2\n{}\n0\n\n", "{}"),
        ("0\r\n\r\n", ""),
        // Put together by what recorded it.
        ("{}", "{}"),
        ("{\n}", "{\n}"),
        ("", ""),
    ] {
        let recorded = read(body).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&recorded.body),
            expected,
            "{body:?}"
        );
        let sent = recorded.end_to_end_headers();
        assert!(sent.is_empty(), "{sent:?}");
    }
    for cut in [
        "2\r\n{}",
        "2\r\n{}\r\n",
        "3\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n{}\r\n",
    ] {
        let error = read(cut).unwrap_err();
        assert!(
            error.message.contains("its body is cut"),
            "{cut:?}: {error:?}"
        );
    }
}

/// A writer that goes slowly hands the first line out in pieces.
#[test]
fn a_pipe_that_begins_with_a_brace_alone_is_read_to_its_end() {
    use std::io::Write;
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let text = recording()[..3].join("\n") + "\n";
    for at in [1, 40] {
        let mut child = sandbox
            .command(AGAINST.into_iter().chain(["-"]))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let (begin, rest) = text.as_bytes().split_at(at);
        input.write_all(begin).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        input.write_all(rest).unwrap();
        drop(input);
        let run = Run::of(child.wait_with_output().unwrap()).exits(1);
        let end = "3 deliveries: 2 right, 1 wrong, 0 not signed\n";
        assert!(run.stdout.ends_with(end), "{run:?}");
    }
}

/// What a reader gives in pieces of any size is what it gives at once.
#[test]
fn a_recording_is_the_same_however_it_is_read() {
    let [right, _, wrong, _] = &recording()[..] else {
        unreachable!("four")
    };
    let readable = right.replace(",\"", ",\n  \"").replacen('{', "{\n", 1);
    let event = r#"{"EventType":"TranscodeComplete"}"#;
    for (text, places) in [
        (format!("{right}\n{wrong}\n"), &[Some(1), Some(2)][..]),
        (format!("\n \n{right}\n"), &[Some(3)]),
        (format!("{right} \n\n"), &[Some(1)]),
        (readable, &[None]),
        (format!("{event}\n\n"), &[None]),
        (format!("{event}\n{event}\n"), &[Some(1), Some(2)]),
        (event.replace(':', ":\n "), &[None]),
        // As after a crash.
        (format!("{{\"kind\":\n{right}\n"), &[Some(1), Some(2)]),
        ("POST / HTTP/1.1\nHost: e\n\n{}".to_owned(), &[None]),
        ("\r\n \nPOST / HTTP/1.1\nHost: e\n\n{}".to_owned(), &[None]),
    ] {
        for size in [1, 2, 30, 64 * 1024] {
            let mut found = Vec::new();
            let input = std::io::BufReader::with_capacity(size, text.as_bytes());
            let read = recording::read_from(input, "f", &mut |entry| {
                found.push(entry.line);
                ControlFlow::Continue(())
            });
            assert!(read.unwrap().is_continue());
            assert_eq!(found, places, "{text} by {size}");
        }
    }
}

/// Half a minute is for work that grows with their number, which takes a second at most; the square of a million
/// takes minutes.
#[test]
fn a_recording_may_begin_with_a_million_blank_lines() {
    let text = "\n".repeat(1_000_000) + &recording()[0] + "\n";
    let begin = std::time::Instant::now();
    let mut found = Vec::new();
    let read = recording::read_from(text.as_bytes(), "f", &mut |entry| {
        found.push((entry.line, entry.bytes.len()));
        ControlFlow::Continue(())
    });
    assert!(read.unwrap().is_continue());
    assert_eq!(found, [(Some(1_000_001), recording()[0].len())]);
    assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
}

/// A body and a header that the thorough look refuses, among others that are right: in either form, and for the exit code.
#[test]
fn what_is_damaged_is_told_in_every_form() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let right = recording()[0].replace("null", r#""2026-01-01T00:00:00Z""#);
    assert!(record::signed(right.as_bytes()).is_some());
    for (part, other) in [
        ("e30=", "!!!not base64"),
        ("e30=", "e30"),
        // These leave bits over that no byte has.
        ("e30=", "e31="),
        ("e30=", "e3=0e30="),
        ("\"Host\"", "\"Ho st\""),
        ("\"Host\"", "\"\""),
        ("\"/\"", "\"/\t\""),
    ] {
        let wrong = right.replace(part, other);
        let lines = [&*right, &wrong, &right].join("\n");
        sandbox.file("events.ndjson", &format!("{lines}\n"));
        for form in ["table", "ndjson"] {
            let args = AGAINST.into_iter().chain(["events.ndjson", "-o", form]);
            let run = sandbox.vodcb(args).exits(1);
            let counted = match form {
                "table" => "2 deliveries: 2 right, 0 wrong, 0 not signed; 1 line damaged",
                _ => r#""right":2,"wrong":0,"unsigned":0,"damaged":1"#,
            };
            assert!(run.stdout.contains(counted), "{other}: {run:?}");
        }
    }
    // Every letter of Base64 is one, in every place of eight.
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for at in 0..8 {
        let body = format!("{}{letters}{}", &letters[..at], &letters[at..8]);
        let line = right.replace("e30=", &body);
        assert!(record::signed(line.as_bytes()).is_some(), "{body}");
        agrees(line.as_bytes());
        for byte in 0..=127u8 {
            let mut line = right.replace("e30=", letters).into_bytes();
            let body = line.len() - letters.len() - 2;
            line[body + at] = byte;
            let is_letter = letters.as_bytes().contains(&byte);
            assert_eq!(record::signed(&line).is_some(), is_letter, "{byte}");
        }
    }
}

#[test]
fn the_configured_callback_gives_url_and_key() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox
        .vodcb(["set", "--http-url", URL, "--auth-key-env", "VOD_KEY"])
        .ok();
    let signature = sign(URL, TIME, &Secret::new(AUTH_KEY));
    let request = format!(
        "POST /vod HTTP/1.1\nX-VOD-TIMESTAMP: {TIME}\nX-VOD-SIGNATURE: {signature}\n\n{{}}"
    );
    let run = sandbox
        .vodcb_with_input(
            request.as_bytes(),
            ["verify", "--configured", "--delivery", "-", "-o", "json"],
        )
        .exits(0);
    assert_eq!(run.json()["key"], "configured key");
    assert!(!run.stdout.contains(AUTH_KEY));
    sandbox.vodcb(["delete", "--yes"]).ok();
    sandbox
        .vodcb([
            "verify",
            "--configured",
            "--timestamp",
            TIME,
            "--signature",
            &signature,
        ])
        .exits(2)
        .says(&["no HTTP callback is configured"]);
}
