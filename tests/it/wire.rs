//! Every plausible form of the service's answers, and the requests that are sent.

use serde_json::json;
use vodcb::callback::{Auth, Callback, Destination, StoredKey};
use vodcb::event::EventSelection;
use vodcb::secret::Secret;
use vodcb::target::AppId;
use vodcb::vod::wire::{Stored, masked_answer, means_not_configured, read_get, set_parameters};

fn callback(answer: &serde_json::Value) -> Callback {
    match read_get(answer) {
        Stored::Callback(callback) => callback,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_configured_has_many_forms() {
    for answer in [
        json!({"RequestId": "R"}),
        json!({"RequestId": "R", "MessageCallback": null}),
        json!({"RequestId": "R", "MessageCallback": {}}),
        json!({"RequestId": "R", "MessageCallback": ""}),
        json!({"MessageCallback": {"AppId": "app-1000000", "CallbackType": "", "CallbackURL": "", "EventTypeList": ""}}),
        json!({"MessageCallback": {"CallbackType": null, "CallbackURL": "https://lingers.example.com"}}),
    ] {
        assert_eq!(read_get(&answer), Stored::Nothing, "{answer}");
    }
}

/// The published sample shows the members of both methods at once.
#[test]
fn the_type_decides_which_members_count() {
    let members = json!({
        "AppId": "app-1000000", "CallbackURL": "http://developer.aliyundoc.com", "EventTypeList": "FileUploadComplete",
        "AuthSwitch": "on", "AuthKey": "Qx7Lm2Vt9Rb4", "MnsEndpoint": "http://1.mns.cn-shanghai-internal.aliyuncs.com/", "MnsQueueName": "quene_name"
    });
    let with = |kind: &str| {
        let mut answer = json!({ "MessageCallback": members });
        answer["MessageCallback"]["CallbackType"] = json!(kind);
        answer
    };
    let http = Destination::Http {
        url: "http://developer.aliyundoc.com".into(),
        auth: Auth {
            on: true,
            key: StoredKey::Known(Secret::new("Qx7Lm2Vt9Rb4")),
        },
    };
    assert_eq!(callback(&with("HTTP")).destination, http);
    assert_eq!(callback(&with("http")).destination, http);
    let mns = Destination::Mns {
        endpoint: "http://1.mns.cn-shanghai-internal.aliyuncs.com/".into(),
        queue: "quene_name".into(),
    };
    for kind in ["MNS", "mns", "Simple Message Queue (formerly MNS)"] {
        assert_eq!(callback(&with(kind)).destination, mns, "{kind}");
    }
    assert_eq!(
        read_get(&with("Pigeon")),
        Stored::UnknownType("Pigeon".into())
    );
}

#[test]
fn lists_switches_and_keys_are_read_tolerantly() {
    let read = |members: serde_json::Value| {
        let mut answer = json!({"MessageCallback": members});
        answer["MessageCallback"]["CallbackType"] = json!("HTTP");
        callback(&answer)
    };
    let auth = |members| match read(members).destination {
        Destination::Http { auth, .. } => auth,
        other => panic!("{other:?}"),
    };
    for (list, wire) in [
        (json!("ALL"), "ALL"),
        (json!("all"), "ALL"),
        (json!(""), ""),
        (json!(null), ""),
        (json!(" B , A,,"), "A,B"),
        (json!(["B", "A"]), "A,B"),
    ] {
        assert_eq!(
            read(json!({ "EventTypeList": list })).events.to_wire(),
            wire
        );
    }
    assert_eq!(
        auth(json!({"AuthSwitch": "off", "AuthKey": "Abcdefg1"})),
        Auth {
            on: false,
            key: StoredKey::Known(Secret::new("Abcdefg1"))
        }
    );
    assert!(auth(json!({"AuthSwitch": "ON", "AuthKey": "Abcdefg1"})).on);
    assert!(
        auth(json!({"AuthKey": "Abcdefg1"})).on,
        "a key without a switch signs"
    );
    assert_eq!(auth(json!({})), Auth::OFF);
    for mask in ["****", "Ab******", "••••"] {
        assert_eq!(
            auth(json!({"AuthSwitch": "on", "AuthKey": mask})).key,
            StoredKey::Hidden,
            "{mask}"
        );
    }
    let packed = json!({"MessageCallback": "{\"CallbackType\":\"HTTP\",\"CallbackURL\":\"https://e.example.com\"}"});
    assert!(matches!(
        callback(&packed).destination,
        Destination::Http { .. }
    ));
}

#[test]
fn a_set_is_complete_and_its_event_list_is_never_missing() {
    let app_id = AppId::default();
    let mut off = Callback {
        destination: Destination::Http {
            url: "https://e.example.com".into(),
            auth: Auth::OFF,
        },
        events: EventSelection::None,
    };
    let names = |callback: &Callback| -> Vec<String> {
        set_parameters(&app_id, callback).into_keys().collect()
    };
    assert_eq!(
        names(&off),
        [
            "AppId",
            "AuthSwitch",
            "CallbackType",
            "CallbackURL",
            "EventTypeList"
        ]
    );
    assert_eq!(set_parameters(&app_id, &off)["EventTypeList"], "");
    off.destination = Destination::Http {
        url: "https://e.example.com".into(),
        auth: Auth {
            on: false,
            key: StoredKey::Known(Secret::new("Abcdefg1")),
        },
    };
    let parameters = set_parameters(&app_id, &off);
    assert_eq!(
        (
            parameters["AuthSwitch"].as_str(),
            parameters["AuthKey"].as_str()
        ),
        ("off", "Abcdefg1"),
        "off keeps the key"
    );
    off.destination = Destination::Mns {
        endpoint: "http://1.mns.cn-shanghai.aliyuncs.com/".into(),
        queue: "q".into(),
    };
    assert_eq!(
        names(&off),
        [
            "AppId",
            "CallbackType",
            "EventTypeList",
            "MnsEndpoint",
            "MnsQueueName"
        ]
    );
    assert_eq!(set_parameters(&app_id, &off)["CallbackType"], "MNS");
}

#[test]
fn only_a_code_about_the_callback_means_not_configured() {
    for code in [
        "InvalidMessageCallback.NotFound",
        "MessageCallbackNotExist",
        "NoSuchCallback",
    ] {
        assert!(means_not_configured(code), "{code}");
    }
    for code in [
        "InvalidAccessKeyId.NotFound",
        "InvalidAction.NotFound",
        "InvalidAppId.NotFound",
        "EntityNotExist.Role",
        "InvalidCallbackURL",
        "InvalidParameter",
    ] {
        assert!(!means_not_configured(code), "{code}");
    }
}

#[test]
fn a_raw_answer_is_untouched_but_for_the_key() {
    let untouched = "{\"RequestId\" :\"R\",  \"MessageCallback\":{\"CallbackType\":\"MNS\"}}";
    assert_eq!(masked_answer(untouched), untouched);
    for answer in [
        r#"{"MessageCallback":{"AuthKey":"Qx7Lm2Vt9Rb4","CallbackType":"HTTP"}}"#,
        r#"{"messageCallback":{"authKey":"Qx7Lm2Vt9Rb4"}}"#,
        r#"{"MessageCallback":"{\"AuthKey\":\"Qx7Lm2Vt9Rb4\"}"}"#,
    ] {
        let masked = masked_answer(answer);
        assert!(
            !masked.contains("Qx7Lm2Vt9Rb4") && masked.contains("Qx••••"),
            "{masked}"
        );
    }
}
