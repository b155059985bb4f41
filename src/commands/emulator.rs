//! `vodcb emulator`

mod fire;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::ready_file::ReadyFile;
use crate::context::Context;
use crate::emulator::{self, Config, Fault, Storage};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Format, Forms};
use crate::settings::numbers::whole;
use crate::text::escape_line;

/// Run, use or reset the local emulator of VOD and what it works with
///
/// That is STS, RAM's GetRole, the queues, and the places that hand out temporary keys. The emulator speaks the service's wire: it checks signatures, nonces, time stamps and parameters
/// and answers with the service's codes. Every command can also run against one inside its own
/// process: add --emulator.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb emulator start --ready-file ready.sh
  vodcb emulator fire FileUploadComplete
  vodcb emulator reset")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Serve VOD, STS, RAM's GetRole, the queues and the sources of keys on a loopback port until Ctrl-C
    #[command(after_help = "\
Examples:
  vodcb emulator start --port 8080 --state callbacks.json
  vodcb emulator start --fault 'set:throttle=200*2' --fault get:slow=500
  vodcb emulator start --ready-file ready.sh & … && . ./ready.sh && vodcb get

Faults, [[ACTION][@PLACE]:]KIND[=VALUE][*TIMES], PLACE being a region or an application:
throttle[=MS] internal unavailable error=CODE reset-before reset-after internal-after slow=MS slow-after=MS \
garbage html html-ok redirect truncate wrong-type huge-headers gzip-bomb skew=SECONDS deny denied-app \
suspended not-activated drop-events foreign pass.

ACTION: get set delete list-apps fire delivery identity assume oidc get-role imds uri sso oauth, and of \
queues: list-queues create-queue set-queue get-queue delete-queue send batch-send receive batch-receive peek \
batch-peek delete-message batch-delete change-visibility. fire and delivery are calls of vodcb emulator \
fire; what it delivers is not among them.

Quirks, for what the service does not document (the first is the default):
unconfigured=absent|empty|blank|error all=echo|expand set=reset|merge linger=no|yes key=clear|masked|absent \
unknown-events=store|drop|reject delete-nothing=ok|error form=accept|refuse case=keep|lower \
imds=role|norole|broken|off imds-v1=allow|refuse counters=exact|zero vod-role=present|absent|untrusting; \
session-seconds=N is how long issued keys live, whatever was asked for, apps=N how many applications \
app-0000001 and so on every account has beside app-1000000")]
    Start {
        /// Port on 127.0.0.1; 0 takes a free one
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u16>(0..=65_535, "8090"))]
        port: u16,
        /// Keep the state in this file instead of memory
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
        /// Misbehave, see Faults; may be given several times
        #[arg(long, value_name = "SPEC")]
        fault: Vec<String>,
        /// Behave in another plausible way, see Quirks; may be given several times
        #[arg(long, value_name = "NAME=VALUE")]
        quirk: Vec<String>,
        /// Write the export lines to this file once it is ready; it is there only while this runs
        #[arg(long, value_name = "FILE")]
        ready_file: Option<PathBuf>,
    },
    Fire(fire::Args),
    /// Forget what --emulator stored
    #[command(after_help = "\
Examples:
  vodcb emulator reset
  vodcb emulator reset --state callbacks.json")]
    Reset {
        /// The state file to forget instead; a damaged one is removed with --yes only, and no other file
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
    },
}

/// Serves until the process is stopped, or forgets.
///
/// # Errors
/// A usage error for a bad fault or quirk, a port in use, a state file that cannot be used.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    match &args.what {
        What::Start {
            port,
            state,
            fault,
            quirk,
            ready_file,
        } => {
            let mut config = Config::new(ctx.now, ctx.nonce);
            config.port = *port;
            config.faults = fault
                .iter()
                .map(|spec| Fault::parse(spec))
                .collect::<Result<_>>()?;
            for spec in quirk {
                config.quirks.apply(spec)?;
            }
            if let Some(path) = state {
                check_folder(path)?;
                config.storage = Storage::File(path.clone());
            }
            let ready = ReadyFile::asked_for(ready_file.as_deref())?;
            serve(ctx, config, ready).await
        }
        What::Fire(args) => fire::run(ctx, args).await,
        What::Reset { state } => reset(ctx, state.as_deref()),
    }
}

impl Args {
    /// The forms of a result: the address alone stands for the answer of a service.
    pub fn forms(&self) -> Forms {
        match self.what {
            What::Start { .. } => Forms::Answer,
            _ => Forms::Document,
        }
    }

    /// The word of a command that goes on until it is stopped.
    pub fn stream(&self) -> Option<&'static str> {
        matches!(self.what, What::Start { .. }).then_some("emulator start")
    }
}

fn reset(ctx: &Context, state: Option<&Path>) -> Result<Exit> {
    let path = match state {
        Some(path) => {
            // A slip of the finger may name any file.
            emulator::state::recognise(path, ctx.flags.yes)?;
            path.to_owned()
        }
        None => ctx.state_folder()?.join("emulator.json"),
    };
    let file = path.display().to_string();
    let document = |removed: bool| json!({"schema_version": 1, "removed": removed, "file": file});
    ctx.out.check(&document(true))?;
    let (removed, what) = if ctx.flags.dry_run {
        ctx.out
            .note(&format!("dry run; this file would be removed: {file}"));
        (false, "was left as it is")
    } else if emulator::state::reset(&path)? {
        (true, "was removed")
    } else {
        (false, "was empty already")
    };
    ctx.out.show(&document(removed), |_| {
        format!("The emulator's state {what}: {file}\n")
    })?;
    Ok(Exit::Ok)
}

/// A folder that is not there is more likely a slip than a wish.
fn check_folder(file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    Err(
        Error::usage(format!("there is no folder {}", folder.display()))
            .hint("make it first, or name a file in a folder that is there"),
    )
}

async fn serve(ctx: &Context, mut config: Config, mut ready: ReadyFile) -> Result<Exit> {
    let key = emulator::builtin_key();
    let (notices, mut told) = tokio::sync::mpsc::unbounded_channel();
    config.notices = Some(notices);
    let running = emulator::start(config).await?;
    let url = running.url();
    let values = [
        ("VODCB_ENDPOINT", url.as_str()),
        ("VODCB_STS_ENDPOINT", url.as_str()),
        ("VODCB_MNS_ENDPOINT", url.as_str()),
        ("VODCB_RAM_ENDPOINT", url.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key_id.as_str()),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            key.access_key_secret.expose(),
        ),
    ];
    let lines: String = values
        .iter()
        .map(|(name, value)| format!("export {name}={value}\n"))
        .collect();
    ready.write(&lines)?;
    let environment: serde_json::Map<String, serde_json::Value> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect();
    if ctx.out.format == Format::Raw {
        ctx.out.print(&format!("{url}\n"))?;
    } else {
        let document =
            json!({"schema_version": 1, "kind": "ready", "url": url, "environment": environment});
        ctx.out.show(&document, |_| {
            format!("# the emulator is ready at {url}; Ctrl-C stops it\n{lines}")
        })?;
    }
    ctx.serving.set(Some("the emulator stopped"));
    loop {
        match told.recv().await {
            Some(notice) => ctx.out.note(&escape_line(&notice)),
            None => std::future::pending().await,
        }
    }
}
