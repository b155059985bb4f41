//! From bytes to an event.

use super::*;

#[test]
fn json_as_it_is() {
    let body = json!({"EventType": "FileUploadComplete"});
    assert_eq!(
        read(r#"{"EventType":"FileUploadComplete"}"#),
        (body.clone(), Encoding::Json)
    );
    let with_mark = "\u{FEFF}\r\n  {\"EventType\":\"FileUploadComplete\"}\n";
    assert_eq!(read(with_mark), (body, Encoding::Json));
}

#[test]
fn base64_in_every_usual_shape() {
    let expected = (json!({"EventType": "FileUploadComplete"}), Encoding::Base64);
    assert_eq!(read(PADDED), expected);
    assert_eq!(read(PADDED.trim_end_matches('=')), expected);
    let (first, second) = PADDED.split_at(20);
    assert_eq!(read(&format!("  {first}\r\n{second}\n")), expected);
    assert_eq!(serde_json::to_string(&expected.1).unwrap(), "\"base64\"");
}

#[test]
fn refusals_say_what_was_found() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "the event body is empty"),
        (b" \n\t", "the event body is empty"),
        (
            b"{\"a\": \xff}",
            "the event body is not UTF-8 text: byte 7 is wrong",
        ),
        (
            b"{\n  \"EventType\": ,\n}",
            "the event body is not valid JSON: line 2, column 16",
        ),
        (
            b"\n\n  {\"a\" 1}",
            "the event body is not valid JSON: line 3, column 8",
        ),
        (
            b"[{}]",
            "the event body is a JSON array; an event is a JSON object",
        ),
        (
            b"\"{}\"",
            "the event body is a JSON string; an event is a JSON object",
        ),
        (
            b"1234",
            "the event body is a single JSON value; an event is a JSON object",
        ),
        (
            b"hello there",
            "the event body is neither a JSON object nor Base64 of one",
        ),
        (
            b"eyJhIjox",
            "the event body is not valid JSON: line 1, column 6",
        ),
    ];
    for (bytes, message) in cases {
        assert_eq!(
            refusal(bytes).0,
            message,
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn refusals_guess_where_the_bytes_come_from() {
    let cases: [(&[u8], &str); 5] = [
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (
            b"<Message><MessageBody>e30=</MessageBody></Message>",
            "MessageBody",
        ),
        (
            b"Content-Type: application/json\n\n{}",
            "before the first {",
        ),
        (b"[{}]", "one element"),
    ];
    for (bytes, words) in cases {
        let (_, hint) = refusal(bytes);
        assert!(hint.contains(words), "{hint}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "{\"a\":".repeat(100_000);
    assert!(refusal(deep.as_bytes()).0.contains("not valid JSON"));
    let list = "[".repeat(100_000);
    assert!(refusal(list.as_bytes()).0.contains("neither"));
}

#[test]
fn the_last_of_two_members_counts() {
    let (body, _) = read(r#"{"EventType":"A","EventType":"B"}"#);
    assert_eq!(body, json!({"EventType": "B"}));
}
