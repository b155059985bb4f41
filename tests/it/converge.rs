//! Laws of manifests: what is exported is restored, what is declared comes about, and a kill in the
//! middle leaves every target either old or new.
#![allow(clippy::disallowed_methods)] // the tests' own clock

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use vodcb::callback::{Auth, Callback, Destination, StoredKey};
use vodcb::change::write::{Ask, Done, Order, Wanted, change};
use vodcb::emulator::Call;
use vodcb::error::Kind;
use vodcb::event::EventSelection;
use vodcb::target::{AppId, Region, Target};

use crate::laws::{context, service};
use crate::sandbox::Sandbox;

/// The keys that manifests refer to by these variables.
const KEYS: [(&str, &str); 2] = [("KEY_A", "Abcdefgh1"), ("KEY_B", "Zyxwvuts9")];

/// One callback as a user would write it down.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    Http {
        url: String,
        on: bool,
        key: Option<usize>,
        events: Vec<&'static str>,
    },
    Queue {
        name: String,
        events: Vec<&'static str>,
    },
}

/// Applications and their callbacks.
type World = BTreeMap<String, Wish>;

fn events() -> impl Strategy<Value = Vec<&'static str>> {
    let names = [
        "FileUploadComplete",
        "SnapshotComplete",
        "StreamTranscodeComplete",
        "TranscodeComplete",
    ];
    prop_oneof![
        1 => Just(vec!["ALL"]),
        4 => proptest::sample::subsequence(names.to_vec(), 0..=4),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    let http = (
        "https://[a-z]{1,8}\\.example\\.com/[a-z0-9?=&%]{0,3}é?",
        any::<bool>(),
        proptest::option::of(0..2usize),
        events(),
    )
        .prop_map(|(url, on, key, events)| Wish::Http {
            url: url.replace('%', "%20"),
            on: on && key.is_some(),
            key,
            events,
        });
    let queue =
        ("[a-z][a-z0-9-]{0,9}", events()).prop_map(|(name, events)| Wish::Queue { name, events });
    prop_oneof![2 => http, 1 => queue]
}

fn world() -> impl Strategy<Value = World> {
    proptest::collection::btree_map("app-[0-4]", wish(), 0..5)
}

/// No event at all is a word in a manifest, where documents have an empty list.
fn declared(events: &[&str]) -> Value {
    match events {
        [] => json!("none"),
        names => json!(names),
    }
}

/// The manifest of a world, written without our writer.
fn manifest(world: &World) -> String {
    let rows: Vec<Value> = world
        .iter()
        .map(|(app_id, wish)| match wish {
            Wish::Http { url, on, key, events } => {
                let mut row = json!({"app_id": app_id, "url": url, "auth": if *on { "on" } else { "off" }, "events": declared(events)});
                if let Some(key) = key {
                    row["auth_key"] = json!({"env": KEYS[*key].0});
                }
                row
            }
            Wish::Queue { name, events } => json!({"app_id": app_id, "mns_queue": name, "events": declared(events)}),
        })
        // A region without any declared target would not be pruned.
        .chain([json!({"app_id": "app-anchor", "state": "absent"})])
        .collect();
    json!({"schema": 1, "defaults": {"region": "cn-shanghai"}, "callback": rows}).to_string()
}

/// What `get` says, as far as a user declares it.
fn state(sandbox: &Sandbox) -> BTreeMap<String, Value> {
    let run = sandbox
        .vodcb([
            "get",
            "--all-apps",
            "--show-auth-key",
            "-o",
            "json",
            "--qps",
            "0",
        ])
        .ok()
        .json();
    let rows = run["callbacks"].as_array().unwrap().iter();
    rows.filter(|row| row["configured"] == true)
        .map(|row| {
            let members = ["url", "auth", "auth_key", "mns_queue", "events"];
            let kept = members.map(|name| (name.to_owned(), row[name].clone()));
            (
                row["app_id"].as_str().unwrap().to_owned(),
                Value::Object(kept.into_iter().collect()),
            )
        })
        .collect()
}

/// The same of a wish; a key that it does not speak of stays stored.
fn expected(wish: &Wish, before: Option<&Value>) -> Value {
    match wish {
        Wish::Http {
            url,
            on,
            key,
            events,
        } => {
            let stays = before.map_or(Value::Null, |before| before["auth_key"].clone());
            let key = key.map_or(stays, |key| json!(KEYS[key].1));
            json!({"url": url, "auth": if *on { "on" } else { "off" }, "auth_key": key, "mns_queue": null, "events": events})
        }
        Wish::Queue { name, events } => {
            json!({"url": null, "auth": null, "auth_key": null, "mns_queue": name, "events": events})
        }
    }
}

fn all_expected(world: &World, before: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let row =
        |(app_id, wish): (&String, &Wish)| (app_id.clone(), expected(wish, before.get(app_id)));
    world.iter().map(row).collect()
}

fn sandbox(faults: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::with(faults, &[]);
    for (name, key) in KEYS {
        sandbox.set(name, key);
    }
    sandbox
}

fn apply(sandbox: &Sandbox, world: &World) {
    sandbox.file("world.json", &manifest(world));
    sandbox
        .vodcb([
            "apply",
            "-f",
            "world.json",
            "--prune",
            "--yes",
            "--qps",
            "0",
            "--no-queue-check",
        ])
        .ok();
}

/// How many writes the service saw.
fn written(sandbox: &Sandbox) -> usize {
    let writing = |action: &&String| action.starts_with("Set") || action.starts_with("Delete");
    sandbox.actions().iter().filter(writing).count()
}

fn few(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn what_is_declared_comes_about_whatever_was_there() {
    proptest!(few(10), |(a in world(), b in world())| {
        let sandbox = sandbox(&[]);
        apply(&sandbox, &a);
        let old = state(&sandbox);
        assert_eq!(old, all_expected(&a, &BTreeMap::new()));
        apply(&sandbox, &b);
        assert_eq!(state(&sandbox), all_expected(&b, &old));
        let calls = sandbox.actions().len();
        apply(&sandbox, &b);
        let later = &sandbox.actions()[calls..];
        assert!(later.iter().all(|action| !action.starts_with("Set") && !action.starts_with("Delete")), "{later:?}");
    });
}

#[test]
fn an_export_restores_an_empty_service() {
    proptest!(few(8), |(world in world(), form in proptest::sample::select(vec!["toml", "yaml", "json"]))| {
        let first = sandbox(&[]);
        apply(&first, &world);
        let export = ["export", "--all-apps", "--format", form, "--qps", "0"];
        let exported = first.vodcb(export).ok();
        let mut second = Sandbox::new();
        for (app_id, wish) in &world {
            if let Wish::Http { key: Some(key), .. } = wish {
                let name = format!("VOD_CALLBACK_KEY_CN_SHANGHAI_{}", app_id.to_uppercase().replace('-', "_"));
                assert!(exported.stderr.contains(&name), "{exported:#?}");
                second.set(&name, KEYS[*key].1);
            }
        }
        let restore = ["apply", "-f", "-", "--format", form, "--yes", "--qps", "0", "--no-queue-check"];
        second.vodcb_with_input(exported.stdout.as_bytes(), restore).ok();
        assert_eq!(second.vodcb(export).ok().stdout, exported.stdout);
        assert_eq!(state(&second), state(&first));
    });
}

#[test]
fn a_kill_leaves_every_target_old_or_new_and_the_next_apply_finishes() {
    // Calls take long enough for a kill to fall between them as well as into them.
    let faults = [
        "set:slow=8",
        "set:slow-after=8",
        "delete:slow=8",
        "get:slow=3",
    ];
    proptest!(few(12), |(a in world(), b in world(), writes in 0usize..5, later in 0u64..25)| {
        let sandbox = sandbox(&faults);
        apply(&sandbox, &a);
        let old = state(&sandbox);
        let new = all_expected(&b, &old);
        sandbox.file("world.json", &manifest(&b));
        let before = written(&sandbox);
        let mut child = sandbox
            .command(["apply", "-f", "world.json", "--prune", "--yes", "--qps", "0", "--no-queue-check"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while child.try_wait().unwrap().is_none() && written(&sandbox) < before + writes {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(later));
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
        let between = state(&sandbox);
        for app_id in old.keys().chain(new.keys()).chain(between.keys()) {
            let now = between.get(app_id);
            assert!(now == old.get(app_id) || now == new.get(app_id), "{app_id}: {now:?}");
        }
        apply(&sandbox, &b);
        assert_eq!(state(&sandbox), new);
    });
}

fn target() -> Target {
    Target {
        region: Region::default(),
        app_id: AppId::default(),
    }
}

fn callback(name: &str) -> Callback {
    Callback {
        destination: Destination::Http {
            url: format!("https://{name}.example.com/"),
            auth: Auth::OFF,
        },
        events: EventSelection::All,
    }
}

/// Whoever orders it: a switch that is sent without its key takes the key away.
#[test]
fn authentication_is_never_written_without_its_key() {
    let home = tempfile::tempdir().unwrap();
    let ctx = context(home.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (running, vod) = service(&ctx, &[]).await;
        for key in [StoredKey::Absent, StoredKey::Hidden] {
            let mut signed = callback("one");
            if let Destination::Http { auth, .. } = &mut signed.destination {
                *auth = Auth { on: true, key };
            }
            let order = Order {
                command: "apply",
                target: &target(),
                wanted: Wanted::Planned {
                    before: None,
                    after: Some(&signed),
                },
                ask: Ask::Never,
                if_match: None,
            };
            let done = change(&ctx, &vod, &order, |_| Ok(())).await;
            assert_eq!(done.err().unwrap().kind, Kind::Usage);
        }
        let writes = |calls: Vec<Call>| calls.iter().any(|it| it.action.starts_with("Set"));
        assert!(!writes(running.log()));
        running.stop().await;
    });
}

#[test]
fn a_target_that_changed_since_the_plan_is_a_conflict() {
    let home = tempfile::tempdir().unwrap();
    let ctx = context(home.path());
    let target = target();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (running, vod) = service(&ctx, &[]).await;
        let [one, two, three] = ["one", "two", "three"].map(callback);
        let order = |wanted| Order {
            command: "apply",
            target: &target,
            wanted,
            ask: Ask::Never,
            if_match: None,
        };
        let first = Wanted::Planned {
            before: None,
            after: Some(&one),
        };
        change(&ctx, &vod, &order(first), |_| Ok(()))
            .await
            .map_err(|error| error.message)
            .unwrap();
        let stale = Wanted::Planned {
            before: None,
            after: Some(&two),
        };
        let error = change(&ctx, &vod, &order(stale), |_| Ok(()))
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind, Kind::Conflict);
        assert_eq!(
            error.message,
            "app-1000000 in cn-shanghai was changed by somebody else meanwhile"
        );
        // Who was faster with the very same is no enemy.
        let same = Wanted::Planned {
            before: Some(&three),
            after: Some(&one),
        };
        let outcome = change(&ctx, &vod, &order(same), |_| Ok(()))
            .await
            .map_err(|error| error.message)
            .unwrap();
        assert_eq!(outcome.done, Done::AlreadySo);
        let right = Wanted::Planned {
            before: Some(&one),
            after: Some(&two),
        };
        let outcome = change(&ctx, &vod, &order(right), |_| Ok(()))
            .await
            .map_err(|error| error.message)
            .unwrap();
        assert_eq!(outcome.callback, Some(two));
        running.stop().await;
    });
}
