//! Bodies made to harm.

use super::*;

#[test]
fn a_million_members_end_at_a_limit() {
    let wide: Value = (0..1_000_000)
        .map(|n| (n.to_string(), json!(n)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let explanation = explain(&wide);
    assert_eq!(explanation.fields.len(), 10_000);
    assert!(explanation.warnings[0].contains("more than 10000 values"));
    let mut body = uploaded();
    body["EventType"] = json!("TranscodeComplete");
    body["StreamInfos"] = vec![json!(7); 1_000_000].into();
    let explanation = explain(&body);
    assert_eq!(explanation.fields.len(), 10_000);
    assert!(explanation.warnings.len() <= 101);
}

#[test]
fn a_hundred_levels_become_one_row() {
    let text = format!("{{\"Deep\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    let explanation = explain(&read(&text).0);
    assert_eq!(explanation.fields.len(), 1);
    assert!(is_clean(&render::explanation(&explanation, 80)));
}

#[test]
fn long_texts_are_cut_for_people_only() {
    let long = "x".repeat(1 << 20);
    let mut body = json!({"EventType": long, "EventTime": long, "Status": long});
    body[&long] = json!(long);
    let explanation = explain(&body);
    assert_eq!(explanation.fields[3].value, long.as_str());
    assert!(explanation.fields[3].path.len() < 200);
    assert!(render::explanation(&explanation, 80).len() < 20_000);
}

#[test]
fn a_value_cannot_pretend_to_be_a_line() {
    let explanation = uploaded_with("FileUrl", json!("a\nStatus  fail\u{1b}[2J\u{202e}\r\t"));
    let text = render::explanation(&explanation, 200);
    assert!(
        text.contains("a\\nStatus  fail\\u{1b}[2J\\u{202e}"),
        "{text}"
    );
    assert!(!text.lines().any(|line| line.starts_with("Status  fail")));
    assert!(is_clean(&text));
}

/// Wrapping puts the rest of a long value under its own column, never at the start of a line.
#[test]
fn a_wrapped_value_stays_in_its_column() {
    let long = format!("{} Status fail", "x".repeat(90));
    let text = render::explanation(&uploaded_with("FileUrl", json!(long)), 80);
    let first = |line: &str| line.chars().next();
    assert!(text.lines().all(|line| first(line) != Some('x')), "{text}");
}
