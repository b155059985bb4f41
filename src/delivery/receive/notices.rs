//! The way on which a receiver tells what came.

use tokio::sync::mpsc;

use crate::delivery::notice::Notice;
use crate::http::listener::Refused;

/// What is said of a request that does not even begin as one, as a handshake of TLS.
const NO_METHOD: &str = "invalid HTTP method";
const NO_HTTP: &str =
    "it is no HTTP; where TLS was spoken to this plain http port, put a proxy with https in front";

/// Tells of what HTTP itself does not take.
pub(super) fn refused(refused: Refused) -> Notice {
    match refused {
        Refused::Connection(error) => Notice::NotAccepted(error.to_string()),
        Refused::Request(error) if error.is_parse_too_large() => Notice::NoRequest(
            "its head is larger, or has more fields, than that of any event".to_owned(),
        ),
        Refused::Request(error) => {
            let why = error.to_string();
            Notice::NoRequest(match why.contains(NO_METHOD) {
                true => NO_HTTP.to_owned(),
                false => format!("it is no HTTP/1.1 ({why})"),
            })
        }
    }
}

/// The way to whoever takes notices.
pub(super) struct Notices(mpsc::Sender<Notice>);

impl Notices {
    pub(super) const fn new(sender: mpsc::Sender<Notice>) -> Self {
        Notices(sender)
    }

    /// Tells, and waits while others are still to be heard, so that they do not pile up.
    pub(super) async fn tell(&self, notice: Notice) {
        let _ = self.0.send(notice).await;
    }

    pub(super) fn tell_if_possible(&self, notice: Notice) {
        let _ = self.0.try_send(notice);
    }

    /// Tells this unless it is disarmed before it is dropped.
    pub(super) fn guard<F: FnOnce() -> Notice>(&self, notice: F) -> Guard<'_, F> {
        Guard {
            notices: self,
            notice: Some(notice),
        }
    }
}

pub(super) struct Guard<'a, F: FnOnce() -> Notice> {
    notices: &'a Notices,
    notice: Option<F>,
}

impl<F: FnOnce() -> Notice> Guard<'_, F> {
    pub(super) fn disarm(mut self) {
        self.notice = None;
    }
}

impl<F: FnOnce() -> Notice> Drop for Guard<'_, F> {
    fn drop(&mut self) {
        if let Some(notice) = self.notice.take() {
            self.notices.tell_if_possible(notice());
        }
    }
}
