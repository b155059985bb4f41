//! The rules of the house, read from the sources: which floor may use which, and what the lower
//! floors must not know.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Modules by floor; the longest prefix that fits decides.
const FLOORS: &[(&str, u8)] = &[
    ("main", 5),
    ("commands", 4),
    ("emulator", 4),
    ("openapi::client", 3),
    ("credential::assume_role", 3),
    ("credential::chain", 3),
    ("credential::ecs_role", 3),
    ("credential::env", 3),
    ("credential::fetch", 3),
    ("credential::ini", 3),
    ("credential::login", 3),
    ("credential::oidc", 3),
    ("credential::process", 3),
    ("credential::profile", 3),
    ("credential::recipe", 3),
    ("credential::session", 3),
    ("credential::uri", 3),
    ("sts", 3),
    ("ram", 3),
    ("vod::client", 3),
    ("mns::client", 3),
    ("mns::consume", 3),
    ("change::write", 3),
    ("change::history", 3),
    ("change::turn", 3),
    ("change::settle", 3),
    ("change::rotation", 3),
    ("probe::service", 3),
    ("probe::network", 3),
    ("probe::receiver", 3),
    ("probe::queue", 3),
    ("probe::rotation", 3),
    ("probe::destination", 3),
    ("delivery::load", 3),
    ("delivery::recording", 3),
    ("delivery::report", 3),
    ("delivery::scenario", 3),
    ("delivery::receive", 3),
    ("delivery::save", 3),
    ("delivery::send", 3),
    ("delivery::trial", 3),
    ("http", 2),
    ("output", 2),
    ("prompt", 2),
    ("settings", 2),
    ("context", 2),
    ("stop", 2),
    ("program", 2),
    ("render", 2),
    ("openapi", 1),
    ("vod", 1),
    ("delivery", 1),
    ("mns", 1),
    ("change", 1),
    ("probe", 1),
    ("manifest", 1),
    ("exit", 0),
    ("error", 0),
    ("text", 0),
    ("order", 0),
    ("digest", 0),
    ("secret", 0),
    ("target", 0),
    ("callback", 0),
    ("event", 0),
    ("credential", 0),
    ("xml", 0),
    ("query", 0),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS
        .iter()
        .filter(|(name, _)| module == *name || module.starts_with(&format!("{name}::")))
        .max_by_key(|(name, _)| name.len())
        .map(|(_, floor)| *floor)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each module with its code; comments are left out.
pub fn modules() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let name = |path: &Path| {
        let path = path.strip_prefix(&root).unwrap().with_extension("");
        let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
        parts.join("::").trim_end_matches("::mod").to_owned()
    };
    let code = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let all = paths.iter().map(|path| (name(path), code(path)));
    all.filter(|(name, _)| name != "lib").collect()
}

/// The modules a source names by `crate::…`, `super::…` is resolved for one level.
fn uses(module: &str, code: &str) -> Vec<String> {
    let squeezed: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for (at, _) in squeezed.match_indices("crate::") {
        expand(&squeezed[at + "crate::".len()..], "", &mut found);
    }
    let parent = module.rsplit_once("::").map(|(parent, _)| parent);
    for (at, _) in squeezed.match_indices("use super::") {
        let is_folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(module.replace("::", "/"))
            .join("mod.rs")
            .exists();
        let base = if is_folder {
            module.rsplit_once("::").map(|(parent, _)| parent)
        } else {
            parent
        };
        if let Some(base) = base {
            expand(&squeezed[at + "use super::".len()..], base, &mut found);
        }
    }
    found
}

/// Reads `a::b::{c, d::e}` from the start of a text.
fn expand(text: &str, prefix: &str, found: &mut Vec<String>) {
    let join = |prefix: &str, word: &str| match prefix {
        "" => word.to_owned(),
        prefix => format!("{prefix}::{word}"),
    };
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let rest = &text[word.len()..];
    if word.is_empty() && rest.starts_with('{') {
        let mut depth = 0;
        let mut start = 1;
        for (at, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if (c == ',' && depth == 1) || (c == '}' && depth == 0) {
                expand(rest[start..at].trim(), prefix, found);
                start = at + 1;
            }
            if depth == 0 {
                return;
            }
        }
        return;
    }
    let path = if word == "self" {
        prefix.to_owned()
    } else {
        join(prefix, &word)
    };
    match rest.strip_prefix("::") {
        Some(rest) => expand(rest, &path, found),
        None => found.push(path),
    }
}

#[test]
fn the_import_reader_understands_what_it_reads() {
    let code =
        "use crate::openapi::{self, rpc::{sign, Envelope}, acs3};\nlet x = crate::exit::Exit::Ok;";
    assert_eq!(
        uses("commands::get", code),
        [
            "openapi",
            "openapi::rpc::sign",
            "openapi::rpc::Envelope",
            "openapi::acs3",
            "exit::Exit::Ok"
        ]
    );
    assert_eq!(
        uses("commands::get", "use super::{connect, keys};"),
        ["commands::connect", "commands::keys"]
    );
}

#[test]
fn every_module_has_a_floor_and_uses_lower_ones_only() {
    for (module, code) in modules() {
        let own = floor(&module).unwrap_or_else(|| panic!("{module} has no floor"));
        for used in uses(&module, &code) {
            let Some(other) = floor(&used) else { continue };
            let same_folder = module.split("::").next() == used.split("::").next();
            assert!(
                other <= own || same_folder && module.split("::").count() == 1,
                "{module} (floor {own}) uses {used} (floor {other})"
            );
        }
    }
}

/// What commands share, in their folder.
const NO_COMMANDS: &[&str] = &[
    "changed_elsewhere",
    "connection",
    "declared",
    "event_filter",
    "event_source",
    "grammar",
    "help",
    "key_reference",
    "key_source",
    "lines",
    "outcome",
    "proof",
    "queue_lookup",
    "receiver",
    "ready_file",
    "scope",
    "typed_key",
    "verification",
    "whole_file",
];

#[test]
fn a_command_never_uses_another_command() {
    let names: Vec<String> = modules()
        .keys()
        .filter_map(|module| module.strip_prefix("commands::").map(str::to_owned))
        .filter(|name| !NO_COMMANDS.contains(&name.as_str()))
        .collect();
    for (module, code) in modules() {
        let Some(own) = module.strip_prefix("commands::") else {
            continue;
        };
        // A long command has a folder of its own.
        let word = own.split("::").next().unwrap_or(own);
        for used in uses(&module, &code) {
            let other = used
                .strip_prefix("commands::")
                .and_then(|rest| rest.split("::").next());
            assert!(
                other.is_none_or(|other| other == word || !names.iter().any(|name| name == other)),
                "{module} uses {used}"
            );
        }
    }
}

#[test]
fn only_commands_use_the_emulator() {
    for (module, code) in modules() {
        if module.starts_with("commands") || module.starts_with("emulator") {
            continue;
        }
        assert!(
            !uses(&module, &code)
                .iter()
                .any(|used| used.starts_with("emulator")),
            "{module}"
        );
    }
}

#[test]
fn the_lower_floors_know_no_outside() {
    let outside = [
        "std::fs",
        "std::env",
        "std::net::Tcp",
        "std::process",
        "std::io",
        "SystemTime",
        "Instant",
        "Timestamp::now",
        "tokio",
        "reqwest",
        "async fn",
        "uuid",
        "getrandom",
    ];
    for (module, code) in modules() {
        let pure = floor(&module).unwrap() <= 1 || module.starts_with("render");
        if !pure {
            continue;
        }
        for word in outside {
            assert!(!code.contains(word), "{module} knows {word}");
        }
    }
}

#[test]
fn only_the_write_path_changes_a_target() {
    for (module, code) in modules() {
        if module == "change::settle" || module.starts_with("vod") {
            continue;
        }
        for call in ["vod.set(", "vod.delete(", "wire::SET", "wire::DELETE"] {
            let allowed = module.starts_with("emulator") && call.starts_with("wire");
            assert!(allowed || !code.contains(call), "{module} calls {call}");
        }
    }
}
