//! How the work on a queue comes to its end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::stop::Stop;

/// How long work that has begun may take to finish once the command shall end.
pub const GRACE: Duration = Duration::from_secs(10);

/// How far the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Messages are worked on.
    Open,
    /// Only what is in work is finished.
    Closing,
    /// Nothing is finished any more.
    Cut,
}

/// The phase, for everybody who has to hear of the next one.
pub(super) struct Phases(watch::Sender<Phase>);

impl Phases {
    /// At the first one.
    pub(super) fn new() -> Self {
        Phases(watch::Sender::new(Phase::Open))
    }

    /// Goes over to this one.
    pub(super) fn begin(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    /// Ends the first one, if that has not ended yet.
    pub(super) fn close(&self) {
        self.0.send_if_modified(|now| {
            let is_open = *now == Phase::Open;
            if is_open {
                *now = Phase::Closing;
            }
            is_open
        });
    }

    /// Resolves when the next phase begins.
    pub(super) async fn next(&self, stop: &Stop, limit: Option<Duration>) -> Phase {
        let now = *self.0.borrow();
        let limit = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        match now {
            Phase::Open => tokio::select! {
                () = stop.asked() => {}
                () = limit => {}
                () = self.reaches(Phase::Closing) => {}
            },
            Phase::Closing => sleep(GRACE).await,
            Phase::Cut => std::future::pending().await,
        }
        if now == Phase::Open {
            Phase::Closing
        } else {
            Phase::Cut
        }
    }

    /// Resolves once it is as far as this.
    pub(super) async fn reaches(&self, phase: Phase) {
        let mut phases = self.0.subscribe();
        let _ = phases.wait_for(|now| *now >= phase).await;
    }
}
