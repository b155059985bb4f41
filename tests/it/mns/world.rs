//! An emulator and a client in one runtime, and a server that says what it is told.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use vodcb::context::Context;
use vodcb::credential::Credential;
use vodcb::credential::session::Session;
use vodcb::emulator::{Config, Fault, Running, builtin_key, start};
use vodcb::http::Http;
use vodcb::mns::Mns;
use vodcb::secret::Secret;
use vodcb::settings::Flags;
use vodcb::target::Endpoint;

pub const SECRET: &str = "vodcb-emulator-is-not-a-secret";

/// A context by hand: no environment, no terminal, no jitter.
pub fn context() -> Context {
    let flags = Flags {
        quiet: true,
        ..Flags::default()
    };
    let mut ctx = Context::of_process(flags, vodcb::output::Forms::Own).unwrap();
    ctx.env = vodcb::context::Environment::new();
    ctx.http = Http::new(Duration::from_secs(5), "vodcb-test".into(), None).into();
    ctx.random = |bytes| bytes.fill(0);
    ctx
}

pub fn caller(access_key_id: &str, secret: &str) -> Session {
    Session::fixed(Credential {
        access_key_id: access_key_id.to_owned(),
        access_key_secret: Secret::new(secret),
        security_token: None,
    })
}

pub fn builtin() -> Session {
    caller(&builtin_key().access_key_id, SECRET)
}

pub struct World {
    pub ctx: Context,
    pub running: Running,
    pub mns: Mns,
}

impl World {
    pub async fn new() -> Self {
        World::with(&[]).await
    }

    pub async fn with(faults: &[&str]) -> Self {
        let ctx = context();
        let mut config = Config::new(ctx.now, ctx.nonce);
        config.faults = faults
            .iter()
            .map(|spec| Fault::parse(spec).unwrap())
            .collect();
        World::of(ctx, config).await
    }

    pub async fn of(ctx: Context, config: Config) -> Self {
        let running = start(config).await.unwrap();
        let endpoint = Endpoint::parse(&running.url(), false).unwrap();
        World {
            ctx,
            running,
            mns: Mns::new(endpoint, builtin(), 2),
        }
    }

    /// With an empty queue `q`.
    pub async fn with_queue(faults: &[&str]) -> Self {
        let world = World::with(faults).await;
        let attributes = vodcb::mns::queue::Attributes::default();
        let made = world.mns.create_queue(&world.ctx, "q", &attributes).await;
        assert_eq!(made.unwrap(), vodcb::mns::Creation::Made);
        world
    }

    pub fn deliver(&self, body: &str) {
        let account = builtin_key().account_id;
        self.running
            .deliver(&account, "cn-shanghai", "q", body)
            .unwrap();
    }

    /// The calls so far, as `ACTION OUTCOME`.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.running.log().into_iter();
        calls
            .map(|call| format!("{} {}", call.action, call.outcome))
            .collect()
    }
}

/// Gives these answers, one a connection, and returns the requests.
pub fn scripted(answers: Vec<String>) -> (Mns, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            stream
                .set_read_timeout(Some(crate::listen::world::PATIENCE))
                .unwrap();
            let mut bytes = [0; 16384];
            let count = stream.read(&mut bytes).unwrap_or_default();
            requests.push(String::from_utf8_lossy(&bytes[..count]).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
        requests
    });
    let endpoint = Endpoint::parse(&format!("http://{address}"), false).unwrap();
    (Mns::new(endpoint, builtin(), 0), thread)
}

/// An answer with these bytes.
pub fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
