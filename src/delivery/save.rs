//! A file that deliveries are appended to, and known to be in before they are answered.
//!
//! One task owns the file. Whoever has a line puts it into the group that is being collected and
//! waits; the task writes whole groups, so that many lines share the cost of reaching the disk.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// A larger buffer of a group is not kept for the next one.
const KEPT: usize = 1024 * 1024;

/// When a line counts as saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// It is on the disk: it outlives a loss of power.
    #[default]
    Disk,
    /// The system has it: it outlives the end of this process.
    System,
}

/// The file, open for appending.
#[derive(Debug)]
pub struct Store {
    waiting: Arc<Waiting>,
    writer: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    group: Mutex<Group>,
    filled: Notify,
}

/// Lines that are written together, and who waits for them.
#[derive(Debug, Default)]
struct Group {
    bytes: Vec<u8>,
    told: Vec<oneshot::Sender<Written>>,
}

/// What became of a group; everybody in it shares the reason.
type Written = std::result::Result<(), Arc<str>>;

impl Store {
    /// Opens or makes the file, readable by its owner only, in a task of the present runtime. True when
    /// its last line was not complete, as after a crash: it is ended, so that the next one is whole.
    ///
    /// # Errors
    /// A usage error when it cannot be used, is no regular file, or another process is saving to it.
    pub fn open(path: &Path, durability: Durability) -> Result<(Self, bool)> {
        let (file, torn) = opened(path)?;
        let waiting = Arc::<Waiting>::default();
        let place = Arc::new(Place {
            path: path.to_owned(),
            file: Mutex::new(file),
            durability,
        });
        let writer = tokio::spawn(write_groups(place, Arc::clone(&waiting)));
        Ok((Store { waiting, writer }, torn))
    }

    /// Appends a line, which `write` puts down without its line end; returns when it is saved. A line
    /// counts as given from the first poll on, even if nobody waits for the end.
    ///
    /// # Errors
    /// Why it is not saved, for example because the disk is full.
    pub async fn append(&self, write: impl FnOnce(&mut Vec<u8>)) -> Written {
        let (tell, told) = oneshot::channel();
        {
            let mut group = held(&self.waiting.group);
            write(&mut group.bytes);
            group.bytes.push(b'\n');
            group.told.push(tell);
        }
        self.waiting.filled.notify_one();
        told.await
            .unwrap_or_else(|_| Err("the file was closed".into()))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn options() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file, and whether its last line had to be ended.
fn opened(path: &Path) -> Result<(File, bool)> {
    let trouble = |error: io::Error| {
        Error::usage(format!("nothing can be saved to {}", path.display()))
            .cause(error.to_string())
            .hint("name a file in a folder that exists and can be written")
    };
    let mut file = options().open(path).map_err(trouble)?;
    // A pipe takes what nobody has read yet, and may take nothing for as long as it likes.
    if !file.metadata().map_err(trouble)?.is_file() {
        return Err(Error::usage(format!(
            "{} is no file that keeps what is saved to it",
            path.display()
        ))
        .hint("to hand deliveries to another program: vodcb listen -o ndjson | PROGRAM"));
    }
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(
            Error::usage(format!("another process is saving to {}", path.display()))
                .hint("give each its own file"),
        );
    }
    let torn = end_last_line(&mut file).map_err(trouble)?;
    Ok((file, torn))
}

/// Ends the last line where a crash, or a person, left it open.
fn end_last_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    let torn = last != *b"\n";
    if torn {
        file.write_all(b"\n")?;
    }
    Ok(torn)
}

async fn write_groups(place: Arc<Place>, waiting: Arc<Waiting>) {
    let mut spare = Group::default();
    loop {
        waiting.filled.notified().await;
        let mut group = std::mem::replace(&mut *held(&waiting.group), spare);
        // Several calls for one group leave one over.
        if group.told.is_empty() {
            spare = group;
            continue;
        }
        let written = match place.durability {
            // Into memory of the system, which waits for nobody: another thread would cost more than the write.
            Durability::System => place.append(&group.bytes),
            Durability::Disk => {
                let (place, bytes) = (Arc::clone(&place), std::mem::take(&mut group.bytes));
                let work = tokio::task::spawn_blocking(move || {
                    let written = place.append(&bytes);
                    (written, bytes)
                });
                let (written, bytes) = work.await.unwrap_or_else(|error| {
                    let lost = io::Error::other(error);
                    (Err(lost), Vec::new())
                });
                group.bytes = bytes;
                written
            }
        };
        let written: Written = written.map_err(|error| error.to_string().into());
        for tell in group.told.drain(..) {
            let _ = tell.send(written.clone());
        }
        group.bytes.clear();
        group.bytes.shrink_to(KEPT);
        spare = group;
    }
}

/// A file under its name.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    file: Mutex<File>,
    durability: Durability,
}

impl Place {
    /// Appends all bytes or none: half a line would spoil the next one. Where somebody moved the file away or
    /// removed it, they go into a new one of its name.
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = held(&self.file);
        let mut before = file.metadata()?;
        if !leads_to(&self.path, &before) {
            let again = opened(&self.path).map_err(|error| io::Error::other(error.told(": ")));
            (*file, _) = again?;
            before = file.metadata()?;
        }
        file.write_all(bytes).inspect_err(|_| {
            let _ = file.set_len(before.len());
        })?;
        match self.durability {
            Durability::Disk => file.sync_data(),
            Durability::System => Ok(()),
        }
    }
}

#[cfg(unix)]
fn leads_to(path: &Path, kept: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let there = std::fs::metadata(path);
    there.is_ok_and(|there| (there.dev(), there.ino()) == (kept.dev(), kept.ino()))
}

/// Elsewhere a file that is open stays where it is.
#[cfg(not(unix))]
const fn leads_to(_: &Path, _: &Metadata) -> bool {
    true
}
