//! Files that are there whole or not at all. No command, but what those that write files share.

use std::io::{Result, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// The text in a file beside the one that it is for, on the disk and ready to take its place. It is as
/// readable as that one, or as any file of the user where there is none, so it is for texts without secrets.
///
/// # Errors
/// When it cannot be written.
pub fn beside(file: &Path, text: &str) -> Result<NamedTempFile> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut beside = builder.tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    if let Ok(old) = file.metadata() {
        beside.as_file().set_permissions(old.permissions())?;
    }
    beside.as_file().sync_all()?;
    Ok(beside)
}
