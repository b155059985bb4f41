//! Commands that change callbacks.

use super::{
    CONFIGURED, Column, DELETE, Effect, Ends, GET, IDENTITY, LIST_APPS, NEW, NEW_KEY, OLD, OLD_KEY,
    Phase, SET, Script, Words, reading,
};

const TO_NEW: Words = &["set", "--http-url", NEW];
const ROTATE: Words = &[
    "key",
    "rotate",
    "--auth-key-env",
    "NEW_KEY",
    "--skip-proof",
    "--yes",
];
const APPLY: Words = &["apply", "-f", "callbacks.toml", "--yes"];
const PRUNE: Words = &["apply", "-f", "callbacks.toml", "--prune", "--yes"];
const WIZARD: Words = &["wizard", "--plain", "--region", "cn-shanghai"];
/// The application, HTTP, the new URL, no look at it, signature and events as now, yes, no test event.
const ANSWERS: &str = "\n1\nhttps://example.com/new\n1\n1\n1\n1\n1\n";

const TO_NEW_URL: Effect = Effect::Callback("url", NEW, OLD);
const CHANGED: Script = &[CONFIGURED[0], TO_NEW];
/// A declared callback is so already, and that of another application is to go.
const ANOTHER: Script = &[
    TO_NEW,
    &["set", "--http-url", OLD, "--app-id", "app-0000002"],
];

/// A change, with as many readings before its write.
struct Change {
    name: &'static str,
    args: Words,
    setup: Script,
    action: &'static str,
    words: Words,
    effect: Effect,
    readings: u32,
}

impl Change {
    /// A change by a Set.
    fn set(name: &'static str, args: Words, effect: Effect, readings: u32) -> Self {
        Change {
            name,
            args,
            setup: CONFIGURED,
            action: "set",
            words: SET,
            effect,
            readings,
        }
    }

    /// A column for each of its calls.
    fn columns(self) -> Vec<Column> {
        let call = |what: &str, action, words| Column {
            setup: self.setup,
            effect: self.effect,
            ..reading(&format!("{}: {what}", self.name), self.args, action, words)
        };
        let read = |what, befallen, spared| Column {
            befallen,
            spared,
            before: Some(spared),
            ..call(what, "get", GET)
        };
        let mut columns = vec![read("read", "the first reading", 0)];
        if self.readings > 1 {
            columns.push(read("read again", "the reading right before the write", 1));
        }
        columns.push(Column {
            befallen: "the write",
            before: Some(self.readings),
            phase: Phase::Writing,
            ..call("write", self.action, self.words)
        });
        columns.push(Column {
            before: Some(self.readings + 1),
            phase: Phase::ReadingBack,
            ..read("read back", "the reading after the write", self.readings)
        });
        columns
    }
}

/// Those of one target.
pub fn one() -> Vec<Column> {
    let delete = Change {
        action: "delete",
        words: DELETE,
        ..Change::set("delete", &["delete", "--yes"], Effect::Gone, 1)
    };
    let back = Effect::Callback("url", OLD, NEW);
    let undo = Change {
        setup: CHANGED,
        ..Change::set("undo", &["undo", "--yes"], back, 2)
    };
    let key = Effect::Callback("auth_key", NEW_KEY, OLD_KEY);
    let rotate = Change::set("key rotate", ROTATE, key, 2);
    let set = Change::set("set", TO_NEW, TO_NEW_URL, 1);
    [set, delete, undo, rotate]
        .into_iter()
        .flat_map(Change::columns)
        .collect()
}

/// Those that ask for targets, or find them.
pub fn many() -> Vec<Column> {
    let wizard = Change::set("wizard", WIZARD, TO_NEW_URL, 2).columns();
    let typing = |column: Column| Column {
        typed: Some(ANSWERS),
        // The applications are listed first.
        before: column.before.map(|before| before + 1),
        ..column
    };
    let apply = Change::set("apply", APPLY, TO_NEW_URL, 2).columns();
    let prune = |heading, action, words, befallen| Column {
        befallen,
        setup: ANOTHER,
        effect: Effect::OtherGone,
        ..reading(heading, PRUNE, action, words)
    };
    let mut columns = vec![Column {
        befallen: "the call that finds the applications",
        setup: CONFIGURED,
        effect: TO_NEW_URL,
        ends: Ends::WithoutIf(&[3, 4]),
        typed: Some(ANSWERS),
        ..reading("wizard: find", WIZARD, "list-apps", LIST_APPS)
    }];
    columns.extend(wizard.into_iter().map(typing));
    columns.push(Column {
        befallen: "the question whose account it is",
        setup: CONFIGURED,
        effect: TO_NEW_URL,
        ..reading(
            "apply: account",
            &["apply", "-f", "account.toml", "--yes"],
            "identity",
            IDENTITY,
        )
    });
    columns.extend(apply);
    columns.extend([
        Column {
            before: Some(1),
            ..prune(
                "prune: find",
                "list-apps",
                LIST_APPS,
                "the call that finds the applications",
            )
        },
        Column {
            before: None,
            ..prune(
                "prune: one",
                "get@app-0000001",
                &["Action=GetMessageCallback", "AppId=app-0000001"],
                "the call for one of two more applications",
            )
        },
        Column {
            phase: Phase::Writing,
            before: Some(5),
            ..prune("prune: delete", "delete", DELETE, "the write")
        },
    ]);
    columns
}
