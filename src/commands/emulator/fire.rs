//! `vodcb emulator fire`

use std::time::Duration;

use serde_json::{Value, json};

use crate::commands::connect_signed;
use crate::commands::event_source::{Body, EventSource};
use crate::commands::receiver::sent_but_not_shown;
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::event::compose::Draft;
use crate::exit::Exit;
use crate::openapi::Parameters;
use crate::openapi::client::{Client, Effect};
use crate::render::pairs;
use crate::settings::SignatureKind;

/// Longer than three attempts of five seconds take.
const PATIENCE: Duration = Duration::from_secs(30);
const BREATH: Duration = Duration::from_millis(50);

/// Fire an event: the emulator delivers it as the service would
///
/// It goes to the callback of the target, if that is on for the event: by HTTP, or into the queue. What
/// three attempts do not bring there is dropped. Exit 0 when it was delivered, 1 when it was not sent or
/// was dropped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb emulator fire FileUploadComplete
  vodcb emulator fire TranscodeComplete --fail --set VideoId=93ab850b4f6f44eab54b6e91d24d81d4
  vodcb emulator fire --data event.json")]
pub struct Args {
    #[command(flatten)]
    source: EventSource,
    /// Do not wait for the end of the delivery
    #[arg(long)]
    no_wait: bool,
}

/// Fires, and waits for the end.
///
/// # Errors
/// A usage error for an event that cannot be made, and for an endpoint that is no emulator's.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let body = match args.source.compose(ctx).await? {
        Body::Composed(draft) => draft,
        Body::AsGiven(bytes) => Draft::parse(&bytes)?,
    };
    let body = body.value();
    // The body may be larger than a query; only RPC 1.0 takes parameters in a form.
    let connection = connect_signed(ctx, SignatureKind::Rpc).await?;
    let client = &connection.vod.client;
    if !client.endpoint.is_loopback() {
        return Err(Error::usage(format!(
            "{} is no emulator, and the service fires events by itself",
            client.endpoint
        ))
        .hint("add --emulator, or start one: vodcb emulator start")
        .hint("a receiver is tried with vodcb send EVENT --to URL"));
    }
    if args.no_wait && connection.is_emulated() {
        return Err(Error::usage(
            "the emulator of --emulator ends with the command, and the delivery with it",
        )
        .hint("leave --no-wait out, or start an emulator that goes on: vodcb emulator start"));
    }
    if ctx.flags.dry_run {
        ctx.out.note("dry run; nothing was fired");
        connection.close().await;
        return show(ctx, body, &json!({"State": "planned"}));
    }
    let parameters = Parameters::from_iter([
        ("AppId".to_owned(), connection.target.app_id.to_string()),
        ("Body".to_owned(), body.to_string()),
    ]);
    let fired = fire(ctx, client, &parameters).await?;
    let told = match fired["DeliveryId"].as_u64() {
        Some(id) if !args.no_wait => wait(ctx, client, id).await.map_err(fired_but_not_told)?,
        _ => fired,
    };
    let inside = connection.is_emulated();
    connection.close().await;
    let exit = show(ctx, body, &told).map_err(sent_but_not_shown)?;
    if ctx.stop.is_asked() {
        let rest = if inside {
            "its delivery ended with this emulator and may have arrived"
        } else {
            "the emulator goes on delivering it"
        };
        return Err(ctx.stop.cut_short(&format!("the event was fired; {rest}")));
    }
    Ok(exit)
}

/// Fires once: where the answer is lost, the event may be on its way already.
async fn fire(ctx: &Context, client: &Client, parameters: &Parameters) -> Result<Value> {
    let before = ctx.applied.get();
    let fired = client
        .call(ctx, "EmulatorFireEvent", parameters, Effect::Writes)
        .await;
    ctx.applied.set(before);
    match fired {
        Ok(answer) => Ok(answer.value),
        Err(error) if error.details.applied == Applied::Unknown => Err(Error {
            kind: Kind::UnknownOutcome,
            ..error.hint("the event may have been fired; the emulator tells what it delivers")
        }),
        Err(error) => Err(error),
    }
}

/// What becomes of a fired event is not known, which does not undo it.
fn fired_but_not_told(error: Error) -> Error {
    let what = "the event was fired, but what became of it could not be asked";
    let mut partial = Error::new(Kind::Partial, what)
        .cause(error.message)
        .hint("look at the destination before firing it again")
        .applied(Applied::Yes);
    partial.causes.extend(error.causes);
    partial.details.request_id = error.details.request_id;
    partial
}

async fn wait(ctx: &Context, client: &Client, id: u64) -> Result<Value> {
    let parameters = Parameters::from_iter([("DeliveryId".to_owned(), id.to_string())]);
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let answer = client
            .call(ctx, "EmulatorGetDelivery", &parameters, Effect::Reads)
            .await?;
        if answer.value["State"] != "pending" || tokio::time::Instant::now() > end {
            return Ok(answer.value);
        }
        tokio::select! {
            () = tokio::time::sleep(BREATH) => {}
            () = ctx.stop.asked() => return Ok(answer.value),
        }
    }
}

fn show(ctx: &Context, body: &Value, told: &Value) -> Result<Exit> {
    let state = told["State"].as_str().unwrap_or_default();
    let attempts: Vec<Value> = told["Attempts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|attempt| {
            json!({
                "number": attempt["Number"],
                "at": attempt["At"],
                "took_ms": attempt["TookMs"],
                "answer": attempt["Answer"],
                "hint": attempt["Hint"],
            })
        })
        .collect();
    let document = json!({
        "schema_version": 1,
        "event_type": body["EventType"],
        "state": state,
        "reason": told["Reason"],
        "destination": told["Destination"],
        "attempts": attempts,
    });
    ctx.out.show(&document, |width| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut rows = vec![("State", state.to_owned())];
        rows.extend(text(&document["reason"]).map(|reason| ("Reason", reason)));
        rows.extend(text(&document["destination"]).map(|place| ("Destination", place)));
        rows.extend(attempts.iter().map(|attempt| {
            let answer = text(&attempt["answer"]).unwrap_or_default();
            let words = format!("{answer} after {} ms", attempt["took_ms"]);
            ("Attempt", words)
        }));
        pairs(&rows, width)
    })?;
    if let Some(hint) = attempts.iter().rev().find_map(|it| it["hint"].as_str()) {
        ctx.out.hint(hint);
    }
    if state == "unsent" {
        let name = body["EventType"].as_str().unwrap_or("NAME");
        ctx.out.hint(&format!(
            "for a callback that is there: {}; for a new one: {}",
            ctx.again(&format!("set --add-events {name}")),
            ctx.again("set --http-url URL")
        ));
    }
    Ok(match state {
        "delivered" | "pending" | "planned" => Exit::Ok,
        _ => Exit::Negative,
    })
}
