//! Every choice about what is not documented.

use serde_json::json;
use vodcb::emulator::Quirks;
use vodcb::error::Kind;

use super::twin::Twin;

const URL: (&str, &str) = ("CallbackURL", "https://example.com/vod");
const HTTP: (&str, &str) = ("CallbackType", "HTTP");
const MNS: [(&str, &str); 3] = [
    ("CallbackType", "MNS"),
    ("MnsEndpoint", "http://1.mns.cn-shanghai.aliyuncs.com/"),
    ("MnsQueueName", "q"),
];
const KEY: [(&str, &str); 2] = [("AuthSwitch", "on"), ("AuthKey", "Abcdefg1")];

#[test]
fn unconfigured() {
    let get = |spec| Twin::with_quirks(&[spec]).get();
    assert!(
        get("unconfigured=absent")
            .json()
            .get("MessageCallback")
            .is_none()
    );
    assert_eq!(
        get("unconfigured=empty").json()["MessageCallback"],
        json!({})
    );
    let blank = get("unconfigured=blank");
    assert_eq!(blank.callback("AppId").as_deref(), Some("app-1000000"));
    assert_eq!(blank.callback("CallbackType").as_deref(), Some(""));
    assert_eq!(
        get("unconfigured=error").verdict(),
        (404, "InvalidMessageCallback.NotFound".into())
    );
}

#[test]
fn all() {
    let events = |spec| {
        let twin = Twin::with_quirks(&[spec]);
        twin.set_http("ALL");
        twin.get().callback("EventTypeList").unwrap()
    };
    assert_eq!(events("all=echo"), "ALL");
    let expanded = events("all=expand");
    assert!(expanded.split(',').any(|name| name == "AIComplete"));
    assert!(expanded.split(',').any(|name| name == "FileUploadComplete"));
}

#[test]
fn set_merge_keeps_what_is_left_out_but_not_the_events() {
    let twin = Twin::with_quirks(&["set=merge"]);
    twin.set(&[&[HTTP, URL, ("EventTypeList", "ALL")], &KEY[..]].concat());
    assert_eq!(twin.set(&[HTTP]).code(), "OK");
    let reply = twin.get();
    assert_eq!(reply.callback("CallbackURL").as_deref(), Some(URL.1));
    assert_eq!(reply.callback("AuthKey").as_deref(), Some("Abcdefg1"));
    assert_eq!(reply.callback("EventTypeList").as_deref(), Some(""));
}

#[test]
fn linger_shows_the_other_method() {
    for (spec, shown) in [
        ("linger=no", None),
        ("linger=yes", Some("Abcdefg1".to_owned())),
    ] {
        let twin = Twin::with_quirks(&[spec]);
        twin.set(&[&[HTTP, URL], &KEY[..]].concat());
        twin.set(&MNS);
        assert_eq!(twin.get().callback("AuthKey"), shown);
        twin.set(&[HTTP, URL]);
        assert_eq!(twin.get().callback("AuthKey"), None);
        assert_eq!(
            twin.get().callback("MnsQueueName").is_some(),
            spec == "linger=yes"
        );
    }
}

#[test]
fn key() {
    for (spec, shown) in [
        ("key=clear", Some("Abcdefg1")),
        ("key=masked", Some("****")),
        ("key=absent", None),
    ] {
        let twin = Twin::with_quirks(&[spec]);
        twin.set(&[&[HTTP, URL], &KEY[..]].concat());
        assert_eq!(twin.get().callback("AuthKey").as_deref(), shown);
    }
}

#[test]
fn unknown_events() {
    let list = "FileUploadComplete,NewComplete,AIVideoTagComplete";
    for (spec, stored) in [
        ("unknown-events=store", list),
        ("unknown-events=drop", "FileUploadComplete"),
    ] {
        let twin = Twin::with_quirks(&[spec]);
        assert_eq!(twin.set_http(list).code(), "OK");
        assert_eq!(
            twin.get().callback("EventTypeList").as_deref(),
            Some(stored)
        );
    }
    let twin = Twin::with_quirks(&["unknown-events=reject"]);
    assert_eq!(
        twin.set_http(list).verdict(),
        (400, "InvalidParameter".into())
    );
    assert_eq!(twin.set_http("ALL").code(), "OK");
}

#[test]
fn delete_nothing() {
    let twin = Twin::with_quirks(&["delete-nothing=error"]);
    let reply = twin.call("DeleteMessageCallback", &[]);
    assert_eq!(
        reply.verdict(),
        (404, "InvalidMessageCallback.NotFound".into())
    );
}

#[test]
fn a_refused_form_has_no_action() {
    let twin = Twin::with_quirks(&["form=refuse"]);
    let all = super::twin::signed("GetMessageCallback", &[]);
    let reply = twin.form(&all).unwrap();
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("<Code>MissingAction</Code>"));
    let query = vodcb::openapi::canonical_query(&all);
    assert_eq!(twin.send("POST", &query, &[], "").unwrap().status, 200);
}

#[test]
fn small_letters() {
    let twin = Twin::with_quirks(&["case=lower"]);
    twin.set_http("ALL");
    let answer = twin.get().json();
    assert!(answer["requestId"].is_string());
    assert_eq!(answer["messageCallback"]["callbackType"], "HTTP");
    assert_eq!(twin.set(&[]).json()["code"], "MissingParameter");
}

#[test]
fn an_unknown_quirk_is_a_usage_error() {
    for (spec, hint) in [
        ("colour=red", "unknown-events"),
        ("key=red", "clear, masked, absent"),
        ("key", "masked"),
        ("imds=on", "role, norole, broken, off"),
        ("imds-v1=", "allow, refuse"),
        ("session-seconds", "0 to 43200"),
        ("session-seconds=-1", "0 to 43200"),
        ("session-seconds=43201", "0 to 43200"),
    ] {
        let error = Quirks::default().apply(spec).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.hints[0].contains(hint), "{error:?}");
    }
}
