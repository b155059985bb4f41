//! Signatures stage by stage, against what the official clients made and the manual prints.

use serde_json::Value;
use vodcb::credential::Credential;
use vodcb::mns::message::body_md5;
use vodcb::mns::signer::{self, Headers, Request};
use vodcb::secret::Secret;

#[test]
fn every_stage_equals_that_of_the_official_clients() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../data/vectors/mns.json")).unwrap();
    assert_eq!(vectors.len(), 8);
    for vector in &vectors {
        let name = vector["name"].as_str().unwrap();
        let text = |path: &str| vector.pointer(path).and_then(Value::as_str).unwrap();
        let headers: Headers = vector["final_headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(
            signer::canonicalized_headers(&headers),
            text("/canonicalized_mns_headers"),
            "{name}"
        );
        let string = signer::string_to_sign(Request {
            method: text("/method"),
            resource: text("/canonicalized_resource"),
            headers: &headers,
        });
        assert_eq!(string, text("/string_to_sign"), "{name}");
        let secret = Secret::new(text("/inputs/access_key_secret"));
        let signature = signer::signature(&string, &secret);
        assert_eq!(signature, text("/signature"), "{name}");
        let authorization = signer::authorization(text("/inputs/access_key_id"), &signature);
        assert_eq!(authorization, text("/authorization"), "{name}");
    }
}

#[test]
fn a_whole_request_equals_that_of_the_official_clients() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../data/vectors/mns.json")).unwrap();
    for vector in &vectors {
        let text = |path: &str| vector.pointer(path).and_then(Value::as_str);
        let sent = vector["final_headers"].as_object().unwrap();
        let kept = |name: &str| {
            let own = [
                "x-mns-version",
                "date",
                "host",
                "user-agent",
                "connection",
                "security-token",
                "authorization",
            ];
            !own.contains(&name)
        };
        let headers: Headers = sent
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .filter(|(name, _)| kept(name))
            .collect();
        let credential = Credential {
            access_key_id: text("/inputs/access_key_id").unwrap().into(),
            access_key_secret: Secret::new(text("/inputs/access_key_secret").unwrap()),
            security_token: text("/inputs/security_token").map(Secret::new),
        };
        let signed = signer::sign(
            text("/method").unwrap(),
            text("/canonicalized_resource").unwrap(),
            headers,
            text("/inputs/date").unwrap(),
            &credential,
        );
        assert_eq!(
            signed.headers["authorization"],
            text("/authorization").unwrap()
        );
        let token = sent.get("security-token").and_then(Value::as_str);
        assert_eq!(
            signed.headers.get("security-token").map(String::as_str),
            token
        );
        assert_eq!(signed.string_to_sign, text("/string_to_sign").unwrap());
    }
}

fn signature(method: &str, resource: &str, date: &str, secret: &str) -> String {
    let headers = Headers::from([
        ("date".into(), date.into()),
        ("x-mns-version".into(), "2015-06-06".into()),
    ]);
    let string = signer::string_to_sign(Request {
        method,
        resource,
        headers: &headers,
    });
    signer::signature(&string, &Secret::new(secret))
}

/// The manual's example; it masks the end of the signature.
#[test]
fn the_example_of_the_manual() {
    let date = "Thu, 09 Jul 2015 03:01:34 GMT";
    assert_eq!(
        signature("GET", "/MyQueue", date, "TestAccessSecret"),
        "uwx3yeWoILzgmvesW0BQSgfM7b8="
    );
}

#[test]
fn receiving_and_deleting_callbacks() {
    let date = "Thu, 01 Jan 2026 00:00:00 GMT";
    for (method, resource, expected) in [
        (
            "GET",
            "/queues/vod-events/messages?numOfMessages=16&waitseconds=20",
            "hswJtR5ccLSKndP0gp3MUGjItrY=",
        ),
        (
            "DELETE",
            "/queues/vod-events/messages?ReceiptHandle=1-ODU4OTkz-EXAMPLE",
            "PWV6w3iedRrXBwGZP/b3SORY3dg=",
        ),
    ] {
        assert_eq!(signature(method, resource, date, SECRET), expected);
    }
}

/// The secret those two were made with.
const SECRET: &str = "exampleAccessKeySecret";

/// The test suite of RFC 1321, in upper case.
#[test]
fn md5_of_the_standard() {
    let digits = "1234567890".repeat(8);
    for (text, digest) in [
        ("", "D41D8CD98F00B204E9800998ECF8427E"),
        ("a", "0CC175B9C0F1B6A831C399E269772661"),
        ("abc", "900150983CD24FB0D6963F7D28E17F72"),
        ("message digest", "F96B697D7CB7938D525A2F31AAF161D0"),
        (
            "abcdefghijklmnopqrstuvwxyz",
            "C3FCD3D76192E4007DFB496CCA67E13B",
        ),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "D174AB98D277D9F5A5611C2C9F419D9F",
        ),
        (digits.as_str(), "57EDF4A22BE3C955AC49DA2E2107B67A"),
    ] {
        assert_eq!(body_md5(text), digest, "{text}");
    }
}
