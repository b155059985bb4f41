//! The parts of a receiver by themselves: scripts of answers, expectations, memory, summaries.

use std::time::Duration;

use serde_json::json;
use vodcb::delivery::expect::Expectation;
use vodcb::delivery::reply::{Reply, Script};
use vodcb::delivery::seen::Seen;
use vodcb::event::catalogue;
use vodcb::event::decode::{Outcome, explain, unpack};
use vodcb::event::summary;

fn status(status: u16, milliseconds: u64) -> Reply {
    Reply::Status {
        status,
        after: Duration::from_millis(milliseconds),
    }
}

#[test]
fn scripts_are_read_and_the_last_answer_stays() {
    let script = Script::parse("500, slow:6s,slow:1.5s:503,slow:20ms,close,slow:2").unwrap();
    let replies: Vec<Reply> = (0..7).map(|number| script.at(number)).collect();
    let expected = [
        status(500, 0),
        status(200, 6000),
        status(503, 1500),
        status(200, 20),
        Reply::Close,
        status(200, 2000),
        status(200, 2000),
    ];
    assert_eq!(replies, expected);
    assert_eq!(script.at(u64::MAX), status(200, 2000));
    for wrong in [
        "",
        "100",
        "199",
        "600",
        "2xx",
        "slow:",
        "slow:-1s",
        "slow:inf",
        "slow:NaN",
        "slow:301s",
        "slow:1s:",
        "Close",
        "200;500",
    ] {
        let error = Script::parse(wrong).unwrap_err();
        assert!(error.hints[0].contains("--respond 500,500,200"), "{wrong}");
    }
}

#[test]
fn expectations_speak_jmespath_with_either_quotes() {
    let event = json!({"EventType": "TranscodeComplete", "Status": "success", "odd name": 1,
        "StreamInfos": [{"Height": 720}, {"Height": 1080}], "Extend": "it's \"quoted\""});
    for (text, met) in [
        ("EventType == 'TranscodeComplete'", true),
        (
            r#"EventType == "TranscodeComplete" && Status=="success""#,
            true,
        ),
        (r#"Status != "fail""#, true),
        (r#"Status == "fail""#, false),
        (r#""odd name" == `1`"#, true),
        ("StreamInfos[?Height >= `1080`]", true),
        ("StreamInfos[?Height >= `2160`]", false),
        ("Missing", false),
        (r#"Extend == "it's \"quoted\"""#, true),
        (r#"contains(Extend, '== "x"')"#, false),
        ("length(Status) > `3`", true),
    ] {
        assert_eq!(
            Expectation::parse(text).unwrap().is_met(&event),
            Ok(met),
            "{text}"
        );
    }
    for wrong in ["", "a ==", "== \"a", "'", "[?"] {
        assert!(Expectation::parse(wrong).is_err(), "{wrong:?}");
    }
    // A function of a member that is not there is an error in JMESPath, and no event that was expected.
    let fails = Expectation::parse("length(Missing) > `3`").unwrap();
    let why = fails.is_met(&event).unwrap_err();
    assert!(why.contains("fails on an event"), "{why}");
}

/// What can never be true is not waited for, wherever it stands.
#[test]
fn an_expectation_that_can_only_fail_is_refused() {
    for (wrong, why) in [
        ("contians(Status, 's')", "undefined function contians"),
        (
            "A && [?!(B.c(@) == `1`)].{x: d} | [0]",
            "undefined function c",
        ),
        ("A && contains(Status)", "expected 2, found 1"),
        ("not_null()", "expected 1, found 0"),
        (
            "sort_by(StreamInfos, &lenght(a))",
            "undefined function lenght",
        ),
        ("{x: [length(A, B)]}", "expected 1, found 2"),
    ] {
        let error = Expectation::parse(wrong).unwrap_err();
        assert!(error.causes[0].contains(why), "{wrong}: {error:?}");
    }
    assert!(Expectation::parse("not_null(A, B, C) && max_by(D, &E) && join('', F)").is_ok());
}

/// The reader of expressions calls itself for each bracket; a deep one exhausted the stack.
#[test]
fn an_expectation_may_be_as_long_as_a_query() {
    let deep = |depth| "[".repeat(depth) + "EventType" + &"]".repeat(depth);
    assert!(Expectation::parse(&deep(100)).is_ok());
    let error = Expectation::parse(&deep(100_000)).unwrap_err();
    assert_eq!(error.message, "--expect is longer than 2000 bytes");
}

#[test]
fn the_same_body_is_known_again_as_long_as_it_is_remembered() {
    let mut seen = Seen::new(2);
    assert!(!seen.again(b"a"));
    assert!(seen.again(b"a"));
    assert!(!seen.again(b"b"));
    assert!(!seen.again(b"c"), "which takes the place of a");
    assert!(seen.again(b"b"));
    assert!(!seen.again(b"a"));
}

#[test]
fn a_summary_says_what_the_explanation_says() {
    for event in &catalogue::catalogue().events {
        for (name, body) in catalogue::samples(&event.name) {
            let summary = summary::read(body.as_bytes()).unwrap();
            let explained = explain(&unpack(body.as_bytes()).unwrap().0);
            assert_eq!(summary.event_type, explained.event_type, "{name}");
            assert_eq!(summary.id, explained.id, "{name}");
            assert_eq!(summary.status, explained.status, "{name}");
            assert_eq!(summary.event_time, explained.event_time, "{name}");
            assert_eq!(summary.result(), explained.result, "{name}");
        }
    }
}

#[test]
fn summaries_take_what_is_there() {
    let read = |body: &str| summary::read(body.as_bytes()).unwrap();
    let odd = read(
        r#"{"EventType ":"X","Status":5,"EventTime":null,"MediaId":"m","TaskId":"t","deep":{"EventType":"no"}}"#,
    );
    assert_eq!(odd.event_type.as_deref(), Some("X"));
    assert_eq!(
        (odd.status.as_deref(), odd.event_time.as_deref()),
        (None, None)
    );
    assert_eq!(
        odd.id
            .as_ref()
            .map(|id| (id.field.as_str(), id.value.as_str())),
        Some(("MediaId", "m"))
    );
    assert_eq!(odd.result(), Outcome::Unknown);
    let twice = read(r#"{"Status ":"blank","Status":"exact"," Status":"blank"}"#);
    assert_eq!(twice.status.as_deref(), Some("exact"));
    assert_eq!(read("\u{FEFF} {}"), summary::Summary::NOTHING);
    assert_eq!(
        read(r#"{"EventType":"\u00e9\n"}"#).event_type.as_deref(),
        Some("é\n")
    );
    for (body, why) in [
        (&b""[..], "empty"),
        (b" \n", "empty"),
        (b"[1]", "JSON, but no object"),
        (b"5", "JSON, but no object"),
        (b"{\"a\":1}}", "not JSON from line 1, column 8 on"),
        (b"{\"a\"", "not JSON from line 1, column 4 on"),
        (b"\xff{}", "not UTF-8"),
    ] {
        assert_eq!(summary::read(body).unwrap_err(), why, "{body:?}");
    }
}
