//! The callback key and its rotation as a document and as text.

use jiff::Timestamp;
use serde::Serialize;

use super::callback::Keys;
use super::check::rows;
use super::{pairs, table};
use crate::callback::{Auth, url};
use crate::change::diff;
use crate::probe::Check;
use crate::secret::Secret;
use crate::target::Target;

/// How the key of a target stands; the order of the members is the order in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct KeyStatus {
    schema_version: u8,
    region: String,
    app_id: String,
    url: Option<String>,
    auth: Option<&'static str>,
    auth_key: Option<String>,
    /// When the key was written by this program, where the history knows it; RFC 3339.
    pub auth_key_since: Option<String>,
    rotation: Option<RotationStatus>,
    /// What was proved in this run.
    pub checks: Vec<Check>,
    /// The number in the history of the change that gave VOD the new key in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// How a rotation stands.
#[derive(Debug, Clone, Serialize)]
pub struct RotationStatus {
    /// `prepared` until VOD was given the new key, then `switched`; `overtaken` when VOD has neither key.
    pub step: &'static str,
    /// When it was begun, RFC 3339.
    pub begun: String,
    /// When VOD was given the new key.
    pub switched: Option<String>,
    /// The key before.
    pub old_key: String,
    /// The key after.
    pub new_key: String,
}

impl KeyStatus {
    /// The status of a target whose URL and authentication are given, if it has an HTTP callback.
    pub fn new(target: &Target, http: Option<(&str, &Auth)>) -> Self {
        KeyStatus {
            schema_version: 1,
            region: target.region.to_string(),
            app_id: target.app_id.to_string(),
            url: http.map(|(url, _)| url::without_password(url).into_owned()),
            auth: http.map(|(_, auth)| auth.switch()),
            auth_key: http.and_then(|(_, auth)| diff::shown_key(&auth.key)),
            auth_key_since: None,
            rotation: None,
            checks: Vec::new(),
            number: None,
        }
    }

    /// The same with its rotation.
    #[must_use]
    pub fn rotating(mut self, rotation: Option<RotationStatus>) -> Self {
        self.rotation = rotation;
        self
    }
}

/// A key, masked unless it was asked for.
pub fn key(key: &Secret, keys: Keys) -> String {
    match keys {
        Keys::Shown => key.expose().to_owned(),
        Keys::Masked => key.masked(),
    }
}

/// A moment as it is written in documents.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The status as text; what was proved stands before it.
pub fn text(status: &KeyStatus, width: u16) -> String {
    let none = || "none".to_owned();
    let mut lines = vec![
        ("Region", status.region.clone()),
        ("Application", status.app_id.clone()),
        (
            "URL",
            status
                .url
                .clone()
                .unwrap_or_else(|| "no HTTP callback".to_owned()),
        ),
    ];
    if let Some(auth) = status.auth {
        lines.push(("Authentication", auth.to_owned()));
        lines.push(("Key", status.auth_key.clone().unwrap_or_else(none)));
        let since = status.auth_key_since.clone();
        lines.extend(since.map(|time| ("Key since", time)));
    }
    match &status.rotation {
        None => lines.push(("Rotation", none())),
        Some(rotation) => {
            lines.push(("Rotation", rotation.step.to_owned()));
            lines.push(("Begun", rotation.begun.clone()));
            lines.extend(rotation.switched.clone().map(|time| ("Switched", time)));
            lines.push(("Old key", rotation.old_key.clone()));
            lines.push(("New key", rotation.new_key.clone()));
        }
    }
    let proved = if status.checks.is_empty() {
        String::new()
    } else {
        table(&["Proof", "Result", "Found"], &rows(&status.checks), width) + "\n"
    };
    proved + &pairs(&lines, width)
}
