//! `GetCallerIdentity` of STS: every key of the emulator belongs to an account itself.

use serde_json::json;

use super::AccessKey;
use super::answer::Members;

/// Who the key belongs to.
pub(super) fn identity(key: &AccessKey) -> Members {
    let account = key.account_id.as_str();
    let members = [
        ("AccountId", json!(account)),
        ("Arn", json!(format!("acs:ram::{account}:root"))),
        ("IdentityType", json!("Account")),
        ("PrincipalId", json!(account)),
        ("UserId", json!(account)),
    ];
    Members::from_iter(members.map(|(name, value)| (name.to_owned(), value)))
}
