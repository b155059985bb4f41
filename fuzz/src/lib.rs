//! What is fuzzed: functions that take foreign bytes to where vodcb reads them, and check what must hold.
//!
//! The tests of vodcb include this file, too, and run the corpus through it on every change.

mod credentials;
mod files;

use jiff::Timestamp;
use serde_json::Value;
use vodcb::callback::{self, Destination};
use vodcb::change::lines;
use vodcb::delivery::expect::Expectation;
use vodcb::delivery::record;
use vodcb::delivery::signature::{Claim, NamedKey, NamedUrl, Verdict, sign, verify};
use vodcb::event::compose::Draft;
use vodcb::event::edit::Edit;
use vodcb::event::path::Path as EventPath;
use vodcb::event::{decode, summary};
use vodcb::mns::xml as messages;
use vodcb::openapi::refusal::{self, Asked, Head, Reading};
use vodcb::output::{ColorWhen, Format, Output, Surroundings, Talk};
use vodcb::secret::Secret;
use vodcb::target::Endpoint;
use vodcb::vod::wire::{self, Stored};
use vodcb::xml;

pub use credentials::{credentials, ini, profile};
pub use files::{emulator, judged, manifest, recording, settings};

/// A name, and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("event", event),
    ("signature", signature),
    ("envelope", envelope),
    ("profile", profile),
    ("ini", ini),
    ("mns", mns),
    ("api", api),
    ("query", query),
    ("address", address),
    ("edit", edit),
    ("history", history),
    ("manifest", manifest),
    ("credentials", credentials),
    ("recording", recording),
    ("settings", settings),
    ("emulator", emulator),
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
    verify(&claim, &urls, &[], &keys);
    claim.signature = sign(&url, &claim.timestamp, &key);
    let time = claim.timestamp.as_bytes();
    let is_time = time.len() == 10 && time.iter().all(u8::is_ascii_digit);
    let verdict = verify(&claim, &urls, &[], &keys);
    assert_eq!(matches!(verdict, Verdict::Valid { .. }), is_time);
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

/// The first line, and what comes after it.
fn first_line(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    (String::from_utf8_lossy(line).into_owned(), rest)
}

/// An answer of the queue service.
pub fn mns(bytes: &[u8]) {
    let Ok(root) = xml::parse(&String::from_utf8_lossy(bytes)) else {
        return;
    };
    let _ = messages::read_page(&root);
    let _ = messages::read_status(&root);
    let _ = messages::read_attributes(&root);
    let _ = messages::read_visibility(&root);
    let _ = messages::read_failures(&root);
    if let Some(error) = messages::read_error(400, &root) {
        error.cause();
    }
    for mut message in messages::read_messages(&root).into_iter().flatten() {
        message.is_intact();
        message.received = Some(Timestamp::UNIX_EPOCH);
        message.hidden_for();
        assert!(message.age().is_none_or(|age| !age.is_negative()));
    }
}

/// The status and the body of an answer by VOD, STS or RAM. A key that stands in it once is not in what
/// is shown of it.
pub fn api(bytes: &[u8]) {
    let (status, body) = first_line(bytes);
    let head = Head {
        status: status.trim().parse().unwrap_or(200),
        content_type: Some("application/json"),
        request_id: None,
    };
    let body = String::from_utf8_lossy(body);
    let masked = wire::masked_answer(&body);
    match refusal::read(head, &body) {
        Reading::Success(value) => {
            let _ = wire::read_apps(&value);
            if let Stored::Callback(callback) = wire::read_get(&value) {
                callback.fingerprint();
                check_mask(&callback.destination, &body, &masked);
            }
        }
        Reading::Refused(refused) => {
            let asked = Asked {
                product: "vod",
                action: "GetMessageCallback",
                host: "vod.example.com",
                string_to_sign: "",
                whoami: "vodcb --profile prod whoami --explain",
            };
            refusal::explain(&refused, asked, &[]);
        }
        Reading::Nonsense(_) => {}
    }
}

fn check_mask(destination: &Destination, body: &str, masked: &str) {
    let Destination::Http { auth, .. } = destination else {
        return;
    };
    let key = auth.known_key().map_or("", |key| key.expose());
    // A short text may well stand elsewhere.
    if key.len() >= 16 && body.matches(key).count() == 1 {
        assert!(!masked.contains(key), "{masked}");
    }
}

/// A `--query` or an `--expect`, and the document it is asked of, unless the answer may be boundless.
pub fn query(bytes: &[u8]) {
    let (query, document) = first_line(bytes);
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let is_bounded = multi_selects(&query) <= 2;
    if let Ok(expectation) = Expectation::parse(&query)
        && is_bounded
    {
        let _ = expectation.is_met(&document);
    }
    let around = Surroundings::default();
    let output = Output::new(
        Format::Json,
        Some(&query),
        ColorWhen::Never,
        Talk::Quiet,
        &around,
    );
    if let Ok(output) = output
        && is_bounded
    {
        let _ = output.check(&document);
    }
}

/// How many lists and objects an expression makes. By the language itself each can multiply what it is made
/// of: `[@,@][][@,@][]…` has twice as many elements with each pair of brackets.
fn multi_selects(query: &str) -> usize {
    let rest = |at: usize| query[at + 1..].trim_start();
    let picks = |c: char| c.is_ascii_digit() || "?*]:-".contains(c);
    let selects = |at: &usize| !rest(*at).starts_with(picks);
    let lists = query.match_indices('[').map(|(at, _)| at).filter(selects);
    lists.count() + query.matches('{').count()
}

/// Something that is typed where a URL, an endpoint or a queue is expected.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if callback::url::check(&text).is_ok() {
        assert!(text.len() <= callback::url::MAX_BYTES);
    }
    if let Ok(endpoint) = Endpoint::parse(&text, true) {
        endpoint.host();
        endpoint.is_loopback();
        let again = Endpoint::parse(&endpoint.to_string(), true);
        assert_eq!(again.ok(), Some(endpoint));
    }
    callback::queue::parse_host(&text);
    let _ = callback::queue::check_endpoint(&text, false);
    let _ = callback::queue::check_name(&text);
}

/// A change of an event as `--set` and `--unset` take it, and the event. A path is read as it is written.
pub fn edit(bytes: &[u8]) {
    let (line, body) = first_line(bytes);
    if let Ok(path) = EventPath::parse(&line) {
        let again = EventPath::parse(&path.to_string()).expect("our own path can be read");
        assert_eq!(again, path);
    }
    let Ok(mut draft) = Draft::parse(body) else {
        return;
    };
    for edit in [Edit::set(&line), Edit::unset(&line)].into_iter().flatten() {
        let _ = draft.edit(&edit);
        let written = draft.to_bytes();
        let again = Draft::parse(&written).expect("our own event can be read");
        assert_eq!(again.to_bytes(), written);
    }
}

/// A history. A record that was understood is written and read again the same.
pub fn history(bytes: &[u8]) {
    lines::next_number(bytes);
    assert!(lines::newest(bytes, bytes.len() / 2).len() <= bytes.len() / 2);
    for record in lines::read(bytes).records {
        let mut line = lines::write(&record, true);
        if !line.ends_with('\n') {
            line.push('\n');
        }
        let again = lines::read(line.as_bytes()).records;
        let expected = vodcb::change::record::Record {
            ending: None,
            ..record
        };
        assert_eq!(again, [expected]);
    }
}
