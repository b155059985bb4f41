//! The role that VOD writes to queues with, looked at over the wire.

use serde_json::json;
use vodcb::emulator::{Config, Fault, start};
use vodcb::error::{Error, Kind};
use vodcb::openapi::client::Caller;
use vodcb::ram::{RoleStanding, trusts, vod_role};
use vodcb::target::Endpoint;

use crate::emulator::twin::Twin;
use crate::mns::world::{builtin, context};

async fn standing(faults: &[&str], quirks: &[&str]) -> Result<RoleStanding, Error> {
    let ctx = context();
    let mut config = Config::new(ctx.now, ctx.nonce);
    config.faults = faults.iter().map(|it| Fault::parse(it).unwrap()).collect();
    for quirk in quirks {
        config.quirks.apply(quirk).unwrap();
    }
    let running = start(config).await.unwrap();
    let endpoint = Endpoint::parse(&running.url(), false).unwrap();
    let caller = Caller::Somebody(Box::new(builtin()));
    let found = vod_role(&ctx, &endpoint, caller, 0).await;
    running.stop().await;
    found
}

#[tokio::test]
async fn the_role_is_there_and_trusts_or_does_not_or_is_not_there() {
    let cases = [
        ("vod-role=present", RoleStanding::Trusting),
        ("vod-role=untrusting", RoleStanding::Untrusting),
        ("vod-role=absent", RoleStanding::Absent),
    ];
    for (quirk, expected) in cases {
        assert_eq!(standing(&[], &[quirk]).await.unwrap(), expected, "{quirk}");
        let small = standing(&[], &[quirk, "case=lower"]).await.unwrap();
        assert_eq!(small, expected, "{quirk} in small letters");
    }
    assert_eq!(RoleStanding::Trusting.problem(), None);
    assert_eq!(RoleStanding::Trusting.remedy(), None);
    let absent = RoleStanding::Absent;
    assert!(absent.problem().unwrap().contains("AliyunVODDefaultRole"));
    assert!(absent.remedy().unwrap().contains("https://ram.console"));
    let untrusting = RoleStanding::Untrusting;
    assert!(untrusting.problem().unwrap().contains("does not trust"));
    assert!(untrusting.remedy().unwrap().contains("vod.aliyuncs.com"));
}

#[tokio::test]
async fn a_look_that_is_not_allowed_names_the_action() {
    let error = standing(&["get-role:deny"], &[]).await.unwrap_err();
    assert_eq!(error.kind, Kind::Credentials);
    assert!(
        error.hints[0].starts_with("allow ram:GetRole "),
        "{error:?}"
    );
    assert_eq!(error.hints.len(), 1, "applications are VOD's affair");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_no_standing() {
    for fault in ["get-role:garbage", "get-role:html-ok", "get-role:truncate"] {
        let error = standing(&[fault], &[]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable, "{fault}");
    }
}

/// The forms that the vendor's documentation of trust policies shows.
#[test]
fn trust_is_a_statement_that_allows_and_none_that_denies() {
    let allow = |action: serde_json::Value, principal: serde_json::Value| json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Principal": principal}]});
    let vod = || json!({"Service": ["vod.aliyuncs.com"]});
    for policy in [
        allow(json!("sts:AssumeRole"), vod()),
        allow(json!(["sts:AssumeRole"]), vod()),
        allow(json!("sts:*"), vod()),
        allow(json!("*"), json!({"Service": "vod.aliyuncs.com"})),
        allow(
            json!("sts:AssumeRole"),
            json!({"Service": ["mts.aliyuncs.com", "vod.aliyuncs.com"]}),
        ),
    ] {
        assert!(trusts(&policy, "vod.aliyuncs.com"), "{policy}");
    }
    let denied = json!({"Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": vod()},
        {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": vod()},
    ]});
    for policy in [
        allow(
            json!("sts:AssumeRole"),
            json!({"Service": ["mts.aliyuncs.com"]}),
        ),
        allow(json!("sts:AssumeRole"), json!({"RAM": ["acs:ram::1:root"]})),
        allow(json!("oss:GetObject"), vod()),
        denied,
        json!({}),
        json!([]),
        json!("nothing"),
    ] {
        assert!(!trusts(&policy, "vod.aliyuncs.com"), "{policy}");
    }
}

#[test]
fn the_emulator_knows_other_roles_too() {
    let twin = Twin::new();
    let role = twin.call("GetRole", &[("RoleName", "vod-admin")]).json();
    assert_eq!(
        role["Role"]["Arn"],
        "acs:ram::1234567890123456:role/vod-admin"
    );
    let policy = role["Role"]["AssumeRolePolicyDocument"].as_str().unwrap();
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    assert!(!trusts(&policy, "vod.aliyuncs.com"));
    let absent = twin.call("GetRole", &[("RoleName", "absent-role")]);
    assert_eq!(absent.verdict(), (404, "EntityNotExist.Role".to_owned()));
    let nameless = twin.call("GetRole", &[]);
    assert_eq!(nameless.verdict(), (400, "MissingRoleName".to_owned()));
}
