//! Verdicts on signatures, as they are shown and acted upon.

use super::world::{Client, EVENT, Listening, post};
use crate::sandbox::{AUTH_KEY, Sandbox};

/// MD5 of `http://receiver.test/vod?tenant=blue|1767225600|Qx7Lm2Vt9Rb4SandboxAuthKey`, by md5sum.
const SHOWN: &str = "2bc57c0eba80d48e601cde122764efc7";
/// The same of `https://hooks.example.org/vod`.
const CONFIGURED: &str = "f9224d2d64336c093c5729d8f83062ba";
/// The same of `https://hooks.example.org/vod/`.
const WITH_SLASH: &str = "d8a2c9d7b53c7c711cc04c6c96ab6107";
/// The same of `https://hooks.example.org/vod` with the key `Nw3Kd8Zp5Hs1`.
const PREVIOUS: &str = "2f18e09b357854c3a409086a98e1d4a4";

const TIME: (&str, &str) = ("x-vod-timestamp", "1767225600");
const URL: &str = "https://hooks.example.org/vod";

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", AUTH_KEY);
    sandbox.set("OLD", "Nw3Kd8Zp5Hs1");
    sandbox
}

#[test]
fn without_a_url_the_request_shows_it() {
    let sandbox = sandbox();
    let args = [
        "--auth-key-env",
        "KEY",
        "--require-signature",
        "-o",
        "ndjson",
        "--exit-after",
        "1",
    ];
    let listening = Listening::start(&sandbox, args);
    let signed = |signature| [TIME, ("x-vod-signature", signature)];
    assert_eq!(post(listening.address, &[], EVENT), 401);
    assert_eq!(post(listening.address, &signed(CONFIGURED), EVENT), 401);
    assert_eq!(post(listening.address, &signed(SHOWN), EVENT), 200);
    let run = listening.end().ok();
    let lines = run.lines();
    let verdicts: Vec<_> = lines[1..4]
        .iter()
        .map(|line| {
            (
                line["signature"].as_str().unwrap(),
                line["answer"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(verdicts, [("missing", 401), ("wrong", 401), ("right", 200)]);
    assert_eq!(lines[3]["key"], "given key");
    assert_eq!(lines[4]["deliveries"], 1);
    assert_eq!(lines[4]["refused"], 2);
    assert!(!format!("{run:?}").contains(AUTH_KEY));
}

/// Two proxies name the host that each of them was asked for, in one header or in two.
#[test]
fn every_host_that_proxies_name_is_tried() {
    let sandbox = sandbox();
    let args = [
        "--auth-key-env",
        "KEY",
        "--require-signature",
        "--exit-after",
        "3",
    ];
    let listening = Listening::start(&sandbox, args);
    for hosts in [
        &["hooks.example.org, edge.example.net"][..],
        &["edge.example.net,hooks.example.org"],
        &["edge.example.net", "hooks.example.org"],
    ] {
        let signed = [TIME, ("x-vod-signature", CONFIGURED)];
        let hosts = hosts.iter().map(|host| ("x-forwarded-host", *host));
        let headers: Vec<_> = signed.into_iter().chain(hosts).collect();
        let mut client = Client::to(listening.address);
        client.post("/vod", &headers, EVENT.as_bytes());
        assert_eq!(client.answer().unwrap().status, 200, "{headers:?}");
    }
    listening.end().ok();
}

/// A URL without a path is signed without one, and asked for as `/`.
#[test]
fn the_url_that_a_request_shows_may_have_no_path() {
    let sandbox = sandbox();
    let args = [
        "--auth-key-env",
        "KEY",
        "--require-signature",
        "--exit-after",
        "2",
    ];
    let listening = Listening::start(&sandbox, args);
    for (target, signature) in [
        // MD5 of `http://receiver.test|1767225600|Qx7Lm2Vt9Rb4SandboxAuthKey`, by md5sum.
        ("/", "062389afe7317414b2160c09d89ec6c2"),
        // The same of `https://receiver.test?a=b`.
        ("/?a=b", "d9c950a58f47c0734d496c7e4cbce78b"),
    ] {
        let mut client = Client::to(listening.address);
        client.post(
            target,
            &[TIME, ("x-vod-signature", signature)],
            EVENT.as_bytes(),
        );
        assert_eq!(client.answer().unwrap().status, 200, "{target}");
    }
    listening.end().ok();
}

/// What no request line holds is signed as it was configured; a `%3A` that was configured is signed as such.
#[test]
fn the_url_that_a_request_shows_may_be_percent_encoded() {
    let sandbox = sandbox();
    let key = ["--auth-key-env", "KEY"];
    let args = ["--require-signature", "--exit-after", "3"];
    let listening = Listening::start(&sandbox, key.into_iter().chain(args));
    for (target, signature) in [
        // MD5 of `http://receiver.test/回调?u=https%3A%2F%2Fb|1767225600|Qx7Lm2Vt9Rb4SandboxAuthKey`, by md5sum.
        (
            "/%E5%9B%9E%e8%b0%83?u=https%3A%2F%2Fb",
            "a8501208730d6869dd025be0ed3f8c62",
        ),
        // The same of `http://receiver.test/{a}?b=<|>`.
        ("/%7Ba%7D?b=%3C%7C%3E", "25449e233be1d416cd9612dda5155841"),
    ] {
        let mut client = Client::to(listening.address);
        let headers = [TIME, ("x-vod-signature", signature)];
        client.post(target, &headers, EVENT.as_bytes());
        assert_eq!(client.answer().unwrap().status, 200, "{target}");
    }
    let url = format!("{}/回调", listening.url.trim_end_matches('/'));
    let send = ["send", "TranscodeComplete", "--to", &url];
    sandbox.vodcb(send.into_iter().chain(key)).ok();
    listening.end().ok();
}

#[test]
fn a_listener_takes_what_is_sent_to_the_url_it_names() {
    let sandbox = sandbox();
    let key = ["--auth-key-env", "KEY"];
    let args = key
        .into_iter()
        .chain(["--require-signature", "--exit-after", "1"]);
    let listening = Listening::start(&sandbox, args);
    let send = ["send", "TranscodeComplete", "--to", &listening.url];
    sandbox.vodcb(send.into_iter().chain(key)).ok();
    listening.end().ok();
}

#[test]
fn a_signature_with_an_unknown_key_has_a_reason_too() {
    let sandbox = sandbox();
    let args = [
        "--auth-key-env",
        "KEY",
        "--url",
        URL,
        "--exit-after",
        "2",
        "-o",
        "ndjson",
    ];
    let listening = Listening::start(&sandbox, args);
    // One after the other on one connection, far less than a tenth of a second apart.
    let mut client = Client::to(listening.address);
    for _ in 0..2 {
        client.post(
            "/",
            &[TIME, ("x-vod-signature", PREVIOUS)],
            EVENT.as_bytes(),
        );
        assert_eq!(client.answer().unwrap().status, 200);
    }
    let run = listening.end().ok().says(&["another key, or another URL"]);
    for line in &run.lines()[1..3] {
        assert_eq!(line["reasons"].as_array().unwrap().len(), 1, "{line}");
    }
}

#[test]
fn a_wrong_signature_is_shown_and_explained_once() {
    let sandbox = sandbox();
    let args = ["--auth-key-env", "KEY", "--url", URL, "--exit-after", "3"];
    let listening = Listening::start(&sandbox, args);
    for _ in 0..3 {
        let headers = [TIME, ("X-VOD-SIGNATURE", WITH_SLASH)];
        assert_eq!(post(listening.address, &headers, EVENT), 200);
        // Mistakes are looked for ten times a second at most.
        std::thread::sleep(std::time::Duration::from_millis(110));
    }
    let run = listening.end().ok();
    assert_eq!(run.stdout.matches("signature WRONG").count(), 3, "{run:?}");
    let explained = "a slash at the end: it was signed for https://hooks.example.org/vod/";
    assert_eq!(run.stderr.matches(explained).count(), 1, "{run:?}");
}

#[test]
fn either_key_is_right_while_keys_change() {
    let sandbox = sandbox();
    let keys = [
        "--auth-key-env",
        "KEY",
        "--previous-key-env",
        "OLD",
        "--url",
        URL,
    ];
    let listening = Listening::start(&sandbox, keys.into_iter().chain(["--exit-after", "2"]));
    post(
        listening.address,
        &[TIME, ("x-vod-signature", CONFIGURED)],
        "{}",
    );
    post(
        listening.address,
        &[TIME, ("x-vod-signature", PREVIOUS)],
        "{}",
    );
    let run = listening.end().ok();
    assert!(
        run.stdout.contains("signature right (given key)"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("signature right (previous key)"),
        "{run:?}"
    );
}

#[test]
fn an_old_time_counts_as_wrong_when_an_age_is_named() {
    let sandbox = sandbox();
    let args = [
        "--auth-key-env",
        "KEY",
        "--url",
        URL,
        "--max-age",
        "300",
        "--exit-after",
        "1",
    ];
    let listening = Listening::start(&sandbox, args);
    post(
        listening.address,
        &[TIME, ("x-vod-signature", CONFIGURED)],
        "{}",
    );
    let run = listening
        .end()
        .ok()
        .says(&["further away than --max-age allows"]);
    assert!(run.stdout.contains("signature WRONG"), "{run:?}");
}

/// A clock that was set back: every delivery comes from the future, and is right but for its time.
#[test]
fn a_clock_that_is_behind_judges_times_in_the_future() {
    let sandbox = sandbox();
    // MD5 of `https://hooks.example.org/vod|4102444800|Qx7Lm2Vt9Rb4SandboxAuthKey`, by md5sum.
    let future = [
        ("x-vod-timestamp", "4102444800"),
        ("x-vod-signature", "403bdfff38ae37bf46822aceffecf767"),
    ];
    for (age, said) in [
        ("300", "further away than --max-age allows"),
        ("9999999999", "signature right"),
    ] {
        let args = ["--auth-key-env", "KEY", "--url", URL, "--exit-after", "1"];
        let args = args.into_iter().chain(["--max-age", age]);
        let listening = Listening::start(&sandbox, args);
        post(listening.address, &future, "{}");
        let run = listening.end().ok();
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains(said), "{age}: {run:?}");
    }
}

#[test]
fn url_and_key_come_from_the_configured_callback() {
    let mut sandbox = Sandbox::new();
    sandbox.set("KEY", AUTH_KEY);
    sandbox
        .vodcb(["set", "--http-url", URL, "--auth-key-env", "KEY"])
        .ok();
    let args = ["--configured", "--require-signature", "--exit-after", "1"];
    let listening = Listening::start(&sandbox, args);
    assert_eq!(
        post(
            listening.address,
            &[TIME, ("x-vod-signature", SHOWN)],
            EVENT
        ),
        401
    );
    assert_eq!(
        post(
            listening.address,
            &[TIME, ("x-vod-signature", CONFIGURED)],
            EVENT
        ),
        200
    );
    listening.end().ok();

    sandbox.vodcb(["set", "--auth", "off"]).ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    sandbox
        .vodcb(["listen", "--configured"])
        .exits(2)
        .says(&["no HTTP callback is configured"]);
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    sandbox.vodcb(["listen", "--configured"]).exits(2).says(&[
        "key is needed",
        "VOD does not sign",
        "--generate-auth-key",
    ]);
}

#[test]
fn a_delivery_for_another_url_than_given_tells_which() {
    let sandbox = sandbox();
    let url = "https://hooks.example.cn/vod";
    let args = ["--auth-key-env", "KEY", "--url", url, "--exit-after", "1"];
    let listening = Listening::start(&sandbox, args);
    let signed = [TIME, ("x-vod-signature", SHOWN)];
    assert_eq!(post(listening.address, &signed, EVENT), 200);
    let run = listening.end().ok().says(&[
        "the key is right (given key)",
        "it was signed for http://receiver.test/vod?tenant=blue, as the request shows it, not for https://hooks.example.cn/vod (--url)",
    ]);
    assert!(run.stdout.contains("signature WRONG"), "{run:?}");
}
