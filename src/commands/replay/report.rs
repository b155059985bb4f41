//! What is told of a replay, line by line and in all.

use serde::Serialize;

use crate::commands::lines::Lines;
use crate::commands::receiver::sent_but_not_shown;
use crate::context::Context;
use crate::delivery::record::Recorded;
use crate::delivery::recording::Piece;
use crate::delivery::report::{self, AttemptReport};
use crate::delivery::rules::Rules;
use crate::delivery::send::{Delivery, Outcome};
use crate::error::Result;
use crate::event::decode::{self, explain};
use crate::text::{counted, escape_line};

/// What was told so far.
pub(super) struct Report<'a> {
    ctx: &'a Context,
    rules: Rules,
    pub(super) lines: Lines<'a>,
    pub(super) summary: Summary,
}

/// What is said at the end; the order of the members is the order in JSON.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) deliveries: u64,
    pub(super) delivered: u64,
    pub(super) not_delivered: u64,
    /// Left out by `--only`.
    pub(super) left_out: u64,
    /// Could not be read.
    pub(super) damaged: u64,
}

/// A line of the stream; `kind` comes first.
#[derive(Serialize)]
struct Line<'a, T> {
    schema_version: u8,
    kind: &'a str,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct Sent<'a> {
    file: &'a str,
    line: Option<u64>,
    event_type: Option<&'a str>,
    id: Option<&'a str>,
    received_at: Option<&'a str>,
    result: &'static str,
    attempts: Vec<AttemptReport>,
}

#[derive(Serialize)]
struct Damaged<'a> {
    file: &'a str,
    line: Option<u64>,
    message: &'a str,
}

impl Summary {
    /// How many deliveries came to their end.
    pub(super) fn made(&self) -> u64 {
        self.delivered + self.not_delivered
    }
}

impl<'a> Report<'a> {
    /// Nothing was told so far.
    pub(super) fn new(ctx: &'a Context, rules: Rules) -> Self {
        Report {
            ctx,
            rules,
            lines: Lines::new(&ctx.out),
            summary: Summary::default(),
        }
    }

    /// Tells of a delivery; without an outcome of one that would be sent.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub(super) fn sent(
        &mut self,
        piece: &Piece,
        recorded: &Recorded,
        delivery: &Delivery,
        outcome: Option<&Outcome>,
    ) -> Result<()> {
        let event = decode::unpack(&delivery.body).ok();
        let explained = event.as_ref().map(|(event, _)| explain(event));
        let event_type = explained.as_ref().and_then(|it| it.event_type.as_deref());
        let id = explained
            .as_ref()
            .and_then(|it| Some(it.id.as_ref()?.value.as_str()));
        let (result, attempts) = match outcome {
            None => ("planned", &[][..]),
            Some(outcome) if outcome.is_delivered() => ("delivered", &outcome.attempts[..]),
            Some(outcome) => (self.rules.failure(), &outcome.attempts[..]),
        };
        self.summary.deliveries += 1;
        match outcome.map(Outcome::is_delivered) {
            Some(true) => self.summary.delivered += 1,
            Some(false) => self.summary.not_delivered += 1,
            None => {}
        }
        let body = Sent {
            file: &piece.file,
            line: piece.line,
            event_type,
            id,
            received_at: recorded.received_at.as_deref(),
            result,
            attempts: report::attempts(attempts),
        };
        self.line("delivery", body, || {
            let tried: Vec<String> = attempts.iter().map(report::line).collect();
            let (event, id) = (event_type.unwrap_or("no event"), id.unwrap_or_default());
            let words = format!(
                "{}  {event}  {id}  {result}  {}",
                piece.place(),
                tried.join(", ")
            );
            format!("{}\n", escape_line(words.trim_end()))
        })?;
        if let Some(hint) = attempts.last().and_then(|attempt| attempt.hint()) {
            self.ctx.out.hint(&hint);
        }
        Ok(())
    }

    /// Tells of what could not be read and is left out.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub(super) fn damaged(&mut self, piece: &Piece, message: &str) -> Result<()> {
        self.summary.damaged += 1;
        self.ctx
            .out
            .warn(&format!("{}: {message}; it was left out", piece.place()));
        let (file, line) = (piece.file.as_str(), piece.line);
        let body = Damaged {
            file,
            line,
            message,
        };
        self.line("damaged", body, String::new)
    }

    /// Tells how many of each kind there were.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub(super) fn sum_up(&self) -> Result<()> {
        let Summary {
            deliveries,
            delivered,
            not_delivered,
            left_out,
            damaged,
        } = self.summary;
        self.line("summary", &self.summary, || {
            let planned = if self.ctx.flags.dry_run {
                " would be sent"
            } else {
                ""
            };
            format!(
                "{}{planned}: {delivered} delivered, {not_delivered} not delivered, {left_out} left out, \
                 {damaged} damaged\n",
                counted(deliveries, "delivery", "deliveries")
            )
        })
    }

    /// # Errors
    /// When stdout cannot be written; after a delivery that it was made all the same.
    fn line(&self, kind: &str, body: impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        let line = Line {
            schema_version: 1,
            kind,
            body,
        };
        match self.lines.show(&line, |_| text()) {
            Ok(_) => Ok(()),
            Err(error) if self.summary.made() == 0 => Err(error),
            Err(error) => Err(sent_but_not_shown(error)),
        }
    }
}
