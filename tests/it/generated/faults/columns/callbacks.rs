//! Commands that look after a callback, or ask for it.

use super::{
    CONFIGURED, Column, Effect, Ends, NEW, NEW_KEY, OLD, OLD_KEY, Phase, QUEUE, reading, writing,
};

const GET: &[&str] = &["Action=GetMessageCallback"];
const SET: &[&str] = &["Action=SetMessageCallback"];
pub(super) const LIST_APPS: &[&str] = &["Action=ListAppInfo"];
const TO_NEW: &[&str] = &["set", "--http-url", NEW];
/// The signature is the MD5 of the configured URL, the time and the key, by md5sum.
const VERIFY: &[&str] = &[
    "verify",
    "--configured",
    "--timestamp",
    "1767225600",
    "--signature",
    "961931da3b17d146a917385da0af136a",
];

pub const CALLBACKS: &[Column] = &[
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
    Column {
        setup: CONFIGURED,
        ..reading("key status", &["key", "status"], "get", GET)
    },
    reading("export", &["export", "--format", "json"], "get", GET),
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
    Column {
        setup: CONFIGURED,
        is_stream: true,
        ..reading(
            "replay",
            &["replay", "events.ndjson", "--to", "configured", "--dry-run"],
            "get",
            GET,
        )
    },
    Column {
        setup: CONFIGURED,
        is_stream: true,
        ..reading(
            "listen",
            &["listen", "--configured", "--port", "0", "--timeout", "0.1"],
            "get",
            GET,
        )
    },
];
