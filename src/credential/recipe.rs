//! How a key is obtained. A recipe can be carried out again when its key comes to its end.

use std::pin::Pin;

use super::{Credential, Issued, assume_role, ecs_role, login, oidc, process, uri};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::sts::Role;
use crate::target::Endpoint;

/// How a key is obtained.
#[derive(Debug, Clone)]
pub enum Recipe {
    /// It is at hand.
    Static(Credential),
    /// It is at hand and ends at a known time.
    Kept {
        /// The key.
        issued: Issued,
        /// How another one is obtained then.
        then: Option<Box<Recipe>>,
    },
    /// A role is taken on with the key of another recipe.
    AssumeRole {
        /// How the other key is obtained.
        base: Box<Recipe>,
        /// The role.
        role: Role,
        /// Where STS is.
        sts: Endpoint,
    },
    /// A role is taken on with the token in a file.
    Oidc(oidc::Oidc),
    /// The metadata service of an ECS instance gives it.
    EcsRole {
        /// The role's name, where it is known.
        name: Option<String>,
    },
    /// An address gives it.
    Uri(String),
    /// A command prints it.
    Process(process::External),
    /// A login of aliyun-cli is exchanged for it.
    Login(login::Login),
}

/// A future that may contain itself: a role may be taken on with the key of a role.
type Boxed<'a> = Pin<Box<dyn Future<Output = Result<Issued>> + 'a>>;

impl Recipe {
    /// Obtains the key.
    ///
    /// # Errors
    /// A credentials error of the source or for what its service refuses; otherwise that no answer came, or a usage
    /// error for an address that needs `--allow-http`.
    pub fn carry_out<'a>(&'a self, ctx: &'a Context) -> Boxed<'a> {
        Box::pin(async move {
            let issued = match self {
                Recipe::Static(credential) => Ok(credential.clone().into()),
                // A role may be taken on with it long after it was read.
                Recipe::Kept {
                    issued,
                    then: Some(then),
                } if issued.has_ended(ctx.service_time()) => then.carry_out(ctx).await,
                Recipe::Kept { issued, .. } => Ok(issued.clone()),
                Recipe::AssumeRole { base, role, sts } => {
                    assume_role::obtain(ctx, base, role, sts).await
                }
                Recipe::Oidc(oidc) => oidc.obtain(ctx).await,
                Recipe::EcsRole { name } => ecs_role::obtain(ctx, name.as_deref()).await,
                Recipe::Uri(address) => uri::obtain(ctx, address).await,
                Recipe::Process(external) => external.obtain(ctx).await,
                Recipe::Login(login) => login.obtain(ctx).await,
            };
            issued.map_err(without_a_key)
        })
    }

    /// The recipe for the next key: a stored one cannot be had again, what comes after it can.
    pub fn next(&self) -> &Recipe {
        match self {
            Recipe::Kept {
                then: Some(then), ..
            } => then,
            recipe => recipe,
        }
    }

    /// The account of the key, where the recipe names it.
    pub fn account_id(&self) -> Option<&str> {
        match self.next() {
            Recipe::AssumeRole { role, .. } => role.account_id(),
            Recipe::Oidc(oidc) => oidc.role.account_id(),
            Recipe::Login(login) => login.account_id(),
            Recipe::Static(_)
            | Recipe::Kept { .. }
            | Recipe::EcsRole { .. }
            | Recipe::Uri(_)
            | Recipe::Process(_) => None,
        }
    }

    /// True when another key can be had after this one.
    pub fn renews(&self) -> bool {
        !matches!(self, Recipe::Static(_) | Recipe::Kept { then: None, .. })
    }
}

/// Whatever a source is refused for, it gives no key: that is a matter of credentials.
fn without_a_key(mut error: Error) -> Error {
    if error.kind == Kind::Rejected {
        error.kind = Kind::Credentials;
    }
    error
}
