//! `GetCallerIdentity` of STS: a key that was given belongs to an account itself, one that was
//! issued to a session of a role.

use serde_json::json;

use super::answer::Members;
use super::issued::{Caller, members};

/// Who the key belongs to.
pub(super) fn identity(caller: &Caller) -> Members {
    let account = caller.key.account_id.as_str();
    match &caller.session {
        None => members([
            ("AccountId", json!(account)),
            ("Arn", json!(format!("acs:ram::{account}:root"))),
            ("IdentityType", json!("Account")),
            ("PrincipalId", json!(account)),
            ("UserId", json!(account)),
        ]),
        Some(session) => {
            let role_id = session.role.id();
            members([
                ("AccountId", json!(account)),
                ("Arn", json!(session.role.session_arn(&session.name))),
                ("IdentityType", json!("AssumedRoleUser")),
                ("PrincipalId", json!(format!("{role_id}:{}", session.name))),
                ("RoleId", json!(role_id)),
            ])
        }
    }
}
