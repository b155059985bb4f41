//! The stored callbacks, in memory or in a file that several emulators may share.
//!
//! A file is looked at for each call under an exclusive lock, read if it is another one than the last
//! time, and replaced whole, so that a reader
//! sees the state before or after a call and a process may be killed at any moment. The lock is a
//! file of its own, since the state file is another one after each write.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::rules::Stored;
use super::{Storage, held};
use crate::error::{Error, Result};
use crate::order;
use crate::text::quoted;

const SCHEMA: u32 = 1;
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// Ten seconds in all: longer than any call takes, shorter than a user's patience.
const LOCK_ATTEMPTS: u32 = 2000;

/// Where a callback belongs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) app_id: String,
}

#[derive(Serialize, Deserialize)]
struct Row<P, C> {
    #[serde(flatten)]
    place: P,
    callback: C,
}

/// The table as it is written.
#[derive(Serialize, Deserialize)]
struct Page<R> {
    schema: u32,
    callbacks: Vec<R>,
}

/// Every stored callback.
#[derive(Default)]
pub struct Table {
    callbacks: BTreeMap<Place, Stored>,
    changed: bool,
}

impl Table {
    pub(super) fn get(&self, place: &Place) -> Option<&Stored> {
        self.callbacks.get(place)
    }

    pub(super) fn put(&mut self, place: Place, callback: Stored) {
        self.changed |= self.callbacks.get(&place) != Some(&callback);
        self.callbacks.insert(place, callback);
    }

    /// True when there was one.
    pub(super) fn remove(&mut self, place: &Place) -> bool {
        let removed = self.callbacks.remove(place).is_some();
        self.changed |= removed;
        removed
    }

    /// The applications of an account that have a callback in a region, sorted.
    pub(super) fn app_ids(&self, account_id: &str, region: &str) -> impl Iterator<Item = &str> {
        let first = Place {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            app_id: String::new(),
        };
        self.callbacks
            .range(first..)
            .map(|(place, _)| place)
            .take_while(move |place| place.account_id == account_id && place.region == region)
            .map(|place| place.app_id.as_str())
    }
}

/// The door to the stored callbacks.
pub(super) enum Store {
    Memory(Mutex<Table>),
    File(PathBuf, Mutex<Option<Known>>),
}

/// What a file held when it was last read or written.
pub(super) struct Known {
    table: Table,
    stamp: Stamp,
    /// While it is open no other file can be mistaken for it.
    _file: File,
}

/// What tells whether a file is another one, or was changed in place by hand.
type Stamp = (u64, u64, u64, Option<SystemTime>);

impl Known {
    /// The table as the file holds it now; `None` where files cannot be told apart.
    fn new(path: &Path, table: Table) -> Option<Self> {
        let file = File::open(path).ok()?;
        let stamp = stamp(&file.metadata().ok()?)?;
        Some(Known {
            table,
            stamp,
            _file: file,
        })
    }

    fn is(&self, path: &Path) -> bool {
        let now = fs::metadata(path).ok();
        now.and_then(|now| stamp(&now)) == Some(self.stamp)
    }
}

#[cfg(unix)]
fn stamp(file: &fs::Metadata) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino(), file.len(), file.modified().ok()))
}

#[cfg(not(unix))]
fn stamp(_file: &fs::Metadata) -> Option<Stamp> {
    None
}

impl Store {
    /// Makes sure that a file can be used, without changing what it holds.
    pub(super) fn open(storage: Storage) -> Result<Self> {
        match storage {
            Storage::Memory => Ok(Store::Memory(Mutex::default())),
            Storage::File(path) => {
                create_folder(&path).map_err(|error| trouble(&path, &error))?;
                load(&path)?;
                open_lock(&path).map_err(|error| trouble(&path, &error))?;
                Ok(Store::File(path, Mutex::default()))
            }
        }
    }

    /// Works on the callbacks and keeps what changed, all or nothing.
    pub(super) async fn with<T>(&self, work: impl FnOnce(&mut Table) -> T) -> Result<T> {
        match self {
            Store::Memory(table) => Ok(work(&mut held(table))),
            Store::File(path, known) => {
                let _lock = lock(path).await?;
                let mut known = held(known);
                let mut now = match known.take() {
                    Some(known) if known.is(path) => known.table,
                    _ => load(path)?,
                };
                let result = work(&mut now);
                if now.changed {
                    save(path, &now).map_err(|error| trouble(path, &error))?;
                    now.changed = false;
                }
                *known = Known::new(path, now);
                Ok(result)
            }
        }
    }
}

/// Makes sure that a file holds an emulator's state, or nothing; or, where that will do, what is left of a state.
///
/// # Errors
/// A usage error that says what keeps it from being one.
pub fn recognise(path: &Path, damaged_will_do: bool) -> Result<()> {
    let Err(error) = load(path) else {
        return Ok(());
    };
    let damaged = was_state(path);
    if damaged && damaged_will_do {
        return Ok(());
    }
    let refused = Error::usage(format!("{} holds no state of an emulator", path.display()));
    let refused = error.causes.into_iter().fold(refused, Error::cause);
    Err(refused.hint(if damaged {
        "it begins as one; --yes removes it all the same"
    } else {
        "name the file of emulator start --state; this one is not removed"
    }))
}

/// Whether a file begins as a state does, however it goes on: what cannot be read and does not is somebody's own.
fn was_state(path: &Path) -> bool {
    let text = fs::read(path).unwrap_or_default().into_iter();
    let text: Vec<u8> = text.filter(|byte| !byte.is_ascii_whitespace()).collect();
    let Some(rest) = text.strip_prefix(br#"{"schema":"#) else {
        return false;
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest[digits..].starts_with(br#","callbacks":["#)
}

/// Removes the file, whatever it holds; true if there was any.
///
/// # Errors
/// A usage error that names the file.
pub fn reset(path: &Path) -> Result<bool> {
    let removed = || {
        if !path.try_exists()? {
            return Ok(false);
        }
        let lock = open_lock(path)?;
        lock.lock()?;
        let removed = match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            result => result.map(|()| true),
        };
        let _ = fs::remove_file(lock_path(path));
        removed
    };
    removed().map_err(|error| trouble(path, &error))
}

/// Waits for its turn without holding up other tasks of the thread.
async fn lock(path: &Path) -> Result<File> {
    for _ in 0..LOCK_ATTEMPTS {
        let file = open_lock(path).map_err(|error| trouble(path, &error))?;
        match file.try_lock() {
            Ok(()) if is_there(&file, &lock_path(path)) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            // Some network file systems have no locks.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(trouble(path, &io::ErrorKind::TimedOut.into()))
}

/// Whether an open file is still the one of this name, which a reset may have removed.
fn is_there(file: &File, name: &Path) -> bool {
    let of = |metadata: io::Result<fs::Metadata>| metadata.ok().map(|metadata| stamp(&metadata));
    of(file.metadata()) == of(fs::metadata(name))
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(lock_path(path))
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder(path))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// No file holds nothing.
fn load(path: &Path) -> Result<Table> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(trouble(path, &error)),
    };
    read(&text).map_err(|error| trouble(path, &error))
}

/// Reads what a file holds; an empty one holds nothing.
///
/// # Errors
/// For anything but a state of this version.
pub fn read(text: &str) -> io::Result<Table> {
    if text.trim().is_empty() {
        return Ok(Table::default());
    }
    let page: Page<Row<Place, Stored>> = serde_json::from_str(text)?;
    if page.schema != SCHEMA {
        let why = format!(
            "its schema is {}, and this version reads {SCHEMA}",
            page.schema
        );
        return Err(io::Error::other(why));
    }
    let rows = page.callbacks.into_iter();
    Ok(Table {
        callbacks: order::map(rows.map(|row| (row.place, row.callback))),
        changed: false,
    })
}

/// Temporary files of this kind are readable by their owner only.
fn save(path: &Path, table: &Table) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".vodcb-emulator-")
        .tempfile_in(folder(path))?;
    write(table, &mut file)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Writes what a file holds.
///
/// # Errors
/// What writing fails with.
pub fn write(table: &Table, mut to: impl Write) -> io::Result<()> {
    let rows = table.callbacks.iter();
    let page = Page {
        schema: SCHEMA,
        callbacks: rows
            .map(|(place, callback)| Row { place, callback })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut to, &page)?;
    to.write_all(b"\n")
}

fn trouble(path: &Path, error: &io::Error) -> Error {
    let error = Error::usage(format!(
        "the emulator's state file {} cannot be used",
        path.display()
    ))
    .cause(error.to_string())
    .hint("name another file, or a folder that can be written with XDG_STATE_HOME");
    if was_state(path) {
        let file = path.display().to_string();
        return error.hint(format!(
            "this removes it: vodcb emulator reset --yes --state {}",
            quoted(&file)
        ));
    }
    match path.is_file() {
        true => error.hint("it is no state of an emulator, and no emulator touches it; vodcb emulator reset removes the one of --emulator"),
        false => error,
    }
}
