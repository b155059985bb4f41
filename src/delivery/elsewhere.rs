//! A delivery that was signed for another URL than was given: the one that it shows itself.
//!
//! Whether the key is wrong or the URL is the first question about a signature that does not fit, and host, path and
//! query of the delivery answer it: a signature that fits them proves the key.

use super::signature::{NamedKey, NamedUrl, UNEXPLAINED, fitting};
use crate::callback::url::without_password;

/// The reasons for a wrong signature, `(timestamp, signature)`. Where no usual mistake explains it, the URLs that the
/// delivery shows are tried in place of those that were given.
pub fn explained(
    reasons: Vec<String>,
    (timestamp, signature): (&str, &str),
    given: &[NamedUrl],
    shown: &[NamedUrl],
    keys: &[NamedKey],
) -> Vec<String> {
    if reasons != [UNEXPLAINED] {
        return reasons;
    }
    let Some((key, url)) = fitting(timestamp, signature, shown, keys) else {
        return reasons;
    };
    let given = given
        .iter()
        .map(|given| format!("{} ({})", without_password(&given.url), given.name));
    let given: Vec<String> = given.collect();
    vec![format!(
        "the key is right ({}), and the URL is another one: it was signed for {}, {}, not for {}",
        key.name,
        without_password(&url.url),
        url.name,
        given.join(" or ")
    )]
}
