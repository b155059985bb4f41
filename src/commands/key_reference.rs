//! The keys that manifests refer to. No command, but what several need.
//!
//! References are resolved before anything is sent, and each one once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::key_source::{read_file, variable};
use crate::callback::auth_key;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::manifest::{Declared, KeyReference, KeySource, Manifest};
use crate::program;
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
        KeySource::Env(name) => return variable(ctx, name),
        KeySource::File(path) => read_file(folder(ctx, reference).join(path)).await?,
        KeySource::Command(words) => {
            let folder = folder(ctx, reference);
            let printed = program::printed(words, &folder, TIME_LIMIT).await;
            let printed = printed.map_err(|why| {
                Error::usage(format!("{} gives no key", reference.source))
                    .cause(why)
                    .hint("run it by hand; it must print the key and nothing else, and end with 0")
            })?;
            String::from_utf8_lossy(&printed).into_owned()
        }
    };
    auth_key::parse(&text, &reference.source.to_string())
}
