//! What the program is made of: nothing that it does not use.

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
