//! `vodcb set`

mod queue;
mod role;

use std::collections::BTreeSet;

use tokio::sync::OnceCell;

use super::key_source::KeySource;
use super::proof::holds;
use super::typed_key::typed_key;
use super::{Beside, Connection, carry_out, check_fingerprint, connect, keys, tell_of_key};
use crate::callback::{Auth, Callback, Method, auth_key, url};
use crate::change::edit::{AuthEdit, DestinationEdit, Edit, EventsEdit};
use crate::change::history::{self, Mode};
use crate::change::write::{Ask, Done, Order, Wanted, as_expected};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::{EventSelection, selection};
use crate::exit::Exit;
use crate::output::Forms;
use crate::prompt::Reply;
use crate::render::callback::Keys;
use crate::secret::Secret;

/// Configure the callback, or change a part of it
///
/// What is not named keeps its value. A target without a callback gets all events unless --events
/// says otherwise. Everything is checked before it is sent, and read back afterwards.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb set --http-url https://example.com/vod --events FileUploadComplete,TranscodeComplete
  vodcb set --add-events SnapshotComplete
  vodcb set --generate-auth-key
  VOD_KEY=… vodcb set --auth-key-env VOD_KEY
  vodcb set --mns-queue vod-events --region cn-shanghai
  vodcb set --mns-queue vod-events --create-queue
  vodcb set --http-url https://new.example.com/vod --check
  vodcb set --http-url https://new.example.com/vod --if-match 7f3a9c12 --dry-run")]
pub struct Args {
    /// Send events to this URL: http or https, at most 256 bytes, reachable from the internet
    #[arg(long, aliases = ["url", "callback-url"], value_name = "URL", help_heading = "Destination")]
    http_url: Option<String>,
    /// Send events to this queue of Simple Message Queue (MNS)
    #[arg(
        long,
        alias = "smq-queue",
        value_name = "NAME",
        conflicts_with = "http_url",
        help_heading = "Destination"
    )]
    mns_queue: Option<String>,
    /// Region of the queue; without it a configured queue stays where it is, another is in the callback's
    #[arg(long, alias = "smq-region", value_name = "ID", conflicts_with_all = ["http_url", "mns_endpoint"], help_heading = "Destination")]
    mns_region: Option<String>,
    /// Public endpoint of the queue's account and region
    #[arg(long, alias = "smq-endpoint", value_name = "URL", conflicts_with_all = ["http_url", "account_id"], help_heading = "Destination")]
    mns_endpoint: Option<String>,
    /// Account that owns the queue; without it a configured one stays, another is the caller's own
    #[arg(
        long,
        value_name = "ID",
        conflicts_with = "http_url",
        help_heading = "Destination"
    )]
    account_id: Option<String>,
    /// Accept an internal queue endpoint, which VOD is not documented to reach
    #[arg(long, requires = "mns_endpoint", help_heading = "Destination")]
    allow_internal_endpoint: bool,
    /// Create the queue if it is not there, also the configured one, with attributes that suit callbacks
    #[arg(long, conflicts_with_all = ["http_url", "no_queue_check"], help_heading = "Destination")]
    create_queue: bool,
    /// Do not look whether the queue is there
    #[arg(long, conflicts_with = "http_url", help_heading = "Destination")]
    no_queue_check: bool,
    /// HTTP or MNS; refused unless the destination agrees with it
    #[arg(long, value_name = "METHOD", help_heading = "Destination")]
    method: Option<String>,

    /// Exactly these events: names joined by commas, ALL, or none
    #[arg(long, value_name = "A,B|ALL|none", conflicts_with_all = ["add_events", "remove_events"], help_heading = "Events")]
    events: Option<String>,
    /// These events too
    #[arg(long, value_name = "A,B", help_heading = "Events")]
    add_events: Option<String>,
    /// Not these events
    #[arg(long, value_name = "A,B", help_heading = "Events")]
    remove_events: Option<String>,
    /// Let event types pass that this version does not know
    #[arg(long, help_heading = "Events")]
    allow_unknown_events: bool,

    /// Switch the signature of HTTP deliveries on or off; off keeps a stored key that can be read
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], conflicts_with_all = ["mns_queue", "mns_endpoint", "mns_region", "account_id"], help_heading = "Authentication")]
    auth: Option<String>,
    #[command(flatten)]
    source: KeySource,
    /// Make a new callback key of 32 letters and digits
    #[arg(long, group = "key", help_heading = "Authentication")]
    generate_auth_key: bool,
    /// Print the callback key instead of its mask
    #[arg(long, help_heading = "Authentication")]
    show_auth_key: bool,

    /// Check the destination first, with test deliveries, and write nothing (exit 1) if it fails
    #[arg(long)]
    check: bool,
    /// Refuse if the callback is not the one with this fingerprint; none means not configured
    #[arg(long, value_name = "FINGERPRINT")]
    if_match: Option<String>,
}

impl Args {
    /// The forms of a result: a check that failed has no answer of the service.
    pub fn forms(&self) -> Forms {
        match self.check {
            true => Forms::Document,
            false => Forms::Answer,
        }
    }
}

/// Checks everything offline, then changes the target by the one write path.
///
/// # Errors
/// As `change::write::change`, and a usage error for every value that cannot be used.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    check_fingerprint(args.if_match.as_deref())?;
    let mut edit = args.edit(ctx).await?;
    let connection = connect(ctx).await?;
    let present = Present {
        ctx,
        connection: &connection,
        if_match: args.if_match.as_deref(),
        read: OnceCell::new(),
    };
    if matches!(edit.auth, AuthEdit::On)
        && ctx.prompt.interactive
        && let Some(key) = ask_for_key(ctx, present.callback().await?).await?
    {
        edit.auth = AuthEdit::Key(key);
    }
    if let Some(destination) = &mut edit.destination {
        queue::find_account(ctx, &present, destination).await?;
    }
    let look = || args.look_up(ctx, &present, &edit);
    // A check has more to say of a queue than a look, unless it is to be created.
    let mut missing = None;
    if args.create_queue {
        missing = look().await?;
    }
    if args.check {
        let now = present.callback().await?;
        if !holds(ctx, &connection, now, &edit, missing.as_ref()).await? {
            connection.close().await;
            return Ok(Exit::Negative);
        }
    }
    if !args.create_queue {
        look().await?;
    }
    let order = Order {
        command: "set",
        target: &connection.target,
        wanted: Wanted::Edited {
            edit: &edit,
            seen: present.read.get().map(Option::as_ref),
        },
        ask: Ask::IfRisky,
        if_match: args.if_match.as_deref(),
    };
    let beside = Beside {
        keys: args.keys(ctx),
        queue: missing.as_ref(),
        undone: None,
    };
    let outcome = carry_out(ctx, &connection, &order, &beside).await?;
    let is_queue = matches!(edit.destination, Some(DestinationEdit::Queue { .. }));
    if is_queue && outcome.done == Done::Written && !args.check {
        role::tell(ctx, &connection).await;
    }
    if args.generate_auth_key && outcome.done == Done::Written && !args.show_auth_key {
        tell_of_key(ctx, outcome.number);
    }
    connection.close().await;
    Ok(Exit::Ok)
}

/// The callback before the change, read once for all that is looked at first, and only if `--if-match` allows.
/// The change reads it again in its own turn, and refuses another one: nobody looked at that.
struct Present<'a> {
    ctx: &'a Context,
    connection: &'a Connection,
    if_match: Option<&'a str>,
    read: OnceCell<Option<Callback>>,
}

impl Present<'_> {
    async fn callback(&self) -> Result<Option<&Callback>> {
        let Connection { vod, target, .. } = self.connection;
        let read = async || {
            let callback = vod.get(self.ctx, &target.app_id).await?.callback;
            as_expected(self.ctx, target, self.if_match, callback.as_ref())?;
            Ok(callback)
        };
        self.read.get_or_try_init(read).await.map(Option::as_ref)
    }
}

/// At a terminal a missing key is asked for, unless one is stored already.
async fn ask_for_key(ctx: &Context, present: Option<&Callback>) -> Result<Option<Secret>> {
    let stored = present.and_then(Callback::auth).and_then(Auth::known_key);
    if stored.is_some() {
        return Ok(None);
    }
    Ok(match typed_key(ctx, false).await? {
        Reply::Answer(key) => Some(key),
        Reply::Back => None,
    })
}

/// The refusal of a command line that names no part to set.
pub fn nothing_named(ctx: &Context) -> Error {
    Error::usage("nothing to set is named")
        .hint(format!(
            "for example: {}",
            ctx.again("set --http-url https://example.com/vod/callback")
        ))
        .hint("vodcb wizard asks for everything; vodcb set --help shows what can be set")
}

impl Args {
    /// True when the command line names no part at all.
    pub fn is_empty(&self) -> bool {
        let texts = [
            &self.http_url,
            &self.mns_queue,
            &self.mns_region,
            &self.mns_endpoint,
            &self.account_id,
            &self.method,
            &self.events,
            &self.add_events,
            &self.remove_events,
            &self.auth,
        ];
        texts.iter().all(|text| text.is_none())
            && !self.generate_auth_key
            && !self.source.is_named()
    }

    /// A key that a dry run generates is none that anybody will have, so it is not shown.
    fn keys(&self, ctx: &Context) -> Keys {
        keys(self.show_auth_key && !(self.generate_auth_key && ctx.flags.dry_run))
    }

    async fn edit(&self, ctx: &Context) -> Result<Edit> {
        let edit = Edit {
            destination: self.destination(ctx)?,
            events: self.events()?,
            auth: self.auth(ctx).await?,
        };
        if edit.destination.is_none() && !edit.events.is_named() && !edit.auth.is_named() {
            return Err(nothing_named(ctx));
        }
        Ok(edit)
    }

    fn destination(&self, ctx: &Context) -> Result<Option<DestinationEdit>> {
        let method = self.method.as_deref().map(Method::parse).transpose()?;
        let destination = match &self.http_url {
            Some(text) => {
                for warning in url::check(text)? {
                    ctx.out.warn(&warning);
                }
                Some(DestinationEdit::Url(text.clone()))
            }
            None => self.queue()?,
        };
        match (method, &destination) {
            (Some(Method::Http), Some(DestinationEdit::Queue { .. })) => {
                Err(Error::usage("--method HTTP does not go with a queue")
                    .hint("leave --method out, or give --http-url"))
            }
            (Some(Method::Mns), Some(DestinationEdit::Url(_))) => {
                Err(Error::usage("--method MNS does not go with a URL")
                    .hint("leave --method out, or give --mns-queue"))
            }
            (Some(method), None) => Err(Error::usage(format!(
                "--method {} needs a destination",
                method.as_str()
            ))
            .hint("add --http-url URL or --mns-queue NAME")),
            _ => Ok(destination),
        }
    }

    fn events(&self) -> Result<EventsEdit> {
        let unknown = self.allow_unknown_events;
        let names = |text: &Option<String>| match text {
            Some(text) => selection::parse_names(text, unknown),
            None => Ok(BTreeSet::new()),
        };
        let edit = EventsEdit {
            replace: self
                .events
                .as_deref()
                .map(|text| EventSelection::parse(text, unknown))
                .transpose()?,
            add: names(&self.add_events)?,
            remove: match &self.remove_events {
                Some(text) => selection::parse_removed(text, unknown)?,
                None => BTreeSet::new(),
            },
        };
        if let Some(both) = edit.add.intersection(&edit.remove).next() {
            return Err(
                Error::usage(format!("{both} is to be added and removed at once"))
                    .hint("leave it out of one of the two"),
            );
        }
        Ok(edit)
    }

    async fn auth(&self, ctx: &Context) -> Result<AuthEdit> {
        let is_for_a_queue = self.mns_queue.is_some() || self.mns_endpoint.is_some();
        match (self.auth.as_deref(), self.key(ctx).await?) {
            (Some("off"), Some(_)) => Err(Error::usage("--auth off does not go with a new key")
                .hint("leave --auth out to sign deliveries with the new key")),
            (_, Some(_)) if is_for_a_queue => {
                Err(Error::usage("a callback key belongs to HTTP callbacks")
                    .hint("messages in a queue are not signed; leave the key out"))
            }
            (_, Some(key)) => Ok(AuthEdit::Key(key)),
            (Some("on"), None) => Ok(AuthEdit::On),
            (Some(_), None) => Ok(AuthEdit::Off),
            (None, None) => Ok(AuthEdit::Keep),
        }
    }

    async fn key(&self, ctx: &Context) -> Result<Option<Secret>> {
        if let Some(key) = self.source.read(ctx).await? {
            return Ok(Some(key));
        }
        if self.generate_auth_key && !self.show_auth_key && history::mode(ctx)? != Mode::Full {
            return Err(
                Error::usage("a generated key could be lost: VODCB_HISTORY keeps no keys")
                    .hint("add --show-auth-key, which prints it"),
            );
        }
        Ok(self
            .generate_auth_key
            .then(|| auth_key::generate(ctx.random)))
    }
}
