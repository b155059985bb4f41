//! The emulator's connections.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{FAREWELL, Server, exchange};
use crate::http::listener::{self, Limits};

const LIMITS: Limits = Limits {
    connections: 512,
    header_timeout: Duration::from_secs(30),
    write_timeout: Duration::from_secs(30),
    header_bytes: 64 * 1024,
    farewell: FAREWELL,
    // Its clock may be a wrong one on purpose.
    dates: false,
};

/// Serves until `stopped` resolves, then finishes what was accepted.
pub(super) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    stopped: oneshot::Receiver<()>,
) {
    let service = || {
        let server = Arc::clone(&server);
        // A task of its own, since the service finishes what it began when the client hangs up, too.
        service_fn(move |request| {
            // Goes with the connection, which tells a wait for messages that nobody is there.
            let (present, hung_up) = oneshot::channel::<()>();
            let work = tokio::spawn(exchange::answer(Arc::clone(&server), request, hung_up));
            async move {
                let _present = present;
                work.await.unwrap_or(Err(exchange::Dropped))
            }
        })
    };
    let end = async {
        let _ = stopped.await;
        server.queues.close();
    };
    listener::serve(listener, LIMITS, service, |_| {}, end).await;
}
