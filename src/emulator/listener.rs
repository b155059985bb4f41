//! Connections: accepted, bounded in number and time, and finished before the end.
//!
//! A client that sends half a header, or opens connections without end, must not hold the emulator.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

use super::{FAREWELL, Server, exchange};

const MAX_CONNECTIONS: usize = 512;
/// Also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// A pause after a failed accept, for example when the process has too many open files.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stopped` resolves, then finishes what was accepted.
pub(super) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    mut stopped: oneshot::Receiver<()>,
) {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Dropped at the end, which ends connections that outlast the farewell.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &slots) => match accepted {
                Some((stream, slot)) => {
                    let connection = graceful.watch(speak(stream, Arc::clone(&server)));
                    connections.spawn(async move {
                        let _ = connection.await;
                        drop(slot);
                    });
                }
                None => tokio::time::sleep(BREATH).await,
            },
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    server.queues.close();
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
}

/// The next connection, as soon as there is room for one.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    Some((stream, slot))
}

/// HTTP/1.1 on one connection; an exchange that fails closes it without an answer.
fn speak(
    stream: TcpStream,
    server: Arc<Server>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    // Answers are small and written at once; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    // A task of its own, since the service finishes what it began when the client hangs up, too.
    let service = service_fn(move |request| {
        // Goes with the connection, which tells a wait for messages that nobody is there.
        let (present, hung_up) = oneshot::channel::<()>();
        let work = tokio::spawn(exchange::answer(Arc::clone(&server), request, hung_up));
        async move {
            let _present = present;
            work.await.unwrap_or(Err(exchange::Dropped))
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
}
