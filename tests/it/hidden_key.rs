//! A callback key that the service does not show: whoever needs it is asked for it, and nothing is concluded without it.

use crate::check::{CAREFUL, KEY, check, found, judge, pairs};
use crate::receiver::Receiver;
use crate::sandbox::{Run, Sandbox};

/// An application whose callback at this URL is signed with a key that is masked, or not in the answer at all.
fn configured(quirk: &str, url: &str) -> Sandbox {
    let mut sandbox = Sandbox::with(&[], &[quirk]);
    sandbox.set("VOD_KEY", KEY);
    sandbox
        .vodcb(["set", "--http-url", url, "--auth-key-env", "VOD_KEY"])
        .ok();
    sandbox
}

/// Refused as wrong usage, with the flag that helps and nothing that would replace the key.
#[track_caller]
fn asks_for_the_key(run: Run) {
    let run = run.exits(2).says(&["--auth-key-env NAME"]);
    assert!(!run.stderr.contains("generate-auth-key"), "{run:?}");
    assert!(!run.stderr.contains("--configured"), "{run:?}");
}

#[test]
fn listen_and_verify_ask_for_it_instead_of_advising_another() {
    for quirk in ["key=masked", "key=absent"] {
        let sandbox = configured(quirk, "https://example.com/vod");
        asks_for_the_key(sandbox.vodcb(["listen", "--port", "0", "--configured"]));
        let claim = ["--timestamp", "1519375990", "--signature", "c72b"];
        let verify = ["verify", "--configured"];
        asks_for_the_key(sandbox.vodcb([&verify[..], &claim].concat()));
        // With the key both work: the signature is looked at, and found to be wrong.
        let key = ["--auth-key-env", "VOD_KEY"];
        let run = sandbox.vodcb([&verify[..], &claim, &key].concat());
        assert!(run.exits(1).stderr.is_empty());
    }
}

#[test]
fn nothing_is_sent_to_the_configured_receiver_without_it() {
    for quirk in ["key=masked", "key=absent"] {
        let receiver = Receiver::judging(|request, _| judge(request, &[KEY], CAREFUL));
        let sandbox = configured(quirk, &receiver.url("/vod"));
        let send = ["send", "FileUploadComplete", "--to", "configured", "--yes"];
        asks_for_the_key(sandbox.vodcb(send));
        assert!(receiver.requests().is_empty());
        let key = ["--auth-key-env", "VOD_KEY"];
        sandbox.vodcb([&send[..], &key].concat()).ok();
        assert_eq!(receiver.requests().len(), 1);
    }
}

/// What goes out as it came needs no key.
#[test]
fn a_verbatim_replay_goes_without_it() {
    let receiver = Receiver::judging(|request, _| judge(request, &[KEY], CAREFUL));
    let sandbox = configured("key=masked", &receiver.url("/vod"));
    let request = "POST /vod HTTP/1.1\nX-VOD-TIMESTAMP: 1519375990\nX-VOD-SIGNATURE: c72b\n\n{}";
    sandbox.file("request.txt", request);
    let to = ["replay", "request.txt", "--to", "configured", "--yes"];
    asks_for_the_key(sandbox.vodcb(to));
    sandbox
        .vodcb([&to[..], &["--verbatim", "--once"]].concat())
        .exits(1);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("x-vod-signature"), Some("c72b"));
}

#[test]
fn deliveries_that_were_asked_for_and_cannot_be_made_are_a_failure() {
    let receiver = Receiver::judging(|request, _| judge(request, &[KEY], CAREFUL));
    let sandbox = configured("key=masked", &receiver.url("/vod"));
    for more in [&[][..], &["--only", "forged"]] {
        let args = ["check", "--deliver", "-o", "json"];
        let run = sandbox.vodcb([&args[..], more].concat()).exits(1);
        let failed = found(&run);
        assert!(
            failed.contains(&pairs(&[("delivery", "fail")])[0]),
            "{run:?}"
        );
        assert_eq!(check(&run, "forged")["cause"], "because delivery failed");
        let remedy = check(&run, "delivery")["remedy"].to_string();
        assert!(remedy.contains("--auth-key-env NAME"), "{remedy}");
    }
    assert!(receiver.requests().is_empty());
    // Without --deliver none was asked for.
    sandbox.vodcb(["check"]).ok();
}

/// What a change prints is what a reading finds, so that it can be given to --if-match.
#[test]
fn the_fingerprint_of_a_change_is_that_of_a_reading() {
    for quirk in ["key=clear", "key=masked", "key=absent"] {
        let mut sandbox = Sandbox::with(&[], &[quirk]);
        sandbox.set("VOD_KEY", KEY);
        let url = ["set", "--http-url", "https://example.com/vod"];
        let key = ["--auth-key-env", "VOD_KEY"];
        let set = [&url[..], &key, &["-o", "json"]].concat();
        let set = sandbox.vodcb(set).ok().json();
        let get = sandbox.vodcb(["get", "-o", "json"]).ok().json();
        assert_eq!(set["fingerprint"], get["fingerprint"], "{quirk}");
        let told = set["fingerprint"].as_str().unwrap();
        let next = ["--events", "SnapshotComplete", "--if-match", told];
        let next = sandbox.vodcb([&url[..], &key, &next].concat()).ok();
        let get = sandbox.vodcb(["get", "-o", "json"]).ok().json();
        let told = get["fingerprint"].as_str().unwrap();
        assert!(next.stdout.contains(told), "{quirk}: {next:?}");
    }
}
