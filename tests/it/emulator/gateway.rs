//! Requests that the gate refuses, each with the code a client must understand.

use vodcb::credential::Credential;
use vodcb::emulator::builtin_key;
use vodcb::openapi::rpc::Envelope;
use vodcb::openapi::{Parameters, acs3, canonical_query};
use vodcb::secret::Secret;

use super::twin::{NOW, Twin, VOD, config, credential, nonce, parameters, resigned, signed};

/// A signed Get with one parameter replaced, signed again.
fn with(name: &str, value: &str) -> Parameters {
    resigned("POST", signed("GetMessageCallback", &[]), |all| {
        all.insert(name.into(), value.into());
    })
}

fn without(name: &str) -> Parameters {
    let mut all = resigned("POST", signed("GetMessageCallback", &[]), |all| {
        all.remove(name);
    });
    if name == "Signature" {
        all.remove(name);
    }
    all
}

#[test]
fn each_missing_common_parameter_is_named() {
    let twin = Twin::new();
    for name in [
        "Action",
        "Version",
        "AccessKeyId",
        "Signature",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureNonce",
        "Timestamp",
    ] {
        let reply = twin.form(&without(name)).unwrap();
        assert_eq!(reply.verdict(), (400, format!("Missing{name}")));
        assert_eq!(
            reply.json()["Message"],
            format!("{name} is mandatory for this action.")
        );
        assert_eq!(reply.json()["HostId"], twin.address());
        assert!(
            reply.json()["Recommend"]
                .as_str()
                .unwrap()
                .starts_with("https://")
        );
    }
}

/// Parameter, value, status, code.
const WRONG: [(&str, &str, u16, &str); 12] = [
    ("Version", "2020-01-01", 400, "InvalidVersion"),
    ("Version", "2015-04-01", 404, "InvalidAction.NotFound"),
    (
        "Action",
        "getmessagecallback",
        404,
        "InvalidAction.NotFound",
    ),
    ("SignatureMethod", "HMAC-MD5", 400, "InvalidSignatureMethod"),
    ("SignatureVersion", "2.0", 400, "InvalidSignatureVersion"),
    (
        "Timestamp",
        "2026-03-01 08:05:00",
        400,
        "InvalidTimeStamp.Format",
    ),
    (
        "Timestamp",
        "2026-13-01T08:05:00Z",
        400,
        "InvalidTimeStamp.Format",
    ),
    (
        "Timestamp",
        "2026-03-01T08:05:00.1Z",
        400,
        "InvalidTimeStamp.Format",
    ),
    (
        "Timestamp",
        "2026-03-01T07:49:59Z",
        400,
        "InvalidTimeStamp.Expired",
    ),
    (
        "Timestamp",
        "2026-03-01T08:20:01Z",
        400,
        "InvalidTimeStamp.Expired",
    ),
    (
        "AccessKeyId",
        "LTAInobody",
        404,
        "InvalidAccessKeyId.NotFound",
    ),
    (
        "SecurityToken",
        "x",
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
    ),
];

#[test]
fn each_wrong_common_parameter_has_its_code() {
    let twin = Twin::new();
    for (name, value, status, code) in WRONG {
        let reply = twin.form(&with(name, value)).unwrap();
        assert_eq!(reply.verdict(), (status, code.to_owned()), "{name}={value}");
    }
    for edge in ["2026-03-01T07:50:00Z", "2026-03-01T08:20:00Z"] {
        assert_eq!(twin.form(&with("Timestamp", edge)).unwrap().status, 200);
    }
}

#[test]
fn a_wrong_secret_is_answered_with_the_string_to_sign() {
    let twin = Twin::new();
    let mut all = signed("SetMessageCallback", &[("AuthKey", "Abcdefg1")]);
    all.insert("Signature".into(), "Fd1iqDKoEX9E5VD8XtNTII+Pw74=".into());
    let reply = twin.form(&all).unwrap();
    assert_eq!(reply.verdict(), (400, "SignatureDoesNotMatch".into()));
    let message = reply.json()["Message"].as_str().unwrap().to_owned();
    let (before, shown) = message.split_once("server string to sign is:").unwrap();
    assert_eq!(
        before,
        "Specified signature is not matched with our calculation. "
    );
    assert!(shown.starts_with("POST&%2F&AccessKeyId%3DLTAI"));
    assert!(shown.contains("AuthKey%3DAbcdefg1"));
    // The log keeps none of it.
    assert!(!format!("{:?}", twin.log()).contains("Abcdefg1"));
}

#[test]
fn a_signature_for_post_does_not_fit_a_get() {
    let twin = Twin::new();
    let all = signed("GetMessageCallback", &[]);
    let reply = twin.send("GET", &canonical_query(&all), &[], "").unwrap();
    assert_eq!(reply.code(), "SignatureDoesNotMatch");
    let all = resigned("GET", all, |_| {});
    assert_eq!(
        twin.send("GET", &canonical_query(&all), &[], "")
            .unwrap()
            .status,
        200
    );
}

#[test]
fn a_nonce_is_used_up_by_a_good_signature_only() {
    let twin = Twin::new();
    let good = signed("GetMessageCallback", &[]);
    let mut bad = good.clone();
    bad.insert("Signature".into(), "x".into());
    assert_eq!(twin.form(&bad).unwrap().code(), "SignatureDoesNotMatch");
    assert_eq!(twin.form(&good).unwrap().code(), "OK");
    assert_eq!(
        twin.form(&good).unwrap().verdict(),
        (400, "SignatureNonceUsed".into())
    );
}

#[test]
fn a_temporary_key_needs_its_token() {
    let mut config = config();
    config.keys[0].security_token = Some(Secret::new("the+token=="));
    let twin = Twin::of(config);
    assert_eq!(twin.get().verdict(), (400, "MissingSecurityToken".into()));
    let with_token = |token: &str| twin.form(&with("SecurityToken", token)).unwrap().code();
    assert_eq!(with_token("other"), "InvalidSecurityToken.Malformed");
    assert_eq!(with_token("the+token=="), "OK");
    assert!(!format!("{:?}", twin.log()).contains("the+token"));
}

#[test]
fn other_verbs_and_paths_are_refused() {
    let twin = Twin::new();
    let json = "Format=JSON";
    for verb in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let reply = twin.send(verb, json, &[], "").unwrap();
        assert_eq!(reply.verdict(), (400, "UnsupportedHTTPMethod".into()));
    }
    let reply = twin
        .raw(b"GET /other?Format=json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    assert_eq!(reply.verdict(), (404, "InvalidAction.NotFound".into()));
}

#[test]
fn without_a_format_the_answer_is_xml() {
    let twin = Twin::new();
    twin.set(&[
        ("CallbackType", "HTTP"),
        ("CallbackURL", "https://example.com/?a=1&b=<2>"),
    ]);
    let plain = |all: Parameters| {
        let all = resigned("POST", all, |all| {
            all.remove("Format");
        });
        twin.form(&all).unwrap()
    };
    let reply = plain(signed("GetMessageCallback", &[]));
    assert_eq!(reply.headers["content-type"], "text/xml;charset=utf-8");
    let url = "<CallbackURL>https://example.com/?a=1&amp;b=&lt;2&gt;</CallbackURL>";
    assert!(
        reply
            .body
            .contains("<GetMessageCallbackResponse><RequestId>NONCE-"),
        "{}",
        reply.body
    );
    assert!(reply.body.contains(url), "{}", reply.body);
    let reply = plain(signed("Get", &[]));
    assert_eq!(reply.status, 404);
    assert!(reply.body.contains("<Error><RequestId>"));
    assert!(reply.body.contains("<Code>InvalidAction.NotFound</Code>"));
}

/// What the standard calls a Char; what is none cannot be written in any way.
#[test]
fn xml_holds_every_character_that_it_can() {
    let twin = Twin::new();
    let events = "A\t\u{85},\r\u{FFFD},\u{10000}";
    let odd = format!("\u{1}{events}\u{FFFE}\u{FFFF}");
    let set = twin.set(&[
        ("CallbackType", "HTTP"),
        ("CallbackURL", "https://example.com/"),
        ("EventTypeList", &odd),
    ]);
    assert_eq!(set.code(), "OK");
    let all = resigned("POST", signed("GetMessageCallback", &[]), |all| {
        all.insert("Format".into(), "XML".into());
    });
    let body = twin.form(&all).unwrap().body;
    // A plain one would be read as a line feed.
    let events = events.replace('\r', "&#13;");
    let list = format!("<EventTypeList>{events}</EventTypeList>");
    assert!(body.contains(&list), "{body:?}");
}

#[test]
fn answers_carry_request_id_and_date() {
    let twin = Twin::new();
    let reply = twin.get();
    assert_eq!(reply.headers["date"], "Sun, 01 Mar 2026 08:05:00 GMT");
    assert_eq!(reply.json()["RequestId"], reply.headers["x-acs-request-id"]);
    assert_eq!(
        reply.headers["content-type"],
        "application/json;charset=utf-8"
    );
    assert_eq!(
        reply.headers["content-length"],
        reply.body.len().to_string()
    );
}

/// A signed ACS3 Get, changed before and after signing.
fn acs3_get(twin: &Twin, header: Option<(&str, &str)>, extra: &[(&str, &str)]) -> (u16, String) {
    let nonce = nonce();
    let envelope = Envelope {
        action: "GetMessageCallback",
        version: VOD,
        timestamp: NOW,
        nonce: &nonce,
    };
    let signed = acs3::sign(envelope, "vod.cn-beijing.aliyuncs.com", "", &credential());
    let mut headers = signed.headers;
    if let Some((name, value)) = header {
        headers.remove(name);
        if !value.is_empty() {
            headers.insert(name.into(), value.into());
        }
    }
    let mut pairs: Vec<(&str, &str)> = headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    pairs.extend(extra);
    twin.send("POST", "", &pairs, "").unwrap().verdict()
}

#[test]
fn acs3_checks_what_is_signed() {
    let twin = Twin::new();
    assert_eq!(acs3_get(&twin, None, &[]), (200, "OK".into()));
    let cases = [
        (Some(("x-acs-action", "")), 400, "MissingAction"),
        (Some(("x-acs-version", "")), 400, "MissingVersion"),
        (Some(("authorization", "")), 400, "MissingAccessKeyId"),
        (
            Some(("authorization", "ACS3-HMAC-SHA256 ,,,=")),
            400,
            "MissingAccessKeyId",
        ),
        (
            Some((
                "authorization",
                "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=b",
            )),
            400,
            "InvalidSignatureMethod",
        ),
        (
            Some(("x-acs-signature-nonce", "")),
            400,
            "MissingSignatureNonce",
        ),
        (Some(("x-acs-date", "")), 400, "MissingTimestamp"),
        (
            Some(("x-acs-date", "yesterday")),
            400,
            "InvalidTimeStamp.Format",
        ),
        (
            Some(("x-acs-content-sha256", "00")),
            400,
            "SignatureDoesNotMatch",
        ),
        (
            Some(("x-acs-action", "SetMessageCallback")),
            400,
            "SignatureDoesNotMatch",
        ),
    ];
    for (change, status, code) in cases {
        assert_eq!(
            acs3_get(&twin, change, &[]),
            (status, code.to_owned()),
            "{change:?}"
        );
    }
    let unsigned = [("x-acs-extra", "1"), ("content-type", "text/plain")];
    for header in unsigned {
        assert_eq!(
            acs3_get(&twin, None, &[header]),
            (400, "IncompleteSignature".into())
        );
    }
    assert_eq!(
        acs3_get(&twin, None, &[("user-agent", "any")]),
        (200, "OK".into())
    );
    assert_eq!(twin.log()[0].region, "cn-beijing");
}

#[test]
fn an_acs3_mismatch_shows_the_canonical_request() {
    let twin = Twin::new();
    let nonce = nonce();
    let envelope = Envelope {
        action: "GetMessageCallback",
        version: VOD,
        timestamp: NOW,
        nonce: &nonce,
    };
    let stranger = Credential {
        access_key_secret: Secret::new("wrong"),
        ..credential()
    };
    let headers = acs3::sign(envelope, "localhost", "", &stranger).headers;
    let pairs: Vec<(&str, &str)> = headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let reply = twin.send("POST", "", &pairs, "").unwrap();
    let message = reply.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains("server StringToSign is [ACS3-HMAC-SHA256\n"));
    assert!(message.contains("server CanonicalRequest is [POST\n/\n\nhost:localhost\n"));
}

#[test]
fn several_keys_belong_to_several_accounts() {
    let mut config = config();
    let mut other = builtin_key();
    other.account_id = "777".into();
    other.access_key_id = "LTAIother".into();
    config.keys.push(other);
    let twin = Twin::of(config);
    assert_eq!(twin.set_http("ALL").code(), "OK");
    let theirs = resigned("POST", signed("GetMessageCallback", &[]), |all| {
        all.extend(parameters(&[("AccessKeyId", "LTAIother")]));
    });
    assert!(
        twin.form(&theirs)
            .unwrap()
            .json()
            .get("MessageCallback")
            .is_none()
    );
    let log = twin.log();
    assert_eq!(
        (log[0].account_id.as_str(), log[1].account_id.as_str()),
        ("1234567890123456", "777")
    );
}
