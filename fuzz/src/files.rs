//! Files that people and programs write: manifests, settings, recordings, and the emulator's.

use std::ops::ControlFlow;

use hyper::Request;
use hyper::http::request::Parts;
use jiff::Timestamp;
use vodcb::callback::Callback;
use vodcb::change::rotation;
use vodcb::delivery::record;
use vodcb::delivery::recording::{self, Found};
use vodcb::emulator::{Fault, Quirks, judge, state};
use vodcb::http::roots;
use vodcb::manifest::{self, Declared, Syntax};
use vodcb::render::callback::Keys;
use vodcb::settings;
use vodcb::target::Target;

/// A manifest in any syntax. What it declares is written and read again the same, keys apart; what is told
/// of a mistake holds neither a key nor a password that stands in it.
pub fn manifest(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    Syntax::of_text(&text);
    for syntax in [Syntax::Toml, Syntax::Yaml, Syntax::Json] {
        let manifest = match manifest::parse(&text, "manifest", syntax) {
            Ok(manifest) => manifest,
            Err(error) => {
                check_told(&text, &format!("{error:?}"));
                continue;
            }
        };
        let declared = callbacks(&manifest);
        manifest::merge(vec![manifest]).expect("one manifest goes together with itself alone");
        let written = manifest::export(Some("1234567890123456"), &declared, syntax).text;
        let again = manifest::parse(&written, "again", syntax).expect("our own manifest is one");
        assert_eq!(callbacks(&again), declared, "{written}");
    }
}

/// What looks like a key, stands once in the text, and stands there behind the name of the key or between
/// the user's name and the host of a URL.
fn check_told(text: &str, told: &str) {
    let keys = text.split("auth_key").skip(1).filter_map(|rest| {
        let key = rest.trim_start_matches([' ', '"', '\'', '=', ':', '{']);
        (key.len() < rest.len()).then(|| word(key))
    });
    let passwords = text.split("://").skip(1).filter_map(|rest| {
        let behind = rest[word(rest).len()..].strip_prefix(':')?;
        let password = word(behind);
        behind[password.len()..]
            .starts_with('@')
            .then_some(password)
    });
    for secret in keys.chain(passwords).filter(|word| is_key(word)) {
        if text.matches(secret).count() == 1 {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

/// The letters and digits that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

/// Long enough not to be anything else.
fn is_key(word: &str) -> bool {
    let has = |class: fn(char) -> bool| word.chars().any(class);
    word.len() >= 12
        && has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_digit())
}

fn callbacks(manifest: &manifest::Manifest) -> Vec<(Target, Callback)> {
    let entries = manifest.entries.iter();
    let declared = entries.filter_map(|entry| match &entry.declared {
        Declared::Callback(declaration) => {
            let callback = declaration.callback(None, None, "1234567890123456");
            Some((entry.target.clone(), callback))
        }
        Declared::Absent | Declared::Kept => None,
    });
    declared.collect()
}

/// `vodcb.toml`, the file of a change of the key, certificate authorities.
pub fn settings(bytes: &[u8]) {
    let _ = settings::read_project(&String::from_utf8_lossy(bytes));
    if let Ok(rotation) = rotation::parse(bytes) {
        rotation.status(None, Keys::Masked);
        let old = rotation.old.clone();
        let seen = rotation.seen(&old, Timestamp::UNIX_EPOCH);
        assert!(seen.is_some(), "the old key is one of the two");
    }
    let _ = roots::read_pem(bytes);
}

/// A recording of many deliveries. Each is written and read again the same.
pub fn recording(bytes: &[u8]) {
    let mut line = Some(0);
    let read = recording::read_from(bytes, "file", &mut |entry| {
        assert!(entry.line > line || entry.line.is_none() && line == Some(0));
        line = entry.line;
        let found = entry.piece().map(|piece| piece.found);
        if let Some(signed) = record::signed(entry.bytes) {
            let Some(Found::Delivery(recorded)) = &found else {
                panic!("what is signed is a delivery")
            };
            let claim = recorded.claim().expect("what is signed claims something");
            assert_eq!(signed.timestamp, claim.timestamp);
            assert_eq!(signed.signature, claim.signature);
        }
        if let Some(Found::Delivery(recorded)) = found {
            let written = serde_json::to_vec(&recorded.envelope()).expect("an envelope is JSON");
            assert!(recording::is_delivery(&written));
            let again = record::envelope(&written).expect("our own envelope can be read");
            assert_eq!(again, *recorded);
        }
        ControlFlow::Continue(())
    });
    assert!(read.expect("memory can be read").is_continue());
}

/// What the emulator is told: a fault or quirk in the first line, its file of callbacks, a request.
pub fn emulator(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().next().unwrap_or_default();
    let _ = Fault::parse(first);
    let _ = Quirks::default().apply(first);
    if let Ok(table) = state::read(&text) {
        let written = written(&table);
        let again = state::read(&written).expect("our own state can be read");
        assert_eq!(self::written(&again), written);
    }
    judged(bytes);
}

/// What the emulator thinks of a request, if this is one.
pub fn judged(bytes: &[u8]) -> Option<Result<String, String>> {
    let (head, body) = request(bytes)?;
    Some(judge::judge(&head, body, Timestamp::UNIX_EPOCH))
}

fn written(table: &state::Table) -> String {
    let mut bytes = Vec::new();
    state::write(table, &mut bytes).expect("memory can be written");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// Verb and target, headers, an empty line and the body, as far as HTTP allows them.
fn request(bytes: &[u8]) -> Option<(Parts, &[u8])> {
    let end = bytes.windows(2).position(|two| two == b"\n\n")?;
    let (head, body) = (&bytes[..end], &bytes[end + 2..]);
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines.next()?.splitn(2, |byte| *byte == b' ');
    let mut request = Request::builder().method(words.next()?).uri(words.next()?);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    Some((request.body(()).ok()?.into_parts().0, body))
}
