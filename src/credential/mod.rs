//! Who calls: an access key, with a security token when it is temporary.
//!
//! This file has the words. [`chain`] says where to look, [`recipe`] how a key is obtained, and
//! [`session`] keeps one valid over the time of a run.

pub mod assume_role;
pub mod chain;
pub mod ecs_role;
pub mod env;
pub mod fetch;
pub mod ini;
pub mod login;
pub mod oidc;
pub mod process;
pub mod profile;
pub mod recipe;
pub mod session;
pub mod uri;

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

/// A key and how long it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The key.
    pub credential: Credential,
    /// When it ends; `None` for a key that does not end, or not at a known time.
    pub expires: Option<jiff::Timestamp>,
}

impl Issued {
    /// True when it is known to be good no longer.
    pub fn has_ended(&self, now: jiff::Timestamp) -> bool {
        self.expires.is_some_and(|time| time <= now)
    }
}

impl From<Credential> for Issued {
    fn from(credential: Credential) -> Self {
        Issued {
            credential,
            expires: None,
        }
    }
}

/// A source of credentials that had no key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Passed {
    /// Where it looked.
    pub source: &'static str,
    /// Why there is none.
    pub why: String,
    /// True when a part of it is set up, which nobody means.
    #[serde(skip)]
    pub is_half_set: bool,
}
