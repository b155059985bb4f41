//! `vodcb export`

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::scope::{Scope, all_or_nothing, survey};
use super::whole_file::beside;
use super::{Connection, connect};
use crate::callback::Callback;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::manifest::{self, Exported, Syntax};
use crate::output::{Format, Forms};
use crate::target::Target;
use crate::text::{counted, escape_line};

/// Write a manifest of what is configured
///
/// Callback keys become references to environment variables, which are named on stderr; fill them
/// before diff and apply. Targets without a callback are left out, and so are regions where VOD is not
/// activated. Nothing is written if any target cannot be read. With -f, -o json tells what was written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb export --all -f callbacks.toml
  vodcb export --regions cn-shanghai,cn-beijing --all-apps -f callbacks.yaml
  vodcb export --format json")]
pub struct Args {
    /// File to write, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How to write it [default: by the file's ending, without a file by -o, or toml]
    #[arg(long, value_name = "SYNTAX", value_enum)]
    format: Option<Syntax>,
    /// Replace the file if there is one
    #[arg(long, requires = "file")]
    force: bool,
    #[command(flatten)]
    scope: Scope,
}

/// Reads, writes the file, and names the variables.
///
/// # Errors
/// A usage error for a file that exists or cannot be written; as [`survey`].
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let file = args.file();
    let syntax = args.syntax(ctx, file)?;
    args.scope.check(ctx)?;
    if let Some(file) = file
        && !args.force
        && file.exists()
    {
        return Err(exists(file));
    }
    let place = file.map(place).transpose()?;
    let connection = connect(ctx).await?;
    let mut callbacks: Vec<(Target, Callback)> = Vec::new();
    let survey = survey(ctx, &connection, &args.scope, |target, reading| {
        gather(ctx, &mut callbacks, target, reading.callback);
    })
    .await?;
    let unread = survey.unread();
    all_or_nothing(
        &unread,
        survey.found.len() + unread.len(),
        "nothing was written",
    )
    .map_err(|error| error.hint("--regions names the regions that are meant"))?;
    let account = account(ctx, &connection).await;
    connection.close().await;
    let exported = manifest::export(account.as_deref(), &callbacks, syntax);
    let targets = survey.found.len();
    match file.zip(place) {
        None => ctx.out.print(&exported.text)?,
        Some((file, place)) => {
            let document = Document {
                schema_version: 1,
                result: match ctx.flags.dry_run {
                    true => "planned",
                    false => "written",
                },
                file: file.display().to_string(),
                format: syntax,
                account,
                targets,
                callbacks: callbacks.len(),
                variables: exported.variables.iter().map(Variable::from).collect(),
            };
            ctx.out.check(&document)?;
            if !ctx.flags.dry_run {
                write(&place, &exported.text, args.force)?;
            }
            ctx.out.note(&match ctx.flags.dry_run {
                true => format!("dry run; {} would be written", document.file),
                false => format!("{} was written", document.file),
            });
            ctx.out.show(&document, |_| String::new())?;
        }
    }
    tell(ctx, &exported, targets, callbacks.len(), syntax);
    Ok(Exit::Ok)
}

/// Adds a callback, unless it is there already: one host serves some regions together, and a manifest has a callback
/// once.
fn gather(
    ctx: &Context,
    callbacks: &mut Vec<(Target, Callback)>,
    target: &Target,
    found: Option<Callback>,
) {
    let Some(found) = found else {
        return;
    };
    let is_same = |(first, callback): &&(Target, Callback)| {
        first.place() == target.place() && *callback == found
    };
    match callbacks.iter().find(is_same) {
        Some((first, _)) => ctx.out.warn(&format!(
            "{target} is left out: its callback is that of {first}, which is in the manifest"
        )),
        None => callbacks.push((target.clone(), found)),
    }
}

/// What was written where.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    result: &'static str,
    file: String,
    format: Syntax,
    account: Option<String>,
    /// How many targets were read.
    targets: usize,
    /// How many of them have a callback, and are in the file.
    callbacks: usize,
    /// To be filled before `diff` and `apply`.
    variables: Vec<Variable<'a>>,
}

/// A variable, and the target whose callback key belongs into it.
#[derive(Serialize)]
struct Variable<'a> {
    variable: &'a str,
    region: &'a str,
    app_id: &'a str,
}

impl<'a> From<&'a (String, Target)> for Variable<'a> {
    fn from((variable, target): &'a (String, Target)) -> Self {
        Variable {
            variable,
            region: target.region.as_str(),
            app_id: target.app_id.as_str(),
        }
    }
}

impl Args {
    /// The forms of a result.
    pub fn forms(&self) -> Forms {
        match self.file() {
            Some(_) => Forms::Document,
            None => Forms::Own,
        }
    }

    fn file(&self) -> Option<&Path> {
        self.file.as_deref().filter(|file| *file != Path::new("-"))
    }

    /// Without a file the manifest is the result, so that the form of results is that of the manifest.
    fn syntax(&self, ctx: &Context, file: Option<&Path>) -> Result<Syntax> {
        if let Some(file) = file {
            let by_name = || file.to_str().and_then(Syntax::of_name);
            return Ok(self.format.or_else(by_name).unwrap_or_default());
        }
        if ctx.flags.query.is_some() {
            return Err(Error::usage("--query does not work on a manifest")
                .hint("vodcb get --all -o json --query … works on the same callbacks"));
        }
        let by_output = match ctx.flags.output {
            None | Some(Format::Table) => None,
            Some(Format::Json) => Some(Syntax::Json),
            Some(Format::Yaml) => Some(Syntax::Yaml),
            Some(Format::Raw | Format::Ndjson) => {
                return Err(Error::usage("a manifest is TOML, YAML or JSON")
                    .hint("use --format toml, yaml or json"));
            }
        };
        Ok(self.format.or(by_output).unwrap_or_default())
    }
}

/// The account guards against applying the manifest elsewhere. It can be done without.
async fn account(ctx: &Context, connection: &Connection) -> Option<String> {
    match connection.caller_identity(ctx).await {
        Ok(identity) => identity.account_id,
        Err(error) => {
            ctx.out.warn(&format!(
                "the manifest names no account, since STS does not tell it: {error}"
            ));
            None
        }
    }
}

fn exists(file: &Path) -> Error {
    Error::usage(format!("{} exists already", file.display()))
        .hint("--force replaces it; vodcb diff -f FILE compares it with the service")
}

/// Where the manifest is to be: where a link leads to. A device or a pipe is nothing that can be replaced.
fn place(file: &Path) -> Result<PathBuf> {
    match file.canonicalize() {
        Ok(real) if real.is_file() => Ok(real),
        Ok(_) => Err(
            Error::usage(format!("{} cannot be written", file.display()))
                .cause("it is no regular file")
                .hint("without -f the manifest is printed; name a file to keep it"),
        ),
        // What is wrong with it shows when it is written.
        Err(_) => Ok(file.to_owned()),
    }
}

/// Writes beside the file and renames, so that nobody ever sees a half.
fn write(file: &Path, text: &str, force: bool) -> Result<()> {
    let unwritten = || Error::usage(format!("{} cannot be written", file.display()));
    // The error's own words name the file beside it, which nobody knows.
    let trouble = |error: std::io::Error| {
        unwritten()
            .cause(error.kind().to_string())
            .hint("name a file in a folder that can be written and has room")
    };
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(unwritten()
            .cause(format!("there is no folder {folder}"))
            .hint(format!("make it first: mkdir -p {folder}")));
    }
    let beside = beside(file, text).map_err(trouble)?;
    let written = match force {
        true => beside.persist(file),
        false => beside.persist_noclobber(file),
    };
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(file)),
        Err(error) => Err(trouble(error.error)),
    }
}

/// Says what was left out, which keys to fill in, and what apply would refuse.
fn tell(ctx: &Context, exported: &Exported, targets: usize, configured: usize, syntax: Syntax) {
    let out = &ctx.out;
    out.note(&format!(
        "{} of {}",
        counted(configured, "callback", "callbacks"),
        counted(targets, "target", "targets")
    ));
    for (variable, target) in &exported.variables {
        out.note(&format!(
            "fill {variable} with the callback key of {target}"
        ));
    }
    for target in &exported.with_password {
        out.warn(&format!(
            "{target}: the URL holds a password, and so does the manifest"
        ));
    }
    if let Err(error) = manifest::parse(&exported.text, "the manifest", syntax) {
        out.warn(&format!("apply refuses it as it stands: {error}"));
        for cause in error.causes {
            out.note(&format!("  {}", escape_line(&cause)));
        }
    }
}
