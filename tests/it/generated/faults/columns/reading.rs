//! Commands that read callbacks, or ask for one.

use super::{CONFIGURED, Column, Ends, GET, IDENTITY, LIST_APPS, QUEUE, Words, reading};

/// The signature is the MD5 of the configured URL, the time and the key, by md5sum.
const VERIFY: Words = &[
    "verify",
    "--configured",
    "--timestamp",
    "1767225600",
    "--signature",
    "961931da3b17d146a917385da0af136a",
];
const SEND: Words = &[
    "send",
    "FileUploadComplete",
    "--to",
    "configured",
    "--dry-run",
];
const REPLAY: Words = &["replay", "events.ndjson", "--to", "configured", "--dry-run"];
const LISTEN: Words = &["listen", "--configured", "--port", "0", "--timeout", "0.1"];
const EXPORT: Words = &["export", "--format", "json"];
const EXPORT_ALL: Words = &["export", "--format", "json", "--all-apps"];

pub fn columns() -> Vec<Column> {
    let find = |heading, args| Column {
        befallen: "the call that finds the applications",
        ..reading(heading, args, "list-apps", LIST_APPS)
    };
    let one = |heading, args| Column {
        befallen: "the call for one of three applications",
        before: None,
        ..reading(
            heading,
            args,
            "get@app-0000001",
            &["Action=GetMessageCallback", "AppId=app-0000001"],
        )
    };
    let configured = |heading, args| Column {
        setup: CONFIGURED,
        ..reading(heading, args, "get", GET)
    };
    let stream = |heading, args| Column {
        is_stream: true,
        ..configured(heading, args)
    };
    vec![
        reading("get", &["get"], "get", GET),
        find("get: find", &["get", "--all-apps"]),
        Column {
            ends: Ends::InPart,
            ..one("get: one", &["get", "--all-apps"])
        },
        reading("apps", &["apps"], "list-apps", LIST_APPS),
        reading("export", EXPORT, "get", GET),
        find("export: find", EXPORT_ALL),
        one("export: one", EXPORT_ALL),
        Column {
            befallen: "the question whose account it is",
            ends: Ends::Anyway(0),
            ..reading("export: account", EXPORT, "identity", IDENTITY)
        },
        reading(
            "diff",
            &["diff", "-f", "callbacks.toml", "--exit-zero"],
            "get",
            GET,
        ),
        configured("key status", &["key", "status"]),
        Column {
            setup: QUEUE,
            ends: Ends::AsFindings,
            ..reading("check", &["check"], "get", GET)
        },
        configured("verify", VERIFY),
        configured("send", SEND),
        stream("replay", REPLAY),
        stream("listen", LISTEN),
    ]
}
