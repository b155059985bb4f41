//! Roles: who may assume which, and what the keys are good for that come of it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use vodcb::credential::Credential;
use vodcb::emulator::{Config, Role};
use vodcb::secret::Secret;

use super::twin::{Reply, Twin, config, key_in, nonce, now, signed_by};

const ROLE: &str = "acs:ram::9876543210987654:role/vod-admin";

fn assume(twin: &Twin, change: &[(&str, &str)]) -> Reply {
    twin.call("AssumeRole", &assumption(change))
}

/// The parameters of a good call with these on top.
fn assumption<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("RoleArn", ROLE), ("RoleSessionName", "alice")];
    all.extend(change);
    all
}

fn assumed(twin: &Twin) -> Credential {
    key_in(&assume(twin, &[]).json()["Credentials"])
}

#[test]
fn a_role_is_assumed_and_its_key_works_for_the_account_of_the_role() {
    let twin = Twin::new();
    let reply = assume(&twin, &[]).json();
    let user = &reply["AssumedRoleUser"];
    let arn = "acs:ram::9876543210987654:assumed-role/vod-admin/alice";
    assert_eq!(user["Arn"], arn);
    let principal = user["AssumedRoleId"].as_str().unwrap();
    let role_id = principal.strip_suffix(":alice").unwrap();
    assert_eq!(role_id.len(), 18);
    assert_eq!(reply["Credentials"]["Expiration"], "2026-03-01T09:05:00Z");
    let key = key_in(&reply["Credentials"]);
    assert!(key.access_key_id.starts_with("STS."));
    for identity in [
        twin.call_by(&key, "GetCallerIdentity", &[]),
        twin.acs3_by(&key, "GetCallerIdentity", &[]),
    ] {
        let identity = identity.json();
        assert_eq!(identity["IdentityType"], "AssumedRoleUser");
        assert_eq!(identity["AccountId"], "9876543210987654");
        assert_eq!(identity["Arn"], arn);
        assert_eq!(identity["PrincipalId"], principal);
        assert_eq!(identity["RoleId"], role_id);
        assert!(identity.get("UserId").is_none());
    }
    let set = [
        ("CallbackType", "HTTP"),
        ("CallbackURL", "https://example.com/vod"),
    ];
    assert_eq!(twin.call_by(&key, "SetMessageCallback", &set).code(), "OK");
    let theirs = twin.acs3_by(&key, "GetMessageCallback", &[]);
    assert_eq!(theirs.callback("CallbackURL").as_deref(), Some(set[1].1));
    assert_eq!(twin.get().callback("CallbackURL"), None, "another account");
    assert_eq!(twin.log()[3].account_id, "9876543210987654");
}

#[test]
fn each_signature_and_each_call_gets_a_key_of_its_own() {
    let twin = Twin::new();
    let first = assumed(&twin);
    let call = assumption(&[("Policy", "{\"Version\": \"1\", \"Statement\": []}")]);
    let reply = twin.acs3_by(&super::twin::credential(), "AssumeRole", &call);
    let second = key_in(&reply.json()["Credentials"]);
    assert_ne!(first.access_key_id, second.access_key_id);
    assert_ne!(first.access_key_secret, second.access_key_secret);
    assert_ne!(first.security_token, second.security_token);
    for key in [&first, &second] {
        assert_eq!(twin.call_by(key, "GetMessageCallback", &[]).code(), "OK");
    }
}

/// The manual of STS: the default is JSON.
#[test]
fn an_answer_in_xml_and_one_without_a_wish() {
    let twin = Twin::new();
    let answer = |format: Option<&str>| {
        let all = super::twin::signed("AssumeRole", &assumption(&[]));
        let all = super::twin::resigned("POST", all, |all| {
            all.remove("Format");
            all.extend(format.map(|format| ("Format".to_owned(), format.to_owned())));
        });
        twin.form(&all).unwrap()
    };
    let key = &answer(None).json()["Credentials"]["AccessKeyId"];
    assert!(key.as_str().unwrap().starts_with("STS."));
    let body = answer(Some("XML")).body;
    assert!(body.contains("<AssumeRoleResponse><RequestId>"), "{body}");
    assert!(body.contains("<Credentials><AccessKeyId>STS."), "{body}");
}

/// Parameter, value, code.
const REFUSED: [(&str, &str, &str); 18] = [
    ("RoleArn", "", "MissingRoleArn"),
    ("RoleArn", "vod-admin", "InvalidParameter.RoleArn"),
    ("RoleArn", "acs:ram::1:user/a", "InvalidParameter.RoleArn"),
    ("RoleArn", "acs:ram::me:role/a", "InvalidParameter.RoleArn"),
    ("RoleArn", "acs:ram:::role/a", "InvalidParameter.RoleArn"),
    ("RoleArn", "acs:ram::1:role/", "InvalidParameter.RoleArn"),
    ("RoleArn", "acs:ram::1:role/a/b", "InvalidParameter.RoleArn"),
    ("RoleSessionName", "", "MissingRoleSessionName"),
    ("RoleSessionName", "a", "InvalidParameter.RoleSessionName"),
    ("RoleSessionName", "a b", "InvalidParameter.RoleSessionName"),
    ("DurationSeconds", "899", "InvalidParameter.DurationSeconds"),
    (
        "DurationSeconds",
        "43201",
        "InvalidParameter.DurationSeconds",
    ),
    ("DurationSeconds", "1h", "InvalidParameter.DurationSeconds"),
    (
        "DurationSeconds",
        "-900",
        "InvalidParameter.DurationSeconds",
    ),
    ("Policy", "{", "InvalidParameter.PolicyGrammar"),
    ("Policy", "[]", "InvalidParameter.PolicyGrammar"),
    ("ExternalId", "x", "InvalidParameter.ExternalId"),
    ("ExternalId", "é", "InvalidParameter.ExternalId"),
];

#[test]
fn each_wrong_parameter_has_its_code() {
    let twin = Twin::new();
    for (name, value, code) in REFUSED {
        let reply = assume(&twin, &[(name, value)]);
        assert_eq!(reply.verdict(), (400, code.to_owned()), "{name}={value}");
    }
}

#[test]
fn the_longest_values() {
    let twin = Twin::new();
    let role = |length| format!("acs:ram::1:role/{}", "r".repeat(length));
    let policy = |length: usize| format!("{{\"a\":\"{}\"}}", "é".repeat(length - 8));
    let letters = |length| "n".repeat(length);
    let cases = [
        ("RoleArn", "RoleArn", role(64), role(65)),
        (
            "RoleSessionName",
            "RoleSessionName",
            letters(64),
            letters(65),
        ),
        ("Policy", "PolicySize", policy(2048), policy(2049)),
        ("ExternalId", "ExternalId", letters(1224), letters(1225)),
    ];
    for (name, what, fits, too_long) in cases {
        assert_eq!(assume(&twin, &[(name, &fits)]).code(), "OK", "{name}");
        let code = assume(&twin, &[(name, &too_long)]).code();
        assert_eq!(code, format!("InvalidParameter.{what}"));
    }
    assert_eq!(
        assume(&twin, &[("RoleSessionName", "a@b.c-d_e")]).code(),
        "OK"
    );
}

#[test]
fn durations() {
    let twin = Twin::new();
    for (seconds, end) in [("900", "08:20:00"), ("43200", "20:05:00"), ("", "09:05:00")] {
        let reply = assume(&twin, &[("DurationSeconds", seconds)]).json();
        let expected = format!("2026-03-01T{end}Z");
        assert_eq!(reply["Credentials"]["Expiration"], expected);
    }
    let twin = Twin::with_quirks(&["session-seconds=5"]);
    let reply = assume(&twin, &[("DurationSeconds", "900")]).json();
    assert_eq!(reply["Credentials"]["Expiration"], "2026-03-01T08:05:05Z");
}

#[test]
fn roles_that_are_denied_or_absent() {
    let twin = Twin::new();
    let denied = assume(&twin, &[("RoleArn", "acs:ram::1:role/denied-one")]);
    assert_eq!(denied.verdict(), (403, "NoPermission".into()));
    let detail = &denied.json()["AccessDeniedDetail"];
    assert_eq!(detail["AuthAction"], "sts:AssumeRole");
    assert_eq!(detail["AuthPrincipalOwnerId"], "1234567890123456");
    let absent = assume(&twin, &[("RoleArn", "acs:ram::1:role/absent")]);
    assert_eq!(absent.verdict(), (404, "EntityNotExist.Role".into()));
}

#[test]
fn an_external_id_may_be_asked_for() {
    let mut config = config();
    config.roles = vec![Role {
        arn: ROLE.into(),
        external_id: Some("partner-7".into()),
    }];
    let twin = Twin::of(config);
    for given in ["", "partner-8"] {
        let reply = assume(&twin, &[("ExternalId", given)]);
        assert_eq!(reply.verdict(), (403, "NoPermission".into()), "{given}");
    }
    assert_eq!(assume(&twin, &[("ExternalId", "partner-7")]).code(), "OK");
    let other = assume(&twin, &[("RoleArn", "acs:ram::1:role/vod-admin")]);
    assert_eq!(other.code(), "OK");
}

#[test]
fn a_role_assumes_another_for_an_hour_at_most() {
    let twin = Twin::new();
    let first = assumed(&twin);
    let chain = |seconds| {
        let change = [
            ("RoleArn", "acs:ram::42:role/second"),
            ("DurationSeconds", seconds),
        ];
        twin.call_by(&first, "AssumeRole", &assumption(&change))
    };
    assert_eq!(chain("3601").code(), "InvalidParameter.DurationSeconds");
    let second = key_in(&chain("3600").json()["Credentials"]);
    let identity = twin.call_by(&second, "GetCallerIdentity", &[]).json();
    assert_eq!(identity["Arn"], "acs:ram::42:assumed-role/second/alice");
}

#[test]
fn the_token_must_be_the_key_s_own() {
    let twin = Twin::new();
    let (one, other) = (assumed(&twin), assumed(&twin));
    let with = |token: Option<Secret>| {
        let key = Credential {
            security_token: token,
            ..one.clone()
        };
        let rpc = twin.call_by(&key, "GetMessageCallback", &[]).verdict();
        assert_eq!(rpc, twin.acs3_by(&key, "GetMessageCallback", &[]).verdict());
        rpc
    };
    assert_eq!(with(None), (400, "MissingSecurityToken".into()));
    let mismatch = "InvalidSecurityToken.MismatchWithAccessKey";
    assert_eq!(with(other.security_token), (400, mismatch.into()));
    let malformed = "InvalidSecurityToken.Malformed";
    assert_eq!(with(Some(Secret::new("CAIS"))), (400, malformed.into()));
    assert_eq!(with(one.security_token.clone()).1, "OK");
    let stranger = Credential {
        access_key_secret: Secret::new("wrong"),
        ..one.clone()
    };
    let reply = twin.call_by(&stranger, "GetMessageCallback", &[]);
    assert_eq!(reply.code(), "SignatureDoesNotMatch");
}

/// A clock that one test sets forward.
static PASSED: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    now() + SignedDuration::from_secs(PASSED.load(Ordering::Relaxed))
}

#[test]
fn a_key_works_until_it_expires() {
    let mut config = Config::new(clock, nonce);
    config.quirks.apply("session-seconds=60").unwrap();
    let twin = Twin::of(config);
    let key = assumed(&twin);
    let get = || twin.call_by(&key, "GetMessageCallback", &[]).verdict();
    PASSED.store(59, Ordering::Relaxed);
    assert_eq!(get(), (200, "OK".into()));
    PASSED.store(60, Ordering::Relaxed);
    assert_eq!(get(), (400, "InvalidSecurityToken.Expired".into()));
    let again = twin.call_by(&key, "AssumeRole", &assumption(&[]));
    assert_eq!(again.code(), "InvalidSecurityToken.Expired");
    assert_eq!(
        twin.call_by(&assumed(&twin), "GetMessageCallback", &[])
            .code(),
        "OK"
    );
}

#[test]
fn the_wrong_clock_counts_for_expiry_too() {
    let mut config = config();
    config.quirks.apply("session-seconds=60").unwrap();
    config.faults = vec![vodcb::emulator::Fault::parse("get:skew=61").unwrap()];
    let twin = Twin::of(config);
    let reply = twin.call_by(&assumed(&twin), "GetMessageCallback", &[]);
    assert_eq!(reply.code(), "InvalidSecurityToken.Expired");
}

#[test]
fn the_oldest_of_a_thousand_keys_is_forgotten() {
    let twin = Twin::new();
    let (first, second) = (assumed(&twin), assumed(&twin));
    for _ in 0..999 {
        assert_eq!(assume(&twin, &[]).status, 200);
    }
    let code = |key| twin.call_by(key, "GetMessageCallback", &[]).code();
    assert_eq!(code(&first), "InvalidAccessKeyId.NotFound");
    assert_eq!(code(&second), "OK");
}

#[test]
fn faults_by_name() {
    let twin = Twin::with_faults(&[
        "assume:throttle=250*1",
        "AssumeRole:deny*1",
        "assume:reset-after*1",
        "assume:truncate*1",
        "deny",
    ]);
    let throttled = assume(&twin, &[]);
    assert_eq!(throttled.verdict(), (400, "Throttling.User".into()));
    assert_eq!(throttled.headers["x-acs-retry-after"], "250");
    assert_eq!(assume(&twin, &[]).verdict(), (403, "NoPermission".into()));
    let call = || signed_by(&super::twin::credential(), "AssumeRole", &assumption(&[]));
    assert!(twin.form(&call()).is_none());
    let cut = twin.form(&call()).unwrap();
    assert!(cut.body.len() < cut.headers["content-length"].parse().unwrap());
    assert_eq!(assume(&twin, &[]).code(), "OK", "deny means VOD");
    assert_eq!(twin.get().code(), "Forbidden.RAM");
}

#[test]
fn the_journal_knows_the_call_and_no_secret() {
    let twin = Twin::new();
    let reply = assume(&twin, &[("ExternalId", "partner-7")]);
    let key = key_in(&reply.json()["Credentials"]);
    twin.call_by(&key, "GetMessageCallback", &[]);
    let log = twin.log();
    assert_eq!(
        (log[0].action.as_str(), log[0].outcome.as_str()),
        ("AssumeRole", "OK")
    );
    assert_eq!(log[0].account_id, "1234567890123456");
    assert_eq!(log[0].parameters["RoleArn"], ROLE);
    assert_eq!(log[1].account_id, "9876543210987654");
    let text = format!("{log:?}");
    assert!(!text.contains(key.access_key_secret.expose()));
    assert!(!text.contains(key.security_token.unwrap().expose()));
}
