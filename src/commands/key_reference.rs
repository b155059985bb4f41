//! The keys that manifests refer to. No command, but what several need.
//!
//! References are resolved before anything is sent, and each one once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::key_source::read_file;
use crate::callback::auth_key;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::manifest::{Declared, KeyReference, KeySource, Manifest};
use crate::secret::Secret;

/// A password manager may ask its user something.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The values of references.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<(KeySource, PathBuf), Secret>);

impl Keys {
    /// Resolves every reference of a manifest.
    ///
    /// # Errors
    /// A usage error that names the place of each reference that cannot be resolved, or whose value
    /// cannot be a key.
    pub async fn resolve(ctx: &Context, manifest: &Manifest) -> Result<Self> {
        let mut keys = Keys::default();
        let mut failures: BTreeMap<(KeySource, PathBuf), Error> = BTreeMap::new();
        for entry in &manifest.entries {
            let Declared::Callback(declaration) = &entry.declared else {
                continue;
            };
            let Some(reference) = declaration.key() else {
                continue;
            };
            let place = place(ctx, reference);
            if keys.0.contains_key(&place) || failures.contains_key(&place) {
                continue;
            }
            match resolve(ctx, reference).await {
                Ok(key) => {
                    keys.0.insert(place, key);
                }
                Err(error) => {
                    let error = error.cause(format!("{} refers to it", reference.place));
                    failures.insert(place, error);
                }
            }
        }
        Error::all(failures.into_values()).map(|()| keys)
    }

    /// The value of a reference that was resolved.
    pub fn get(&self, ctx: &Context, reference: &KeyReference) -> Option<&Secret> {
        self.0.get(&place(ctx, reference))
    }
}

/// What makes two references the same: the source and the folder it begins at.
fn place(ctx: &Context, reference: &KeyReference) -> (KeySource, PathBuf) {
    (reference.source.clone(), folder(ctx, reference))
}

/// The folder of the manifest; the working directory for standard input.
fn folder(ctx: &Context, reference: &KeyReference) -> PathBuf {
    let file = Path::new(&reference.place.file);
    ctx.cwd.join(file.parent().unwrap_or(Path::new("")))
}

async fn resolve(ctx: &Context, reference: &KeyReference) -> Result<Secret> {
    let text = match &reference.source {
        KeySource::Env(name) => ctx.env.get(name).cloned().ok_or_else(|| unset(name))?,
        KeySource::File(path) => read_file(&folder(ctx, reference).join(path))?,
        KeySource::Command(words) => {
            let printed = run(words, &folder(ctx, reference)).await.map_err(|why| {
                Error::usage(format!("{} gives no key", reference.source))
                    .cause(why)
                    .hint("run it by hand; it must print the key and nothing else, and end with 0")
            })?;
            String::from_utf8_lossy(&printed).into_owned()
        }
    };
    auth_key::parse(&text, &reference.source.to_string())
}

/// What would do for a key is more likely one than the name of a variable, so it is not shown.
fn unset(name: &str) -> Error {
    if auth_key::parse(name, "env").is_ok() {
        return Error::usage("an environment variable is not set whose name may be the key itself")
            .hint("write the name of the variable that holds the key: auth_key = { env = \"VOD_CALLBACK_KEY\" }");
    }
    Error::usage(format!("the environment variable {name} is not set"))
        .hint(format!("put the callback key into it: export {name}=…"))
}

/// Runs a program without a shell, in the manifest's folder. What it says on stderr reaches the user; its
/// output is never shown.
async fn run(words: &[String], folder: &Path) -> std::result::Result<Vec<u8>, String> {
    let (program, arguments) = words.split_first().ok_or("it names no program")?;
    let child = tokio::process::Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let output = tokio::time::timeout(TIME_LIMIT, child.wait_with_output())
        .await
        .map_err(|_| format!("it did not end within {} s", TIME_LIMIT.as_secs()))?
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("it ended with {}", output.status)),
    }
}
