//! The commands that call a service, and which of their calls goes wrong.

mod callbacks;
mod others;

use serde_json::Value;
use vodcb::emulator::Fault;

use super::Verdict;
use super::rows::{Cause, Outcome, Row};
use crate::sandbox::{Run, Sandbox};

const OLD: &str = "https://example.com/old";
const NEW: &str = "https://example.com/new";
const OLD_KEY: &str = "Old1Kq8Zt3Wm5Xc7";
const NEW_KEY: &str = "New2Lp9Yu4Vn6Bd8";

/// The endpoints that lead to the emulator.
pub const ENDPOINTS: &[&str] = &[
    "VODCB_ENDPOINT",
    "VODCB_STS_ENDPOINT",
    "VODCB_MNS_ENDPOINT",
    "VODCB_RAM_ENDPOINT",
    "VODCB_IMDS_ENDPOINT",
];

/// Stands for a receiver that answers 200, which is started where it is named.
pub const RECEIVER: &str = "http://receiver.test/vod";

/// Which call of the command goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Reading,
    Writing,
    ReadingBack,
}

/// What a command leaves behind at the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    /// A member of the callback, as it shall become and as it was.
    Callback(&'static str, &'static str, &'static str),
    Gone,
    Queue(&'static str),
    /// How many messages are in the queue, as it shall become and as it was.
    Messages {
        wanted: u64,
        old: u64,
    },
}

/// Where the key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyFrom {
    Environment,
    Uri,
    Instance,
}

/// How exit codes of calls become that of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    AsTheCall,
    /// The other targets are shown.
    InPart,
    /// What goes wrong is what was to be found out.
    AsFindings,
    /// The same; that it may not be looked at is a warning.
    AsFindingsOfQueue,
    /// A source that gives no key.
    Source,
    /// A source that is passed over, and there is no other.
    PassedOver,
}

/// One command, and the call that goes wrong.
#[derive(Debug)]
pub struct Column {
    pub heading: &'static str,
    pub args: &'static [&'static str],
    /// The call in words.
    pub befallen: &'static str,
    /// The call as the emulator's faults name it.
    pub action: &'static str,
    /// Words in the request of the call.
    pub words: &'static [&'static str],
    /// How many such calls go well before.
    pub spared: u32,
    pub phase: Phase,
    setup: &'static [&'static [&'static str]],
    effect: Effect,
    key: KeyFrom,
    ends: Ends,
    /// There is a message in the queue.
    has_message: bool,
    /// What it shows goes on, so that it is a document a line.
    is_stream: bool,
    /// It has more patience than `--timeout` says, and is not run where it would need it.
    is_patient: bool,
}

const fn reading(
    heading: &'static str,
    args: &'static [&'static str],
    action: &'static str,
    words: &'static [&'static str],
) -> Column {
    Column {
        heading,
        args,
        befallen: "the call",
        action,
        words,
        spared: 0,
        phase: Phase::Reading,
        setup: &[],
        effect: Effect::None,
        key: KeyFrom::Environment,
        ends: Ends::AsTheCall,
        has_message: false,
        is_stream: false,
        is_patient: false,
    }
}

const fn writing(
    heading: &'static str,
    args: &'static [&'static str],
    action: &'static str,
    words: &'static [&'static str],
    effect: Effect,
) -> Column {
    Column {
        befallen: "the write",
        phase: Phase::Writing,
        setup: CONFIGURED,
        effect,
        ..reading(heading, args, action, words)
    }
}

const CONFIGURED: &[&[&str]] = &[&["set", "--http-url", OLD, "--auth-key-env", "OLD_KEY"]];
const CREATED: &[&[&str]] = &[&["queue", "create", "vod-events"]];
const QUEUE: &[&[&str]] = &[
    CREATED[0],
    &[
        "set",
        "--mns-queue",
        "vod-events",
        "--mns-region",
        "cn-shanghai",
    ],
];

/// The columns of the page, by the table that they stand in.
pub const TABLES: [(&str, &[Column]); 2] = [
    ("callbacks", callbacks::CALLBACKS),
    ("queues and the rest", others::OTHERS),
];

/// All columns.
pub fn all() -> impl Iterator<Item = &'static Column> {
    TABLES.iter().flat_map(|(_, columns)| columns.iter())
}

impl Column {
    /// Whether the fault can befall the call, and the call alone.
    pub fn meets(&self, row: &Row) -> bool {
        let is_first = self.phase == Phase::Reading || self.counts_messages();
        let one_of_several = !is_first || self.ends == Ends::InPart;
        let fits = match row.cause {
            Cause::Emulator(spec) => Fault::parse(&format!("{}:{spec}", self.action)).is_ok(),
            // A connection does not tell what it is for.
            Cause::Way(mishap) => !(mishap.befalls_connections() && one_of_several),
            Cause::Stranger => !one_of_several,
        };
        let has_body = !matches!(self.effect, Effect::Queue(_));
        let is_awaited = !(row.waits && self.is_patient);
        fits && is_awaited && !(row.everywhere && self.spared > 0) && (has_body || !row.in_the_body)
    }

    /// Whether the command waits for a short while only, whatever `--timeout` says.
    pub fn hurries(&self) -> bool {
        self.key == KeyFrom::Instance
    }

    fn counts_messages(&self) -> bool {
        matches!(self.effect, Effect::Messages { .. })
    }

    /// Whether it may leave something else behind than it found.
    pub fn changes(&self) -> bool {
        self.effect != Effect::None
    }

    /// The form that is asked for.
    pub fn form(&self) -> &'static str {
        if self.is_stream { "ndjson" } else { "json" }
    }

    /// The exit code of the command under this fault.
    pub fn expected(&self, row: &Row) -> i32 {
        let code = match self.phase {
            Phase::Reading => row.reading(),
            Phase::Writing if self.counts_messages() => row.unread(),
            Phase::Writing => row.writing(),
            Phase::ReadingBack => row.reading_back(),
        };
        match (self.ends, code) {
            (Ends::AsFindings, _) if row.outcome == Outcome::ClockOff => 1,
            (_, 0) => 0,
            (Ends::AsTheCall, code) => code,
            (Ends::InPart, _) => 8,
            (Ends::AsFindingsOfQueue, 3) => 0,
            (Ends::AsFindings | Ends::AsFindingsOfQueue, _) => 1,
            (Ends::Source, _) => row.source(),
            (Ends::PassedOver, _) => 3,
        }
    }

    /// Brings the target and the surroundings to where the command begins.
    pub fn prepare(&self, sandbox: &mut Sandbox, url: &str) {
        for name in ENDPOINTS {
            sandbox.set(name, url);
        }
        sandbox.file(
            "callbacks.toml",
            &format!("schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\nurl = {NEW:?}\nevents = \"ALL\"\n"),
        );
        sandbox.file(
            "events.ndjson",
            r#"{"schema_version":1,"kind":"delivery","headers":[["Host","a"]],"body":"e30="}"#,
        );
        sandbox.set("OLD_KEY", OLD_KEY);
        sandbox.set("NEW_KEY", NEW_KEY);
        for args in self.setup {
            sandbox.vodcb(args.iter().copied()).ok();
        }
        if self.has_message {
            sandbox.deliver("vod-events", r#"{"EventType":"FileUploadComplete"}"#);
        }
        if self.key != KeyFrom::Environment {
            sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
            sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
        }
        if self.key == KeyFrom::Uri {
            sandbox.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
            sandbox.set(
                "ALIBABA_CLOUD_CREDENTIALS_URI",
                &format!("{url}/credentials-uri"),
            );
        }
    }

    /// What the command may change, as it is now.
    pub fn state(&self, sandbox: &Sandbox) -> Value {
        let args = match self.effect {
            Effect::None => return Value::Null,
            Effect::Queue(_) => &["queue", "list", "-o", "json"][..],
            Effect::Messages { .. } => &["queue", "status", "vod-events", "-o", "json"],
            Effect::Callback(..) | Effect::Gone => &["get", "-o", "json", "--show-auth-key"],
        };
        sandbox.vodcb(args.iter().copied()).ok().json()
    }

    /// Whether this is what the command found.
    pub fn is_old(&self, state: &Value) -> bool {
        match self.effect {
            Effect::Callback(member, _, old) => state[member] == old,
            Effect::Gone => state["url"] == OLD,
            Effect::Messages { old, .. } => messages(state) == old,
            Effect::None | Effect::Queue(_) => !self.is_wanted(state),
        }
    }

    /// Whether this is what the command was to bring about.
    pub fn is_wanted(&self, state: &Value) -> bool {
        match self.effect {
            Effect::None => false,
            Effect::Callback(member, new, _) => state[member] == new,
            Effect::Gone => state["configured"] == false,
            Effect::Messages { wanted, .. } => messages(state) == wanted,
            Effect::Queue(name) => state["queues"]
                .as_array()
                .is_some_and(|queues| queues.iter().any(|it| it == name)),
        }
    }

    /// A result, or an error with its remedy, and nothing by halves.
    pub fn check_words(&self, run: &Run) -> Verdict {
        let documents = |text: &str| -> Option<Vec<Value>> {
            let lines = text.lines().map(serde_json::from_str);
            lines.collect::<Result<_, _>>().ok()
        };
        let shown = if self.is_stream {
            documents(&run.stdout)
        } else {
            serde_json::from_str(&run.stdout).ok().map(|it| vec![it])
        };
        told(
            documents(&run.stderr).is_some(),
            "what is said is no document",
        )?;
        let finds = matches!(self.ends, Ends::AsFindings | Ends::AsFindingsOfQueue);
        if finds || run.code == 0 {
            let Some(shown) = shown else {
                return Err("the result is no document".to_owned());
            };
            let checks = shown.iter().flat_map(|it| it["checks"].as_array());
            return checks.flatten().try_for_each(is_remedied);
        }
        let last = run.stderr.lines().last().unwrap_or_default();
        let Ok(error) = serde_json::from_str::<Value>(last) else {
            return Err("the error is no document".to_owned());
        };
        told(
            shown.is_some() || run.stdout.is_empty(),
            "the result is there by halves",
        )?;
        told(
            error["exit_code"] == run.code,
            "the error has another exit code",
        )?;
        told(
            error["message"].as_str().is_some_and(|it| !it.is_empty()),
            "there is no message",
        )?;
        told(error["hint"].is_string(), "there is no hint")
    }
}

/// A check that was not passed says why, and what to do.
fn is_remedied(check: &Value) -> Verdict {
    let is_said = |name: &str| check[name].as_str().is_some_and(|it| !it.is_empty());
    let has_remedy =
        is_said("remedy") || !matches!(check["result"].as_str(), Some("warn" | "fail"));
    told(
        is_said("cause") && has_remedy,
        "a check has no cause or no remedy",
    )
}

/// All in the queue, those that were received included.
fn messages(state: &Value) -> u64 {
    let count = |name: &str| state[name].as_u64().unwrap();
    count("active_messages") + count("inactive_messages")
}

fn told(fits: bool, otherwise: &str) -> Verdict {
    if fits {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
