//! What the service's errors mean to a user of queues.
//!
//! What is the same for every product (keys, signatures, clocks, trouble of the service's own) is
//! said by [`openapi::refusal`](crate::openapi::refusal); here is what only queues know.

use super::operation::Operation;
use crate::callback::queue;
use crate::error::Error;
use crate::openapi::refusal::{self, Cause, Refusal};
use crate::secret::Secret;

/// What was asked, for the words of an error.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The operation.
    pub operation: Operation,
    /// The queue; empty when the operation has none.
    pub queue: &'a str,
    /// Where it was asked, `https://HOST`.
    pub endpoint: &'a str,
    /// The string that was signed, to compare with the service's.
    pub string_to_sign: &'a str,
    /// The command line that tells which key asks, and where it comes from.
    pub whoami: &'a str,
}

/// A refusal as an error with its remedy. `secrets` are cut out of every foreign word.
pub fn explain(refusal: Refusal, asked: Asked<'_>, secrets: &[&Secret]) -> Error {
    let refusal = refusal.in_words();
    let host = asked.endpoint.split("://").last().unwrap_or_default();
    refusal::report(&refusal, what(&refusal, asked), host, secrets).hint(hint(&refusal, asked))
}

fn what(refusal: &Refusal, asked: Asked<'_>) -> String {
    let Asked {
        operation, queue, ..
    } = asked;
    match refusal.code.as_str() {
        "QueueNotExist" => format!("there is no queue {queue}"),
        _ if queue.is_empty() => format!("{} {}", operation.name(), refusal.cause().verb()),
        _ => {
            let (name, verb) = (operation.name(), refusal.cause().verb());
            format!("{name} of the queue {queue} {verb}")
        }
    }
}

fn hint(refusal: &Refusal, asked: Asked<'_>) -> String {
    let own = match refusal.code.as_str() {
        "QueueNotExist" => "check the name and the region; names differ in capitals, too",
        "QueueAlreadyExist" => "a queue of that name exists with other attributes",
        "QueueDeletedRecently" => "a name can be used again some seconds after it was deleted",
        "ReceiptHandleError" => {
            "the message's time out of sight is over, or it was received again; it will be delivered once more"
        }
        _ => "",
    };
    match refusal.cause() {
        _ if !own.is_empty() => own.to_owned(),
        Cause::Throttled => {
            "the account's calls to queues are limited; wait, or raise --retries".to_owned()
        }
        Cause::Forbidden if refusal.message.contains("OwnerId") => {
            "the access key belongs to another account than the queue's host; the number in front of .mns. must be the account's own"
                .to_owned()
        }
        Cause::Forbidden => permission_hint(asked),
        _ => refusal::common_hint(refusal, asked.string_to_sign, asked.whoami),
    }
}

/// The exact action and resource, and the smallest policy that allows it.
fn permission_hint(asked: Asked<'_>) -> String {
    let action = format!("mns:{}", asked.operation.name());
    let host = queue::parse_host(asked.endpoint);
    let (region, account) = match &host {
        Some(host) => (host.region.as_str(), host.account_id.as_str()),
        None => ("*", "*"),
    };
    let path = asked.operation.path(asked.queue);
    let resource = format!("acs:mns:{region}:{account}:{path}");
    format!(
        r#"allow {action} on {resource} to this identity, for example with the policy {{"Version":"1","Statement":[{{"Effect":"Allow","Action":["{action}"],"Resource":"{resource}"}}]}}"#
    )
}
