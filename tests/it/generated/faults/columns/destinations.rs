//! Callbacks that go to a queue.

use super::{
    CONFIGURED, CREATED, Column, Effect, Ends, GET_QUEUE, IDENTITY, LIST_QUEUES, OLD, Phase, QUEUE,
    ROLE, SET, Script, TO_QUEUE, Words, reading,
};

const TO_OWN: Words = &["set", "--mns-queue", "vod-events"];
const TO_MISSING: Words = &[
    "set",
    "--mns-queue",
    "vod-event",
    "--mns-region",
    "cn-shanghai",
];
const CREATE: Words = &[
    "set",
    "--mns-queue",
    "vod-events",
    "--mns-region",
    "cn-shanghai",
    "--create-queue",
];
const APPLY: Words = &["apply", "-f", "queue.toml", "--yes"];
const UNDO: Words = &["undo", "--yes"];
const WIZARD: Words = &[
    "wizard",
    "--plain",
    "--yes",
    "--region",
    "cn-shanghai",
    "--app-id",
    "app-1000000",
];
/// A queue in the advised region, the first of the list or, without a list, of the usual name; events as now.
const FROM_LIST: &str = "2\n\n\n\n\n\n";
/// The same with the usual name instead of the list.
const BY_NAME: &str = "2\n\n2\n\n\n";

const IS_THERE: Script = &[CREATED[0], CONFIGURED[0]];
const UNDONE: Script = &[CREATED[0], TO_QUEUE, &["set", "--http-url", OLD]];
const MOVED: Effect = Effect::Callback("method", "MNS", "HTTP");

const ACCOUNT: &str = "the question whose account it is";
const LOOK: &str = "the look at the queue";
const LOOK_AT_ROLE: &str = "the look at the role of VOD";

pub fn columns() -> Vec<Column> {
    [changes(), talks(), checks()].concat()
}

/// A call of a command that has events go to a queue instead of a URL.
fn moving(
    heading: &str,
    args: Words,
    befallen: &'static str,
    action: &'static str,
    words: Words,
) -> Column {
    Column {
        befallen,
        setup: IS_THERE,
        effect: MOVED,
        ..reading(heading, args, action, words)
    }
}

fn changes() -> Vec<Column> {
    let look = |heading, args| moving(heading, args, LOOK, "get-queue", GET_QUEUE);
    let similar = "the list for names like the missing one";
    let creation = "the creation of the queue";
    let write = "the write once the queue is created";
    let put: Words = &["PUT /queues/vod-events"];
    vec![
        moving("set: account", TO_OWN, ACCOUNT, "identity", IDENTITY),
        look("set: queue", TO_QUEUE),
        Column {
            effect: Effect::None,
            before: Some(1),
            ends: Ends::Anyway(4),
            ..moving(
                "set: similar",
                TO_MISSING,
                similar,
                "list-queues",
                LIST_QUEUES,
            )
        },
        Column {
            setup: CONFIGURED,
            phase: Phase::Writing,
            before: Some(1),
            ..moving("set: create", CREATE, creation, "create-queue", put)
        },
        Column {
            setup: CONFIGURED,
            phase: Phase::Writing,
            before: Some(2),
            ends: Ends::InPart,
            // That is a change in any case; what becomes of the callback is told by the other writes.
            effect: Effect::Queue,
            ..moving("set: then write", CREATE, write, "set", SET)
        },
        Column {
            ends: Ends::Anyway(0),
            ..moving("set: role", TO_QUEUE, LOOK_AT_ROLE, "get-role", ROLE)
        },
        look("apply: queue", APPLY),
        Column {
            setup: UNDONE,
            ..look("undo: queue", UNDO)
        },
    ]
}

fn talks() -> Vec<Column> {
    let talk = |heading, typed, befallen, action, words| Column {
        typed: Some(typed),
        ..moving(heading, WIZARD, befallen, action, words)
    };
    let list = "the list of queues";
    vec![
        talk("wizard: account", FROM_LIST, ACCOUNT, "identity", IDENTITY),
        Column {
            ends: Ends::WithoutIf(&[3]),
            ..talk("wizard: list", FROM_LIST, list, "list-queues", LIST_QUEUES)
        },
        Column {
            ends: Ends::Anyway(0),
            before: Some(1),
            ..talk("wizard: queue", BY_NAME, LOOK, "get-queue", GET_QUEUE)
        },
    ]
}

fn checks() -> Vec<Column> {
    let check = |heading, ends, befallen, action, words| Column {
        befallen,
        setup: QUEUE,
        ends,
        ..reading(heading, &["check"], action, words)
    };
    let found = Ends::AsFindingsOfQueue;
    let beside = Ends::Anyway(0);
    vec![
        check("check: queue", found, LOOK, "get-queue", GET_QUEUE),
        check("check: account", beside, ACCOUNT, "identity", IDENTITY),
        check("check: role", beside, LOOK_AT_ROLE, "get-role", ROLE),
    ]
}
