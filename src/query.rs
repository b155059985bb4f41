//! JMESPath, as it is typed behind `--query` and `--expect`.

use jmespath::Expression;

use crate::error::{Error, Result};

/// The reader of expressions calls itself for each bracket, so that a long one would exhaust the stack.
const MAX_BYTES: usize = 2000;

/// Reads what was typed behind a flag; `example` is a value that the flag could have had.
///
/// # Errors
/// A usage error for what is too long or no JMESPath.
pub fn compile(flag: &str, text: &str, example: &str) -> Result<Expression<'static>> {
    if text.len() > MAX_BYTES {
        return Err(
            Error::usage(format!("{flag} is longer than {MAX_BYTES} bytes")).hint(
                "write a shorter one, and leave the rest to a program that reads what is printed",
            ),
        );
    }
    jmespath::compile(text).map_err(|error| {
        Error::usage(format!("{flag} {text:?} is not JMESPath"))
            .cause(reason(&error))
            .hint(format!("for example: {flag} {example}"))
    })
}

/// Why it is none, or fails on a document; the parser quotes the expression on further lines.
pub fn reason(error: &jmespath::JmespathError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
