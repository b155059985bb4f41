//! The credentials URI, and the exchanges of CloudSSO and OAuth.

use super::twin::{Reply, Twin, key_in};

const JSON: (&str, &str) = ("content-type", "application/json");

fn get(twin: &Twin, path: &str) -> Reply {
    twin.request("GET", path, &[], "").unwrap()
}

/// A POST with this header of authorization, unless it is empty.
fn post(twin: &Twin, path: &str, authorization: &str, body: &str) -> Reply {
    let headers = [JSON, ("authorization", authorization)];
    let count = if authorization.is_empty() { 1 } else { 2 };
    twin.request("POST", path, &headers[..count], body).unwrap()
}

#[test]
fn a_credentials_uri() {
    let twin = Twin::new();
    for path in ["/credentials-uri", "/credentials-uri?pod=a%20b&x"] {
        let reply = get(&twin, path);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["content-type"], "application/json");
        let answer = reply.json();
        assert_eq!(answer["Code"], "Success");
        assert_eq!(answer["Expiration"], "2026-03-01T09:05:00Z");
        let key = key_in(&answer);
        assert_eq!(twin.call_by(&key, "GetMessageCallback", &[]).code(), "OK");
        let identity = twin.acs3_by(&key, "GetCallerIdentity", &[]).json();
        assert_eq!(identity["AccountId"], "1234567890123456");
        assert_eq!(identity["IdentityType"], "AssumedRoleUser");
    }
    let wrong = twin.request("POST", "/credentials-uri", &[], "").unwrap();
    assert_eq!(wrong.status, 405);
    let log = twin.log();
    assert_eq!(log[3].action, "GET /credentials-uri");
    assert_eq!(log[3].parameters["pod"], "a b");
}

#[test]
fn credentials_uris_that_do_not_work() {
    let twin = Twin::new();
    let broken = get(&twin, "/credentials-uri/broken");
    assert_eq!(broken.verdict(), (200, "Failed".into()));
    let garbage = get(&twin, "/credentials-uri/garbage");
    assert_eq!(garbage.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&garbage.body).is_err());
    for path in ["/credentials-uri/missing", "/credentials-uri/other"] {
        assert_eq!(get(&twin, path).status, 404, "{path}");
    }
    let near = get(&twin, "/credentials-uris?Format=JSON");
    assert_eq!(near.code(), "InvalidAction.NotFound");
    let twin = Twin::with_faults(&["uri:html*1", "uri:error=Odd*1", "uri:internal-after*1"]);
    assert_eq!(get(&twin, "/credentials-uri").status, 502);
    assert_eq!(get(&twin, "/credentials-uri").code(), "Odd");
    assert_eq!(get(&twin, "/credentials-uri").code(), "InternalError");
    assert_eq!(get(&twin, "/credentials-uri").code(), "Success");
}

#[test]
fn cloud_sso() {
    let twin = Twin::new();
    let body = r#"{"AccountId":"5550001","AccessConfigurationId":"ac-00abc"}"#;
    let ask = |token, body| post(&twin, "/cloud-credentials", token, body);
    let reply = ask("Bearer sso-token", body);
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    assert_eq!(answer["RequestId"], reply.headers["x-acs-request-id"]);
    let key = key_in(&answer["CloudCredential"]);
    let identity = twin.call_by(&key, "GetCallerIdentity", &[]).json();
    assert_eq!(identity["AccountId"], "5550001");
    assert_eq!(twin.acs3_by(&key, "GetMessageCallback", &[]).code(), "OK");
    for token in ["Bearer expired", "sso-token", "Basic sso-token", ""] {
        let reply = ask(token, body);
        assert_eq!(
            reply.verdict(),
            (401, "InvalidAccessToken".into()),
            "{token}"
        );
    }
    for body in ["", "{}", r#"{"AccountId":"1"}"#, "[1]"] {
        assert_eq!(ask("Bearer sso-token", body).code(), "MissingParameter");
    }
    let body = body.replace("5550001", "me");
    let wrong = ask("Bearer sso-token", &body);
    assert_eq!(wrong.code(), "InvalidParameter");
    assert_eq!(get(&twin, "/cloud-credentials").status, 405);
    assert!(!format!("{:?}", twin.log()).contains("sso-token"));
}

#[test]
fn oauth() {
    let twin = Twin::new();
    let reply = post(&twin, "/v1/exchange", "Bearer oauth-token", "{}");
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    assert_eq!(answer["RequestId"], reply.headers["x-acs-request-id"]);
    let key = key_in(&answer);
    assert_eq!(twin.call_by(&key, "GetMessageCallback", &[]).code(), "OK");
    let refused = post(&twin, "/v1/exchange", "Bearer old", "");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["error"], "invalid_token");
    assert_eq!(get(&twin, "/v1/exchange").status, 405);
    assert!(!format!("{:?}", twin.log()).contains("oauth-token"));
    let twin = Twin::with_quirks(&["case=lower"]);
    let answer = post(&twin, "/v1/exchange", "bearer oauth-token", "").json();
    assert!(answer["accessKeyId"].is_string(), "{answer}");
    let twin = Twin::with_faults(&["oauth:throttle*1", "sso:unavailable*1"]);
    let answers = ["/v1/exchange", "/cloud-credentials"].map(|path| post(&twin, path, "", ""));
    let codes = answers.map(|reply| reply.code());
    assert_eq!(codes, ["Throttling.User", "ServiceUnAvailable"]);
}
