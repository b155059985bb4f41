//! What is made from the program and kept in the repository: compared by default, and written anew by
//! `VODCB_UPDATE=1 cargo test --test it -- generated`.
#![allow(clippy::disallowed_methods)] // the test's own switch

use std::path::Path;

mod faults;
mod outline;
mod overview;
mod reference;
#[cfg(target_os = "linux")] // one stream of both, by a shell
mod screens;
mod third_party;

/// Compares a file of the repository with what the program makes now, or writes it.
#[track_caller]
fn kept(path: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("VODCB_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, made).unwrap();
        return;
    }
    let held = std::fs::read_to_string(&file).unwrap_or_default();
    if held == made {
        return;
    }
    let line = held
        .lines()
        .zip(made.lines())
        .position(|(held, made)| held != made)
        .unwrap_or_else(|| held.lines().count().min(made.lines().count()));
    panic!(
        "{path} is stale from line {} on:\n  kept: {}\n  made: {}\n\
         write it anew: VODCB_UPDATE=1 cargo test --test it -- generated",
        line + 1,
        held.lines().nth(line).unwrap_or("(nothing)"),
        made.lines().nth(line).unwrap_or("(nothing)"),
    );
}
