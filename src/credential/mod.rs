//! Who calls: an access key, with a security token when it is temporary.
//!
//! This file is the word; where the key comes from is `chain`.

pub mod chain;
pub mod env;
pub mod profile;

use crate::secret::Secret;

/// An access key ready to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The public half, for example `LTAI…` or `STS.…`.
    pub access_key_id: String,
    /// The half that signs.
    pub access_key_secret: Secret,
    /// Present when the key is temporary.
    pub security_token: Option<Secret>,
}

impl Credential {
    /// The id as it may be shown: both ends, so that a person recognises it.
    pub fn shown_id(&self) -> String {
        let id: Vec<char> = self.access_key_id.chars().collect();
        if id.len() < 12 {
            return self.access_key_id.clone();
        }
        let head: String = id[..4].iter().collect();
        let tail: String = id[id.len() - 4..].iter().collect();
        format!("{head}…{tail}")
    }

    /// Temporary ids start with `STS.` and are refused by the service without their token.
    pub fn lacks_token(&self) -> bool {
        self.access_key_id.starts_with("STS.") && self.security_token.is_none()
    }
}

/// A source of credentials that had no key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Passed {
    /// Where it looked.
    pub source: &'static str,
    /// Why there is none.
    pub why: String,
}
