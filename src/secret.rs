//! Text that must not be seen: access key secrets, security tokens, callback keys.
//!
//! A [`Secret`] has no `Display`, no `Deref` and no `Serialize`, and its `Debug` is blank, so that
//! every use is a visible [`Secret::expose`]. It is wiped from memory when dropped.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Text that is wiped when dropped and cannot be printed by accident.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(SecretString::from(text.into()))
    }

    /// The text itself, for signing and for writing to the service.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What may be shown instead: the first two characters, or none of a short secret.
    pub fn masked(&self) -> String {
        let text = self.expose();
        let shown = if text.chars().count() >= 8 { 2 } else { 0 };
        text.chars().take(shown).chain("••••".chars()).collect()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose()
            .as_bytes()
            .ct_eq(other.expose().as_bytes())
            .into()
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(••••)")
    }
}
