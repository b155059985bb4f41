//! A body that is changed in the user's own editor.

use std::io::Write;

use crate::commands::event_source::Body;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::event::compose::Draft;

/// Opens the body in the editor. One that is not touched goes out as it was, byte for byte.
///
/// # Errors
/// A usage error when there is no editor, it fails, or leaves no event; an interruption when the file was
/// emptied.
pub async fn edited(ctx: &Context, body: Body) -> Result<Body> {
    let before = readable(&body);
    let mut file = tempfile::Builder::new()
        .prefix("vodcb-")
        .suffix(".json")
        .tempfile()
        .map_err(unusable)?;
    file.write_all(&before)
        .and_then(|()| file.flush())
        .map_err(unusable)?;
    let path = file.into_temp_path();
    let (program, words) = editor(ctx)?;
    let mut command = tokio::process::Command::new(&program);
    let ended = command.args(words).arg(&path).status().await;
    let ended = ended.map_err(|error| {
        Error::usage(format!("the editor {program} cannot be started"))
            .cause(error.to_string())
            .hint("name one in VISUAL or EDITOR")
    })?;
    if !ended.success() {
        return Err(
            Error::usage(format!("the editor {program} ended with {ended}"))
                .hint("nothing was sent; save and leave the editor to send"),
        );
    }
    let after = std::fs::read(&path).map_err(unusable)?;
    if after == before {
        return Ok(body);
    }
    if after.trim_ascii().is_empty() {
        return Err(Error::new(
            Kind::Interrupted,
            "the file was emptied; nothing was sent",
        ));
    }
    Draft::parse(&after).map(Body::Composed)
}

/// The editor and its arguments, as a shell would split them.
fn editor(ctx: &Context) -> Result<(String, Vec<String>)> {
    let set = |name: &str| ctx.env.get(name).filter(|text| !text.trim().is_empty());
    let Some(line) = set("VISUAL").or_else(|| set("EDITOR")) else {
        return Err(
            Error::usage("there is no editor: neither VISUAL nor EDITOR is set")
                .hint("for example EDITOR=vi, or change single members with --set"),
        );
    };
    let mut words = shlex::split(line).unwrap_or_default().into_iter();
    match words.next() {
        Some(program) => Ok((program, words.collect())),
        None => Err(
            Error::usage(format!("{line:?} in VISUAL or EDITOR is no command line"))
                .hint("close its quotes"),
        ),
    }
}

/// A member a line.
fn readable(body: &Body) -> Vec<u8> {
    match body {
        Body::Composed(draft) => format!("{:#}\n", draft.value()).into_bytes(),
        Body::AsGiven(bytes) => bytes.clone(),
    }
}

fn unusable(error: std::io::Error) -> Error {
    Error::usage("there is no file for the editor").cause(error.to_string())
}
