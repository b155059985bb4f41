//! What is said about a signature.

use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::http::uri::PathAndQuery;
use serde::Serialize;

use super::super::verification::Known;
use crate::delivery::receive::{FORWARDED_HOST, seen_urls};
use crate::delivery::record::{self, Recorded};
use crate::delivery::signature::{Claim, NamedUrl, Verdict, fitting, verify};
use crate::exit::Exit;

/// What signatures are checked with.
#[derive(Debug)]
pub struct Judge {
    /// The URLs and keys.
    pub known: Known,
    /// The seconds a signature may be away from now.
    pub max_age: Option<u64>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// The result, where it is the only one.
#[derive(Debug, Serialize)]
pub struct Only<'a> {
    schema_version: u8,
    #[serde(flatten)]
    verdict: &'a Document,
}

/// What is said of one delivery; the order of the members is the order in JSON.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Whether the delivery may be believed to be the sender's.
    pub valid: bool,
    signature: &'static str,
    key: Option<String>,
    url: Option<String>,
    timestamp: Option<String>,
    age_seconds: Option<i64>,
    fresh: Option<bool>,
    /// Why it is not valid.
    pub reasons: Vec<String>,
    covers_body: bool,
}

impl Judge {
    /// Checks one signature, and explains a wrong one, also by the URLs that the delivery shows.
    pub fn judge(&self, claim: &Claim, shown: &[NamedUrl]) -> Document {
        let age = self.age(&claim.timestamp);
        let fresh = self.max_age.map(|_| self.is_fresh(age));
        let Known { urls, keys } = &self.known;
        let (right, key, url, mut reasons) = match verify(claim, urls, shown, keys) {
            Verdict::Valid { key, url } => (true, Some(key), Some(url), Vec::new()),
            Verdict::Wrong(reasons) => (false, None, None, reasons),
        };
        if fresh == Some(false) && age.is_some() {
            reasons.push("the time is further away than --max-age allows".to_owned());
        }
        Document {
            valid: right && fresh != Some(false),
            signature: if right { "right" } else { "wrong" },
            key,
            url,
            timestamp: Some(claim.timestamp.clone()),
            age_seconds: age,
            fresh,
            reasons,
            covers_body: false,
        }
    }

    /// Checks a delivery, which need not be signed.
    pub fn delivery(&self, recorded: &Recorded) -> Document {
        if let Some(claim) = recorded.claim() {
            return self.judge(&claim, &shown_urls(recorded));
        }
        let why = match recorded.message {
            Some(_) => "a message of a queue has no signature",
            None => "X-VOD-TIMESTAMP or X-VOD-SIGNATURE is missing",
        };
        Document {
            valid: false,
            signature: "missing",
            key: None,
            url: None,
            timestamp: None,
            age_seconds: None,
            fresh: None,
            reasons: vec![why.to_owned()],
            covers_body: false,
        }
    }

    /// True when a line is a valid delivery for sure; everything else has to be looked at closely. This
    /// is what a file of many deliveries is read with, most of which are right.
    pub fn is_right(&self, line: &[u8]) -> bool {
        let Known { urls, keys } = &self.known;
        record::signed(line).is_some_and(|signed| {
            fitting(signed.timestamp, signed.signature, urls, keys).is_some()
                && (self.max_age.is_none() || self.is_fresh(self.age(signed.timestamp)))
        })
    }

    /// The seconds since the signature was made.
    fn age(&self, timestamp: &str) -> Option<i64> {
        let time = timestamp.parse::<i64>().ok()?;
        Some(self.now.saturating_sub(time))
    }

    fn is_fresh(&self, age: Option<i64>) -> bool {
        self.max_age
            .is_none_or(|most| age.is_some_and(|age| age.unsigned_abs() <= most))
    }
}

impl Document {
    /// As a whole result.
    pub const fn alone(&self) -> Only<'_> {
        Only {
            schema_version: 1,
            verdict: self,
        }
    }

    /// The answer as the process gives it.
    pub const fn exit(&self) -> Exit {
        if self.valid { Exit::Ok } else { Exit::Negative }
    }

    /// True when there is no signature to check.
    pub fn is_unsigned(&self) -> bool {
        self.signature == "missing"
    }

    /// The document for people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("Signature", self.signature.to_owned())];
        lines.extend(self.key.clone().map(|key| ("Key", key)));
        lines.extend(self.url.clone().map(|url| ("URL", url)));
        lines.extend(self.timestamp.clone().map(|time| ("Time", time)));
        lines.extend(self.age_seconds.map(|age| ("Age", format!("{age} s"))));
        lines.extend(self.reasons.iter().map(|reason| ("Reason", reason.clone())));
        lines.push(("Body", "not covered by the signature".to_owned()));
        lines
    }

    /// The same on a line, which begins with the word that the sum counts it under.
    pub fn line(&self) -> String {
        let word = match (self.valid, self.is_unsigned()) {
            (true, _) => "right",
            (false, true) => self.signature,
            (false, false) => "wrong",
        };
        format!("{word}  {}", self.reasons.join("; "))
    }
}

/// The URLs that a delivery shows, as a listener would have seen them; none where it was kept without its path.
fn shown_urls(recorded: &Recorded) -> Vec<NamedUrl> {
    let target = recorded.target.as_deref();
    let Some(target) = target.and_then(|text| PathAndQuery::try_from(text).ok()) else {
        return Vec::new();
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &recorded.headers {
        let name = [&HOST, &FORWARDED_HOST]
            .into_iter()
            .find(|known| name.eq_ignore_ascii_case(known.as_str()));
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    seen_urls(&headers, Some(&target))
}
