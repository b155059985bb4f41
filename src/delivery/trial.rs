//! Tries a receiver in the situations of [`super::scenario`].

use jiff::{SignedDuration, Timestamp};

use super::load::{self, Load, Tally};
use super::rules::{Rules, VOD};
use super::scenario::{Kind, Ordinary, Scenario, Shot, Signing};
use super::send::{Attempt, Delivery, Proof, try_once, try_slowly};
use crate::error::Result;
use crate::http::Http;
use crate::probe::Verdict;
use crate::secret::Secret;
use crate::text::counted;

/// How far the time of a stale signature is from now. The vendor's example of a limit is five minutes.
pub const STALE: SignedDuration = SignedDuration::from_hours(-1);

/// A receiver, and what it is tried with.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The way there.
    pub http: &'a Http,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// Makes ids.
    pub nonce: fn() -> String,
    /// Where deliveries go.
    pub url: &'a str,
    /// How they are signed.
    pub proof: &'a Proof,
    /// What a storm is.
    pub storm: Load,
}

/// What became of a scenario.
#[derive(Debug)]
pub struct Finding {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// Whether the receiver bears it.
    pub verdict: Verdict,
    /// Why not; why it was skipped.
    pub cause: Option<String>,
    /// Each delivery and its answer.
    pub answers: Vec<(Shot, Attempt)>,
    /// Present for a storm.
    pub tally: Option<Tally>,
}

impl Trial<'_> {
    /// Tries one scenario. `step` hears of each delivery of a storm.
    ///
    /// # Errors
    /// As [`try_once`].
    pub async fn run(
        &self,
        scenario: &'static Scenario,
        ordinary: &Ordinary,
        step: impl FnMut(),
    ) -> Result<Finding> {
        if scenario.needs_key && !matches!(self.proof, Proof::Signed { .. }) {
            return Ok(Finding {
                scenario,
                verdict: Verdict::Skip,
                cause: Some("there is no key to sign with".to_owned()),
                answers: Vec::new(),
                tally: None,
            });
        }
        match scenario.kind {
            Kind::Shots(shots) => self.shoot(scenario, shots(ordinary)?).await,
            Kind::Storm => self.storm(scenario, ordinary, step).await,
        }
    }

    async fn shoot(&self, scenario: &'static Scenario, shots: Vec<Shot>) -> Result<Finding> {
        let mut verdict = Verdict::Pass;
        let mut cause = None;
        let mut answers = Vec::new();
        for shot in shots {
            let delivery = Delivery {
                url: self.url.to_owned(),
                proof: self.proof(shot.signing),
                body: shot.body.clone(),
            };
            let attempt = match shot.slowly {
                Some(over) => try_slowly(self.http, self.now, VOD.limit, &delivery, over).await?,
                None => try_once(self.http, self.now, VOD.limit, &delivery, 1).await?,
            };
            let judged = shot.wanted.judge(&attempt.answer);
            if judged > verdict {
                verdict = judged;
                cause = Some(format!("{}: {}", shot.what, attempt.answer));
            }
            answers.push((shot, attempt));
        }
        Ok(Finding {
            scenario,
            verdict,
            cause,
            answers,
            tally: None,
        })
    }

    async fn storm(
        &self,
        scenario: &'static Scenario,
        ordinary: &Ordinary,
        step: impl FnMut(),
    ) -> Result<Finding> {
        let tally = self
            .load(
                VOD,
                |id| ordinary.draft.clone().of_media(id).to_bytes(),
                step,
                std::future::pending(),
            )
            .await?;
        let (verdict, cause) = match tally.not_delivered {
            0 if tally.answers.keys().all(|answer| answer == "200") => (Verdict::Pass, None),
            0 => (
                Verdict::Warn,
                Some("some events needed more than one attempt".to_owned()),
            ),
            dropped => (
                Verdict::Fail,
                Some(format!("dropped: {}", counted(dropped, "event", "events"))),
            ),
        };
        Ok(Finding {
            scenario,
            verdict,
            cause,
            answers: Vec::new(),
            tally: Some(tally),
        })
    }

    /// Sends many events by these rules, each with an id of its own from which its body is made, until
    /// `stopped` resolves.
    ///
    /// # Errors
    /// As [`load::run`].
    pub async fn load(
        &self,
        rules: Rules,
        body: impl Fn(&str) -> Vec<u8>,
        step: impl FnMut(),
        stopped: impl Future<Output = ()>,
    ) -> Result<Tally> {
        let make = |_| Delivery {
            url: self.url.to_owned(),
            proof: self.proof.clone(),
            body: body(&(self.nonce)()),
        };
        load::run(self.http, self.now, rules, self.storm, make, step, stopped).await
    }

    fn proof(&self, signing: Signing) -> Proof {
        let Proof::Signed { url, key, shift } = self.proof else {
            return self.proof.clone();
        };
        let signed = |key: &Secret, shift: SignedDuration| Proof::Signed {
            url: url.clone(),
            key: key.clone(),
            shift,
        };
        match signing {
            Signing::Right => signed(key, *shift),
            Signing::Missing => Proof::Unsigned,
            Signing::WrongKey => signed(&Secret::new((self.nonce)()), *shift),
            Signing::Stale => signed(key, *shift + STALE),
        }
    }
}
