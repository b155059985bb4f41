//! What the official clients sent, byte for byte, is let through.

use serde_json::Value;
use vodcb::emulator::AccessKey;
use vodcb::secret::Secret;

use super::twin::{Twin, config};

fn vectors(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A fresh emulator that knows the vector's key.
fn twin_for(vector: &Value) -> Twin {
    let mut config = config();
    let token = vector
        .pointer("/inputs/security_token")
        .and_then(Value::as_str);
    config.keys = vec![AccessKey {
        account_id: "42".into(),
        access_key_id: text(vector, "/inputs/access_key_id").into(),
        access_key_secret: Secret::new(text(vector, "/inputs/access_key_secret")),
        security_token: token.map(Secret::new),
    }];
    Twin::of(config)
}

/// The vectors of operations the emulator has.
fn usable(all: Vec<Value>) -> Vec<Value> {
    let foreign = ["GetVideoPlayAuth", "RunInstances"];
    all.into_iter()
        .filter(|vector| !foreign.contains(&text(vector, "/inputs/action")))
        .collect()
}

#[test]
fn rpc_requests_of_the_official_clients_are_let_through() {
    let all = usable(vectors(include_str!("../../data/vectors/rpc_v1.json")));
    assert_eq!(all.len(), 9);
    for vector in &all {
        let name = text(vector, "/name");
        let twin = twin_for(vector);
        let send = || {
            let form = ("content-type", "application/x-www-form-urlencoded");
            let body = text(vector, "/final_body_as_sent");
            let headers = if body.is_empty() { vec![] } else { vec![form] };
            let query = text(vector, "/final_query_string_as_sent");
            twin.send(text(vector, "/method"), query, &headers, body)
                .unwrap()
        };
        let reply = send();
        assert_eq!(reply.status, 200, "{name}: {}", reply.body);
        assert_eq!(send().code(), "SignatureNonceUsed", "{name}");
        let log = twin.log();
        assert_eq!(log[0].action, text(vector, "/inputs/action"));
        for (parameter, value) in vector["inputs"]["params"].as_object().unwrap() {
            if parameter != "AuthKey" {
                assert_eq!(
                    log[0].parameters[parameter],
                    value.as_str().unwrap(),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn acs3_requests_of_the_official_clients_are_let_through() {
    let all = usable(vectors(include_str!("../../data/vectors/acs3.json")));
    assert_eq!(all.len(), 8);
    for vector in &all {
        let name = text(vector, "/name");
        let twin = twin_for(vector);
        let headers: Vec<(&str, &str)> = vector["final_headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let query = text(vector, "/canonical_query_string");
        let send = |query: &str| {
            twin.send(
                text(vector, "/method"),
                query,
                &headers,
                text(vector, "/body"),
            )
            .unwrap()
        };
        let reply = send(query);
        assert_eq!(reply.status, 200, "{name}: {}", reply.body);
        assert!(reply.json()["RequestId"].is_string());
        assert_eq!(send(query).code(), "SignatureNonceUsed", "{name}");
        let changed = format!("{query}&Extra=1");
        assert_eq!(send(&changed).code(), "SignatureDoesNotMatch", "{name}");
    }
}

#[test]
fn the_region_comes_from_the_host() {
    let all = vectors(include_str!("../../data/vectors/acs3.json"));
    let vector = all
        .iter()
        .find(|v| v["name"] == "acs3-set-mns-get-request")
        .unwrap();
    let twin = twin_for(vector);
    let headers: Vec<(&str, &str)> = vector["final_headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let host = text(vector, "/inputs/host");
    twin.send("GET", text(vector, "/canonical_query_string"), &headers, "")
        .unwrap();
    assert_eq!(host, format!("vod.{}.aliyuncs.com", twin.log()[0].region));
}

#[test]
fn operations_the_emulator_has_not_are_refused_as_the_gateway_does() {
    let all = vectors(include_str!("../../data/vectors/rpc_v1.json"));
    let twin = twin_for(&all[0]);
    let reply = twin
        .send("GET", text(&all[0], "/final_query_string_as_sent"), &[], "")
        .unwrap();
    assert_eq!(reply.verdict(), (404, "InvalidAction.NotFound".into()));
}
