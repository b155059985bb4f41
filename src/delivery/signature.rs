//! The signature of HTTP deliveries: MD5 over URL, time and key.
//!
//! `X-VOD-SIGNATURE` is the lower-case hex MD5 of `CallbackURL|X-VOD-TIMESTAMP|AuthKey`, the URL being
//! the configured text byte for byte. The body is not covered: a signature proves that the sender knew
//! the key at that second, and nothing about the event.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use super::{elsewhere, variants};
use crate::callback::url::without_password;
use crate::digest::hex;
use crate::secret::Secret;

/// What a delivery says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// `X-VOD-TIMESTAMP`, seconds since 1970 as ten digits.
    pub timestamp: String,
    /// `X-VOD-SIGNATURE`, 32 hex digits.
    pub signature: String,
    /// The body, where it is at hand; only mistaken formulas cover it.
    pub body: Option<Vec<u8>>,
}

/// A key and what to call it.
#[derive(Debug, Clone)]
pub struct NamedKey {
    /// For example `the configured key`.
    pub name: String,
    /// The key.
    pub key: Secret,
}

/// A URL and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUrl {
    /// For example `the configured URL`.
    pub name: String,
    /// The URL, as it was configured.
    pub url: String,
}

/// What the signature turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Right, with this key and this URL.
    Valid {
        /// The key's name.
        key: String,
        /// The URL, as it may be shown.
        url: String,
    },
    /// Wrong, and why, as far as that can be told: each of these would have made it so.
    Wrong(Vec<String>),
}

/// The signature of a delivery to this URL at that time.
pub fn sign(url: &str, timestamp: &str, key: &Secret) -> String {
    digits(url, timestamp, key).map(char::from).iter().collect()
}

/// The same as its 32 letters. A receiver does this for every delivery.
fn digits(url: &str, timestamp: &str, key: &Secret) -> [u8; 32] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let parts = [url, "|", timestamp, "|", key.expose()];
    let digest = parts.iter().fold(Md5::new(), Md5::chain_update).finalize();
    std::array::from_fn(|at| {
        let byte = digest[at / 2];
        HEX[usize::from(if at % 2 == 0 { byte >> 4 } else { byte & 15 })]
    })
}

/// Whether this is a time as VOD writes it: seconds since 1970 as ten digits.
fn is_time(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first key and URL with which a signature is right; none where the time is no time of VOD's.
pub fn fitting<'a>(
    timestamp: &str,
    signature: &str,
    urls: &'a [NamedUrl],
    keys: &'a [NamedKey],
) -> Option<(&'a NamedKey, &'a NamedUrl)> {
    let pairs = keys
        .iter()
        .flat_map(|key| urls.iter().map(move |url| (key, url)));
    let mut right =
        pairs.filter(|(key, url)| same(digits(&url.url, timestamp, &key.key), signature));
    right.next().filter(|_| is_time(timestamp))
}

/// Tries every key with every URL; when none fits, tries the usual mistakes, and where none explains it the URLs
/// that the delivery itself shows.
pub fn verify(claim: &Claim, urls: &[NamedUrl], shown: &[NamedUrl], keys: &[NamedKey]) -> Verdict {
    if let Some((key, url)) = fitting(&claim.timestamp, &claim.signature, urls, keys) {
        return Verdict::Valid {
            key: key.name.clone(),
            url: without_password(&url.url).into_owned(),
        };
    }
    Verdict::Wrong(reasons(claim, urls, shown, keys))
}

/// Why a signature is wrong that fits no key and URL.
pub fn reasons(
    claim: &Claim,
    urls: &[NamedUrl],
    shown: &[NamedUrl],
    keys: &[NamedKey],
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for key in keys {
        for url in urls {
            found.extend(mistakes(claim, url, key));
        }
    }
    found.dedup();
    if found.is_empty() {
        found = flaws(claim);
    }
    if found.is_empty() {
        const UNEXPLAINED: &str = "no usual mistake explains it: another key, or another URL";
        let why = elsewhere::found(claim, urls, shown, keys);
        found.push(why.unwrap_or_else(|| UNEXPLAINED.to_owned()));
    }
    found
}

/// What cannot be a header of VOD's, whatever was signed.
fn flaws(claim: &Claim) -> Vec<String> {
    let signature = &claim.signature;
    let is_digest = signature.len() == 32 && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let signature = (!is_digest)
        .then_some("X-VOD-SIGNATURE is no signature of VOD's: that has 32 hexadecimal digits");
    let time = (!is_time(&claim.timestamp))
        .then_some("X-VOD-TIMESTAMP is no time of VOD's: that is seconds since 1970, ten digits");
    let flaws = signature.into_iter().chain(time);
    flaws.map(str::to_owned).collect()
}

/// Compares in a time that does not depend on where the difference is.
fn same(ours: impl AsRef<[u8]>, theirs: &str) -> bool {
    ours.as_ref().ct_eq(theirs.as_bytes()).into()
}

/// The one thing that would have to be different, for each that would.
fn mistakes(claim: &Claim, url: &NamedUrl, key: &NamedKey) -> Vec<String> {
    let fits = |text: &str, time: &str, secret: &Secret| {
        same(digits(text, time, secret), &claim.signature)
    };
    let mut found = Vec::new();
    if claim.signature.to_ascii_lowercase() != claim.signature
        && same(
            digits(&url.url, &claim.timestamp, &key.key),
            &claim.signature.to_ascii_lowercase(),
        )
    {
        found.push("the hex digits are in capitals; VOD writes small letters".to_owned());
    }
    for (what, variant) in variants::of_url(&url.url) {
        if fits(&variant, &claim.timestamp, &key.key) {
            found.push(format!(
                "{what}: it was signed for {}, not for {} ({})",
                without_password(&variant),
                without_password(&url.url),
                url.name
            ));
        }
    }
    for (what, variant) in variants::of_key(&key.key) {
        if fits(&url.url, &claim.timestamp, &variant) {
            found.push(format!("the signer's {} has {what}", key.name));
        }
    }
    for (what, variant) in variants::of_time(&claim.timestamp) {
        if fits(&url.url, &variant, &key.key) {
            found.push(format!(
                "{what} were signed, and the header says {}",
                claim.timestamp
            ));
        }
    }
    found.extend(other_formulas(claim, url, key));
    found
}

/// Formulas of others that come with the same headers, or that receivers believe in.
fn other_formulas(claim: &Claim, url: &NamedUrl, key: &NamedKey) -> Vec<String> {
    let mut found = Vec::new();
    let joined = format!("{}{}{}", url.url, claim.timestamp, key.key.expose());
    if same(hex(&Md5::digest(joined)), &claim.signature) {
        found.push(
            "URL, time and key were signed without the | that VOD puts between them".to_owned(),
        );
    }
    let Some(body) = &claim.body else {
        return found;
    };
    let packed = STANDARD.encode(body);
    let volcengine = format!(
        "{}|{}|{}|{packed}",
        url.url,
        claim.timestamp,
        key.key.expose()
    );
    if same(hex(&Md5::digest(volcengine)), &claim.signature) {
        found.push(
            "this is the formula of Volcengine VOD, another vendor with the same headers"
                .to_owned(),
        );
    }
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.key.expose().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(body);
    if same(
        hex(&mac.finalize().into_bytes()),
        &claim.signature.to_ascii_lowercase(),
    ) {
        found.push(
            "this is an HMAC-SHA256 of the body; VOD signs URL, time and key by MD5".to_owned(),
        );
    }
    found
}
