//! The commands that call a service, and which of their calls goes wrong.

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

const GET: &[&str] = &["Action=GetMessageCallback"];
const SET: &[&str] = &["Action=SetMessageCallback"];
const LIST_APPS: &[&str] = &["Action=ListAppInfo"];
const TO_NEW: &[&str] = &["set", "--http-url", NEW];
const CONFIGURED: &[&[&str]] = &[&["set", "--http-url", OLD, "--auth-key-env", "OLD_KEY"]];
/// The signature is the MD5 of the configured URL, the time and the key, by md5sum.
const VERIFY: &[&str] = &[
    "verify",
    "--configured",
    "--timestamp",
    "1767225600",
    "--signature",
    "961931da3b17d146a917385da0af136a",
];
const CREATED: &[&[&str]] = &[&["queue", "create", "vod-events"]];
const FIRED: &[&[&str]] = &[
    QUEUE[0],
    QUEUE[1],
    &["emulator", "fire", "FileUploadComplete"],
];
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

pub const COLUMNS: &[Column] = &[
    reading("get", &["get"], "get", GET),
    Column {
        befallen: "the call that finds the applications",
        ..reading("get: find", &["get", "--all-apps"], "list-apps", LIST_APPS)
    },
    Column {
        befallen: "the call for one of three applications",
        ends: Ends::InPart,
        ..reading(
            "get: one",
            &["get", "--all-apps"],
            "get@app-0000001",
            &["Action=GetMessageCallback", "AppId=app-0000001"],
        )
    },
    reading("apps", &["apps"], "list-apps", LIST_APPS),
    reading(
        "whoami",
        &["whoami"],
        "identity",
        &["Action=GetCallerIdentity"],
    ),
    Column {
        befallen: "the credentials URI",
        key: KeyFrom::Uri,
        ends: Ends::Source,
        ..reading(
            "whoami: URI",
            &["whoami", "--offline"],
            "uri",
            &["/credentials-uri"],
        )
    },
    Column {
        befallen: "the metadata service",
        key: KeyFrom::Instance,
        ends: Ends::PassedOver,
        ..reading(
            "whoami: ECS",
            &["whoami", "--offline"],
            "imds",
            &["/latest/"],
        )
    },
    Column {
        befallen: "the reading before the write",
        setup: CONFIGURED,
        ..reading("set: read", TO_NEW, "get", GET)
    },
    writing(
        "set: write",
        TO_NEW,
        "set",
        SET,
        Effect::Callback("url", NEW, OLD),
    ),
    Column {
        befallen: "the reading after the write",
        spared: 1,
        phase: Phase::ReadingBack,
        ..writing(
            "set: read back",
            TO_NEW,
            "get",
            GET,
            Effect::Callback("url", NEW, OLD),
        )
    },
    writing(
        "delete",
        &["delete", "--yes"],
        "delete",
        &["Action=DeleteMessageCallback"],
        Effect::Gone,
    ),
    Column {
        setup: &[CONFIGURED[0], TO_NEW],
        ..writing(
            "undo",
            &["undo", "--yes"],
            "set",
            SET,
            Effect::Callback("url", OLD, NEW),
        )
    },
    writing(
        "key rotate",
        &[
            "key",
            "rotate",
            "--auth-key-env",
            "NEW_KEY",
            "--skip-proof",
            "--yes",
        ],
        "set",
        SET,
        Effect::Callback("auth_key", NEW_KEY, OLD_KEY),
    ),
    reading("export", &["export", "--format", "json"], "get", GET),
    Column {
        setup: CONFIGURED,
        ..reading("verify", VERIFY, "get", GET)
    },
    Column {
        setup: CONFIGURED,
        ..reading(
            "send",
            &[
                "send",
                "FileUploadComplete",
                "--to",
                "configured",
                "--dry-run",
            ],
            "get",
            GET,
        )
    },
    reading(
        "diff",
        &["diff", "-f", "callbacks.toml", "--exit-zero"],
        "get",
        GET,
    ),
    writing(
        "apply",
        &["apply", "-f", "callbacks.toml", "--yes"],
        "set",
        SET,
        Effect::Callback("url", NEW, OLD),
    ),
    Column {
        setup: QUEUE,
        ends: Ends::AsFindings,
        ..reading("check", &["check"], "get", GET)
    },
    Column {
        setup: QUEUE,
        ends: Ends::AsFindingsOfQueue,
        befallen: "the call for the queue",
        ..reading(
            "check: queue",
            &["check"],
            "get-queue",
            &["GET /queues/vod-events HTTP"],
        )
    },
    reading(
        "queue list",
        &["queue", "list"],
        "list-queues",
        &["GET /queues"],
    ),
    Column {
        setup: &[],
        ..writing(
            "queue create",
            &["queue", "create", "vod-events"],
            "create-queue",
            &["PUT /queues/vod-events"],
            Effect::Queue("vod-events"),
        )
    },
    Column {
        setup: CREATED,
        ..reading(
            "queue status",
            &["queue", "status", "vod-events"],
            "get-queue",
            &["GET /queues/vod-events HTTP"],
        )
    },
    Column {
        setup: FIRED,
        ..reading(
            "queue peek",
            &["queue", "peek", "vod-events"],
            "batch-peek",
            &["GET /queues/vod-events/messages"],
        )
    },
    Column {
        setup: QUEUE,
        ..reading(
            "emulator fire",
            &["emulator", "fire", "FileUploadComplete"],
            "fire",
            &["Action=EmulatorFireEvent"],
        )
    },
];

impl Column {
    /// Whether the fault can befall the call, and the call alone.
    pub fn meets(&self, row: &Row) -> bool {
        let one_of_several = self.phase != Phase::Reading || self.ends == Ends::InPart;
        let fits = match row.cause {
            Cause::Emulator(spec) => Fault::parse(&format!("{}:{spec}", self.action)).is_ok(),
            // A connection does not tell what it is for.
            Cause::Way(mishap) => !(mishap.befalls_connections() && one_of_several),
            Cause::Stranger => !one_of_several,
        };
        let has_body = !matches!(self.effect, Effect::Queue(_));
        fits && !(row.everywhere && self.spared > 0) && (has_body || !row.in_the_body)
    }

    /// Whether the command waits for a short while only, whatever `--timeout` says.
    pub fn hurries(&self) -> bool {
        self.key == KeyFrom::Instance
    }

    /// The exit code of the command under this fault.
    pub fn expected(&self, row: &Row) -> i32 {
        let code = match self.phase {
            Phase::Reading => row.reading(),
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
        sandbox.set("OLD_KEY", OLD_KEY);
        sandbox.set("NEW_KEY", NEW_KEY);
        for args in self.setup {
            sandbox.vodcb(args.iter().copied()).ok();
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
            Effect::Callback(..) | Effect::Gone => &["get", "-o", "json", "--show-auth-key"],
        };
        sandbox.vodcb(args.iter().copied()).ok().json()
    }

    /// Whether this is what the command found.
    pub fn is_old(&self, state: &Value) -> bool {
        match self.effect {
            Effect::Callback(member, _, old) => state[member] == old,
            Effect::Gone => state["url"] == OLD,
            Effect::None | Effect::Queue(_) => !self.is_wanted(state),
        }
    }

    /// Whether this is what the command was to bring about.
    pub fn is_wanted(&self, state: &Value) -> bool {
        match self.effect {
            Effect::None => false,
            Effect::Callback(member, new, _) => state[member] == new,
            Effect::Gone => state["configured"] == false,
            Effect::Queue(name) => state["queues"]
                .as_array()
                .is_some_and(|queues| queues.iter().any(|it| it == name)),
        }
    }

    /// A result, or an error with its remedy, and nothing by halves.
    pub fn check_words(&self, run: &Run) -> Verdict {
        let whole = serde_json::from_str::<Value>(&run.stdout).is_ok();
        let finds = matches!(self.ends, Ends::AsFindings | Ends::AsFindingsOfQueue);
        if finds || run.code == 0 {
            return told(whole, "the result is no document");
        }
        let last = run.stderr.lines().last().unwrap_or_default();
        let Ok(error) = serde_json::from_str::<Value>(last) else {
            return Err("the error is no document".to_owned());
        };
        told(
            whole || run.stdout.is_empty(),
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

fn told(fits: bool, otherwise: &str) -> Verdict {
    if fits {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
