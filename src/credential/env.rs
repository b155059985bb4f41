//! An access key in the environment.

use super::{Credential, Passed};
use crate::context::Environment;
use crate::secret::Secret;
use crate::settings::variable;

pub(super) const ID: [&str; 3] = [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABACLOUD_ACCESS_KEY_ID",
    "ALICLOUD_ACCESS_KEY_ID",
];
pub(super) const SECRET: [&str; 3] = [
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABACLOUD_ACCESS_KEY_SECRET",
    "ALICLOUD_ACCESS_KEY_SECRET",
];
pub(super) const TOKEN: [&str; 3] = [
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "ALIBABACLOUD_SECURITY_TOKEN",
    "ALICLOUD_SECURITY_TOKEN",
];

/// What the variables of each prefix are called together.
const PREFIX: [&str; 3] = [
    "ALIBABA_CLOUD_ variables",
    "ALIBABACLOUD_ variables",
    "ALICLOUD_ variables",
];

/// A key whose parts have one prefix.
pub struct Key {
    /// The key.
    pub credential: Credential,
    /// The variable that named it.
    pub name: &'static str,
    /// The prefixes before it that have a part of a key.
    pub passed: Vec<Passed>,
}

/// The first whole key; otherwise why there is none.
pub fn find(env: &Environment) -> Result<Key, String> {
    let mut passed = Vec::new();
    for (at, source) in PREFIX.into_iter().enumerate() {
        let of = |names: [&'static str; 3]| variable(env, &names[at..=at]);
        let why = match (of(ID), of(SECRET)) {
            (None, None) => continue,
            (Some((name, id)), Some((_, secret))) => {
                let credential = Credential {
                    access_key_id: id.to_owned(),
                    access_key_secret: Secret::new(secret),
                    security_token: of(TOKEN).map(|(_, token)| Secret::new(token)),
                };
                return Ok(Key {
                    credential,
                    name,
                    passed,
                });
            }
            (Some((name, _)), None) => format!("{name} is set, but {} is not", SECRET[at]),
            (None, Some((name, _))) => format!("{name} is set, but {} is not", ID[at]),
        };
        passed.push(Passed {
            source,
            why,
            is_half_set: true,
        });
    }
    let first = passed.into_iter().next();
    Err(first.map_or_else(|| format!("{} is not set", ID[0]), |half| half.why))
}
