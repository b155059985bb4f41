//! The operations the emulator has, and the two versions that tell VOD from STS.

use super::answer::Refusal;
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
}

impl Operation {
    const ALL: [Operation; 4] = [
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
        }
    }

    /// The short name in fault specifications.
    const fn word(self) -> &'static str {
        match self {
            Operation::Get => "get",
            Operation::Set => "set",
            Operation::Delete => "delete",
            Operation::Identity => "identity",
        }
    }

    /// The name of the product in RAM actions and links.
    pub(super) const fn product(self) -> &'static str {
        match self {
            Operation::Identity => "sts",
            Operation::Get | Operation::Set | Operation::Delete => "vod",
        }
    }

    const fn version(self) -> &'static str {
        match self {
            Operation::Identity => STS_VERSION,
            Operation::Get | Operation::Set | Operation::Delete => wire::VERSION,
        }
    }

    /// What a user may call it: the short name, or the wire's in any letter case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Operation::ALL
            .into_iter()
            .find(|it| text.eq_ignore_ascii_case(it.word()) || text.eq_ignore_ascii_case(it.name()))
    }

    /// The operation of that name, letter case included, whatever the version.
    pub(super) fn named(action: &str) -> Option<Self> {
        Operation::ALL.into_iter().find(|it| it.name() == action)
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
