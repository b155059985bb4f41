//! Text and documents about the catalogue.

use super::*;

fn all() -> Vec<&'static catalogue::Event> {
    catalogue().events.iter().collect()
}

#[test]
fn the_list_tells_how_to_subscribe() {
    let text = render::list(&all(), 120);
    let line = |name: &str| {
        text.lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap()
            .to_owned()
    };
    assert!(line("AIComplete").ends_with("umbrella"));
    assert!(line("AIVideoTagComplete").ends_with("subscribe AIComplete"));
    assert!(line("SubmitMediaRefreshComplete").ends_with("API only"));
    assert!(line("TranscodeComplete").ends_with("All output streams transcoded"));
    // A heading, 22 events and their umbrella.
    assert_eq!(text.lines().count(), 24);
}

#[test]
fn one_event_is_shown_whole() {
    let text = render::show(find("AIVideoTagComplete").unwrap(), 160);
    for words in [
        "智能标签作业完成",
        "AIComplete; the messages carry",
        "Data.Keyword[].Tag",
        "One of: success, fail",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let text = render::show(find("WorkflowTaskComplete").unwrap(), 160);
    assert!(text.contains("ActivityResults.*.Status"), "{text}");
    let text = render::show(find("DynamicImageComplete").unwrap(), 160);
    assert!(text.contains("DynamicImageComplete.string-info"), "{text}");
}

#[test]
fn every_event_fits_every_width() {
    for event in all() {
        for width in [0, 1, 20, 80, u16::MAX] {
            assert!(is_clean(&render::show(event, width)), "{}", event.name);
        }
    }
}

#[test]
fn documents_have_one_shape() {
    let list = document::list(&all());
    assert_eq!(list["schema_version"], 1);
    assert_eq!(list["events"].as_array().unwrap().len(), 22);
    let members = json!([
        "AIMediaAuditComplete",
        "AIMediaDNAComplete",
        "AIVideoTagComplete"
    ]);
    assert_eq!(
        list["umbrellas"],
        json!([{"event_type": "AIComplete", "members": members}])
    );

    let event = document::show(find("UploadByURLComplete").unwrap());
    let keys: Vec<&String> = event.as_object().unwrap().keys().take(4).collect();
    assert_eq!(keys, ["schema_version", "event_type", "group", "title"]);
    assert_eq!(event["samples"][0], "UploadByURLComplete");
    assert_eq!(event["fields"][2]["presence"], "on_success");
}

#[test]
fn an_explanation_is_one_document() {
    let document = document::explanation(&explain(&uploaded()));
    let keys: Vec<&String> = document.as_object().unwrap().keys().take(3).collect();
    assert_eq!(keys, ["schema_version", "event_type", "known"]);
    assert_eq!(document["result"], "success");
    assert_eq!(
        document["id"],
        json!({"field": "VideoId", "value": "dead09bbece3483c530b3ee2caa9f7b4"})
    );
    let size = document["fields"][4].as_object().unwrap();
    let keys: Vec<&String> = size.keys().collect();
    assert_eq!(
        keys,
        ["path", "value", "documented", "json_type", "meaning"]
    );
    assert_eq!(size["json_type"], "integer");
}
