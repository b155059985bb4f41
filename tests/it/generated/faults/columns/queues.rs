//! Queues, and what is in them.

use super::{
    CREATED, Column, Effect, Ends, GET, GET_QUEUE, LIST_QUEUES, Phase, QUEUE, RECEIVER, Words,
    reading,
};

const PUT_QUEUE: Words = &["PUT /queues/vod-events"];
const MESSAGES: Words = &["GET /queues/vod-events/messages"];
const RECEIPT: Words = &["GET /queues/vod-events/messages?"];
const DELETION: Words = &["DELETE /queues/vod-events/messages"];
const PUT_BACK: Words = &["PUT /queues/vod-events/messages?"];

const LIST: Words = &["queue", "list"];
const STATUS: Words = &["queue", "status", "vod-events"];
const PEEK: Words = &["queue", "peek", "vod-events"];
const TAIL: Words = &["queue", "tail", "vod-events", "--exit-after", "1"];
const ACK: Words = &["queue", "tail", "vod-events", "--exit-after", "1", "--ack"];
const FORWARD: Words = &[
    "queue",
    "forward",
    "vod-events",
    "--to",
    RECEIVER,
    "--drain",
];
const LISTEN: Words = &[
    "listen",
    "--queue",
    "vod-events",
    "--forward-to",
    RECEIVER,
    "--exit-after",
    "1",
];
const FIRE: Words = &["emulator", "fire", "FileUploadComplete"];

pub fn columns() -> Vec<Column> {
    [queues(), messages(), events()].concat()
}

/// A call about the queue that is there.
fn created(
    heading: &str,
    args: Words,
    befallen: &'static str,
    action: &'static str,
    words: Words,
) -> Column {
    Column {
        befallen,
        setup: CREATED,
        ..reading(heading, args, action, words)
    }
}

fn queues() -> Vec<Column> {
    let create = |heading, befallen, action, words| Column {
        setup: &[],
        effect: Effect::Queue,
        ..created(heading, CREATED[0], befallen, action, words)
    };
    let status = |heading, befallen, action, words| Column {
        has_message: true,
        ..created(heading, STATUS, befallen, action, words)
    };
    let after = "the reading after the write";
    let look = "the look at the queue";
    let oldest = "the look at its oldest message";
    let callback = "the reading of the callback";
    vec![
        reading("list", LIST, "list-queues", LIST_QUEUES),
        Column {
            phase: Phase::Writing,
            ..create("create", "the write", "create-queue", PUT_QUEUE)
        },
        Column {
            before: Some(1),
            ends: Ends::Done,
            ..create("create: read back", after, "get-queue", GET_QUEUE)
        },
        status("status", look, "get-queue", GET_QUEUE),
        Column {
            before: Some(1),
            ..status("status: oldest", oldest, "peek", MESSAGES)
        },
        status("status: callback", callback, "get", GET),
    ]
}

fn messages() -> Vec<Column> {
    let call = |heading, args, befallen, action, words| Column {
        has_message: true,
        is_stream: true,
        ..created(heading, args, befallen, action, words)
    };
    let receipt = |heading, args| call(heading, args, "the receipt", "batch-receive", RECEIPT);
    let deletion = |heading, args, end| Column {
        before: Some(1),
        ends: Ends::OnceMore(end),
        ..call(heading, args, "the deletion", "batch-delete", DELETION)
    };
    let put_back = "the call that puts a message back";
    let gone = Effect::Messages { wanted: 0, old: 1 };
    vec![
        Column {
            is_stream: false,
            ..call("peek", PEEK, "the call", "batch-peek", MESSAGES)
        },
        Column {
            is_patient: true,
            ..receipt("tail", TAIL)
        },
        Column {
            before: Some(1),
            ends: Ends::Anyway(0),
            ..call(
                "tail: put back",
                TAIL,
                put_back,
                "change-visibility",
                PUT_BACK,
            )
        },
        deletion("tail: delete", ACK, 0),
        Column {
            effect: gone,
            ..receipt("forward", FORWARD)
        },
        Column {
            // It waits for a queue that nobody can connect to any more.
            before: None,
            ..deletion("forward: delete", FORWARD, 1)
        },
        Column {
            effect: gone,
            is_patient: true,
            ..receipt("listen: receive", LISTEN)
        },
        deletion("listen: delete", LISTEN, 0),
    ]
}

fn events() -> Vec<Column> {
    let fire = |heading, befallen, action, words| Column {
        befallen,
        setup: QUEUE,
        effect: Effect::Messages { wanted: 1, old: 0 },
        ..reading(heading, FIRE, action, words)
    };
    let asking = "the question what became of it";
    vec![
        Column {
            phase: Phase::Writing,
            ..fire("fire", "the write", "fire", &["Action=EmulatorFireEvent"])
        },
        Column {
            before: Some(1),
            ends: Ends::Done,
            ..fire(
                "fire: delivery",
                asking,
                "delivery",
                &["Action=EmulatorGetDelivery"],
            )
        },
    ]
}
