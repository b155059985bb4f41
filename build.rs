//! Gives the program its version, with the commit where one is known: `0.1.0 (d73faab2c)`, and its tables
//! without the blanks that make them readable. Tells the linker what a release does not need.
//!
//! Only what git says goes in, no time and no place, so the same commit builds the same version
//! everywhere. A source package has no repository, hence no commit.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // how cargo and build scripts talk

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Tables that would otherwise hold more blanks than words.
const TABLES: [(&str, &str); 2] = [
    ("src/event/catalogue.json", "catalogue.json"),
    ("src/commands/schema/output.json", "output_schema.json"),
];

fn main() {
    let out = env::var("OUT_DIR").expect("cargo names a folder");
    for (table, name) in TABLES {
        println!("cargo::rerun-if-changed={table}");
        let text = fs::read_to_string(table).expect("the table is there");
        fs::write(Path::new(&out).join(name), dense(&text)).expect("the folder is cargo's");
    }
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = match env::var("PROFILE").as_deref() {
        Ok("release") => commit(),
        // Else every commit would compile what did not change for those who work on it.
        _ => None,
    };
    let version = match commit {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=VERSION_WITH_COMMIT={version}");
    if is_linked_as_usual() {
        leave_unwinding_out();
        pack_relocations();
    }
}

/// What cargo tells under this name, nothing where it tells nothing.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Whether this is a release for Linux by the linker that comes with Rust: another one, or flags for it that
/// somebody chose, may not go with ours.
fn is_linked_as_usual() -> bool {
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    variable("PROFILE") == "release"
        && variable("TARGET") == "x86_64-unknown-linux-gnu"
        && variable("RUSTC_LINKER").is_empty()
        && !flags_the_linker(&flags)
}

/// Whether one of the flags is an option of code generation, or an unstable one, about linking or unwinding;
/// a path may have such words in it.
fn flags_the_linker(flags: &str) -> bool {
    let mut before = "";
    flags.split('\u{1f}').any(|word| {
        let option = match std::mem::replace(&mut before, word) {
            "-C" | "--codegen" | "-Z" => word,
            _ => ["-C", "--codegen=", "-Z"]
                .iter()
                .find_map(|start| word.strip_prefix(start))
                .unwrap_or_default(),
        };
        let name = option.split('=').next().unwrap_or_default();
        option == "panic=unwind" || name.contains("link") || name.contains("unwind")
    })
}

/// A panic ends the process where it is, so nothing ever reads the tables for unwinding, an eighth of the
/// program; and what little is called of the library that does it is linked in, so that the system need not
/// load it at every start.
fn leave_unwinding_out() {
    println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    for name in ["release.ld", "often.ld"] {
        let script = Path::new(&folder).join(name);
        println!("cargo::rerun-if-changed={name}");
        println!("cargo::rustc-link-arg-bins=-T{}", script.display());
    }
    let library = Command::new("cc")
        .arg("-print-file-name=libgcc_eh.a")
        .output();
    // Its bare name is the answer where it is not known.
    if library.is_ok_and(|library| library.stdout.starts_with(b"/")) {
        println!("cargo::rustc-link-lib=gcc_eh");
    }
}

/// The list of places that the loader adjusts takes a fiftieth of the room where it is packed, which the C library
/// understands from 2.36 on. So a program that is to run with an older one has to be built with that, as ever.
fn pack_relocations() {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let told = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    let told = told.unwrap_or_default();
    let version = told.trim().strip_prefix("glibc 2.").unwrap_or_default();
    if variable("HOST") == variable("TARGET") && version.parse().is_ok_and(|minor: u32| minor >= 36)
    {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// JSON without the blanks between its tokens.
fn dense(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    json.chars()
        .filter(|letter| {
            let quote = *letter == '"' && !escaped;
            escaped = in_text && *letter == '\\' && !escaped;
            in_text ^= quote;
            in_text || !letter.is_ascii_whitespace()
        })
        .collect()
}

/// The commit that is checked out here, marked where files differ from it.
fn commit() -> Option<String> {
    let here = env::var("CARGO_MANIFEST_DIR").ok()?;
    // A repository further up is somebody else's.
    if !Path::new(&here).join(".git").exists() {
        return None;
    }
    // The reflog changes with everything that moves HEAD; the sources decide about the mark.
    let reflog = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    for changing in [
        reflog.as_str(),
        "src",
        "completions",
        "Cargo.lock",
        "Cargo.toml",
    ] {
        println!("cargo::rerun-if-changed={changing}");
    }
    git(&[
        "describe",
        "--always",
        "--dirty",
        "--abbrev=9",
        "--exclude=*",
    ])
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
