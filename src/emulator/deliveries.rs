//! Events on their way from the emulator to where callbacks go, by VOD's rules.
//!
//! `EmulatorFireEvent` and `EmulatorGetDelivery` are operations the service does not have. A fired event
//! goes to the callback of its account, region and application, if that is on for its event type: by HTTP,
//! or into the queue. What three attempts do not bring there is dropped, as the service does, but here
//! the drop is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::answer::{Members, Refusal};
use super::message::Message;
use super::mns::{Place as QueuePlace, Queues};
use super::quirks::VodRole;
use super::rules::{Stored, value};
use super::{held, state};
use crate::callback::queue::parse_host;
use crate::callback::url::without_password;
use crate::delivery::rules;
use crate::delivery::send::{Attempt, Delivery, Proof, deliver};
use crate::event::{EventSelection, EventType, decode};
use crate::http::Http;
use crate::ram::RoleStanding;
use crate::secret::Secret;
use crate::target::Region;

/// Older ones are forgotten.
const MAX_RECORDS: usize = 1000;

/// The deliveries of an emulator.
pub(super) struct Deliveries {
    http: Http,
    queues: Arc<Queues>,
    records: Mutex<Records>,
    notices: Option<UnboundedSender<String>>,
    vod_role: VodRole,
    now: fn() -> Timestamp,
}

#[derive(Default)]
struct Records {
    last: u64,
    kept: VecDeque<Record>,
}

/// What became of one event so far.
struct Record {
    id: u64,
    event: String,
    destination: String,
    state: State,
    attempts: Vec<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Pending,
    Delivered,
    Dropped,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Delivered => "delivered",
            State::Dropped => "dropped",
        }
    }
}

/// Where an event goes.
enum Destination {
    Http(Delivery),
    Queue(Posting),
}

/// An event on its way into a queue.
struct Posting {
    place: QueuePlace,
    queue: String,
    body: String,
    /// Why VOD cannot write there, whatever the queue is like.
    barred: Option<String>,
}

impl Deliveries {
    pub(super) fn new(
        queues: Arc<Queues>,
        notices: Option<UnboundedSender<String>>,
        vod_role: VodRole,
        now: fn() -> Timestamp,
    ) -> Self {
        let user_agent = concat!("vodcb-emulator/", env!("CARGO_PKG_VERSION")).to_owned();
        Deliveries {
            http: Http::new(rules::VOD.limit, user_agent, None),
            queues,
            records: Mutex::default(),
            notices,
            vod_role,
            now,
        }
    }

    /// Sends the event in `Body` on its way, unless the callback at this place is not on for it.
    pub(super) fn fire(
        self: &Arc<Self>,
        message: &Message,
        place: &state::Place,
        callback: Option<&Stored>,
    ) -> Result<Members, Refusal> {
        let body = message.parameter("Body");
        let (event, _) = decode::unpack(body.as_bytes()).map_err(|_| Refusal::invalid("Body"))?;
        let event = event
            .get("EventType")
            .and_then(Value::as_str)
            .ok_or_else(|| Refusal::invalid("Body"))?;
        let Some(callback) = callback else {
            return Ok(unsent("no callback is configured there"));
        };
        let selection = EventSelection::from_wire(value(callback, "EventTypeList"));
        if !selection.sends(&EventType::from_service(event)) {
            return Ok(unsent("the callback is not on for this event type"));
        }
        let destination = self.destination(callback, &place.account_id, body);
        let shown = match &destination {
            Destination::Http(delivery) => without_password(&delivery.url).into_owned(),
            Destination::Queue(Posting { place, queue, .. }) => {
                format!("queue {queue} of {} in {}", place.account_id, place.region)
            }
        };
        let id = self.begin(event, &shown);
        let deliveries = Arc::clone(self);
        tokio::spawn(async move { deliveries.carry(id, destination).await });
        Ok(Members::from_iter([
            ("State".to_owned(), json!(State::Pending.word())),
            ("DeliveryId".to_owned(), json!(id)),
        ]))
    }

    /// What became of the delivery that is asked for.
    pub(super) fn describe(&self, message: &Message) -> Result<Members, Refusal> {
        let id: Option<u64> = message.parameter("DeliveryId").parse().ok();
        let records = held(&self.records);
        let record = records.kept.iter().find(|record| Some(record.id) == id);
        let record = record.ok_or_else(|| Refusal::invalid("DeliveryId"))?;
        Ok(Members::from_iter([
            ("State".to_owned(), json!(record.state.word())),
            ("EventType".to_owned(), json!(record.event)),
            ("Destination".to_owned(), json!(record.destination)),
            ("Attempts".to_owned(), json!(record.attempts)),
        ]))
    }

    fn begin(&self, event: &str, destination: &str) -> u64 {
        let mut records = held(&self.records);
        if records.kept.len() == MAX_RECORDS {
            records.kept.pop_front();
        }
        records.last += 1;
        let id = records.last;
        records.kept.push_back(Record {
            id,
            event: event.to_owned(),
            destination: destination.to_owned(),
            state: State::Pending,
            attempts: Vec::new(),
        });
        id
    }

    async fn carry(&self, id: u64, destination: Destination) {
        let delivered = match destination {
            Destination::Http(delivery) => {
                let told = |attempt: &Attempt| self.tried(id, of_http(attempt));
                let sent = deliver(&self.http, self.now, rules::VOD, &delivery, told).await;
                sent.is_ok_and(|outcome| outcome.is_delivered())
            }
            Destination::Queue(posting) => self.write_to_queue(id, &posting).await,
        };
        self.end(
            id,
            if delivered {
                State::Delivered
            } else {
                State::Dropped
            },
        );
    }

    /// The service tries a queue as often as a receiver, though nothing changes in between.
    async fn write_to_queue(&self, id: u64, posting: &Posting) -> bool {
        for number in 1..=rules::VOD.attempts {
            if number > 1 {
                tokio::time::sleep(rules::VOD.pause).await;
            }
            let at = (self.now)();
            let put = self.put(posting);
            let answer = put.as_ref().err().map_or("written", String::as_str);
            self.tried(id, attempt(number, at, Duration::ZERO, answer, None));
            if put.is_ok() {
                return true;
            }
        }
        false
    }

    fn put(&self, posting: &Posting) -> Result<(), String> {
        let Posting {
            place, queue, body, ..
        } = posting;
        if let Some(why) = &posting.barred {
            return Err(why.clone());
        }
        let put = self.queues.deliver(place, queue, body).or_else(|_| {
            // A client that knows the emulator by its address makes queues without naming a region.
            let place = QueuePlace {
                account_id: place.account_id.clone(),
                region: Region::default().to_string(),
            };
            self.queues.deliver(&place, queue, body)
        });
        put.map_err(|why| why.to_string())
    }

    fn destination(&self, callback: &Stored, account_id: &str, body: &str) -> Destination {
        if value(callback, "CallbackType") == "MNS" {
            return Destination::Queue(self.posting(callback, account_id, body));
        }
        let url = value(callback, "CallbackURL").to_owned();
        let key = value(callback, "AuthKey");
        let proof = if value(callback, "AuthSwitch") != "off" && !key.is_empty() {
            Proof::Signed {
                url: url.clone(),
                key: Secret::new(key),
                shift: SignedDuration::ZERO,
            }
        } else {
            Proof::Unsigned
        };
        Destination::Http(Delivery {
            url,
            proof,
            body: body.as_bytes().to_vec(),
        })
    }

    fn posting(&self, callback: &Stored, account_id: &str, body: &str) -> Posting {
        let host = parse_host(value(callback, "MnsEndpoint"));
        let is_internal = host.as_ref().is_some_and(|host| host.internal);
        let internal = || is_internal.then(|| "VOD writes to public endpoints only".to_owned());
        let standing = match self.vod_role {
            VodRole::Present => RoleStanding::Trusting,
            VodRole::Untrusting => RoleStanding::Untrusting,
            VodRole::Absent => RoleStanding::Absent,
        };
        let place = match host {
            Some(host) => QueuePlace {
                account_id: host.account_id,
                region: host.region,
            },
            None => QueuePlace {
                account_id: account_id.to_owned(),
                region: Region::default().to_string(),
            },
        };
        Posting {
            place,
            queue: value(callback, "MnsQueueName").to_owned(),
            body: body.to_owned(),
            barred: standing.problem().or_else(internal),
        }
    }

    fn tried(&self, id: u64, attempt: Value) {
        let mut records = held(&self.records);
        if let Some(record) = records.kept.iter_mut().find(|record| record.id == id) {
            record.attempts.push(attempt);
        }
    }

    fn end(&self, id: u64, state: State) {
        let mut records = held(&self.records);
        let Some(record) = records.kept.iter_mut().find(|record| record.id == id) else {
            return;
        };
        record.state = state;
        let last = record.attempts.last();
        let answer = last.and_then(|attempt| attempt["Answer"].as_str());
        let notice = format!(
            "{} {} after {} of {} attempts: {}: {}",
            record.event,
            state.word(),
            record.attempts.len(),
            rules::VOD.attempts,
            record.destination,
            answer.unwrap_or("it cannot be sent there"),
        );
        if let Some(notices) = &self.notices {
            // Nobody has to listen.
            let _ = notices.send(notice);
        }
    }
}

fn unsent(reason: &str) -> Members {
    Members::from_iter([
        ("State".to_owned(), json!("unsent")),
        ("Reason".to_owned(), json!(reason)),
    ])
}

fn of_http(it: &Attempt) -> Value {
    attempt(
        it.number,
        it.at,
        it.took,
        &it.answer.to_string(),
        it.answer.hint(),
    )
}

fn attempt(
    number: u32,
    at: Timestamp,
    took: Duration,
    answer: &str,
    hint: Option<String>,
) -> Value {
    json!({
        "Number": number,
        "At": at.to_string(),
        "TookMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "Answer": answer,
        "Hint": hint,
    })
}
