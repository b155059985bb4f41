//! What the build script tells the linker, and when it leaves that to whoever chose flags of his own.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods)] // it is a program of its own

use std::path::Path;
use std::process::Command;

/// The build script as a program.
fn compiled(folder: &Path) -> std::path::PathBuf {
    let program = folder.join("build-script");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "build.rs", "-o"])
        .arg(&program)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    program
}

#[test]
fn flags_about_linking_and_unwinding_turn_ours_off_and_paths_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled(folder.path());
    let is_ours = |flags: &[&str]| {
        let output = Command::new(&program)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("OUT_DIR", folder.path())
            .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
            .env("PROFILE", "release")
            .env("TARGET", "x86_64-unknown-linux-gnu")
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .env_remove("RUSTC_LINKER")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).contains("--no-eh-frame-hdr")
    };
    for flags in [
        &[][..],
        &["--remap-path-prefix=/home/ada/blink=/vodcb"],
        &["--remap-path-prefix", "/home/ada/unwind=/vodcb"],
        &["-C", "target-cpu=native"],
        &["-Cprofile-use=/home/ada/blink/merged"],
        &["-Cpanic=abort", "--cfg", "link"],
    ] {
        assert!(is_ours(flags), "{flags:?}");
    }
    for flags in [
        &["-Clinker=clang"][..],
        &["-C", "link-arg=-fuse-ld=mold"],
        &["--codegen=link-args=-s"],
        &["--codegen", "linker-flavor=gcc"],
        &["-C", "force-unwind-tables=yes"],
        &["-Cpanic=unwind"],
        &["-Zlinker-features=+lld"],
        &["-C", "opt-level=3", "-C", "link-self-contained=yes"],
    ] {
        assert!(!is_ours(flags), "{flags:?}");
    }
}
