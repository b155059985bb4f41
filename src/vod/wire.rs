//! Every spelling and quirk of the callback operations, and nowhere else.
//!
//! What the service does not document is read in each plausible form; `docs/assumptions.md` lists
//! them. Names are those of the API reference of 2021-07 to 2026-08.

use serde_json::Value;

use crate::callback::auth_key::looks_masked;
use crate::callback::{Auth, Callback, Destination, Method, StoredKey};
use crate::error::{Error, Kind, Result};
use crate::event::EventSelection;
use crate::openapi::{Parameters, member};
use crate::secret::Secret;
use crate::target::AppId;
use crate::target::app::{App, AppStatus};

/// The version of the API.
pub const VERSION: &str = "2017-03-21";
/// Reads a callback.
pub const GET: &str = "GetMessageCallback";
/// Writes a whole callback.
pub const SET: &str = "SetMessageCallback";
/// Removes a callback.
pub const DELETE: &str = "DeleteMessageCallback";
/// Lists applications.
pub const LIST_APPS: &str = "ListAppInfo";
/// The most applications one page of a list holds.
pub const APPS_PER_PAGE: usize = 100;

/// The parameters of Get and Delete. The id is always sent, since editions differ on its default.
pub fn target_parameters(app_id: &AppId) -> Parameters {
    [("AppId".to_owned(), app_id.to_string())].into()
}

/// The parameters of a Set that writes the whole callback.
///
/// `EventTypeList` is always there, also when empty: leaving it out has the same effect by accident.
/// A key that the service hides is left out, since sending its mask would replace it; that it may get lost is one
/// of the risks of a change.
pub fn set_parameters(app_id: &AppId, callback: &Callback) -> Parameters {
    let mut parameters = target_parameters(app_id);
    let mut put = |name: &str, value: &str| {
        parameters.insert(name.to_owned(), value.to_owned());
    };
    put("CallbackType", callback.method().as_str());
    put("EventTypeList", &callback.events.to_wire());
    match &callback.destination {
        Destination::Http { url, auth } => {
            put("CallbackURL", url);
            put("AuthSwitch", auth.switch());
            if let Some(key) = auth.known_key() {
                put("AuthKey", key.expose());
            }
        }
        Destination::Mns { endpoint, queue } => {
            put("MnsEndpoint", endpoint);
            put("MnsQueueName", queue);
        }
    }
    parameters
}

/// What the answer to a Get says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// Nothing was ever configured, or it was deleted.
    Nothing,
    /// This callback.
    Callback(Callback),
    /// A callback type this program does not know.
    UnknownType(String),
}

/// Reads the answer to a Get; an absent object, an empty one and one of empty strings say nothing
/// is configured. The type decides which members count, as those of the other type may linger.
pub fn read_get(answer: &Value) -> Stored {
    let Some(object) = member(answer, "MessageCallback") else {
        return Stored::Nothing;
    };
    let object = unpacked(object);
    let kind = text(&object, "CallbackType");
    if kind.is_empty() {
        return Stored::Nothing;
    }
    let Ok(method) = Method::parse(&kind) else {
        return Stored::UnknownType(kind);
    };
    let destination = match method {
        Method::Http => Destination::Http {
            url: verbatim(&object, "CallbackURL"),
            auth: auth(&object),
        },
        Method::Mns => Destination::Mns {
            endpoint: verbatim(&object, "MnsEndpoint"),
            queue: verbatim(&object, "MnsQueueName"),
        },
    };
    Stored::Callback(Callback {
        destination,
        events: events(&object),
    })
}

/// The parameters of one page of the list of applications, the first of which is 1.
pub fn apps_parameters(page: usize, status: Option<AppStatus>) -> Parameters {
    let status = status.map(|status| ("Status".to_owned(), status.as_str().to_owned()));
    let mut parameters: Parameters = [
        ("PageNo".to_owned(), page.to_string()),
        ("PageSize".to_owned(), APPS_PER_PAGE.to_string()),
    ]
    .into();
    parameters.extend(status);
    parameters
}

/// One page of the list of applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPage {
    /// The applications in the service's order.
    pub apps: Vec<App>,
    /// How many there are on all pages, where the answer says so.
    pub total: Option<u64>,
}

/// Reads a page; a list that is absent or null is an empty one.
///
/// # Errors
/// That the service tells an application without a usable id.
pub fn read_apps(answer: &Value) -> Result<AppPage> {
    let list = member(answer, "AppInfoList").map(unpacked);
    let apps = match &list {
        Some(Value::Array(apps)) => apps.iter().map(app).collect::<Result<_>>()?,
        _ => Vec::new(),
    };
    let total = text(answer, "Total").parse().ok();
    Ok(AppPage { apps, total })
}

fn app(object: &Value) -> Result<App> {
    Ok(App {
        app_id: AppId::parse(&text(object, "AppId")).map_err(|odd| {
            Error::new(
                Kind::Rejected,
                "the service lists an application whose id this version cannot use",
            )
            .cause(odd.message)
            .hint("a command that names its application needs no list: --app-id ID")
        })?,
        name: text(object, "AppName"),
        description: text(object, "Description"),
        status: text(object, "Status"),
        kind: text(object, "Type"),
        creation_time: text(object, "CreationTime"),
        modification_time: text(object, "ModificationTime"),
    })
}

/// True for an error that plausibly says "no callback is configured" and nothing else.
///
/// No code is documented; a code about the application, the key or the operation is never one.
pub fn means_not_configured(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    let absent = ["notfound", "notexist", "nosuch", "notconfigured", "notset"];
    code.contains("callback") && absent.iter().any(|word| code.contains(word))
}

/// The answer to a Get as text, with the key masked.
pub fn masked_answer(answer: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(answer) else {
        return answer.to_owned();
    };
    let mut masked = false;
    mask_keys(&mut value, &mut masked);
    if masked {
        value.to_string()
    } else {
        answer.to_owned()
    }
}

fn mask_keys(value: &mut Value, masked: &mut bool) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                match inner {
                    Value::String(key)
                        if name.eq_ignore_ascii_case("AuthKey") && !key.is_empty() =>
                    {
                        *inner = Value::String(Secret::new(key.as_str()).masked());
                        *masked = true;
                    }
                    _ => mask_keys(inner, masked),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_keys(item, masked)),
        Value::String(inner) => {
            if let Ok(mut packed @ Value::Object(_)) = serde_json::from_str::<Value>(inner) {
                let before = *masked;
                *masked = false;
                mask_keys(&mut packed, masked);
                if *masked {
                    *inner = packed.to_string();
                }
                *masked |= before;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An object that arrives as a JSON text is taken for the object.
fn unpacked(value: &Value) -> Value {
    value
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| value.clone())
}

/// A member as text, exactly as it came; absent and null are empty.
fn verbatim(object: &Value, name: &str) -> String {
    match member(object, name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A member whose blanks around say nothing.
fn text(object: &Value, name: &str) -> String {
    verbatim(object, name).trim().to_owned()
}

/// The list as text, or as an array.
fn events(object: &Value) -> EventSelection {
    match member(object, "EventTypeList") {
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            EventSelection::from_wire(&names.join(","))
        }
        _ => EventSelection::from_wire(&text(object, "EventTypeList")),
    }
}

fn key(object: &Value) -> &str {
    let key = member(object, "AuthKey").and_then(Value::as_str);
    key.unwrap_or_default()
}

/// Whether the answer to a Get shows this very key; one that looks like a mask is known in no other way.
pub fn shows_key(answer: &str, wanted: &Secret) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    member(&answer, "MessageCallback").is_some_and(|it| key(&unpacked(it)) == wanted.expose())
}

/// A key that ends like a mask counts as one. Without a switch a key means "on", as the
/// documentation has deliveries signed "once a key is set".
fn auth(object: &Value) -> Auth {
    let key = match key(object) {
        "" => StoredKey::Absent,
        key if looks_masked(key) => StoredKey::Hidden,
        key => StoredKey::Known(Secret::new(key)),
    };
    let switch = text(object, "AuthSwitch").to_ascii_lowercase();
    let on = match switch.as_str() {
        "" => key != StoredKey::Absent,
        word => matches!(word, "on" | "true" | "1"),
    };
    Auth { on, key }
}
