//! Every command line of the documentation is run, so that none goes stale.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .chain([root().join("README.md")])
        .collect();
    pages.sort();
    pages
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == format!("```{language}") {
            let block: Vec<&str> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .collect();
            found.push(block.join("\n"));
        }
    }
    found
}

/// What the blocks marked `sh` of a page make together: one session, read from top to bottom.
fn session(text: &str) -> String {
    let builds = |block: &String| block.contains("cargo test") || block.contains("cargo install");
    let mut blocks = blocks(text, "sh");
    blocks.retain(|block| !builds(block));
    blocks
        .join("\n")
        .replace("cargo run --release -- ", "vodcb ")
}

/// Runs a script in the sandbox; what it left in the background ends with it.
#[track_caller]
fn works(sandbox: &Sandbox, script: &str, page: &Path) {
    use std::os::unix::process::CommandExt;
    let bin = Path::new(env!("CARGO_BIN_EXE_vodcb")).parent().unwrap();
    // Waited for too: a server that still ends would write into a home that is being removed.
    let end = "trap 'trap \"\" TERM; kill 0; wait' EXIT";
    let output = Command::new("sh")
        .args(["-euxc", &format!("{end}\n{script}")])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", sandbox.home())
        .envs(sandbox.environment().iter().cloned())
        .env("VOD_CALLBACK_KEY", "Abcdefgh1")
        .current_dir(sandbox.home())
        .stdin(Stdio::null())
        .process_group(0)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}, at the end of:\n{}\n{}",
        page.display(),
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout),
    );
}

/// A page works against an emulator with nothing else prepared.
#[test]
fn every_shell_block_of_the_documentation_works() {
    let mut run = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let script = session(&text);
        if !script.is_empty() {
            works(&Sandbox::new(), &script, &page);
            run += 1;
        }
    }
    assert!(run >= 5, "only {run} pages have something to run");
}

#[test]
fn the_first_screen_has_the_two_commands() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let first: Vec<&str> = text.lines().take(40).collect();
    let first = first.join("\n");
    assert!(
        first.contains("cargo run --release -- --emulator set --http-url"),
        "{first}"
    );
    assert!(first.contains("cargo test"), "{first}");
}

/// The anchors of a page's headings, made as the usual renderers make them.
fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let headings = text.lines().filter(move |line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced && line.starts_with('#')
    });
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// The links of a page, as seen from the root.
fn links(page: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let link = |at: usize| text[at + 2..].split(')').next().unwrap().to_owned();
    let from_root = |link: String| match link.strip_prefix("../") {
        Some(outside) => outside.to_owned(),
        None if link.starts_with("http") || folder.is_empty() => link,
        None => format!("{folder}/{link}"),
    };
    let found = text.match_indices("](");
    found.map(|(at, _)| from_root(link(at))).collect()
}

/// The blocks of a page, without the comments in them.
fn code(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut code: Vec<String> = Vec::new();
    for language in ["sh", "text"] {
        for block in blocks(&text, language) {
            let lines = block.lines().map(|line| line.split("  #").next().unwrap());
            code.push(lines.map(str::trim_end).collect::<Vec<_>>().join("\n"));
        }
    }
    code
}

#[test]
fn the_readme_in_chinese_has_the_links_and_blocks_of_the_other() {
    const PAGES: [&str; 2] = ["README.md", "docs/README.zh-CN.md"];
    let [mut english, mut chinese] = PAGES.map(links);
    // Each leads to the other.
    assert!(english.remove(PAGES[1]) && chinese.remove(PAGES[0]));
    assert_eq!(chinese, english);
    assert!(english.len() > 20, "{english:?}");
    let [english, chinese] = PAGES.map(code);
    assert_eq!(chinese, english);
    assert!(english.len() > 8, "{english:?}");
}

#[test]
fn every_relative_link_leads_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap();
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", page.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                let anchors = anchors(&text);
                assert!(
                    anchors.iter().any(|other| other == anchor),
                    "{}: {link}: {anchors:?}",
                    page.display()
                );
            }
        }
    }
}

#[test]
fn every_command_is_in_the_readme_table() {
    use clap::CommandFactory;
    for readme in ["README.md", "docs/README.zh-CN.md"] {
        let text = std::fs::read_to_string(root().join(readme)).unwrap();
        for command in vodcb::commands::Cli::command().get_subcommands() {
            let row = format!("| `vodcb {}", command.get_name());
            assert!(
                text.contains(&row),
                "{readme} lacks a row beginning {row:?}"
            );
        }
    }
}
