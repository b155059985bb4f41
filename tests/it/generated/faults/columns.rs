//! The commands that call a service, and which of their calls goes wrong.

mod changing;
mod destinations;
mod keys;
mod queues;
mod reading;

use std::sync::LazyLock;

use vodcb::emulator::Fault;

use super::rows::{Cause, Outcome, Row};
use super::world::{Effect, KeyFrom, Service};

pub const OLD: &str = "https://example.com/old";
pub const NEW: &str = "https://example.com/new";
pub const OLD_KEY: &str = "Old1Kq8Zt3Wm5Xc7";
pub const NEW_KEY: &str = "New2Lp9Yu4Vn6Bd8";

/// Stands for a receiver that answers 200, which is started where it is named.
pub const RECEIVER: &str = "http://receiver.test/vod";

/// Commands one after the other, each as its words.
type Script = &'static [&'static [&'static str]];
/// Words that stand together somewhere.
type Words = &'static [&'static str];

/// Which call of the command goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Reading,
    Writing,
    ReadingBack,
}

/// How exit codes of calls become that of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    AsTheCall,
    /// Something else is done or shown.
    InPart,
    /// What goes wrong is what was to be found out.
    AsFindings,
    /// The same; that it may not be looked at is a warning.
    AsFindingsOfQueue,
    /// A source that gives no key.
    Source,
    /// A role that is not given, whatever it is refused for.
    Role,
    /// A source without which there is no key, whatever is wrong with it, unless it says that it is in trouble.
    NoKey,
    /// It only tells more, so that the command ends with this code in any case.
    Anyway(i32),
    /// It can be done without where these codes say that it is refused.
    WithoutIf(&'static [i32]),
    /// Nothing was refused, so that it is done once more another time; the command ends with this code.
    OnceMore(i32),
    /// What was to be done is done, and only not shown.
    Done,
}

/// One command, and the call that goes wrong.
#[derive(Debug, Clone)]
pub struct Column {
    pub heading: String,
    pub args: Words,
    /// The call in words.
    pub befallen: &'static str,
    /// The call as the emulator's faults name it.
    pub action: &'static str,
    /// Words in the request of the call.
    pub words: Words,
    /// How many such calls go well before.
    pub spared: u32,
    /// How many calls of any kind the same service has before; `None` where it has others at the same time.
    pub before: Option<u32>,
    pub phase: Phase,
    pub setup: Script,
    pub effect: Effect,
    pub key: KeyFrom,
    ends: Ends,
    /// There is a message in the queue.
    pub has_message: bool,
    /// What it shows goes on, so that it is a document a line.
    pub is_stream: bool,
    /// It has more patience than `--timeout` says, and is not run where it would need it.
    is_patient: bool,
    /// What is typed, where it talks to people and shows no documents.
    pub typed: Option<&'static str>,
}

fn reading(heading: &str, args: Words, action: &'static str, words: Words) -> Column {
    Column {
        heading: heading.to_owned(),
        args,
        befallen: "the call",
        action,
        words,
        spared: 0,
        before: Some(0),
        phase: Phase::Reading,
        setup: &[],
        effect: Effect::None,
        key: KeyFrom::Environment,
        ends: Ends::AsTheCall,
        has_message: false,
        is_stream: false,
        is_patient: false,
        typed: None,
    }
}

const GET: Words = &["Action=GetMessageCallback"];
const SET: Words = &["Action=SetMessageCallback"];
const DELETE: Words = &["Action=DeleteMessageCallback"];
const LIST_APPS: Words = &["Action=ListAppInfo"];
const IDENTITY: Words = &["Action=GetCallerIdentity"];
const ROLE: Words = &["Action=GetRole"];
const LIST_QUEUES: Words = &["GET /queues "];
const GET_QUEUE: Words = &["GET /queues/vod-events HTTP"];

const CONFIGURED: Script = &[&["set", "--http-url", OLD, "--auth-key-env", "OLD_KEY"]];
const CREATED: Script = &[&["queue", "create", "vod-events"]];
const TO_QUEUE: Words = &[
    "set",
    "--mns-queue",
    "vod-events",
    "--mns-region",
    "cn-shanghai",
];
const QUEUE: Script = &[CREATED[0], TO_QUEUE];

/// The columns of the page, by the table that they stand in.
pub static TABLES: LazyLock<[(&str, Vec<Column>); 6]> = LazyLock::new(|| {
    [
        ("reading callbacks", reading::columns()),
        ("changing callbacks", changing::one()),
        ("the wizard and manifests", changing::many()),
        ("callbacks to queues", destinations::columns()),
        ("queues", queues::columns()),
        ("callers and their keys", keys::columns()),
    ]
});

/// All columns.
pub fn all() -> impl Iterator<Item = &'static Column> {
    TABLES.iter().flat_map(|(_, columns)| columns)
}

impl Column {
    /// The service that is called.
    pub fn service(&self) -> Service {
        Service::of(self.action)
    }

    /// Whether the fault can befall the call, and the call alone.
    pub fn meets(&self, row: &Row) -> bool {
        let fits = match row.cause {
            Cause::Emulator(spec) => Fault::parse(&format!("{}:{spec}", self.action)).is_ok(),
            // A connection does not tell what it is for, but those of a service can be counted.
            Cause::Way(mishap) => !mishap.befalls_connections() || self.before.is_some(),
            // Events are fired on this machine only, which needs no name.
            Cause::Nameless => self.before == Some(0) && self.action != "fire",
        };
        // The answer is a status and nothing else.
        let has_body = !matches!(self.action, "create-queue" | "batch-delete");
        let is_awaited = !(row.waits && self.is_patient);
        fits && is_awaited && !(row.everywhere && self.spared > 0) && (has_body || !row.in_the_body)
    }

    /// Whether the command waits for a short while only, whatever `--timeout` says.
    pub fn hurries(&self) -> bool {
        self.service() == Service::Metadata
    }

    /// The form that is asked for.
    pub fn form(&self) -> &'static str {
        match (self.typed, self.is_stream) {
            (Some(_), _) => "table",
            (None, true) => "ndjson",
            (None, false) => "json",
        }
    }

    /// The exit code of the command under this fault.
    pub fn expected(&self, row: &Row) -> i32 {
        let code = match self.phase {
            Phase::Reading => row.reading(),
            Phase::Writing if self.effect.counts_messages() => row.unread(),
            Phase::Writing => row.writing(),
            Phase::ReadingBack => row.reading_back(),
        };
        match (self.ends, code) {
            (Ends::Anyway(code), _) => code,
            (Ends::AsFindings, _) if row.outcome == Outcome::ClockOff => 1,
            (_, 0) => 0,
            (Ends::AsTheCall, code) => code,
            (Ends::InPart | Ends::Done, _) => 8,
            (Ends::AsFindingsOfQueue, 3) => 0,
            (Ends::AsFindings | Ends::AsFindingsOfQueue, _) => 1,
            (Ends::Source, _) => row.source(),
            (Ends::Role, 4) => 3,
            (Ends::Role, code) => code,
            (Ends::NoKey, _) if row.is_trouble() => 5,
            (Ends::NoKey, _) => 3,
            (Ends::WithoutIf(refused), code) if refused.contains(&code) => 0,
            (Ends::OnceMore(_), _) if row.is_last_word => row.unread(),
            (Ends::OnceMore(end), 5 | 7) => end,
            (Ends::WithoutIf(_) | Ends::OnceMore(_), code) => code,
        }
    }
}
