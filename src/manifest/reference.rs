//! Where a callback key is. The key itself never stands in a manifest.

use super::Place;

/// A reference and where it stands.
#[derive(Debug, Clone)]
pub struct KeyReference {
    /// Where the key is.
    pub source: KeySource,
    /// Where the reference stands, for messages.
    pub place: Place,
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeySource {
    /// In this environment variable.
    Env(String),
    /// In this file; a relative path begins at the manifest's folder.
    File(String),
    /// On the standard output of this program with these arguments; no shell sees them.
    Command(Vec<String>),
}

impl std::fmt::Display for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeySource::Env(name) => write!(f, "the variable {name}"),
            KeySource::File(path) => write!(f, "the file {path}"),
            KeySource::Command(words) => {
                write!(
                    f,
                    "the command {}",
                    words.first().map_or("", String::as_str)
                )
            }
        }
    }
}
