//! Who is let in, and with which code the others are not.

use std::sync::atomic::AtomicI64;

use serde_json::Value;
use vodcb::emulator::AccessKey;
use vodcb::mns::signer::Headers;
use vodcb::secret::Secret;

use super::super::twin::{config, key_in, now};
use super::{START, Shop, at, pass, refused, sign, sign_by, verdict};

/// A signed list of queues after some change to its headers.
fn changed(change: impl FnOnce(&mut Headers)) -> (u16, String) {
    let shop = Shop::new();
    let mut headers = sign("GET", "/queues", &[], now());
    change(&mut headers);
    verdict(&shop.send("GET", "/queues", &headers, "").unwrap())
}

fn set<'a>(name: &'a str, value: &'a str) -> impl FnOnce(&mut Headers) + 'a {
    move |headers| drop(headers.insert(name.into(), value.into()))
}

fn without(name: &str) -> impl FnOnce(&mut Headers) + '_ {
    move |headers| drop(headers.remove(name))
}

#[test]
fn a_signed_request_is_let_in() {
    assert_eq!(changed(|_| {}).0, 200);
}

#[test]
fn what_is_missing_or_misshapen_has_a_code_of_its_own() {
    let table = [
        (
            changed(without("authorization")),
            "MissingAuthorizationHeader",
        ),
        (changed(without("date")), "MissingDateHeader"),
        (changed(without("x-mns-version")), "MissingVersionHeader"),
        (
            changed(set("authorization", "MNS nonsense")),
            "InvalidAuthorizationHeader",
        ),
        (
            changed(set("authorization", "acs a:b")),
            "InvalidAuthorizationHeader",
        ),
        (
            changed(set("authorization", "MNS :b")),
            "InvalidAuthorizationHeader",
        ),
        (changed(set("date", "yesterday")), "InvalidDateHeader"),
        (
            changed(set("x-mns-version", "2014-07-08")),
            "InvalidArgument",
        ),
        (changed(set("content-md5", "AAAA")), "SignatureDoesNotMatch"),
    ];
    for (verdict, code) in table {
        let status = if code == "SignatureDoesNotMatch" {
            403
        } else {
            400
        };
        assert_eq!(verdict, refused(status, code));
    }
}

#[test]
fn keys_and_signatures() {
    let unknown = changed(set("authorization", "MNS LTAIunknown:abc="));
    assert_eq!(unknown, refused(403, "InvalidAccessKeyId"));
    let forged = changed(set("authorization", "MNS LTAIvodcbEmulatorKey1:abc="));
    assert_eq!(forged, refused(403, "SignatureDoesNotMatch"));
    let added = changed(set("x-mns-prefix", "a"));
    assert_eq!(added, refused(403, "SignatureDoesNotMatch"));
    let token = changed(set("security-token", "none of its own"));
    assert_eq!(token, refused(403, "InvalidSecurityToken"));
}

#[test]
fn the_refusal_shows_what_was_signed() {
    let shop = Shop::new();
    let mut headers = sign("GET", "/queues", &[], now());
    headers.insert(
        "authorization".into(),
        "MNS LTAIvodcbEmulatorKey1:abc=".into(),
    );
    let reply = shop.send("GET", "/queues", &headers, "").unwrap();
    assert!(
        reply
            .body
            .contains("server string to sign is:GET\n\n\nSun, 01 Mar 2026"),
        "{reply:?}"
    );
}

#[test]
fn the_clock_may_be_a_quarter_of_an_hour_off() {
    for (date, status) in [
        ("Sun, 01 Mar 2026 07:50:00 GMT", 200),
        ("Sun, 01 Mar 2026 08:20:00 GMT", 200),
        ("Sun, 01 Mar 2026 07:49:59 GMT", 408),
        ("Sun, 01 Mar 2026 08:20:01 GMT", 408),
    ] {
        let shop = Shop::new();
        let date = jiff::fmt::rfc2822::parse(date).unwrap().timestamp();
        let headers = sign("GET", "/queues", &[], date);
        let reply = shop.send("GET", "/queues", &headers, "").unwrap();
        assert_eq!(reply.status, status, "{date}");
        if status == 408 {
            assert_eq!(verdict(&reply), refused(408, "TimeExpired"));
        }
    }
}

#[test]
fn a_date_of_their_own_counts_for_those_who_send_one() {
    let shop = Shop::new();
    let own = [("x-mns-date", "Sun, 01 Mar 2026 08:05:00 GMT")];
    let long_ago = "2020-01-01T00:00:00Z".parse().unwrap();
    let headers = sign("GET", "/queues", &own, long_ago);
    assert_eq!(
        shop.send("GET", "/queues", &headers, "").unwrap().status,
        200
    );
    let own = [("x-mns-date", "Wed, 01 Jan 2020 00:00:00 GMT")];
    let headers = sign("GET", "/queues", &own, now());
    assert_eq!(
        shop.send("GET", "/queues", &headers, "").unwrap().status,
        408
    );
}

#[test]
fn a_digest_counts_in_the_form_of_the_manual_and_in_that_of_the_clients() {
    // MD5 of "<Queue/>" made with md5sum, as bytes and as hex, in Base64.
    let shop = Shop::new();
    let ask = |digest| {
        let more = [("content-md5", digest)];
        verdict(&shop.ask_with("PUT", "/queues/digest?metaoverride=true", &more, "<Queue/>"))
    };
    let bytes = "wJ8JFTdpSCEE8SXup5sRwQ==";
    let hex = "YzA5ZjA5MTUzNzY5NDgyMTA0ZjEyNWVlYTc5YjExYzE=";
    for good in [bytes, hex] {
        assert_eq!(ask(good), refused(404, "QueueNotExist"));
    }
    assert_eq!(
        ask("AAAAAAAAAAAAAAAAAAAAAA=="),
        refused(400, "InvalidDegist")
    );
}

#[test]
fn a_temporary_key_needs_its_token() {
    let mut config = config();
    config.keys[0].security_token = Some(Secret::new("CAIS+token"));
    let shop = Shop::of(config);
    let mut headers = sign("GET", "/queues", &[], now());
    let reply = shop.send("GET", "/queues", &headers, "").unwrap();
    assert_eq!(verdict(&reply), refused(403, "InvalidSecurityToken"));
    headers.insert("security-token".into(), "CAIS+token".into());
    assert_eq!(
        shop.send("GET", "/queues", &headers, "").unwrap().status,
        200
    );
}

#[test]
fn the_host_names_account_and_region() {
    let shop = Shop::new();
    let at = |host: &str, method: &str, resource: &str| {
        let mut headers = sign(method, resource, &[], now());
        headers.insert("host".into(), host.into());
        shop.send(method, resource, &headers, "").unwrap()
    };
    let own = "1234567890123456.mns.cn-beijing.aliyuncs.com";
    assert_eq!(at(own, "PUT", "/queues/far").status, 201);
    let reply = at(own, "GET", "/queues");
    assert!(
        reply.body.contains(&format!("http://{own}/queues/far")),
        "{reply:?}"
    );
    let vpc = "1234567890123456.mns.cn-beijing-internal-vpc.aliyuncs.com";
    assert_eq!(at(vpc, "GET", "/queues/far").status, 200);
    assert_eq!(
        verdict(&shop.ask("GET", "/queues/far", "")),
        refused(404, "QueueNotExist")
    );
    let foreign = at("42.mns.cn-beijing.aliyuncs.com", "GET", "/queues");
    assert_eq!(verdict(&foreign), refused(403, "AccessDenied"));
    assert!(foreign.body.contains("OwnerId"), "{foreign:?}");
}

#[test]
fn accounts_do_not_see_each_other() {
    let mut config = config();
    config.keys.push(AccessKey {
        account_id: "42".into(),
        access_key_id: "other".into(),
        access_key_secret: Secret::new("secret"),
        security_token: None,
    });
    let shop = Shop::of(config);
    shop.create("q", "");
    let other = vodcb::credential::Credential {
        access_key_id: "other".into(),
        access_key_secret: Secret::new("secret"),
        security_token: None,
    };
    let date = "Sun, 01 Mar 2026 08:05:00 GMT";
    let signed = vodcb::mns::signer::sign("GET", "/queues/q", Headers::new(), date, &other);
    let reply = shop.send("GET", "/queues/q", &signed.headers, "").unwrap();
    assert_eq!(verdict(&reply), refused(404, "QueueNotExist"));
}

#[test]
fn requests_of_the_official_clients_are_let_in() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../../data/vectors/mns.json")).unwrap();
    assert_eq!(vectors.len(), 8);
    for vector in &vectors {
        let text = |path: &str| vector.pointer(path).and_then(Value::as_str);
        let mut config = config();
        config.now = || "2026-03-01T08:20:00Z".parse().unwrap();
        config.keys = vec![AccessKey {
            account_id: "1234567890123456".into(),
            access_key_id: text("/inputs/access_key_id").unwrap().into(),
            access_key_secret: Secret::new(text("/inputs/access_key_secret").unwrap()),
            security_token: text("/inputs/security_token").map(Secret::new),
        }];
        let shop = Shop::of(config);
        let headers: Headers = vector["final_headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .filter(|(name, _)| !matches!(name.as_str(), "connection" | "content-length"))
            .collect();
        let reply = shop
            .send(
                text("/method").unwrap(),
                text("/canonicalized_resource").unwrap(),
                &headers,
                text("/body").unwrap(),
            )
            .unwrap();
        let wanted = match text("/inputs/operation").unwrap() {
            "list_queue" => (200, String::new()),
            _ => refused(404, "QueueNotExist"),
        };
        assert_eq!(
            verdict(&reply),
            wanted,
            "{}: {}",
            vector["name"],
            reply.body
        );
    }
}

#[test]
fn keys_of_a_role_are_good_for_its_account_until_they_expire() {
    static CLOCK: AtomicI64 = AtomicI64::new(START);
    let shop = Shop::with_clock(|| at(&CLOCK));
    let role = [
        ("RoleArn", "acs:ram::9876543210987654:role/reader"),
        ("RoleSessionName", "alice"),
    ];
    let answer = shop.twin.call("AssumeRole", &role).json();
    let key = key_in(&answer["Credentials"]);
    let ask = || {
        let headers = sign_by(&key, "PUT", "/queues/theirs", &[], at(&CLOCK));
        verdict(&shop.send("PUT", "/queues/theirs", &headers, "").unwrap())
    };
    assert_eq!(ask().0, 201);
    let own = shop.ask("GET", "/queues/theirs", "");
    assert_eq!(verdict(&own), refused(404, "QueueNotExist"));
    pass(&CLOCK, 3_600_000);
    assert_eq!(ask(), refused(403, "InvalidSecurityToken"));
    let log = shop.twin.log();
    assert_eq!(log[1].account_id, "9876543210987654");
}
