//! Many targets, and the applications they belong to, as documents and as text.

use serde::Serialize;
use serde_json::Value;

use super::callback::{Document, Keys};
use super::table;
use crate::callback::{Auth, Callback, Destination};
use crate::error::Error;
use crate::event::{EventSelection, catalogue};
use crate::target::{App, AppId, Region, Target};

/// The document of several targets.
#[derive(Debug, Serialize)]
pub struct CallbacksDocument<'a> {
    /// The version of this document.
    pub schema_version: u8,
    /// Each as it is shown alone.
    pub callbacks: &'a [Document],
    /// The regions without service for the caller.
    pub unavailable: Vec<MissedDocument>,
    /// What could not be read for another reason.
    pub failed: Vec<MissedDocument>,
}

/// One target or region that could not be read.
#[derive(Debug, Serialize)]
pub struct MissedDocument {
    region: String,
    app_id: Option<String>,
    code: String,
    exit_code: u8,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    request_id: Option<String>,
    retryable: bool,
}

impl MissedDocument {
    /// The same members as those of an error.
    pub fn new(region: &Region, app_id: Option<&AppId>, error: &Error) -> Self {
        MissedDocument {
            region: region.to_string(),
            app_id: app_id.map(AppId::to_string),
            code: error.code().to_owned(),
            exit_code: error.kind.code(),
            message: error.message.clone(),
            causes: error.causes.clone(),
            hint: error.hints.first().cloned(),
            request_id: error.details.request_id.clone(),
            retryable: error.details.retryable,
        }
    }
}

/// The headings of [`callback_row`].
const CALLBACK: [&str; 7] = [
    "Region",
    "Application",
    "Method",
    "Destination",
    "Auth",
    "Events",
    "Fingerprint",
];

/// One target as a line of a table.
pub fn callback_row(target: &Target, callback: Option<&Callback>, keys: Keys) -> Vec<String> {
    let mut row = vec![target.region.to_string(), target.app_id.to_string()];
    let Some(callback) = callback else {
        row.extend([String::new(), "not configured".to_owned()]);
        row.resize(CALLBACK.len(), String::new());
        return row;
    };
    let (destination, auth) = match &callback.destination {
        Destination::Http { url, auth } => (url.clone(), shown_auth(auth, keys)),
        Destination::Mns { endpoint, queue } => (format!("{queue} at {endpoint}"), String::new()),
    };
    row.extend([
        callback.method().as_str().to_owned(),
        destination,
        auth,
        events(&callback.events),
        callback.fingerprint(),
    ]);
    row
}

fn shown_auth(auth: &Auth, keys: Keys) -> String {
    match (auth.known_key(), keys) {
        (Some(key), Keys::Shown) => format!("{}, key {}", auth.switch(), key.expose()),
        _ => auth.switch().to_owned(),
    }
}

fn events(selection: &EventSelection) -> String {
    match selection {
        EventSelection::All => "ALL".to_owned(),
        EventSelection::None => "none".to_owned(),
        EventSelection::Only(events) => {
            format!("{} of {}", events.len(), catalogue::subscribable().len())
        }
    }
}

/// Targets as a table.
pub fn callbacks(rows: &[Vec<String>], width: u16) -> String {
    match rows {
        [] => "There is no application to read a callback of.\n".to_owned(),
        rows => table(&CALLBACK, rows, width),
    }
}

/// The document of a region's applications; one is the application that commands use now.
pub fn apps_document(region: &Region, apps: &[App], used: &AppId) -> Value {
    let rows: Vec<Value> = apps
        .iter()
        .map(|app| {
            serde_json::json!({
                "app_id": app.app_id.as_str(),
                "name": app.name,
                "description": app.description,
                "status": app.status,
                "type": app.kind,
                "creation_time": app.creation_time,
                "modification_time": app.modification_time,
                "default": app.app_id == *used,
            })
        })
        .collect();
    serde_json::json!({"schema_version": 1, "region": region.as_str(), "apps": rows})
}

/// Applications as a table.
pub fn apps(region: &Region, apps: &[App], used: &AppId, width: u16) -> String {
    if apps.is_empty() {
        return format!("No application is listed for this identity in {region}.\n");
    }
    let rows: Vec<Vec<String>> = apps
        .iter()
        .map(|app| {
            let mark = if app.app_id == *used { "default" } else { "" };
            vec![
                app.app_id.to_string(),
                app.name.clone(),
                app.status.clone(),
                app.kind.clone(),
                mark.to_owned(),
            ]
        })
        .collect();
    table(
        &["Application", "Name", "Status", "Type", "Note"],
        &rows,
        width,
    )
}
