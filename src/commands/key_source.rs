//! Where a callback key comes from: never the command line itself. No command, but flags that several
//! take.

use std::path::PathBuf;

use super::{read_aside, read_stdin};
use crate::callback::auth_key;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::text::quoted;

/// The flags that name a source of the key.
#[derive(Debug, Default, clap::Args)]
pub struct KeySource {
    /// Take the callback key from this environment variable
    #[arg(
        long,
        value_name = "NAME",
        group = "key",
        help_heading = "Callback key"
    )]
    auth_key_env: Option<String>,
    /// Take the callback key from this file
    #[arg(
        long,
        value_name = "FILE",
        group = "key",
        help_heading = "Callback key"
    )]
    auth_key_file: Option<PathBuf>,
    /// Take the callback key from standard input
    #[arg(long, group = "key", help_heading = "Callback key")]
    pub auth_key_stdin: bool,
    /// Refused: other users of the machine can read command lines
    #[arg(long, hide = true, value_name = "KEY")]
    auth_key: Option<String>,
}

impl KeySource {
    /// True when a source is named, even one that is refused.
    pub fn is_named(&self) -> bool {
        self.auth_key_env.is_some()
            || self.auth_key_file.is_some()
            || self.auth_key_stdin
            || self.auth_key.is_some()
    }

    /// The flag as it was given, for a command line that is copied; `None` when no source is named.
    pub fn words(&self) -> Option<String> {
        if let Some(name) = &self.auth_key_env {
            return Some(format!("--auth-key-env {}", quoted(name)));
        }
        if let Some(path) = &self.auth_key_file {
            let path = path.display().to_string();
            return Some(format!("--auth-key-file {}", quoted(&path)));
        }
        self.auth_key_stdin.then(|| "--auth-key-stdin".to_owned())
    }

    /// Reads the key that is to be written; `None` when no source is named.
    ///
    /// # Errors
    /// A usage error for a variable that is not set, a file that cannot be read, a key on the command
    /// line, and one that VOD could never have.
    pub async fn read(&self, ctx: &Context) -> Result<Option<Secret>> {
        let text = self.text(ctx).await?;
        text.map(|(text, origin)| auth_key::parse(&text, &origin))
            .transpose()
    }

    /// Reads a key that only signs or is compared: what VOD would not store is warned about.
    ///
    /// # Errors
    /// As [`KeySource::read`], but for the rules of length and letters.
    pub async fn read_leniently(&self, ctx: &Context) -> Result<Option<Secret>> {
        let text = self.text(ctx).await?;
        text.map(|(text, origin)| lenient(ctx, &text, &origin))
            .transpose()
    }

    /// What the source holds, and its name.
    async fn text(&self, ctx: &Context) -> Result<Option<(String, String)>> {
        if self.auth_key.is_some() {
            return Err(Error::usage(
                "keys are not taken on the command line, where others can read them",
            )
            .hint("use --auth-key-env NAME, --auth-key-file FILE or --auth-key-stdin"));
        }
        if let Some(name) = &self.auth_key_env {
            return Ok(Some((value(ctx, name)?.to_owned(), of_variable(name))));
        }
        if let Some(path) = &self.auth_key_file {
            let text = read_file(path.clone()).await?;
            return Ok(Some((text, path.display().to_string())));
        }
        if self.auth_key_stdin && ctx.prompt.interactive {
            let text = ctx
                .prompt
                .hidden("Callback key (not shown)".to_owned())
                .await?;
            return Ok(Some((text, "the terminal".to_owned())));
        }
        if self.auth_key_stdin {
            let bytes = read_stdin(ENOUGH).await.map_err(|error| {
                Error::usage("the key cannot be read from standard input").cause(error.to_string())
            })?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Some((text, "standard input".to_owned())));
        }
        Ok(None)
    }
}

/// The key in a variable that a flag names.
///
/// # Errors
/// A usage error when it is not set, or holds what VOD could never have as a key.
pub fn variable(ctx: &Context, name: &str) -> Result<Secret> {
    auth_key::parse(value(ctx, name)?, &of_variable(name))
}

/// The same for a key that is only compared.
///
/// # Errors
/// As [`variable`], but for the rules of length and letters.
pub fn variable_leniently(ctx: &Context, name: &str) -> Result<Secret> {
    lenient(ctx, value(ctx, name)?, &of_variable(name))
}

fn value<'c>(ctx: &'c Context, name: &str) -> Result<&'c str> {
    let text = ctx.env.get(name).map(String::as_str);
    text.ok_or_else(|| unset(name))
}

fn of_variable(name: &str) -> String {
    format!("the variable {name}")
}

fn lenient(ctx: &Context, text: &str, origin: &str) -> Result<Secret> {
    let key = auth_key::parse_leniently(text, origin)?;
    let broken = auth_key::broken_rules(&key);
    if !broken.is_empty() {
        let broken = broken.join(", and ");
        ctx.out.warn(&format!(
            "VOD stores no key like that from {origin}: {broken}"
        ));
    }
    Ok(key)
}

/// What would do for a key is more likely one than the name of a variable, so it is not shown.
fn unset(name: &str) -> Error {
    if auth_key::parse(name, "env").is_ok() {
        return Error::usage("an environment variable is not set whose name may be the key itself")
            .hint("write the name of the variable that holds the key, such as VOD_CALLBACK_KEY");
    }
    Error::usage(format!("the environment variable {name} is not set"))
        .hint(format!("put the callback key into it: export {name}=…"))
}

/// Far more than a key, so that a wrong file is told by its length and not read for ever.
const ENOUGH: u64 = 4096;

/// The text of a file that holds a key.
///
/// # Errors
/// A usage error when it cannot be read.
pub async fn read_file(path: PathBuf) -> Result<String> {
    let named = format!("the key file {} cannot be read", path.display());
    let read = read_aside(move || std::fs::File::open(path), ENOUGH);
    let text = read.await.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| std::io::Error::other("it holds no text in UTF-8"))
    });
    text.map_err(|error| {
        Error::usage(named)
            .cause(error.to_string())
            .hint("give a text file that holds the key and nothing else")
    })
}
