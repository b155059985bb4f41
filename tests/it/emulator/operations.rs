//! The operations: what Set accepts, Get tells and Delete removes, and who STS says the caller is.

use super::twin::{Twin, now};
use crate::receiver::{Receiver, Reply};

const URL: &str = "https://example.com/vod";

#[test]
fn set_get_delete() {
    let twin = Twin::new();
    assert_eq!(twin.get().json().as_object().unwrap().len(), 1);
    let set = [
        ("CallbackType", "HTTP"),
        ("CallbackURL", URL),
        ("EventTypeList", "TranscodeComplete,FileUploadComplete"),
        ("AuthSwitch", "on"),
        ("AuthKey", "Abcdefg1"),
    ];
    let reply = twin.set(&set);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json().as_object().unwrap().len(), 1);
    let stored = twin.get();
    assert_eq!(stored.callback("AppId").as_deref(), Some("app-1000000"));
    for (name, value) in set {
        assert_eq!(stored.callback(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(stored.callback("MnsEndpoint"), None);
    assert_eq!(twin.call("DeleteMessageCallback", &[]).code(), "OK");
    assert_eq!(twin.get().callback("CallbackType"), None);
    assert_eq!(twin.call("DeleteMessageCallback", &[]).code(), "OK");
    let log = twin.log();
    assert_eq!(log[1].parameters["CallbackURL"], URL);
    assert!(!log[1].parameters.contains_key("AuthKey"));
    assert!(!log[1].parameters.contains_key("Signature"));
    assert_eq!(log[1].at, now());
    assert_eq!(
        (log[1].region.as_str(), log[1].app_id.as_str()),
        ("cn-shanghai", "app-1000000")
    );
}

#[test]
fn a_set_without_events_switches_every_event_off() {
    let twin = Twin::new();
    twin.set_http("ALL");
    twin.set(&[("CallbackType", "HTTP"), ("CallbackURL", URL)]);
    assert_eq!(twin.get().callback("EventTypeList").as_deref(), Some(""));
}

#[test]
fn a_set_replaces_what_it_leaves_out() {
    let twin = Twin::new();
    twin.set(&[
        ("CallbackType", "HTTP"),
        ("CallbackURL", URL),
        ("AuthSwitch", "on"),
        ("AuthKey", "Abcdefg1"),
    ]);
    twin.set_http("ALL");
    assert_eq!(twin.get().callback("AuthKey"), None);
    assert_eq!(twin.get().callback("AuthSwitch"), None);
}

#[test]
fn callbacks_differ_by_region_and_application() {
    let twin = Twin::new();
    let place = |region, app| [("RegionId", region), ("AppId", app)];
    let set = |region, app, url| {
        let mut all = place(region, app).to_vec();
        all.extend([("CallbackType", "HTTP"), ("CallbackURL", url)]);
        assert_eq!(twin.set(&all).code(), "OK");
    };
    let get = |region, app| {
        twin.call("GetMessageCallback", &place(region, app))
            .callback("CallbackURL")
    };
    set("cn-shanghai", "app-1", "http://a.example.com");
    set("cn-beijing", "app-1", "http://b.example.com");
    set("cn-shanghai", "app-2", "http://c.example.com");
    twin.call("DeleteMessageCallback", &place("cn-beijing", "app-1"));
    assert_eq!(
        get("cn-shanghai", "app-1").as_deref(),
        Some("http://a.example.com")
    );
    assert_eq!(get("cn-beijing", "app-1"), None);
    assert_eq!(
        get("cn-shanghai", "app-2").as_deref(),
        Some("http://c.example.com")
    );
}

#[test]
fn a_queue_callback() {
    let twin = Twin::new();
    let set = [
        ("CallbackType", "MNS"),
        (
            "MnsEndpoint",
            "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/",
        ),
        ("MnsQueueName", "vod-callback"),
        ("EventTypeList", "ALL"),
    ];
    assert_eq!(twin.set(&set).code(), "OK");
    for (name, value) in set {
        assert_eq!(twin.get().callback(name).as_deref(), Some(value));
    }
}

/// Sets what is refused with this code, and checks that the message names the parameter.
fn assert_refused(set: &[(&str, &str)], code: &str, name: &str) {
    let twin = Twin::new();
    let reply = twin.set(set);
    assert_eq!(reply.verdict(), (400, code.to_owned()), "{set:?}");
    let message = reply.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains(name), "{set:?}: {message}");
    assert_eq!(twin.get().callback("CallbackType"), None);
}

#[test]
fn a_callback_needs_a_known_type() {
    assert_refused(&[], "MissingParameter", "CallbackType");
    assert_refused(&[("CallbackType", "")], "MissingParameter", "CallbackType");
    assert_refused(
        &[("CallbackType", "SMQ")],
        "InvalidParameter",
        "CallbackType",
    );
}

#[test]
fn a_url_is_one_of_at_most_256_bytes() {
    let http = |url| [("CallbackType", "HTTP"), ("CallbackURL", url)];
    let long = format!("https://example.com/{}", "x".repeat(237));
    assert_refused(&http("")[..1], "MissingParameter", "CallbackURL");
    assert_refused(&http(""), "MissingParameter", "CallbackURL");
    let bad = [
        "ftp://example.com",
        "example.com",
        "http://",
        "https://a.com,https://b.com",
        "https://a.com\n",
        &long,
    ];
    for url in bad {
        assert_refused(&http(url), "InvalidParameter", "CallbackURL");
    }
    for url in [
        &long[..256],
        "https://a.com/?next=https://b.com",
        "https://a.com/x y",
    ] {
        assert_eq!(Twin::new().set(&http(url)).code(), "OK", "{url}");
    }
}

#[test]
fn authentication_and_application_have_rules() {
    let with = |name, value| {
        [
            ("CallbackType", "HTTP"),
            ("CallbackURL", URL),
            (name, value),
        ]
    };
    assert_refused(&with("AuthSwitch", "yes"), "InvalidParameter", "AuthSwitch");
    for key in [
        "lowercase1",
        "Abcdefgh",
        "Abcdefgh1Abcdefgh1Abcdefgh1Abcdef",
    ] {
        assert_refused(&with("AuthKey", key), "InvalidParameter", "AuthKey");
    }
    assert_eq!(Twin::new().set(&with("AuthKey", "")).code(), "OK");
    assert_refused(&with("AppId", "a b"), "InvalidParameter", "AppId");
}

#[test]
fn a_queue_needs_endpoint_and_name() {
    let mns = |endpoint, queue| {
        [
            ("CallbackType", "MNS"),
            ("MnsEndpoint", endpoint),
            ("MnsQueueName", queue),
        ]
    };
    assert_refused(&mns("", "q"), "MissingParameter", "MnsEndpoint");
    assert_refused(
        &mns("1.mns.cn-shanghai.aliyuncs.com", "q"),
        "InvalidParameter",
        "MnsEndpoint",
    );
    assert_refused(
        &mns("http://1.mns.cn-shanghai.aliyuncs.com/", ""),
        "MissingParameter",
        "MnsQueueName",
    );
}

#[test]
fn sts_tells_who_calls() {
    let twin = Twin::new();
    let answer = twin.call("GetCallerIdentity", &[]).json();
    assert_eq!(answer["AccountId"], "1234567890123456");
    assert_eq!(answer["Arn"], "acs:ram::1234567890123456:root");
    assert_eq!(answer["IdentityType"], "Account");
    assert_eq!(answer["UserId"], answer["PrincipalId"]);
    assert!(answer["RequestId"].is_string());
}

/// Deliveries are signed once a key is set, unless the switch says that they are not.
#[test]
fn a_key_signs_without_a_switch() {
    for (switch, signed) in [("", true), ("on", true), ("off", false)] {
        let twin = Twin::new();
        let receiver = Receiver::start(&[Reply::Status(200)]);
        let url = receiver.url("/vod");
        let mut set = vec![
            ("CallbackType", "HTTP"),
            ("CallbackURL", url.as_str()),
            ("EventTypeList", "ALL"),
            ("AuthKey", "Abcdefg1"),
        ];
        set.extend((!switch.is_empty()).then_some(("AuthSwitch", switch)));
        assert_eq!(twin.set(&set).status, 200);
        let event = r#"{"EventType":"TranscodeComplete"}"#;
        let fired = twin.call("EmulatorFireEvent", &[("Body", event)]).json();
        let id = fired["DeliveryId"].to_string();
        while twin
            .call("EmulatorGetDelivery", &[("DeliveryId", &id)])
            .json()["State"]
            == "pending"
        {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let request = receiver.requests().pop().unwrap();
        let signature = request.header("x-vod-signature");
        assert_eq!(signature.is_some(), signed, "{switch:?}");
    }
}
