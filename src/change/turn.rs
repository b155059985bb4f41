//! Taking turns: of the processes of one user on one machine, one at a time changes a target.
//!
//! The service has no compare-and-set, so two changes at once would lose one of them. A lock on a file
//! orders those that share a state folder; others are noticed only by reading back.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::context::Context;
use crate::digest::sha256_hex;
use crate::error::{Error, Kind, Result};
use crate::target::Target;

const PAUSE: Duration = Duration::from_millis(20);
/// A minute in all: longer than a change with all its retries usually takes.
const ATTEMPTS: u32 = 3000;
/// Whether it was said that there are no turns.
static TOLD: AtomicBool = AtomicBool::new(false);

/// A turn; it ends when this is dropped, and with the process at the latest.
#[derive(Debug)]
pub struct Turn(#[allow(dead_code)] Option<File>);

/// Waits for a turn at this target, by its [key](Target::key). Where nothing can be written there are no turns.
///
/// # Errors
/// An unavailable error when the turn does not come.
pub async fn wait(ctx: &Context, target: &Target, endpoint: &str) -> Result<Turn> {
    let Ok(folder) = ctx.state_folder() else {
        return Ok(Turn(None));
    };
    let folder = folder.join("turns");
    let key = target.key(endpoint);
    let name = format!("{}.lock", &sha256_hex(key.as_bytes())[..16]);
    let opened = private_folder(&folder).and_then(|()| private_file(&folder.join(name)));
    let Ok(file) = opened else {
        ctx.out.detail(
            "the state folder cannot be written, so changes of other processes are not waited for",
        );
        return Ok(Turn(None));
    };
    let locked = locked(file).await.map_err(|error| {
        Error::new(
            Kind::Unavailable,
            format!("another vodcb is changing {target} at {endpoint}"),
        )
        .cause(error.to_string())
        .hint("wait for it, or end it")
    })?;
    if locked.is_none() && !TOLD.swap(true, Ordering::Relaxed) {
        ctx.out.warn(&format!(
            "{} knows no locks, so changes of other processes are not waited for",
            folder.display()
        ));
    }
    Ok(Turn(locked))
}

/// Locks a file without holding up the rest of the process; `None` where locks do not work, as on some
/// network file systems.
///
/// # Errors
/// When the lock cannot be had within a minute: somebody else holds it.
pub async fn locked(file: File) -> std::io::Result<Option<File>> {
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
    Err(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "it did not end within a minute",
    ))
}

/// A folder that only its owner can look into.
///
/// # Errors
/// When it can neither be made nor be made private.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    narrow(folder, 0o700)
}

/// A file that only its owner can read, opened for appending.
///
/// # Errors
/// When it can neither be opened nor be made private.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    narrow(path, 0o600)?;
    Ok(file)
}

/// Takes away the rights that others have, also on what was there before.
#[cfg(unix)]
fn narrow(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let now = path.metadata()?.permissions().mode() & 0o777;
    if now & !mode == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(now & mode))
}

#[cfg(not(unix))]
fn narrow(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}
