//! Recorded writes as documents and as text.

use serde::Serialize;

use super::callback::{self, Keys};
use super::{pairs, table};
use crate::callback::{Callback, Destination};
use crate::change::diff::Difference;
use crate::change::record::Record;
use crate::event::{EventSelection, EventType, selection};
use crate::target::Target;

/// A recorded write without the states before and after it.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    number: u64,
    at: String,
    account_id: Option<String>,
    access_key_id: Option<String>,
    endpoint: String,
    region: String,
    app_id: String,
    command: String,
    changed: Vec<String>,
    /// What these were and were to be.
    changes: Difference,
    result: &'static str,
    ended: Option<String>,
    fingerprint: Option<String>,
    error: Option<String>,
}

/// The document of `history`.
#[derive(Debug, Clone, Serialize)]
pub struct List {
    schema_version: u8,
    file: String,
    recording: &'static str,
    total: usize,
    records: Vec<Summary>,
}

/// The document of `history show`.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    schema_version: u8,
    #[serde(flatten)]
    summary: Summary,
    before: callback::Document,
    after: callback::Document,
}

impl Summary {
    fn new(record: &Record) -> Self {
        let ending = record.ending.as_ref();
        Summary {
            number: record.number,
            at: record.at.to_string(),
            account_id: record.account_id.clone(),
            access_key_id: record.access_key_id.clone(),
            endpoint: record.endpoint.clone(),
            region: record.target.region.to_string(),
            app_id: record.target.app_id.to_string(),
            command: record.command.clone(),
            changed: record.changed.clone(),
            changes: Difference::named(
                &record.changed,
                record.before.as_ref(),
                record.after.as_ref(),
            ),
            result: record.result().as_str(),
            ended: ending.map(|ending| ending.at.to_string()),
            fingerprint: ending.and_then(|ending| ending.fingerprint.clone()),
            error: ending.and_then(|ending| ending.error.clone()),
        }
    }
}

/// The document of the shown records; `total` counts those that were left out, too.
pub fn list_document(
    records: &[&Record],
    total: usize,
    file: &str,
    recording: &'static str,
) -> List {
    List {
        schema_version: 1,
        file: file.to_owned(),
        recording,
        total,
        records: records.iter().map(|record| Summary::new(record)).collect(),
    }
}

/// A heading, and the cell below it.
type Column = (&'static str, fn(&Record) -> String);

/// The shown records as a table.
pub fn list(records: &[&Record], file: &str, width: u16) -> String {
    if records.is_empty() {
        return format!("There is no change to show in {file}.\n");
    }
    let mut columns: Vec<Column> = vec![
        ("No.", |record| record.number.to_string()),
        ("Time (UTC)", |record| time(record.at)),
        ("Account", |record| {
            owner(record).unwrap_or("unknown").to_owned()
        }),
        ("Target", place),
        ("Command", |record| record.command.clone()),
        ("Change", what),
        ("Result", |record| record.result().as_str().to_owned()),
    ];
    // Nearly always there is one, and changes have more to tell.
    let is_one_account = records.windows(2).all(|two| owner(two[0]) == owner(two[1]));
    columns.retain(|(heading, _)| *heading != "Account" || !is_one_account);
    let row = |record: &&Record| columns.iter().map(|(_, cell)| cell(record)).collect();
    let rows: Vec<Vec<String>> = records.iter().map(row).collect();
    let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
    table(&headings, &rows, width)
}

/// The document of one record.
pub fn document(record: &Record, keys: Keys) -> Shown {
    let state = |state: Option<&Callback>| callback::document(&record.target, state, keys, None);
    Shown {
        schema_version: 1,
        summary: Summary::new(record),
        before: state(record.before.as_ref()),
        after: state(record.after.as_ref()),
    }
}

/// One record with the states before and after it.
pub fn text(record: &Record, keys: Keys, width: u16) -> String {
    let mut rows = vec![
        ("Number", record.number.to_string()),
        ("Time", format!("{} UTC", time(record.at))),
    ];
    rows.extend(record.account_id.clone().map(|id| ("Account", id)));
    rows.extend(record.access_key_id.clone().map(|id| ("Access key", id)));
    rows.push(("Service", record.endpoint.clone()));
    rows.push(("Command", record.command.clone()));
    rows.push(("Change", what(record)));
    rows.push(("Result", result(record)));
    let ending = record.ending.as_ref();
    rows.extend(
        ending
            .and_then(|ending| ending.error.clone())
            .map(|error| ("Error", error)),
    );
    let state = |state: Option<&Callback>| callback::text(&record.target, state, keys, width);
    format!(
        "{}\nBefore\n{}\nWanted\n{}",
        pairs(&rows, width),
        state(record.before.as_ref()),
        state(record.after.as_ref())
    )
}

fn result(record: &Record) -> String {
    match record.ending {
        Some(_) => record.result().as_str().to_owned(),
        None => "unknown: the process ended, or still runs, without recording it".to_owned(),
    }
}

/// A moment of the history, in UTC.
pub fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn owner(record: &Record) -> Option<&str> {
    let account = record.account_id.as_deref();
    account.or(record.access_key_id.as_deref())
}

/// The target, and the service where it is not the region's own.
fn place(record: &Record) -> String {
    let Record {
        target, endpoint, ..
    } = record;
    let Target { region, app_id } = target;
    if *endpoint == format!("https://{}", region.vod_host()) {
        format!("{region} {app_id}")
    } else {
        format!("{region} {app_id} at {endpoint}")
    }
}

/// What the write was to make different, in a few words.
fn what(record: &Record) -> String {
    let Some(after) = &record.after else {
        return "removed".to_owned();
    };
    let Some(before) = &record.before else {
        return format!("set up: {}", destination(after));
    };
    let fields = record.changed.iter().map(String::as_str);
    let words: Vec<String> = fields
        .filter_map(|field| change(field, before, after))
        .collect();
    words.join(", ")
}

fn change(field: &str, before: &Callback, after: &Callback) -> Option<String> {
    let replaced = before.method() != after.method();
    let word = match (field, &after.destination) {
        ("method", _) => format!("method {} {}", after.method().as_str(), destination(after)),
        ("events", _) => format!("events {}", events(&before.events, &after.events)),
        // The rest comes and goes with the method.
        _ if replaced => return None,
        ("url", Destination::Http { url, .. }) => format!("url {url}"),
        ("auth", Destination::Http { auth, .. }) => format!("auth {}", auth.switch()),
        ("mns_endpoint", Destination::Mns { endpoint, .. }) => format!("mns_endpoint {endpoint}"),
        ("mns_queue", Destination::Mns { queue, .. }) => format!("mns_queue {queue}"),
        _ => field.to_owned(),
    };
    Some(word)
}

fn destination(callback: &Callback) -> &str {
    match &callback.destination {
        Destination::Http { url, .. } => url,
        Destination::Mns { queue, .. } => queue,
    }
}

/// `ALL`, `none`, or what comes and goes; what is left of `ALL` where that is less to read.
fn events(before: &EventSelection, after: &EventSelection) -> String {
    let signed = |sign: &'static str, from: &EventSelection, to: &EventSelection| {
        let lost = from.lost_in(to);
        let names = lost.iter().map(EventType::as_str);
        names
            .map(|name| format!("{sign}{name}"))
            .collect::<Vec<_>>()
    };
    match after {
        EventSelection::All => "ALL".to_owned(),
        EventSelection::None => "none".to_owned(),
        EventSelection::Only(left) => {
            let (added, removed) = (signed("+", after, before), signed("-", before, after));
            match before {
                EventSelection::All if left.len() < removed.len() => {
                    format!("only {}", selection::join(left, " "))
                }
                _ => [added, removed].concat().join(" "),
            }
        }
    }
}
