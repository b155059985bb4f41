//! A callback key that somebody types. No command, but what several ask for.

use crate::callback::auth_key;
use crate::context::Context;
use crate::error::Result;
use crate::prompt::Reply;
use crate::secret::Secret;

/// Asks for a new key until it obeys the rules and was typed twice alike: nobody sees a slip. Where there is
/// a question before, `<` goes back to it.
///
/// # Errors
/// An interruption when the question is left, or the terminal fails.
pub async fn typed_key(ctx: &Context, back: bool) -> Result<Reply<Secret>> {
    let question = match back {
        true => "Callback key (not shown), < to go back",
        false => "Callback key (not shown)",
    };
    loop {
        let text = ctx.prompt.hidden(question.to_owned()).await?;
        if back && text == "<" {
            return Ok(Reply::Back);
        }
        let key = match auth_key::parse(&text, "what was typed") {
            Ok(key) => key,
            Err(error) => {
                ctx.out.error(&error);
                continue;
            }
        };
        let again = ctx.prompt.hidden("The same key again".to_owned()).await?;
        if again == text {
            return Ok(Reply::Answer(key));
        }
        ctx.out.warn("the two are not the same; nothing was taken");
    }
}
