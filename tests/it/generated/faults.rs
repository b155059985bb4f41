//! `docs/faults.md`: every command under everything that can go wrong between it and the service.
//!
//! What each cell has to be is written down here, by the meaning of the exit codes; the page is what
//! the cells were.

mod columns;
mod receivers;
mod rows;
mod way;
mod words;
mod world;

use std::fmt::Write;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::company::Company;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};
use columns::{Column, RECEIVER, TABLES};
use rows::{Cause, Outcome, ROWS, Row};
use way::{Ambush, Certificates, Mishap, Way};
use world::Effect;

const INTRODUCTION: &str = "\
# What goes wrong, and how commands end

This page is made by a test that runs each command below under each fault: the [emulator's](emulator.md#faults), and what can befall
a connection on the way. The cells are [exit codes](exit-codes.md). All are run with `--retries 0`; with retries, a fault that passes is survived.

The test also holds each cell to this:

- An error has a message and a hint, and nothing is on standard output unless it is whole.
- After a write the target is as it was or as it was wanted, never neither, unless the service itself stored something else. Exit 0
  means that it is as wanted, `\"applied\":\"no\"` that it is as it was.
- Where reading back shows the old state after a write, exit 5 says that somebody answered, so that it was over. After no whole answer,
  or a gateway's 502 or 504, the write may still be under way, and the end is exit 7.
- A redirection is never followed: a signed request goes to nobody else.
- No answer takes longer than `--timeout`, or more memory than 8 MiB; vodcb asks for no compressed answers and unpacks none.
- A check that is not passed has a cause and a remedy, and what is said besides is a document, too.

`–`: not tried. Most of these cannot happen to that call: an answer may have no body, and a name fails for all calls of a service. The
others the test cannot aim at that call alone, as one of several under way at the same time, or would wait for long: `queue tail` and
`listen` listen for half a minute, and `queue forward` waits for a queue that it reached before until it is there again.

Some calls have no column, since they are those of another one:

- `--all-regions` makes the calls of `--all-apps` at more addresses; `key rotate --finish` and `--abandon` read as `key rotate` does.
- `set --check` reads as `set`, and asks a queue as `check` does, a receiver as in the [last table](#on-the-way-to-a-receiver). So do
  `key rotate` without `--skip-proof` and `wizard`. `send`, `replay`, `queue forward` and `listen --forward-to` deliver as `send` does there.
- `apply --prune` reads before and after its write as `delete` does, and a callback is written to a queue as by `set`.
- Queue commands and `listen --queue` ask whose account it is as `set: account` does, where `VODCB_MNS_ENDPOINT` does not name it.
- A key that is renewed while a command runs is asked for as at its beginning.
- What differs in a queue that is there already is looked up for the words of the error only, as names are for `set: similar`.

`history`, `regions`, `events`, `schema` and the like call nobody.
";

/// More than any command takes, whatever goes wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// One command under one fault.
struct Cell {
    row: &'static Row,
    column: &'static Column,
}

/// Certificates for the rows that speak TLS.
struct Tls {
    company: Company,
    certificates: Certificates,
}

#[test]
fn every_command_ends_as_documented_under_every_fault() {
    let company = Company::new();
    let hosts = ["127.0.0.1"];
    let tls = Tls {
        certificates: Certificates {
            trusted: company.certified(&hosts),
            unknown: Company::new().certified(&hosts),
        },
        company,
    };
    let cells = ROWS
        .iter()
        .flat_map(|row| columns::all().map(move |column| Cell { row, column }))
        .filter(|cell| cell.column.meets(cell.row));
    let (waiting, working) = cells.partition(|cell: &Cell| cell.row.waits);
    let found = Mutex::new(Vec::new());
    let receivers = std::thread::scope(|scope| {
        let receivers = scope.spawn(|| receivers::section(&tls));
        // Those that only wait can do so at the same time.
        for (cells, threads) in [(waiting, 64), (working, 8)] {
            let cells: Arc<Mutex<Vec<Cell>>> = Arc::new(Mutex::new(cells));
            for _ in 0..threads {
                let (cells, found, tls) = (Arc::clone(&cells), &found, &tls);
                scope.spawn(move || {
                    while let Some(cell) = next(&cells) {
                        let code = cell.result(tls);
                        let names = (cell.row.name, cell.column.heading.as_str());
                        found.lock().unwrap().push((names, code, cell.expected()));
                    }
                });
            }
        }
        receivers.join()
    });
    let found = found.into_inner().unwrap();
    let wrong: Vec<_> = found
        .iter()
        .filter(|(_, code, expected)| code.as_ref() != Ok(expected))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let receivers = receivers.expect("what is wrong is told above");
    super::kept("docs/faults.md", &(page(&found) + &receivers));
}

/// Row and column, how it ended or what is wrong with that, and how it had to end.
type Found = ((&'static str, &'static str), Result<i32, String>, i32);

fn next(cells: &Mutex<Vec<Cell>>) -> Option<Cell> {
    cells.lock().unwrap().pop()
}

fn page(found: &[Found]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str(
        "\n## Commands\n\n| column | what is run | what the fault befalls |\n|---|---|---|\n",
    );
    for column in columns::all() {
        let _ = writeln!(
            page,
            "| {} | `vodcb {}` | {} |",
            column.heading,
            column.args.join(" "),
            column.befallen
        );
    }
    page.push_str("\n## Faults\n");
    for (cause, is_ours) in [("Of the service", true), ("On the way", false)] {
        let rows: Vec<&Row> = ROWS
            .iter()
            .filter(|row| matches!(row.cause, Cause::Emulator(_)) == is_ours)
            .collect();
        for (what, columns) in &*TABLES {
            let _ = write!(page, "\n### {cause}: {what}\n\n");
            page.push_str(&table(&rows, columns, found));
        }
    }
    page
}

fn table(rows: &[&Row], columns: &[Column], found: &[Found]) -> String {
    let headings: Vec<&str> = columns.iter().map(|it| it.heading.as_str()).collect();
    let mut table = format!(
        "| fault | {} |\n|---|{}\n",
        headings.join(" | "),
        "---|".repeat(columns.len())
    );
    for row in rows {
        let _ = write!(table, "| {} |", row.name);
        for heading in &headings {
            let cell = found
                .iter()
                .find(|(names, ..)| *names == (row.name, *heading));
            let text = cell.map_or("–".to_owned(), |(.., expected)| expected.to_string());
            let _ = write!(table, " {text} |");
        }
        table.push('\n');
    }
    table
}

/// Runs a command with this on standard input. One that does not end is killed, which is no exit code at all.
fn until_its_end(mut command: Command, typed: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    let (ended, end) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-9", &id]).status();
        }
    });
    // One that asks nobody does not read it.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let run = Run::of(child.wait_with_output().unwrap());
    drop(ended);
    run
}

/// An address whose name does not resolve, anywhere.
fn nobody(sandbox: &mut Sandbox) -> &'static str {
    // A machine whose name server does not answer waits no longer for it.
    sandbox.set("RES_OPTIONS", "timeout:1 attempts:1");
    "https://nobody.invalid"
}

/// What a check found wrong.
type Verdict = Result<(), String>;

impl Cell {
    fn expected(&self) -> i32 {
        self.column.expected(self.row)
    }

    /// How the command ended, or what is wrong with that.
    fn result(&self, tls: &Tls) -> Result<i32, String> {
        // Where time is short, a busy machine may let other calls fail, too, and a port that was given up may
        // be another's by then; they are given a second chance.
        let is_left = self.row.cause == Cause::Way(Mishap::Refused);
        match (self.row.waits, self.column.hurries() || is_left) {
            (false, false) => self.run(tls, "60"),
            (false, true) => self.run(tls, "60").or_else(|_| self.run(tls, "60")),
            (true, _) => self.run(tls, "2").or_else(|_| self.run(tls, "20")),
        }
    }

    /// The same with so many seconds for each call.
    fn run(&self, tls: &Tls, timeout: &str) -> Result<i32, String> {
        let Cell { row, column } = self;
        let mut sandbox = Sandbox::with(&[], &["apps=2"]);
        let secure = row.secure.then(|| tls.certificates.clone());
        let mut way = Way::to(sandbox.url(), secure);
        let trusted = tls.company.file(&sandbox);
        sandbox.set("SSL_CERT_FILE", trusted.to_str().unwrap());
        column.prepare(&mut sandbox, &way.url());
        self.befall(&mut sandbox, &mut way);
        let run = self.command(&sandbox, timeout);
        sandbox.afflict(&[]);
        let direct = sandbox.url().to_owned();
        column.service().lead(&mut sandbox, &direct);
        let after = column.effect.state(&sandbox);
        let checks = [
            column.check_words(&run),
            self.check_state(&run, &after),
            if way.led_astray() {
                Err("a redirection was followed".to_owned())
            } else {
                Ok(())
            },
        ];
        let wrong: Vec<String> = checks.into_iter().filter_map(Verdict::err).collect();
        if wrong.is_empty() && run.code == self.expected() {
            return Ok(run.code);
        }
        Err(format!("{}: {wrong:?} {run:#?}", run.code))
    }

    fn befall(&self, sandbox: &mut Sandbox, way: &mut Way) {
        let Column {
            action,
            spared,
            words,
            before,
            ..
        } = self.column;
        match self.row.cause {
            Cause::Emulator(spec) => sandbox.afflict(&[
                format!("{action}:pass*{spared}"),
                format!("{action}:{spec}"),
            ]),
            Cause::Way(mishap) => way.lay(Ambush {
                mishap,
                words,
                spared: *spared,
                before: before.unwrap_or_default(),
            }),
            Cause::Nameless => {
                let nobody = nobody(sandbox);
                self.column.service().lead(sandbox, nobody);
            }
        }
    }

    fn command(&self, sandbox: &Sandbox, timeout: &str) -> Run {
        let receiver = Receiver::start(&[Reply::Status(200)]);
        let to = receiver.url("/vod");
        let args = self.column.args.iter();
        let args = args.map(|arg| if *arg == RECEIVER { &to } else { *arg });
        let more = ["--retries", "0", "-o", self.column.form()];
        let mut command = sandbox.command(args.chain(more));
        // `listen` has a flag of that name for something else.
        command.env("VODCB_TIMEOUT", timeout);
        until_its_end(command, self.column.typed.unwrap_or_default())
    }

    fn check_state(&self, run: &Run, after: &Value) -> Verdict {
        let Column { effect, .. } = self.column;
        if *effect == Effect::None || self.row.outcome == Outcome::Altered {
            return Ok(());
        }
        let (old, new) = (effect.is_old(after), effect.is_wanted(after));
        let applied = self.column.applied(run);
        let agrees = match applied.as_str() {
            "yes" => new,
            "no" => old,
            _ => old || new,
        };
        if agrees {
            Ok(())
        } else {
            Err(format!("applied is {applied}, but there is {after}"))
        }
    }
}
