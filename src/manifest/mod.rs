//! The manifest: a file that declares the callbacks of many targets.
//!
//! Each [`Syntax`] becomes the same tree, in which every value knows its place, and one reader turns
//! the tree into declarations. So a mistake has the same words and the right line in TOML, YAML and
//! JSON. A key is never written into a manifest; a reference names where it is, and is resolved by the
//! command that needs it.

mod excerpt;
mod fields;
mod problem;
mod read;
mod reference;
mod secrets;
mod source;
mod syntax;
mod tree;
mod write;

use std::collections::{BTreeMap, BTreeSet};

pub use reference::{KeyReference, KeySource};
pub use syntax::Syntax;
pub use write::{Exported, export};

use secrets::Secrets;
use source::Source;

use crate::callback::{Auth, Callback, Destination, StoredKey, queue};
use crate::error::{Error, Result};
use crate::event::EventSelection;
use crate::secret::Secret;
use crate::target::{self, Region, Target};

/// The JSON Schema of a manifest, draft 2020-12.
pub const SCHEMA: &str = include_str!("schema.json");

/// The version of manifests that this program reads and writes.
pub const VERSION: i64 = 1;

/// What one file, or several merged ones, declare.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The account the targets belong to, and who said so.
    pub account: Option<(String, Place)>,
    /// The targets in the order of the files.
    pub entries: Vec<Entry>,
    /// The regions that `defaults` names.
    pub default_regions: BTreeSet<Region>,
    /// What the user should know although it can be used.
    pub warnings: Vec<String>,
}

/// Where something stands: a file, and the line and the column in it, both from 1 and in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One target of a manifest.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The target.
    pub target: Target,
    /// Where its declaration begins.
    pub place: Place,
    /// What is to be there.
    pub declared: Declared,
}

/// What is to be at a target.
#[derive(Debug, Clone)]
pub enum Declared {
    /// This callback.
    Callback(Declaration),
    /// No callback.
    Absent,
    /// Whatever is there; it is neither changed nor pruned.
    Kept,
}

/// A callback as a manifest says it: a key is a reference, and an account may be left to the caller.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Where events go.
    pub destination: Declaring,
    /// Which events go there.
    pub events: EventSelection,
}

/// The destination of a declaration.
#[derive(Debug, Clone)]
pub enum Declaring {
    /// A URL.
    Http {
        /// The URL.
        url: String,
        /// Whether deliveries are signed.
        on: bool,
        /// Where the key is. While the switch is off it may be left out: a stored key then stays.
        key: Option<KeyReference>,
    },
    /// A queue at an endpoint that is named.
    QueueAt {
        /// The endpoint.
        endpoint: String,
        /// The queue's name.
        queue: String,
    },
    /// A queue of an account in a region.
    Queue {
        /// The account that owns it; the caller's own when it is not named.
        account_id: Option<String>,
        /// Its region.
        region: Region,
        /// Its name.
        queue: String,
    },
}

impl Declaration {
    /// Where the callback key is, if there is one.
    pub fn key(&self) -> Option<&KeyReference> {
        match &self.destination {
            Declaring::Http { key, .. } => key.as_ref(),
            Declaring::QueueAt { .. } | Declaring::Queue { .. } => None,
        }
    }

    /// True when the caller's account is part of the callback.
    pub fn needs_account(&self) -> bool {
        matches!(&self.destination, Declaring::Queue { account_id, .. } if account_id.is_none())
    }

    /// The callback itself. `before` is what is configured: a key that the manifest does not speak of
    /// stays stored. `key` is the value of the reference, `account` the caller's own.
    pub fn callback(
        &self,
        before: Option<&Callback>,
        key: Option<&Secret>,
        account: &str,
    ) -> Callback {
        let destination = match &self.destination {
            Declaring::Http { url, on, .. } => Destination::Http {
                url: url.clone(),
                auth: Auth {
                    on: *on,
                    key: key
                        .map_or_else(|| stored_key(before), |key| StoredKey::Known(key.clone())),
                },
            },
            Declaring::QueueAt { endpoint, queue } => Destination::Mns {
                endpoint: endpoint.clone(),
                queue: queue.clone(),
            },
            Declaring::Queue {
                account_id,
                region,
                queue,
            } => Destination::Mns {
                endpoint: queue::endpoint(account_id.as_deref().unwrap_or(account), region),
                queue: queue.clone(),
            },
        };
        Callback {
            destination,
            events: self.events.clone(),
        }
    }
}

fn stored_key(before: Option<&Callback>) -> StoredKey {
    let auth = before.and_then(Callback::auth);
    auth.map_or(StoredKey::Absent, |auth| auth.key.clone())
}

/// Reads one file; `name` is what the user calls it.
///
/// # Errors
/// A usage error that names file, line and column and shows the place, with every further mistake
/// below. No key that was written into the file by mistake is shown.
pub fn parse(text: &str, name: &str, syntax: Syntax) -> Result<Manifest> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let marks = source::marks(text);
    let source = |secrets| Source {
        name,
        text,
        secrets,
        syntax,
        marks: &marks,
    };
    let unread = Secrets::default();
    let tree = syntax
        .parse(text)
        .map_err(|problem| problem::error(&source(&unread), vec![problem]))?;
    let secrets = Secrets::of(&tree);
    let source = source(&secrets);
    read::manifest(&source, &tree).map_err(|problems| problem::error(&source, problems))
}

/// Where a text ends.
pub fn end(text: &str, name: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place {
        file: name.to_owned(),
        line: 1 + text.matches('\n').count(),
        column: 1 + last.chars().count(),
    }
}

/// How a callback that stands twice is mended.
const ONE_CALLBACK: &str = "one target has one callback; leave one of the two out";

/// What is wrong with a target whose callback was declared before.
fn twice(target: &Target, first: &Target) -> String {
    match target == first {
        true => format!("{target} is declared twice"),
        false => format!(
            "{target} is the callback of {first}, since both regions are served by {}",
            target.region.vod_host()
        ),
    }
}

/// Puts several files together.
///
/// # Errors
/// A usage error for every target that stands twice and for accounts that differ, naming both places.
pub fn merge(manifests: Vec<Manifest>) -> Result<Manifest> {
    let (mut all, mut failures) = (Manifest::default(), Vec::new());
    let mut seen: BTreeMap<target::Place, (Target, Place)> = BTreeMap::new();
    for manifest in manifests {
        match (&all.account, manifest.account) {
            (Some((one, there)), Some((other, here))) if *one != other => failures.push(
                Error::usage(format!(
                    "{here}: account is {other}, but {there} says {one}"
                ))
                .hint("targets of several accounts need several runs"),
            ),
            (None, Some(account)) => all.account = Some(account),
            _ => {}
        }
        for entry in manifest.entries {
            let (target, here) = (&entry.target, &entry.place);
            if let Some((first, there)) =
                seen.insert(target.place(), (target.clone(), here.clone()))
            {
                let error = Error::usage(format!("{here}: {}", twice(target, &first)))
                    .cause(format!("first at {there}"));
                failures.push(error.hint(ONE_CALLBACK));
            }
            all.entries.push(entry);
        }
        all.default_regions.extend(manifest.default_regions);
        all.warnings.extend(manifest.warnings);
    }
    Error::all(failures).map(|()| all)
}
