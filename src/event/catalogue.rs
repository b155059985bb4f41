//! The catalogue: what is documented about each event type, and a sample of it.
//!
//! `catalogue.json` was gathered from the vendor's event pages; each row says how sure it is.
//! A new event type is a new row and a new sample file, no new code.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::{AI_UMBRELLA, EventType};
use crate::order;

/// The whole catalogue.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    /// The month in which the facts were gathered.
    pub as_of: String,
    /// One row an event type.
    pub events: Vec<Event>,
    /// Names that old receivers may still test for.
    pub legacy_events: Vec<LegacyEvent>,
    /// Members that many events share; they explain a body whose event is unknown.
    pub common_fields: Vec<Field>,
    not_vod_events: NotVod,
}

/// What is known about one event type.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// The name on the wire.
    pub name: String,
    /// The heading it stands under, for example `Transcode`.
    pub group: String,
    /// A few English words.
    pub title_en: String,
    /// A few Chinese words.
    pub title_zh: String,
    /// When it is sent.
    pub description_en: String,
    /// What starts it.
    pub trigger: String,
    /// False when only its umbrella can be subscribed.
    pub subscribable: bool,
    /// The subscription value that covers it, if not its own name.
    pub umbrella: Option<String>,
    /// False when only the API can subscribe it.
    pub console_selectable: Option<bool>,
    /// The member that names the media, for example `VideoId`.
    pub id_field: String,
    /// False when the service keeps quiet about failures.
    pub failure_delivered: bool,
    /// How success and failure are spelt.
    pub statuses: Statuses,
    /// The documented members of the body.
    pub fields: Vec<Field>,
    /// Peculiarities worth telling.
    pub notes: Vec<String>,
}

/// How an event spells its result.
#[derive(Debug, Deserialize)]
pub struct Statuses {
    /// The member that holds it.
    pub field: String,
    /// Spellings of success.
    pub success: Vec<String>,
    /// Spellings of failure.
    pub failure: Vec<String>,
}

/// One member of a body. What contains further members says so in one of the last four.
#[derive(Debug, Deserialize)]
pub struct Field {
    /// The name on the wire.
    pub name: String,
    /// The documented JSON type, for example `array<object>`.
    #[serde(rename = "type")]
    pub json_type: String,
    /// The JSON types seen on the wire, where they differ from the documented one.
    #[serde(default)]
    pub wire_types: Vec<String>,
    /// What the documentation says.
    pub required: bool,
    /// What it means.
    pub description: String,
    /// When it is there, for example `on_failure`.
    pub presence: Option<String>,
    /// Every value it can have.
    #[serde(rename = "enum", default)]
    pub closed_values: Vec<Value>,
    /// Known values of a list that may grow.
    #[serde(rename = "enum_open", default)]
    pub known_values: Vec<Value>,
    /// The members of the elements of an array.
    pub items: Option<Items>,
    /// The members of an object.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The members of a JSON text.
    #[serde(default)]
    pub json_fields: Vec<Field>,
    /// The members of each value of a JSON text that is a map.
    #[serde(default)]
    pub json_map_of: Vec<Field>,
}

impl Field {
    /// The members below this one, wherever the documentation puts them; empty for a plain value.
    pub fn members(&self) -> &[Field] {
        let elements = match &self.items {
            Some(Items::Object { fields }) => fields.as_slice(),
            _ => &[],
        };
        [elements, &self.fields, &self.json_fields, &self.json_map_of]
            .into_iter()
            .find(|members| !members.is_empty())
            .unwrap_or_default()
    }

    /// True when the names below this one are free and [`Field::members`] describes each value.
    pub fn is_map(&self) -> bool {
        !self.json_map_of.is_empty()
    }

    /// Every JSON type that is in order: documented, seen on the wire, or a JSON text's object.
    pub fn accepted_types(&self) -> Vec<&str> {
        let mut types = vec![self.json_type.as_str()];
        types.extend(self.wire_types.iter().map(String::as_str));
        if self.is_map() || !self.json_fields.is_empty() {
            types.push("object");
        }
        let mut seen = BTreeSet::new();
        types.retain(|name| seen.insert(*name));
        types
    }
}

/// The elements of an array.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Items {
    /// Objects with these members.
    Object {
        /// The members.
        fields: Vec<Field>,
    },
    /// Anything else, for example a type name.
    Other(Value),
}

/// A name that was replaced.
#[derive(Debug, Deserialize)]
pub struct LegacyEvent {
    /// The old name.
    pub name: String,
    /// The name used since.
    pub replaced_by: String,
    /// What is known of it.
    pub description_en: String,
}

#[derive(Debug, Deserialize)]
struct NotVod {
    names: Vec<String>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalogue.json")))
        .expect("the embedded catalogue is valid")
});

/// The catalogue.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// The row of that name, in any letter case.
pub fn find(name: &str) -> Option<&'static Event> {
    CATALOGUE
        .events
        .iter()
        .find(|event| event.name.eq_ignore_ascii_case(name))
}

/// The subscription value that covers an event which has none of its own.
pub fn umbrella_of(name: &str) -> Option<&'static str> {
    find(name)
        .filter(|event| !event.subscribable)
        .and_then(|event| event.umbrella.as_deref())
}

/// The events that an umbrella covers.
pub fn covered_by(umbrella: &str) -> impl Iterator<Item = &'static Event> {
    CATALOGUE
        .events
        .iter()
        .filter(move |event| event.umbrella.as_deref() == Some(umbrella))
}

/// Every value that may stand in a subscription, the umbrella included.
pub fn subscribable() -> BTreeSet<EventType> {
    let own = CATALOGUE.events.iter().filter(|event| event.subscribable);
    let names = own.map(|event| event.name.as_str()).chain([AI_UMBRELLA]);
    order::set(names.map(EventType::from_service))
}

/// The same without those that only the API can subscribe.
pub fn console_subscribable() -> BTreeSet<EventType> {
    let api_only = |name: &EventType| {
        find(name.as_str()).is_some_and(|event| event.console_selectable == Some(false))
    };
    order::set(subscribable().into_iter().filter(|name| !api_only(name)))
}

/// True when the event is an umbrella and every one of its members is in the set.
pub fn members_within(umbrella: &EventType, events: &BTreeSet<EventType>) -> bool {
    let mut members = CATALOGUE
        .events
        .iter()
        .filter(|event| event.umbrella.as_deref() == Some(umbrella.as_str()))
        .peekable();
    members.peek().is_some()
        && members.all(|event| events.contains(&EventType::from_service(&event.name)))
}

/// True for names of another product with similar callbacks.
pub fn belongs_to_another_product(name: &str) -> bool {
    CATALOGUE
        .not_vod_events
        .names
        .iter()
        .any(|other| other.eq_ignore_ascii_case(name))
}

/// The three names that resemble the text most, the nearest first.
pub fn nearest(name: &str) -> Vec<String> {
    let text = name.to_lowercase();
    let rated = subscribable().into_iter().map(|event| {
        let rating = likeness(&text, &event.as_str().to_lowercase());
        (rating, event.to_string())
    });
    order::highest(rated, 3)
}

/// Nearly all names end in `complete`; what stands before it tells them apart.
fn likeness(typed: &str, known: &str) -> f64 {
    let stem = |text: &str| {
        text.trim_end_matches("complete")
            .trim_end_matches("ed")
            .to_owned()
    };
    let (typed, known) = (stem(typed), stem(known));
    let contained = !typed.is_empty() && known.contains(&typed);
    strsim::normalized_damerau_levenshtein(&typed, &known) + if contained { 0.5 } else { 0.0 }
}

macro_rules! samples {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("samples/", $name, ".json")))),*]
    };
}

/// Each sample file by its name without `.json`; variants are named `EVENT.variant`.
const SAMPLES: &[(&str, &str)] = samples![
    "AIMediaAuditComplete",
    "AIMediaDNAComplete",
    "AIVideoTagComplete",
    "AddLiveRecordVideoComplete",
    "AttachedMediaUploadComplete",
    "CreateAuditComplete",
    "DeleteMediaComplete",
    "DynamicImageComplete",
    "FileUploadComplete",
    "ImageUploadComplete",
    "LiveRecordVideoComposeStart",
    "MediaBaseChangeComplete",
    "ProduceMediaComplete",
    "RestoreMediaComplete",
    "SnapshotComplete",
    "StreamTranscodeComplete",
    "SubmitMediaRefreshComplete",
    "TranscodeComplete",
    "UpdateMediaStorageClassComplete",
    "UploadByURLComplete",
    "VideoAnalysisComplete",
    "WorkflowTaskComplete",
    "variants/DynamicImageComplete.string-info",
    "variants/RestoreMediaComplete.fail",
    "variants/SnapshotComplete.fail",
    "variants/TranscodeComplete.partial",
    "variants/UploadByURLComplete.fail",
    "variants/UploadByURLComplete.stream",
    "variants/VideoAnalysisComplete.fail",
];

/// The sample bodies of an event: the plain one first, then its variants, each with its name.
pub fn samples(event: &str) -> Vec<(&'static str, &'static str)> {
    let variant = format!("variants/{event}.");
    SAMPLES
        .iter()
        .filter(|(name, _)| *name == event || name.starts_with(&variant))
        .map(|(name, body)| (name.rsplit('/').next().unwrap_or(name), *body))
        .collect()
}
