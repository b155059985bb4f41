//! The file by which a server tells scripts that it is ready. No command, but what servers share.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Writes the file: it is there with the whole text or not at all.
///
/// # Errors
/// A usage error when it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let trouble = |error: std::io::Error| {
        Error::usage(format!(
            "the ready file {} cannot be written",
            path.display()
        ))
        .cause(error.to_string())
        .hint("name a file in a folder that exists and can be written")
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(trouble)?;
    file.write_all(text.as_bytes()).map_err(trouble)?;
    file.persist(path).map_err(|error| trouble(error.error))?;
    Ok(())
}
