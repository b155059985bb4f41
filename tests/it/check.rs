//! `vodcb check`: each fault is named, and nothing else.

mod configured;
mod queues;
mod secure;
mod vod;

use std::time::Duration;

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::receiver::{Deaf, Receiver, Reply, Request};
use crate::sandbox::{Run, Sandbox};

/// The key of the receivers here.
pub const KEY: &str = "Kq8Zt3Wm5Xc7Vb9N";

/// What a receiver looks at.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    pub signature: bool,
    pub age: bool,
    pub presence: bool,
}

pub const CAREFUL: Care = Care {
    signature: true,
    age: true,
    presence: true,
};

/// The vendor's formula, written down once more.
pub fn md5(url: &str, time: &str, key: &str) -> String {
    let digest = Md5::digest(format!("{url}|{time}|{key}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// True when a delivery is signed with the key by the vendor's formula.
pub fn is_signed(request: &Request, key: &str) -> bool {
    let host = request.header("host").unwrap();
    let url = format!("http://{host}{}", request.target);
    let time = request.header("x-vod-timestamp").unwrap_or_default();
    request.header("x-vod-signature") == Some(md5(&url, time, key).as_str())
}

/// 200 for what is in order, 401 for the rest.
pub fn judge(request: &Request, keys: &[&str], care: Care) -> Reply {
    let signed = keys.iter().any(|key| is_signed(request, key));
    let time = request.header("x-vod-timestamp");
    #[allow(clippy::disallowed_methods)] // a receiver has a clock of its own
    let now = Timestamp::now().as_second();
    let age = time.map_or(0, |time| (now - time.parse::<i64>().unwrap()).abs());
    let good = match time {
        None => !care.presence,
        Some(_) => (signed || !care.signature) && (age < 300 || !care.age),
    };
    Reply::Status(if good { 200 } else { 401 })
}

fn receiver(care: Care) -> Receiver {
    Receiver::judging(move |request, _| judge(request, &[KEY], care))
}

/// Checks that were not passed, without those that were skipped.
#[track_caller]
pub fn found(run: &Run) -> Vec<(String, String)> {
    let document = run.json();
    assert_eq!(document["schema_version"], 1);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = document["checks"].as_array().unwrap().iter();
    checks
        .map(|check| (text(&check["name"]), text(&check["result"])))
        .filter(|(_, result)| matches!(result.as_str(), "warn" | "fail"))
        .collect()
}

/// One check of a document.
#[track_caller]
pub fn check(run: &Run, name: &str) -> Value {
    let document = run.json();
    let checks = document["checks"].as_array().unwrap().clone();
    let mut checks = checks.into_iter();
    checks
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {document:#}"))
}

pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, result): &(&str, &str)| ((*name).to_owned(), (*result).to_owned());
    expected.iter().map(own).collect()
}

/// Every receiver of these tests is on this machine, which is told each time.
const HERE: (&str, &str) = ("dns", "warn");

fn checked(url: &str, more: &[&str]) -> Run {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let args = ["check", url, "--auth-key-env", "VOD_KEY", "-o", "json"];
    sandbox.vodcb([&args, more].concat())
}

#[test]
fn a_receiver_in_order_passes_everything_it_can() {
    let receiver = receiver(CAREFUL);
    let run = checked(&receiver.url("/vod?tenant=blue"), &["--deliver"]).ok();
    assert_eq!(found(&run), pairs(&[HERE]), "{run:?}");
    assert_eq!(run.json()["result"], "warn");
    let names: Vec<Value> = run.json()["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["name"].clone())
        .collect();
    assert_eq!(
        json!(names),
        json!([
            "url", "dns", "connect", "tls", "redirect", "delivery", "latency", "forged", "stale",
            "unsigned"
        ])
    );
    let requests = receiver.requests();
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_eq!(request.method, "POST");
        assert_eq!(request.target, "/vod?tenant=blue");
        assert_eq!(request.header("content-type"), Some("application/json"));
        let event = request.json();
        assert_eq!(event["EventType"], "FileUploadComplete");
        assert!(event["Extend"].as_str().unwrap().contains("test delivery"));
    }
    let ids: std::collections::BTreeSet<String> = requests
        .iter()
        .map(|request| request.json()["VideoId"].to_string())
        .collect();
    assert_eq!(ids.len(), 4, "no test is a duplicate of another");
    checked(&receiver.url("/vod"), &["--deliver", "--strict"]).exits(1);
}

/// Faults of the answer to a good delivery.
#[test]
fn a_receiver_that_does_not_answer_200_is_named_by_its_answer() {
    let moved = "location: https://elsewhere.example.com/\r\n";
    for (reply, name, words) in [
        (Reply::Status(204), "delivery", "answered 204"),
        (
            Reply::With(301, moved, ""),
            "redirect",
            "https://elsewhere.example.com/",
        ),
        (Reply::Status(400), "delivery", "answered 400"),
        (Reply::Status(401), "delivery", "answered 401"),
        (Reply::Status(500), "delivery", "answered 500"),
        (Reply::Close, "delivery", "connection"),
    ] {
        let receiver = Receiver::start(&[reply]);
        let run = checked(&receiver.url("/vod"), &["--deliver"]).exits(1);
        assert_eq!(found(&run), pairs(&[HERE, (name, "fail")]), "{run:?}");
        let check = check(&run, name);
        assert!(check["cause"].as_str().unwrap().contains(words), "{check}");
        assert!(!check["remedy"].as_str().unwrap().is_empty());
        assert_eq!(receiver.requests().len(), 1, "one is enough: {name}");
    }
}

#[test]
fn slow_receivers_are_told_from_late_ones() {
    let late = Receiver::start(&[Reply::After(Duration::from_secs(6), 200)]);
    let run = checked(&late.url("/vod"), &["--deliver"]).exits(1);
    assert_eq!(found(&run), pairs(&[HERE, ("delivery", "fail")]), "{run:?}");
    let cause = check(&run, "delivery")["cause"].to_string();
    assert!(cause.contains("no answer within 5 s"), "{cause}");
    let slow = Receiver::judging(
        |request, count| match (count, judge(request, &[KEY], CAREFUL)) {
            (0, _) => Reply::After(Duration::from_millis(2300), 200),
            (_, reply) => reply,
        },
    );
    let run = checked(&slow.url("/vod"), &["--deliver"]).ok();
    assert_eq!(found(&run), pairs(&[HERE, ("latency", "warn")]), "{run:?}");
}

#[test]
fn what_a_receiver_should_refuse_is_a_warning_each() {
    for (care, name) in [
        (
            Care {
                signature: false,
                age: false,
                presence: false,
            },
            "forged",
        ),
        (
            Care {
                signature: false,
                ..CAREFUL
            },
            "forged",
        ),
        (
            Care {
                age: false,
                ..CAREFUL
            },
            "stale",
        ),
        (
            Care {
                presence: false,
                ..CAREFUL
            },
            "unsigned",
        ),
    ] {
        let receiver = receiver(care);
        let run = checked(&receiver.url("/vod"), &["--deliver"]).ok();
        assert_eq!(
            found(&run),
            pairs(&[HERE, (name, "warn")]),
            "{care:?} {run:?}"
        );
    }
}

/// A time-out, a crash and a redirect are no refusals: nothing says that the signature was looked at.
#[test]
fn what_is_no_refusal_proves_nothing() {
    for (reply, words) in [
        (Reply::Close, "was not answered"),
        (Reply::Status(500), "answered 500, which is no refusal"),
        (Reply::Status(301), "answered 301, which is no refusal"),
        (Reply::Status(204), "answered 204, which is no refusal"),
    ] {
        let receiver = Receiver::judging(move |request, _| match judge(request, &[KEY], CAREFUL) {
            Reply::Status(401) => reply.clone(),
            good => good,
        });
        let run = checked(&receiver.url("/vod"), &["--deliver"]).ok();
        assert_eq!(found(&run), pairs(&[HERE, ("forged", "warn")]), "{run:?}");
        let check = check(&run, "forged");
        assert!(check["cause"].as_str().unwrap().contains(words), "{check}");
        assert!(!check["remedy"].as_str().unwrap().is_empty());
    }
}

#[test]
fn nobody_listens_and_no_name_are_told_apart() {
    let deaf = Deaf::new();
    let run = checked(&format!("http://{}/vod", deaf.address()), &["--deliver"]).exits(1);
    assert_eq!(found(&run), pairs(&[HERE, ("connect", "fail")]), "{run:?}");
    // A label has 63 characters at most, so that this name is refused without asking anybody.
    let url = format!("http://{}.example.com/vod", "a".repeat(64));
    let run = checked(&url, &["--deliver"]).exits(1);
    assert_eq!(found(&run), pairs(&[("dns", "fail")]), "{run:?}");
    assert_eq!(check(&run, "delivery")["cause"], "because dns failed");
}

#[test]
fn a_url_against_the_rules_is_not_called() {
    for url in [
        "ftp://example.com/vod",
        "http://localhost/vod#part",
        "example.com/vod",
        &format!("http://localhost/{}", "a".repeat(240)),
    ] {
        let run = checked(url, &["--deliver"]).exits(1);
        assert_eq!(found(&run), pairs(&[("url", "fail")]), "{run:?}");
    }
    let receiver = receiver(CAREFUL);
    let url = receiver.url("/vod").replace("http://", "http://me:pw@");
    let run = checked(&url, &["--only", "url"]).ok();
    assert_eq!(found(&run), pairs(&[("url", "warn")]), "{run:?}");
}

#[test]
fn nothing_is_delivered_without_consent() {
    let receiver = receiver(CAREFUL);
    for more in [
        &[][..],
        &["--deliver", "--dry-run"],
        &["--deliver", "--only", "dns,connect"],
    ] {
        let run = checked(&receiver.url("/vod"), more).ok();
        assert_eq!(found(&run), pairs(&[HERE]), "{run:?}");
    }
    let run = checked(&receiver.url("/vod"), &[]);
    assert_eq!(check(&run, "delivery")["result"], "skip");
    assert!(
        check(&run, "delivery")["cause"]
            .to_string()
            .contains("--deliver")
    );
    assert!(receiver.requests().is_empty());
    checked(&receiver.url("/vod"), &["--yes"]).ok();
    assert_eq!(receiver.requests().len(), 4);
}

#[test]
fn without_a_key_one_unsigned_delivery_is_enough() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let run = Sandbox::offline()
        .vodcb(["check", &receiver.url("/vod"), "--deliver", "-o", "json"])
        .ok();
    assert_eq!(found(&run), pairs(&[HERE]), "{run:?}");
    assert!(
        check(&run, "forged")["cause"]
            .to_string()
            .contains("no key")
    );
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("x-vod-signature"), None);
}

#[test]
fn only_shows_what_was_named_and_what_kept_it_from_being_made() {
    let run = checked("ftp://example.com/", &["--only", "tls", "--deliver"]).exits(1);
    let names: Vec<Value> = run.json()["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["name"].clone())
        .collect();
    assert_eq!(json!(names), json!(["url", "tls"]));
    let failing = Receiver::start(&[Reply::Close]);
    let url = failing.url("/vod");
    let run = checked(&url, &["--only", "forged", "--deliver"]).exits(1);
    assert_eq!(found(&run), pairs(&[("delivery", "fail")]), "{run:?}");
    assert_eq!(run.json()["result"], "fail");
    assert_eq!(check(&run, "forged")["cause"], "because delivery failed");
    checked("http://localhost/", &["--only", "colour"])
        .exits(2)
        .says(&["is not the name of a check", "redirect"]);
    checked("http://localhost/", &["--only", ","]).exits(2);
}

#[test]
fn what_does_not_belong_to_the_destination_is_skipped_and_proves_nothing() {
    let receiver = receiver(CAREFUL);
    let url = receiver.url("/vod");
    let run = checked(&url, &["--only", "queue-exists,configured"]).exits(1);
    assert_eq!(
        check(&run, "queue-exists")["cause"],
        "this callback is no queue"
    );
    assert_eq!(
        check(&run, "configured")["cause"],
        "only the receiver was looked at"
    );
    let run = checked(&url, &["--only", "queue-exists,dns"]).ok();
    assert_eq!(check(&run, "queue-exists")["result"], "skip");

    let sandbox = Sandbox::new();
    let queue = ["set", "--mns-queue", "q", "--no-queue-check"];
    sandbox.vodcb(queue).ok();
    let tls = ["check", "--only", "tls"];
    let run = sandbox.vodcb(tls).exits(1).says(&["no check was made"]);
    assert!(run.stdout.contains("this callback is a queue"), "{run:?}");

    // Without credentials nobody knows what the destination is.
    let run = Sandbox::offline().vodcb(["check", "--only", "tls", "-o", "json"]);
    let run = run.exits(1);
    assert_eq!(found(&run), pairs(&[("credentials", "fail")]), "{run:?}");
    assert_eq!(check(&run, "tls")["cause"], "because credentials failed");
}

#[test]
fn a_proxy_takes_the_way_to_the_receiver() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let run = sandbox
        .vodcb(["check", "https://example.com/vod", "-o", "json"])
        .ok();
    assert_eq!(found(&run), []);
    for name in ["dns", "connect", "tls"] {
        let check = check(&run, name);
        assert!(check["cause"].to_string().contains("proxy"), "{check}");
    }
}

#[test]
fn the_table_says_everything_in_words() {
    let receiver = receiver(Care {
        age: false,
        ..CAREFUL
    });
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", KEY);
    let url = receiver.url("/vod");
    let args = [
        "check",
        &url,
        "--auth-key-env",
        "VOD_KEY",
        "--deliver",
        "--only",
        "delivery,stale",
    ];
    let run = sandbox.vodcb(args).ok();
    assert_eq!(
        run.stdout,
        "CHECK     RESULT  FOUND\n\
         delivery  ✓ pass  answered 200 (signed)\n\
         stale     ! warn  a signature of an hour ago was answered 200\n                  \
         -> refuse X-VOD-TIMESTAMP when it is further than five minutes from now, so that a delivery cannot be repeated by others\n"
    );
    assert_eq!(run.stderr, "1 warning, 1 passed\n");
    assert!(!run.stdout.contains(KEY) && !run.stderr.contains(KEY));
    sandbox.vodcb(["check", &url, "-o", "raw"]).exits(2);
}

#[test]
fn addresses_are_public_or_not() {
    use vodcb::probe::Verdict;
    use vodcb::probe::network::{From, dns};
    let classed = |text: &str, addresses: &[&str], from| {
        let url = url::Url::parse(text).unwrap();
        let addresses: Vec<_> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        dns(&url.host().unwrap(), &addresses, from).result
    };
    // RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291; written as the host itself.
    for host in [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "[fd00::1]",
        "[fe80::1]",
    ] {
        for from in [From::Internet, From::HereToo] {
            let url = format!("http://{host}/");
            let plain = host.trim_matches(['[', ']']);
            assert_eq!(classed(&url, &[plain], from), Verdict::Fail, "{host}");
        }
    }
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let url = format!("http://{host}/");
        assert_eq!(classed(&url, &["127.0.0.1"], From::Internet), Verdict::Fail);
        assert_eq!(classed(&url, &["127.0.0.1"], From::HereToo), Verdict::Warn);
    }
    let name = "http://vod.example.com/";
    assert_eq!(
        classed(name, &["93.184.216.34"], From::Internet),
        Verdict::Pass
    );
    assert_eq!(classed(name, &["10.0.0.8"], From::Internet), Verdict::Warn);
    assert_eq!(
        classed(name, &["93.184.216.34", "fe80::1"], From::Internet),
        Verdict::Warn
    );
    assert_eq!(
        classed("http://8.8.8.8/", &["8.8.8.8"], From::Internet),
        Verdict::Pass
    );
    assert_eq!(
        classed("http://172.32.0.1/", &["172.32.0.1"], From::Internet),
        Verdict::Pass
    );
    assert_eq!(
        classed("http://intranet/", &["93.184.216.34"], From::HereToo),
        Verdict::Fail
    );
}
