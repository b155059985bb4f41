//! `GetRole` of RAM.
//!
//! The role that VOD writes to queues with is as the quirk `vod-role` says. Any other role is there and
//! trusts its own account, since any role may be assumed; one whose name begins with `absent` is not.

use serde_json::{Value, json};

use super::answer::{Members, Refusal};
use super::arn::RoleArn;
use super::issued::members;
use super::message::Message;
use super::quirks::VodRole;
use crate::ram::{VOD_ROLE, VOD_SERVICE};

/// The role of the account that the message names.
pub(super) fn get_role(
    message: &Message,
    account_id: &str,
    vod_role: VodRole,
) -> Result<Members, Refusal> {
    let name = message.parameter("RoleName");
    if name.is_empty() {
        return Err(Refusal::missing_common("RoleName"));
    }
    let is_vods = name == VOD_ROLE;
    if name.starts_with("absent") || is_vods && vod_role == VodRole::Absent {
        let words = format!("The role not exists: {name}");
        return Err(Refusal::new(404, "EntityNotExist.Role", words));
    }
    let principal = if is_vods && vod_role == VodRole::Present {
        json!({"Service": [VOD_SERVICE]})
    } else {
        json!({"RAM": [format!("acs:ram::{account_id}:root")]})
    };
    let policy = json!({
        "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}],
        "Version": "1",
    });
    let arn = RoleArn::new(account_id, name);
    let role = members([
        ("RoleId", json!(arn.id())),
        ("RoleName", json!(name)),
        ("Arn", json!(arn.to_string())),
        ("Description", json!("")),
        ("AssumeRolePolicyDocument", json!(policy.to_string())),
        ("MaxSessionDuration", json!(3600)),
        ("CreateDate", json!("2026-03-01T08:00:00Z")),
        ("UpdateDate", json!("2026-03-01T08:00:00Z")),
    ]);
    Ok(members([("Role", Value::Object(role))]))
}
