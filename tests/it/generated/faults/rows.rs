//! What goes wrong, and what exit code that means.

use super::way::Mishap;

/// Where a fault comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The emulator, by these words.
    Emulator(&'static str),
    Way(Mishap),
    /// The address of the service has a name that nobody knows.
    Nameless,
}

/// What it comes to, which decides about exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The call is carried out and answered.
    Fine,
    /// The same, but this machine's clock is called wrong.
    ClockOff,
    /// It is refused with this exit code, which proves that nothing happened.
    Refused(i32),
    /// Nobody was there to take it.
    Unconnected,
    /// It had no effect, which reading back proves: whoever answered was done with it.
    Lost,
    /// It had its effect, but nothing proves that.
    LostAfter,
    /// It had no effect, and reading back does not prove that: nobody said that it was done with.
    InFlight,
    /// It has another effect than was wanted.
    Altered,
}

use Outcome::{Altered, ClockOff, Fine, InFlight, Lost, LostAfter, Refused, Unconnected};

/// One fault.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub cause: Cause,
    pub outcome: Outcome,
    /// The way is one over TLS.
    pub secure: bool,
    /// The command waits until its time is up.
    pub waits: bool,
    /// It befalls every call of its kind, not one after another.
    pub everywhere: bool,
    /// Only the body of an answer is different.
    pub in_the_body: bool,
    /// There is a whole answer, which no service gives.
    pub is_nonsense: bool,
    /// By its status it will be the same the next time.
    pub is_last_word: bool,
}

impl Row {
    /// True when the answer has a status by which a server says that it is in trouble.
    pub fn is_trouble(&self) -> bool {
        let words = ["internal", "internal-after", "unavailable", "html"];
        matches!(self.cause, Cause::Emulator(fault) if words.contains(&fault))
    }

    /// The exit code when it befalls a reading call.
    pub fn reading(&self) -> i32 {
        match self.outcome {
            Fine | ClockOff | Altered => 0,
            Refused(code) => code,
            Unconnected | Lost | LostAfter | InFlight => 5,
        }
    }

    /// When it befalls a write, and the target can be read back.
    pub fn writing(&self) -> i32 {
        match self.outcome {
            Fine | ClockOff | LostAfter => 0,
            Refused(code) => code,
            Unconnected | Lost => 5,
            InFlight => 7,
            Altered => 6,
        }
    }

    /// When it befalls a write that is not read back.
    pub fn unread(&self) -> i32 {
        match self.outcome {
            Fine | ClockOff | Altered => 0,
            Refused(code) => code,
            Unconnected => 5,
            Lost | LostAfter | InFlight => 7,
        }
    }

    /// When it befalls the reading after a write.
    pub fn reading_back(&self) -> i32 {
        if self.reading() == 0 { 0 } else { 7 }
    }

    /// When it befalls a credentials URI: an answer below status 500 means that there is no key.
    pub fn source(&self) -> i32 {
        match self.outcome {
            Refused(_) => 3,
            _ if self.is_nonsense => 3,
            _ => self.reading(),
        }
    }
}

const fn row(name: &'static str, cause: Cause, outcome: Outcome) -> Row {
    Row {
        name,
        cause,
        outcome,
        secure: false,
        waits: false,
        everywhere: false,
        in_the_body: false,
        is_nonsense: false,
        is_last_word: false,
    }
}

const fn service(name: &'static str, spec: &'static str, outcome: Outcome) -> Row {
    row(name, Cause::Emulator(spec), outcome)
}

const fn mishap(name: &'static str, mishap: Mishap, outcome: Outcome) -> Row {
    row(name, Cause::Way(mishap), outcome)
}

const fn secure(row: Row) -> Row {
    Row {
        secure: true,
        ..row
    }
}

const fn waiting(row: Row) -> Row {
    Row { waits: true, ..row }
}

const fn everywhere(row: Row) -> Row {
    Row {
        everywhere: true,
        ..row
    }
}

const fn in_the_body(row: Row) -> Row {
    Row {
        in_the_body: true,
        ..row
    }
}

const fn nonsense(row: Row) -> Row {
    Row {
        is_nonsense: true,
        ..row
    }
}

const fn last_word(row: Row) -> Row {
    Row {
        is_last_word: true,
        ..nonsense(row)
    }
}

/// In the order of the page.
pub const ROWS: &[Row] = &[
    service("none", "pass", Fine),
    service("`throttle`", "throttle=1", Refused(5)),
    service("`internal`", "internal", Lost),
    service("`unavailable`", "unavailable", Lost),
    service(
        "`error=InvalidParameter`",
        "error=InvalidParameter",
        Refused(4),
    ),
    service(
        "`error=SignatureDoesNotMatch`",
        "error=SignatureDoesNotMatch",
        Refused(3),
    ),
    service("`deny`", "deny", Refused(3)),
    service("`denied-app`", "denied-app", Refused(3)),
    service("`suspended`", "suspended", Refused(4)),
    service("`not-activated`", "not-activated", Refused(4)),
    service("`reset-before`", "reset-before", InFlight),
    service("`reset-after`", "reset-after", LostAfter),
    service("`internal-after`", "internal-after", LostAfter),
    in_the_body(service("`truncate`", "truncate", LostAfter)),
    nonsense(service("`garbage`", "garbage", Lost)),
    service("`html`", "html", InFlight),
    nonsense(service("`html-ok`", "html-ok", Lost)),
    last_word(service("`redirect`", "redirect", Lost)),
    service("`wrong-type`", "wrong-type", Fine),
    service("`huge-headers`", "huge-headers", LostAfter),
    nonsense(service("`gzip-bomb`", "gzip-bomb", LostAfter)),
    waiting(everywhere(service("`slow`", "slow=60000", InFlight))),
    waiting(everywhere(service(
        "`slow-after`",
        "slow-after=60000",
        LostAfter,
    ))),
    everywhere(service("`skew`", "skew=3600", ClockOff)),
    service("`drop-events`", "drop-events", Altered),
    service("`foreign`", "foreign", Altered),
    mishap("`100 Continue` before the answer", Mishap::Continue, Fine),
    mishap("half a header", Mishap::HalfHeader, LostAfter),
    in_the_body(mishap("half an answer", Mishap::HalfAnswer, LostAfter)),
    nonsense(mishap("an answer without end", Mishap::Endless, LostAfter)),
    waiting(in_the_body(mishap(
        "an answer byte by byte",
        Mishap::Drip,
        LostAfter,
    ))),
    waiting(mishap("silence", Mishap::Silence, InFlight)),
    mishap(
        "something else than a web server",
        Mishap::NotHttp,
        InFlight,
    ),
    secure(mishap(
        "TLS cut within the handshake",
        Mishap::Handshake,
        Unconnected,
    )),
    secure(in_the_body(mishap(
        "TLS cut within the answer",
        Mishap::HalfAnswer,
        LostAfter,
    ))),
    secure(mishap(
        "plain HTTP instead of TLS",
        Mishap::PlainOnTls,
        Unconnected,
    )),
    secure(mishap(
        "a certificate by a stranger",
        Mishap::Stranger,
        Unconnected,
    )),
    mishap("nobody takes connections", Mishap::Refused, Unconnected),
    row("a name that does not resolve", Cause::Nameless, Unconnected),
    mishap(
        "the connection closes within the request",
        Mishap::HalfRequest,
        InFlight,
    ),
];
