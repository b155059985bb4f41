//! What a user wants changed, laid over what is configured. What is not named keeps its value.

use std::collections::BTreeSet;

use crate::callback::{Auth, Callback, Destination, StoredKey, auth_key, queue};
use crate::error::{Error, Result};
use crate::event::{EventSelection, EventType, selection};
use crate::secret::Secret;
use crate::target::{Region, Target};

/// The parts to change.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Another destination, or another part of the present one.
    pub destination: Option<DestinationEdit>,
    /// Other events.
    pub events: EventsEdit,
    /// Another authentication.
    pub auth: AuthEdit,
}

/// A destination as far as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationEdit {
    /// This URL.
    Url(String),
    /// A queue.
    Queue {
        /// Its name, unless it stays.
        name: Option<String>,
        /// Where it is, unless it stays.
        place: Option<QueuePlace>,
    },
}

/// Where a queue is, as far as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueuePlace {
    /// At this endpoint.
    Endpoint(String),
    /// In this account and region; each stays, or is found, when it is not named.
    Part {
        /// The account that owns the queue.
        account_id: Option<String>,
        /// The queue's region.
        region: Option<Region>,
    },
}

/// Events to set, add and remove.
#[derive(Debug, Clone, Default)]
pub struct EventsEdit {
    /// Exactly these.
    pub replace: Option<EventSelection>,
    /// These too.
    pub add: BTreeSet<EventType>,
    /// Not these.
    pub remove: BTreeSet<EventType>,
}

/// What becomes of the authentication.
#[derive(Debug, Clone, Default)]
pub enum AuthEdit {
    /// It stays.
    #[default]
    Keep,
    /// Off; the key stays, as far as the service keeps one then.
    Off,
    /// On, with the key that is stored.
    On,
    /// On, with this key.
    Key(Secret),
}

/// The callback that is wanted and what the user should know about it.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The whole callback.
    pub callback: Callback,
    /// What was decided for the user.
    pub notes: Vec<String>,
}

impl Edit {
    /// Lays the edit over what is configured.
    ///
    /// # Errors
    /// A usage error when something needed is neither named nor configured, or a key that the service
    /// does not show would be lost.
    pub fn apply(&self, before: Option<&Callback>, target: &Target) -> Result<Edited> {
        let mut notes = Vec::new();
        let destination = match &self.destination {
            None => self.same_destination(before, target)?,
            Some(DestinationEdit::Url(url)) => Destination::Http {
                url: url.clone(),
                auth: Auth::OFF,
            },
            Some(DestinationEdit::Queue { name, place }) => {
                queue_destination(name.as_deref(), place.as_ref(), before, target, &mut notes)?
            }
        };
        let destination = match destination {
            Destination::Http { url, .. } => Destination::Http {
                url,
                auth: self.auth.apply(before, &mut notes)?,
            },
            Destination::Mns { .. } if self.auth.is_named() => {
                return Err(Error::usage("authentication belongs to HTTP callbacks")
                    .hint("messages in a queue are not signed; who may read them is decided by the queue's own permissions"));
            }
            queue @ Destination::Mns { .. } => queue,
        };
        Ok(Edited {
            callback: Callback {
                destination,
                events: self.events.apply(before, &mut notes)?,
            },
            notes,
        })
    }

    fn same_destination(&self, before: Option<&Callback>, target: &Target) -> Result<Destination> {
        before
            .map(|callback| callback.destination.clone())
            .ok_or_else(|| {
                Error::usage(format!(
                    "no callback is configured for {target}, so there is nothing to change"
                ))
                .hint("give a destination too: --http-url URL or --mns-queue NAME")
            })
    }
}

fn queue_destination(
    name: Option<&str>,
    place: Option<&QueuePlace>,
    before: Option<&Callback>,
    target: &Target,
    notes: &mut Vec<String>,
) -> Result<Destination> {
    let now = before.and_then(|callback| match &callback.destination {
        Destination::Mns { endpoint, queue } => Some((endpoint.as_str(), queue.as_str())),
        Destination::Http { .. } => None,
    });
    let Some(name) = name.or(now.map(|(_, queue)| queue)) else {
        return Err(Error::usage("the queue has no name").hint("name it: --mns-queue NAME"));
    };
    let endpoint = match (place, now) {
        (Some(QueuePlace::Endpoint(endpoint)), _) => endpoint.clone(),
        (None, Some((endpoint, _))) => endpoint.to_owned(),
        (Some(QueuePlace::Part { account_id, region }), now) => {
            let now = now.map(|(endpoint, _)| endpoint);
            part_of_endpoint(account_id.as_deref(), region.as_ref(), now, target)?
        }
        (None, None) => part_of_endpoint(None, None, None, target)?,
    };
    notes.extend(queue_region_advice(&endpoint, target));
    Ok(Destination::Mns {
        endpoint,
        queue: name.to_owned(),
    })
}

/// The endpoint of this account and region. What is not named stays: the account, the region and the
/// scheme of the present endpoint.
fn part_of_endpoint(
    account_id: Option<&str>,
    region: Option<&Region>,
    now: Option<&str>,
    target: &Target,
) -> Result<String> {
    let host = now.and_then(queue::parse_host);
    let Some(account_id) = account_id.or(host.as_ref().map(|host| host.account_id.as_str())) else {
        return Err(Error::usage("the queue's account is not known")
            .hint("name the account that owns the queue, --account-id ID, or its address, --mns-endpoint URL"));
    };
    let region = match (region, &host) {
        (Some(region), _) => region.clone(),
        (None, Some(host)) => Region::parse(&host.region)?,
        (None, None) => target.region.clone(),
    };
    let endpoint = queue::endpoint(account_id, &region);
    Ok(match now.is_some_and(|now| now.starts_with("https:")) {
        true => endpoint.replacen("http:", "https:", 1),
        false => endpoint,
    })
}

/// What the user should know about a queue in this place.
pub fn queue_region_advice(endpoint: &str, target: &Target) -> Option<String> {
    let advised = target.region.advised_queue_region();
    let host = queue::parse_host(endpoint).filter(|host| host.region != advised.as_str())?;
    Some(format!(
        "the queue is in {}; for a centre in {} the documentation advises a queue in {advised}",
        host.region, target.region
    ))
}

impl EventsEdit {
    /// True when the user named events in any way.
    pub fn is_named(&self) -> bool {
        self.replace.is_some() || !self.add.is_empty() || !self.remove.is_empty()
    }

    fn apply(&self, before: Option<&Callback>, notes: &mut Vec<String>) -> Result<EventSelection> {
        let base = match (&self.replace, before) {
            (Some(events), _) => events.clone(),
            (None, Some(callback)) => callback.events.clone(),
            (None, None) if !self.add.is_empty() => {
                let events = selection::join(&self.add, ",");
                return Err(Error::usage(
                    "no callback is configured, so there are no events to add to",
                )
                .hint(format!("choose the events: --events {events}")));
            }
            (None, None) => {
                notes.push("no callback was configured, so every event type is switched on; --events chooses".into());
                EventSelection::All
            }
        };
        for event in &self.remove {
            if let Some(umbrella) = base.umbrella_over(event)
                && !self
                    .remove
                    .iter()
                    .any(|removed| removed.as_str() == umbrella)
            {
                return Err(Error::usage(format!(
                    "{event} cannot be switched off alone: {umbrella} sends it"
                ))
                .hint(format!(
                    "take {umbrella} off to switch all of its events off"
                )));
            }
        }
        let after = base.with(&self.add).without(&self.remove);
        if base == EventSelection::All && after != EventSelection::All {
            notes.push(format!(
                "ALL becomes a list without {}; event types that VOD adds later will not be on it",
                selection::join(&self.remove, ", ")
            ));
        }
        if after == EventSelection::None {
            notes.push("no event type is selected: every notification is off".into());
        }
        Ok(after)
    }
}

impl AuthEdit {
    /// True when the user named anything of it.
    pub fn is_named(&self) -> bool {
        !matches!(self, AuthEdit::Keep)
    }

    fn apply(&self, before: Option<&Callback>, notes: &mut Vec<String>) -> Result<Auth> {
        let now = before.and_then(Callback::auth).cloned();
        let now = now.unwrap_or(Auth::OFF);
        let on = match self {
            AuthEdit::Keep => now.on,
            AuthEdit::Off => false,
            AuthEdit::On => true,
            AuthEdit::Key(key) => {
                let key = StoredKey::Known(key.clone());
                return Ok(Auth { on: true, key });
            }
        };
        if on && now.known_key().is_none() {
            return Err(if now.on {
                lost_key(&now)
            } else {
                missing_key(&now)
            });
        }
        if let (true, Some(key)) = (on, now.known_key()) {
            notes.extend(
                auth_key::problems(key)
                    .into_iter()
                    .map(|problem| format!("the stored callback key is kept although {problem}")),
            );
        }
        Ok(Auth { on, key: now.key })
    }
}

/// Writing needs the whole configuration, and a key that cannot be read cannot be written back.
pub(super) fn lost_key(now: &Auth) -> Error {
    let why = match now.key {
        StoredKey::Hidden => "the service shows a mask of its key, or a key that ends like one",
        StoredKey::Absent | StoredKey::Known(_) => "the service shows no key",
    };
    Error::usage("authentication is on, but its key cannot be read, so any write would lose it")
        .cause(why)
        .hint("give the key the receiver knows with --auth-key-env NAME or --auth-key-file FILE")
        .hint(
            "or make a new one with --generate-auth-key, or give the stored one up with --auth off",
        )
}

fn missing_key(now: &Auth) -> Error {
    let error = Error::usage("authentication cannot be switched on without a key");
    let error = match now.key {
        StoredKey::Hidden => error.cause("the service does not show the stored one"),
        StoredKey::Absent | StoredKey::Known(_) => error.cause("none is stored"),
    };
    error.hint("give one with --auth-key-env NAME, --auth-key-file FILE or --auth-key-stdin, or make one with --generate-auth-key")
}
