//! Commands of queues, of who is calling, and of the emulator.

use super::callbacks::LIST_APPS;
use super::{CREATED, Column, Effect, Ends, KeyFrom, QUEUE, RECEIVER, reading, writing};

const RECEIPT: &[&str] = &["GET /queues/vod-events/messages?"];

pub const OTHERS: &[Column] = &[
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
        setup: CREATED,
        has_message: true,
        ..reading(
            "queue peek",
            &["queue", "peek", "vod-events"],
            "batch-peek",
            &["GET /queues/vod-events/messages"],
        )
    },
    Column {
        setup: CREATED,
        has_message: true,
        is_stream: true,
        is_patient: true,
        ..reading(
            "queue tail",
            &["queue", "tail", "vod-events", "--exit-after", "1"],
            "batch-receive",
            RECEIPT,
        )
    },
    Column {
        setup: CREATED,
        has_message: true,
        is_stream: true,
        effect: Effect::Messages { wanted: 0, old: 1 },
        ..reading(
            "queue forward",
            &[
                "queue",
                "forward",
                "vod-events",
                "--to",
                RECEIVER,
                "--drain",
            ],
            "batch-receive",
            RECEIPT,
        )
    },
    Column {
        setup: QUEUE,
        ..writing(
            "emulator fire",
            &["emulator", "fire", "FileUploadComplete"],
            "fire",
            &["Action=EmulatorFireEvent"],
            Effect::Messages { wanted: 1, old: 0 },
        )
    },
];
