//! The steps of a rotation, each for itself.

use super::Work;
use crate::callback::url;
use crate::change::edit::{AuthEdit, Edit};
use crate::change::rotation::Rotation;
use crate::change::write::{Ask, Order, Outcome, Wanted, change};
use crate::commands::written_but_not_shown;
use crate::error::Result;
use crate::exit::Exit;
use crate::probe::{Check, Report, Verdict};
use crate::render::key::KeyStatus;
use crate::secret::Secret;
use crate::stop::Kept;
use crate::text::escape_line;

impl Work<'_> {
    pub(super) fn wait_for_the_receiver(&self, rotation: &Rotation) -> Result<Exit> {
        if self.ctx.flags.dry_run {
            self.ctx.out.note("dry run; a new key would be kept");
            return self.show(None, Vec::new()).map(|()| Exit::Ok);
        }
        let status = self.status(&self.callback, Some(rotation), Vec::new());
        self.ctx.out.check(&status)?;
        self.keep(rotation)?;
        self.tell(&status)?;
        if !self.args.show_auth_key {
            let shows = self.ctx.again("key status --show-auth-key");
            self.ctx
                .out
                .hint(&format!("this shows the new key: {shows}"));
        }
        self.ctx.out.hint(&format!(
            "have the receiver accept both keys, then: {}",
            self.ctx.again("key rotate")
        ));
        Ok(Exit::Ok)
    }

    pub(super) fn already_switched(&self, rotation: &Rotation) -> Result<Exit> {
        self.show(Some(rotation), Vec::new())?;
        self.ctx.out.note("already so; VOD signs with the new key");
        self.remind();
        Ok(Exit::Ok)
    }

    fn remind(&self) {
        self.ctx.out.hint(&format!(
            "keep both keys in the receiver for some minutes, remove the old one, then: {}",
            self.ctx.again("key rotate --finish")
        ));
    }

    pub(super) async fn prove_and_switch(&self, mut rotation: Rotation) -> Result<Exit> {
        let target = &self.connection.target;
        let url = escape_line(&url::without_password(&self.url));
        let question = if self.args.skip_proof {
            format!("Switch {target} to the new key without asking the receiver?")
        } else {
            format!(
                "Send test deliveries to {url} and, if it accepts both keys, switch {target} to the new one?"
            )
        };
        if !self.agreed(question).await? {
            return self
                .show(self.begun.as_ref(), Vec::new())
                .map(|()| Exit::Ok);
        }
        self.keep(&rotation)?;
        self.ctx.stop.keep(self.kept());
        let checks = self
            .prove(
                &[
                    ("accepts-old", &rotation.old),
                    ("accepts-new", &rotation.new),
                ],
                None,
            )
            .await?;
        if failed(&checks) {
            self.show(Some(&rotation), checks)?;
            self.ctx.out.note("nothing was written: a proof failed");
            self.ctx.out.hint("once the receiver is mended, run this again; --skip-proof goes on where it cannot be reached from here");
            return Ok(Exit::Negative);
        }
        let planned = self.status(&self.callback, Some(&rotation), checks.clone());
        let done = self.switch(&rotation.new, &planned).await?;
        rotation.switched = Some((self.ctx.now)());
        // The next run would see by the configured key that it happened.
        if let Err(error) = self.place.save(&rotation) {
            self.ctx.out.warn(&error.message);
        }
        let now = done.callback.as_ref().unwrap_or(&self.callback);
        let mut status = self.status(now, Some(&rotation), checks);
        status.number = done.number;
        self.tell(&status).map_err(|error| {
            let look = self.ctx.again("key status");
            written_but_not_shown("the new key was written and read back", &look, error)
        })?;
        self.ctx
            .out
            .note("written and read back: VOD signs with the new key");
        self.remind();
        Ok(Exit::Ok)
    }

    fn keep(&self, rotation: &Rotation) -> Result<()> {
        match self.begun {
            Some(_) => self.place.save(rotation),
            None => self.place.begin(rotation),
        }
    }

    /// What an interruption before the switch leaves.
    fn kept(&self) -> Kept {
        let (ctx, file) = (self.ctx, self.place.path().display());
        Kept {
            told: format!("VOD signs with the old key, and the new one is kept in {file}"),
            hints: vec![
                format!("go on with it: {}", ctx.again("key rotate")),
                format!("or forget it: {}", ctx.again("key rotate --abandon")),
            ],
        }
    }

    pub(super) async fn finish(&self, rotation: Rotation) -> Result<Exit> {
        let question = if self.args.skip_proof {
            "Forget the old key without asking the receiver?".to_owned()
        } else {
            let url = escape_line(&url::without_password(&self.url));
            format!("Send test deliveries to {url}?")
        };
        if !self.agreed(question).await? {
            return self.show(Some(&rotation), Vec::new()).map(|()| Exit::Ok);
        }
        let checks = self
            .prove(&[("accepts-new", &rotation.new)], Some(&rotation.old))
            .await?;
        if failed(&checks) {
            self.show(Some(&rotation), checks)?;
            self.ctx.out.note("not finished: a proof failed");
            self.ctx.out.hint(&format!(
                "have the receiver accept the new key and no other, then: {}",
                self.ctx.again("key rotate --finish")
            ));
            self.ctx
                .out
                .hint("--skip-proof forgets the old key without asking a receiver that cannot be reached from here");
            return Ok(Exit::Negative);
        }
        let status = self.status(&self.callback, None, checks);
        self.ctx.out.check(&status)?;
        self.place.forget()?;
        self.tell(&status)?;
        self.ctx.out.note("finished; the old key is forgotten here");
        Ok(Exit::Ok)
    }

    /// Gives VOD the new key by the one write path; what was proved is what is changed.
    async fn switch(&self, new: &Secret, planned: &KeyStatus) -> Result<Outcome> {
        let edit = Edit {
            auth: AuthEdit::Key(new.clone()),
            ..Edit::default()
        };
        let order = Order {
            command: "key rotate",
            target: &self.connection.target,
            wanted: Wanted::Edited {
                edit: &edit,
                seen: Some(Some(&self.callback)),
            },
            ask: Ask::Never,
            if_match: None,
        };
        // A query that cannot be answered is told before the write.
        let check = |_: &Outcome| self.ctx.out.check(planned);
        change(self.ctx, &self.connection.vod, &order, check).await
    }
}

fn failed(checks: &[Check]) -> bool {
    let checks = checks.to_vec();
    Report::new(checks).result() == Verdict::Fail
}
