//! What is refused before anything is sent, and in which words.

use vodcb::callback::{Method, auth_key, queue, url};
use vodcb::error::{Error, Kind};
use vodcb::event::{EventSelection, EventType, selection};
use vodcb::secret::Secret;
use vodcb::target::{AppId, Endpoint, Region};

use crate::sandbox::Sandbox;

/// Everything an error says, in one text.
fn words(error: &Error) -> String {
    assert_eq!(error.kind, Kind::Usage, "{error:?}");
    assert!(!error.hints.is_empty(), "no remedy in {error:?}");
    [
        vec![error.message.clone()],
        error.causes.clone(),
        error.hints.clone(),
    ]
    .concat()
    .join("\n")
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, texts: &[&str]) {
    let said = words(&result.unwrap_err());
    for text in texts {
        assert!(said.contains(text), "no {text:?} in:\n{said}");
    }
}

/// An input method for Chinese types commas and brackets of its own, and the wizard shows regions in Chinese.
#[test]
fn chinese_punctuation_and_names_of_regions_lead_on() {
    let comma = &["an ASCII comma", "， or 、"];
    let events = "FileUploadComplete，TranscodeComplete";
    refused(EventSelection::parse(events, false), comma);
    refused(EventSelection::parse(events, true), comma);
    refused(Region::parse("cn-shanghai，cn-beijing"), comma);
    for given in ["华东2（上海）", "华东2(上海)", "上海"] {
        let nearest = "did you mean cn-shanghai (China (Shanghai)), ";
        refused(Region::parse(given), &[nearest]);
    }
    refused(
        Region::parse("北京"),
        &["did you mean cn-beijing (China (Beijing)), "],
    );
}

#[test]
fn urls_are_refused_with_the_reason() {
    for (given, texts) in [
        ("", &["it is empty"][..]),
        ("example.com/vod", &["no scheme", "https://"]),
        (
            "ftp://example.com/vod",
            &["scheme is \"ftp\"", "http and https only"],
        ),
        ("https:/example.com", &["no host behind the scheme"]),
        ("https://", &["empty host"]),
        (
            "https://example.com/a b",
            &["there is ' ' at byte 21", "%20"],
        ),
        (" https://example.com/", &["there is ' ' at byte 0"]),
        ("https://example.com/\n", &["'\\n'"]),
        ("https://example.com/#top", &["fragment", "%23"]),
        (
            "https://a.example.com/,https://b.example.com/",
            &["a second one, \"https://b.example.com/\"", "exactly one"],
        ),
        (
            "https://a.example.com/;http://b.example.com/",
            &["a second one, \"http://b.example.com/\""],
        ),
        (
            "https://a.example.com/ https://b.example.com/",
            &["a second one, \"https://b.example.com/\""],
        ),
        (
            "https://a.example.com/, HTTPS://b.example.com/",
            &["a second one, \"HTTPS://b.example.com/\""],
        ),
        ("https://example.com:99999/", &["invalid port number"]),
        ("https://exa mple.com/", &["there is ' '"]),
        ("https:///example.com/x", &["no host behind the scheme"]),
        (
            "https://example.com/vod\u{200B}",
            &["'\\u{200b}' at byte 23", "invisible"],
        ),
        ("https://a.example.com\\x", &["a backslash", "%5C"]),
        ("http://a..c/", &["no host can have this address"]),
        ("https://example.com:0/", &["no host can have this address"]),
    ] {
        refused(url::check(given), texts);
    }
}

#[test]
fn a_url_may_have_256_bytes_and_no_more() {
    let base = "https://example.com/";
    let fits = format!("{base}{}", "a".repeat(256 - base.len()));
    assert_eq!(fits.len(), 256);
    url::check(&fits).unwrap();
    refused(
        url::check(&format!("{fits}bc")),
        &["258 of 256 bytes", "too much: …\"bc\""],
    );
    // Three bytes a character: 79 characters, 20 + 237 = 257 bytes.
    let wide = format!("{base}{}", "回".repeat(79));
    refused(
        url::check(&wide),
        &["257 of 256 bytes", "too much: …\"回\""],
    );
}

#[test]
fn acceptable_urls_pass_without_a_word() {
    for given in [
        "https://example.com/vod/callback",
        "http://example.com:8080/?tenant=blue&v=2",
        "https://198.51.100.7/cb",
        "https://example.com/%E5%9B%9E%E8%B0%83",
        "https://example.com/a?u=https%3A%2F%2Fb.example.com",
        "https://[2001:db8::1]/cb",
        "HTTPS://EXAMPLE.com",
    ] {
        assert_eq!(url::check(given).unwrap(), Vec::<String>::new(), "{given}");
    }
}

#[test]
fn urls_the_service_cannot_reach_are_warned_about() {
    for (given, text) in [
        ("http://localhost:3000/", "this machine itself"),
        ("http://127.0.0.1/", "this machine itself"),
        ("http://[::1]/", "this machine itself"),
        ("http://10.1.2.3/", "a private address"),
        ("http://172.16.0.1/", "a private address"),
        ("http://192.168.0.1/", "a private address"),
        ("http://[fd00::1]/", "a private address"),
        ("http://[::ffff:10.0.0.1]/", "a private address"),
        ("http://169.254.169.254/", "a link-local address"),
        ("http://[fe80::1]/", "a link-local address"),
        ("http://100.64.0.1/", "a shared address"),
        ("http://0.0.0.0/", "no address of a host"),
        ("http://backend/", "a name without a domain"),
        ("http://vod.local/", "a name of a private network"),
        ("http://vod.corp.internal/", "a name of a private network"),
        ("https://user:pw@example.com/", "a user name or a password"),
        ("https://example.com/{id}", "percent-encoded"),
        ("https://example.com/a%zz", "write it as %25"),
        ("https://example.com/a%2", "write it as %25"),
        // Percent-encoded UTF-8 (RFC 3986) and IDNA, counted by hand.
        ("https://example.com/回调", "characters beyond ASCII"),
        (
            "https://example.com/点播?k=é",
            "the request shows https://example.com/%E7%82%B9%E6%92%AD?k=%C3%A9;",
        ),
        (
            "https://example。com/vod",
            "the request shows https://example.com/vod;",
        ),
        (
            "https://例子.example/vod",
            "the request shows https://xn--fsqu00a.example/vod;",
        ),
    ] {
        let warnings = url::check(given).unwrap().join("\n");
        assert!(warnings.contains(text), "{given}: {warnings:?}");
    }
}

#[test]
fn a_password_in_a_url_is_masked_and_nothing_else() {
    for (given, shown) in [
        (
            "https://me:pw@example.com/a",
            "https://me:••••@example.com/a",
        ),
        ("http://me:p@w:x@[::1]:80?q", "http://me:••••@[::1]:80?q"),
        ("https://:pw@example.com", "https://:••••@example.com"),
        ("me:pw@example.com/a", "me:••••@example.com/a"),
        ("https://me@example.com/", "https://me@example.com/"),
        ("https://me:@example.com/", "https://me:@example.com/"),
        (
            "https://example.com:80/a:b@c?d:e@f",
            "https://example.com:80/a:b@c?d:e@f",
        ),
        ("", ""),
        // A password that is not percent-encoded does not end where the host would begin.
        (
            "https://me:p/w@example.com/",
            "https://me:••••@example.com/",
        ),
        ("https://me:p#w@example.com", "https://me:••••@example.com"),
        ("https:/me:pw@example.com", "https:/me:••••@example.com"),
        ("https://[::1]/a@b", "https://[::1]/a@b"),
        (
            "https://a.example.com/,https://me:pw@b.example.com/",
            "https://a.example.com/,https://me:••••@b.example.com/",
        ),
    ] {
        assert_eq!(url::without_password(given), shown);
    }
    let long = format!("https://me:{}@example.com/", "Hidden7Word".repeat(30));
    for given in [
        "https://me:Hidden7Word@example.com/#part",
        "https://a.example.com/,https://me:Hidden7Word@example.com/",
        "https://me:Hidden7Word/@example.com/",
        &long,
    ] {
        let said = words(&url::check(given).unwrap_err());
        assert!(!said.contains("Hidden"), "{said}");
    }
    let endpoint = "http://me:Hidden7Word@1.mns.cn-shanghai.aliyuncs.com/";
    let said = words(&queue::check_endpoint(endpoint, false).unwrap_err());
    assert!(!said.contains("Hidden"), "{said}");
}

#[test]
fn keys_are_refused_without_being_shown() {
    for (given, texts) in [
        ("", &["it is empty"][..]),
        ("abcdefg1", &["no upper-case letter"]),
        ("ABCDEFG1", &["no lower-case letter"]),
        ("Abcdefgh", &["no digit"]),
        (
            "Abcdefghijklmnopqrstuvwxyz0123456",
            &["33 of at most 32 characters"],
        ),
        (
            "Abcdef 1",
            &["a blank, a control or an invisible character"],
        ),
        (" ", &["a blank", "no digit"]),
    ] {
        let result = auth_key::parse(given, "the test");
        let said = words(result.as_ref().unwrap_err());
        assert!(given.trim().is_empty() || !said.contains(given), "{said}");
        refused(result, texts);
    }
    let longest = "Abcdefghijklmnopqrstuvwxyz012345";
    assert_eq!(
        auth_key::parse(longest, "the test").unwrap().expose(),
        longest
    );
    for line_end in ["Abcdefg1\n", "Abcdefg1\r\n"] {
        assert_eq!(
            auth_key::parse(line_end, "the test").unwrap().expose(),
            "Abcdefg1"
        );
    }
}

#[test]
fn a_generated_key_obeys_the_rules_whatever_the_bytes() {
    for seed in 0..=255u8 {
        let mut next = seed;
        let key = auth_key::generate(|buffer| {
            for byte in buffer {
                next = next.wrapping_mul(181).wrapping_add(97);
                *byte = next;
            }
        });
        assert_eq!(auth_key::problems(&key), Vec::<String>::new());
        assert_eq!(key.expose().len(), 32);
    }
}

#[test]
fn a_secret_is_masked_to_two_characters_at_most() {
    assert_eq!(Secret::new("Qx7Lm2Vt9Rb4").masked(), "Qx••••");
    assert_eq!(Secret::new("short1A").masked(), "••••");
    assert_eq!(format!("{:?}", Secret::new("Qx7Lm2Vt9Rb4")), "Secret(••••)");
}

#[test]
fn queue_names_and_endpoints_follow_the_rules_of_the_product() {
    queue::check_name("vod-events-1").unwrap();
    queue::check_name(&"q".repeat(120)).unwrap();
    refused(queue::check_name(""), &["it is empty"]);
    refused(queue::check_name(&"q".repeat(121)), &["121 of at most 120"]);
    refused(queue::check_name("vod_events"), &["it holds '_'"]);
    refused(queue::check_name("-vod"), &["starts with a hyphen"]);
    let good = "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/";
    queue::check_endpoint(good, false).unwrap();
    queue::check_endpoint(
        "https://1234567890123456.mns.ap-southeast-1.aliyuncs.com",
        false,
    )
    .unwrap();
    for (given, texts) in [
        (
            "1234567890123456.mns.cn-shanghai.aliyuncs.com",
            &["it is not a URL"][..],
        ),
        (
            "ftp://1234567890123456.mns.cn-shanghai.aliyuncs.com/",
            &["neither http nor https"],
        ),
        ("http://example.com/", &["ACCOUNT.mns.REGION.aliyuncs.com"]),
        (
            "http://account.mns.cn-shanghai.aliyuncs.com/",
            &["\"account\" is not an account id"],
        ),
        (
            "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/queues/q",
            &["behind the host", "--mns-queue"],
        ),
        (
            "http://1234567890123456.mns.cn-shanghai-internal.aliyuncs.com/",
            &["internal endpoint", good, "--allow-internal-endpoint"],
        ),
        (
            "http://1234567890123456.mns.cn-shanghai-internal-vpc.aliyuncs.com/",
            &["internal endpoint", good],
        ),
    ] {
        refused(queue::check_endpoint(given, false), texts);
    }
    queue::check_endpoint(
        "http://1234567890123456.mns.cn-shanghai-internal.aliyuncs.com/",
        true,
    )
    .unwrap();
}

#[test]
fn methods_go_by_the_names_of_the_documentation() {
    for name in [
        "MNS",
        "mns",
        "SMQ",
        "Simple Message Queue (formerly MNS)",
        "Simple Message Queue",
        "simple message queue (SMQ, formerly MNS)",
    ] {
        assert_eq!(Method::parse(name).unwrap(), Method::Mns, "{name}");
    }
    for name in ["HTTP", "http", "HTTPS"] {
        assert_eq!(Method::parse(name).unwrap(), Method::Http, "{name}");
    }
    assert_eq!(Method::Mns.as_str(), "MNS");
    refused(Method::parse("email"), &["HTTP and MNS"]);
}

#[test]
fn events_are_checked_against_the_catalogue() {
    let parse = |text| EventSelection::parse(text, false);
    assert_eq!(parse("all").unwrap(), EventSelection::All);
    assert_eq!(parse("NONE").unwrap(), EventSelection::None);
    assert_eq!(
        parse("transcodecomplete, SnapshotComplete")
            .unwrap()
            .to_wire(),
        "SnapshotComplete,TranscodeComplete"
    );
    assert_eq!(parse("AIComplete").unwrap().to_wire(), "AIComplete");
    refused(parse(""), &["--events none"]);
    refused(parse("ALL,SnapshotComplete"), &["mixes ALL or none"]);
    refused(parse("none,ALL"), &["mixes ALL or none"]);
    refused(
        parse("TranscodeCompleted"),
        &["did you mean TranscodeComplete"],
    );
    refused(parse("FileUpload"), &["did you mean FileUploadComplete"]);
    refused(
        parse("AIMediaAuditComplete"),
        &["it belongs to AIComplete", "use AIComplete"],
    );
    refused(parse("aivideotagcomplete"), &["it belongs to AIComplete"]);
    refused(
        parse("RegisterMediaComplete"),
        &["Intelligent Media Services"],
    );
    refused(parse("Transcode Complete"), &["letters and digits"]);
    assert_eq!(
        EventSelection::parse("BrandNewComplete", true)
            .unwrap()
            .to_wire(),
        "BrandNewComplete"
    );
    refused(
        EventSelection::parse("AIMediaAuditComplete", true),
        &["AIComplete"],
    );
    for whole in ["ALL", "none"] {
        refused(
            selection::parse_names(whole, true),
            &["but a whole selection", &format!("--events {whole}")],
        );
    }
    refused(selection::parse_names(" , ", false), &["no event type"]);
    refused(EventType::parse("不是事件", true), &["letters and digits"]);
}

#[test]
fn regions_are_known_new_or_typed_wrong() {
    for id in [
        "cn-shanghai",
        "ap-southeast-5",
        "cn-hangzhou",
        "ap-southeast-9",
        "sa-east-1",
    ] {
        assert_eq!(Region::parse_strict(id).unwrap().as_str(), id);
    }
    refused(
        Region::parse_strict("cn-shangai"),
        &["did you mean cn-shanghai"],
    );
    refused(
        Region::parse_strict("cn-bejing"),
        &["did you mean cn-beijing"],
    );
    refused(
        Region::parse_strict("shanghai"),
        &["did you mean cn-shanghai"],
    );
    refused(
        Region::parse_strict("Singapore"),
        &["did you mean ap-southeast-1"],
    );
    refused(
        Region::parse_strict("cn_shanghai"),
        &["did you mean cn-shanghai"],
    );
    assert_eq!(
        Region::parse("ap-southeast-9").unwrap().vod_host(),
        "vod.ap-southeast-9.aliyuncs.com"
    );
    assert_eq!(
        Region::parse("cn-hangzhou").unwrap().vod_host(),
        "vod.cn-shanghai.aliyuncs.com"
    );
    assert_eq!(
        Region::parse("cn-chengdu").unwrap().vod_host(),
        "vod.aliyuncs.com"
    );
    for (centre, queue) in [
        ("cn-beijing", "cn-shanghai"),
        ("cn-hongkong", "cn-hongkong"),
        ("eu-central-1", "eu-central-1"),
    ] {
        assert_eq!(
            Region::parse(centre)
                .unwrap()
                .advised_queue_region()
                .as_str(),
            queue
        );
    }
}

#[test]
fn applications_and_endpoints_are_checked() {
    AppId::parse("app-1000000").unwrap();
    refused(AppId::parse(""), &["it is empty"]);
    refused(AppId::parse("app 1"), &["it holds ' '"]);
    let endpoint = |text| Endpoint::parse(text, false);
    assert_eq!(
        endpoint("vod.cn-beijing.aliyuncs.com").unwrap().to_string(),
        "https://vod.cn-beijing.aliyuncs.com"
    );
    assert_eq!(
        endpoint("http://127.0.0.1:8080").unwrap().host(),
        "127.0.0.1:8080"
    );
    for loopback in ["http://127.9.9.9:1", "http://[::1]:1", "http://localhost:1"] {
        endpoint(loopback).unwrap();
    }
    refused(
        endpoint("http://vod.example.com"),
        &["plain http", "--allow-http"],
    );
    refused(endpoint("http://localhost.example.com"), &["plain http"]);
    Endpoint::parse("http://vod.example.com", true).unwrap();
    refused(
        endpoint("https://vod.example.com/path"),
        &["behind the host"],
    );
    refused(
        endpoint("ftp://vod.example.com"),
        &["neither https nor http"],
    );
    refused(endpoint("https://u@vod.example.com"), &["user name"]);
    refused(endpoint("https://vod example"), &["not a URL"]);
    for text in [
        "https://u:pw5w0rd@vod.example.com",
        "ftp://u:pw5w0rd@vod.example.com",
    ] {
        let said = words(&endpoint(text).unwrap_err());
        assert!(
            said.contains("u:••••@") && !said.contains("pw5w0rd"),
            "{said}"
        );
    }
}

#[test]
fn contradictory_flags_are_refused_and_nothing_is_sent() {
    let sandbox = Sandbox::new();
    let url = ["--http-url", "https://example.com/vod"];
    let queue = ["--mns-queue", "q", "--account-id", "1"];
    for flags in [
        [&url[..], &queue].concat(),
        [&queue[..], &["--auth", "on"]].concat(),
        [&queue[..], &["--generate-auth-key"]].concat(),
        [
            &url[..],
            &["--events", "ALL", "--add-events", "SnapshotComplete"],
        ]
        .concat(),
        [&url[..], &["--auth", "off", "--generate-auth-key"]].concat(),
        [&url[..], &["--method", "MNS"]].concat(),
        [&queue[..], &["--method", "HTTP"]].concat(),
        vec!["--method", "HTTP"],
        vec![
            "--add-events",
            "SnapshotComplete",
            "--remove-events",
            "SnapshotComplete",
        ],
        vec!["--mns-queue", "q", "--account-id", "me"],
        [&url[..], &["--auth-key-env", "NOT_SET"]].concat(),
        [&url[..], &["--auth-key-file", "no/such/file"]].concat(),
        [
            &url[..],
            &["--region", "cn-shangai", "--endpoint", "ftp://x"],
        ]
        .concat(),
        [&url[..], &["--timeout", "0"]].concat(),
        [&url[..], &["--auth-key", "Abcdefg1"]].concat(),
        [&url[..], &["--retries", "101"]].concat(),
        [&url[..], &["--query", "["]].concat(),
        [&url[..], &["-o", "json", "--query", "["]].concat(),
    ] {
        let run = sandbox
            .vodcb([&["set"], flags.as_slice()].concat())
            .exits(2);
        assert!(run.stderr.contains("error:"), "{flags:?}: {run:?}");
    }
    assert!(sandbox.calls().is_empty());
}

/// Whichever call of the command would be the first to need it.
#[test]
fn variables_that_cannot_be_used_are_told_before_anything_is_sent() {
    for (name, value) in [
        ("VODCB_REGION", "cn shanghai"),
        ("VODCB_APP_ID", "app 1"),
        ("VODCB_ACCOUNT_ID", "me"),
        ("VODCB_EMULATOR", "maybe"),
        ("VODCB_OUTPUT", "tabel"),
        ("VODCB_TIMEOUT", "soon"),
        ("VODCB_RETRIES", "-1"),
        ("VODCB_QPS", "fast"),
        ("VODCB_SIGNATURE", "v4"),
        ("VODCB_HISTORY", "foo"),
        ("VODCB_ENDPOINT", "ftp://vod"),
        ("VODCB_STS_ENDPOINT", "ftp://sts"),
        ("VODCB_MNS_ENDPOINT", "ftp://mns"),
        ("VODCB_RAM_ENDPOINT", "ftp://ram"),
        ("VODCB_IMDS_ENDPOINT", "ftp://imds"),
        ("VODCB_OAUTH_ENDPOINT", "ftp://oauth"),
        ("VODCB_EXTERNAL_TIMEOUT", "long"),
        ("VODCB_PROFILE", "nobody"),
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.set(name, value);
        let set = ["set", "--mns-queue", "vod-events", "--create-queue"];
        for args in [&set[..], &["get"], &["queue", "list"], &["whoami"]] {
            let run = sandbox.vodcb(args.iter().copied());
            assert!(matches!(run.code, 2 | 3), "{name}, {args:?}: {run:#?}");
            run.says(&[name]);
        }
        assert_eq!(sandbox.actions(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_variable_that_cannot_be_used_is_told_at_once() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_HISTORY", "foo");
    sandbox.set("VODCB_MNS_ENDPOINT", "ftp://mns");
    sandbox.vodcb(["get"]).exits(2).says(&[
        "error: \"ftp://mns\" is not an endpoint: its scheme is neither https nor http\n  it comes from VODCB_MNS_ENDPOINT\n",
        "  also VODCB_HISTORY takes on, off or no-secrets, not \"foo\"",
    ]);
}

#[test]
fn every_event_that_is_none_is_told() {
    refused(
        EventSelection::parse("Foo,FileUploadComplete,Bar", false),
        &[
            "\"Foo\" is not an event type",
            "also \"Bar\" is not an event type",
        ],
    );
}

#[test]
fn a_closed_centre_is_not_suggested() {
    let said = words(&Region::parse_strict("ap-south").unwrap_err());
    assert!(
        said.contains("ap-southeast-1") && !said.contains("ap-south-1"),
        "{said}"
    );
    let sandbox = Sandbox::offline();
    let queue = ["set", "--mns-queue", "q", "--mns-region", "mars"];
    let run = sandbox.vodcb(queue).exits(2).says(&["--mns-endpoint"]);
    assert!(!run.stderr.contains("its --endpoint"), "{run:?}");
}

#[test]
fn a_whole_selection_cannot_be_taken_off_a_list() {
    for (name, more) in [("ALL", false), ("none", false), ("all", true)] {
        let sandbox = Sandbox::new();
        let mut args = vec!["set", "--remove-events", name];
        args.extend(more.then_some("--allow-unknown-events"));
        let run = sandbox.vodcb(args).exits(2);
        let run = run.says(&["a whole selection", "say: --events none"]);
        assert!(!run.stderr.contains("--events ALL"), "{run:#?}");
        assert_eq!(sandbox.actions(), Vec::<String>::new());
    }
}

#[test]
fn the_name_of_a_variable_that_may_be_the_key_itself_is_not_shown() {
    let sandbox = Sandbox::new();
    let url = "https://example.com/";
    for args in [
        &["set", "--http-url", url, "--auth-key-env"][..],
        &["send", "TranscodeComplete", "--to", url, "--auth-key-env"],
        &[
            "verify",
            "--url",
            url,
            "--timestamp",
            "1",
            "--signature",
            "x",
            "--auth-key-env",
        ],
    ] {
        let run = sandbox.vodcb([args, &["Qx7Lm2Vt9Rb4"]].concat()).exits(2);
        let run = run.says(&[
            "an environment variable is not set whose name may be the key itself",
            "such as VOD_CALLBACK_KEY",
        ]);
        assert!(!run.stderr.contains("Qx7"), "{run:#?}");
    }
}

#[test]
fn a_region_is_the_same_in_capitals_wherever_it_is_named() {
    let sandbox = Sandbox::new();
    let queue = ["set", "--mns-queue", "q", "--no-queue-check", "--yes"];
    sandbox
        .vodcb([&queue[..], &["--mns-region", "CN-BEIJING"]].concat())
        .ok();
    let stored = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(stored["mns_region"], "cn-beijing");
    let listed = ["history", "-o", "json", "--region", "CN-Shanghai"];
    let records = sandbox.vodcb(listed).ok().json();
    assert_eq!(records["records"].as_array().map(Vec::len), Some(1));
}

#[test]
fn no_callback_is_expected_by_null_in_any_case() {
    let sandbox = Sandbox::new();
    let set = ["set", "--http-url", "https://example.com/", "--if-match"];
    sandbox.vodcb([&set[..], &["NULL"]].concat()).ok();
    sandbox.vodcb([&set[..], &["null"]].concat()).exits(6);
}
