//! Explaining bodies, and the catalogue that explains them.
//!
//! Expected values are from the vendor's event pages as gathered in the catalogue's sources, or
//! worked out by hand; Base64 texts were made with coreutils `base64`.

mod explaining;
mod hostile;
mod reading;
mod rendering;
mod samples;
mod warning;

use proptest::prelude::*;
use serde_json::{Value, json};
use vodcb::error::Kind;
use vodcb::event::catalogue::{self, catalogue, find, samples};
use vodcb::event::decode::{Encoding, Explanation, Outcome, explain, unpack};
use vodcb::event::document;
use vodcb::render::event as render;

use crate::sandbox::Sandbox;

/// `{"EventType":"FileUploadComplete"}`
const PADDED: &str = "eyJFdmVudFR5cGUiOiJGaWxlVXBsb2FkQ29tcGxldGUifQ==";

fn read(text: &str) -> (Value, Encoding) {
    unpack(text.as_bytes()).expect("readable")
}

fn refusal(bytes: &[u8]) -> (String, String) {
    let error = unpack(bytes).expect_err("unreadable");
    assert_eq!(error.kind, Kind::Usage);
    assert!(!error.hints.is_empty(), "{error} says how to mend it");
    (error.message, error.hints.join("\n"))
}

/// A body without anything to remark, for tests that break one thing.
fn uploaded() -> Value {
    json!({
        "EventTime": "2026-03-14T09:26:53Z",
        "EventType": "FileUploadComplete",
        "VideoId": "dead09bbece3483c530b3ee2caa9f7b4",
        "Status": "success",
        "Size": 18_734_561,
    })
}

fn uploaded_with(name: &str, value: Value) -> Explanation {
    let mut body = uploaded();
    body[name] = value;
    explain(&body)
}

fn row<'a>(explanation: &'a Explanation, path: &str) -> &'a vodcb::event::decode::FieldRow {
    let found = explanation.fields.iter().find(|row| row.path == path);
    found.unwrap_or_else(|| panic!("no row {path}"))
}

fn only_warning(explanation: &Explanation) -> &str {
    assert_eq!(explanation.warnings.len(), 1, "{:#?}", explanation.warnings);
    &explanation.warnings[0]
}

fn is_clean(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    })
}

/// JSON that often uses names and values of real events.
fn any_body() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "success",
            "fail",
            "AIComplete",
            "{\"a\":[1]}",
            "\u{202e}\u{1b}\n"
        ])
        .prop_map(str::to_owned),
        prop::sample::select(
            catalogue()
                .events
                .iter()
                .map(|event| event.name.clone())
                .collect::<Vec<_>>()
        ),
    ];
    let names = [
        "EventType",
        "EventTime",
        "Status",
        "Data",
        "StreamInfos",
        "ActivityResults",
        "Size ",
    ];
    let key = prop_oneof![
        any::<String>(),
        prop::sample::select(names.to_vec()).prop_map(str::to_owned)
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(|n| json!(f64::from(n) / 4.0)),
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(bytes in any::<Vec<u8>>()) {
        if let Err(error) = unpack(&bytes) {
            prop_assert_eq!(error.kind, Kind::Usage);
        }
    }

    #[test]
    fn no_body_is_too_odd(body in any_body(), width in any::<u16>()) {
        let explanation = explain(&body);
        prop_assert!(is_clean(&render::explanation(&explanation, width)));
    }

    /// What is written is read again, by either way of the wire.
    #[test]
    fn any_object_is_read_in_both_encodings(body in any_body().prop_filter("objects", Value::is_object)) {
        use base64::Engine;
        let text = body.to_string();
        let packed = base64::engine::general_purpose::STANDARD.encode(&text);
        prop_assert_eq!(unpack(text.as_bytes()).unwrap(), (body.clone(), Encoding::Json));
        prop_assert_eq!(unpack(packed.as_bytes()).unwrap(), (body, Encoding::Base64));
    }
}

#[test]
fn a_sample_is_printed_by_its_own_name() {
    let args = ["events", "show", "transcodecomplete.partial", "--sample"];
    let body = Sandbox::offline().vodcb(args).ok().json();
    assert_eq!(body["EventType"], "TranscodeComplete");
    Sandbox::offline()
        .vodcb(["events", "show", "TranscodeComplete.nope", "--sample"])
        .exits(2)
        .says(&["TranscodeComplete.partial"]);
}

#[test]
fn the_body_of_a_recorded_delivery_is_explained() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let line = |id: &str| {
        let body = format!(r#"{{"EventType":"FileUploadComplete","VideoId":"{id}"}}"#);
        let body = STANDARD.encode(body);
        format!(r#"{{"schema_version":1,"kind":"delivery","headers":[["A","b"]],"body":"{body}"}}"#)
    };
    let sandbox = Sandbox::offline();
    let ready = r#"{"schema_version":1,"kind":"ready"}"#;
    sandbox.file("one.ndjson", &format!("{ready}\n{}\n", line("a")));
    sandbox.file(
        "two.ndjson",
        &format!("{ready}\n{}\n{}\n", line("a"), line("b")),
    );
    let decode = |file| sandbox.vodcb(["events", "decode", file, "-o", "json"]);
    let explained = decode("one.ndjson").ok().json();
    assert_eq!(explained["event_type"], "FileUploadComplete");
    assert_eq!(explained["id"]["value"], "a");
    decode("two.ndjson")
        .exits(2)
        .says(&["two.ndjson has 2 deliveries", "sed -n 2p two.ndjson"]);

    // A request as text, which verify and replay read, too.
    let body = r#"{"EventType":"FileUploadComplete","VideoId":"a"}"#;
    let request = format!("POST /vod HTTP/1.1\r\nHost: a.example.com\r\n\r\n{body}");
    sandbox.file("request.txt", &request);
    let explained = decode("request.txt").ok().json();
    assert_eq!(explained["id"]["value"], "a");
    sandbox.file("prose.txt", "Dear colleague: this is none.\n");
    decode("prose.txt").exits(2).says(&["the event body is "]);
}
