//! What can go wrong between a sender and a receiver that would answer 200.

use std::fmt::Write;
use std::sync::Arc;

use super::rows::{Cause, ROWS};
use super::way::{Ambush, Mishap, Way};
use super::{Tls, Verdict};
use crate::network::Company;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;

const INTRODUCTION: &str = "
### On the way to a receiver

The receiver answers 200. Exit 0 means that its 200 came whole, or as much of it as is looked at, within five seconds; 1 that it did not.
`send` is `vodcb send FileUploadComplete --to URL --once`, `check` is `vodcb check URL --deliver`.

| fault | send | check |
|---|---|---|
";

/// Long enough not to come whole byte by byte.
const ANSWER: &str = "a receiver that has much to say about what it was given, although nobody wants to know more than its status";

/// What is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peril {
    Way(Mishap),
    Stranger,
    /// Nobody takes connections.
    Nobody,
}

/// A peril, whether it is one over TLS, and whether a 200 arrives all the same.
#[derive(Debug, Clone, Copy)]
struct Trial {
    name: &'static str,
    peril: Peril,
    secure: bool,
    arrives: bool,
}

fn trials() -> impl Iterator<Item = Trial> {
    let of_way = ROWS.iter().filter_map(|row| {
        let peril = match row.cause {
            Cause::Emulator(_) => return None,
            Cause::Way(mishap) => Peril::Way(mishap),
            Cause::Stranger => Peril::Stranger,
        };
        let arrives = [
            Mishap::WrongType,
            Mishap::Continue,
            Mishap::Gzip,
            Mishap::Endless,
        ];
        Some(Trial {
            name: row.name,
            peril,
            secure: row.secure,
            arrives: arrives.map(Peril::Way).contains(&peril),
        })
    });
    let more = [
        ("nobody takes connections", Peril::Nobody),
        (
            "the connection closes instead of an answer",
            Peril::Way(Mishap::Closed),
        ),
    ];
    let more = more.map(|(name, peril)| Trial {
        name,
        peril,
        secure: false,
        arrives: false,
    });
    of_way.chain(more)
}

/// The section of the page; each cell is tried.
pub fn section(tls: &Tls) -> String {
    let mut section = INTRODUCTION.to_owned();
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let trials = trials().map(|trial| (trial, scope.spawn(move || trial.outcome(tls))));
        for (trial, outcome) in trials.collect::<Vec<_>>() {
            wrong.extend(outcome.join().unwrap().err());
            let code = i32::from(!trial.arrives);
            let _ = writeln!(section, "| {} | {code} | {code} |", trial.name);
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    section
}

impl Trial {
    fn outcome(self, tls: &Tls) -> Verdict {
        let sandbox = Sandbox::offline();
        let receiver = Receiver::start(&[Reply::With(200, "", ANSWER)]);
        let secure = self.secure.then(|| Arc::clone(&tls.config));
        let way = Way::to(&receiver.url(""), secure);
        let url = match self.peril {
            Peril::Nobody => "http://127.0.0.1:9".to_owned(),
            Peril::Way(mishap) => {
                way.lay(Some(Ambush {
                    mishap,
                    words: &["POST "],
                    spared: 0,
                }));
                way.url()
            }
            Peril::Stranger => way.url(),
        };
        let stranger = Company::new();
        let trusted = match self.peril {
            Peril::Stranger => stranger.file(&sandbox),
            _ => tls.company.file(&sandbox),
        };
        let to = format!("{url}/vod");
        let send = ["send", "FileUploadComplete", "--to", &to, "--once"];
        for args in [&send[..], &["check", &to, "--deliver"]] {
            let all = [args, &["-o", "json"]].concat();
            let mut command = sandbox.command(all);
            let run =
                crate::sandbox::Run::of(command.env("SSL_CERT_FILE", &trusted).output().unwrap());
            let whole = serde_json::from_str::<serde_json::Value>(&run.stdout).is_ok();
            if !whole || run.code != i32::from(!self.arrives) || way.led_astray() {
                return Err(format!("{self:?} {args:?} {run:#?}"));
            }
        }
        Ok(())
    }
}
