//! Which events a callback sends.
//!
//! VOD turns every notification off when a request leaves the event list out. That default cannot
//! be expressed here: a selection is all, none, or a list, and never missing.

use std::collections::BTreeSet;

use super::{EventType, catalogue, unknown};
use crate::error::{Error, Result};
use crate::order;

/// The events of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSelection {
    /// Every event, those added in the future included; `ALL` on the wire.
    All,
    /// No event: notifications are off; empty on the wire.
    None,
    /// Exactly these; never empty.
    Only(BTreeSet<EventType>),
}

impl EventSelection {
    /// A list, or nothing.
    pub fn only(events: BTreeSet<EventType>) -> Self {
        if events.is_empty() {
            EventSelection::None
        } else {
            EventSelection::Only(events)
        }
    }

    /// What the words `ALL` and `none` say, in any case; they stand alone.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "all" => Some(EventSelection::All),
            "none" => Some(EventSelection::None),
            _ => None,
        }
    }

    /// What `--events` says: `ALL`, `none`, or names joined by commas.
    ///
    /// # Errors
    /// A usage error for an unknown name, or for `ALL` or `none` among other names.
    pub fn parse(text: &str, allow_unknown: bool) -> Result<Self> {
        Self::read(text, |text| parse_names(text, allow_unknown))
    }

    /// The same for messages that are chosen by their events: single AI events and unknown names pass.
    ///
    /// # Errors
    /// A usage error for what no event can be called, or for `ALL` or `none` among other names.
    pub fn parse_filter(text: &str) -> Result<Self> {
        Self::read(text, |text| parse_removed(text, true))
    }

    fn read(text: &str, names: impl FnOnce(&str) -> Result<BTreeSet<EventType>>) -> Result<Self> {
        let words: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect();
        let whole = words.iter().find_map(|word| EventSelection::of_word(word));
        match (words.len(), whole) {
            (0, _) => Err(Error::usage("no event type is named")
                .hint("to switch every notification off say: --events none")),
            (1, Some(whole)) => Ok(whole),
            (_, Some(_)) => Err(Error::usage(format!(
                "{text:?} mixes ALL or none with event types"
            ))
            .hint("give ALL alone, none alone, or a list")),
            (_, None) => names(text).map(EventSelection::only),
        }
    }

    /// The value of `EventTypeList`.
    pub fn to_wire(&self) -> String {
        match self {
            EventSelection::All => "ALL".to_owned(),
            EventSelection::None => String::new(),
            EventSelection::Only(events) => join(events, ","),
        }
    }

    /// What `EventTypeList` meant: tolerant of blanks and of the letter case of `ALL`.
    pub fn from_wire(text: &str) -> Self {
        let names = text.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        let names = order::set(names.map(EventType::from_service));
        if names
            .iter()
            .any(|name| name.as_str().eq_ignore_ascii_case("ALL"))
        {
            EventSelection::All
        } else {
            EventSelection::only(names)
        }
    }

    /// The list of names in documents: `["ALL"]`, `[]`, or the names.
    pub fn names(&self) -> Vec<String> {
        match self {
            EventSelection::All => vec!["ALL".to_owned()],
            EventSelection::None => Vec::new(),
            EventSelection::Only(events) => events.iter().map(EventType::to_string).collect(),
        }
    }

    /// This selection and these events.
    #[must_use]
    pub fn with(&self, added: &BTreeSet<EventType>) -> Self {
        match self {
            EventSelection::All => EventSelection::All,
            EventSelection::None => EventSelection::only(added.clone()),
            EventSelection::Only(events) => EventSelection::only(events | added),
        }
    }

    /// This selection without these events; `ALL` becomes the catalogue's list without them. An
    /// umbrella takes its events with it.
    #[must_use]
    pub fn without(&self, removed: &BTreeSet<EventType>) -> Self {
        let covered = removed
            .iter()
            .flat_map(|event| catalogue::covered_by(event.as_str()));
        let members = covered.map(|event| EventType::from_service(&event.name));
        let removed = order::set(removed.iter().cloned().chain(members));
        match self {
            EventSelection::All if removed.is_empty() => EventSelection::All,
            EventSelection::All => EventSelection::only(&catalogue::subscribable() - &removed),
            EventSelection::None => EventSelection::None,
            EventSelection::Only(events) => EventSelection::only(events - &removed),
        }
    }

    /// The umbrella that would still send this event when its own name is removed.
    pub fn umbrella_over(&self, event: &EventType) -> Option<&'static str> {
        let umbrella = catalogue::umbrella_of(event.as_str())?;
        let on = match self {
            EventSelection::All => true,
            EventSelection::None => false,
            EventSelection::Only(events) => events.contains(&EventType::from_service(umbrella)),
        };
        on.then_some(umbrella)
    }

    /// Whether an event of this type is sent: by its own name, or by its umbrella's.
    pub fn sends(&self, event: &EventType) -> bool {
        match self {
            EventSelection::All => true,
            EventSelection::None => false,
            EventSelection::Only(events) => {
                events.contains(event) || self.umbrella_over(event).is_some()
            }
        }
    }

    /// The events of `self` that `other` would no longer send, as far as names tell.
    pub fn lost_in(&self, other: &EventSelection) -> BTreeSet<EventType> {
        let named = |selection: &EventSelection| match selection {
            EventSelection::All => catalogue::subscribable(),
            EventSelection::None => BTreeSet::new(),
            EventSelection::Only(events) => events.clone(),
        };
        match (self, other) {
            (_, EventSelection::All) => BTreeSet::new(),
            _ => &named(self) - &named(other),
        }
    }

    /// True for `ALL` and for a list that names everything the catalogue can subscribe in the console.
    ///
    /// The service may answer a stored `ALL` with such a list; nothing documents it.
    pub fn covers_everything(&self) -> bool {
        match self {
            EventSelection::All => true,
            EventSelection::None => false,
            EventSelection::Only(events) => catalogue::console_subscribable()
                .iter()
                .all(|event| events.contains(event) || catalogue::members_within(event, events)),
        }
    }
}

/// Names joined by commas.
///
/// # Errors
/// A usage error for every name that is not one.
pub fn parse_names(text: &str, allow_unknown: bool) -> Result<BTreeSet<EventType>> {
    let (mut names, mut failures) = (BTreeSet::new(), Vec::new());
    let given = text.split(',').map(str::trim);
    for name in given.filter(|name| !name.is_empty()) {
        match EventType::parse(name, allow_unknown) {
            Ok(event) => {
                names.insert(event);
            }
            Err(error) => failures.push(error),
        }
    }
    Error::all(failures)?;
    if names.is_empty() {
        return Err(Error::usage("no event type is named").hint("vodcb events list shows them"));
    }
    Ok(names)
}

/// Names joined by commas that are to be taken off a list, or looked for in messages. Single AI events may
/// stand on a list that others wrote, and messages carry their names, so they pass here.
///
/// # Errors
/// A usage error for every name that is not one.
pub fn parse_removed(text: &str, allow_unknown: bool) -> Result<BTreeSet<EventType>> {
    let given = text.split(',').map(str::trim);
    let is_whole = |name: &&str| EventSelection::of_word(name).is_some();
    if let Some(whole) = given.clone().find(is_whole) {
        return Err(unknown(whole).hint("to switch every notification off say: --events none"));
    }
    let (single, others): (Vec<&str>, Vec<&str>) =
        given.partition(|name| catalogue::umbrella_of(name).is_some());
    let single = single.into_iter().filter_map(catalogue::find);
    let mut names = order::set(single.map(|event| EventType::from_service(&event.name)));
    if names.is_empty() || others.iter().any(|name| !name.is_empty()) {
        names.extend(parse_names(&others.join(","), allow_unknown)?);
    }
    Ok(names)
}

/// The names with this text between.
pub fn join(events: &BTreeSet<EventType>, between: &str) -> String {
    events
        .iter()
        .map(EventType::as_str)
        .collect::<Vec<_>>()
        .join(between)
}
