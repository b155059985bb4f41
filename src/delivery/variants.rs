//! The usual mistakes about what was signed: the URL, the key and the time as others write them.

use url::Url;

use crate::callback::url::{encoded, written_out};
use crate::order;
use crate::secret::Secret;

/// The ways in which the URL that a receiver sees differs from the configured one.
pub fn of_url(text: &str) -> Vec<(&'static str, String)> {
    let mut variants = Vec::new();
    let mut add = |what, variant: String| {
        if variant != text {
            variants.push((what, variant));
        }
    };
    if let Some(rest) = text.strip_prefix("https://") {
        add("http instead of https", format!("http://{rest}"));
    } else if let Some(rest) = text.strip_prefix("http://") {
        add("https instead of http", format!("https://{rest}"));
    }
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let with_query =
        |path: &str| query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    match path.strip_suffix('/') {
        Some(bare) => add("no slash at the end", with_query(bare)),
        None => add("a slash at the end", with_query(&format!("{path}/"))),
    }
    if let Some(query) = query {
        add("no query", path.to_owned());
        let mut parts = order::by(query.split('&'), Ord::cmp);
        add(
            "the query in another order",
            format!("{path}?{}", parts.join("&")),
        );
        parts.reverse();
        add(
            "the query in another order",
            format!("{path}?{}", parts.join("&")),
        );
    }
    for (what, variant) in written_otherwise(text)
        .into_iter()
        .chain(port_variants(text))
    {
        add(what, variant);
    }
    variants
}

/// The same URL with other letters for the same things.
fn written_otherwise(text: &str) -> Vec<(&'static str, String)> {
    let (host, behind) = text.split_at(host_end(text));
    let mut variants = vec![
        (
            "small letters in the host's name",
            host.to_lowercase() + behind,
        ),
        (
            "percent-encoding instead of letters",
            host.to_owned() + &encoded(behind),
        ),
        (
            "percent-encoding in capitals",
            with_escapes(text, str::to_uppercase),
        ),
        (
            "percent-encoding in small letters",
            with_escapes(text, str::to_lowercase),
        ),
    ];
    let letters = written_out(text).map(|text| ("letters instead of percent-encoding", text));
    let punycode = with_ascii_host(text).map(|text| ("the host's name in punycode", text));
    variants.extend(letters.into_iter().chain(punycode));
    variants
}

/// The text with the host as DNS has it, `xn--…`.
fn with_ascii_host(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', ':']).unwrap_or(rest.len());
    Some(format!("{scheme}://{}{}", url.host_str()?, &rest[end..]))
        .filter(|_| !rest[..end].is_ascii())
}

/// Where the host and its port end.
fn host_end(text: &str) -> usize {
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find(['/', '?']);
    end.map_or(text.len(), |at| start + at)
}

/// The text with the letters of each `%xx` changed.
fn with_escapes(text: &str, change: fn(&str) -> String) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let end = (at + 3).min(rest.len());
        let end = if rest.is_char_boundary(end) {
            end
        } else {
            at + 1
        };
        changed.push_str(&rest[..at]);
        changed.push_str(&change(&rest[at..end]));
        rest = &rest[end..];
    }
    changed + rest
}

/// A default port that is written out, and a port that is left out.
fn port_variants(text: &str) -> Vec<(&'static str, String)> {
    let Ok(url) = Url::parse(text) else {
        return Vec::new();
    };
    let (host, behind) = text.split_at(host_end(text));
    let Some(port) = url.port_or_known_default() else {
        return Vec::new();
    };
    match host.strip_suffix(&format!(":{port}")) {
        Some(bare) => vec![("no port", format!("{bare}{behind}"))],
        None => vec![("the port written out", format!("{host}:{port}{behind}"))],
    }
}

/// The ways in which a key is mistaken for another when it is copied.
pub fn of_key(key: &Secret) -> Vec<(&'static str, Secret)> {
    let text = key.expose();
    [
        ("a line end behind it", format!("{text}\n")),
        ("a blank behind it", format!("{text} ")),
        ("a blank before it", format!(" {text}")),
        ("no blank around it", text.trim().to_owned()),
    ]
    .into_iter()
    .filter(|(_, variant)| variant != text)
    .map(|(what, variant)| (what, Secret::new(variant)))
    .collect()
}

/// The time in another unit.
pub fn of_time(timestamp: &str) -> Vec<(&'static str, String)> {
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    match timestamp.len() {
        13 => vec![("seconds", timestamp[..10].to_owned())],
        10 => vec![("milliseconds", format!("{timestamp}000"))],
        _ => Vec::new(),
    }
}
