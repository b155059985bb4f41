//! The three callback operations on the stored callbacks, and the applications they belong to.

use serde_json::{Value, json};

use super::answer::{Members, Refusal};
use super::apps;
use super::faults::Kind;
use super::message::Message;
use super::operation::Operation;
use super::quirks::{All, DeleteNothing, Key, Linger, Omitted, Quirks, Unconfigured};
use super::rules::{self, HTTP_MEMBERS, MNS_MEMBERS, Stored};
use super::state::{Place, Table};
use crate::event::{EventSelection, catalogue, selection};
use crate::order;
use crate::target::AppId;

/// What the fault `foreign` leaves behind.
const FOREIGN_URL: &str = "https://other.example.com/hook";

/// The members a callback may have, in the order in which they are shown.
const MEMBERS: [&str; 7] = [
    "CallbackType",
    "CallbackURL",
    "EventTypeList",
    "AuthSwitch",
    "AuthKey",
    "MnsEndpoint",
    "MnsQueueName",
];

/// A verified call of VOD.
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    pub(super) account_id: &'a str,
    pub(super) message: &'a Message,
    pub(super) quirks: &'a Quirks,
    /// Changes what a Set leaves behind.
    pub(super) fault: Option<&'a Kind>,
}

impl Call<'_> {
    /// Does it. A refused call leaves the table as it was.
    pub(super) fn perform(&self, table: &mut Table) -> Result<Members, Refusal> {
        if self.operation == Operation::ListApps {
            return apps::list(self, table);
        }
        let app_id = AppId::parse(self.message.app_id()).map_err(|_| Refusal::invalid("AppId"))?;
        let place = Place {
            account_id: self.account_id.to_owned(),
            region: self.message.region(),
            app_id: app_id.to_string(),
        };
        match self.operation {
            Operation::Get => self.get(table, &place),
            Operation::Set => self.set(table, place),
            Operation::Delete => self.delete(table, &place),
            _ => Err(Refusal::unknown_api()),
        }
    }

    fn get(&self, table: &Table, place: &Place) -> Result<Members, Refusal> {
        let object = match table.get(place) {
            Some(stored) => Some(self.shown(stored, &place.app_id)),
            None => self.nothing(&place.app_id)?,
        };
        Ok(object
            .map(|object| ("MessageCallback".to_owned(), object))
            .into_iter()
            .collect())
    }

    /// What stands for no callback.
    fn nothing(&self, app_id: &str) -> Result<Option<Value>, Refusal> {
        match self.quirks.unconfigured {
            Unconfigured::Absent => Ok(None),
            Unconfigured::Empty => Ok(Some(json!({}))),
            Unconfigured::Blank => {
                let blank = MEMBERS.map(|name| (name.to_owned(), json!("")));
                let app_id = ("AppId".to_owned(), json!(app_id));
                Ok(Some([app_id].into_iter().chain(blank).collect()))
            }
            Unconfigured::Error => Err(not_configured()),
        }
    }

    fn shown(&self, stored: &Stored, app_id: &str) -> Value {
        let members = MEMBERS.iter().filter_map(|name| {
            let text = self.shown_member(name, stored)?;
            Some(((*name).to_owned(), Value::from(text)))
        });
        [("AppId".to_owned(), json!(app_id))]
            .into_iter()
            .chain(members)
            .collect()
    }

    fn shown_member(&self, name: &str, stored: &Stored) -> Option<String> {
        let in_use = !belongs_to_other_method(name, rules::value(stored, "CallbackType"));
        if !in_use && self.quirks.linger == Linger::No {
            return None;
        }
        let text = stored.get(name)?.clone();
        let is_all = EventSelection::from_wire(&text) == EventSelection::All;
        match name {
            "AuthKey" if self.quirks.key == Key::Absent => None,
            "AuthKey" if self.quirks.key == Key::Masked && !text.is_empty() => Some("****".into()),
            "EventTypeList" if self.quirks.all == All::Expand && is_all => {
                Some(selection::join(&catalogue::subscribable(), ","))
            }
            _ => Some(text),
        }
    }

    fn set(&self, table: &mut Table, place: Place) -> Result<Members, Refusal> {
        if self.message.parameter("CallbackType").is_empty() {
            return Err(Refusal::missing("CallbackType"));
        }
        let mut stored = self.merged(table.get(&place));
        rules::check(&stored)?;
        let list = rules::events(
            self.message.parameter("EventTypeList"),
            self.quirks.unknown_events,
        )?;
        stored.insert("EventTypeList".into(), list);
        match self.fault {
            Some(Kind::DropEvents) => {
                stored.insert("EventTypeList".into(), String::new());
            }
            Some(Kind::Foreign) => {
                stored.insert("CallbackType".into(), "HTTP".into());
                stored.insert("CallbackURL".into(), FOREIGN_URL.into());
            }
            _ => {}
        }
        table.put(place, stored);
        Ok(Members::new())
    }

    /// What is given, over what stays of the old. Members of the other method always stay, since
    /// the quirk `linger` decides only whether they are shown.
    fn merged(&self, old: Option<&Stored>) -> Stored {
        let method = self.message.parameter("CallbackType");
        let stays =
            |name: &str| self.quirks.set == Omitted::Merge || belongs_to_other_method(name, method);
        let kept = old.into_iter().flatten().filter(|(name, _)| stays(name));
        let given = MEMBERS.iter().filter_map(|name| {
            let value = self.message.parameters.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
        order::map(kept.chain(given))
    }

    fn delete(&self, table: &mut Table, place: &Place) -> Result<Members, Refusal> {
        let removed = table.remove(place);
        if !removed && self.quirks.delete_nothing == DeleteNothing::Error {
            return Err(not_configured());
        }
        Ok(Members::new())
    }
}

fn belongs_to_other_method(name: &str, method: &str) -> bool {
    match method {
        "HTTP" => MNS_MEMBERS.contains(&name),
        "MNS" => HTTP_MEMBERS.contains(&name),
        _ => false,
    }
}

fn not_configured() -> Refusal {
    let words = "The specified message callback is not found.";
    Refusal::new(404, "InvalidMessageCallback.NotFound", words)
}
