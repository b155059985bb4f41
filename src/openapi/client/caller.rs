//! Who calls a product.

use crate::context::Context;
use crate::credential::session::Session;
use crate::credential::{Credential, Issued};
use crate::error::Result;

/// Who calls.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Somebody with a key that stays valid.
    Somebody(Box<Session>),
    /// Nobody; the few operations that take it are not signed.
    Nobody,
}

impl Caller {
    /// Somebody whose key never changes.
    pub fn fixed(credential: Credential) -> Self {
        Caller::Somebody(Box::new(Session::fixed(credential)))
    }

    pub(super) async fn credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        match self {
            Caller::Somebody(session) => session.current(ctx).await.map(Some),
            Caller::Nobody => Ok(None),
        }
    }

    /// The key as it is.
    pub fn issued(&self) -> Option<Issued> {
        match self {
            Caller::Somebody(session) => Some(session.held()),
            Caller::Nobody => None,
        }
    }

    /// The id of the key as it may be shown.
    pub fn shown_id(&self) -> Option<String> {
        self.issued().map(|issued| issued.credential.shown_id())
    }

    /// The account of the key, where its source tells it without a call.
    pub fn account_id(&self) -> Option<String> {
        match self {
            Caller::Somebody(session) => session.account_id().map(str::to_owned),
            Caller::Nobody => None,
        }
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match self {
            Caller::Somebody(session) => Some(session.as_ref()),
            Caller::Nobody => None,
        }
    }
}
