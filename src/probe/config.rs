//! What can be told from the callback alone.

use super::Check;
use crate::callback::{queue, url};
use crate::event::{AI_UMBRELLA, EventSelection, EventType, catalogue};
use crate::target::{Region, Target};

/// Looks for selections that lose events, or that receivers wait for in vain.
pub fn events(selection: &EventSelection) -> Check {
    const NAME: &str = "events";
    let names = match selection {
        EventSelection::All => {
            return Check::pass(NAME, "all events, those of the future included");
        }
        EventSelection::None => {
            return Check::fail(
                NAME,
                "no event is selected, so nothing is ever sent",
                "vodcb set --events ALL, or the names that are needed",
            );
        }
        EventSelection::Only(names) => names,
    };
    let mut found: Vec<(String, String)> = names.iter().filter_map(doubt).collect();
    let has = |name: &str| names.contains(&EventType::from_service(name));
    if has("StreamTranscodeComplete") && !has("TranscodeComplete") {
        found.push((
            "StreamTranscodeComplete comes once for each stream, and without TranscodeComplete nothing tells when all are done".to_owned(),
            "vodcb set --add-events TranscodeComplete".to_owned(),
        ));
    }
    if has("LiveRecordVideoComposeStart") && !has("FileUploadComplete") {
        found.push((
            "LiveRecordVideoComposeStart tells only that merging began; its end is a FileUploadComplete, which is not selected".to_owned(),
            "vodcb set --add-events FileUploadComplete".to_owned(),
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
fn doubt(name: &EventType) -> Option<(String, String)> {
    let text = name.as_str();
    if text == AI_UMBRELLA {
        return None;
    }
    if let Some(umbrella) = catalogue::umbrella_of(text) {
        return Some((
            format!("{text} cannot be subscribed by itself"),
            format!("vodcb set --remove-events {text} --add-events {umbrella}"),
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
    let remedy = format!(
        "compare with vodcb events list; vodcb set --allow-unknown-events --remove-events {text} takes it off"
    );
    Some((cause, remedy))
}

/// Whether the URL keeps VOD's rules. Whether it can be reached is for `dns` to say.
pub fn url(text: &str) -> Check {
    const NAME: &str = "url";
    if let Err(error) = url::check(text) {
        return Check::failed(NAME, &error);
    }
    let doubts = url::doubts(text);
    if doubts.is_empty() {
        return Check::pass(NAME, format!("{} of {} bytes", text.len(), url::MAX_BYTES));
    }
    Check::warn(
        NAME,
        doubts.join("; "),
        "mend the URL with vodcb set --http-url, and in the receiver",
    )
}

/// Whether VOD can write to the queue's endpoint, and from where the queue is called.
pub fn endpoint(endpoint: &str) -> (Check, Option<queue::Host>) {
    const NAME: &str = "public-endpoint";
    const REMEDY: &str = "vodcb set --mns-queue NAME --mns-region REGION";
    let judged = queue::check_endpoint(endpoint, true);
    let host = match (judged, queue::parse_host(endpoint)) {
        (Ok(_), Some(host)) => host,
        (Ok(_), None) => return (Check::fail(NAME, endpoint, REMEDY), None),
        (Err(error), _) => {
            let failed = Check::failed(NAME, &error);
            let remedy = Some(REMEDY.to_owned());
            return (Check { remedy, ..failed }, None);
        }
    };
    let check = if host.internal {
        let cause = format!("{endpoint} is an internal endpoint, and VOD writes to public ones");
        let remedy = match Region::parse(&host.region) {
            Ok(region) => format!(
                "vodcb set --mns-endpoint {}",
                queue::endpoint(&host.account_id, &region)
            ),
            Err(_) => REMEDY.to_owned(),
        };
        Check::fail(NAME, cause, remedy)
    } else {
        Check::pass(NAME, endpoint)
    };
    (check, Some(host))
}

/// Whether the queue is where the vendor advises for this centre.
pub fn region(target: &Target, host: &queue::Host) -> Check {
    const NAME: &str = "region";
    let advised = target.region.advised_queue_region();
    if host.region == advised.as_str() {
        return Check::pass(NAME, host.region.clone());
    }
    let cause = format!(
        "the queue is in {}; for {} the vendor advises {advised}, others add delay",
        host.region, target.region
    );
    let remedy = format!(
        "make a queue in {advised}, then vodcb set --mns-queue NAME --mns-region {advised}"
    );
    Check::warn(NAME, cause, remedy)
}
