//! Where a change of the callback key stands.
//!
//! The service holds one key, so for a while the receiver must accept two. What was begun is kept in a
//! file that only its owner can read, since it holds both keys: a rotation takes hours at times, and
//! must survive the end of the process in between.

use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::turn::private_folder;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::openapi::acs3::sha256_hex;
use crate::render::callback::Keys;
use crate::render::key::{self as view, RotationStatus};
use crate::secret::Secret;
use crate::target::Target;
use crate::vod::Vod;

/// A rotation that was begun and not finished.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// When it was begun.
    pub begun: Timestamp,
    /// The key before.
    pub old: Secret,
    /// The key after.
    pub new: Secret,
    /// When VOD was given the new key.
    pub switched: Option<Timestamp>,
}

impl Rotation {
    /// The same as the configured key shows it, since a run may have ended between the write and its
    /// note; `None` when it is neither the old nor the new one, so that somebody else was here.
    pub fn seen(mut self, configured: &Secret, now: Timestamp) -> Option<Self> {
        self.switched = if *configured == self.new {
            self.switched.or(Some(now))
        } else if *configured == self.old {
            None
        } else {
            return None;
        };
        Some(self)
    }

    /// Where it stands, with its keys or their masks.
    pub fn status(&self, keys: Keys) -> RotationStatus {
        RotationStatus {
            step: if self.switched.is_some() {
                "switched"
            } else {
                "prepared"
            },
            begun: view::moment(self.begun),
            switched: self.switched.map(view::moment),
            old_key: view::key(&self.old, keys),
            new_key: view::key(&self.new, keys),
        }
    }
}

/// The file's form.
#[derive(Serialize, Deserialize)]
struct Stored {
    schema_version: u8,
    /// For people who look into the file.
    target: String,
    begun: Timestamp,
    old_key: String,
    new_key: String,
    switched: Option<Timestamp>,
}

/// Reads what a file holds, or tells what is wrong with it.
pub fn read(bytes: &[u8]) -> std::result::Result<Rotation, String> {
    // The parser's own words could quote a key.
    let stored: Stored = serde_json::from_slice(bytes)
        .map_err(|error| format!("it is damaged at line {}", error.line()))?;
    if stored.schema_version != 1 {
        return Err("it was written by a newer version".to_owned());
    }
    Ok(Rotation {
        begun: stored.begun,
        old: Secret::new(stored.old_key),
        new: Secret::new(stored.new_key),
        switched: stored.switched,
    })
}

/// The file of one target's rotation.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    target: String,
}

impl Place {
    /// The file for a target of this service.
    ///
    /// # Errors
    /// A usage error without a home folder.
    pub fn of(ctx: &Context, vod: &Vod, target: &Target) -> Result<Self> {
        let target = format!("{target} at {}", vod.place());
        let name = format!("{}.json", &sha256_hex(target.as_bytes())[..16]);
        let path = ctx.state_folder()?.join("rotations").join(name);
        Ok(Place { path, target })
    }

    /// What was begun; `None` when nothing was.
    ///
    /// # Errors
    /// A usage error for a file that cannot be read or understood.
    pub fn load(&self) -> Result<Option<Rotation>> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.trouble("read", &error.to_string())),
        };
        let read = read(&bytes).map_err(|why| self.trouble("read", &why))?;
        Ok(Some(read))
    }

    /// Keeps a rotation; the file is replaced whole.
    ///
    /// # Errors
    /// A usage error when it cannot be written.
    pub fn save(&self, rotation: &Rotation) -> Result<()> {
        let stored = Stored {
            schema_version: 1,
            target: self.target.clone(),
            begun: rotation.begun,
            old_key: rotation.old.expose().to_owned(),
            new_key: rotation.new.expose().to_owned(),
            switched: rotation.switched,
        };
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(&self.path);
            private_folder(folder)?;
            // A temporary file is its owner's alone, and stays so under its new name.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, &stored)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|error| self.trouble("written", &error.to_string()))
    }

    /// Forgets the rotation with its keys.
    ///
    /// # Errors
    /// A usage error when the file cannot be removed.
    pub fn forget(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(self.trouble("removed", &error.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn trouble(&self, what: &str, why: &str) -> Error {
        let path = self.path.display();
        Error::usage(format!("the state of the rotation cannot be {what}"))
            .cause(format!("{path}: {why}"))
            .hint("it holds the old and the new key; repair it, or remove it to begin anew")
    }
}
