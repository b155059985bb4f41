//! The callback key: the shared secret that signs HTTP deliveries.
//!
//! The documentation asks for at most 32 characters with an upper-case letter, a lower-case letter
//! and a digit; it names neither a minimum nor the allowed special characters.

use crate::digest;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::text::is_invisible;

/// The most characters a key may have.
pub const MAX_CHARACTERS: usize = 32;

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGIT: &[u8] = b"0123456789";

/// What keeps a key from being accepted by VOD, in words that do not show it; empty when nothing does.
pub fn problems(key: &Secret) -> Vec<String> {
    let nothing = key.expose().is_empty();
    let rules = (!nothing).then(|| broken_rules(key)).into_iter().flatten();
    rules.chain(flaws(key)).collect()
}

/// The documented rules that a key breaks. VOD stores none that does, yet one may sign and be compared.
pub fn broken_rules(key: &Secret) -> Vec<String> {
    let text = key.expose();
    let length = text.chars().count();
    let mut found = Vec::new();
    if length > MAX_CHARACTERS {
        found.push(format!(
            "it has {length} of at most {MAX_CHARACTERS} characters"
        ));
    }
    let lacks = |what: &str, class: fn(char) -> bool| {
        (!text.chars().any(class)).then(|| format!("it has no {what}"))
    };
    found.extend(lacks("upper-case letter", |c| c.is_ascii_uppercase()));
    found.extend(lacks("lower-case letter", |c| c.is_ascii_lowercase()));
    found.extend(lacks("digit", |c| c.is_ascii_digit()));
    found
}

/// What no key is or holds.
fn flaws(key: &Secret) -> Vec<String> {
    let text = key.expose();
    let mut found = Vec::new();
    if text.is_empty() {
        found.push("it is empty".to_owned());
    }
    if text.chars().any(|c| c.is_whitespace() || is_invisible(c)) {
        found.push("it holds a blank, a control or an invisible character".to_owned());
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        found.push("it is not UTF-8".to_owned());
    }
    found
}

/// True for what ends in three stars or dots, as a key does that a service shows masked.
pub fn looks_masked(text: &str) -> bool {
    let last = text.chars().rev().take(3);
    last.filter(|c| matches!(c, '*' | '•' | '.')).count() == 3
}

/// Takes a key from a file, a variable, standard input or a prompt; `origin` says which.
///
/// A byte order mark before the key and one line end behind it are dropped, as editors leave them.
///
/// # Errors
/// A usage error that names the origin and every broken rule, never the key.
pub fn parse(text: &str, origin: &str) -> Result<Secret> {
    judged(text, origin, problems)
}

/// The same for a key that is not written, and may break the rules of one that is.
///
/// # Errors
/// A usage error that names the origin, for what cannot be a key at all.
pub fn parse_leniently(text: &str, origin: &str) -> Result<Secret> {
    judged(text, origin, flaws)
}

fn judged(text: &str, origin: &str, judge: fn(&Secret) -> Vec<String>) -> Result<Secret> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let key = Secret::new(text);
    let problems = judge(&key);
    if problems.is_empty() {
        return Ok(key);
    }
    let error = Error::usage(format!("the callback key from {origin} cannot be used"));
    Err(problems
        .into_iter()
        .fold(error, Error::cause)
        .hint("a key has at most 32 characters, among them an upper-case letter, a lower-case letter and a digit")
        .hint("vodcb key generate makes a good one"))
}

/// Eight hex digits that tell two keys apart.
///
/// They are the start of a SHA-256. Who can guess a weak key can test the guess with them.
pub fn fingerprint(key: &Secret) -> String {
    digest::fingerprint([key.expose()])
}

/// Makes a key of 32 letters and digits from random bytes.
///
/// `random` fills a buffer; bytes that would favour some characters are thrown away, and so is a
/// key that lacks one of the three classes.
pub fn generate(mut random: impl FnMut(&mut [u8])) -> Secret {
    let alphabet: Vec<u8> = [UPPER, LOWER, DIGIT].concat();
    let fair = 256 - 256 % alphabet.len();
    loop {
        let mut bytes = [0u8; 128];
        random(&mut bytes);
        let text: String = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < fair)
            .take(MAX_CHARACTERS)
            .map(|byte| char::from(alphabet[byte % alphabet.len()]))
            .collect();
        let key = Secret::new(text);
        if key.expose().len() == MAX_CHARACTERS && problems(&key).is_empty() {
            return key;
        }
    }
}
