//! Regions: the VOD centres, their endpoints, and what to say about an id that is none of them.
//!
//! An id that is not in [`centres`] follows the SDKs' rule `vod.REGION.aliyuncs.com`.

use super::centres::{CENTRES, SERVED_ELSEWHERE};
use crate::error::{Error, Result};
use crate::order;
use crate::text::{WIDE_COMMA_HINT, WIDE_COMMAS};

/// One VOD centre.
#[derive(Debug)]
pub struct Centre {
    /// The region id, for example `cn-shanghai`.
    pub id: &'static str,
    /// Its English name.
    pub name: &'static str,
    /// Its Chinese name.
    pub name_zh: &'static str,
    /// Who can use it.
    pub standing: Standing,
    /// The public host.
    pub vod_endpoint: &'static str,
    /// The host inside a VPC, where one is known.
    pub vod_vpc_endpoint: Option<&'static str>,
}

/// Who can use a centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Everybody.
    Open,
    /// Customers of an industry cloud.
    Industry,
    /// Nobody any more.
    Deactivated,
}

/// Every VOD centre, the ones open to everybody first.
pub const fn centres() -> &'static [Centre] {
    CENTRES
}

/// The centre whose public host this is, or its host inside a VPC.
pub fn centre_at(host: &str) -> Option<&'static Centre> {
    centres()
        .iter()
        .find(|centre| centre.vod_endpoint == host || centre.vod_vpc_endpoint == Some(host))
}

/// The id of a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

/// What an id turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// A VOD centre.
    Centre,
    /// No centre; the SDKs send it to the host named here.
    ServedBy(String),
    /// Well formed and unknown; it may be newer than this program.
    Unknown,
}

impl Default for Region {
    /// `cn-shanghai`, VOD's first centre.
    fn default() -> Self {
        Region("cn-shanghai".to_owned())
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Region {
    /// Takes an id that has the form of one: words and digits joined by hyphens, in any case.
    ///
    /// # Errors
    /// A usage error with the nearest ids.
    pub fn parse(text: &str) -> Result<Self> {
        let id = text.to_ascii_lowercase();
        if is_well_formed(&id) {
            Ok(Region(id))
        } else {
            Err(unknown(text))
        }
    }

    /// Takes an id that is known, or so unlike the known ones that it is no typing error.
    ///
    /// # Errors
    /// A usage error with the nearest ids.
    pub fn parse_strict(text: &str) -> Result<Self> {
        let region = Region::parse(text)?;
        if region.lookup() == Lookup::Unknown && looks_like_a_typo(region.as_str()) {
            return Err(unknown(text));
        }
        Ok(region)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is known about the id.
    pub fn lookup(&self) -> Lookup {
        if self.centre().is_some() {
            return Lookup::Centre;
        }
        SERVED_ELSEWHERE
            .iter()
            .find(|(_, ids)| ids.contains(&self.as_str()))
            .map_or(Lookup::Unknown, |(host, _)| {
                Lookup::ServedBy((*host).to_owned())
            })
    }

    /// The centre of that name.
    pub fn centre(&self) -> Option<&'static Centre> {
        CENTRES.iter().find(|centre| centre.id == self.0)
    }

    /// The public VOD host for this region.
    pub fn vod_host(&self) -> String {
        match self.lookup() {
            Lookup::ServedBy(host) => host,
            Lookup::Centre | Lookup::Unknown => format!("vod.{}.aliyuncs.com", self.0),
        }
    }

    /// True for the centres in mainland China, whose queues belong in Shanghai by the vendor's advice.
    pub fn is_mainland_china(&self) -> bool {
        self.0.starts_with("cn-") && self.0 != "cn-hongkong"
    }

    /// The region the documentation advises for the queue of this centre.
    pub fn advised_queue_region(&self) -> Region {
        if self.is_mainland_china() {
            Region::default()
        } else {
            self.clone()
        }
    }

    /// What the user should know before using this region, if anything.
    pub fn warning(&self) -> Option<String> {
        match self.lookup() {
            Lookup::Centre => self
                .centre()
                .filter(|centre| centre.standing == Standing::Deactivated)
                .map(|centre| {
                    format!(
                        "{} ({}) was closed; calls to it will probably fail",
                        centre.id, centre.name
                    )
                }),
            Lookup::ServedBy(host) => Some(format!(
                "{} has no VOD centre of its own; the SDKs send it to {host}",
                self.0
            )),
            Lookup::Unknown => Some(format!(
                "{} is not a VOD centre this version knows; trying {}",
                self.0,
                self.vod_host()
            )),
        }
    }
}

fn is_well_formed(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 2
        && text.len() <= 63
        && parts.iter().all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
        && parts[0].chars().all(|c| c.is_ascii_lowercase())
}

/// A small slip of the letters is a typo. Another number, as in `ap-southeast-6`, is a new region, and
/// so is another known part of the world, as in `eu-west-1` beside `us-west-1`.
fn looks_like_a_typo(text: &str) -> bool {
    const WORLD: [&str; 9] = ["cn", "ap", "eu", "us", "me", "na", "sa", "af", "rus"];
    let stem = |id: &str| id.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let first = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
    CENTRES.iter().any(|centre| {
        let elsewhere = WORLD.contains(&first(text).as_str()) && first(text) != first(centre.id);
        !elsewhere && stem(centre.id) != stem(text) && strsim::osa_distance(centre.id, text) <= 2
    })
}

/// The centres, but for closed ones, whose ids, words or names resemble the text most, the nearest first.
fn nearest(text: &str) -> Vec<&'static Centre> {
    let text = text.to_lowercase();
    let wide = text.replace('(', "（").replace(')', "）");
    let usable = CENTRES
        .iter()
        .filter(|centre| centre.standing != Standing::Deactivated);
    let rated = usable.map(|centre| {
        let by_id = strsim::jaro_winkler(centre.id, &text);
        let names = [
            (centre.name.to_lowercase(), &text),
            (centre.name_zh.to_owned(), &wide),
        ];
        let named = text.len() >= 3 && names.iter().any(|(name, text)| name.contains(*text));
        (if named { 1.0 } else { by_id }, centre)
    });
    order::highest(rated, 3)
}

fn unknown(text: &str) -> Error {
    let ids: Vec<String> = nearest(text)
        .iter()
        .map(|centre| format!("{} ({})", centre.id, centre.name))
        .collect();
    let error = Error::usage(format!("{text:?} is not a region"));
    if text.contains(WIDE_COMMAS) {
        return error.hint(WIDE_COMMA_HINT);
    }
    error
        .hint(format!("did you mean {}?", ids.join(", ")))
        .hint("vodcb regions lists them all")
}
