//! `AssumeRole` and `AssumeRoleWithOIDC` of STS.
//!
//! Any role of any account may be assumed, so that a client can be tried without preparation. Roles
//! whose names begin with `denied` or `absent` behave as their names say, and those in the
//! [`Config`](super::Config) may ask for an external id.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Role;
use super::answer::{Members, Refusal};
use super::arn::{self, RoleArn};
use super::ending;
use super::issued::{Caller, Keyring, members};
use super::message::Message;

const DEFAULT_SECONDS: u32 = 3600;
const MIN_SECONDS: u32 = 900;
/// The longest session that a role can be set to allow.
const MAX_SECONDS: u32 = 43_200;
/// The longest session of a role that was assumed by another role.
const MAX_CHAINED_SECONDS: u32 = 3600;
const MAX_POLICY_CHARACTERS: usize = 2048;
const OIDC_EXPIRED: &str = "AuthenticationFail.OIDCToken.Expired";
const OIDC_INVALID: &str = "AuthenticationFail.OIDCToken.Invalid";

/// What a role is assumed with.
struct Assumption {
    role: RoleArn,
    session: String,
    seconds: u32,
}

/// `AssumeRole` by the caller.
pub(super) fn assume(
    message: &Message,
    caller: &Caller,
    roles: &[Role],
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Members, Refusal> {
    let longest = match caller.session {
        Some(_) => MAX_CHAINED_SECONDS,
        None => MAX_SECONDS,
    };
    let assumption = Assumption::read(message, longest)?;
    let external_id = external_id(message)?;
    let arn = assumption.role.to_string();
    let wanted = roles.iter().find(|role| role.arn == arn);
    let wanted = wanted.and_then(|role| role.external_id.as_deref());
    let is_trusted = wanted.is_none_or(|wanted| external_id == Some(wanted));
    if assumption.is_denied() || !is_trusted {
        return Err(ending::no_permission(&caller.key.account_id));
    }
    assumption.check_existence()?;
    Ok(assumption.issue(keyring, now))
}

/// `AssumeRoleWithOIDC` by whoever has a token.
pub(super) fn with_oidc(
    message: &Message,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Members, Refusal> {
    match message.parameter("OIDCProviderArn") {
        "" => return Err(Refusal::missing_common("OIDCProviderArn")),
        provider if !arn::is_oidc_provider(provider) => return Err(wrong("OIDCProviderArn")),
        _ => {}
    }
    // Files that hold a token often end with a newline.
    let token = message.parameter("OIDCToken").trim();
    if token.is_empty() {
        return Err(Refusal::missing_common("OIDCToken"));
    }
    let assumption = Assumption::read(message, MAX_SECONDS)?;
    let refuse = |code, words| Err(Refusal::new(400, code, words));
    match token {
        "expired-token" => return refuse(OIDC_EXPIRED, "The OIDC token is expired."),
        "invalid-token" => return refuse(OIDC_INVALID, "The OIDC token is not valid."),
        _ if assumption.is_denied() => return Err(oidc_denied()),
        _ => {}
    }
    assumption.check_existence()?;
    let mut all = assumption.issue(keyring, now);
    let info = [
        ("Subject", json!("system:serviceaccount:default:emulated")),
        ("Issuer", json!("https://oidc.example.com")),
        ("ClientIds", json!("sts.aliyuncs.com")),
        ("VerificationInfo", json!("Success")),
    ];
    all.insert("OIDCTokenInfo".to_owned(), Value::Object(members(info)));
    Ok(all)
}

impl Assumption {
    /// What both operations take, checked.
    fn read(message: &Message, longest: u32) -> Result<Self, Refusal> {
        let role = match message.parameter("RoleArn") {
            "" => return Err(Refusal::missing_common("RoleArn")),
            text => RoleArn::parse(text).ok_or_else(|| wrong("RoleArn"))?,
        };
        let session = match message.parameter("RoleSessionName") {
            "" => return Err(Refusal::missing_common("RoleSessionName")),
            text if !is_session_name(text) => return Err(wrong("RoleSessionName")),
            text => text.to_owned(),
        };
        let seconds = match message.parameter("DurationSeconds") {
            "" => DEFAULT_SECONDS,
            text => text
                .parse()
                .ok()
                .filter(|seconds| (MIN_SECONDS..=longest).contains(seconds))
                .ok_or_else(|| wrong("DurationSeconds"))?,
        };
        check_policy(message.parameter("Policy"))?;
        Ok(Assumption {
            role,
            session,
            seconds,
        })
    }

    fn is_denied(&self) -> bool {
        self.role.name.starts_with("denied")
    }

    fn check_existence(&self) -> Result<(), Refusal> {
        if self.role.name.starts_with("absent") {
            let words = format!("The role does not exist: {}", self.role);
            return Err(Refusal::new(404, "EntityNotExist.Role", words));
        }
        Ok(())
    }

    fn issue(self, keyring: &Keyring, now: Timestamp) -> Members {
        let user = [
            ("Arn", json!(self.role.session_arn(&self.session))),
            (
                "AssumedRoleId",
                json!(format!("{}:{}", self.role.id(), self.session)),
            ),
        ];
        let caller = keyring.issue(self.role, &self.session, self.seconds, now);
        members([
            ("AssumedRoleUser", Value::Object(members(user))),
            ("Credentials", Value::Object(caller.members())),
        ])
    }
}

/// The refusal of a token's owner whom the role does not trust.
pub(super) fn oidc_denied() -> Refusal {
    let words = "The trust policy of the role does not permit this identity.";
    Refusal::new(403, "AuthenticationFail.NoPermission", words)
}

fn external_id(message: &Message) -> Result<Option<&str>, Refusal> {
    match message.parameter("ExternalId") {
        "" => Ok(None),
        text if (2..=1224).contains(&text.chars().count()) => Ok(Some(text)),
        _ => Err(wrong("ExternalId")),
    }
}

fn check_policy(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return Ok(());
    }
    if text.chars().count() > MAX_POLICY_CHARACTERS {
        let words = "The policy is longer than allowed.";
        return Err(Refusal::new(400, "InvalidParameter.PolicySize", words));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(_)) => Ok(()),
        _ => {
            let words = "The policy has a grammar error.";
            Err(Refusal::new(400, "InvalidParameter.PolicyGrammar", words))
        }
    }
}

fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '-' | '_'))
}

/// STS's refusal of a value.
fn wrong(name: &str) -> Refusal {
    let words = format!("The parameter {name} is wrongly formed.");
    Refusal::new(400, format!("InvalidParameter.{name}"), words)
}
