//! What is fuzzed: functions that take foreign bytes to where vodcb reads them, and check what must hold.
//!
//! The tests of vodcb include this file, too, and run the corpus through it on every change.

use vodcb::delivery::record;
use vodcb::delivery::signature::{Claim, NamedKey, NamedUrl, Verdict, sign, verify};
use vodcb::event::{decode, summary};
use vodcb::secret::Secret;

/// A name, and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("event", event),
    ("signature", signature),
    ("envelope", envelope),
];

/// The body of an event, as HTTP and queues bring it.
pub fn event(bytes: &[u8]) {
    let summary = summary::read(bytes);
    let Ok((event, encoding)) = decode::unpack(bytes) else {
        return;
    };
    decode::explain(&event);
    if encoding == decode::Encoding::Json {
        summary.expect("what is unpacked can be summed up");
    }
}

/// URL, time, key, signature and body of a delivery, a line each.
pub fn signature(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(5, '\n').map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    let (url, timestamp, key, signature, body) = (next(), next(), next(), next(), next());
    let key = Secret::new(key);
    let urls = [NamedUrl {
        name: "url".to_owned(),
        url: url.clone(),
    }];
    let keys = [NamedKey {
        name: "key".to_owned(),
        key: key.clone(),
    }];
    let mut claim = Claim {
        timestamp,
        signature,
        body: Some(body.into_bytes()),
    };
    verify(&claim, &urls, &keys);
    claim.signature = sign(&url, &claim.timestamp, &key);
    assert!(matches!(
        verify(&claim, &urls, &keys),
        Verdict::Valid { .. }
    ));
}

/// A delivery that was kept. What was read is written and read again the same.
pub fn envelope(bytes: &[u8]) {
    let Ok(recorded) = record::read(bytes) else {
        return;
    };
    let line = serde_json::to_vec(&recorded.envelope()).expect("an envelope is JSON");
    let again = record::read(&line).expect("our own envelope can be read");
    assert_eq!(again, recorded);
    recorded.claim();
    recorded.end_to_end_headers();
}
