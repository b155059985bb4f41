//! The file by which a server tells scripts that it is ready, and that is there only while it is. No command, but what servers share.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// No server writes more.
const LONGEST: u64 = 4096;

/// A file that was asked for. What an earlier run left is removed when this is made, and what this run
/// wrote when it is dropped.
#[derive(Debug)]
pub struct ReadyFile {
    path: Option<PathBuf>,
    written: String,
}

impl ReadyFile {
    /// Removes what an earlier run left, which would name a server that is gone. To be called once the
    /// arguments are found to be right.
    ///
    /// # Errors
    /// A usage error when it cannot be removed, or is no such file: a slip of the finger may name any.
    pub fn asked_for(path: Option<&Path>) -> Result<Self> {
        if let Some(path) = path {
            match is_ours(path) {
                Ok(true) => std::fs::remove_file(path).map_err(|error| trouble(path, &error))?,
                Ok(false) => {
                    return Err(Error::usage(format!(
                        "{} is no file that an earlier run left, and is not replaced",
                        path.display()
                    ))
                    .hint("name a file that is not there, or remove it"));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(trouble(path, &error)),
            }
        }
        Ok(ReadyFile {
            path: path.map(Path::to_path_buf),
            written: String::new(),
        })
    }

    /// Writes the file: it is there with the whole text or not at all.
    ///
    /// # Errors
    /// A usage error when it cannot be written.
    pub fn write(&mut self, text: &str) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
            .and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file))
            .and_then(|file| Ok(file.persist(path)?))
            .map_err(|error| trouble(path, &error))?;
        text.clone_into(&mut self.written);
        Ok(())
    }
}

impl Drop for ReadyFile {
    /// A file that another server wrote meanwhile stays.
    fn drop(&mut self) {
        if let Some(path) = self.path.take().filter(|_| !self.written.is_empty())
            && std::fs::read_to_string(&path).is_ok_and(|text| text == self.written)
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether a file is empty, or all that a server writes: its URL, or the exports of an emulator.
fn is_ours(path: &Path) -> std::io::Result<bool> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() || meta.len() > LONGEST {
        return Ok(false);
    }
    let text = std::fs::read(path)?;
    let is_url =
        text.starts_with(b"http://") && text.iter().filter(|it| **it == b'\n').count() == 1;
    Ok(text.is_empty() || is_url || text.starts_with(b"export VODCB_ENDPOINT=http://127.0.0.1:"))
}

fn trouble(path: &Path, error: &std::io::Error) -> Error {
    Error::usage(format!(
        "the ready file {} cannot be written",
        path.display()
    ))
    .cause(error.to_string())
    .hint("name a file in a folder that exists and can be written")
}
