//! The corpus of the fuzzer, run on every change through the functions that are fuzzed.

use std::collections::BTreeSet;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

fn names(folder: &str, end: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(folder);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(end).unwrap().to_owned())
        .collect()
}

/// On a stack like that of the program; that of a test is a quarter of it.
fn with_the_usual_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(8 * 1024 * 1024);
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn the_corpus_of_every_target_passes() {
    with_the_usual_stack(every_corpus);
}

fn every_corpus() {
    for (name, run) in targets::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(name);
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            run(&std::fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "{name} has {count} files");
    }
}

/// What the tests of manifests have, in the other syntaxes as well.
#[test]
fn the_manifests_of_other_tests_pass() {
    with_the_usual_stack(every_manifest);
}

fn every_manifest() {
    for kind in ["good", "bad", "beyond-schema", "syntax"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/manifests");
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            targets::manifest(&std::fs::read(entry.unwrap().path()).unwrap());
        }
    }
}

/// Requests that were signed apart from vodcb, at the time that the target has: the emulator takes them.
#[test]
fn the_corpus_reaches_behind_the_signatures() {
    let judged = |name: &str| {
        let file = format!("fuzz/corpus/emulator/{name}");
        let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        targets::judged(&bytes).unwrap()
    };
    for (name, operation) in [
        ("rpc", "GetMessageCallback"),
        ("rpc-form", "SetMessageCallback"),
        ("acs3", "GetMessageCallback"),
        ("mns", "ReceiveMessage"),
    ] {
        assert_eq!(judged(name).as_deref(), Ok(operation), "{name}");
    }
}

#[test]
fn every_target_is_complete() {
    let known: BTreeSet<String> = targets::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(names("corpus", ""), known);
    assert_eq!(names("fuzz_targets", ".rs"), known);
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for name in known {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}
