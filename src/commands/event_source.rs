//! Where an event to be sent comes from: the catalogue or a body at hand, with changes. No command, but
//! flags that several take.

use super::read_input;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::compose::{Draft, Edit};
use crate::event::summary;

/// The flags that make an event.
#[derive(Debug, Default, clap::Args)]
pub struct EventSource {
    /// Event type, for example TranscodeComplete; or a sample of it that vodcb events show names
    #[arg(value_name = "EVENT")]
    pub event: Option<String>,
    /// Make it the failure of the event
    #[arg(
        long,
        requires = "event",
        conflicts_with = "data",
        help_heading = "Event"
    )]
    pub fail: bool,
    /// Take this body instead of a sample: a file, - for standard input, or the JSON itself
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "event",
        help_heading = "Event"
    )]
    pub data: Option<String>,
    /// Changes to it.
    #[command(flatten)]
    pub edits: Edits,
}

/// The flags that change an event.
#[derive(Debug, Default, clap::Args)]
pub struct Edits {
    /// Set a member and keep its type, by its path in vodcb events decode; PATH:=JSON sets any value
    #[arg(long, value_name = "PATH=TEXT", help_heading = "Event")]
    set: Vec<String>,
    /// Take a member out
    #[arg(long, value_name = "PATH", help_heading = "Event")]
    unset: Vec<String>,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A sample, or a changed body.
    Composed(Draft),
    /// The bytes that were given, whatever they are.
    AsGiven(Vec<u8>),
}

impl Body {
    /// The event's name, where the body has one.
    pub fn event_type(&self) -> Option<String> {
        match self {
            Body::Composed(draft) => draft.event_type().map(str::to_owned),
            Body::AsGiven(bytes) => summary::read(bytes).ok()?.event_type,
        }
    }

    /// The bytes that go out.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Body::Composed(draft) => draft.to_bytes(),
            Body::AsGiven(bytes) => bytes.clone(),
        }
    }
}

impl EventSource {
    /// Makes the event. A sample is dated now; a body that was given keeps its bytes if nothing is
    /// changed.
    ///
    /// # Errors
    /// A usage error for an unknown event, an edit that does not fit, and input that cannot be read.
    pub async fn compose(&self, ctx: &Context) -> Result<Body> {
        self.compose_or(ctx, None).await
    }

    /// The same with a sample that is taken when nothing is named.
    ///
    /// # Errors
    /// As [`EventSource::compose`].
    pub async fn compose_or(&self, ctx: &Context, ordinary: Option<&str>) -> Result<Body> {
        let edits = self.edits.parse()?;
        let event = match self.data {
            Some(_) => None,
            None => self.event.as_deref().or(ordinary),
        };
        let mut draft = match (event, &self.data) {
            (Some(event), _) => Draft::sample(event, self.fail)?.dated((ctx.now)()),
            (None, Some(data)) => {
                let bytes = given(data).await?;
                if edits.is_empty() {
                    return Ok(Body::AsGiven(bytes));
                }
                Draft::parse(&bytes)?
            }
            (None, None) => {
                return Err(Error::usage("no event is named")
                    .hint("for example TranscodeComplete; vodcb events list shows them")
                    .hint("or give a body of your own: --data FILE"));
            }
        };
        for edit in &edits {
            if let Some(remark) = draft.edit(edit)? {
                ctx.out.warn(&remark);
            }
        }
        Ok(Body::Composed(draft))
    }
}

impl Edits {
    /// The changes in their order, first what is set and then what is taken out.
    ///
    /// # Errors
    /// A usage error for what is none.
    pub fn parse(&self) -> Result<Vec<Edit>> {
        let set = self.set.iter().map(|text| Edit::set(text));
        let unset = self.unset.iter().map(|text| Edit::unset(text));
        set.chain(unset).collect()
    }
}

async fn given(data: &str) -> Result<Vec<u8>> {
    if data.trim_start().starts_with('{') {
        return Ok(data.as_bytes().to_vec());
    }
    // As curl has it.
    let file = data.strip_prefix('@').unwrap_or(data);
    read_input(file).await.map_err(|error| {
        Error::usage(format!("{file} cannot be read"))
            .cause(error.to_string())
            .hint("give a file, or - for standard input")
    })
}
