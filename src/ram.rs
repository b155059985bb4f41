//! Resource Access Management: whether VOD may write to the account's queues.
//!
//! VOD writes with the role [`VOD_ROLE`] of the queue's account. The role is made once, by consent in
//! the console; without it every message is dropped and nobody is told. Version 2015-05-01.

use serde_json::Value;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::http;
use crate::openapi::client::{Caller, Client, Effect};
use crate::openapi::{Parameters, member};
use crate::target::Endpoint;

/// The version of the API.
pub const VERSION: &str = "2015-05-01";
/// The role that VOD takes on to write to queues.
pub const VOD_ROLE: &str = "AliyunVODDefaultRole";
/// VOD as a role's trust policy names it.
pub const VOD_SERVICE: &str = "vod.aliyuncs.com";
/// Where the role is made: the console's page of consent, filled in for VOD.
pub const CONSENT: &str = "https://ram.console.aliyun.com/role/authorization?request=%7B%22Services%22%3A%5B%7B%22Service%22%3A%22VOD%22%2C%22Roles%22%3A%5B%7B%22RoleName%22%3A%22AliyunVODDefaultRole%22%2C%22TemplateId%22%3A%22DefaultRole%22%7D%5D%7D%5D%2C%22ReturnUrl%22%3A%22https%3A%2F%2Fvod.console.aliyun.com%2F%22%7D";

/// How VOD's role stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleStanding {
    /// It is there, and VOD may take it on.
    Trusting,
    /// It is there, and VOD may not take it on.
    Untrusting,
    /// There is no such role.
    Absent,
}

impl RoleStanding {
    /// What is wrong, and what comes of it; `None` when nothing is.
    pub fn problem(self) -> Option<String> {
        let what = match self {
            RoleStanding::Trusting => return None,
            RoleStanding::Untrusting => format!("the role {VOD_ROLE} does not trust {VOD_SERVICE}"),
            RoleStanding::Absent => format!("the account has no role {VOD_ROLE}"),
        };
        Some(format!(
            "{what}: VOD cannot write to the queue, and drops every message in silence"
        ))
    }

    /// How to mend it; `None` when there is nothing to mend.
    pub fn remedy(self) -> Option<String> {
        match self {
            RoleStanding::Trusting => None,
            RoleStanding::Untrusting => Some(format!(
                "in the RAM console, let the trust policy of {VOD_ROLE} allow sts:AssumeRole to the service {VOD_SERVICE}"
            )),
            RoleStanding::Absent => Some(format!(
                "as the account's owner, open this page and consent once: {CONSENT}"
            )),
        }
    }
}

/// Looks at the role of the caller's own account that VOD writes to queues with.
///
/// # Errors
/// As [`Client::call`], mostly that `ram:GetRole` is not allowed; and an answer without a policy.
pub async fn vod_role(
    ctx: &Context,
    endpoint: &Endpoint,
    caller: Caller,
    retries: u32,
) -> Result<RoleStanding> {
    let client = Client {
        retries,
        ..Client::new("ram", VERSION, endpoint.clone(), caller)
    };
    let parameters = Parameters::from([("RoleName".to_owned(), VOD_ROLE.to_owned())]);
    let call = client.call(ctx, "GetRole", &parameters, Effect::Reads);
    let answer = match call.await {
        Err(error) if error.details.code.as_deref() == Some("EntityNotExist.Role") => {
            return Ok(RoleStanding::Absent);
        }
        answer => answer?,
    };
    read_role(&answer.value).ok_or_else(|| unreadable(endpoint))
}

fn unreadable(endpoint: &Endpoint) -> Error {
    http::nonsense(
        &endpoint.host(),
        200,
        "the role has no readable trust policy",
    )
}

/// Reads an answer of `GetRole`; `None` when it has no readable trust policy.
pub fn read_role(answer: &Value) -> Option<RoleStanding> {
    let policy = member(member(answer, "Role")?, "AssumeRolePolicyDocument")?.as_str()?;
    let policy: Value = serde_json::from_str(policy).ok()?;
    Some(match trusts(&policy, VOD_SERVICE) {
        true => RoleStanding::Trusting,
        false => RoleStanding::Untrusting,
    })
}

/// Whether a trust policy lets a service take the role on: some statement allows it and none denies
/// it. Conditions are not weighed; the service decides about them at the time.
pub fn trusts(policy: &Value, service: &str) -> bool {
    let about = |effect: &str| {
        each(&policy["Statement"]).any(|statement| {
            let actions = each(&statement["Action"]).filter_map(Value::as_str);
            let services = each(&statement["Principal"]["Service"]).filter_map(Value::as_str);
            statement["Effect"] == effect
                && { actions }.any(|action| matches!(action, "sts:AssumeRole" | "sts:*" | "*"))
                && { services }.any(|name| name == service)
        })
    };
    about("Allow") && !about("Deny")
}

/// Policies write one thing where there may be a list.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
    .iter()
}
