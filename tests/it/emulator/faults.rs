//! Everything that can be made to go wrong, and what is left behind.

use std::time::{Duration, Instant};

use vodcb::emulator::{Fault, Quirks};
use vodcb::error::Kind;

use super::twin::{Reply, Twin, signed};

/// Sets a callback and tells what came back.
fn attempt(twin: &Twin) -> Option<Reply> {
    let set = [
        ("CallbackType", "HTTP"),
        ("CallbackURL", "https://example.com/vod"),
        ("EventTypeList", "ALL"),
    ];
    twin.form(&signed("SetMessageCallback", &set))
}

fn is_stored(twin: &Twin) -> bool {
    twin.get().callback("CallbackURL").is_some()
}

#[test]
fn refusals_without_effect() {
    let cases = [
        ("throttle", 400, "Throttling.User"),
        ("internal", 500, "InternalError"),
        ("unavailable", 503, "ServiceUnAvailable"),
        (
            "error=InvalidTimeStamp.Expired",
            400,
            "InvalidTimeStamp.Expired",
        ),
        ("deny", 403, "Forbidden.RAM"),
        ("denied-app", 403, "Forbidden"),
        ("suspended", 403, "OperationDenied.Suspended"),
        ("not-activated", 403, "OperationDenied"),
    ];
    for (kind, status, code) in cases {
        let twin = Twin::with_faults(&[&format!("set:{kind}")]);
        assert_eq!(attempt(&twin).unwrap().verdict(), (status, code.to_owned()));
        assert!(!is_stored(&twin), "{kind}");
        assert_eq!(twin.outcomes()[0], format!("SetMessageCallback {code}"));
    }
}

#[test]
fn a_throttled_client_is_told_how_long_to_wait() {
    let twin = Twin::with_faults(&["throttle=250*1", "throttle*1"]);
    assert_eq!(attempt(&twin).unwrap().headers["x-acs-retry-after"], "250");
    assert!(
        !attempt(&twin)
            .unwrap()
            .headers
            .contains_key("x-acs-retry-after")
    );
    assert_eq!(attempt(&twin).unwrap().status, 200);
}

#[test]
fn a_denial_names_the_action() {
    let twin = Twin::with_faults(&["deny"]);
    let answer = twin.get().json();
    assert_eq!(
        answer["AccessDeniedDetail"]["AuthAction"],
        "vod:GetMessageCallback"
    );
    assert_eq!(
        answer["AccessDeniedDetail"]["NoPermissionType"],
        "ImplicitDeny"
    );
    assert_eq!(twin.call("GetCallerIdentity", &[]).code(), "OK");
    let twin = Twin::with_faults(&["identity:deny"]);
    assert_eq!(twin.call("GetCallerIdentity", &[]).code(), "Forbidden.RAM");
}

#[test]
fn a_reset_before_leaves_nothing_and_a_reset_after_leaves_the_write() {
    for (kind, stored) in [("reset-before", false), ("reset-after", true)] {
        let twin = Twin::with_faults(&[&format!("set:{kind}*1")]);
        assert!(attempt(&twin).is_none(), "{kind}");
        assert_eq!(is_stored(&twin), stored, "{kind}");
        assert_eq!(attempt(&twin).unwrap().status, 200);
        assert_eq!(twin.outcomes()[0], format!("SetMessageCallback {kind}"));
    }
}

#[test]
fn a_failure_after_the_effect() {
    let twin = Twin::with_faults(&["SetMessageCallback:internal-after"]);
    assert_eq!(
        attempt(&twin).unwrap().verdict(),
        (500, "InternalError".into())
    );
    assert!(is_stored(&twin));
    assert_eq!(twin.outcomes()[0], "SetMessageCallback internal-after");
}

#[test]
fn faults_after_the_effect_spare_calls_that_are_not_let_through() {
    let twin = Twin::with_faults(&["set:reset-after*1"]);
    let mut forged = signed("SetMessageCallback", &[]);
    forged.insert("Signature".into(), "x".into());
    assert_eq!(twin.form(&forged).unwrap().code(), "SignatureDoesNotMatch");
    assert!(attempt(&twin).is_none());
}

#[test]
fn answers_that_are_none() {
    for (kind, status, beginning) in [
        ("garbage", 200, "{\"RequestId\""),
        ("html", 502, "<!DOCTYPE"),
        ("html-ok", 200, "<!DOCTYPE"),
    ] {
        let twin = Twin::with_faults(&[&format!("set:{kind}")]);
        let reply = attempt(&twin).unwrap();
        assert_eq!(reply.status, status);
        assert!(reply.body.starts_with(beginning));
        assert!(serde_json::from_str::<serde_json::Value>(&reply.body).is_err());
        assert!(!is_stored(&twin));
    }
}

#[test]
fn a_truncated_answer_promises_more_than_comes() {
    let twin = Twin::with_faults(&["set:truncate"]);
    let reply = attempt(&twin).unwrap();
    let promised: usize = reply.headers["content-length"].parse().unwrap();
    assert!(
        !reply.body.is_empty() && reply.body.len() < promised,
        "{reply:?}"
    );
    assert!(is_stored(&twin));
}

#[test]
fn delays_before_and_after_the_effect() {
    for kind in ["slow", "slow-after"] {
        let twin = Twin::with_faults(&[&format!("set:{kind}=1500*1")]);
        let begin = Instant::now();
        assert_eq!(attempt(&twin).unwrap().status, 200);
        assert!(begin.elapsed() >= Duration::from_millis(1500));
        let begin = Instant::now();
        assert!(is_stored(&twin));
        assert!(begin.elapsed() < Duration::from_millis(1500));
    }
}

#[test]
fn a_slow_write_happens_although_the_client_hung_up() {
    let twin = Twin::with_faults(&["set:slow=2000"]);
    let all = signed(
        "SetMessageCallback",
        &[
            ("CallbackType", "HTTP"),
            ("CallbackURL", "http://a.example.com"),
        ],
    );
    let body = vodcb::openapi::canonical_query(&all);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(twin.address()).unwrap();
    std::io::Write::write_all(&mut stream, format!("{head}{body}").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    drop(stream);
    assert!(!is_stored(&twin));
    let begin = Instant::now();
    while !is_stored(&twin) {
        assert!(begin.elapsed() < Duration::from_secs(30), "it was dropped");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_wrong_clock_shows_in_checks_and_date() {
    let twin = Twin::with_faults(&["skew=3600"]);
    let reply = twin.get();
    assert_eq!(reply.verdict(), (400, "InvalidTimeStamp.Expired".into()));
    assert_eq!(reply.headers["date"], "Sun, 01 Mar 2026 09:05:00 GMT");
    let twin = Twin::with_faults(&["skew=-600"]);
    let reply = twin.get();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["date"], "Sun, 01 Mar 2026 07:55:00 GMT");
}

#[test]
fn what_somebody_else_wrote() {
    let twin = Twin::with_faults(&["drop-events*1", "foreign*1"]);
    assert_eq!(attempt(&twin).unwrap().status, 200);
    assert_eq!(twin.get().callback("EventTypeList").as_deref(), Some(""));
    assert_eq!(attempt(&twin).unwrap().status, 200);
    assert_eq!(
        twin.get().callback("CallbackURL").as_deref(),
        Some("https://other.example.com/hook")
    );
    assert_eq!(attempt(&twin).unwrap().status, 200);
    assert_eq!(
        twin.get().callback("CallbackURL").as_deref(),
        Some("https://example.com/vod")
    );
    let sets: Vec<String> = twin
        .outcomes()
        .into_iter()
        .filter(|call| call.starts_with("Set"))
        .collect();
    assert_eq!(
        sets,
        [
            "SetMessageCallback drop-events",
            "SetMessageCallback foreign",
            "SetMessageCallback OK"
        ]
    );
}

#[test]
fn a_list_of_faults_happens_one_after_the_other() {
    let twin = Twin::with_faults(&["set:reset-after*1", "get:internal*1", "throttle*1"]);
    assert!(attempt(&twin).is_none());
    assert_eq!(twin.get().code(), "InternalError");
    assert_eq!(attempt(&twin).unwrap().code(), "Throttling.User");
    assert_eq!(twin.get().code(), "OK");
}

#[test]
fn specifications() {
    for good in [
        "throttle",
        "throttle=100*2",
        "get:slow=5",
        "GetCallerIdentity:deny*1",
        "error=A.B-C_d*3",
        "skew=-5",
        "set:foreign",
        "assume:throttle*1",
        "AssumeRoleWithOIDC:deny",
        "imds:reset-before",
        "uri:html",
        "sso:truncate",
        "oauth:slow=5",
    ] {
        assert!(Fault::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "bang",
        "put:deny",
        "slow",
        "slow=x",
        "error",
        "error=",
        "error=a b",
        "deny=1",
        "deny*",
        "deny*x",
        "throttle=",
        "skew=1e5",
        "skew=99999999999999",
        "get:foreign",
        ":deny",
        "get@:deny",
        "@:deny",
        "imds:deny",
        "assume:foreign",
    ] {
        let error = Fault::parse(bad).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{bad}");
        assert!(
            error.hints.iter().any(|hint| hint.contains("reset-after")),
            "{bad}"
        );
    }
}

#[test]
fn help_and_manual_name_every_action_kind_and_quirk() {
    let hints = Fault::parse("").unwrap_err().hints;
    let quirks = Quirks::default().apply("").unwrap_err().hints.remove(0);
    let actions = hints[0].split("one of ").nth(1).unwrap();
    let kinds = hints[1].strip_prefix("kinds are ").unwrap();
    let quirks = quirks.strip_prefix("quirks are ").unwrap();
    let quirks = quirks.replace(" and ", ", ");
    let help = include_str!("../../../src/commands/emulator.rs");
    let manual = include_str!("../../../docs/emulator.md");
    let words: Vec<&str> = [actions, kinds, &quirks]
        .into_iter()
        .flat_map(|list| list.split(", "))
        .map(|word| word.split(['[', '=']).next().unwrap())
        .collect();
    assert_eq!(words.len(), 28 + 25 + 15);
    for word in words {
        let end = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
        let in_help = help.split(end).any(|part| part == word);
        assert!(in_help, "the help lacks {word}");
        assert!(
            manual.contains(&format!("`{word}")),
            "the manual lacks {word}"
        );
    }
}

#[test]
fn an_answer_in_disguise() {
    let twin = Twin::with_faults(&["set:wrong-type*1", "set:huge-headers*1"]);
    let reply = attempt(&twin).unwrap();
    assert_eq!((reply.status, reply.code().as_str()), (200, "OK"));
    assert_eq!(reply.headers["content-type"], "text/plain");
    let reply = attempt(&twin).unwrap();
    assert_eq!(reply.headers["x-padding"].len(), 8192);
    assert_eq!(reply.code(), "OK");
    assert!(is_stored(&twin));
    let outcomes = ["wrong-type", "huge-headers"].map(|kind| format!("SetMessageCallback {kind}"));
    assert_eq!(twin.outcomes()[..2], outcomes);
}

#[test]
fn a_redirection_comes_before_the_effect() {
    let twin = Twin::with_faults(&["set:redirect"]);
    let reply = attempt(&twin).unwrap();
    assert_eq!(reply.status, 302);
    assert_eq!(reply.headers["location"], "/elsewhere");
    assert!(!is_stored(&twin));
}
