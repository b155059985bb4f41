//! What is remarked, and what is not.

use super::*;

#[test]
fn of_a_missing_member_unless_the_result_excuses_it() {
    let warnings = |body: Value| explain(&body).warnings;
    let mut body = uploaded();
    body.as_object_mut().unwrap().shift_remove("VideoId");
    assert_eq!(
        warnings(body),
        ["VideoId is missing; the documentation requires it"]
    );

    let pulled = |status: &str| json!({"EventTime": "2026-03-14T10:03:59Z", "EventType": "UploadByURLComplete", "JobId": "4eb7", "Status": status});
    assert_eq!(warnings(pulled("success")).len(), 1);
    assert_eq!(warnings(pulled("fail")).len(), 0);
}

#[test]
fn of_a_missing_member_deep_inside() {
    let (mut body, _) = read(samples("SnapshotComplete")[0].1);
    body["SnapshotInfos"][1]
        .as_object_mut()
        .unwrap()
        .shift_remove("JobId");
    let explanation = explain(&body);
    assert_eq!(
        only_warning(&explanation),
        "JobId is missing in SnapshotInfos[1]; the documentation requires it"
    );
}

#[test]
fn of_a_value_outside_a_closed_list() {
    let explanation = uploaded_with("Status", json!("done"));
    assert_eq!(
        only_warning(&explanation),
        "Status is \"done\"; documented values are success, fail"
    );
    assert!(
        uploaded_with("Status", json!("SUCCESS"))
            .warnings
            .is_empty()
    );
    // Definitions are an open list.
    let (mut body, _) = read(samples("StreamTranscodeComplete")[0].1);
    body["Definition"] = json!("8K");
    assert!(explain(&body).warnings.is_empty());
}

#[test]
fn of_another_type_than_documented_or_seen() {
    assert!(
        uploaded_with("Size", json!("18734561")).warnings.is_empty(),
        "text was seen on the wire"
    );
    let explanation = uploaded_with("Size", json!(true));
    assert_eq!(
        only_warning(&explanation),
        "Size is boolean; expected is integer or string"
    );
    let explanation = uploaded_with("Size", json!("large"));
    assert_eq!(
        only_warning(&explanation),
        "Size should be a number and is \"large\""
    );
    let explanation = uploaded_with("VideoId", Value::Null);
    assert_eq!(
        only_warning(&explanation),
        "VideoId is null; expected is string"
    );
    let (mut body, _) = read(samples("AIMediaDNAComplete")[0].1);
    body["Data"] = json!("not json");
    assert_eq!(
        only_warning(&explain(&body)),
        "Data should be a JSON text and is not"
    );
}

#[test]
fn of_a_strange_time() {
    for time in [
        "2026-03-14T09:26:53Z",
        "2026-03-14T09:26:53:589Z",
        "2026-03-14T09:26:53.589Z",
    ] {
        assert!(
            uploaded_with("EventTime", json!(time)).warnings.is_empty(),
            "{time}"
        );
    }
    let strange = [
        "2026-03-14 09:26:53",
        "2026-03-14T09:26:53",
        "2026-13-14T09:26:53Z",
        "2026-03-14T09:26:53+08:00",
        "",
        "昨天",
    ];
    for time in strange {
        let explanation = uploaded_with("EventTime", json!(time));
        assert!(
            only_warning(&explanation).contains("in no documented form"),
            "{time}"
        );
    }
}

#[test]
fn of_names_that_are_not_vod_events() {
    let cases = [
        ("TranscodeCompleted", "the nearest are TranscodeComplete"),
        (
            "AIVideoCensorComplete",
            "today the service sends AIMediaAuditComplete",
        ),
        ("AIComplete", "is a subscription value; messages carry"),
        ("MediaConvertComplete", "Intelligent Media Services"),
    ];
    for (name, words) in cases {
        let explanation = uploaded_with("EventType", json!(name));
        assert!(
            only_warning(&explanation).contains(words),
            "{:?}",
            explanation.warnings
        );
        assert!(!explanation.known);
        assert_eq!(explanation.event_type.as_deref(), Some(name));
        assert_eq!(
            explanation.id.unwrap().field,
            "VideoId",
            "the usual names still help"
        );
    }
    let explanation = uploaded_with("EventType", json!("fileuploadcomplete"));
    assert!(explanation.known);
    assert!(only_warning(&explanation).contains("the service writes FileUploadComplete"));
}

#[test]
fn of_callbacks_of_relatives() {
    let explanation =
        explain(&json!({"UserId": "1", "EventType": "TranscodeParentComplete", "MessageBody": {}}));
    assert!(only_warning(&explanation).contains("Intelligent Media Services"));
    let explanation = explain(&json!({
        "RequestId": "r", "Version": "v", "EventTime": "2026-03-14T09:26:53Z", "EventType": "x", "Data": {},
    }));
    assert!(only_warning(&explanation).contains("Volcengine"));
    assert!(explain(&json!({})).warnings[0].contains("EventType is missing"));
    assert!(explain(&json!({"EventType": 7})).warnings[0].contains("EventType is integer"));
}
