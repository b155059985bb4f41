//! Programs of others that some tests need: shells and readers of manual pages.
#![allow(clippy::disallowed_methods)] // the tests' own environment

use std::io::Write;

/// Whether a program is there. On a build server it must be; elsewhere the test says what it leaves out.
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return true;
    }
    let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    assert!(
        !ci,
        "{program} is not installed, and on a build server nothing is left out"
    );
    // Past the capture of the test runner.
    let _ = writeln!(
        std::io::stderr(),
        "left out: a test needs {program}, which is not installed"
    );
    false
}
