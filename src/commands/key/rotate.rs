//! `vodcb key rotate`

mod abandon;
mod steps;

use jiff::SignedDuration;

use crate::callback::{Callback, Destination, auth_key};
use crate::change::rotation::{Place, Rotation};
use crate::commands::key_source::{KeySource, variable};
use crate::commands::{Connection, connect, keys, needs_confirmation};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::probe::Check;
use crate::probe::receiver::{Key, Receiver};
use crate::probe::rotation::{Accepted, prove};
use crate::render::key::{self as view, KeyStatus};
use crate::secret::Secret;

/// Replace the key in steps, each of them proved
///
/// First a new key is chosen and kept; give it to the receiver beside the old one. Then the receiver is
/// proved to accept deliveries signed with either and to refuse a third, and VOD is given the new key.
/// At last, when the receiver has forgotten the old key, --finish proves it.
///
/// Run it again to go on where it stands; vodcb key status tells where that is. Test deliveries are sent
/// with --yes, or when somebody at the terminal agrees. Exit 1 when a proof fails.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb key rotate --generate-auth-key --show-auth-key --yes   1. keep a new key and print it
  vodcb key rotate --yes                                       2. prove the receiver, then switch
  vodcb key rotate --finish --yes                              3. prove that the old key is refused
  vodcb key rotate --auth-key-env NEW_KEY --yes                1 and 2 at once: the receiver has it already")]
pub struct Args {
    #[command(flatten)]
    source: KeySource,
    /// Make a new key of 32 letters and digits, and stop until the receiver has it
    #[arg(long, group = "key", help_heading = "Callback key")]
    generate_auth_key: bool,
    /// Take the present key from this variable, where the service does not show it
    #[arg(long, value_name = "NAME", help_heading = "Callback key")]
    old_key_env: Option<String>,
    /// Print the keys instead of their masks
    #[arg(long, help_heading = "Callback key")]
    show_auth_key: bool,
    /// Prove that the receiver refuses the old key, then forget it
    #[arg(long, conflicts_with_all = ["key", "abandon", "old_key_env"])]
    finish: bool,
    /// Forget a new key that VOD was not given yet
    #[arg(long, conflicts_with_all = ["key", "skip_proof", "old_key_env"])]
    abandon: bool,
    /// Go on without asking the receiver, when it cannot be reached from here
    #[arg(long)]
    skip_proof: bool,
}

/// What a run works on.
struct Work<'a> {
    ctx: &'a Context,
    args: &'a Args,
    connection: &'a Connection,
    place: Place,
    callback: Callback,
    url: String,
    /// What was begun before this run.
    begun: Option<Rotation>,
}

/// The key of an HTTP callback, where the service shows it.
fn known_key(callback: &Callback) -> Option<&Secret> {
    callback.http().and_then(|(_, auth)| auth.known_key())
}

/// Goes on with the rotation where it stands.
///
/// # Errors
/// A usage error where nobody can confirm, where there is no key to replace, or where the key is
/// missing; those of a Get and of `change::write::change`.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    needs_confirmation(ctx, "key rotate")?;
    let given = args.source.read(ctx).await?;
    let connection = connect(ctx).await?;
    let exit = match args.abandon {
        true => abandon::run(ctx, args, &connection).await?,
        false => Work::on(ctx, args, &connection).await?.go_on(given).await?,
    };
    connection.close().await;
    Ok(exit)
}

impl<'a> Work<'a> {
    async fn on(ctx: &'a Context, args: &'a Args, connection: &'a Connection) -> Result<Self> {
        let target = &connection.target;
        let reading = connection.vod.get(ctx, &target.app_id).await?;
        let callback = reading.callback.ok_or_else(|| {
            Error::usage(format!("{target} has no callback, and so no key"))
                .hint(ctx.again("set --http-url URL --generate-auth-key"))
        })?;
        let url = match &callback.destination {
            Destination::Http { url, auth } if auth.on => url.clone(),
            Destination::Http { .. } => {
                return Err(
                    Error::usage("authentication is off: there is no key to replace")
                        .hint(ctx.again("set --generate-auth-key")),
                );
            }
            Destination::Mns { .. } => {
                return Err(Error::usage("messages in a queue are not signed")
                    .hint("a key belongs to HTTP callbacks"));
            }
        };
        let mut place = Place::of(ctx, &connection.vod, target)?;
        let begun = place.load(ctx, known_key(&callback))?;
        Ok(Work {
            ctx,
            args,
            connection,
            place,
            callback,
            url,
            begun,
        })
    }

    /// The key at the service, where it is shown.
    fn configured(&self) -> Option<&Secret> {
        known_key(&self.callback)
    }

    async fn go_on(&self, given: Option<Secret>) -> Result<Exit> {
        match self.seen()? {
            None if self.args.finish => Err(Error::usage("no rotation was begun")
                .hint(self.ctx.again("key rotate --generate-auth-key"))),
            None => {
                let rotation = self.begin(given)?;
                if self.args.generate_auth_key {
                    return self.wait_for_the_receiver(&rotation);
                }
                self.prove_and_switch(rotation).await
            }
            Some(rotation) => {
                let other = given.is_some_and(|key| key != rotation.new);
                if other || self.args.generate_auth_key {
                    return Err(Error::usage("another rotation is under way")
                        .hint(format!("go on with it: {}", self.ctx.again("key rotate")))
                        .hint(format!(
                            "or drop it: {}",
                            self.ctx.again("key rotate --abandon")
                        )));
                }
                match (rotation.switched, self.args.finish) {
                    (None, true) => Err(Error::usage("VOD still signs with the old key")
                        .hint(format!("switch first: {}", self.ctx.again("key rotate")))),
                    (None, false) => self.prove_and_switch(rotation).await,
                    (Some(_), true) => self.finish(rotation).await,
                    (Some(_), false) => self.already_switched(&rotation),
                }
            }
        }
    }

    /// What was begun, compared with what is configured.
    fn seen(&self) -> Result<Option<Rotation>> {
        let (Some(rotation), Some(configured)) = (&self.begun, self.configured()) else {
            return Ok(self.begun.clone());
        };
        let seen = rotation.clone().seen(configured, (self.ctx.now)());
        seen.map(Some).ok_or_else(|| {
            Error::new(
                Kind::Conflict,
                "the configured key is neither the old nor the new one of this rotation",
            )
            .cause("somebody set another key meanwhile")
            .hint(format!(
                "forget the rotation: {}",
                self.ctx.again("key rotate --abandon")
            ))
        })
    }

    /// A rotation to a given or generated key; it is kept by the first step.
    fn begin(&self, given: Option<Secret>) -> Result<Rotation> {
        let old = match (self.configured(), &self.args.old_key_env) {
            (Some(key), _) => key.clone(),
            (None, Some(name)) => variable(self.ctx, name)?,
            (None, None) => {
                return Err(Error::usage("the service does not show the present key")
                    .hint("name it with --old-key-env NAME"));
            }
        };
        let new = match given {
            Some(key) => key,
            None if self.args.generate_auth_key => auth_key::generate(self.ctx.random),
            None => {
                return Err(Error::usage("there is no new key to rotate to")
                    .hint("--generate-auth-key makes one; --auth-key-env NAME takes one that the receiver has already"));
            }
        };
        if new == old {
            return Err(Error::usage("the new key is the present one")
                .hint("--generate-auth-key makes another one"));
        }
        Ok(Rotation {
            begun: (self.ctx.now)(),
            old,
            new,
            switched: None,
        })
    }

    /// False for a dry run, which says what would come next.
    async fn agreed(&self, question: String) -> Result<bool> {
        if self.ctx.flags.dry_run {
            let next = if self.args.finish {
                "the receiver would be asked whether it refuses the old key"
            } else {
                "the receiver would be asked about both keys, and VOD given the new one"
            };
            self.ctx.out.note(&format!("dry run; {next}"));
            return Ok(false);
        }
        if self.ctx.flags.yes || self.ctx.prompt.confirm(question).await? {
            return Ok(true);
        }
        Err(Error::unconfirmed())
    }

    /// Asks the receiver, unless that is to be skipped.
    async fn prove(&self, good: &[Accepted<'_>], bad: Option<&Secret>) -> Result<Vec<Check>> {
        if self.args.skip_proof {
            self.ctx.out.warn(if self.args.finish {
                "the receiver is not asked: it may still accept deliveries signed with the old key"
            } else {
                "the receiver is not asked: if it does not accept the new key, events are lost"
            });
            return Ok(Vec::new());
        }
        let offset = self.connection.vod.client.learnt.seen_offset.get();
        let receiver = Receiver {
            url: &self.url,
            key: Key::None,
            events: &self.callback.events,
            is_configured: true,
            clock_offset: offset.unwrap_or(SignedDuration::ZERO),
        };
        prove(self.ctx, &receiver, good, bad).await
    }

    fn show(&self, rotation: Option<&Rotation>, checks: Vec<Check>) -> Result<()> {
        self.tell(&self.status(&self.callback, rotation, checks))
    }

    fn tell(&self, status: &KeyStatus) -> Result<()> {
        self.ctx.out.show(status, |width| view::text(status, width))
    }

    fn status(
        &self,
        callback: &Callback,
        rotation: Option<&Rotation>,
        checks: Vec<Check>,
    ) -> KeyStatus {
        let http = callback.http();
        let auth = http.map(|(_, auth)| auth);
        let rotation = rotation.map(|it| it.status(auth, keys(self.args.show_auth_key)));
        let mut status = KeyStatus::new(&self.connection.target, http).rotating(rotation);
        status.checks = checks;
        status
    }
}
