//! What is found at paths of its own and asked for without a signature: everything that hands out
//! keys and is neither VOD nor STS.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Members, Page, Refusal, with_small_letters};
use super::arn::RoleArn;
use super::ending::Ending;
use super::issued::members;
use super::message::Message;
use super::operation::Operation;
use super::quirks::Case;
use super::{Server, metadata};

/// How long a key lives that is handed out without anybody naming a lifetime.
pub(super) const HANDED_OUT_SECONDS: u32 = 3600;
const SESSION: &str = "emulated-user";

/// A request to one of the places.
pub(super) struct Visit<'a> {
    pub(super) server: &'a Server,
    pub(super) message: &'a Message,
    pub(super) body: &'a [u8],
    pub(super) request_id: &'a str,
    pub(super) now: Timestamp,
}

/// The place at this path.
pub(super) fn at(path: &str) -> Option<Operation> {
    let first = path.strip_prefix('/')?.split('/').next()?;
    match (first, path) {
        ("latest", _) => Some(Operation::Imds),
        ("credentials-uri", _) => Some(Operation::Uri),
        (_, "/cloud-credentials") => Some(Operation::Sso),
        (_, "/v1/exchange") => Some(Operation::OAuth),
        _ => None,
    }
}

/// Answers a request to the place.
pub(super) fn visit(place: Operation, visit: &Visit<'_>) -> Ending {
    let verb = match place {
        Operation::Imds => return metadata::visit(visit),
        Operation::Uri => "GET",
        _ => "POST",
    };
    if visit.message.method != verb {
        let words = "This HTTP method is not supported.";
        return Refusal::new(405, "UnsupportedHTTPMethod", words).into();
    }
    match place {
        Operation::Uri => visit.credentials_uri(),
        Operation::Sso => visit.cloud_sso().unwrap_or_else(Ending::from),
        _ => visit.oauth(),
    }
}

impl Visit<'_> {
    fn credentials_uri(&self) -> Ending {
        match self.message.path.trim_end_matches('/') {
            "/credentials-uri" => {
                let mut all = self.key("EmulatedUriRole", &self.server.keyring.home_account());
                all.insert("Code".into(), json!("Success"));
                Ending::page(Page::json(200, all), "OK")
            }
            "/credentials-uri/broken" => {
                let failed = members([("Code", json!("Failed"))]);
                Ending::page(Page::json(200, failed), "broken")
            }
            "/credentials-uri/garbage" => {
                let text = "<<< not an answer".to_owned();
                Ending::page(Page::new(200, "text/plain", text), "garbage")
            }
            _ => Refusal::new(404, "NotFound", "There is nothing at this address.").into(),
        }
    }

    /// The exchange of a sign-in to CloudSSO for keys of one account.
    fn cloud_sso(&self) -> Result<Ending, Refusal> {
        if !self.bears("sso-token") {
            let words = "The access token is invalid or expired.";
            return Err(Refusal::new(401, "InvalidAccessToken", words));
        }
        let body: Value = serde_json::from_slice(self.body).unwrap_or_default();
        let member = |name: &str| {
            let text = body[name].as_str().filter(|text| !text.is_empty());
            text.ok_or_else(|| Refusal::missing(name))
        };
        let account = member("AccountId")?;
        if !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::invalid("AccountId"));
        }
        let role = format!("AliyunReservedSSO-{}", member("AccessConfigurationId")?);
        let key = self.key(&role, account);
        let all = members([
            ("CloudCredential", Value::Object(key)),
            ("RequestId", json!(self.request_id)),
        ]);
        Ok(Ending::page(Page::json(200, all), "OK"))
    }

    /// The exchange of an OAuth sign-in for keys.
    fn oauth(&self) -> Ending {
        if !self.bears("oauth-token") {
            let refused = members([
                ("error", json!("invalid_token")),
                (
                    "error_description",
                    json!("The access token is invalid or expired."),
                ),
                ("RequestId", json!(self.request_id)),
            ]);
            return Ending::page(Page::json(401, refused), "invalid_token");
        }
        let mut all = self.key("EmulatedOAuthRole", &self.server.keyring.home_account());
        all.insert("RequestId".into(), json!(self.request_id));
        if self.server.quirks.case == Case::Lower {
            all = with_small_letters(all);
        }
        Ending::page(Page::json(200, all), "OK")
    }

    fn key(&self, role: &str, account_id: &str) -> Members {
        let role = RoleArn::new(account_id, role);
        let keyring = &self.server.keyring;
        let caller = keyring.issue(role, SESSION, HANDED_OUT_SECONDS, self.now);
        caller.members()
    }

    fn bears(&self, token: &str) -> bool {
        let header = self.message.headers.get("authorization");
        let (scheme, given) = header
            .and_then(|text| text.split_once(' '))
            .unwrap_or_default();
        scheme.eq_ignore_ascii_case("bearer") && given.trim() == token
    }
}
