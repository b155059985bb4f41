//! A callback key that somebody types. No command, but what several ask for.

use crate::callback::auth_key;
use crate::context::Context;
use crate::error::Result;
use crate::secret::Secret;

/// Asks for a new key until it obeys the rules and was typed twice alike: nobody sees a slip.
///
/// # Errors
/// An interruption when the question is left, or the terminal fails.
pub async fn typed_key(ctx: &Context) -> Result<Secret> {
    loop {
        let text = ctx
            .prompt
            .hidden("Callback key (not shown)".to_owned())
            .await?;
        let key = match auth_key::parse(&text, "what was typed") {
            Ok(key) => key,
            Err(error) => {
                ctx.out.error(&error);
                continue;
            }
        };
        let again = ctx.prompt.hidden("The same key again".to_owned()).await?;
        if again == text {
            return Ok(key);
        }
        ctx.out.warn("the two are not the same; nothing was taken");
    }
}
