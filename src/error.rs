//! What went wrong, told once: a kind for the script, words for the person.
//!
//! The place that knows the remedy attaches it as a hint; `output` is the only place that prints.
//! A "no" is not an error, see [`crate::exit::Exit::Negative`].

/// A result whose failure is told to the user.
pub type Result<T> = std::result::Result<T, Error>;

/// The kind of a failure is the exit it leads to, one of the rows from 2 on.
pub use crate::exit::Exit as Kind;

/// Whether a write took effect at the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Applied {
    /// Certainly not, or there was nothing to write.
    #[default]
    No,
    /// Yes, the service confirmed it.
    Yes,
    /// A write was sent and its effect is not known.
    Unknown,
}

impl Applied {
    /// What is known of two writes together: the doubt of one is the doubt of both.
    #[must_use]
    pub const fn and(self, other: Applied) -> Applied {
        match (self, other) {
            (Applied::Unknown, _) | (_, Applied::Unknown) => Applied::Unknown,
            (Applied::Yes, _) | (_, Applied::Yes) => Applied::Yes,
            (Applied::No, Applied::No) => Applied::No,
        }
    }

    /// The spelling in JSON errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Applied::No => "no",
            Applied::Yes => "yes",
            Applied::Unknown => "unknown",
        }
    }
}

/// At which point of an exchange over the network no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The host's name has no address.
    Name,
    /// Whether it has one cannot be found out at present.
    Lookup,
    /// Nobody took the connection.
    Connect,
    /// This process has no file left for a connection.
    Files,
    /// The proxy that the environment names gave no connection.
    Proxy,
    /// The other side speaks no TLS.
    NoTls,
    /// The certificate was not accepted.
    Certificate,
    /// The time was up.
    TimeOut,
    /// The connection broke.
    Broken,
}

impl Trouble {
    /// A few words, for counting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Trouble::Name => "unknown host",
            Trouble::Lookup => "host not looked up",
            Trouble::Connect => "no connection",
            Trouble::Files => "no file left for a connection",
            Trouble::Proxy => "no connection through the proxy",
            Trouble::NoTls => "no TLS",
            Trouble::Certificate => "certificate not accepted",
            Trouble::TimeOut => "no answer in time",
            Trouble::Broken => "connection broken",
        }
    }
}

/// What a program may want to know about a failure, beside its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The service's error code, for example `Throttling.User`.
    pub code: Option<String>,
    /// The service's request id, which its support asks for.
    pub request_id: Option<String>,
    /// True when the same call may succeed later without a change.
    pub retryable: bool,
    /// Whether a write took effect.
    pub applied: Applied,
    /// True when a request was sent and nobody said that it is done with, so that it may still take effect.
    pub in_flight: bool,
    /// True when the address offers this account no service: no such host, or VOD is not activated.
    pub no_service: bool,
    /// True when nobody had credentials to offer; the causes tell each source that was asked.
    pub no_credentials: bool,
    /// How long the service wishes to be left alone.
    pub retry_after: Option<std::time::Duration>,
}

/// A failure with everything its reader needs.
///
/// `message` is lower case, names the thing that failed and ends without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What failed.
    pub message: String,
    /// Why, the nearest cause first; at most a few lines.
    pub causes: Vec<String>,
    /// What to do, the best remedy first.
    pub hints: Vec<String>,
    /// For programs.
    pub details: Details,
}

impl Error {
    /// A failure of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            details: Details::default(),
        }
    }

    /// The end of a change that was shown and not wanted.
    pub fn unconfirmed() -> Self {
        Error::new(Kind::Interrupted, "not confirmed; nothing was changed")
    }

    /// A bad flag, value or file; nothing was changed.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// Adds a reason below the message.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The message and its causes on a line, where there is no room below it, with this between them.
    pub fn told(&self, between: &str) -> String {
        let lines = std::iter::once(&self.message).chain(&self.causes);
        lines.map(String::as_str).collect::<Vec<_>>().join(between)
    }

    /// Tells another failure below this one, with its first remedy and what was told below it.
    #[must_use]
    pub fn also(mut self, other: Error) -> Self {
        let remedy = other.hints.first();
        self.causes
            .push(match remedy.filter(|hint| !self.hints.contains(hint)) {
                Some(hint) => format!("also {}; {hint}", other.message),
                None => format!("also {}", other.message),
            });
        self.causes.extend(other.causes);
        self
    }

    /// Adds the remedies of others, each once.
    #[must_use]
    pub fn hints_of<'e>(self, others: impl IntoIterator<Item = &'e Error>) -> Self {
        let hints = others.into_iter().flat_map(|other| &other.hints);
        hints.fold(self, |error, hint| match error.hints.contains(hint) {
            true => error,
            false => error.hint(hint),
        })
    }

    /// All of these failures as one; nothing when there are none.
    ///
    /// # Errors
    /// The first with the others below it.
    pub fn all(failures: impl IntoIterator<Item = Error>) -> Result<()> {
        match failures.into_iter().reduce(Error::also) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Says whether a write took effect.
    #[must_use]
    pub fn applied(mut self, applied: Applied) -> Self {
        self.details.applied = applied;
        self
    }

    /// The stable word for programs: the service's code, or the name of the kind.
    pub fn code(&self) -> &str {
        self.details.code.as_deref().unwrap_or(self.kind.name())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
