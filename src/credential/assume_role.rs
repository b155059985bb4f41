//! A key for a role, asked for with another key.

use super::Issued;
use super::recipe::Recipe;
use crate::context::Context;
use crate::error::Result;
use crate::sts::{self, Role};
use crate::target::Endpoint;

/// Obtains the other key first, then takes the role on.
///
/// # Errors
/// Those of the other recipe, and STS's refusals with the role named.
pub async fn obtain(ctx: &Context, base: &Recipe, role: &Role, sts: &Endpoint) -> Result<Issued> {
    let base = base.carry_out(ctx).await?;
    sts::assume_role(ctx, sts, base.credential, role)
        .await
        .map_err(|error| error.cause(format!("taking on the role {}", role.arn)))
}
