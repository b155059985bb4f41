//! What an answer says, whatever its form, and what never appears from it.

use vodcb::error::Kind;
use vodcb::openapi::refusal::{Asked, Cause, Head, Reading, Refusal, explain, read, scrub};
use vodcb::secret::Secret;

fn head(status: u16) -> Head<'static> {
    Head {
        status,
        content_type: Some("text/html; charset=utf-8"),
        request_id: Some("header-id"),
    }
}

fn refusal(status: u16, body: &str) -> Refusal {
    match read(head(status), body) {
        Reading::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn refusals_are_read_from_json_and_xml_in_either_letter_case() {
    for body in [
        r#"{"RequestId":"R1","HostId":"h","Code":"InvalidParameter","Message":"no good"}"#,
        r#"{"requestId":"R1","code":"InvalidParameter","message":"no good"}"#,
        r#"<?xml version="1.0"?><Error><RequestId>R1</RequestId><Code>InvalidParameter</Code><Message>no good</Message></Error>"#,
    ] {
        let refusal = refusal(400, body);
        assert_eq!(
            (refusal.code.as_str(), refusal.message.as_str()),
            ("InvalidParameter", "no good"),
            "{body}"
        );
        assert_eq!(refusal.request_id.as_deref(), Some("R1"));
    }
    let escaped = refusal(
        400,
        "<Error><Code>X</Code><Message>a &amp; b &#38; &lt;c&gt;</Message></Error>",
    );
    assert_eq!(escaped.message, "a & b & <c>");
    assert_eq!(escaped.request_id.as_deref(), Some("header-id"));
    assert_eq!(
        refusal(200, r#"{"Code":"Odd","Message":"with status 200"}"#).code,
        "Odd"
    );
}

#[test]
fn pages_of_proxies_and_broken_answers_are_nonsense_not_panics() {
    for (status, body) in [
        (502, "<html><body>Bad Gateway</body></html>"),
        (200, "<html></html>"),
        (200, ""),
        (200, "{\"RequestId\":"),
        (200, "[1,2]"),
        (500, "null"),
        (200, "<Error><Code>"),
        (403, "\u{0}\u{1}\u{2}"),
    ] {
        assert!(
            matches!(read(head(status), body), Reading::Nonsense(_)),
            "{status} {body:?}"
        );
    }
    // The queue service's management API answers success with a numeric code.
    assert!(matches!(
        read(head(200), r#"{"Code":200,"RequestId":"R"}"#),
        Reading::Success(_)
    ));
}

#[test]
fn codes_decide_and_statuses_do_not() {
    for (code, status, cause) in [
        ("Throttling.User", 400, Cause::Throttled),
        ("Throttling", 429, Cause::Throttled),
        ("SomethingNew", 429, Cause::Throttled),
        ("ServiceUnAvailable", 503, Cause::ServerTrouble),
        ("ServiceUnavailable", 503, Cause::ServerTrouble),
        ("InternalError", 500, Cause::ServerTrouble),
        ("SignatureDoesNotMatch", 403, Cause::BadSignature),
        ("IncompleteSignature", 400, Cause::BadSignature),
        ("InvalidAccessKeyId.NotFound", 404, Cause::BadKey),
        ("InvalidAccessKeyId.Inactive", 400, Cause::BadKey),
        ("InvalidSecurityToken.Expired", 400, Cause::BadToken),
        ("MissingSecurityToken", 400, Cause::BadToken),
        ("InvalidTimeStamp.Expired", 400, Cause::ClockOff),
        ("InvalidTimeStamp.Format", 400, Cause::Other),
        ("Forbidden.RAM", 403, Cause::Forbidden),
        ("Forbidden", 403, Cause::Forbidden),
        ("NoPermission", 403, Cause::Forbidden),
        ("OperationDenied.Suspended", 403, Cause::NoService),
        ("InvalidParameter", 400, Cause::Other),
        ("SignatureNonceUsed", 400, Cause::SentTwice),
    ] {
        let refusal = Refusal {
            status,
            code: code.into(),
            ..Refusal::default()
        };
        assert_eq!(refusal.cause(), cause, "{code}");
    }
}

const ASKED: Asked<'static> = Asked {
    product: "vod",
    action: "SetMessageCallback",
    host: "vod.cn-shanghai.aliyuncs.com",
    string_to_sign: "POST&%2F&OURS",
    whoami: "vodcb --profile prod whoami --explain",
};

fn everything_said(refusal: &Refusal, secrets: &[&Secret]) -> String {
    let error = explain(refusal, ASKED, secrets);
    [vec![error.message], error.causes, error.hints]
        .concat()
        .join("\n")
}

#[test]
fn a_signature_error_is_cut_before_it_quotes_the_request() {
    for message in [
        "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AuthKey%3DQx7Lm2Vt9Rb4",
        "Specified signature does not match our calculation. server StringToSign is [ACS3 Qx7Lm2Vt9Rb4] server CanonicalRequest is [AuthKey=Qx7Lm2Vt9Rb4]",
        "The request signature does not conform to Aliyun standards. Server String To Sign Is: Qx7Lm2Vt9Rb4",
    ] {
        let refusal = Refusal {
            status: 400,
            code: "SignatureDoesNotMatch".into(),
            message: message.into(),
            ..Refusal::default()
        };
        let said = everything_said(&refusal, &[]);
        assert!(
            !said.contains("Qx7Lm2Vt9Rb4") && !said.contains("AuthKey"),
            "{said}"
        );
        assert!(said.contains("signature"), "{said}");
    }
}

#[test]
fn the_echo_tells_a_wrong_secret_from_a_changed_request() {
    let with = |message: &str| Refusal {
        status: 400,
        code: "SignatureDoesNotMatch".into(),
        message: message.into(),
        ..Refusal::default()
    };
    let same = everything_said(&with("no. server string to sign is:POST&%2F&OURS"), &[]);
    assert!(
        same.contains("the access key secret does not belong")
            && same.contains("vodcb --profile prod whoami --explain shows where both come from"),
        "{same}"
    );
    let other = everything_said(&with("no. server string to sign is:POST&%2F&THEIRS"), &[]);
    assert!(
        other.contains("another request than the one that was signed"),
        "{other}"
    );
    let acs3 = everything_said(
        &with("no. server StringToSign is [POST&%2F&OURS] server CanonicalRequest is [x]"),
        &[],
    );
    assert!(
        acs3.contains("the access key secret does not belong"),
        "{acs3}"
    );
}

#[test]
fn a_refused_permission_names_the_action_and_a_policy_that_parses() {
    let body = r#"{"Code":"Forbidden.RAM","Message":"no","AccessDeniedDetail":{"AuthAction":"vod:SetMessageCallback"}}"#;
    let error = explain(&refusal(403, body), ASKED, &[]);
    assert_eq!(error.kind, Kind::Credentials);
    let hint = &error.hints[0];
    let policy: serde_json::Value = serde_json::from_str(&hint[hint.find('{').unwrap()..]).unwrap();
    assert_eq!(
        policy["Statement"][0]["Action"][0],
        "vod:SetMessageCallback"
    );
    assert_eq!(policy["Statement"][0]["Resource"], "*");
    let small = r#"{"code":"Forbidden.RAM","message":"no","accessDeniedDetail":{"authAction":"vod:Other"}}"#;
    let denied = refusal(403, small).denied_action;
    assert_eq!(denied.as_deref(), Some("vod:Other"));
}

/// The codes of the gateway's table.
#[test]
fn a_hint_fits_its_code() {
    let hint = |code: &str| {
        let refusal = Refusal {
            status: 403,
            code: code.into(),
            ..Refusal::default()
        };
        explain(&refusal, ASKED, &[]).hints.join("; ")
    };
    for code in [
        "InvalidAction",
        "InvalidAction.NotFound",
        "InvalidApi.NotFound",
        "InvalidProduct.NotFound",
        "InvalidVersion",
        "NoSuchVersion",
    ] {
        let told = hint(code);
        assert!(told.contains("--endpoint"), "{code}: {told}");
    }
    assert!(hint("Forbidden.RAM").contains("SetMessageCallback"));
    let told = hint("Forbidden.RiskControl");
    assert!(
        !told.contains("Statement") && told.contains("its support"),
        "{told}"
    );
    assert!(!hint("InvalidActions").contains("--endpoint"));
}

#[test]
fn secrets_are_scrubbed_plain_and_encoded() {
    let secret = Secret::new("a+b/c=1");
    for form in ["a+b/c=1", "a%2Bb%2Fc%3D1", "a%252Bb%252Fc%253D1"] {
        assert_eq!(scrub(&format!("x {form} y"), &[&secret]), "x •••• y");
    }
}
