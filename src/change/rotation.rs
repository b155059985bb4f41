//! Where a change of the callback key stands.
//!
//! The service holds one key, so for a while the receiver must accept two. What was begun is kept in a
//! file that only its owner can read, since it holds both keys: a rotation takes hours at times, and
//! must survive the end of the process in between.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::{NamedTempFile, PersistError};

use super::turn::private_folder;
use crate::callback::Auth;
use crate::context::Context;
use crate::credential::Credential;
use crate::digest::sha256_hex;
use crate::error::{Error, Result};
use crate::order;
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

    /// Whether the callback was changed meanwhile so that VOD signs with neither key any more.
    pub fn is_overtaken(&self, auth: Option<&Auth>) -> bool {
        match auth.filter(|auth| auth.on) {
            Some(auth) => auth
                .known_key()
                .is_some_and(|key| *key != self.old && *key != self.new),
            None => true,
        }
    }

    /// Where it stands beside what is configured, with its keys or their masks.
    pub fn status(&self, auth: Option<&Auth>, keys: Keys) -> RotationStatus {
        RotationStatus {
            step: if self.is_overtaken(auth) {
                "overtaken"
            } else if self.switched.is_some() {
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

/// The file's form. Its target and owner are for people who look into the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    schema_version: u8,
    target: String,
    #[serde(default)]
    owner: String,
    begun: Timestamp,
    old_key: String,
    new_key: String,
    switched: Option<Timestamp>,
}

/// The file of one target's rotation by one owner. Every account has an application of the same name at the
/// same address, so the owner is a part of the file's name: the account where the source of the key tells
/// it, else the access key.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    target: String,
    owner: String,
    /// What the names of all owners' files of this target begin with.
    of_target: String,
    /// The file of a version that did not tell owners apart.
    of_anybody: PathBuf,
}

impl Place {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file for a target of this service.
    ///
    /// # Errors
    /// A usage error without a home folder.
    pub fn of(ctx: &Context, vod: &Vod, target: &Target) -> Result<Self> {
        let folder = ctx.state_folder()?.join("rotations");
        let caller = &vod.client.caller;
        let credential = caller.issued().map(|issued| issued.credential);
        let (account_id, place) = (caller.account_id(), vod.place());
        let whose = match (&account_id, &credential) {
            (Some(id), _) => id.as_str(),
            (None, Some(credential)) => &credential.access_key_id,
            (None, None) => "",
        };
        let shown = credential.as_ref().map(Credential::shown_id);
        let of_target = short(&target.key(&place));
        let target = format!("{target} at {place}");
        Ok(Place {
            path: folder.join(format!("{of_target}-{}.json", short(whose))),
            of_anybody: folder.join(format!("{}.json", short(&target))),
            owner: account_id.or(shown).unwrap_or_default(),
            of_target,
            target,
        })
    }

    /// What was begun; `None` when nothing was. Temporary keys change, so a rotation of another owner is
    /// this one's too when the configured key is one of its two. What cannot be told is warned of.
    ///
    /// # Errors
    /// A usage error for a file that cannot be read or understood.
    pub fn load(&mut self, ctx: &Context, configured: Option<&Secret>) -> Result<Option<Rotation>> {
        if let Some(rotation) = read(&self.path)? {
            return Ok(Some(rotation));
        }
        for path in self.others() {
            let rotation = read(&path).unwrap_or_default();
            let is_here = rotation.as_ref().is_some_and(|it| match configured {
                Some(key) => *key == it.old || *key == it.new,
                None => path == self.of_anybody,
            });
            if is_here {
                self.path = path;
                return Ok(rotation);
            }
            ctx.out.warn(&format!(
                "{}: another rotation of {} is kept there, begun with other credentials or before somebody set another key; it is left alone",
                path.display(),
                self.target
            ));
        }
        Ok(None)
    }

    /// The files of this target that are not this owner's.
    fn others(&self) -> Vec<PathBuf> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let is_other = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            *path == self.of_anybody || name.starts_with(&self.of_target)
        };
        let paths = entries.map(|entry| entry.path());
        order::by(paths.filter(is_other), Ord::cmp)
    }

    /// Keeps a rotation that was begun now.
    ///
    /// # Errors
    /// As [`Place::save`], and where another process was faster: one of two new keys would be lost.
    pub fn begin(&self, rotation: &Rotation) -> Result<()> {
        self.put(rotation, |file| file.persist_noclobber(&self.path))
    }

    /// Keeps a rotation; the file is replaced whole.
    ///
    /// # Errors
    /// A usage error when it cannot be written.
    pub fn save(&self, rotation: &Rotation) -> Result<()> {
        self.put(rotation, |file| file.persist(&self.path))
    }

    fn put(
        &self,
        rotation: &Rotation,
        persist: impl FnOnce(NamedTempFile) -> std::result::Result<File, PersistError>,
    ) -> Result<()> {
        let stored = Stored {
            schema_version: 1,
            target: self.target.clone(),
            owner: self.owner.clone(),
            begun: rotation.begun,
            old_key: rotation.old.expose().to_owned(),
            new_key: rotation.new.expose().to_owned(),
            switched: rotation.switched,
        };
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(&self.path);
            private_folder(folder)?;
            // A temporary file is its owner's alone, and stays so under its new name.
            let mut file = NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, &stored)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            persist(file)?;
            Ok(())
        };
        write().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Error::usage(format!(
                "another rotation of {} was begun at the same time",
                self.target
            ))
            .hint("this run's key is forgotten; run the command again to see where the other one stands"),
            _ => trouble(&self.path, "written", &error.to_string())
                .hint("make room there, or name a folder that can be written with XDG_STATE_HOME"),
        })
    }

    /// Forgets the rotation with its keys.
    ///
    /// # Errors
    /// A usage error when the file cannot be removed.
    pub fn forget(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(trouble(&self.path, "removed", &error.to_string())
                    .hint("it holds the old and the new key; remove it by hand"))
            }
            _ => Ok(()),
        }
    }
}

/// Enough of a hash to tell names apart.
fn short(text: &str) -> String {
    sha256_hex(text.as_bytes())[..16].to_owned()
}

fn read(path: &Path) -> Result<Option<Rotation>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        // What is below a file is not there either; it is told when something is to be written.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => {
            return Err(trouble(path, "read", &error.to_string())
                .hint("make it readable, or name another folder with XDG_STATE_HOME"));
        }
    };
    let rotation = parse(&bytes).map_err(|(why, hint)| trouble(path, "read", &why).hint(hint))?;
    Ok(Some(rotation))
}

/// Reads what a file holds, or tells what is wrong with it and what to do.
///
/// # Errors
/// For what is no state of a rotation of this version.
pub fn parse(bytes: &[u8]) -> std::result::Result<Rotation, (String, &'static str)> {
    // The parser's own words could quote a key.
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| {
        (
            format!("it is damaged at line {}", error.line()),
            "it holds the old and the new key; repair it, or remove it to begin anew",
        )
    })?;
    if stored.schema_version != 1 {
        let why = "it was written by a newer version";
        return Err((why.to_owned(), "go on with that version"));
    }
    Ok(Rotation {
        begun: stored.begun,
        old: Secret::new(stored.old_key),
        new: Secret::new(stored.new_key),
        switched: stored.switched,
    })
}

fn trouble(path: &Path, what: &str, why: &str) -> Error {
    Error::usage(format!("the state of the rotation cannot be {what}"))
        .cause(format!("{}: {why}", path.display()))
}
