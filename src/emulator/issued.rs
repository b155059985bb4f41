//! The keys the emulator takes signatures of: those it was given, and temporary ones it issued.
//!
//! What is issued lives in memory only. An expired key is still recognised, since the service tells
//! its owner that it expired; it is forgotten when the room is needed.

use std::collections::VecDeque;
use std::sync::Mutex;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::Members;
use super::arn::RoleArn;
use super::{AccessKey, builtin_key, held};
use crate::digest::hex;
use crate::secret::Secret;

/// The most keys, and the most metadata tokens, that are remembered.
pub(super) const MAX_ISSUED: usize = 1000;

/// A key and who it speaks for.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) key: AccessKey,
    /// Present when the key was issued for a role.
    pub(super) session: Option<Session>,
}

/// A role that somebody assumed for a while.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) role: RoleArn,
    pub(super) name: String,
    pub(super) expires: Timestamp,
}

/// Every key.
pub(super) struct Keyring {
    given: Vec<AccessKey>,
    issued: Mutex<VecDeque<Caller>>,
    /// Overrides the lifetime of what is issued.
    lifetime: Option<u32>,
    nonce: fn() -> String,
}

impl Keyring {
    pub(super) fn new(given: Vec<AccessKey>, lifetime: Option<u32>, nonce: fn() -> String) -> Self {
        Keyring {
            given,
            issued: Mutex::default(),
            lifetime,
            nonce,
        }
    }

    /// The owner of the key of this id.
    pub(super) fn find(&self, access_key_id: &str) -> Option<Caller> {
        let mut given = self.given.iter();
        let known = given.find(|key| key.access_key_id == access_key_id);
        known
            .cloned()
            .map(|key| Caller { key, session: None })
            .or_else(|| {
                let issued = held(&self.issued);
                let mut newest_first = issued.iter().rev();
                newest_first
                    .find(|caller| caller.key.access_key_id == access_key_id)
                    .cloned()
            })
    }

    /// Whether some issued key has this token.
    pub(super) fn has_token(&self, token: &str) -> bool {
        let token = Some(Secret::new(token));
        let issued = held(&self.issued);
        issued
            .iter()
            .any(|caller| caller.key.security_token == token)
    }

    /// The account of whatever is handed out without anybody naming an account.
    pub(super) fn home_account(&self) -> String {
        let first = self.given.first().cloned();
        first.unwrap_or_else(builtin_key).account_id
    }

    /// Issues a temporary key for a session of the role.
    pub(super) fn issue(&self, role: RoleArn, name: &str, seconds: u32, now: Timestamp) -> Caller {
        let expires = later(now, self.lifetime.unwrap_or(seconds));
        let seed = (self.nonce)();
        let material = |what: &str| Sha256::digest(format!("{what}\n{seed}"));
        let id = hex(&material("id")).to_ascii_uppercase();
        let token = [material("one"), material("two"), material("three")].concat();
        let caller = Caller {
            key: AccessKey {
                account_id: role.account_id.clone(),
                access_key_id: format!("STS.N{}", &id[..24]),
                access_key_secret: Secret::new(&hex(&material("secret"))[..44]),
                security_token: Some(Secret::new(format!("CAIS{}==", STANDARD.encode(token)))),
            },
            session: Some(Session {
                role,
                name: name.to_owned(),
                expires,
            }),
        };
        let is_over = |old: &Caller| old.session.as_ref().is_some_and(|it| it.expires <= now);
        remember(&mut held(&self.issued), caller.clone(), is_over);
        caller
    }
}

impl Caller {
    /// The key as every source hands it out.
    pub(super) fn members(&self) -> Members {
        let token = self.key.security_token.as_ref().map(Secret::expose);
        let expires = self.session.as_ref().map(|it| it.expires.to_string());
        members([
            ("AccessKeyId", json!(self.key.access_key_id)),
            (
                "AccessKeySecret",
                json!(self.key.access_key_secret.expose()),
            ),
            ("SecurityToken", json!(token)),
            ("Expiration", json!(expires)),
        ])
    }
}

/// Members in this order.
pub(super) fn members<const N: usize>(pairs: [(&str, Value); N]) -> Members {
    Members::from_iter(pairs.map(|(name, value)| (name.to_owned(), value)))
}

/// Adds to a list of limited length: what is over goes first, then what is oldest.
pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T, is_over: impl Fn(&T) -> bool) {
    if list.len() >= MAX_ISSUED {
        list.retain(|old| !is_over(old));
    }
    if list.len() >= MAX_ISSUED {
        list.pop_front();
    }
    list.push_back(item);
}

/// That many seconds from now, without a fraction, as expirations are written.
pub(super) fn later(now: Timestamp, seconds: u32) -> Timestamp {
    let second = now.as_second().saturating_add(i64::from(seconds));
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}
