//! An access key in the environment.

use super::Credential;
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

/// The key and the variable that named it; otherwise why there is none.
pub fn find(env: &Environment) -> Result<(Credential, &'static str), String> {
    let id = variable(env, &ID);
    let secret = variable(env, &SECRET);
    match (id, secret) {
        (Some((name, id)), Some((_, secret))) => {
            let credential = Credential {
                access_key_id: id.to_owned(),
                access_key_secret: Secret::new(secret),
                security_token: variable(env, &TOKEN).map(|(_, token)| Secret::new(token)),
            };
            Ok((credential, name))
        }
        (Some((name, _)), None) => Err(format!("{name} is set, but {} is not", SECRET[0])),
        (None, Some((name, _))) => Err(format!("{name} is set, but {} is not", ID[0])),
        (None, None) => Err(format!("{} is not set", ID[0])),
    }
}
