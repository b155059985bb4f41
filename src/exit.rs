//! How a run ends: the documented exit codes and nothing else.
//!
//! The codes are part of the interface for scripts. The table in `docs/exit-codes.md` is
//! compared with [`Exit::ALL`] by a test, so that manual and program cannot differ.

/// The end of a run, as the shell sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, already so, or the answer is yes.
    Ok,
    /// The command worked and the answer is no.
    Negative,
    /// A bad flag, value or file, or a confirmation is missing. Nothing was changed.
    Usage,
    /// No credentials, or they were rejected, expired or lack a permission.
    Credentials,
    /// The service refused the request for another reason.
    Rejected,
    /// Network, TLS, throttling or 5xx after all retries. A write certainly did not happen.
    Unavailable,
    /// The configuration is not what was expected, or changed under us.
    Conflict,
    /// A write was sent, no answer came, and reading back could not settle it.
    UnknownOutcome,
    /// A part was done and a part failed.
    Partial,
    /// A bug in vodcb.
    Internal,
    /// Ctrl-C, or a "no" at a prompt.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    /// Every exit, in the order of its code.
    pub const ALL: [Exit; 12] = [
        Exit::Ok,
        Exit::Negative,
        Exit::Usage,
        Exit::Credentials,
        Exit::Rejected,
        Exit::Unavailable,
        Exit::Conflict,
        Exit::UnknownOutcome,
        Exit::Partial,
        Exit::Internal,
        Exit::Interrupted,
        Exit::Terminated,
    ];

    /// The number handed to the shell.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Negative => 1,
            Exit::Usage => 2,
            Exit::Credentials => 3,
            Exit::Rejected => 4,
            Exit::Unavailable => 5,
            Exit::Conflict => 6,
            Exit::UnknownOutcome => 7,
            Exit::Partial => 8,
            Exit::Internal => 70,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    /// The name used in documents and in JSON errors.
    pub const fn name(self) -> &'static str {
        match self {
            Exit::Ok => "ok",
            Exit::Negative => "negative",
            Exit::Usage => "usage",
            Exit::Credentials => "credentials",
            Exit::Rejected => "rejected",
            Exit::Unavailable => "unavailable",
            Exit::Conflict => "conflict",
            Exit::UnknownOutcome => "unknown outcome",
            Exit::Partial => "partial",
            Exit::Internal => "internal",
            Exit::Interrupted => "interrupted",
            Exit::Terminated => "terminated",
        }
    }

    /// One sentence that says what the code tells a script.
    pub const fn meaning(self) -> &'static str {
        match self {
            Exit::Ok => "done, already so, or the answer is yes",
            Exit::Negative => "the command worked and the answer is no",
            Exit::Usage => {
                "bad flag, value or file, or a confirmation is missing; nothing was changed"
            }
            Exit::Credentials => "credentials not found, rejected or expired, or permission denied",
            Exit::Rejected => "the service refused the request for another reason",
            Exit::Unavailable => {
                "network, TLS, throttling or 5xx after all retries; a write certainly did not happen"
            }
            Exit::Conflict => {
                "the configuration is not what --if-match expected, or changed under us"
            }
            Exit::UnknownOutcome => {
                "a write was sent, no answer came, and reading back could not settle it"
            }
            Exit::Partial => {
                "a part was done: some targets, a queue without its callback, or all but showing the result"
            }
            Exit::Internal => "a bug in vodcb",
            Exit::Interrupted => {
                "Ctrl-C or a \"no\" at a prompt; the message says whether anything changed"
            }
            Exit::Terminated => "SIGTERM; the message says whether anything changed",
        }
    }
}
