//! What an explanation says about good bodies.

use super::*;

#[test]
fn the_head_of_an_explanation() {
    let explanation = explain(&uploaded());
    assert_eq!(
        explanation.event_type.as_deref(),
        Some("FileUploadComplete")
    );
    assert_eq!(explanation.group.as_deref(), Some("Upload"));
    assert_eq!(
        explanation.subscribed_by.as_deref(),
        Some("FileUploadComplete")
    );
    assert_eq!(
        explanation.event_time.as_deref(),
        Some("2026-03-14T09:26:53Z")
    );
    let id = explanation.id.unwrap();
    assert_eq!(
        (id.field.as_str(), id.value.as_str()),
        ("VideoId", "dead09bbece3483c530b3ee2caa9f7b4")
    );
    assert_eq!(serde_json::to_value(explanation.result).unwrap(), "success");
}

#[test]
fn rows_keep_the_order_of_the_body() {
    let paths: Vec<String> = explain(&uploaded())
        .fields
        .into_iter()
        .map(|row| row.path)
        .collect();
    assert_eq!(
        paths,
        ["EventTime", "EventType", "VideoId", "Status", "Size"]
    );
}

#[test]
fn ai_events_are_subscribed_by_their_umbrella() {
    for name in [
        "AIMediaAuditComplete",
        "AIMediaDNAComplete",
        "AIVideoTagComplete",
    ] {
        let (body, _) = read(samples(name)[0].1);
        assert_eq!(
            explain(&body).subscribed_by.as_deref(),
            Some("AIComplete"),
            "{name}"
        );
    }
}

#[test]
fn results_are_compared_by_family_and_without_case() {
    let of = |status: Value| uploaded_with("Status", status).result;
    for status in ["success", "Success", "SUCCEED"] {
        assert_eq!(of(json!(status)), Outcome::Success);
    }
    for status in ["fail", "Failed"] {
        assert_eq!(of(json!(status)), Outcome::Failure);
    }
    assert_eq!(of(json!("processing")), Outcome::Unknown);
    assert_eq!(of(json!(1)), Outcome::Unknown);
}

#[test]
fn lists_texts_and_maps_are_walked() {
    let (body, _) = read(samples("TranscodeComplete")[0].1);
    let explanation = explain(&body);
    assert_eq!(row(&explanation, "StreamInfos[1].Definition").value, "SD");

    let (body, _) = read(samples("AIVideoTagComplete")[0].1);
    let explanation = explain(&body);
    assert_eq!(row(&explanation, "Data.Keyword[1].Tag").value, "灯塔");
    assert_eq!(row(&explanation, "Data.Keyword[0].Times[1]").value, "5400");

    let (body, _) = read(samples("WorkflowTaskComplete")[0].1);
    let explanation = explain(&body);
    let status = row(&explanation, "ActivityResults.VideoTranslation.Status");
    assert!(status.documented && status.meaning.is_some());
    assert!(
        !row(
            &explanation,
            "ActivityResults.VideoTranslation.Result.JobType"
        )
        .documented
    );
    assert_eq!(row(&explanation, "TaskInput.Title").value, "tides.mp4");
}

/// Tables say text, samples show an object: both must be read (C9).
#[test]
fn a_json_text_and_the_object_itself_say_the_same() {
    let data = [
        ("AIMediaDNAComplete", "Data"),
        ("AIVideoTagComplete", "Data"),
        ("WorkflowTaskComplete", "TaskInput"),
    ];
    for (event, name) in data {
        let (mut body, _) = read(samples(event)[0].1);
        let as_text = explain(&body);
        body[name] = serde_json::from_str(body[name].as_str().unwrap()).unwrap();
        assert_eq!(explain(&body), as_text, "{event}");
    }
    let (object, _) = read(samples("DynamicImageComplete")[0].1);
    let (text, _) = read(samples("DynamicImageComplete")[1].1);
    assert_eq!(explain(&object), explain(&text));
}

#[test]
fn a_failed_part_of_a_success_is_told() {
    let (_, text) = samples("TranscodeComplete")[1];
    let notes = explain(&read(text).0).notes;
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("StreamInfos[1] failed")),
        "{notes:?}"
    );
}

/// The vendor's failure sample has a blank behind some names (C12).
#[test]
fn names_are_read_without_trailing_blanks() {
    let explanation = explain(&json!({
        "EventTime": "2026-03-14T10:03:59Z", "EventType": "UploadByURLComplete", "JobId": "4eb7",
        "SourceURL ": "https://archive.example.org/missing.mp4", "Status": "fail",
        "ErrorCode ": "URLInvalidError", "ErrorMessage ": "source could not be downloaded",
    }));
    assert_eq!(explanation.warnings, Vec::<String>::new());
    assert!(row(&explanation, "ErrorCode").documented);
    assert!(
        explanation
            .notes
            .iter()
            .any(|note| note.contains("ErrorCode has blanks"))
    );
}

#[test]
fn unknown_members_are_kept() {
    let explanation = uploaded_with("New.Thing", json!({"a": [null, {}]}));
    assert_eq!(explanation.warnings, Vec::<String>::new());
    let empty = row(&explanation, "[\"New.Thing\"].a[1]");
    assert_eq!((&empty.value, empty.documented), (&json!({}), false));
}
