//! A delivery that was signed for another URL than was given: the one that it shows itself.
//!
//! Whether the key is wrong or the URL is the first question about a signature that does not fit, and host, path and
//! query of the delivery answer it: a signature that fits them proves the key.

use super::signature::{Claim, NamedKey, NamedUrl, fitting};
use crate::callback::url::without_password;

/// Says for which of the URLs that a delivery shows it was signed, in place of those that were given; `None` where it
/// was for none.
pub fn found(
    claim: &Claim,
    given: &[NamedUrl],
    shown: &[NamedUrl],
    keys: &[NamedKey],
) -> Option<String> {
    let (key, url) = fitting(&claim.timestamp, &claim.signature, shown, keys)?;
    let given = given
        .iter()
        .map(|given| format!("{} ({})", without_password(&given.url), given.name));
    let given: Vec<String> = given.collect();
    Some(format!(
        "the key is right ({}), and the URL is another one: it was signed for {}, {}, not for {}",
        key.name,
        without_password(&url.url),
        url.name,
        given.join(" or ")
    ))
}
