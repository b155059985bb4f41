//! A running emulator in a thread of its own, and a client that sends what it is told.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;
use vodcb::credential::Credential;
use vodcb::emulator::{Call, Config, Fault, builtin_key, start};
use vodcb::openapi::rpc::{self, Envelope};
use vodcb::openapi::{Parameters, acs3, canonical_query};
use vodcb::secret::Secret;

/// The emulator's clock in every test; the vectors of 2026 are all within its tolerance.
pub const NOW: &str = "2026-03-01T08:05:00Z";
pub const VOD: &str = "2017-03-21";
pub const STS: &str = "2015-04-01";

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub fn nonce() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    format!("nonce-{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

pub struct Twin {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Vec<Call>>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn code(&self) -> String {
        self.json()["Code"].as_str().unwrap_or("OK").to_owned()
    }

    /// Status and code together.
    pub fn verdict(&self) -> (u16, String) {
        (self.status, self.code())
    }

    /// The member of the callback in the answer to a Get.
    pub fn callback(&self, member: &str) -> Option<String> {
        self.json()["MessageCallback"][member]
            .as_str()
            .map(str::to_owned)
    }
}

pub fn config() -> Config {
    Config::new(now, nonce)
}

pub fn credential() -> Credential {
    let key = builtin_key();
    Credential {
        access_key_id: key.access_key_id,
        access_key_secret: key.access_key_secret,
        security_token: None,
    }
}

pub fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    pairs
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

/// A complete signed set of parameters for a POST.
pub fn signed(action: &str, operation: &[(&str, &str)]) -> Parameters {
    signed_by(&credential(), action, operation)
}

/// The same by any key.
pub fn signed_by(key: &Credential, action: &str, operation: &[(&str, &str)]) -> Parameters {
    let nonce = nonce();
    rpc::sign(
        "POST",
        envelope(action, &nonce),
        &parameters(operation),
        key,
    )
    .parameters
}

/// What goes around a call now.
pub fn envelope<'a>(action: &'a str, nonce: &'a str) -> Envelope<'a> {
    let version = match action {
        "GetCallerIdentity" | "AssumeRole" | "AssumeRoleWithOIDC" => STS,
        "GetRole" => vodcb::ram::VERSION,
        _ => VOD,
    };
    Envelope {
        action,
        version,
        timestamp: NOW,
        nonce,
    }
}

/// The key in these members.
pub fn key_in(members: &Value) -> Credential {
    let member = |name: &str| members[name].as_str().unwrap().to_owned();
    Credential {
        access_key_id: member("AccessKeyId"),
        access_key_secret: Secret::new(member("AccessKeySecret")),
        security_token: Some(Secret::new(member("SecurityToken"))),
    }
}

/// The same after some unsigned change, signed anew.
pub fn resigned(
    method: &str,
    mut all: Parameters,
    change: impl FnOnce(&mut Parameters),
) -> Parameters {
    change(&mut all);
    all.remove("Signature");
    let text = rpc::string_to_sign(method, &canonical_query(&all));
    let signature = rpc::signature(&text, &credential().access_key_secret);
    all.insert("Signature".into(), signature);
    all
}

impl Twin {
    pub fn new() -> Self {
        Twin::of(config())
    }

    pub fn with_faults(specs: &[&str]) -> Self {
        let mut config = config();
        config.faults = specs
            .iter()
            .map(|spec| Fault::parse(spec).unwrap())
            .collect();
        Twin::of(config)
    }

    pub fn with_quirks(specs: &[&str]) -> Self {
        let mut config = config();
        for spec in specs {
            config.quirks.apply(spec).unwrap();
        }
        Twin::of(config)
    }

    pub fn of(config: Config) -> Self {
        let (address, at) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let running = start(config).await.unwrap();
                address.send(running.url()).unwrap();
                let _ = stopped.await;
                let log = running.log();
                running.stop().await;
                log
            })
        });
        let url = at.recv().unwrap();
        Twin {
            address: url.strip_prefix("http://").unwrap().to_owned(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops the emulator and returns its log.
    pub fn log(mut self) -> Vec<Call> {
        let _ = self.stop.take().unwrap().send(());
        self.thread.take().unwrap().join().unwrap()
    }

    /// The calls so far, as `ACTION OUTCOME`.
    pub fn outcomes(self) -> Vec<String> {
        let calls = self.log().into_iter();
        calls
            .map(|call| format!("{} {}", call.action, call.outcome))
            .collect()
    }

    /// Sends these bytes and reads until the emulator closes; `None` when it does so at once.
    pub fn raw(&self, bytes: &[u8]) -> Option<Reply> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        // A refusal may come, and the connection close, before everything is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8(answer).unwrap();
        if text.is_empty() {
            None
        } else {
            Some(parse(&text))
        }
    }

    /// A request to `/` with these headers; `Host` is added unless given.
    pub fn send(
        &self,
        method: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Reply> {
        self.request(method, &format!("/?{query}"), headers, body)
    }

    /// A request for any path.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Reply> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            text += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() || method == "POST" {
            text += &format!("content-length: {}\r\n", body.len());
        }
        self.raw(format!("{text}\r\n{body}").as_bytes())
    }

    /// These parameters as a form.
    pub fn form(&self, all: &Parameters) -> Option<Reply> {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", "", &headers, &canonical_query(all))
    }

    /// A signed call that gets an answer.
    pub fn call(&self, action: &str, operation: &[(&str, &str)]) -> Reply {
        self.form(&signed(action, operation)).expect("an answer")
    }

    /// A call signed by any key.
    pub fn call_by(&self, key: &Credential, action: &str, operation: &[(&str, &str)]) -> Reply {
        self.form(&signed_by(key, action, operation))
            .expect("an answer")
    }

    /// The same with the signature in headers.
    pub fn acs3_by(&self, key: &Credential, action: &str, operation: &[(&str, &str)]) -> Reply {
        let nonce = nonce();
        let query = canonical_query(&parameters(operation));
        let headers = acs3::sign(envelope(action, &nonce), self.address(), &query, key).headers;
        let pairs: Vec<(&str, &str)> = headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        self.send("POST", &query, &pairs, "").expect("an answer")
    }

    pub fn get(&self) -> Reply {
        self.call("GetMessageCallback", &[])
    }

    pub fn set(&self, operation: &[(&str, &str)]) -> Reply {
        self.call("SetMessageCallback", operation)
    }

    /// Sets a callback to a fixed URL with these events.
    pub fn set_http(&self, events: &str) -> Reply {
        self.set(&[
            ("CallbackType", "HTTP"),
            ("CallbackURL", "https://example.com/vod"),
            ("EventTypeList", events),
        ])
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the emulator panicked"
            );
        }
    }
}

fn parse(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .expect("a status");
    Reply {
        status: status.parse().unwrap(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}
