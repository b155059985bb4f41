//! Incoming connections: accepted, bounded in number and time, and finished before the end.
//!
//! A client that sends half a header, reads no answer or opens connections without end must not hold
//! the server; nor must a process that has run out of files spin.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio_io_timeout::TimeoutStream;

/// A pause after a failed accept, for example when the process has too many open files.
const BREATH: Duration = Duration::from_millis(50);

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long a header may take; also how long an idle connection is kept.
    pub header_timeout: Duration,
    /// How long a client may leave an answer unread.
    pub write_timeout: Duration,
    /// A header may have this many bytes, and those that came with the last of them.
    pub header_bytes: usize,
    /// How long requests that were accepted may go on after the end.
    pub farewell: Duration,
    /// Whether answers carry a `Date` of their own accord.
    pub dates: bool,
}

/// What is not served.
#[derive(Debug)]
pub enum Refused {
    /// A connection could not be accepted.
    Connection(io::Error),
    /// What came is no request of HTTP/1.1, or one with too long a head; it was answered so.
    Request(hyper::Error),
}

/// Serves HTTP/1.1 until `stopped` resolves, then finishes what was accepted.
///
/// `service` makes one for each connection; an exchange that fails closes it without an answer.
/// `refused` hears of what is not served, which costs nothing of what is.
pub async fn serve<S, B>(
    listener: TcpListener,
    limits: Limits,
    service: impl Fn() -> S,
    mut refused: impl FnMut(Refused),
    stopped: impl Future<Output = ()>,
) where
    S: HttpService<Incoming, ResBody = B, Error: Into<Box<dyn StdError + Send + Sync>>>
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    // Dropped at the end, which ends connections that outlast the farewell.
    let mut connections = JoinSet::new();
    let mut stopped = std::pin::pin!(stopped);
    let unread = |ended: Result<Result<(), hyper::Error>, JoinError>| {
        let error = ended.ok()?.err().filter(hyper::Error::is_parse)?;
        Some(Refused::Request(error))
    };
    loop {
        tokio::select! {
            accepted = accept(&listener, &slots) => match accepted {
                Ok((stream, slot)) => {
                    let connection = graceful.watch(speak(stream, limits, service()));
                    connections.spawn(async move {
                        let ended = connection.await;
                        drop(slot);
                        ended
                    });
                }
                // The client was gone again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    refused(Refused::Connection(error));
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(ended) = connections.join_next() => {
                unread(ended).into_iter().for_each(&mut refused);
            }
            () = &mut stopped => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.farewell, graceful.shutdown()).await;
    while let Some(ended) = connections.try_join_next() {
        unread(ended).into_iter().for_each(&mut refused);
    }
}

/// The next connection, as soon as there is room for one.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await;
    let slot = slot.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, slot))
}

fn speak<S, B>(
    stream: TcpStream,
    limits: Limits,
    service: S,
) -> impl GracefulConnection<Error = hyper::Error> + Send
where
    S: HttpService<Incoming, ResBody = B, Error: Into<Box<dyn StdError + Send + Sync>>>
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    // Answers are small and written at once; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes)
        .auto_date_header(limits.dates)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}
