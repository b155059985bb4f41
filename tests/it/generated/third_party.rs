//! `THIRD-PARTY.md`: the licences of what is linked into the program, in the words of the crates themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const INTRODUCTION: &str = "\
# Licences of others

vodcb itself is under MIT or Apache 2.0. The program on Linux is linked with the crates below and with Rust's standard library, which is
under MIT or Apache 2.0, too. Each text stands here once, below the crates that come with it and their notices of copyright. Of
a crate that offers a choice the MIT licence is taken where it is offered.
";

/// Beginnings of the names of files that hold licences and notices.
const NOTICES: [&str; 5] = ["LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// Parts of the names of those that hold the other choices beside MIT.
const OTHER_CHOICES: [&str; 5] = ["APACHE", "COPYING", "ISC", "LGPL", "UNLICENSE"];
const TITLES: [&str; 3] = ["mit license", "the mit license", "the mit license (mit)"];

/// A text, and who comes under it: a crate, with its notices.
#[derive(Default)]
struct Licence {
    text: String,
    crates: BTreeMap<String, BTreeSet<String>>,
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

/// What is linked: normal dependencies, and theirs; macros only help to build.
fn linked(metadata: &Value) -> Vec<&Value> {
    let by_id = |of: &'static str, id: &Value| list(&metadata[of]).find(|it| it["id"] == *id);
    let is_macro = |package: &Value| {
        let mut targets = list(&package["targets"]);
        targets.any(|target| target["kind"][0] == "proc-macro")
    };
    let nodes = &metadata["resolve"];
    let root = &nodes["root"];
    let (mut left, mut seen) = (vec![root], Vec::new());
    while let Some(id) = left.pop() {
        let package = by_id("packages", id).unwrap();
        if seen.contains(&package) || is_macro(package) {
            continue;
        }
        seen.push(package);
        let node = list(&nodes["nodes"]).find(|node| node["id"] == *id);
        let normal = list(&node.unwrap()["deps"])
            .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        left.extend(normal.map(|dep| &dep["pkg"]));
    }
    seen.retain(|package| package["id"] != *root);
    seen.sort_by_key(|package| package["name"].as_str());
    seen
}

/// The files of a crate that say under which terms it is used.
fn files(package: &Value) -> Vec<String> {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let begins = |name: &str, with: &[&str]| with.iter().any(|word| name.starts_with(word));
    let mut named: Vec<(String, String)> = std::fs::read_dir(manifest.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().to_string_lossy().to_uppercase(), entry))
        .filter(|(name, _)| begins(name, &NOTICES))
        .map(|(name, entry)| (name, std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    named.sort();
    let licence = package["license"].as_str().unwrap();
    if licence.contains("MIT") && !licence.contains("AND") {
        let is_other = |name: &str| OTHER_CHOICES.iter().any(|word| name.contains(word));
        named.retain(|(name, _)| !is_other(name));
    }
    named.into_iter().map(|(_, text)| text).collect()
}

fn is_notice(line: &str) -> bool {
    let line = line.trim();
    let names = line.to_lowercase().contains("(c)") || line.contains('©');
    line.starts_with("Copyright") && (names || line.contains(|c: char| c.is_ascii_digit()))
}

fn is_title(line: &str) -> bool {
    let line = line.trim_matches(|c: char| c == '#' || c.is_whitespace());
    TITLES.contains(&line.to_lowercase().as_str())
}

/// The texts in the order of their crates, without regard to how lines are broken.
fn licences(packages: &[&Value]) -> Vec<Licence> {
    let mut found: BTreeMap<String, Licence> = BTreeMap::new();
    let mut without = Vec::new();
    for package in packages {
        let name = named(package);
        let files = files(package);
        if files.is_empty() {
            without.push(package);
        }
        for file in files {
            let lines: Vec<&str> = file.lines().map(str::trim_end).collect();
            let (notices, text): (Vec<&str>, Vec<&str>) =
                lines.iter().partition(|line| is_notice(line));
            let text: Vec<&str> = text.into_iter().filter(|line| !is_title(line)).collect();
            let text = text.join("\n").trim_matches('\n').to_owned();
            let words: Vec<&str> = text.split_whitespace().collect();
            let licence = found.entry(words.join(" ")).or_default();
            if licence.text.is_empty() {
                licence.text = text;
            }
            let crates = licence.crates.entry(name.clone()).or_default();
            crates.extend(notices.iter().map(|notice| notice.trim().to_owned()));
        }
    }
    let mut found: Vec<Licence> = found.into_values().collect();
    found.sort_by_key(|licence| std::cmp::Reverse(licence.crates.len()));
    // The usual text comes first; a crate that forgot it is under it as well.
    for package in without {
        assert_eq!(package["license"], "MIT", "{}", named(package));
        let authors: Vec<&str> = list(&package["authors"])
            .filter_map(Value::as_str)
            .collect();
        let note = format!("brings no text; by {}", authors.join(", "));
        found[0]
            .crates
            .insert(named(package), BTreeSet::from([note]));
    }
    found
}

fn named(package: &Value) -> String {
    let text = |member: &str| package[member].as_str().unwrap();
    format!("{} {}", text("name"), text("version"))
}

#[test]
fn the_licences_of_others() {
    // The list is that of the usual build; elsewhere its crates are not at hand.
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return;
    }
    let metadata = metadata();
    let packages = linked(&metadata);
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| crate | licence |\n|---|---|\n");
    for package in &packages {
        let licence = package["license"].as_str().unwrap();
        writeln!(page, "| {} | {licence} |", named(package)).unwrap();
    }
    for (at, licence) in licences(&packages).into_iter().enumerate() {
        writeln!(page, "\n## Text {}\n", at + 1).unwrap();
        for (name, notices) in licence.crates {
            let notices: Vec<String> = notices.into_iter().collect();
            let colon = if notices.is_empty() { "" } else { ": " };
            writeln!(page, "- {name}{colon}{}", notices.join("; ")).unwrap();
        }
        writeln!(page, "\n```text\n{}\n```", licence.text).unwrap();
    }
    super::kept("THIRD-PARTY.md", &page);
}
