//! The queue behind a callback.

use tokio::time::Instant;

use super::{Check, skip_all};
use crate::callback::queue::Host;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::mns::Mns;
use crate::mns::queue::{ADVISED_RETENTION, Attributes, LARGEST_EVENT};
use crate::ram::{RoleStanding, VOD_ROLE};

/// A message that waits longer is not being read, or too slowly.
const OLD_SECONDS: i64 = 600;

/// Every check that asks the queue service.
pub const NAMES: [&str; 5] = [
    "queue-permission",
    "queue-exists",
    "retention",
    "size",
    "backlog",
];

/// Looks at a queue without receiving anything; the attributes and the oldest message are asked for at
/// once. `host` is where the callback says that it is.
pub async fn look(ctx: &Context, mns: &Mns, host: &Host, name: &str) -> Vec<Check> {
    let begun = Instant::now();
    let (status, oldest) = tokio::join!(mns.get_attributes(ctx, name), mns.peek(ctx, name));
    let took = begun.elapsed();
    let attributes = match status {
        Ok(status) => status.attributes,
        Err(error) => return refused(ctx, host, name, &error),
    };
    let backlog = match oldest {
        Ok(None) => Check::pass("backlog", "no message waits"),
        Ok(Some(message)) => {
            let age = message.age().unwrap_or_default();
            backlog(age.as_secs(), &attributes)
        }
        Err(error) => Check::skip("backlog", format!("looking is not possible: {error}")),
    };
    let checks = [
        Check::pass("queue-permission", "mns:GetQueueAttributes is allowed"),
        Check::pass("queue-exists", name),
        retention(&attributes, name),
        size(&attributes, name),
        backlog,
    ];
    checks.map(|check| check.took(took)).into()
}

/// Looking at the queue is our right, writing to it VOD's: the lack of ours loses no event. A queue that cannot be
/// asked is a failure all the same, as for VOD itself: whoever asks whether events arrive must not hear a yes.
fn refused(ctx: &Context, host: &Host, name: &str, error: &Error) -> Vec<Check> {
    if error.kind == Kind::Credentials {
        let warning = Check::warning("queue-permission", error);
        let rest: Vec<Check> = skip_all(&NAMES[1..], &warning).collect();
        return std::iter::once(warning).chain(rest).collect();
    }
    let failed = if error.code() == "QueueNotExist" {
        Check::fail(
            "queue-exists",
            format!("there is no queue {name}, and VOD drops what it cannot write"),
            format!(
                "{}, or another name: {}",
                ctx.again(&format!("queue create {name} {}", host.words())),
                ctx.again(&format!("queue list {}", host.words()))
            ),
        )
    } else {
        Check::failed("queue-exists", error)
    };
    let rest: Vec<Check> = skip_all(&NAMES[2..], &failed).collect();
    let permission = Check::skip_because(NAMES[0], &failed);
    [permission, failed].into_iter().chain(rest).collect()
}

/// Judges the role that VOD writes with, by what RAM said.
pub fn role(standing: &Result<RoleStanding>) -> Check {
    const NAME: &str = "role";
    match standing {
        Ok(standing) => match (standing.problem(), standing.remedy()) {
            (Some(problem), remedy) => Check::fail(NAME, problem, remedy.unwrap_or_default()),
            (None, _) => Check::pass(NAME, format!("{VOD_ROLE} is there and trusts VOD")),
        },
        // Looking needs a right of its own, and that we lack it loses no event.
        Err(error) => {
            let hint = error.hints.first().map(|hint| format!("; {hint}"));
            Check::skip(NAME, format!("{error}{}", hint.unwrap_or_default()))
        }
    }
}

fn retention(attributes: &Attributes, name: &str) -> Check {
    match attributes.message_retention_period {
        None => Check::skip("retention", "the service does not tell it"),
        Some(seconds) if seconds < ADVISED_RETENTION => Check::warn(
            "retention",
            format!(
                "messages are kept for {seconds} s only; a longer outage of the reader loses events"
            ),
            format!(
                "set MessageRetentionPeriod of {name} to {ADVISED_RETENTION} s or more in the console of SMQ"
            ),
        ),
        Some(seconds) => Check::pass("retention", format!("{seconds} s")),
    }
}

fn size(attributes: &Attributes, name: &str) -> Check {
    match attributes.maximum_message_size {
        None => Check::skip("size", "the service does not tell it"),
        Some(bytes) if bytes < LARGEST_EVENT => Check::warn(
            "size",
            format!("messages above {bytes} bytes are refused; events may have {LARGEST_EVENT}"),
            format!("set MaximumMessageSize of {name} to {LARGEST_EVENT} in the console of SMQ"),
        ),
        Some(bytes) => Check::pass("size", format!("{bytes} bytes")),
    }
}

/// Judges how long, in seconds, the next message has been waiting.
pub fn backlog(age: i64, attributes: &Attributes) -> Check {
    let found = format!("the next message waits since {age} s");
    if age <= OLD_SECONDS {
        return Check::pass("backlog", found);
    }
    let kept = attributes.message_retention_period;
    let end = kept
        .map(|seconds| format!(" of {seconds} s after which it is gone"))
        .unwrap_or_default();
    Check::warn(
        "backlog",
        format!("{found}{end}"),
        "look whether the reader runs, and whether it deletes what it received",
    )
}
