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

#[test]
fn the_corpus_of_every_target_passes() {
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
