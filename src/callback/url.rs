//! The callback URL: what the service accepts, and what it could never reach.
//!
//! The service signs deliveries with the configured text byte for byte, so a URL is checked here and
//! never rewritten.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::{Host, Url};

use crate::error::{Error, Result};
use crate::text::is_invisible;

/// What loopback addresses are.
pub const THIS_MACHINE: &str = "this machine itself";

/// The longest URL in bytes, by the API page.
pub const MAX_BYTES: usize = 256;

/// What belongs in no URL as it is; senders percent-encode most of it by themselves.
const ODD: &str = "<>\"|^`{}";

/// Checks a callback URL and returns what the user should know about an acceptable one.
///
/// # Errors
/// A usage error: not one URL, neither http nor https, no host, a fragment, a blank or a control
/// character, or longer than 256 bytes.
pub fn check(text: &str) -> Result<Vec<String>> {
    if text.len() > MAX_BYTES && blank(text).is_none() && second_url(text).is_none() {
        return Err(too_long(text));
    }
    match parse(text) {
        Ok(url) => Ok(doubts(text).into_iter().chain(far(&url)).collect()),
        Err((why, hint)) => Err(
            Error::usage(format!("the callback URL cannot be used: {why}"))
                .cause(format!("given: {}", shown(text)))
                .hint(hint),
        ),
    }
}

/// The URL, or why it is none that VOD takes and how to mend it.
fn parse(text: &str) -> std::result::Result<Url, (String, &'static str)> {
    const EXAMPLE: &str = "give one like https://example.com/vod/callback";
    if text.is_empty() {
        return Err(("it is empty".into(), EXAMPLE));
    }
    if let Some(second) = second_url(text) {
        let why = format!("it holds a second one, {}", shown(second));
        return Err((
            why,
            "VOD takes exactly one URL per application; percent-encode a URL that is part of the query, or use several applications",
        ));
    }
    if let Some((at, odd)) = blank(text) {
        let why = format!("there is {odd:?} at byte {at}");
        let hint = if odd.is_whitespace() || odd.is_control() {
            "write a blank as %20, and leave none before or behind the URL"
        } else {
            "leave it out: it is invisible, and it would be signed"
        };
        return Err((why, hint));
    }
    if text.contains('\\') {
        return Err((
            "it holds a backslash".into(),
            "write / between the parts, or %5C for the character",
        ));
    }
    let url = Url::parse(text).map_err(|why| match why {
        url::ParseError::RelativeUrlWithoutBase => (
            "it has no scheme".to_owned(),
            "start it with https:// or http://",
        ),
        why => (why.to_string(), EXAMPLE),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        let why = format!("its scheme is {:?}", url.scheme());
        return Err((why, "VOD delivers by http and https only"));
    }
    let behind = text[url.scheme().len()..].strip_prefix("://");
    if behind.is_none_or(|rest| rest.starts_with('/')) {
        let why = "there is no host behind the scheme";
        return Err((why.into(), "write it as https://HOST/PATH"));
    }
    let host = url.host_str().unwrap_or_default();
    if url.port() == Some(0) || host.contains("..") || host.starts_with('.') {
        return Err(("no host can have this address".into(), EXAMPLE));
    }
    if url.fragment().is_some() {
        let why = "it has a fragment, which is never sent";
        return Err((
            why.into(),
            "leave out the part from # on, or write # as %23",
        ));
    }
    Ok(url)
}

/// The first blank, or the first character that nobody sees, and its place in bytes.
fn blank(text: &str) -> Option<(usize, char)> {
    text.char_indices()
        .find(|(_, c)| c.is_whitespace() || is_invisible(*c))
}

/// What requests do not hold as it is configured. The signature covers the configured text, so that a receiver that
/// goes by the request finds it wrong.
fn rewritten(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|_| !text.is_ascii())?;
    Some(format!(
        "the URL holds characters beyond ASCII: they are signed as they are configured, and the request shows \
         {}; configure that one",
        without_password(url.as_str())
    ))
}

/// A percent sign that begins no encoded character is taken for itself by some receivers and refused by others.
fn stray_percent(text: &str) -> Option<String> {
    let encodes = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let stray = text.split('%').skip(1).any(|rest| !encodes(rest));
    stray.then(|| {
        "the URL holds a % that begins no percent-encoding, which many receivers refuse; write it as %25"
            .to_owned()
    })
}

fn odd_characters(text: &str) -> Option<String> {
    let odd: String = text.chars().filter(|c| ODD.contains(*c)).collect();
    (!odd.is_empty()).then(|| {
        format!("the URL holds {odd}, which many receivers refuse; write them percent-encoded")
    })
}

/// The text as it may have been before its sender percent-encoded what no request line holds: all beyond
/// ASCII, and odd characters. `None` when that is no UTF-8.
pub fn written_out(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        bytes.extend_from_slice(before.as_bytes());
        let code = escape.get(1..3);
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let code = code.filter(|byte| !byte.is_ascii() || ODD.as_bytes().contains(byte));
        bytes.push(code.unwrap_or(b'%'));
        rest = &escape[if code.is_some() { 3 } else { 1 }..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// The text as its sender percent-encodes it by itself; the counterpart of [`written_out`].
pub fn encoded(text: &str) -> String {
    const SET: AsciiSet = {
        let (mut set, mut at) = (CONTROLS.add(ODD.as_bytes()[0]), 1);
        while at < ODD.len() {
            set = set.add(ODD.as_bytes()[at]);
            at += 1;
        }
        set
    };
    utf8_percent_encode(text, &SET).collect()
}

/// The URL as it may be shown: a password in it is masked. What is configured is shown as it is.
pub fn without_password(text: &str) -> Cow<'_, str> {
    match password(text).filter(|_| !text.contains(":/")) {
        Some(hidden) => Cow::Owned(format!(
            "{}••••{}",
            &text[..hidden.start],
            &text[hidden.end..]
        )),
        None => without_passwords(text),
    }
}

/// Any text, with the passwords masked that stand in its URLs.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    let (mut shown, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(":/") {
        let behind = rest[at + 1..].trim_start_matches('/');
        let begin = rest.len() - behind.len();
        let hidden = password(behind).unwrap_or(0..0);
        shown.push_str(&rest[..begin + hidden.start]);
        if !hidden.is_empty() {
            shown.push_str("••••");
        }
        rest = &behind[hidden.end..];
    }
    match shown.is_empty() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(shown + rest),
    }
}

/// Where the password stands in what follows the scheme.
fn password(text: &str) -> Option<Range<usize>> {
    let authority = text.split(['/', '?', '#']).next()?;
    let user = match authority.rfind('@') {
        Some(at) => &authority[..at],
        None if is_host_and_port(authority) => return None,
        // A password may hold one of the three by mistake.
        None => &text[..text.rfind('@')?],
    };
    let (name, password) = user.split_once(':')?;
    (!password.is_empty()).then_some(name.len() + 1..user.len())
}

fn is_host_and_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    authority.starts_with('[') || port.bytes().all(|byte| byte.is_ascii_digit())
}

/// What should be mended in a URL that can be used, wherever it leads.
pub fn doubts(text: &str) -> Vec<String> {
    let user =
        Url::parse(text).is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
    let user = user.then(|| {
        "the URL holds a user name or a password: everybody who may read the callback sees it, and \
         whether VOD logs in with them is not known"
            .to_owned()
    });
    let odd = odd_characters(text).into_iter();
    odd.chain(stray_percent(text))
        .chain(rewritten(text))
        .chain(user)
        .collect()
}

/// What makes it likely that the service cannot reach this URL.
fn far(url: &Url) -> Option<String> {
    let why = url.host().and_then(|host| unreachable(&host))?;
    Some(format!(
        "{} is {why}: VOD calls from the public internet and cannot reach it",
        url.host_str().unwrap_or_default()
    ))
}

/// The beginning of another URL behind a comma, a semicolon or a blank.
fn second_url(text: &str) -> Option<&str> {
    text.char_indices()
        .skip_while(|(_, c)| c.is_whitespace())
        .filter(|(_, c)| matches!(c, ',' | ';' | '|') || c.is_whitespace())
        .map(|(at, c)| text[at + c.len_utf8()..].trim_start())
        .find(|rest| {
            let rest = rest.to_ascii_lowercase();
            rest.starts_with("http://") || rest.starts_with("https://")
        })
}

/// Shows the count and, unless a password may reach into it, the part that is too long, cut at a character.
fn too_long(text: &str) -> Error {
    let mut cut = MAX_BYTES;
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let error = Error::usage(format!(
        "the callback URL is too long: {} of {MAX_BYTES} bytes",
        text.len()
    ))
    .hint("shorten the path or the query; non-ASCII characters count two to four bytes each");
    match without_password(text) == text {
        true => error.cause(format!("too much: …{}", shown(&text[cut..]))),
        false => error,
    }
}

/// Why nobody on the public internet reaches this host; `None` when it looks public.
pub fn unreachable(host: &Host<&str>) -> Option<&'static str> {
    match host {
        Host::Ipv4(_) | Host::Ipv6(_) => address(host_address(host)?),
        Host::Domain(name) => domain(&name.trim_end_matches('.').to_lowercase()),
    }
}

/// The address itself, where the host is one.
pub fn host_address(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
        Host::Domain(_) => None,
    }
}

/// Why nobody on the public internet reaches this address; `None` when it is a public one.
pub fn address(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => ipv4(ip),
        IpAddr::V6(ip) => ipv6(ip),
    }
}

fn ipv4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, ..] = ip.octets();
    if ip.is_loopback() {
        Some(THIS_MACHINE)
    } else if ip.is_private() {
        Some("a private address")
    } else if ip.is_link_local() {
        Some("a link-local address")
    } else if a == 100 && (64..128).contains(&b) {
        Some("a shared address behind a carrier's NAT")
    } else if a == 0 || ip.is_broadcast() || ip.is_multicast() {
        Some("no address of a host")
    } else {
        None
    }
}

fn ipv6(ip: Ipv6Addr) -> Option<&'static str> {
    if let Some(ip) = ip.to_ipv4_mapped() {
        ipv4(ip)
    } else if ip.is_loopback() {
        Some(THIS_MACHINE)
    } else if ip.is_unique_local() {
        Some("a private address")
    } else if ip.is_unicast_link_local() {
        Some("a link-local address")
    } else if ip.is_unspecified() || ip.is_multicast() {
        Some("no address of a host")
    } else {
        None
    }
}

fn domain(name: &str) -> Option<&'static str> {
    const PRIVATE_SUFFIXES: [&str; 5] = [".local", ".internal", ".lan", ".home.arpa", ".intranet"];
    if name == "localhost" || name.ends_with(".localhost") {
        Some(THIS_MACHINE)
    } else if !name.contains('.') {
        Some("a name without a domain")
    } else if PRIVATE_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
        Some("a name of a private network")
    } else {
        None
    }
}

/// At most eighty characters, quoted and escaped.
fn shown(text: &str) -> String {
    let text = &without_password(text);
    if text.chars().count() <= 80 {
        return format!("{text:?}");
    }
    format!("{:?}…", text.chars().take(80).collect::<String>())
}
