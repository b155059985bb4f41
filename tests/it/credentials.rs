//! Who calls, by which source, and what is said when a source is broken.

use serde_json::json;

use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Sandbox};

const CONFIG: &str = ".aliyun/config.json";

fn profile(name: &str, id: &str) -> serde_json::Value {
    json!({"name": name, "mode": "AK", "access_key_id": id, "access_key_secret": ACCESS_KEY_SECRET, "region_id": "cn-beijing",
           "output_format": "json", "expired_seconds": 3600, "unknown_member": {"a": 1}})
}

fn config(current: &str, profiles: &[serde_json::Value]) -> String {
    json!({"current": current, "profiles": profiles, "meta_path": ""}).to_string()
}

fn source(sandbox: &Sandbox, args: &[&str]) -> serde_json::Value {
    sandbox
        .vodcb([&["whoami", "--offline", "--explain", "-o", "json"], args].concat())
        .ok()
        .json()
}

#[test]
fn nothing_found_lists_every_source_and_a_remedy() {
    Sandbox::offline().vodcb(["whoami"]).exits(3).says(&[
        "no credentials were found",
        "named profile: neither --profile nor a profile variable is given",
        "environment variables: ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
        "config.json does not exist",
        "hint: set ALIBABA_CLOUD_ACCESS_KEY_ID",
    ]);
}

#[test]
fn a_named_profile_wins_over_the_environment_and_that_over_the_current_profile() {
    let mut sandbox = Sandbox::offline();
    sandbox.file(
        CONFIG,
        &config(
            "default",
            &[
                profile("default", "LTAIdefault000000001"),
                profile("prod", "LTAIprod000000000002"),
            ],
        ),
    );
    assert_eq!(source(&sandbox, &[])["profile"], "default");
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    assert_eq!(
        source(&sandbox, &[])["source"],
        "environment variable ALIBABA_CLOUD_ACCESS_KEY_ID"
    );
    assert_eq!(
        source(&sandbox, &["--profile", "prod"])["access_key_id"],
        "LTAI…0002"
    );
    for name in [
        "ALIBABA_CLOUD_PROFILE",
        "ALIBABACLOUD_PROFILE",
        "VODCB_PROFILE",
    ] {
        sandbox.set(name, "prod");
        assert_eq!(source(&sandbox, &[])["profile"], "prod", "{name}");
        sandbox.unset(name);
    }
}

#[test]
fn a_temporary_key_comes_from_a_profile_or_the_environment() {
    let mut sandbox = Sandbox::offline();
    sandbox.file(CONFIG, &config("sts", &[json!({"name": "sts", "mode": "StsToken", "access_key_id": "STS.NTexample0000001", "access_key_secret": "s", "sts_token": "t"})]));
    assert_eq!(source(&sandbox, &[])["temporary"], true);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.NTexample0000001");
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s");
    sandbox
        .vodcb(["whoami", "--offline"])
        .ok()
        .says(&["there is no security token"]);
    sandbox.set("ALIBABA_CLOUD_SECURITY_TOKEN", "t");
    let run = sandbox.vodcb(["whoami", "--offline"]).ok();
    assert!(
        run.stdout.contains("temporary, with a security token"),
        "{run:?}"
    );
}

/// As some gateways write, see `case` among the emulator's quirks.
#[test]
fn small_first_letters_of_sts_are_read() {
    let sandbox = Sandbox::with(&[], &["case=lower"]);
    let arn = "acs:ram::1234567890123456:role/vod-admin";
    let role = json!({"name": "role", "mode": "RamRoleArn", "access_key_id": ACCESS_KEY_ID,
        "access_key_secret": ACCESS_KEY_SECRET, "ram_role_arn": arn, "ram_session_name": "ada"});
    sandbox.file(CONFIG, &config("role", &[role]));
    let whoami = ["whoami", "--profile", "role", "-o", "json"];
    let document = sandbox.vodcb(whoami).ok().json();
    assert_eq!(document["account_id"], "1234567890123456");
    assert_eq!(document["identity_type"], "AssumedRoleUser");
    let session = "acs:ram::1234567890123456:assumed-role/vod-admin/ada";
    assert_eq!(document["arn"], session);
}

#[test]
fn half_a_key_in_the_environment_passes_on_and_is_explained() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
    sandbox
        .vodcb(["whoami"])
        .exits(3)
        .says(&["ALIBABA_CLOUD_ACCESS_KEY_ID is set, but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"]);
    sandbox.file(
        CONFIG,
        &config("default", &[profile("default", "LTAIdefault000000001")]),
    );
    let document = source(&sandbox, &[]);
    assert_eq!(document["profile"], "default");
    assert_eq!(
        document["explain"]["passed"][1]["source"],
        "environment variables"
    );
    assert!(
        document["explain"]["passed"][1]
            .get("is_half_set")
            .is_none()
    );
}

/// Another key than was meant is used, so that it is said without --explain.
#[test]
fn what_is_set_by_half_is_warned_of() {
    let mut sandbox = Sandbox::offline();
    let profiles = [profile("default", "LTAIdefault000000001")];
    sandbox.file(CONFIG, &config("default", &profiles));
    let warned = |sandbox: &Sandbox, args: &[&str]| {
        let run = sandbox
            .vodcb([&["whoami", "--offline"], args].concat())
            .ok();
        run.stderr
    };
    assert_eq!(warned(&sandbox, &[]), "");
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "half");
    assert_eq!(
        warned(&sandbox, &[]),
        "warning: ALIBABA_CLOUD_ACCESS_KEY_SECRET is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is not: the environment variables are passed over, and the key comes from profile default\n"
    );
    assert_eq!(warned(&sandbox, &["--profile", "default"]), "");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    sandbox.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/token");
    assert!(warned(&sandbox, &[]).contains(
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN is not set: the OIDC variables are passed over"
    ));
}

/// Exit 3 is what a pipeline takes for a matter of credentials, and the first hint is the one that helps.
#[test]
fn what_sts_refuses_about_a_role_is_a_matter_of_credentials() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    let token = sandbox.file("token", "some-token");
    sandbox.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.to_str().unwrap());
    let provider = "acs:ram::42:oidc-provider/ci";
    for (arn, provider, session, hint) in [
        (
            "acs:ram::42:role/absent",
            provider,
            "ci-1",
            "there is no such role",
        ),
        (
            "acs:ram::42:role/denied",
            provider,
            "ci-1",
            "the role's trust policy",
        ),
        ("pod", provider, "ci-1", "an ARN reads"),
        ("acs:ram::42:role/ci", "ci", "ci-1", "an ARN reads"),
        ("acs:ram::42:role/ci", provider, "?", "a session name"),
    ] {
        sandbox.set("ALIBABA_CLOUD_ROLE_ARN", arn);
        sandbox.set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", provider);
        sandbox.set("ALIBABA_CLOUD_ROLE_SESSION_NAME", session);
        let run = sandbox.vodcb(["whoami", "-o", "json"]).exits(3);
        let hints = run.error()["hints"].clone();
        assert_eq!(hints.as_array().unwrap().len(), 1, "{arn}: {hints}");
        assert!(
            hints[0].as_str().unwrap().starts_with(hint),
            "{arn}: {hints}"
        );
    }
}

#[test]
fn broken_files_are_told_with_file_and_place() {
    let sandbox = Sandbox::offline();
    for (text, texts) in [
        (
            "{\"current\": \"a\", \"profiles\": [",
            &["config.json is not valid", "line 1"][..],
        ),
        (
            "{\"profiles\": {\"a\": 1}}",
            &["config.json is not valid", "expected a sequence"],
        ),
        (
            "{\"current\":\"a\",\"profiles\":[{\"name\":\"a\",\"mode\":1}]}",
            &["config.json is not valid", "expected a string"],
        ),
        ("", &["config.json is not valid"]),
        (
            "{\"current\":\"gone\",\"profiles\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
            &["has no profile \"gone\"", "it has: a, b"],
        ),
        (
            "{\"current\":\"a\",\"profiles\":[{\"name\":\"a\",\"mode\":\"AK\",\"access_key_id\":\"x\"}]}",
            &[
                "profile \"a\" lacks access_key_secret",
                "aliyun configure --profile a",
            ],
        ),
        (
            "{\"current\":\"a\",\"profiles\":[{\"name\":\"a\",\"mode\":\"StsToken\",\"access_key_id\":\"x\",\"access_key_secret\":\"y\"}]}",
            &["lacks sts_token"],
        ),
        (
            "{\"current\":\"a\",\"profiles\":[{\"name\":\"a\",\"mode\":\"Anonymous\"}]}",
            &[
                "has the mode Anonymous, which cannot be used here",
                "VOD answers no unsigned call",
            ],
        ),
    ] {
        sandbox.file(CONFIG, text);
        sandbox.vodcb(["get"]).exits(3).says(texts);
    }
    sandbox
        .vodcb(["get", "--profile", "nobody"])
        .exits(3)
        .says(&["has no profile \"nobody\""]);
}

#[test]
fn a_byte_order_mark_and_a_missing_mode_are_tolerated() {
    let sandbox = Sandbox::offline();
    let text = json!({"current": "a", "profiles": [{"name": "a", "access_key_id": "LTAIa0000000000000a1", "access_key_secret": "s"}]});
    sandbox.file(CONFIG, &format!("\u{feff}{text}"));
    assert_eq!(source(&sandbox, &[])["mode"], "AK");
}

#[test]
fn the_region_goes_flag_variable_project_profile_default() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    let region = |sandbox: &Sandbox, args: &[&str]| {
        let document = source(sandbox, args);
        (
            document["region"].as_str().unwrap().to_owned(),
            document["explain"]["region"].as_str().unwrap().to_owned(),
        )
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(region(&sandbox, &[]), pair("cn-shanghai", "default"));
    sandbox.file(
        CONFIG,
        &config("default", &[profile("default", "LTAIdefault000000001")]),
    );
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    assert_eq!(region(&sandbox, &[]), pair("cn-beijing", "profile default"));
    sandbox.file(
        "vodcb.toml",
        "[defaults]\nregion = \"cn-shenzhen\"\napp_id = \"app-1000002\"\n",
    );
    assert_eq!(region(&sandbox, &[]), pair("cn-shenzhen", "./vodcb.toml"));
    sandbox.set("ALIBABA_CLOUD_REGION_ID", "eu-central-1");
    assert_eq!(
        region(&sandbox, &[]),
        pair("eu-central-1", "ALIBABA_CLOUD_REGION_ID")
    );
    sandbox.set("VODCB_REGION", "us-west-1");
    assert_eq!(region(&sandbox, &[]), pair("us-west-1", "VODCB_REGION"));
    assert_eq!(
        region(&sandbox, &["--region", "ap-southeast-1"]),
        pair("ap-southeast-1", "--region")
    );
    assert_eq!(source(&sandbox, &[])["app_id"], "app-1000002");
    assert_eq!(source(&sandbox, &["--app-id", "app-3"])["app_id"], "app-3");
}

#[test]
fn a_wrong_region_says_where_it_came_from() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("VODCB_ENDPOINT");
    sandbox
        .vodcb(["get", "--region", "cn-shangai"])
        .exits(2)
        .says(&[
            "did you mean cn-shanghai (China (Shanghai))",
            "it comes from --region",
        ]);
    sandbox.set("ALIBABA_CLOUD_REGION_ID", "cn-shangai");
    sandbox
        .vodcb(["get"])
        .exits(2)
        .says(&["it comes from ALIBABA_CLOUD_REGION_ID"]);
    let hangzhou = sandbox
        .vodcb([
            "whoami",
            "--offline",
            "--region",
            "cn-hangzhou",
            "-o",
            "json",
        ])
        .ok()
        .json();
    assert_eq!(hangzhou["endpoint"], "https://vod.cn-shanghai.aliyuncs.com");
}

#[test]
fn a_project_file_is_checked_and_never_redirects() {
    let mut sandbox = Sandbox::new();
    sandbox.file("vodcb.toml", "[defaults]\nregon = \"cn-shanghai\"\n");
    sandbox.vodcb(["get"]).exits(2).says(&[
        "vodcb.toml is not valid",
        "line 2",
        "regon",
        "region, app_id, profile and output",
    ]);
    sandbox.file(
        "vodcb.toml",
        "[defaults]\nendpoint = \"https://evil.example.com\"\n",
    );
    sandbox.vodcb(["get"]).exits(2).says(&["endpoint"]);
    for wrong in [
        "region = \"cn-beijing\"\n",
        "[default]\nregion = \"cn-beijing\"\n",
    ] {
        sandbox.file("vodcb.toml", wrong);
        sandbox.vodcb(["get"]).exits(2).says(&[
            "vodcb.toml is not valid: line 1",
            "[defaults] takes region, app_id, profile and output",
        ]);
    }
    sandbox.file("vodcb.toml", "[defaults]\noutput = \"json\"\n");
    assert_eq!(sandbox.vodcb(["get"]).ok().json()["configured"], false);
    sandbox.set("VODCB_OUTPUT", "table");
    assert!(
        sandbox
            .vodcb(["get"])
            .ok()
            .stdout
            .starts_with("No callback")
    );
    sandbox.set("VODCB_OUTPUT", "xml");
    sandbox
        .vodcb(["get"])
        .exits(2)
        .says(&["VODCB_OUTPUT", "table, json, yaml, raw and ndjson"]);
}

#[test]
fn plain_http_goes_to_this_machine_only() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_ENDPOINT", "http://vod.example.com");
    sandbox
        .vodcb(["get"])
        .exits(2)
        .says(&["plain http", "--allow-http"]);
}

#[test]
fn the_emulator_needs_no_account_and_excludes_an_endpoint() {
    let mut sandbox = Sandbox::offline();
    sandbox.vodcb(["--emulator", "get"]).ok();
    let identity = sandbox
        .vodcb(["--emulator", "whoami", "-o", "json"])
        .ok()
        .json();
    assert_eq!(identity["account_id"], "1234567890123456");
    assert_eq!(identity["source"], "the emulator");
    sandbox.set("VODCB_EMULATOR", "enabled");
    sandbox
        .vodcb(["get"])
        .exits(2)
        .says(&["VODCB_EMULATOR takes 1 or 0"]);
    sandbox.set("VODCB_EMULATOR", "1");
    sandbox.vodcb(["get"]).ok();
    sandbox
        .vodcb(["get", "--endpoint", "http://127.0.0.1:1"])
        .exits(2)
        .says(&["VODCB_EMULATOR and --endpoint exclude each other"]);
    // Of the changes that were made somewhere flags choose, and no variable.
    let history = [
        "history",
        "--endpoint",
        "https://vod.cn-beijing.aliyuncs.com",
    ];
    sandbox.vodcb(history).ok();
    sandbox
        .vodcb([&history[..], &["--emulator"]].concat())
        .exits(2)
        .says(&["--emulator and --endpoint exclude each other"]);
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/"])
        .ok();
    sandbox
        .vodcb(["emulator", "reset", "--dry-run"])
        .ok()
        .says(&["would be removed"]);
    let reset = sandbox.vodcb(["emulator", "reset", "-o", "json"]).ok();
    assert_eq!(reset.json()["removed"], true);
    sandbox.vodcb(["get", "--require-configured"]).exits(1);
}

/// A token of another prefix belongs to another key.
#[test]
fn the_parts_of_a_key_have_one_prefix() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    sandbox.set("ALICLOUD_SECURITY_TOKEN", "stale");
    assert_eq!(source(&sandbox, &[])["temporary"], false);
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    sandbox.set("ALICLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    sandbox
        .vodcb(["whoami", "--offline"])
        .exits(3)
        .says(&["ALIBABA_CLOUD_ACCESS_KEY_ID is set, but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"]);
    sandbox.set("ALICLOUD_ACCESS_KEY_ID", "STS.NTexample0000001");
    let run = sandbox.vodcb(["whoami", "--offline"]).ok();
    assert_eq!(
        run.stderr,
        "warning: ALIBABA_CLOUD_ACCESS_KEY_ID is set, but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not: the ALIBABA_CLOUD_ variables are passed over, and the key comes from environment variable ALICLOUD_ACCESS_KEY_ID\n"
    );
    let found = source(&sandbox, &[]);
    assert_eq!(found["access_key_id"], "STS.…0001");
    assert_eq!(found["temporary"], true);
}

/// Nobody is asked, whatever stands in the place of a host.
#[test]
fn an_address_for_keys_without_http_is_named() {
    for address in [
        "localhost:9001/credentials",
        "file:///run/key",
        "127.0.0.1/key",
    ] {
        let mut sandbox = Sandbox::offline();
        sandbox.set("ALIBABA_CLOUD_CREDENTIALS_URI", address);
        sandbox.vodcb(["whoami"]).exits(3).says(&[
            "it is no address that begins with https:// or http://",
            "ALIBABA_CLOUD_CREDENTIALS_URI",
        ]);
    }
    let sandbox = Sandbox::offline();
    let login = json!({"name": "sso", "mode": "CloudSSO", "access_token": "t",
        "cloud_sso_sign_in_url": "signin-corp.example:443/start/login", "cloud_sso_account_id": "5550001",
        "cloud_sso_access_config": "ac-1", "cloud_sso_access_token_expire": 4_100_000_000_i64});
    sandbox.file(CONFIG, &config("sso", &[login]));
    sandbox
        .vodcb(["whoami"])
        .exits(3)
        .says(&["cloud_sso_sign_in_url", "profile \"sso\""]);
}

#[test]
fn a_wrong_place_of_sts_is_told_with_where_it_stands() {
    let mut sandbox = Sandbox::offline();
    sandbox.unset("VODCB_STS_ENDPOINT");
    let role = json!({"name": "role", "mode": "RamRoleArn", "access_key_id": ACCESS_KEY_ID,
        "access_key_secret": ACCESS_KEY_SECRET, "ram_session_name": "ada",
        "ram_role_arn": "acs:ram::1234567890123456:role/vod-admin"});
    for (member, value) in [("sts_region", "cn_hangzhou"), ("sts_endpoint", "ftp://sts")] {
        let mut role = role.clone();
        role[member] = value.into();
        let file = sandbox.file(CONFIG, &config("role", &[role]));
        let from = format!(
            "it comes from {member} of profile \"role\" in {}",
            file.display()
        );
        let run = sandbox.vodcb(["whoami"]).exits(2);
        run.says(&[value, &from]);
    }
    sandbox.set("ALIBABA_CLOUD_STS_REGION", "cn_hangzhou");
    sandbox
        .vodcb(["whoami"])
        .exits(2)
        .says(&["it comes from ALIBABA_CLOUD_STS_REGION"]);
}
