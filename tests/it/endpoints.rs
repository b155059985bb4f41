//! The endpoint decides which centre's callbacks are read and written, so the region has to agree with it.
//! Nothing here leaves this machine: what is not refused goes to a proxy that is not there.

use vodcb::target::{AppId, Endpoint, Region, Target};

use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Sandbox};

const SHANGHAI: &str = "https://vod-vpc.cn-shanghai.aliyuncs.com";
const MANIFEST: &str = r#"
schema = 1
[[callback]]
region = "cn-beijing"
app_id = "app-1000000"
method = "HTTP"
url = "https://example.com/vod"
events = "ALL"
"#;

fn sandbox(endpoint: &str) -> Sandbox {
    let mut sandbox = Sandbox::offline();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET);
    sandbox.set("HTTPS_PROXY", "http://127.0.0.1:9");
    sandbox.set("VODCB_ENDPOINT", endpoint);
    sandbox
}

/// Which region and endpoint a run is about, and why it is this region.
fn about(sandbox: &Sandbox, args: &[&str]) -> [String; 3] {
    let whoami = ["whoami", "--offline", "--explain", "-o", "json"];
    let document = sandbox.vodcb([&whoami, args].concat()).ok().json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    [
        text(&document["region"]),
        text(&document["endpoint"]),
        text(&document["explain"]["region"]),
    ]
}

#[test]
fn the_endpoint_of_another_centre_is_refused() {
    let sandbox = sandbox(SHANGHAI);
    let set = ["set", "--http-url", "https://example.com/vod", "--events"];
    for args in [
        &["get", "--region", "cn-beijing"][..],
        &[&set[..], &["ALL", "--region", "cn-beijing"]].concat(),
        &["get", "--regions", "cn-shanghai,cn-beijing"],
        &["get", "--all-regions"],
        &["export", "--all"],
        &["diff", "-f", "callbacks.toml"],
        &["apply", "-f", "callbacks.toml", "--prune", "--yes"],
    ] {
        sandbox.file("callbacks.toml", MANIFEST);
        sandbox.vodcb(args.iter().copied()).exits(2).says(&[
            "error: vod-vpc.cn-shanghai.aliyuncs.com serves the callbacks of cn-shanghai, not those of cn-beijing",
            "VODCB_ENDPOINT names this endpoint",
            match args.iter().any(|word| word.starts_with("--all")) {
                true => "for the others: leave VODCB_ENDPOINT out",
                false => "for cn-beijing: leave VODCB_ENDPOINT out, or have it name vod.cn-beijing.aliyuncs.com",
            },
            "for cn-shanghai: name no other region",
        ]);
    }
    sandbox
        .vodcb(["diff", "-f", "callbacks.toml"])
        .exits(2)
        .says(&["app-1000000 in cn-beijing is declared at callbacks.toml:3:1"]);
    // All that are refused are told, each with its place.
    sandbox.file(
        "many.toml",
        &format!("{MANIFEST}[[callback]]\nregion = \"cn-shanghai\"\nstate = \"absent\"\n[[callback]]\nregion = \"cn-shenzhen\"\nstate = \"absent\"\n"),
    );
    sandbox.vodcb(["diff", "-f", "many.toml"]).exits(2).says(&[
        "serves the callbacks of cn-shanghai, not those of cn-beijing, cn-shenzhen\n",
        "app-1000000 in cn-beijing is declared at many.toml:3:1\n",
        "app-1000000 in cn-shenzhen is declared at many.toml:12:1\n",
        "hint: for the others: leave VODCB_ENDPOINT out\n",
    ]);
    let flag = ["get", "--endpoint", "VOD.cn-hongkong.aliyuncs.com."];
    sandbox
        .vodcb([&flag[..], &["--region", "ap-southeast-1"]].concat())
        .exits(2)
        .says(&["not those of ap-southeast-1", "leave --endpoint out"]);
}

#[test]
fn a_region_that_is_named_for_this_tool_is_not_given_up_for_an_endpoint() {
    let mut sandbox = sandbox(SHANGHAI);
    sandbox.file("vodcb.toml", "[defaults]\nregion = \"cn-beijing\"\n");
    sandbox.vodcb(["get"]).exits(2);
    sandbox.set("VODCB_REGION", "cn-shanghai");
    assert_eq!(
        about(&sandbox, &[]),
        ["cn-shanghai", SHANGHAI, "VODCB_REGION"]
    );
}

#[test]
fn the_endpoint_of_a_centre_says_the_region() {
    let beijing = "https://vod.cn-beijing.aliyuncs.com";
    let sandbox = sandbox(beijing);
    let known = ["cn-beijing", beijing, "VODCB_ENDPOINT"];
    assert_eq!(about(&sandbox, &[]), known);
    // The region of a profile is meant for every product.
    sandbox.file(
        ".aliyun/config.json",
        r#"{"current":"default","profiles":[{"name":"default","mode":"AK","region_id":"cn-shenzhen",
            "access_key_id":"LTAI5tProfileKeyId01","access_key_secret":"ProfileSecret"}]}"#,
    );
    assert_eq!(about(&sandbox, &["--profile", "default"]), known);
    let flag = ["--endpoint", "vod-vpc.eu-central-1.aliyuncs.com"];
    assert_eq!(
        about(&sandbox, &flag),
        [
            "eu-central-1",
            "https://vod-vpc.eu-central-1.aliyuncs.com",
            "--endpoint"
        ]
    );
}

#[test]
fn an_endpoint_serves_the_regions_without_a_centre_that_are_sent_there() {
    let sandbox = sandbox(SHANGHAI);
    assert_eq!(
        about(&sandbox, &["--region", "cn-hangzhou"]),
        ["cn-hangzhou", SHANGHAI, "--region"]
    );
}

#[test]
fn an_endpoint_of_no_known_centre_and_the_emulator_serve_every_region() {
    for endpoint in [
        "https://vod.cn-newtown.aliyuncs.com",
        "https://vod.aliyuncs.com",
        "https://gateway.example.com",
    ] {
        let sandbox = sandbox(endpoint);
        assert_eq!(
            about(&sandbox, &["--region", "cn-beijing"]),
            ["cn-beijing", endpoint, "--region"]
        );
    }
    let sandbox = sandbox(SHANGHAI);
    sandbox
        .vodcb(["get", "--emulator", "--region", "cn-beijing"])
        .ok();
    sandbox.vodcb(["get", "--emulator", "--all-regions"]).ok();
}

fn key(endpoint: &str, region: &str) -> String {
    let target = Target {
        region: Region::parse(region).unwrap(),
        app_id: AppId::default(),
    };
    target.key(&Endpoint::parse(endpoint, true).unwrap().to_string())
}

/// Names of hosts know no letter case and may end with a dot (RFC 1035, RFC 3986), https has the port 443, VOD has
/// one service at a centre, and the SDKs send cn-hangzhou to the one of cn-shanghai.
#[test]
fn a_target_has_one_key_whatever_region_and_vendors_address_it_is_named_by() {
    let of_the_region = Endpoint::of_host(&Region::default().vod_host()).unwrap();
    let shanghai = key(&of_the_region.to_string(), "cn-shanghai");
    for (endpoint, region) in [
        ("vod.cn-shanghai.aliyuncs.com", "cn-shanghai"),
        ("HTTPS://VOD.cn-Shanghai.AliyunCS.com/", "cn-shanghai"),
        ("https://vod.cn-shanghai.aliyuncs.com:443", "cn-shanghai"),
        ("https://vod.cn-shanghai.aliyuncs.com./", "cn-shanghai"),
        ("http://vod.cn-shanghai.aliyuncs.com", "cn-shanghai"),
        (SHANGHAI, "cn-shanghai"),
        ("vod.cn-shanghai.aliyuncs.com", "cn-hangzhou"),
    ] {
        assert_eq!(key(endpoint, region), shanghai, "{endpoint} {region}");
    }
    for (endpoint, region) in [
        ("vod.cn-beijing.aliyuncs.com", "cn-beijing"),
        ("https://vod.example.com", "cn-shanghai"),
        (
            "https://vod.cn-shanghai.aliyuncs.com.example.com",
            "cn-shanghai",
        ),
        ("http://127.0.0.1:1", "cn-shanghai"),
    ] {
        assert_ne!(key(endpoint, region), shanghai, "{endpoint} {region}");
    }
    assert_ne!(
        key("http://127.0.0.1:1", "cn-shanghai"),
        key("http://127.0.0.1:2", "cn-shanghai")
    );
}

/// What leads to one service is not known of other hosts, only which names are one. The key of older versions
/// stays, so that their rotations are found.
#[test]
fn a_proxy_has_one_key_by_each_of_its_names() {
    let proxy = key("https://proxy.example.com", "cn-shanghai");
    assert!(proxy.ends_with(" at https://proxy.example.com"), "{proxy}");
    for name in [
        "https://proxy.example.com./",
        "HTTPS://Proxy.Example.COM:443",
    ] {
        assert_eq!(key(name, "cn-shanghai"), proxy, "{name}");
    }
    let with_port = key("http://proxy.example.com.:8080", "cn-shanghai");
    assert!(with_port.ends_with(" at http://proxy.example.com:8080"));
    let address = key("http://[::1]:80", "cn-shanghai");
    assert!(address.ends_with(" at http://[::1]"), "{address}");
}

#[test]
fn turns_and_undo_go_by_the_target_and_not_by_its_name() {
    let mut sandbox = Sandbox::new();
    let url = sandbox.url().to_owned();
    let set = ["set", "--http-url", "https://example.com/vod"];
    sandbox.vodcb(set).ok();
    sandbox.set(
        "VODCB_ENDPOINT",
        &format!("{}/", url.replace("http", "HTTP")),
    );
    let other = ["--region", "cn-hangzhou", "--yes"];
    sandbox
        .vodcb([&set[..], &["--events", "none"], &other].concat())
        .ok();
    let turns = sandbox.home().join(".local/state/vodcb/turns");
    assert_eq!(std::fs::read_dir(turns).unwrap().count(), 1);
    let undo = ["undo", "--region", "cn-shanghai", "--yes"];
    sandbox.vodcb(undo).ok().says(&["undoing change 2"]);
    let count = |flags: &[&str]| {
        let history = ["history", "-o", "json"];
        let document = sandbox.vodcb([&history, flags].concat()).ok().json();
        document["records"].as_array().unwrap().len()
    };
    assert_eq!(count(&["--region", "cn-hangzhou"]), 3);
    assert_eq!(count(&["--endpoint", &url.to_uppercase()]), 3);
}
