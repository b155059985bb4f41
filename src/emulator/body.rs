//! Bodies of requests, taken up to a limit, and of answers, which may be cut short on purpose.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};

/// The most bytes a request may carry.
const LIMIT: usize = 1024 * 1024;
/// Up to here a body that is too large is read and thrown away: a client that is still writing when
/// the connection closes does not see the refusal.
const PATIENCE: usize = 16 * LIMIT;
/// How long a client may take to send its body.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request has no body to work with.
pub(super) enum Unread {
    /// It is larger than [`LIMIT`].
    TooLarge,
    /// It broke off or did not come in time.
    Broken,
}

/// The whole body of a request.
pub(super) async fn read(incoming: Incoming) -> Result<Vec<u8>, Unread> {
    tokio::time::timeout(TIMEOUT, collect(incoming))
        .await
        .unwrap_or(Err(Unread::Broken))
}

async fn collect(mut incoming: Incoming) -> Result<Vec<u8>, Unread> {
    let mut whole = Vec::new();
    let mut size = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
        let Ok(frame) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        size += frame.len();
        if size <= LIMIT {
            whole.extend_from_slice(&frame);
        } else if size > PATIENCE {
            break;
        }
    }
    if size <= LIMIT {
        Ok(whole)
    } else {
        Err(Unread::TooLarge)
    }
}

/// The body of an answer.
pub(super) struct Body {
    rest: Option<Bytes>,
    /// A promise of more than there is keeps the length from hyper, which would refuse to break it.
    cut: bool,
    /// Lets the first part reach the client before the connection breaks.
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Body {
    /// This text, or whatever it is, and its true length.
    pub(super) fn whole(text: impl Into<Bytes>) -> Self {
        Body {
            rest: Some(text.into()),
            cut: false,
            pause: None,
        }
    }

    /// This text as the beginning of something longer that never comes.
    pub(super) fn cut(text: String) -> Self {
        Body {
            cut: true,
            ..Body::whole(text)
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(text) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(text))));
        }
        if !self.cut {
            return Poll::Ready(None);
        }
        let pause = self
            .pause
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(20))));
        pause.as_mut().poll(context).map(|()| None)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        match &self.rest {
            Some(text) if !self.cut => SizeHint::with_exact(text.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
