//! Behaviours the service does not document, each with the choices a client must cope with.
//!
//! The first word of each choice is the default. `docs/assumptions.md` says why it was taken.

use crate::error::{Error, Result};

/// The longest session there can be.
const MAX_SESSION: u32 = 43_200;

/// More applications than any account may have, fewer than would fill the memory.
const MAX_APPS: u32 = 100_000;

/// A choice with a word for each case; the first is the default.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$case_about:meta])* $case:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            $($(#[$case_about])* $case,)+
        }

        impl $name {
            const CASES: &[(&str, Self)] = &[$(($word, $name::$case),)+];
        }

        impl Default for $name {
            fn default() -> Self {
                Self::CASES[0].1
            }
        }

        impl Choice for $name {
            fn cases() -> &'static [(&'static str, Self)] {
                Self::CASES
            }
        }
    };
}

/// Lets one function read every choice.
trait Choice: Copy + 'static {
    fn cases() -> &'static [(&'static str, Self)];
}

choice! {
    /// What a Get of nothing answers.
    Unconfigured {
        /// No `MessageCallback`.
        Absent = "absent",
        /// An empty one.
        Empty = "empty",
        /// One of empty strings.
        Blank = "blank",
        /// A refusal.
        Error = "error",
    }
}

choice! {
    /// How Get shows a stored `ALL`.
    All {
        /// As it was stored.
        Echo = "echo",
        /// As the list of every event type.
        Expand = "expand",
    }
}

choice! {
    /// What Set does to parameters that are left out.
    Omitted {
        /// Clears them.
        Reset = "reset",
        /// Keeps what was stored, except the event list.
        Merge = "merge",
    }
}

choice! {
    /// Whether Get shows members of the method that is not in use.
    Linger {
        /// It does not.
        No = "no",
        /// It does.
        Yes = "yes",
    }
}

choice! {
    /// How Get shows the callback key.
    Key {
        /// As it is.
        Clear = "clear",
        /// As stars.
        Masked = "masked",
        /// Not at all.
        Absent = "absent",
    }
}

choice! {
    /// What Set does with event types it does not know.
    UnknownEvents {
        /// Stores them.
        Store = "store",
        /// Leaves them out and says nothing.
        Drop = "drop",
        /// Refuses the call.
        Reject = "reject",
    }
}

choice! {
    /// What a Delete of nothing answers.
    DeleteNothing {
        /// Success.
        Ok = "ok",
        /// A refusal.
        Error = "error",
    }
}

choice! {
    /// Whether parameters in a form body count.
    Form {
        /// They do.
        Accept = "accept",
        /// They are not looked at.
        Refuse = "refuse",
    }
}

choice! {
    /// The first letter of members in answers.
    Case {
        /// As documented.
        Keep = "keep",
        /// Small.
        Lower = "lower",
    }
}

choice! {
    /// The metadata service of the instance.
    Imds {
        /// A role is attached.
        Role = "role",
        /// None is.
        NoRole = "norole",
        /// One is, but its keys cannot be had.
        Broken = "broken",
        /// There is no such service.
        Off = "off",
    }
}

choice! {
    /// Whether the metadata service answers without a token.
    ImdsV1 {
        /// It does.
        Allow = "allow",
        /// It does not.
        Refuse = "refuse",
    }
}

choice! {
    /// The counts of messages among a queue's attributes.
    Counters {
        /// They are right.
        Exact = "exact",
        /// They are 0, as the service announced for the future.
        Zero = "zero",
    }
}

choice! {
    /// The role that VOD writes to queues with.
    VodRole {
        /// It is there and trusts VOD.
        Present = "present",
        /// There is none.
        Absent = "absent",
        /// It trusts only its own account.
        Untrusting = "untrusting",
    }
}

/// How the emulator behaves where nothing is documented.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quirks {
    pub(super) unconfigured: Unconfigured,
    pub(super) all: All,
    pub(super) set: Omitted,
    pub(super) linger: Linger,
    pub(super) key: Key,
    pub(super) unknown_events: UnknownEvents,
    pub(super) delete_nothing: DeleteNothing,
    pub(super) form: Form,
    pub(super) case: Case,
    pub(super) imds: Imds,
    pub(super) imds_v1: ImdsV1,
    /// The lifetime of every key that is issued, whatever was asked for.
    pub(super) session_seconds: Option<u32>,
    pub(super) counters: Counters,
    /// How many applications of its own every account has in every centre.
    pub(super) apps: u32,
    pub(super) vod_role: VodRole,
}

impl Quirks {
    /// Takes one choice, `NAME=VALUE`.
    ///
    /// # Errors
    /// A usage error with the names, or with the values of that name.
    pub fn apply(&mut self, spec: &str) -> Result<()> {
        let (name, word) = spec.split_once('=').unwrap_or((spec, ""));
        match name {
            "unconfigured" => choose(&mut self.unconfigured, spec, word),
            "all" => choose(&mut self.all, spec, word),
            "set" => choose(&mut self.set, spec, word),
            "linger" => choose(&mut self.linger, spec, word),
            "key" => choose(&mut self.key, spec, word),
            "unknown-events" => choose(&mut self.unknown_events, spec, word),
            "delete-nothing" => choose(&mut self.delete_nothing, spec, word),
            "form" => choose(&mut self.form, spec, word),
            "case" => choose(&mut self.case, spec, word),
            "imds" => choose(&mut self.imds, spec, word),
            "imds-v1" => choose(&mut self.imds_v1, spec, word),
            "session-seconds" => {
                self.session_seconds = Some(number(spec, word, MAX_SESSION)?);
                Ok(())
            }
            "apps" => {
                self.apps = number(spec, word, MAX_APPS)?;
                Ok(())
            }
            "counters" => choose(&mut self.counters, spec, word),
            "vod-role" => choose(&mut self.vod_role, spec, word),
            _ => Err(Error::usage(format!("{spec:?} is not a quirk")).hint(
                "quirks are unconfigured, all, set, linger, key, unknown-events, delete-nothing, \
                 form, case, imds, imds-v1, session-seconds, counters, vod-role and apps",
            )),
        }
    }
}

fn number(spec: &str, word: &str, most: u32) -> Result<u32> {
    let number = word.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| {
        Error::usage(format!("{spec:?} is not a quirk")).hint(format!("its values are 0 to {most}"))
    })
}

fn choose<T: Choice>(place: &mut T, spec: &str, word: &str) -> Result<()> {
    match T::cases().iter().find(|(known, _)| *known == word) {
        Some((_, case)) => {
            *place = *case;
            Ok(())
        }
        None => {
            let words: Vec<&str> = T::cases().iter().map(|(known, _)| *known).collect();
            Err(Error::usage(format!("{spec:?} is not a quirk"))
                .hint(format!("its values are {}", words.join(", "))))
        }
    }
}
