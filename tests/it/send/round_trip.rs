//! Nothing of what is sent is lost on the way.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use vodcb::delivery::record::{Recorded, read};
use vodcb::delivery::rules::Rules;
use vodcb::delivery::send::{Delivery, Proof, deliver};
use vodcb::delivery::signature::{NamedKey, NamedUrl, Verdict, verify};
use vodcb::event::catalogue;
use vodcb::event::compose::{Draft, Edit};
use vodcb::http::Http;
use vodcb::secret::Secret;

use crate::receiver::{Receiver, Reply, Request};
use crate::sandbox::AUTH_KEY;

const AT: Timestamp = Timestamp::constant(1_767_225_600, 0);
const RULES: Rules = Rules {
    attempts: 1,
    pause: Duration::ZERO,
    limit: Duration::from_secs(30),
};

/// Sends one delivery to a receiver and gives back what arrived.
fn arrived(http: &Http, receiver: &Receiver, delivery: &Delivery) -> Request {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outcome = runtime.block_on(deliver(http, || AT, RULES, delivery, |_| {}));
    assert!(outcome.unwrap().is_delivered());
    receiver.requests().pop().unwrap()
}

/// The request as a receiver that keeps deliveries would record it.
fn recorded(request: &Request) -> Recorded {
    Recorded {
        received_at: Some(AT.to_string()),
        method: Some(request.method.clone()),
        target: Some(request.target.clone()),
        headers: request.headers.clone(),
        body: request.body.clone(),
        ..Recorded::default()
    }
}

/// Sends it, keeps it, reads it, verifies it and sends it again.
fn comes_back(http: &Http, receiver: &Receiver, signed: &Delivery) -> Result<(), TestCaseError> {
    let Proof::Signed { url, key, .. } = &signed.proof else {
        unreachable!("it is signed");
    };
    let first = arrived(http, receiver, signed);
    prop_assert_eq!(&first.body, &signed.body);

    let line = serde_json::to_vec(&recorded(&first).envelope()).unwrap();
    let read = read(&line).unwrap();
    prop_assert_eq!(&read, &recorded(&first));
    let urls = [NamedUrl {
        name: "url".to_owned(),
        url: url.clone(),
    }];
    let keys = [NamedKey {
        name: "key".to_owned(),
        key: key.clone(),
    }];
    let verdict = verify(&read.claim().unwrap(), &urls, &[], &keys);
    let is_valid = matches!(verdict, Verdict::Valid { .. });
    prop_assert!(is_valid, "{:?}", verdict);

    let again = Delivery {
        url: url.clone(),
        proof: Proof::Recorded(read.end_to_end_headers()),
        body: read.body.clone(),
    };
    let second = arrived(http, receiver, &again);
    prop_assert_eq!(&second.body, &first.body);
    prop_assert_eq!(&second.target, &first.target);
    prop_assert_eq!(
        recorded(&second).end_to_end_headers(),
        recorded(&first).end_to_end_headers()
    );
    Ok(())
}

/// Every sample, changed in any way, is sent, recorded, read, found rightly signed, and sent again as it
/// was, to the last byte.
#[test]
fn what_is_sent_comes_back_byte_for_byte_when_it_is_replayed() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod?tenant=blue&v=2");
    let http = Http::new(Duration::from_secs(30), "vodcb/test".to_owned(), None);
    let key = Secret::new(AUTH_KEY);
    let samples: Vec<&str> = catalogue::catalogue()
        .events
        .iter()
        .flat_map(|event| catalogue::samples(&event.name))
        .map(|(name, _)| name)
        .collect();
    let edits = ("[A-Za-z\"\\.]{1,6}", any::<String>());
    let cases = (
        prop::sample::select(samples),
        prop::collection::vec(edits, 0..4),
    );
    let mut runner = TestRunner::new(Config::with_cases(100));
    let checked = runner.run(&cases, |(sample, edits)| {
        let mut draft = Draft::sample(sample, false).unwrap();
        for (name, text) in edits {
            let edit = Edit::set(&format!("[{name:?}]={text}")).unwrap();
            let _ = draft.edit(&edit);
        }
        let signed = Delivery {
            url: url.clone(),
            proof: Proof::Signed {
                url: url.clone(),
                key: key.clone(),
                shift: SignedDuration::ZERO,
            },
            body: draft.to_bytes(),
        };
        comes_back(&http, &receiver, &signed)
    });
    checked.unwrap();
}
