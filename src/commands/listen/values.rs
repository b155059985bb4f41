//! The values of flags, each refused with an example of a good one.

use url::Url;

use crate::commands::event_filter;
use crate::event::EventSelection;

pub(super) fn path(text: &str) -> std::result::Result<String, String> {
    if text.starts_with('/') && !text.contains(['?', '#', ' ']) {
        Ok(text.to_owned())
    } else {
        Err("a path begins with / and has no query, for example /vod".to_owned())
    }
}

pub(super) fn application(text: &str) -> std::result::Result<String, String> {
    let fits = Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("write the whole URL, for example http://localhost:3000/vod".to_owned())
    }
}

pub(super) fn route(text: &str) -> std::result::Result<(EventSelection, String), String> {
    let (events, url) = text
        .split_once('=')
        .ok_or("write EVENTS=URL, for example TranscodeComplete=http://localhost:3000/t")?;
    let events = event_filter::parse(events).map_err(|error| error.message)?;
    Ok((events, application(url)?))
}
