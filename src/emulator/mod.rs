//! The local twin of VOD's callback API, of STS, of RAM, of the queues and of the places keys
//! come from, on one loopback port.
//!
//! It exists so that every command can be tried and tested over a real socket without an account:
//! it checks signatures, clocks, nonces and parameters as the service does and answers with its
//! codes. What the service does not document is a [`Quirks`] choice; what goes wrong in real life
//! is a [`Fault`]. It knows nothing of commands and ends where the network to the real service
//! would begin.

mod answer;
mod apps;
mod arn;
mod body;
mod deliveries;
mod disguise;
mod ending;
mod exchange;
mod faults;
mod gateway;
mod issued;
mod journal;
pub mod judge;
mod listener;
mod message;
mod metadata;
mod mns;
mod nonces;
mod operation;
mod places;
mod quirks;
mod ram;
mod roles;
mod rules;
pub mod state;
mod sts;
mod vod;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use faults::Fault;
pub use journal::Call;
pub use mns::Undelivered;
pub use quirks::Quirks;

use crate::error::{Error, Result};
use crate::secret::Secret;

/// How long [`Running::stop`] waits for requests that were accepted.
const FAREWELL: Duration = Duration::from_secs(5);

/// Room for ten thousand of the largest events and more.
const QUEUE_MEMORY: usize = 256 * 1024 * 1024;

/// A key the emulator takes signatures of.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// The account whose callbacks it may change.
    pub account_id: String,
    /// The public half.
    pub access_key_id: String,
    /// The half that signs.
    pub access_key_secret: Secret,
    /// Present when the key is temporary; requests must then carry it.
    pub security_token: Option<Secret>,
}

/// The key of an emulator that was given none.
pub fn builtin_key() -> AccessKey {
    AccessKey {
        account_id: "1234567890123456".to_owned(),
        access_key_id: "LTAIvodcbEmulatorKey1".to_owned(),
        access_key_secret: Secret::new("vodcb-emulator-is-not-a-secret"),
        security_token: None,
    }
}

/// A role that asks more of those who assume it than others do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name, `acs:ram::ACCOUNT:role/NAME`.
    pub arn: String,
    /// The external id without which nobody may assume it.
    pub external_id: Option<String>,
}

/// Where callbacks are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// As long as the emulator runs.
    Memory,
    /// In this file, which several emulators may share.
    File(PathBuf),
}

/// What an emulator is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The keys it knows.
    pub keys: Vec<AccessKey>,
    /// The roles with conditions; every other role may be assumed by anybody.
    pub roles: Vec<Role>,
    /// Where callbacks are kept.
    pub storage: Storage,
    /// What shall go wrong.
    pub faults: Vec<Fault>,
    /// How it behaves where the service documents nothing.
    pub quirks: Quirks,
    /// The most bytes that the messages in all queues take; what comes after is refused.
    pub queue_memory: usize,
    /// Hears what became of each fired event.
    pub notices: Option<UnboundedSender<String>>,
    /// Its clock.
    pub now: fn() -> Timestamp,
    /// A text that was never used before, for request ids.
    pub nonce: fn() -> String,
}

impl Config {
    /// Any free port, the built-in key, nothing kept, nothing going wrong.
    pub fn new(now: fn() -> Timestamp, nonce: fn() -> String) -> Self {
        Config {
            port: 0,
            keys: vec![builtin_key()],
            roles: Vec::new(),
            storage: Storage::Memory,
            faults: Vec::new(),
            quirks: Quirks::default(),
            queue_memory: QUEUE_MEMORY,
            notices: None,
            now,
            nonce,
        }
    }
}

/// What all connections share.
struct Server {
    keyring: issued::Keyring,
    roles: Vec<Role>,
    metadata: metadata::Tokens,
    store: state::Store,
    queues: Arc<mns::Queues>,
    deliveries: Arc<deliveries::Deliveries>,
    faults: Mutex<Vec<Fault>>,
    quirks: Quirks,
    nonces: Mutex<nonces::Nonces>,
    journal: Mutex<journal::Journal>,
    now: fn() -> Timestamp,
    nonce: fn() -> String,
}

/// Takes a lock; a panic elsewhere cannot leave the data half changed, so poison is no reason to stop.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// An emulator at work. Dropping it stops it, too, without waiting.
pub struct Running {
    address: SocketAddr,
    server: Arc<Server>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Opens the port and serves it in a task of the present runtime.
///
/// # Errors
/// A usage error that names the port, or the state file.
pub async fn start(config: Config) -> Result<Running> {
    let store = state::Store::open(config.storage)?;
    let trouble = |error: std::io::Error| {
        Error::usage(format!(
            "the emulator cannot listen on port {}",
            config.port
        ))
        .cause(error.to_string())
        .hint("choose another port; 0 takes any free one")
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))
        .await
        .map_err(trouble)?;
    let address = listener.local_addr().map_err(trouble)?;
    let queues = Arc::new(mns::Queues::new(config.queue_memory, config.now));
    let deliveries = deliveries::Deliveries::new(
        Arc::clone(&queues),
        config.notices,
        config.quirks.vod_role,
        config.now,
    );
    let server = Arc::new(Server {
        keyring: issued::Keyring::new(config.keys, config.quirks.session_seconds, config.nonce),
        roles: config.roles,
        metadata: metadata::Tokens::default(),
        store,
        queues,
        deliveries: Arc::new(deliveries),
        faults: Mutex::new(config.faults),
        quirks: config.quirks,
        nonces: Mutex::default(),
        journal: Mutex::default(),
        now: config.now,
        nonce: config.nonce,
    });
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(listener::serve(listener, Arc::clone(&server), stopped));
    Ok(Running {
        address,
        server,
        stop,
        task,
    })
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.address)
    }
}

impl Running {
    /// Where it listens, for example `http://127.0.0.1:41873`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The last ten thousand calls, in the order in which they were answered.
    pub fn log(&self) -> Vec<Call> {
        held(&self.server.journal).calls()
    }

    /// From now on these faults happen, and none of those before.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        *held(&self.server.faults) = faults;
    }

    /// Puts a message into a queue of an account and region, as the service does with an event.
    ///
    /// # Errors
    /// Why it did not get in; nothing is written then.
    pub fn deliver(
        &self,
        account_id: &str,
        region: &str,
        queue: &str,
        body: &str,
    ) -> std::result::Result<(), Undelivered> {
        let place = mns::Place {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
        };
        self.server.queues.deliver(&place, queue, body)
    }

    /// Finishes the requests that were accepted, for a few seconds at most, and closes the port.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}
