//! The manual: every page renders without a warning, and says what the program does.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use crate::sandbox::Sandbox;
use crate::tools::installed;

fn pages(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    let folder = sandbox.home().join("man");
    sandbox.vodcb(["man", "--dir", "man"]).ok();
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

/// What a reader of manual pages writes, and what it complains about.
fn read(program: &str, args: &[&str], page: &Path) -> (String, String) {
    let output = Command::new(program)
        .args(args)
        .arg(page)
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "80")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_dry_run_writes_no_page() {
    let sandbox = Sandbox::offline();
    let run = sandbox.vodcb(["man", "--dir", "man", "--dry-run"]).ok();
    assert!(run.stdout.contains("would be written to man"), "{run:?}");
    assert!(!sandbox.home().join("man").exists());
}

#[test]
fn every_command_has_a_page_and_the_first_is_printed() {
    let sandbox = Sandbox::offline();
    let names: Vec<String> = pages(&sandbox)
        .iter()
        .map(|page| page.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for name in ["vodcb.1", "vodcb-set.1", "vodcb-events-show.1"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let printed = sandbox.vodcb(["man"]).ok().stdout;
    let written = std::fs::read_to_string(sandbox.home().join("man/vodcb.1")).unwrap();
    assert_eq!(printed, written);
    for text in [
        "VODCB_REGION",
        ".SH \"EXIT STATUS\"",
        "unknown outcome",
        "vodcb\\-set(1)",
    ] {
        assert!(printed.contains(text), "{text} in {printed}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let sandbox = Sandbox::offline();
    sandbox.file("man", "a file");
    sandbox
        .vodcb(["man", "--dir", "man"])
        .exits(2)
        .says(&["the pages cannot be written to man", "hint: name a folder"]);
}

#[test]
fn man_has_no_warnings() {
    if !installed("man") {
        return;
    }
    let sandbox = Sandbox::offline();
    for page in pages(&sandbox) {
        // Formatted into nothing, as Debian's lintian does.
        let args = ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"];
        let (_, complaints) = read("man", &args, &page);
        assert_eq!(complaints, "", "{}", page.display());
    }
}

#[test]
fn mandoc_has_no_warnings() {
    if !installed("mandoc") {
        return;
    }
    let sandbox = Sandbox::offline();
    for page in pages(&sandbox) {
        let said = read("mandoc", &["-T", "lint", "-W", "warning"], &page);
        assert_eq!(said, (String::new(), String::new()), "{}", page.display());
    }
}
