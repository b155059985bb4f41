//! What the program is made of: nothing that it does not use, and the same where it is fuzzed.

use std::collections::BTreeSet;
use std::path::Path;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The names below `[dependencies]`.
fn dependencies() -> Vec<String> {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let table = manifest["dependencies"].as_table().unwrap();
    table.keys().cloned().collect()
}

#[test]
fn every_dependency_is_used() {
    let code: Vec<String> = crate::floors::modules().into_values().collect();
    let code = code.join("\n");
    for name in dependencies() {
        // A crate is called by its name with underscores, or without anything.
        let used = ["_", ""].map(|dash| format!("{}::", name.replace('-', dash)));
        assert!(used.iter().any(|used| code.contains(used)), "{name}");
    }
}

/// Name and version of every package in a lock file.
fn locked(file: &str) -> BTreeSet<(String, String)> {
    let lock: toml::Table = toml::from_str(&read(file)).unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    let text = |package: &toml::Value, name: &str| package[name].as_str().unwrap().to_owned();
    packages
        .map(|package| (text(package, "name"), text(package, "version")))
        .collect()
}

#[test]
fn what_is_fuzzed_is_what_is_built() {
    let built = locked("Cargo.lock");
    let names: BTreeSet<&str> = built.iter().map(|(name, _)| name.as_str()).collect();
    let fuzzed = locked("fuzz/Cargo.lock");
    let others: Vec<_> = fuzzed
        .difference(&built)
        .filter(|(name, _)| names.contains(name.as_str()))
        .collect();
    assert!(
        others.is_empty(),
        "copy Cargo.lock to fuzz/Cargo.lock, and have cargo mend it there: {others:?}"
    );
}
