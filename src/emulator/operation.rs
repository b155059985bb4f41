//! What can be asked of the emulator: the operations of VOD, STS and RAM, told apart by their
//! versions, those on queues, told by verb and path (see `mns::request`), and the places at paths of their own.

use super::answer::Refusal;
use crate::vod::wire;
use crate::{mns, ram, sts};

/// One operation, or one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// VOD's `GetMessageCallback`.
    Get,
    /// VOD's `SetMessageCallback`.
    Set,
    /// VOD's `DeleteMessageCallback`.
    Delete,
    /// VOD's `ListAppInfo`.
    ListApps,
    /// Fires an event, which the service does by itself.
    Fire,
    /// Tells what became of a fired event.
    Delivery,
    /// STS's `GetCallerIdentity`.
    Identity,
    /// STS's `AssumeRole`.
    Assume,
    /// STS's `AssumeRoleWithOIDC`.
    Oidc,
    /// RAM's `GetRole`.
    Role,
    /// The metadata service of an instance.
    Imds,
    /// The credentials URI.
    Uri,
    /// The key exchange of CloudSSO.
    Sso,
    /// The key exchange after an OAuth sign-in.
    OAuth,
    /// One on queues.
    Queue(mns::Operation),
}

impl Operation {
    /// Every one but those on queues.
    const OWN: &[Operation] = &[
        Operation::Get,
        Operation::Set,
        Operation::Delete,
        Operation::ListApps,
        Operation::Fire,
        Operation::Delivery,
        Operation::Identity,
        Operation::Assume,
        Operation::Oidc,
        Operation::Role,
        Operation::Imds,
        Operation::Uri,
        Operation::Sso,
        Operation::OAuth,
    ];

    /// The name on the wire; places have none.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Operation::Get => wire::GET,
            Operation::Set => wire::SET,
            Operation::Delete => wire::DELETE,
            Operation::ListApps => wire::LIST_APPS,
            Operation::Fire => "EmulatorFireEvent",
            Operation::Delivery => "EmulatorGetDelivery",
            Operation::Identity => "GetCallerIdentity",
            Operation::Assume => "AssumeRole",
            Operation::Oidc => "AssumeRoleWithOIDC",
            Operation::Role => "GetRole",
            Operation::Imds | Operation::Uri | Operation::Sso | Operation::OAuth => "",
            Operation::Queue(operation) => operation.name(),
        }
    }

    /// The short name in fault specifications.
    const fn word(self) -> &'static str {
        match self {
            Operation::Get => "get",
            Operation::Set => "set",
            Operation::Delete => "delete",
            Operation::ListApps => "list-apps",
            Operation::Fire => "fire",
            Operation::Delivery => "delivery",
            Operation::Identity => "identity",
            Operation::Assume => "assume",
            Operation::Oidc => "oidc",
            Operation::Role => "get-role",
            Operation::Imds => "imds",
            Operation::Uri => "uri",
            Operation::Sso => "sso",
            Operation::OAuth => "oauth",
            Operation::Queue(operation) => queue_word(operation),
        }
    }

    fn all() -> impl Iterator<Item = Operation> {
        let queues = mns::Operation::ALL.map(Operation::Queue);
        Operation::OWN.iter().copied().chain(queues)
    }

    /// Every short name.
    pub(super) fn words() -> String {
        Operation::all()
            .map(Operation::word)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The name of the product in RAM actions and links.
    pub(super) const fn product(self) -> &'static str {
        match self {
            Operation::Get
            | Operation::Set
            | Operation::Delete
            | Operation::ListApps
            | Operation::Fire
            | Operation::Delivery => "vod",
            Operation::Identity | Operation::Assume | Operation::Oidc => "sts",
            Operation::Role => "ram",
            Operation::Imds => "ecs",
            Operation::Uri => "credentials",
            Operation::Sso => "cloudsso",
            Operation::OAuth => "oauth",
            Operation::Queue(_) => "mns",
        }
    }

    fn version(self) -> &'static str {
        match self.product() {
            "vod" => wire::VERSION,
            "ram" => ram::VERSION,
            _ => sts::VERSION,
        }
    }

    /// Whether VOD has it.
    pub(super) fn is_vod(self) -> bool {
        self.product() == "vod"
    }

    /// Whether it is one on queues.
    pub(super) const fn is_on_queues(self) -> bool {
        matches!(self, Operation::Queue(_))
    }

    /// Whether it is known by its path and not by a name.
    pub(super) const fn is_place(self) -> bool {
        self.name().is_empty()
    }

    /// Whether it is an operation that is asked for without a signature.
    pub(super) fn needs_no_key(self) -> bool {
        self == Operation::Oidc
    }

    /// What a user may call it: the short name, or the wire's in any letter case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Operation::all().find(|it| {
            let is_wire_name = !it.is_place() && text.eq_ignore_ascii_case(it.name());
            is_wire_name || text.eq_ignore_ascii_case(it.word())
        })
    }

    /// The operation of that name, letter case included, whatever the version.
    pub(super) fn named(action: &str) -> Option<Self> {
        Operation::OWN
            .iter()
            .copied()
            .find(|it| !it.is_place() && it.name() == action)
    }

    /// The operation of that version.
    pub(super) fn find(version: &str, action: &str) -> Result<Self, Refusal> {
        if ![wire::VERSION, sts::VERSION, ram::VERSION].contains(&version) {
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
