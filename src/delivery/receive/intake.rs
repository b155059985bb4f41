//! Bodies of requests, taken up to a limit each and all together.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Up to here a body that is too large is read and thrown away: a client that is still writing when
/// the connection closes does not see the refusal.
const PATIENCE: usize = 4 * 1024 * 1024;

/// Larger than events usually are: what is smaller has room of its own, which strangers who promise much and send
/// nothing do not take.
const SMALL: u32 = 16 * 1024;

/// What bodies may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of one.
    pub body_bytes: u32,
    /// How long one may take to come.
    pub body_timeout: Duration,
    /// The most bytes of all small ones that are in hand at once, and of all others.
    pub memory: usize,
}

/// The door for bodies.
#[derive(Debug)]
pub(super) struct Intake {
    limits: Limits,
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// A body, and the room that it takes until it is dropped.
pub(super) struct Taken {
    pub(super) body: Bytes,
    _room: OwnedSemaphorePermit,
}

/// Why there is no body.
pub(super) enum Untaken {
    TooLarge,
    TooSlow,
    Broken,
}

impl Untaken {
    /// The answer to its sender.
    pub(super) const fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Untaken::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body is larger than any event",
            ),
            Untaken::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
            Untaken::Broken => (StatusCode::BAD_REQUEST, "the body broke off"),
        }
    }
}

impl Intake {
    pub(super) fn new(limits: Limits) -> Self {
        let room = || Arc::new(Semaphore::new(limits.memory));
        Intake {
            limits,
            small: room(),
            large: room(),
        }
    }

    /// The whole body. Its time begins when there is room for all of it: bodies that wait for each other's rest
    /// would all be too slow.
    pub(super) async fn take(&self, incoming: Incoming) -> Result<Taken, Untaken> {
        let promised = incoming.size_hint();
        if promised.lower() > PATIENCE as u64 {
            return Err(Untaken::TooLarge);
        }
        let room = self.room(promised.exact()).await?;
        let body = tokio::time::timeout(self.limits.body_timeout, self.collect(incoming))
            .await
            .unwrap_or(Err(Untaken::TooSlow))?;
        Ok(Taken { body, _room: room })
    }

    async fn collect(&self, mut incoming: Incoming) -> Result<Bytes, Untaken> {
        let most = self.limits.body_bytes as usize;
        let mut gathered = Vec::new();
        let mut size = 0;
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.map_err(|_| Untaken::Broken)?.into_data() else {
                continue;
            };
            size += data.len();
            if size > PATIENCE {
                break;
            }
            if size > most {
                gathered = Vec::new();
                continue;
            }
            if incoming.is_end_stream() && gathered.is_empty() {
                // The usual case: all in one piece, which need not be copied.
                return Ok(data);
            }
            gathered.extend_from_slice(&data);
        }
        if size > most {
            return Err(Untaken::TooLarge);
        }
        Ok(gathered.into())
    }

    /// Waits until others have left, if need be. A body that tells no size may become as large as any; one that
    /// is too large is not kept.
    async fn room(&self, promised: Option<u64>) -> Result<OwnedSemaphorePermit, Untaken> {
        let most = self.limits.body_bytes;
        let bytes = promised.map_or(most, |bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
        let bytes = if bytes > most { 0 } else { bytes };
        let all = u32::try_from(self.limits.memory).unwrap_or(u32::MAX);
        let room = if bytes > SMALL {
            &self.large
        } else {
            &self.small
        };
        let room = Arc::clone(room).acquire_many_owned(bytes.min(all));
        room.await.map_err(|_| Untaken::Broken)
    }
}
