//! The metadata service of an instance.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use vodcb::emulator::{Config, Fault};

use super::twin::{Reply, Twin, config, key_in, nonce, now};

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN: &str = "X-aliyun-ecs-metadata-token";

fn put(twin: &Twin, ttl: &str) -> Reply {
    let headers = [("X-aliyun-ecs-metadata-token-ttl-seconds", ttl)];
    twin.request("PUT", "/latest/api/token", &headers, "")
        .unwrap()
}

fn get(twin: &Twin, path: &str) -> Reply {
    twin.request("GET", path, &[], "").unwrap()
}

#[test]
fn token_role_and_key() {
    let twin = Twin::with_quirks(&["imds-v1=refuse"]);
    let token = put(&twin, "21600");
    assert_eq!(token.status, 200);
    assert!(token.headers["content-type"].starts_with("text/plain"));
    let headers = [(TOKEN, token.body.as_str())];
    let ask = |path: &str| twin.request("GET", path, &headers, "").unwrap();
    for path in [ROLES, ROLES.trim_end_matches('/')] {
        assert_eq!(ask(path).body, "EcsVodRole");
    }
    assert_eq!(ask("/latest/meta-data/region-id").body, "cn-shanghai");
    assert_eq!(ask("/latest/meta-data/other").status, 404);
    assert_eq!(ask(&format!("{ROLES}OtherRole")).status, 404);
    let answer = ask(&format!("{ROLES}EcsVodRole")).json();
    assert_eq!(answer["Code"], "Success");
    assert_eq!(answer["Expiration"], "2026-03-01T09:05:00Z");
    assert_eq!(answer["LastUpdated"], "2026-03-01T08:05:00Z");
    let key = key_in(&answer);
    let identity = twin.call_by(&key, "GetCallerIdentity", &[]).json();
    assert_eq!(identity["AccountId"], "1234567890123456");
    let arn = identity["Arn"].as_str().unwrap();
    assert!(arn.contains(":assumed-role/EcsVodRole/"), "{arn}");
    assert_eq!(twin.acs3_by(&key, "GetMessageCallback", &[]).code(), "OK");
    let log = twin.log();
    assert_eq!(log[0].action, "PUT /latest/api/token");
    assert_eq!(log[1].action, format!("GET {ROLES}"));
    let text = format!("{log:?}");
    assert!(!text.contains(key.access_key_secret.expose()));
    assert!(!text.contains(&token.body));
}

#[test]
fn a_token_has_a_time_to_live() {
    let twin = Twin::new();
    for ttl in ["0", "21601", "-1", "soon", ""] {
        assert_eq!(put(&twin, ttl).status, 400, "{ttl}");
    }
    let bare = twin.request("PUT", "/latest/api/token", &[], "");
    assert_eq!(bare.unwrap().status, 400);
    assert_eq!(get(&twin, "/latest/api/token").status, 405);
    let wrong = twin.request("POST", ROLES, &[], "").unwrap();
    assert_eq!(wrong.status, 405);
}

/// A clock that one test sets forward.
static PASSED: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    now() + SignedDuration::from_secs(PASSED.load(Ordering::Relaxed))
}

#[test]
fn a_token_is_good_until_its_time_is_over() {
    let twin = Twin::of(Config::new(clock, nonce));
    let (short, long) = (put(&twin, "1").body, put(&twin, "21600").body);
    let status = |token: &str| {
        let reply = twin.request("GET", ROLES, &[(TOKEN, token)], "");
        reply.unwrap().status
    };
    assert_eq!((status(&short), status(&long)), (200, 200));
    assert_eq!((status("other"), status("")), (401, 401));
    PASSED.store(1, Ordering::Relaxed);
    assert_eq!((status(&short), status(&long)), (401, 200));
}

#[test]
fn the_first_version_may_be_refused() {
    assert_eq!(get(&Twin::new(), ROLES).body, "EcsVodRole");
    let twin = Twin::with_quirks(&["imds-v1=refuse"]);
    assert_eq!(get(&twin, ROLES).status, 403);
    let log = twin.log();
    assert_eq!(log[0].outcome, "403 - Forbidden");
}

#[test]
fn instances_without_a_working_role() {
    let twin = Twin::with_quirks(&["imds=norole"]);
    assert_eq!(put(&twin, "60").status, 200);
    assert_eq!(get(&twin, ROLES).status, 404);
    assert_eq!(get(&twin, &format!("{ROLES}EcsVodRole")).status, 404);
    assert_eq!(get(&twin, "/latest/meta-data/region-id").status, 200);
    let twin = Twin::with_quirks(&["imds=broken"]);
    assert_eq!(get(&twin, ROLES).body, "EcsVodRole");
    let broken = get(&twin, &format!("{ROLES}EcsVodRole"));
    assert_eq!(broken.verdict(), (200, "Failed".into()));
    let twin = Twin::with_quirks(&["imds=off"]);
    for path in ["/latest", "/latest/api/token", ROLES] {
        assert!(twin.request("GET", path, &[], "").is_none(), "{path}");
    }
    assert_eq!(twin.get().code(), "OK");
}

#[test]
fn keys_live_as_long_as_sessions() {
    let mut config = config();
    config.quirks.apply("session-seconds=30").unwrap();
    config.faults = vec![Fault::parse("get:skew=31").unwrap()];
    let twin = Twin::of(config);
    let answer = get(&twin, &format!("{ROLES}EcsVodRole")).json();
    assert_eq!(answer["Expiration"], "2026-03-01T08:05:30Z");
    let key = key_in(&answer);
    assert_eq!(twin.call_by(&key, "GetCallerIdentity", &[]).code(), "OK");
    let late = twin.call_by(&key, "GetMessageCallback", &[]);
    assert_eq!(late.code(), "InvalidSecurityToken.Expired");
}

#[test]
fn faults_by_name_only() {
    let twin = Twin::with_faults(&[
        "imds:unavailable*1",
        "imds:reset-before*1",
        "imds:truncate*1",
        "internal",
    ]);
    let refused = get(&twin, ROLES);
    assert_eq!(refused.verdict(), (503, "ServiceUnAvailable".into()));
    assert!(twin.request("GET", ROLES, &[], "").is_none());
    let cut = get(&twin, ROLES);
    assert_eq!(
        (cut.body.as_str(), cut.headers["content-length"].as_str()),
        ("EcsVo", "10")
    );
    assert_eq!(get(&twin, ROLES).status, 200);
    assert_eq!(twin.get().code(), "InternalError");
    for spec in ["imds:deny", "uri:suspended", "assume:drop-events"] {
        assert!(Fault::parse(spec).is_err(), "{spec}");
    }
}
