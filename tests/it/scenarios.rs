//! One folder for each way to be logged in, under `tests/data/credentials`.
//!
//! A folder holds `purpose.txt` (one sentence), `home/` (copied to the home folder), and as needed
//! `env` (NAME=VALUE), `args` (one a line), `quirks` and `faults` of the emulator, `modes` (octal mode
//! and path below home), and always `expect.json`:
//! `{"exit": 0, "document": {…members that must be so…}, "stderr": ["…"], "absent": ["…"]}`; the last two
//! are texts that stand, or do not stand, in stderr, where an escaped quote counts as a quote.
//! A file `temporary-key` makes the emulator ask for the token of its key. Whatever is sent beyond this
//! machine ends at a proxy that is not there. In every file `{emulator}`, `{home}`, `{id}`, `{secret}`,
//! `{token}` and `{now+N}` are replaced.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;

use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN, Sandbox};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/credentials");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
}

struct Scenario {
    folder: PathBuf,
    sandbox: Sandbox,
}

impl Scenario {
    fn open(folder: &Path) -> Self {
        let lines = |name: &str| -> Vec<String> {
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            text.lines()
                .filter(|line| !line.trim().is_empty())
                .map(str::to_owned)
                .collect()
        };
        let (faults, quirks) = (lines("faults"), lines("quirks"));
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        let quirks: Vec<&str> = quirks.iter().map(String::as_str).collect();
        let temporary = folder.join("temporary-key").exists();
        let mut sandbox = if temporary {
            Sandbox::with_token(&faults, &quirks)
        } else {
            Sandbox::with(&faults, &quirks)
        };
        for name in [
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECURITY_TOKEN",
        ] {
            sandbox.unset(name);
        }
        for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
            sandbox.set(name, "http://127.0.0.1:9");
        }
        let scenario = Scenario {
            folder: folder.to_owned(),
            sandbox,
        };
        let variables: Vec<(String, String)> = lines("env")
            .iter()
            .map(|line| scenario.filled(line))
            .map(|line| {
                line.split_once('=')
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .unwrap()
            })
            .collect();
        let Scenario {
            folder,
            mut sandbox,
        } = scenario;
        for (name, value) in variables {
            if value == "{unset}" {
                sandbox.unset(&name);
            } else {
                sandbox.set(&name, &value);
            }
        }
        let scenario = Scenario { folder, sandbox };
        scenario.copy(&scenario.folder.join("home"), Path::new(""));
        for line in lines("modes") {
            scenario.set_mode(&line);
        }
        scenario
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text
            .replace("{emulator}", self.sandbox.url())
            .replace("{home}", self.sandbox.home().to_str().unwrap())
            .replace("{id}", ACCESS_KEY_ID)
            .replace("{secret}", ACCESS_KEY_SECRET)
            .replace("{token}", SECURITY_TOKEN);
        while let Some(at) = text.find("{now") {
            let end = at + text[at..].find('}').unwrap();
            let offset: i64 = text[at + 4..end].parse().unwrap_or(0);
            #[allow(clippy::disallowed_methods)] // the tests' own clock
            let now = jiff::Timestamp::now().as_second();
            text.replace_range(at..=end, &(now + offset).to_string());
        }
        text
    }

    fn copy(&self, from: &Path, below: &Path) {
        let Ok(entries) = std::fs::read_dir(from) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = below.join(path.file_name().unwrap());
            if path.is_dir() {
                self.copy(&path, &name);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                match String::from_utf8(bytes.clone()) {
                    Ok(text) => self
                        .sandbox
                        .file(name.to_str().unwrap(), &self.filled(&text)),
                    Err(_) => {
                        let target = self.sandbox.file(name.to_str().unwrap(), "");
                        std::fs::write(&target, bytes).unwrap();
                        target
                    }
                };
            }
        }
    }

    fn set_mode(&self, line: &str) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let (mode, path) = line.split_once(' ').unwrap();
            let mode = u32::from_str_radix(mode, 8).unwrap();
            std::fs::set_permissions(
                self.sandbox.home().join(path),
                std::fs::Permissions::from_mode(mode),
            )
            .unwrap();
        }
    }

    fn run(&self) {
        let name = self
            .folder
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let purpose = std::fs::read_to_string(self.folder.join("purpose.txt")).unwrap();
        assert!(
            purpose.trim().ends_with('.') && purpose.trim().len() > 20,
            "{name}: the purpose is a sentence"
        );
        let expected = std::fs::read_to_string(self.folder.join("expect.json")).unwrap();
        let expected: Value = serde_json::from_str(&self.filled(&expected)).unwrap();
        let args = std::fs::read_to_string(self.folder.join("args"))
            .unwrap_or_else(|_| "whoami\n--explain\n-o\njson\n".into());
        let run = self.sandbox.vodcb(args.lines());
        assert_eq!(
            i64::from(run.code),
            expected["exit"],
            "{name}: {purpose}{run:#?}"
        );
        if let Some(members) = expected["document"].as_object() {
            let document = run.json();
            for (member, value) in members {
                let pointer = format!("/{}", member.replace('.', "/"));
                assert_eq!(
                    document.pointer(&pointer),
                    Some(value),
                    "{name}: {member}: {purpose}{run:#?}"
                );
            }
        }
        let said = run.stderr.replace("\\\"", "\"");
        for text in expected["stderr"].as_array().into_iter().flatten() {
            assert!(
                said.contains(text.as_str().unwrap()),
                "{name}: no {text}: {purpose}{run:#?}"
            );
        }
        for text in expected["absent"].as_array().into_iter().flatten() {
            assert!(
                !said.contains(text.as_str().unwrap()),
                "{name}: {text}: {purpose}{run:#?}"
            );
        }
        for secret in [ACCESS_KEY_SECRET, SECURITY_TOKEN] {
            for text in [&run.stdout, &run.stderr] {
                assert!(
                    !text.contains(secret) && !text.contains(&secret[4..16]),
                    "{name} shows a secret: {run:#?}"
                );
            }
        }
    }
}

#[test]
fn every_scenario_ends_as_its_folder_says() {
    let folders = folders();
    assert!(folders.len() >= 40, "only {} scenarios", folders.len());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for chunk in folders.chunks(folders.len().div_ceil(4)) {
            let failed = &failed;
            scope.spawn(move || {
                for folder in chunk {
                    if catch_unwind(|| Scenario::open(folder).run()).is_err() {
                        failed.lock().unwrap().push(folder.file_name().unwrap());
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    assert!(failed.is_empty(), "{} failed: {failed:?}", failed.len());
}
