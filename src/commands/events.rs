//! `vodcb events`

use clap::Subcommand;

use super::read_input;
use crate::context::Context;
use crate::delivery::{record, recording};
use crate::error::{Error, Result};
use crate::event::{self, catalogue, compose, decode, document};
use crate::exit::Exit;
use crate::output::Forms;
use crate::render;
use crate::text::quoted;

/// Explain event types and event bodies
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb events list --group Transcode
  vodcb events show TranscodeComplete
  vodcb events show TranscodeComplete --sample | vodcb events decode -")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the event types
    #[command(after_help = "\
Examples:
  vodcb events list
  vodcb events list --group Transcode -o json --query 'events[].event_type'")]
    List {
        /// Only this group, for example Transcode
        #[arg(long, value_name = "NAME")]
        group: Option<String>,
    },
    /// Explain one event type and its members
    #[command(after_help = "\
Examples:
  vodcb events show TranscodeComplete
  vodcb events show FileUploadComplete --sample
  vodcb events show TranscodeComplete.partial --sample")]
    Show {
        /// The event type, for example TranscodeComplete; with --sample also a sample of it that is listed
        name: String,
        /// Print a sample body instead, in every format as it is
        #[arg(long)]
        sample: bool,
    },
    /// Explain a body that was received, member by member
    #[command(after_help = "\
Examples:
  vodcb events decode body.json
  vodcb events show TranscodeComplete --sample | vodcb events decode -")]
    Decode {
        /// A file with the body, JSON or Base64 of it, or a recorded delivery; - is standard input
        file: String,
    },
}

impl Args {
    /// The forms of a result: a sample is printed as it is.
    pub fn forms(&self) -> Forms {
        match self.what {
            What::Show { sample: true, .. } => Forms::Own,
            _ => Forms::Document,
        }
    }
}

/// Explains from the embedded catalogue; nothing is sent.
///
/// # Errors
/// A usage error for unknown names and unreadable bodies.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    match &args.what {
        What::List { group } => list(ctx, group.as_deref()),
        What::Show { name, sample } => show(ctx, name, *sample),
        What::Decode { file } => decode(ctx, file).await,
    }?;
    Ok(Exit::Ok)
}

fn list(ctx: &Context, group: Option<&str>) -> Result<()> {
    let all = &catalogue::catalogue().events;
    let rows: Vec<&catalogue::Event> = match group {
        None => all.iter().collect(),
        Some(group) => all
            .iter()
            .filter(|event| event.group.eq_ignore_ascii_case(group))
            .collect(),
    };
    if rows.is_empty() {
        let mut groups: Vec<&str> = all.iter().map(|event| event.group.as_str()).collect();
        groups.dedup();
        return Err(
            Error::usage(format!("{:?} is not a group", group.unwrap_or_default()))
                .hint(format!("the groups are {}", groups.join(", "))),
        );
    }
    ctx.out.show(&document::list(&rows), |width| {
        render::event::list(&rows, width)
    })
}

fn show(ctx: &Context, name: &str, sample: bool) -> Result<()> {
    if name.eq_ignore_ascii_case(event::AI_UMBRELLA) {
        return show_umbrella(ctx, event::AI_UMBRELLA, sample);
    }
    if sample {
        let (_, body) = compose::sample(name)?;
        return ctx.out.print(&format!("{}\n", body.trim_end()));
    }
    let event = catalogue::find(name).ok_or_else(|| event::unknown(name))?;
    ctx.out.show(&document::show(event), |width| {
        render::event::show(event, width)
    })
}

/// An umbrella is subscribed and never sent, so its events are shown instead.
fn show_umbrella(ctx: &Context, umbrella: &str, sample: bool) -> Result<()> {
    if sample {
        return Err(Error::usage(format!(
            "{umbrella} is never sent by itself, so it has no sample"
        ))
        .hint("for example: vodcb events show AIMediaAuditComplete --sample"));
    }
    ctx.out.note(&format!(
        "{umbrella} is subscribed; the messages carry the names of its events:"
    ));
    let rows: Vec<&catalogue::Event> = catalogue::covered_by(umbrella).collect();
    ctx.out.show(&document::list(&rows), |width| {
        render::event::list(&rows, width)
    })
}

async fn decode(ctx: &Context, file: &str) -> Result<()> {
    let bytes = read_input(file).await.map_err(|error| {
        Error::usage(format!("{file} cannot be read"))
            .cause(error.to_string())
            .hint("give a file, or - for standard input")
    })?;
    let (body, _encoding) = decode::unpack(&body_of(file, bytes)?)?;
    let explanation = decode::explain(&body);
    ctx.out.show(&document::explanation(&explanation), |width| {
        render::event::explanation(&explanation, width)
    })
}

/// The body itself, or that of the one delivery in a recording.
fn body_of(file: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    let deliveries: Vec<(usize, &[u8])> = lines
        .filter(|(_, line)| recording::is_delivery(line))
        .collect();
    match deliveries[..] {
        [] if decode::unpack(&bytes).is_ok() => Ok(bytes),
        // A request as text; what is neither is refused as the body that it was taken for.
        [] => Ok(match record::read(&bytes) {
            Ok(recorded) if !recorded.body.is_empty() => recorded.body,
            _ => bytes,
        }),
        [(_, line)] => Ok(record::envelope(line)?.body),
        [(first, _), ..] => Err(Error::usage(format!(
            "{file} has {} deliveries, and one is explained at a time",
            deliveries.len()
        ))
        .hint(format!(
            "for example: sed -n {first}p{} | vodcb events decode -",
            match file {
                "-" => String::new(),
                file => format!(" {}", quoted(file)),
            }
        ))),
    }
}
