//! Bodies made from samples: what an edit does, and what it leaves alone.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use vodcb::event::catalogue;
use vodcb::event::compose::{Draft, Edit};
use vodcb::event::decode::{Outcome, explain};

fn draft(value: Value) -> Draft {
    Draft::parse(value.to_string().as_bytes()).unwrap()
}

fn set(value: Value, edit: &str) -> Value {
    let mut draft = draft(value);
    draft.edit(&Edit::set(edit).unwrap()).unwrap();
    draft.value().clone()
}

#[test]
fn a_value_keeps_its_type() {
    let body = json!({"N": 1, "F": 1.5, "B": true, "T": "1", "L": [1], "O": {"a": 1}, "E": null});
    for (edit, wanted) in [
        ("N=480", json!(480)),
        ("F=2", json!(2)),
        ("B=false", json!(false)),
        ("T=480", json!("480")),
        ("T=true", json!("true")),
        ("T=", json!("")),
        ("T=a=b:=c", json!("a=b:=c")),
        ("L=[2,3]", json!([2, 3])),
        ("O={}", json!({})),
        ("E=7", json!(7)),
        ("E=seven", json!("seven")),
        ("N:=\"480\"", json!("480")),
        ("T:=480", json!(480)),
        ("T:=null", json!(null)),
    ] {
        let name = &edit[..1];
        assert_eq!(set(body.clone(), edit)[name], wanted, "{edit}");
    }
}

/// Each is the shortest way to write its number, so that it is written as it stands here. The JSON library
/// reads the last place wrongly unless it is told to be exact, which the tests' own crates tell it, too.
#[test]
fn a_decimal_keeps_its_last_place() {
    for text in ["31.245270191439438", "121.48791951161945", "5e-324"] {
        let set = set(json!({"N": 1}), &format!("N={text}"));
        assert_eq!(set["N"].to_string(), text);
    }
    assert!(include_str!("../../Cargo.toml").contains("\"float_roundtrip\""));
}

#[test]
fn a_text_that_is_no_number_is_refused_for_a_number() {
    for (edit, what) in [
        ("N=tall", "N is a number, and \"tall\" is none"),
        ("B=1", "B is true or false, and \"1\" is none"),
        ("L=1", "L is a list, and \"1\" is none"),
    ] {
        let mut draft = draft(json!({"N": 1, "B": true, "L": []}));
        let error = draft.edit(&Edit::set(edit).unwrap()).unwrap_err();
        assert_eq!(error.message, what);
        assert!(error.hints[0].contains(":="), "{error:?}");
    }
}

#[test]
fn a_new_member_takes_the_documented_type() {
    let sample = || Draft::sample("UploadByURLComplete", true).unwrap();
    // VideoId is documented as text, so digits stay text; nothing is known about the others.
    for (edit, path, wanted) in [
        ("VideoId=123", "/VideoId", json!("123")),
        ("Weird=123", "/Weird", json!(123)),
        ("Weird=abc", "/Weird", json!("abc")),
        (
            "Weird=123456789012345678901234567890",
            "/Weird",
            json!("123456789012345678901234567890"),
        ),
        ("Weird.deep[0].er=true", "/Weird/deep/0/er", json!(true)),
    ] {
        let mut draft = sample();
        draft.edit(&Edit::set(edit).unwrap()).unwrap();
        assert_eq!(draft.value().pointer(path), Some(&wanted), "{edit}");
    }
}

#[test]
fn a_new_member_that_is_not_documented_is_remarked_upon() {
    let mut draft = Draft::sample("StreamTranscodeComplete", false).unwrap();
    let remark = draft
        .edit(&Edit::set("hieght=5").unwrap())
        .unwrap()
        .unwrap();
    assert!(remark.contains("did you mean Height?"), "{remark}");
    assert_eq!(
        draft.edit(&Edit::set("ErrorCode=X").unwrap()).unwrap(),
        None
    );
    assert_eq!(draft.edit(&Edit::set("Height=5").unwrap()).unwrap(), None);
}

#[test]
fn json_inside_text_is_reached_and_stays_text() {
    let body = json!({"Extend": "{\"courseId\":\"geo-204\",\"lesson\":7}"});
    let changed = set(body, "Extend.lesson=8");
    assert_eq!(
        changed,
        json!({"Extend": "{\"courseId\":\"geo-204\",\"lesson\":8}"})
    );
}

#[test]
fn a_path_leads_through_lists_and_odd_names() {
    let body = json!({"L": [{"a.b": 1}], "x=y": 1});
    assert_eq!(set(body.clone(), "L[0][\"a.b\"]=2")["L"][0]["a.b"], 2);
    assert_eq!(set(body.clone(), "[\"x=y\"]=2")["x=y"], 2);
    assert_eq!(set(body, "L[1].c=2")["L"], json!([{"a.b": 1}, {"c": 2}]));
}

#[test]
fn what_cannot_be_set_names_the_path_and_what_is_there() {
    for (edit, message, cause) in [
        ("N.a=1", "there is no N.a", "N is no object"),
        ("L[3]=1", "there is no L[3]", "in L: there is one element"),
        ("O[0]=1", "there is no O[0]", "O is no list"),
    ] {
        let mut draft = draft(json!({"N": 1, "L": [1], "O": {}}));
        let error = draft.edit(&Edit::set(edit).unwrap()).unwrap_err();
        assert_eq!(error.message, message);
        assert_eq!(error.causes, [cause]);
    }
}

#[test]
fn what_is_taken_out_must_be_there_and_the_rest_keeps_its_order() {
    let mut draft = draft(json!({"A": 1, "B": {"C": [1, 2]}, "D": "{\"E\":1,\"F\":2}", "Z": 1}));
    for path in ["A", "B.C[0]", "D.E"] {
        draft.edit(&Edit::unset(path).unwrap()).unwrap();
    }
    assert_eq!(
        draft.to_bytes(),
        br#"{"B":{"C":[2]},"D":"{\"F\":2}","Z":1}"#
    );
    for (path, cause) in [
        ("X", "in the body: there is B, D, Z"),
        ("B.X", "in B: there is C"),
        ("B.C[1]", "in B.C: there is one element"),
        ("Z.X", "Z is no object"),
    ] {
        let error = draft.edit(&Edit::unset(path).unwrap()).unwrap_err();
        assert_eq!(error.message, format!("there is no {path}"));
        assert_eq!(error.causes, [cause]);
    }
}

#[test]
fn what_is_no_edit_is_refused_with_an_example() {
    for text in [
        "", "=1", "a..b=1", "a[=1", "a[x]=1", "a[0=1", "a.=1", "Height", "a:=", "a:={",
    ] {
        let error = Edit::set(text).unwrap_err();
        assert!(!error.hints.is_empty(), "{text}: {error:?}");
    }
    for text in ["", "a=1", "a[", "a b[x]"] {
        assert!(Edit::unset(text).is_err(), "{text}");
    }
}

#[test]
fn a_sample_is_dated_in_its_own_form() {
    let at: Timestamp = "2026-05-06T07:08:09.123456Z".parse().unwrap();
    for (event, wanted) in [
        ("TranscodeComplete", "2026-05-06T07:08:09Z"),
        ("ImageUploadComplete", "2026-05-06T07:08:09:123Z"),
    ] {
        let draft = Draft::sample(event, false).unwrap().dated(at);
        assert_eq!(draft.value()["EventTime"], wanted, "{event}");
    }
}

/// The catalogue says which failures exist; each reads as one and breaks no documented rule.
#[test]
fn every_failure_that_is_sent_can_be_made() {
    for event in &catalogue::catalogue().events {
        let made = Draft::sample(&event.name, true);
        if !event.failure_delivered {
            let error = made.unwrap_err();
            assert!(error.message.contains("reports no failure"), "{error:?}");
            continue;
        }
        let explained = explain(made.unwrap().value());
        assert_eq!(explained.result, Outcome::Failure, "{}", event.name);
        assert!(
            event.statuses.failure.contains(&explained.status.unwrap()),
            "{}",
            event.name
        );
        assert_eq!(explained.warnings, Vec::<String>::new(), "{}", event.name);
    }
}

#[test]
fn a_failed_transcoding_has_no_stream_that_went_well() {
    let draft = Draft::sample("TranscodeComplete", true).unwrap();
    for stream in draft.value()["StreamInfos"].as_array().unwrap() {
        assert_eq!(stream["Status"], "fail");
        assert!(stream["ErrorCode"].is_string());
        assert!(stream.get("FileUrl").is_none());
    }
}

#[test]
fn a_variant_is_a_sample_by_its_own_name() {
    let draft = Draft::sample("transcodecomplete.partial", false).unwrap();
    assert_eq!(draft.event_type(), Some("TranscodeComplete"));
    for (name, words) in [
        ("TranscodeComplete.nothing", "TranscodeComplete.partial"),
        ("TrancodeComplete", "TranscodeComplete"),
        ("AIComplete", "AIMediaAuditComplete"),
    ] {
        let error = Draft::sample(name, false).unwrap_err();
        assert!(error.hints[0].contains(words), "{error:?}");
    }
    assert!(Draft::sample("TranscodeComplete.partial", true).is_err());
}

proptest! {
    /// Whatever is typed as a text, a member that is text holds it, and no other member changes.
    #[test]
    fn a_text_is_taken_as_it_is(text in any::<String>()) {
        let before = Draft::sample("StreamTranscodeComplete", false).unwrap();
        let mut after = before.clone();
        after.edit(&Edit::set(&format!("FileUrl={text}")).unwrap()).unwrap();
        prop_assert_eq!(after.value()["FileUrl"].as_str(), Some(text.as_str()));
        after.edit(&Edit::set(&format!("FileUrl={}", before.value()["FileUrl"].as_str().unwrap())).unwrap()).unwrap();
        prop_assert_eq!(after, before);
    }

    /// No text makes the reader of edits stumble.
    #[test]
    fn any_text_is_an_edit_or_refused(text in any::<String>()) {
        let mut draft = Draft::sample("TranscodeComplete", false).unwrap();
        if let Ok(edit) = Edit::set(&text) {
            let _ = draft.edit(&edit);
        }
        if let Ok(edit) = Edit::unset(&text) {
            let _ = draft.edit(&edit);
        }
        prop_assert!(serde_json::from_slice::<Value>(&draft.to_bytes()).is_ok());
    }
}
