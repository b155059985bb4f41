//! `vodcb listen`

mod feed;
mod session;
mod suggestions;
mod values;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::event_filter;
use super::ready_file::ReadyFile;
use super::verification::{Against, Known, unsigned_callback};
use crate::callback::url::without_password;
use crate::context::Context;
use crate::delivery::expect::Expectation;
use crate::delivery::receive::{Limits, Proof, Receiver, Routes, serve};
use crate::delivery::reply::Script;
use crate::delivery::save::{Durability, Store};
use crate::error::{Error, Result};
use crate::event::EventSelection;
use crate::exit::Exit;
use crate::http::Http;
use crate::mns::consume::Totals;
use crate::output::Format;
use crate::render::listen::{Ready, not_shown};
use crate::settings::numbers::{seconds, whole};
use session::Session;
use suggestions::Signer;

/// Notices that may wait to be counted and handed to what prints them; neither waits for a reader.
const NOTICES: usize = 1024;
const PORT: u16 = 8080;

/// Receive deliveries, show them, keep them, hand them on
///
/// An HTTP server for the callback URL. It shows each delivery with the verdict on its signature,
/// saves it, hands it on to a local application or answers what you say. Put a tunnel or proxy
/// with https in front of it to receive from VOD. It runs until Ctrl-C, which lets deliveries under way
/// finish; a second one ends it at once.
///
/// Without --url, a signature is compared with the URL that the request shows: the host it asks for,
/// path and query. A wrong signature is shown and explained; --require-signature refuses it, too.
///
/// With --queue the events come from a queue, so that no public address is needed. A message is deleted
/// after the application's 200, and tried again later otherwise; what --events leaves out stays there.
///
/// Exit 0, or 1 when what was waited for with --expect or --exit-after did not come, when a delivery
/// could not be saved, or, unless a signal ends it, when a message was kept in the queue.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb listen
  vodcb listen --auth-key-env VOD_KEY --save events.ndjson
  vodcb listen --forward-to http://localhost:3000/vod
  vodcb listen --queue vod-events --forward-to http://localhost:3000/vod
  vodcb listen --respond 500,500,200
  vodcb listen --port 0 --ready-file ready --timeout 60 --expect \"EventType == 'TranscodeComplete'\"")]
pub struct Args {
    /// Port; 0 takes a free one [default: 8080, with --queue any]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(0..=65_535, "8080"))]
    port: Option<u16>,
    /// Address to listen at; 0.0.0.0 is every address of this machine
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Serve this path only, and answer 404 elsewhere
    #[arg(long, value_name = "PATH", value_parser = values::path)]
    path: Option<String>,
    /// Count, show, save and hand on these events only; the others are answered 200
    #[arg(long, value_name = "A,B")]
    events: Option<String>,
    /// Write the URL to this file once it is ready; it is there only while this runs
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,

    #[command(flatten)]
    feed: feed::Feed,

    /// Hand deliveries on to this URL, and its answers back
    #[arg(long, value_name = "URL", value_parser = values::application, help_heading = "Answer")]
    forward_to: Option<String>,
    /// Hand some events on to a URL of their own: TranscodeComplete=http://localhost:3000/t
    #[arg(long, value_name = "EVENTS=URL", value_parser = values::route, help_heading = "Answer")]
    route: Vec<(EventSelection, String)>,
    /// Answer this, one after the other, and the last from then on: 500,500,200; slow:6s; close
    #[arg(
        long,
        value_name = "ANSWERS",
        conflicts_with = "forward_to",
        help_heading = "Answer"
    )]
    respond: Option<String>,

    /// Append deliveries to this file, one JSON document a line, before they are answered
    #[arg(long, value_name = "FILE", help_heading = "Save")]
    save: Option<PathBuf>,
    /// Answer before the disk has them: faster, but a loss of power may lose some
    #[arg(long, requires = "save", help_heading = "Save")]
    no_fsync: bool,

    /// Answer 401 to deliveries that are not signed rightly; they are shown and go no further
    #[arg(long, help_heading = "Signature")]
    require_signature: bool,
    #[command(flatten)]
    against: Against,

    /// End after this many deliveries; with --queue, messages handed over or kept
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=u64::MAX, "1"), help_heading = "End")]
    exit_after: Option<u64>,
    /// End once an event came for which this JMESPath expression is true; may be given several times
    #[arg(long, value_name = "EXPR", help_heading = "End")]
    expect: Vec<String>,
    /// End after this many seconds; how long a call may take is VODCB_TIMEOUT here
    #[arg(long, value_name = "SECONDS", value_parser = seconds(0.001..=1e9, "60"), help_heading = "End")]
    timeout: Option<f64>,
}

/// Receives until it is stopped or has what was waited for.
///
/// # Errors
/// A usage error for flags that do not go together, a port in use, a file that cannot be used; with
/// `--configured` those of a Get.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let expectations = args.expect.iter().map(|text| Expectation::parse(text));
    let expectations = expectations.collect::<Result<Vec<_>>>()?;
    let events = args.events()?;
    args.check_feed()?;
    let mut ready = ReadyFile::asked_for(args.ready_file.as_deref())?;
    for chosen in args.route.iter().map(|(events, _)| events).chain([&events]) {
        event_filter::warn_of_unknown(ctx, chosen);
    }
    // With a queue the feed chooses; what it hands over it deletes, so nothing may be passed over then.
    let counted = if args.feed.is_wanted() {
        EventSelection::All
    } else {
        events.clone()
    };
    let receiver = args.receiver(ctx, counted).await?;
    let signer = Signer::of(&receiver.proof);
    let (listener, url) = args.bind().await?;
    let (notices, told) = mpsc::channel(NOTICES);
    // Attempts are no deliveries, so the feed counts its messages itself.
    let exit_after = args.exit_after.filter(|_| !args.feed.is_wanted());
    let mut session = Session::new(ctx, told, exit_after, expectations, args.keeps())?;
    ready.write(&format!("{url}\n"))?;
    args.tell_ready(ctx, &url, &signer)?;

    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, receiver, notices, async {
        let _ = stopped.await;
    }));
    let time = args.timeout.map(Duration::from_secs_f64);
    let listening = async {
        session.until_done(time).await?;
        // A reader of a queue finishes what it has begun while the listener is still there.
        if args.feed.is_wanted() {
            ctx.stop.ask();
        }
        Ok(())
    };
    let feeding = args.feed.run(ctx, &events, &url, args.exit_after);
    let fed = match tokio::try_join!(listening, feeding) {
        Ok(((), fed)) => fed,
        Err(error) => {
            session.end(String::new()).await?;
            return Err(error);
        }
    };
    drop(stop);
    session.until_quiet().await;
    let _ = server.await;
    let Some(fed) = fed else {
        return session.close().await;
    };
    session.account(&fed, args.exit_after);
    let is_nothing = fed.totals == Totals::default();
    if let (Err(error), true) = (&fed.ended, is_nothing) {
        session.end(String::new()).await?;
        return Err(error.clone());
    }
    let exit = session.close().await;
    fed.ended.and(exit)
}

impl Args {
    fn events(&self) -> Result<EventSelection> {
        match &self.events {
            Some(text) => event_filter::parse(text),
            None => Ok(EventSelection::All),
        }
    }

    /// Whether every delivery goes elsewhere than to standard output, too.
    fn keeps(&self) -> bool {
        self.save.is_some() || self.forward_to.is_some()
    }

    /// Makes sure that the queue can be one. What comes from it is not signed, so a key would only bring complaints.
    fn check_feed(&self) -> Result<()> {
        self.feed.check()?;
        let verifies = self.require_signature || self.against.is_named();
        if self.feed.is_wanted() && verifies {
            return Err(Error::usage(
                "messages of a queue carry no signature, so there is nothing to verify",
            )
            .hint("leave keys, URLs and --require-signature out")
            .hint("to have what is handed on signed: vodcb queue forward NAME --to URL --auth-key-env NAME"));
        }
        Ok(())
    }

    async fn receiver(&self, ctx: &Context, events: EventSelection) -> Result<Receiver> {
        let script = self.respond.as_deref().map(Script::parse).transpose()?;
        let proof = self.proof(ctx, self.against.read(ctx).await?)?;
        if proof.keys.is_empty() && !self.bind.is_loopback() {
            ctx.out.warn("anybody who reaches this port can send events; a key with --require-signature keeps strangers out");
        }
        let durability = if self.no_fsync {
            Durability::System
        } else {
            Durability::Disk
        };
        let store = match &self.save {
            Some(path) => {
                let (store, torn) = Store::open(path, durability)?;
                if torn {
                    ctx.out.warn(&format!(
                        "the last line of {} was not complete, as after a crash; it was ended, and new lines follow",
                        path.display()
                    ));
                }
                Some(store)
            }
            None => None,
        };
        Ok(Receiver {
            path: self.path.clone(),
            events,
            bodies: ctx.out.format == Format::Ndjson || !self.expect.is_empty(),
            proof,
            store,
            routes: Routes {
                by_event: self.route.clone(),
                otherwise: self.forward_to.clone(),
            },
            script: script.unwrap_or_default(),
            http: Http::clone(&ctx.http),
            now: ctx.now,
            limits: Limits::default(),
        })
    }

    fn proof(&self, ctx: &Context, Known { urls, keys }: Known) -> Result<Proof> {
        let needs_key = self.require_signature
            || self.against.configured
            || self.against.max_age.is_some()
            || !urls.is_empty();
        if needs_key && keys.is_empty() {
            let error = Error::usage("a callback key is needed to verify signatures");
            return Err(if self.against.configured {
                unsigned_callback(ctx, error)
            } else {
                error.hint("give --auth-key-env NAME, or --configured to take key and URL from the service")
            });
        }
        Ok(Proof {
            keys,
            urls,
            max_age: self.against.max_age,
            required: self.require_signature,
        })
    }

    /// The open port, and its URL as this machine reaches it.
    async fn bind(&self) -> Result<(TcpListener, String)> {
        let usual = if self.feed.is_wanted() { 0 } else { PORT };
        let port = self.port.unwrap_or(usual);
        let trouble = |error: std::io::Error| {
            let place = SocketAddr::new(self.bind, port);
            let another_port = "choose another port with --port; --port 0 takes a free one";
            let (what, hint) = match error.kind() {
                std::io::ErrorKind::AddrInUse => ("is in use by another process", another_port),
                std::io::ErrorKind::AddrNotAvailable => (
                    "is no address of this machine",
                    "--bind 0.0.0.0 listens at every address of this machine",
                ),
                _ => ("cannot be listened at", another_port),
            };
            Error::usage(format!("{place} {what}"))
                .cause(error.to_string())
                .hint(hint)
        };
        let listener = TcpListener::bind((self.bind, port))
            .await
            .map_err(trouble)?;
        let mut address = listener.local_addr().map_err(trouble)?;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        let path = self.path.as_deref().unwrap_or_default();
        Ok((listener, format!("http://{address}{path}")))
    }

    fn tell_ready(&self, ctx: &Context, url: &str, signer: &Signer) -> Result<()> {
        let saving_to = self.save.as_ref().map(|path| path.display().to_string());
        let forward_to = self.forward_to.as_deref().map(without_password);
        let document = Ready::new(url, saving_to, forward_to.as_deref());
        match ctx.out.piece(&document, |_| String::new()) {
            Ok(text) => ctx.out.print(&text)?,
            Err(error) => ctx.out.warn(&not_shown(&error)),
        }
        if let Some(words) = self.feed.words(forward_to.as_deref()) {
            ctx.out.note(&words);
            return Ok(());
        }
        ctx.out.note(&self.suggestions(ctx, url, signer));
        Ok(())
    }
}
