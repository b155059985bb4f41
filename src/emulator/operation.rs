//! The operations the emulator has, and the two versions that tell VOD from STS.
//!
//! Those on queues are told by path and verb instead, see `mns::request`.

use super::answer::Refusal;
use crate::mns;
use crate::vod::wire;

/// The version of the STS API.
const STS_VERSION: &str = "2015-04-01";

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// VOD's `GetMessageCallback`.
    Get,
    /// VOD's `SetMessageCallback`.
    Set,
    /// VOD's `DeleteMessageCallback`.
    Delete,
    /// STS's `GetCallerIdentity`.
    Identity,
    /// One on queues.
    Queue(mns::Operation),
}

impl Operation {
    /// Those that are named in a parameter.
    const NAMED: [Operation; 4] = [
        Operation::Get,
        Operation::Set,
        Operation::Delete,
        Operation::Identity,
    ];

    /// The name on the wire.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Operation::Get => wire::GET,
            Operation::Set => wire::SET,
            Operation::Delete => wire::DELETE,
            Operation::Identity => "GetCallerIdentity",
            Operation::Queue(operation) => operation.name(),
        }
    }

    /// The short name in fault specifications.
    const fn word(self) -> &'static str {
        match self {
            Operation::Get => "get",
            Operation::Set => "set",
            Operation::Delete => "delete",
            Operation::Identity => "identity",
            Operation::Queue(operation) => queue_word(operation),
        }
    }

    /// The name of the product in RAM actions and links.
    pub(super) const fn product(self) -> &'static str {
        match self {
            Operation::Identity => "sts",
            Operation::Queue(_) => "mns",
            Operation::Get | Operation::Set | Operation::Delete => "vod",
        }
    }

    const fn version(self) -> &'static str {
        match self {
            Operation::Identity => STS_VERSION,
            Operation::Queue(_) => mns::VERSION,
            Operation::Get | Operation::Set | Operation::Delete => wire::VERSION,
        }
    }

    /// What a user may call it: the short name, or the wire's in any letter case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let queues = mns::Operation::ALL.map(Operation::Queue);
        Operation::NAMED
            .into_iter()
            .chain(queues)
            .find(|it| text.eq_ignore_ascii_case(it.word()) || text.eq_ignore_ascii_case(it.name()))
    }

    /// The operation of that name, letter case included, whatever the version.
    pub(super) fn named(action: &str) -> Option<Self> {
        Operation::NAMED.into_iter().find(|it| it.name() == action)
    }

    /// The operation of that version.
    pub(super) fn find(version: &str, action: &str) -> Result<Self, Refusal> {
        if ![wire::VERSION, STS_VERSION].contains(&version) {
            return Err(Refusal::new(
                400,
                "InvalidVersion",
                "Specified parameter Version is not valid.",
            ));
        }
        Operation::named(action)
            .filter(|operation| operation.version() == version)
            .ok_or_else(Refusal::unknown_api)
    }
}

/// The short name of an operation on queues; `get`, `set` and `delete` are VOD's.
const fn queue_word(operation: mns::Operation) -> &'static str {
    match operation {
        mns::Operation::ListQueue => "list-queues",
        mns::Operation::CreateQueue => "create-queue",
        mns::Operation::SetQueueAttributes => "set-queue",
        mns::Operation::GetQueueAttributes => "get-queue",
        mns::Operation::DeleteQueue => "delete-queue",
        mns::Operation::SendMessage => "send",
        mns::Operation::BatchSendMessage => "batch-send",
        mns::Operation::ReceiveMessage => "receive",
        mns::Operation::BatchReceiveMessage => "batch-receive",
        mns::Operation::PeekMessage => "peek",
        mns::Operation::BatchPeekMessage => "batch-peek",
        mns::Operation::DeleteMessage => "delete-message",
        mns::Operation::BatchDeleteMessage => "batch-delete",
        mns::Operation::ChangeMessageVisibility => "change-visibility",
    }
}
