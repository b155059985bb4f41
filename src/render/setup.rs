//! Centres and identities as documents and as text.

use serde::Serialize;
use serde_json::{Value, json};

use super::{pairs, table};
use crate::credential::Passed;
use crate::target::region::{self, Centre, Standing};

/// Every centre as data.
pub fn regions_document() -> Value {
    let rows: Vec<Value> = region::centres()
        .iter()
        .map(|centre| {
            json!({
                "region": centre.id,
                "name": centre.name,
                "name_zh": centre.name_zh,
                "standing": centre.standing,
                "vod_endpoint": centre.vod_endpoint,
                "vod_vpc_endpoint": centre.vod_vpc_endpoint,
            })
        })
        .collect();
    json!({"schema_version": 1, "regions": rows})
}

/// Every centre as a table.
pub fn regions(width: u16) -> String {
    let rows: Vec<Vec<String>> = region::centres()
        .iter()
        .map(|centre| {
            vec![
                centre.id.to_owned(),
                name(centre),
                centre.vod_endpoint.to_owned(),
            ]
        })
        .collect();
    table(&["Region", "Name", "Endpoint"], &rows, width)
}

fn name(centre: &Centre) -> String {
    match centre.standing {
        Standing::Open => centre.name.to_owned(),
        Standing::Industry => format!("{} [industry cloud]", centre.name),
        Standing::Deactivated => format!("{} [closed]", centre.name),
    }
}

/// Who would call the service, from where.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// The version of this document.
    pub schema_version: u8,
    /// The number of the account, where STS told it.
    pub account_id: Option<String>,
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    pub identity_type: Option<String>,
    /// The name of the identity in policies.
    pub arn: Option<String>,
    /// The key's id, shortened.
    pub access_key_id: Option<String>,
    /// True for a key with a security token.
    pub temporary: bool,
    /// When the key ends, RFC 3339, where that is known.
    pub expires: Option<String>,
    /// Where the key was found.
    pub source: String,
    /// The profile, if it is one.
    pub profile: Option<String>,
    /// The profile's mode.
    pub mode: Option<String>,
    /// The file the key stands in.
    pub file: Option<String>,
    /// The VOD centre.
    pub region: String,
    /// The application.
    pub app_id: String,
    /// The address of the VOD API.
    pub endpoint: String,
    /// Why each of these won, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Reasons>,
}

/// Why each value won.
#[derive(Debug, Clone, Serialize)]
pub struct Reasons {
    /// The sources before the one that had a key.
    pub passed: Vec<Passed>,
    /// Where the region comes from.
    pub region: String,
    /// Where the application comes from.
    pub app_id: String,
    /// Where the endpoint comes from.
    pub endpoint: String,
}

/// An identity, one value a line; reasons stand behind the values.
pub fn identity(identity: &Identity, width: u16) -> String {
    let why = |value: &str, reason: fn(&Reasons) -> &str| match &identity.explain {
        Some(reasons) => format!("{value}  [{}]", reason(reasons)),
        None => value.to_owned(),
    };
    let mut rows = Vec::new();
    rows.extend(identity.account_id.clone().map(|id| ("Account", id)));
    rows.extend(
        identity
            .identity_type
            .clone()
            .map(|kind| ("Identity", kind)),
    );
    rows.extend(identity.arn.clone().map(|arn| ("ARN", arn)));
    rows.extend(key(identity).map(|key| ("Access key", key)));
    rows.push(("Source", identity.source.clone()));
    rows.extend(identity.file.clone().map(|file| ("File", file)));
    rows.extend(identity.mode.clone().map(|mode| ("Mode", mode)));
    rows.push(("Region", why(&identity.region, |reasons| &reasons.region)));
    rows.push((
        "Application",
        why(&identity.app_id, |reasons| &reasons.app_id),
    ));
    rows.push((
        "Endpoint",
        why(&identity.endpoint, |reasons| &reasons.endpoint),
    ));
    for passed in identity.explain.iter().flat_map(|reasons| &reasons.passed) {
        rows.push(("Passed over", format!("{}: {}", passed.source, passed.why)));
    }
    pairs(&rows, width)
}

fn key(identity: &Identity) -> Option<String> {
    let id = identity.access_key_id.as_ref()?;
    Some(match (&identity.expires, identity.temporary) {
        (Some(time), _) => format!("{id} (temporary, until {time})"),
        (None, true) => format!("{id} (temporary, with a security token)"),
        (None, false) => format!("{id} (long-lived)"),
    })
}
