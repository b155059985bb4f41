//! The signers against vectors made with the official SDKs, stage by stage, so that a red test
//! tells which step is wrong.

use serde_json::Value;
use vodcb::credential::Credential;
use vodcb::digest;
use vodcb::openapi::rpc::Envelope;
use vodcb::openapi::{Parameters, acs3, canonical_query, rpc};
use vodcb::secret::Secret;

fn vectors(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}

fn strings(value: &Value) -> Parameters {
    let members = value.as_object().unwrap().iter();
    members
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect()
}

fn credential(inputs: &Value) -> Credential {
    Credential {
        access_key_id: text(inputs, "access_key_id").to_owned(),
        access_key_secret: Secret::new(text(inputs, "access_key_secret")),
        security_token: inputs["security_token"].as_str().map(Secret::new),
    }
}

#[test]
fn rpc_matches_every_vector_at_each_stage() {
    let all = vectors(include_str!("../data/vectors/rpc_v1.json"));
    assert_eq!(all.len(), 10);
    for vector in all {
        let name = text(&vector, "name");
        let canonical = canonical_query(&strings(&vector["signed_parameters"]));
        assert_eq!(
            canonical,
            text(&vector, "canonicalized_query_string"),
            "{name}"
        );
        let to_sign = rpc::string_to_sign(text(&vector, "method"), &canonical);
        assert_eq!(to_sign, text(&vector, "string_to_sign"), "{name}");
        let secret = credential(&vector["inputs"]).access_key_secret;
        assert_eq!(
            rpc::signature(&to_sign, &secret),
            text(&vector, "signature"),
            "{name}"
        );
    }
}

/// Clients differ in the constants they add, so only vectors that add ours can be made whole.
#[test]
fn rpc_signs_whole_requests_like_the_official_client() {
    let mut compared = 0;
    for vector in vectors(include_str!("../data/vectors/rpc_v1.json")) {
        let inputs = &vector["inputs"];
        let wanted = strings(&vector["signed_parameters"]);
        let ours_only = wanted.get("Format").is_some_and(|format| format == "JSON")
            && !wanted.contains_key("SignatureType");
        if !ours_only {
            continue;
        }
        let mut operation = strings(&inputs["params"]);
        operation.extend(
            wanted
                .get("RegionId")
                .map(|id| ("RegionId".to_owned(), id.clone())),
        );
        let envelope = Envelope {
            action: text(inputs, "action"),
            version: text(inputs, "version"),
            timestamp: text(inputs, "timestamp"),
            nonce: text(inputs, "nonce"),
        };
        let signed = rpc::sign(
            text(&vector, "method"),
            envelope,
            &operation,
            &credential(inputs),
        );
        let mut complete = wanted;
        complete.insert("Signature".into(), text(&vector, "signature").into());
        assert_eq!(signed.parameters, complete, "{}", text(&vector, "name"));
        assert_eq!(signed.string_to_sign, text(&vector, "string_to_sign"));
        compared += 1;
    }
    assert!(
        compared >= 4,
        "only {compared} vectors could be compared whole"
    );
}

#[test]
fn acs3_matches_every_vector_at_each_stage() {
    let all = vectors(include_str!("../data/vectors/acs3.json"));
    assert_eq!(all.len(), 9);
    for vector in all {
        let name = text(&vector, "name");
        let inputs = &vector["inputs"];
        let headers = strings(&vector["headers_to_sign"]);
        let body_sha256 = digest::sha256_hex(text(&vector, "body").as_bytes());
        assert_eq!(body_sha256, text(&vector, "body_sha256"), "{name}");
        let query = match &inputs["params"] {
            Value::Null => String::new(),
            params => canonical_query(&strings(params)),
        };
        assert_eq!(query, text(&vector, "canonical_query_string"), "{name}");
        let canonical = acs3::canonical_request(acs3::Request {
            method: text(&vector, "method"),
            path: text(inputs, "path"),
            query: &query,
            headers: &headers,
            body_sha256: &body_sha256,
        });
        assert_eq!(canonical, text(&vector, "canonical_request"), "{name}");
        let to_sign = acs3::string_to_sign(&canonical);
        assert_eq!(to_sign, text(&vector, "string_to_sign"), "{name}");
        let signature = acs3::signature(&to_sign, &credential(inputs).access_key_secret);
        assert_eq!(signature, text(&vector, "signature"), "{name}");
        let names = acs3::signed_headers(&headers);
        assert_eq!(
            acs3::authorization(text(inputs, "access_key_id"), &names, &signature),
            text(&vector, "authorization"),
            "{name}"
        );
    }
}

/// The vectors whose client signs just the host and the x-acs headers are ours header by header.
#[test]
fn acs3_signs_whole_requests_like_the_official_client() {
    let mut compared = 0;
    for vector in vectors(include_str!("../data/vectors/acs3.json")) {
        let inputs = &vector["inputs"];
        let mut wanted = strings(&vector["headers_to_sign"]);
        let others = [
            "accept",
            "user-agent",
            "content-type",
            "x-acs-credentials-provider",
        ];
        if text(&vector, "method") != "POST" || others.iter().any(|name| wanted.contains_key(*name))
        {
            continue;
        }
        let envelope = Envelope {
            action: text(inputs, "action"),
            version: text(inputs, "version"),
            timestamp: text(inputs, "timestamp"),
            nonce: text(inputs, "nonce"),
        };
        let query = text(&vector, "canonical_query_string");
        let signed = acs3::sign(envelope, text(inputs, "host"), query, &credential(inputs));
        wanted.insert(
            "authorization".into(),
            text(&vector, "authorization").into(),
        );
        assert_eq!(signed.headers, wanted, "{}", text(&vector, "name"));
        assert_eq!(signed.string_to_sign, text(&vector, "string_to_sign"));
        compared += 1;
    }
    assert!(
        compared >= 3,
        "only {compared} vectors could be compared whole"
    );
}

/// Own values of the fact dossier, computed with the official SDK's code.
#[test]
fn rpc_matches_the_values_of_the_documentation_of_the_operations() {
    let credential = Credential {
        access_key_id: "exampleAccessKeyId".into(),
        access_key_secret: Secret::new("exampleAccessKeySecret"),
        security_token: None,
    };
    let operation: Parameters = [
        ("AppId", "app-1000000"),
        ("AuthKey", "Qx7Lm2Vt9Rb4"),
        ("AuthSwitch", "on"),
        ("CallbackType", "HTTP"),
        (
            "CallbackURL",
            "https://hooks.example.org/vod/events?tenant=blue&v=2",
        ),
        ("EventTypeList", "FileUploadComplete,TranscodeComplete"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (method, action, operation, expected) in [
        (
            "POST",
            "SetMessageCallback",
            &operation,
            "4is1eqWsBJQ24HnGzewPR8UyyaY=",
        ),
        (
            "GET",
            "SetMessageCallback",
            &operation,
            "5HaYgVI3jMRcJsMVg6Eiljo7VIM=",
        ),
        (
            "POST",
            "GetMessageCallback",
            &Parameters::new(),
            "uQoCV6fR/xHyjtrUH+zaSbtsm8M=",
        ),
    ] {
        let mut all = rpc::sign(
            method,
            Envelope {
                action,
                version: "2017-03-21",
                timestamp: "2026-01-01T00:00:00Z",
                nonce: "0f3c2a9be1d84757b6a1c0de5f102938",
            },
            operation,
            &credential,
        )
        .parameters;
        // These values were made with `Format=json`.
        all.remove("Signature");
        all.insert("Format".into(), "json".into());
        let to_sign = rpc::string_to_sign(method, &canonical_query(&all));
        assert_eq!(
            rpc::signature(&to_sign, &credential.access_key_secret),
            expected,
            "{method} {action}"
        );
    }
}
