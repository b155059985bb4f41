//! What can go wrong between a sender and a receiver that would answer 200.

use std::fmt::Write;

use super::rows::{Cause, ROWS};
use super::way::{Ambush, Mishap, Way};
use super::{Tls, Verdict};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;

const INTRODUCTION: &str = "
### On the way to a receiver

The receiver answers 200, but for a redirection. Exit 0 means that its 200 came whole, or as much of it as is looked at, within five seconds; 1 that it did not.
`send` is `vodcb send FileUploadComplete --to URL --once`, `check` is `vodcb check URL --deliver`, and `set` is
`vodcb set --http-url URL --check`, which writes where it exits 0, and nowhere else.

| fault | send | check | set |
|---|---|---|---|
";

/// Long enough not to come whole byte by byte.
const ANSWER: &str = "a receiver that has much to say about what it was given, although nobody wants to know more than its status";

/// What goes wrong, whether over TLS, and whether a 200 arrives all the same.
struct Trial {
    name: &'static str,
    cause: Option<Cause>,
    reply: Reply,
    secure: bool,
    arrives: bool,
}

/// What the receiver itself does, and whether that is a 200.
fn of_receiver() -> [Trial; 5] {
    // More than any client takes; the tests end before it would be missed.
    let padding = "x-padding: a\r\n".repeat(80_000).leak();
    [
        (
            "a wrong content type",
            Reply::With(200, "content-type: image/png\r\n", ANSWER),
            true,
        ),
        (
            "a compressed answer",
            Reply::With(200, "content-encoding: gzip\r\n", ANSWER),
            true,
        ),
        (
            "a megabyte of headers",
            Reply::With(200, padding, ANSWER),
            false,
        ),
        (
            "a redirection",
            Reply::With(302, "location: /elsewhere\r\n", ""),
            false,
        ),
        (
            "the connection closes instead of an answer",
            Reply::Close,
            false,
        ),
    ]
    .map(|(name, reply, arrives)| Trial {
        name,
        cause: None,
        reply,
        secure: false,
        arrives,
    })
}

fn trials() -> impl Iterator<Item = Trial> {
    let rows = ROWS.iter();
    let of_way = rows.filter(|row| !matches!(row.cause, Cause::Emulator(_)));
    let arriving = [Mishap::Continue, Mishap::Endless].map(Cause::Way);
    let of_way = of_way.map(move |row| Trial {
        name: row.name,
        cause: Some(row.cause),
        reply: Reply::With(200, "", ANSWER),
        secure: row.secure,
        arrives: arriving.contains(&row.cause),
    });
    of_receiver().into_iter().chain(of_way)
}

/// The section of the page; each cell is tried.
pub fn section(tls: &Tls) -> String {
    let mut section = INTRODUCTION.to_owned();
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let trials = trials().map(|trial| {
            let (name, code) = (trial.name, i32::from(!trial.arrives));
            (name, code, scope.spawn(move || trial.outcome(tls)))
        });
        for (name, code, outcome) in trials.collect::<Vec<_>>() {
            wrong.extend(outcome.join().unwrap().err());
            let _ = writeln!(section, "| {name} | {code} | {code} | {code} |");
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    section
}

impl Trial {
    fn outcome(self, tls: &Tls) -> Verdict {
        let mut sandbox = Sandbox::new();
        let receiver = Receiver::start(std::slice::from_ref(&self.reply));
        let mut way = Way::to(
            &receiver.url(""),
            self.secure.then(|| tls.certificates.clone()),
        );
        let mut url = way.url();
        match self.cause {
            Some(Cause::Way(mishap)) => way.lay(Ambush {
                mishap,
                words: &["POST "],
                spared: 0,
                before: 0,
            }),
            Some(Cause::Nameless) => url = super::nobody(&mut sandbox).to_owned(),
            Some(Cause::Emulator(_)) | None => {}
        }
        let trusted = tls.company.file(&sandbox);
        sandbox.set("SSL_CERT_FILE", trusted.to_str().unwrap());
        let to = format!("{url}/vod");
        let send = ["send", "FileUploadComplete", "--to", &to, "--once"];
        let set = ["set", "--http-url", &to, "--check"];
        for args in [&send[..], &["check", &to, "--deliver"], &set] {
            let run = sandbox.vodcb([args, &["-o", "json"]].concat());
            let whole = serde_json::from_str::<serde_json::Value>(&run.stdout).is_ok();
            if !whole || run.code != i32::from(!self.arrives) || way.led_astray() {
                return Err(format!("{}: {args:?} {run:#?}", self.name));
            }
        }
        let stored = sandbox.vodcb(["get", "-o", "json"]).ok().json();
        if self.arrives == (stored["url"] == to) {
            Ok(())
        } else {
            Err(format!("{}: there is {stored}", self.name))
        }
    }
}
