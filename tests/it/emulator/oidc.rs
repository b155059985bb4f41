//! `AssumeRoleWithOIDC`: no key, no signature, only a token.

use vodcb::openapi::{Parameters, canonical_query};

use super::twin::{NOW, Reply, STS, Twin, key_in, nonce, parameters};

const ROLE: &str = "acs:ram::42:role/pod";

/// What a client without a key sends, with these changes; an empty value leaves the parameter out.
fn unsigned(change: &[(&str, &str)]) -> Parameters {
    let mut all = parameters(&[
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", STS),
        ("Format", "JSON"),
        ("Timestamp", NOW),
        ("RoleArn", ROLE),
        ("OIDCProviderArn", "acs:ram::42:oidc-provider/cluster"),
        ("OIDCToken", "eyJhbGciOi.payload.signature"),
        ("RoleSessionName", "pod-1"),
    ]);
    all.extend(parameters(change));
    all.retain(|_, value| !value.is_empty());
    all
}

fn exchange(twin: &Twin, change: &[(&str, &str)]) -> Reply {
    twin.form(&unsigned(change)).unwrap()
}

#[test]
fn a_token_is_exchanged_for_a_key() {
    let twin = Twin::new();
    let reply = exchange(&twin, &[("DurationSeconds", "1800")]);
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    let arn = "acs:ram::42:assumed-role/pod/pod-1";
    assert_eq!(answer["AssumedRoleUser"]["Arn"], arn);
    assert_eq!(answer["Credentials"]["Expiration"], "2026-03-01T08:35:00Z");
    for member in ["Subject", "Issuer", "ClientIds"] {
        assert!(answer["OIDCTokenInfo"][member].is_string(), "{member}");
    }
    let key = key_in(&answer["Credentials"]);
    let identity = twin.call_by(&key, "GetCallerIdentity", &[]).json();
    assert_eq!(identity["Arn"], arn);
    assert_eq!(twin.acs3_by(&key, "GetMessageCallback", &[]).code(), "OK");
    let log = twin.log();
    assert_eq!(log[0].action, "AssumeRoleWithOIDC");
    assert_eq!(log[0].outcome, "OK");
    assert!(!format!("{log:?}").contains("eyJhbGciOi"));
}

#[test]
fn by_get_and_in_headers() {
    let twin = Twin::new();
    let query = canonical_query(&unsigned(&[]));
    assert_eq!(twin.send("GET", &query, &[], "").unwrap().code(), "OK");
    let common = ["Action", "Version", "Format", "Timestamp"].map(|name| (name, ""));
    let query = canonical_query(&unsigned(&common));
    let nonce = nonce();
    let headers = [
        ("x-acs-action", "AssumeRoleWithOIDC"),
        ("x-acs-version", STS),
        ("x-acs-date", NOW),
        ("x-acs-signature-nonce", &nonce),
    ];
    for headers in [&headers[..], &headers[..3]] {
        let reply = twin.send("POST", &query, headers, "").unwrap();
        assert_eq!(reply.code(), "OK");
    }
}

/// Parameter, value, status, code.
const REFUSED: [(&str, &str, u16, &str); 18] = [
    (
        "OIDCToken",
        "expired-token",
        400,
        "AuthenticationFail.OIDCToken.Expired",
    ),
    (
        "OIDCToken",
        "expired-token\n",
        400,
        "AuthenticationFail.OIDCToken.Expired",
    ),
    (
        "OIDCToken",
        "invalid-token",
        400,
        "AuthenticationFail.OIDCToken.Invalid",
    ),
    ("OIDCToken", "", 400, "MissingOIDCToken"),
    ("OIDCToken", "\n", 400, "MissingOIDCToken"),
    ("OIDCProviderArn", "", 400, "MissingOIDCProviderArn"),
    (
        "OIDCProviderArn",
        "cluster",
        400,
        "InvalidParameter.OIDCProviderArn",
    ),
    ("RoleArn", "", 400, "MissingRoleArn"),
    ("RoleArn", "pod", 400, "InvalidParameter.RoleArn"),
    (
        "RoleArn",
        "acs:ram::42:role/denied",
        403,
        "AuthenticationFail.NoPermission",
    ),
    (
        "RoleArn",
        "acs:ram::42:role/absent",
        404,
        "EntityNotExist.Role",
    ),
    ("RoleSessionName", "", 400, "MissingRoleSessionName"),
    (
        "RoleSessionName",
        "?",
        400,
        "InvalidParameter.RoleSessionName",
    ),
    (
        "DurationSeconds",
        "60",
        400,
        "InvalidParameter.DurationSeconds",
    ),
    ("Policy", "no", 400, "InvalidParameter.PolicyGrammar"),
    ("Version", "2017-03-21", 404, "InvalidAction.NotFound"),
    ("Timestamp", "", 400, "MissingTimestamp"),
    (
        "Timestamp",
        "2026-03-01T07:00:00Z",
        400,
        "InvalidTimeStamp.Expired",
    ),
];

#[test]
fn refusals() {
    let twin = Twin::new();
    for (name, value, status, code) in REFUSED {
        let reply = exchange(&twin, &[(name, value)]);
        assert_eq!(
            reply.verdict(),
            (status, code.to_owned()),
            "{name}={value:?}"
        );
    }
}

#[test]
fn no_other_operation_does_without_a_signature() {
    let twin = Twin::new();
    for action in ["AssumeRole", "GetCallerIdentity"] {
        let reply = exchange(&twin, &[("Action", action)]);
        assert_eq!(reply.verdict(), (400, "MissingAccessKeyId".into()));
    }
}

#[test]
fn faults_by_name() {
    let twin = Twin::with_faults(&[
        "oidc:throttle*1",
        "oidc:deny*1",
        "AssumeRoleWithOIDC:internal*1",
    ]);
    let code = || exchange(&twin, &[]).code();
    let codes = [code(), code(), code(), code()];
    let expected = [
        "Throttling.User",
        "AuthenticationFail.NoPermission",
        "InternalError",
        "OK",
    ];
    assert_eq!(codes, expected);
}
