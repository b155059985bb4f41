//! What can be told from the callback alone.

use super::Check;
use crate::callback::{queue, url};
use crate::event::{AI_UMBRELLA, EventSelection, EventType, catalogue};
use crate::target::{Region, Target};
use crate::text::quoted;

/// Makes of the end of a command line the whole of it, for the target that is looked at.
pub type Again<'a> = &'a dyn Fn(&str) -> String;

/// Looks for selections that lose events, or that receivers wait for in vain.
pub fn events(selection: &EventSelection, again: Again<'_>) -> Check {
    const NAME: &str = "events";
    let names = match selection {
        EventSelection::All => {
            return Check::pass(NAME, "all events, those of the future included");
        }
        EventSelection::None => {
            return Check::fail(
                NAME,
                "no event is selected, so nothing is ever sent",
                again("set --events ALL") + ", or the names that are needed",
            );
        }
        EventSelection::Only(names) => names,
    };
    let mut found: Vec<(String, String)> =
        names.iter().filter_map(|name| doubt(name, again)).collect();
    let has = |name: &str| names.contains(&EventType::from_service(name));
    if has("StreamTranscodeComplete") && !has("TranscodeComplete") {
        found.push((
            "StreamTranscodeComplete comes once for each stream, and without TranscodeComplete nothing tells when all are done".to_owned(),
            again("set --add-events TranscodeComplete"),
        ));
    }
    if has("LiveRecordVideoComposeStart") && !has("FileUploadComplete") {
        found.push((
            "LiveRecordVideoComposeStart tells only that merging began; its end is a FileUploadComplete, which is not selected".to_owned(),
            again("set --add-events FileUploadComplete"),
        ));
    }
    let all: Vec<&str> = names.iter().map(EventType::as_str).collect();
    let selected = format!("{} selected: {}", all.len(), all.join(", "));
    match found.len() {
        0 => Check::pass(NAME, selected),
        _ => {
            let (mut causes, remedies): (Vec<_>, Vec<_>) = found.into_iter().unzip();
            causes.push(selected);
            Check::warn(NAME, causes.join("; "), remedies.join("; "))
        }
    }
}

/// Why the service may not send what this name stands for, with the remedy.
fn doubt(name: &EventType, again: Again<'_>) -> Option<(String, String)> {
    let text = name.as_str();
    if text == AI_UMBRELLA {
        return None;
    }
    if let Some(umbrella) = catalogue::umbrella_of(text) {
        return Some((
            format!("{text} cannot be subscribed by itself"),
            again(&format!(
                "set --remove-events {text} --add-events {umbrella}"
            )),
        ));
    }
    if catalogue::find(text).is_some() {
        return None;
    }
    let legacy = catalogue::catalogue().legacy_events.iter();
    let renamed = legacy
        .filter(|event| event.name == text)
        .map(|event| format!("{text} is an old name of {}", event.replaced_by))
        .next();
    let cause = match renamed {
        Some(cause) => cause,
        None if catalogue::belongs_to_another_product(text) => {
            format!("{text} belongs to Intelligent Media Services, not to VOD")
        }
        None => format!("{text} is not an event type this version knows"),
    };
    let off = again(&format!(
        "set --allow-unknown-events --remove-events {}",
        quoted(text)
    ));
    let remedy = format!("compare with vodcb events list; {off} takes it off");
    Some((cause, remedy))
}

/// Whether the URL keeps VOD's rules. Whether it can be reached is for `dns` to say. `again` is of the callback that has it,
/// if one has.
pub fn url(text: &str, again: Option<Again<'_>>) -> Check {
    const NAME: &str = "url";
    if let Err(error) = url::check(text) {
        return Check::failed(NAME, &error);
    }
    let doubts = url::doubts(text);
    if doubts.is_empty() {
        return Check::pass(NAME, format!("{} of {} bytes", text.len(), url::MAX_BYTES));
    }
    let mend = match again {
        Some(again) => format!("mend the URL with {}", again("set --http-url URL")),
        None => "mend the URL before it is configured".to_owned(),
    };
    Check::warn(
        NAME,
        doubts.join("; "),
        format!("{mend}, and in the receiver"),
    )
}

/// Whether VOD can write to the queue's endpoint, and from where the queue is called.
pub fn endpoint(endpoint: &str, again: Again<'_>) -> (Check, Option<queue::Host>) {
    const NAME: &str = "public-endpoint";
    let another = || again("set --mns-queue NAME --mns-region REGION");
    let judged = queue::check_endpoint(endpoint, true);
    let host = match (judged, queue::parse_host(endpoint)) {
        (Ok(_), Some(host)) => host,
        (Ok(_), None) => return (Check::fail(NAME, endpoint, another()), None),
        (Err(error), _) => {
            let failed = Check::failed(NAME, &error);
            let remedy = Some(another());
            return (Check { remedy, ..failed }, None);
        }
    };
    let check = if host.internal {
        let cause = format!("{endpoint} is an internal endpoint, and VOD writes to public ones");
        let remedy = match Region::parse(&host.region) {
            Ok(region) => again(&format!(
                "set --mns-endpoint {}",
                queue::endpoint(&host.account_id, &region)
            )),
            Err(_) => another(),
        };
        Check::fail(NAME, cause, remedy)
    } else {
        Check::pass(NAME, endpoint)
    };
    (check, Some(host))
}

/// Whether the queue is where the vendor advises for this centre.
pub fn region(target: &Target, host: &queue::Host, again: Again<'_>) -> Check {
    const NAME: &str = "region";
    let advised = target.region.advised_queue_region();
    if host.region == advised.as_str() {
        return Check::pass(NAME, host.region.clone());
    }
    let cause = format!(
        "the queue is in {}; for {} the vendor advises {advised}, others add delay",
        host.region, target.region
    );
    let set = again(&format!("set --mns-queue NAME --mns-region {advised}"));
    let remedy = format!("make a queue in {advised}, then {set}");
    Check::warn(NAME, cause, remedy)
}
