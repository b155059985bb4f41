//! A body that is sent in small pieces, as on a bad line.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// As many as are seen apart by a receiver that reads what is there.
const PIECES: usize = 16;

/// A body with its length, spread over a time.
pub struct Trickle {
    left: Bytes,
    piece: usize,
    pause: Duration,
    next: Pin<Box<Sleep>>,
}

impl Trickle {
    pub fn new(body: Vec<u8>, over: Duration) -> Self {
        let pause = over / PIECES as u32;
        Trickle {
            piece: body.len().div_ceil(PIECES).max(1),
            left: Bytes::from(body),
            pause,
            next: Box::pin(sleep(pause)),
        }
    }
}

impl Body for Trickle {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.next.as_mut().poll(context));
        let again = Instant::now() + self.pause;
        self.next.as_mut().reset(again);
        let size = self.piece.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
