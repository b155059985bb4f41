//! No secret in any output, trace, error, URL or listing, whatever goes wrong.

use std::collections::BTreeSet;

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{ACCESS_KEY_SECRET, AUTH_KEY, SECURITY_TOKEN, Sandbox};

/// What the callback key is replaced with.
const NEW_AUTH_KEY: &str = "Zw4Np8Hs2Jc6SandboxNewKey";

/// The secrets in every form in which they could leak.
fn forms() -> Vec<String> {
    let mut forms = Vec::new();
    for secret in [ACCESS_KEY_SECRET, SECURITY_TOKEN, AUTH_KEY, NEW_AUTH_KEY] {
        let once = vodcb::openapi::encode(secret);
        let twice = vodcb::openapi::encode(&once);
        // The middle is enough to give a key away.
        forms.extend([secret.to_owned(), once, twice, secret[4..16].to_owned()]);
    }
    forms
}

#[track_caller]
fn assert_clean(text: &str, what: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{what} shows {form:?}:\n{text}");
    }
}

const FAULTS: &[&str] = &[
    "pass",
    "throttle=1",
    "internal",
    "unavailable",
    "error=InvalidParameter",
    "error=SignatureDoesNotMatch",
    "reset-before",
    "reset-after",
    "internal-after",
    "garbage",
    "html",
    "html-ok",
    "redirect",
    "truncate",
    "wrong-type",
    "huge-headers",
    "gzip-bomb",
    "skew=4000",
    "deny",
    "denied-app",
    "suspended",
    "not-activated",
    "slow-after=900",
];

const COMMANDS: &[&[&str]] = &[
    &[
        "set",
        "--http-url",
        "https://example.com/vod",
        "--auth-key-env",
        "VOD_KEY",
    ],
    &["get"],
    &["set", "--add-events", "SnapshotComplete"],
    &["set", "--auth", "off"],
    &["set", "--mns-queue", "q", "--account-id", "1"],
    &["delete", "--yes"],
    &["undo", "--yes", "--auth-key-env", "VOD_KEY"],
    &[
        "key",
        "rotate",
        "--auth-key-env",
        "NEW_KEY",
        "--skip-proof",
        "--yes",
    ],
    &["key", "status"],
    &["queue", "list"],
    &["history"],
    &["history", "show", "2"],
    &["whoami", "--explain"],
    &["events", "list"],
    &["regions"],
    &["emulator", "reset"],
];

const VARIANTS: &[&[&str]] = &[
    &["--debug"],
    &["-o", "json", "--debug"],
    &["-o", "yaml", "--signature", "acs3", "-v"],
];

/// The first change passes, so that later calls meet a stored key; then either every reading or every
/// writing goes wrong.
fn worlds(fault: &str) -> [Vec<String>; 2] {
    let specs = |specs: &[&str]| specs.iter().map(|spec| spec.replace("{}", fault)).collect();
    [
        specs(&["get:pass*2", "get:{}", "identity:{}"]),
        specs(&["set:pass*1", "set:{}", "delete:{}"]),
    ]
}

#[test]
fn no_command_shows_a_secret_under_any_fault() {
    std::thread::scope(|scope| {
        for chunk in FAULTS.chunks(FAULTS.len().div_ceil(4)) {
            scope.spawn(move || {
                for faults in chunk.iter().flat_map(|fault| worlds(fault)) {
                    let specs: Vec<&str> = faults.iter().map(String::as_str).collect();
                    run_everything(&specs);
                }
            });
        }
    });
}

fn run_everything(faults: &[&str]) {
    let mut sandbox = Sandbox::with_token(faults, &[]);
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox.set("NEW_KEY", NEW_AUTH_KEY);
    for command in COMMANDS {
        for variant in VARIANTS {
            let args = [*command, &["--retries", "0", "--timeout", "0.6"], *variant].concat();
            let run = sandbox.vodcb(args.iter().copied());
            assert_clean(&run.stdout, &format!("{faults:?}: {args:?}: stdout"));
            assert_clean(&run.stderr, &format!("{faults:?}: {args:?}: stderr"));
        }
    }
    // The key came as far as the service at least once, so there was something to hide. A delay comes on top of
    // whatever else is said of a call, so where readings are slow no write is tried.
    if !faults.iter().any(|fault| fault.starts_with("get:slow")) {
        let actions = sandbox.actions();
        let is_write = |action: &String| action == "SetMessageCallback";
        assert!(actions.iter().any(is_write), "{faults:?}");
    }
}

/// Everything that signs or verifies deliveries; URL stands for the receiver's.
const AT_A_RECEIVER: &[&str] = &[
    "set --http-url URL --auth-key-env VOD_KEY",
    "check --deliver",
    "check URL --deliver --auth-key-env VOD_KEY",
    "send FileUploadComplete --to URL --once --auth-key-env VOD_KEY",
    "replay delivery --to URL --once --auth-key-env VOD_KEY",
    "verify --configured --delivery delivery",
    "verify --url URL --delivery delivery --auth-key-env VOD_KEY",
    "queue forward q --to URL --for 1 --auth-key-env VOD_KEY",
    "queue peek q",
    "queue tail q --for 1",
    "export",
    "export --format json -f callbacks.json",
    "diff -f callbacks.json",
    "apply -f callbacks.json --yes",
    "key rotate --auth-key-env NEW_KEY --yes",
    "key status",
    "key rotate --abandon --yes",
    "key generate",
    "listen --port 0 --configured --exit-after 1 --timeout 1",
];

const DELIVERY: &str = "POST /vod HTTP/1.1\r\nHost: localhost\r\nX-VOD-TIMESTAMP: 1519375990\r\n\
    X-VOD-SIGNATURE: c72b60894140fa98920f1279219b7ed3\r\n\r\n{\"EventType\":\"FileUploadComplete\"}";

#[test]
fn no_command_with_a_receiver_shows_a_key() {
    let receiver = Receiver::start(&[Reply::Status(403)]);
    let url = receiver.url("/vod");
    let mut sandbox = Sandbox::with_token(&[], &[]);
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox.set("NEW_KEY", NEW_AUTH_KEY);
    sandbox.set("VOD_CALLBACK_KEY_CN_SHANGHAI_APP_1000000", NEW_AUTH_KEY);
    sandbox.file("delivery", DELIVERY);
    sandbox.vodcb(["queue", "create", "q"]).ok();
    sandbox.deliver("q", r#"{"EventType":"FileUploadComplete"}"#);
    for command in AT_A_RECEIVER {
        let command: Vec<&str> = command
            .split(' ')
            .map(|word| if word == "URL" { &url } else { word })
            .collect();
        for form in ["table", "json", "ndjson"] {
            let run = sandbox.vodcb([&command[..], &["--debug", "-o", form]].concat());
            assert_clean(&run.stdout, &format!("{command:?} {form}: stdout"));
            assert_clean(&run.stderr, &format!("{command:?} {form}: stderr"));
            assert_ne!(run.code, 70, "{run:#?}");
        }
    }
    assert!(!receiver.requests().is_empty());
}

/// What tells of deliveries; what shows the configuration shows the URL as it is.
const TO_A_PASSWORD: &[&str] = &[
    "check --deliver",
    "check URL --deliver",
    "send FileUploadComplete --to URL --once",
    "send FileUploadComplete --to URL --once --count 2",
    "send FileUploadComplete --to URL --dry-run",
    "send --scenario plain --to URL --once",
    "replay delivery --to URL --once",
    "verify --configured --delivery delivery",
    "verify --url URL --delivery delivery --auth-key-env VOD_KEY",
    "queue forward q --to URL --for 1",
    "key rotate --auth-key-env NEW_KEY --yes",
    "key status",
    "listen --port 0 --forward-to URL --timeout 0.1",
];

#[test]
fn the_password_of_a_receiver_is_not_shown_where_deliveries_are_told_about() {
    let receiver = Receiver::start(&[Reply::Status(403)]);
    let url = receiver.url("/vod");
    let url = url.replace("://", "://shop:Hidden7Word@");
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox.set("NEW_KEY", NEW_AUTH_KEY);
    sandbox.file("delivery", DELIVERY);
    sandbox.vodcb(["queue", "create", "q"]).ok();
    sandbox.deliver("q", r#"{"EventType":"FileUploadComplete"}"#);
    let set = ["set", "--http-url", &url, "--auth-key-env", "VOD_KEY"];
    sandbox.vodcb(set).ok();
    for command in TO_A_PASSWORD {
        let command: Vec<&str> = command
            .split(' ')
            .map(|word| if word == "URL" { &url } else { word })
            .collect();
        for form in ["table", "json", "ndjson"] {
            let run = sandbox.vodcb([&command[..], &["--debug", "-o", form]].concat());
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(!all.contains("Hidden7Word"), "{command:?} {form}: {all}");
            assert_ne!(run.code, 70, "{run:#?}");
        }
    }
    assert!(!receiver.requests().is_empty());
}

#[test]
fn a_wrong_secret_is_not_echoed_although_the_service_quotes_the_request() {
    for signature in ["rpc", "acs3"] {
        let mut sandbox = Sandbox::with_token(&[], &[]);
        sandbox.set("VOD_KEY", AUTH_KEY);
        sandbox.set(
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "WrongSecretValue0123456789",
        );
        // The reading comes first and is refused; a refused Set is told about in `odd_answers`.
        for args in [
            &["get"][..],
            &[
                "set",
                "--http-url",
                "https://example.com/vod",
                "--auth-key-env",
                "VOD_KEY",
            ],
        ] {
            for form in ["table", "json"] {
                let run = sandbox
                    .vodcb([args, &["--debug", "-o", form, "--signature", signature]].concat())
                    .exits(3);
                assert_clean(&run.stderr, "stderr");
                assert!(!run.stderr.contains("WrongSecretValue"), "{run:?}");
                assert!(run.stderr.contains("SignatureDoesNotMatch"), "{run:?}");
            }
        }
    }
}

#[test]
fn a_key_in_the_configuration_is_shown_only_when_asked_for() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox
        .vodcb([
            "set",
            "--http-url",
            "https://example.com/vod",
            "--auth-key-env",
            "VOD_KEY",
        ])
        .ok();
    for form in ["table", "json", "yaml", "raw"] {
        let hidden = sandbox.vodcb(["get", "-o", form]).ok();
        assert_clean(&hidden.stdout, form);
        assert!(hidden.stdout.contains("Qx••••"), "{hidden:?}");
        let shown = sandbox.vodcb(["get", "-o", form, "--show-auth-key"]).ok();
        assert!(shown.stdout.contains(AUTH_KEY), "{shown:?}");
    }
}

#[test]
fn the_command_line_takes_no_key() {
    let help = Sandbox::offline().vodcb(["set", "--help"]).ok().stdout;
    let flags: BTreeSet<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--auth-key"))
        .collect();
    assert_eq!(
        flags,
        ["--auth-key-env", "--auth-key-file", "--auth-key-stdin"].into()
    );
}

/// Only the history may hold a key, since undoing needs it; a mode without exists.
#[test]
fn files_hold_no_secret_beyond_the_history() {
    let mut sandbox = Sandbox::with_token(&[], &[]);
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox.set("VODCB_HISTORY", "no-secrets");
    sandbox
        .vodcb([
            "set",
            "--http-url",
            "https://example.com/vod",
            "--auth-key-env",
            "VOD_KEY",
        ])
        .ok();
    sandbox.vodcb(["set", "--auth", "off"]).ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    let mut folders = vec![sandbox.home().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                assert_clean(
                    &String::from_utf8_lossy(&std::fs::read(&path).unwrap()),
                    &path.display().to_string(),
                );
            }
        }
    }
    assert!(files >= 1, "the history was not written");
}

/// Has two meanings for what can be printed, so that naming it is an error of the compiler there.
trait Unprintable<Meaning> {
    const IS: bool = true;
}

struct Whatever;
struct Printable;

impl<T> Unprintable<Whatever> for T {}
impl<T: std::fmt::Debug> Unprintable<Printable> for T {}

/// That this is compiled is the test; `--debug` and a panic can show none of them by mistake.
#[test]
fn what_holds_tokens_and_signatures_cannot_be_printed() {
    let all = [
        <vodcb::mns::signer::Signed as Unprintable<_>>::IS,
        <vodcb::mns::signer::Request<'_> as Unprintable<_>>::IS,
        <vodcb::openapi::acs3::Signed as Unprintable<_>>::IS,
        <vodcb::openapi::acs3::Request<'_> as Unprintable<_>>::IS,
        <vodcb::openapi::client::Answer as Unprintable<_>>::IS,
        <vodcb::http::Request as Unprintable<_>>::IS,
        <vodcb::http::Response as Unprintable<_>>::IS,
    ];
    assert_eq!(all, [true; 7]);
}
