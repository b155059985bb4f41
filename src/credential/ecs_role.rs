//! The key of the role that is attached to an ECS instance, from its metadata service.
//!
//! The hardened form with a token is tried first, the plain one unless a variable forbids it. The
//! service answers at once where it exists, so that a machine outside the cloud waits less than two
//! seconds. No request goes through a proxy.

use std::time::Duration;

use super::Issued;
use super::fetch::persist;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::http::{Failure, Method, Request, Response, Route};
use crate::settings::{address, switch, variable};
use crate::sts::issued;
use crate::target::Endpoint;

const USUAL_ADDRESS: &str = "http://100.100.100.200";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const PATIENCE: Duration = Duration::from_millis(900);
const TOKEN_SECONDS: &str = "21600";
const UNASKED: &str = "the metadata service of this ECS instance cannot be asked";
const PASS_OVER: &str = "set ALIBABA_CLOUD_ECS_METADATA_DISABLED=true to pass it over";

/// What asking the metadata service for a role came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// A role of this name is attached.
    Role(String),
    /// There is none, for this reason.
    None(String),
}

/// The metadata service, with the token it wants to see.
struct Metadata {
    base: Endpoint,
    token: Option<String>,
}

/// Asks which role is attached.
///
/// # Errors
/// A usage error for an override that is no address, a credentials error for odd answers, and an unavailable
/// error where the service is there and in trouble.
pub async fn probe(ctx: &Context) -> Result<Probe> {
    if let Some((_, name)) = variable(&ctx.env, &["ALIBABA_CLOUD_ECS_METADATA"]) {
        return Ok(Probe::Role(name.to_owned()));
    }
    let Some(metadata) = open(ctx).await? else {
        return Ok(Probe::None(
            "there is no metadata service, so this is no ECS instance".into(),
        ));
    };
    let request = || metadata.request(Method::Get, ROLES);
    let Ok(answer) = unless_in_trouble(ctx, request).await? else {
        return Ok(Probe::None("the metadata service does not answer".into()));
    };
    Ok(read_role(answer.status, &answer.text()))
}

/// Reads the answer to the question which role is attached.
pub fn read_role(status: u16, text: &str) -> Probe {
    let name = text.trim();
    match status {
        200 if is_role_name(name) => Probe::Role(name.to_owned()),
        200 if !name.is_empty() => Probe::None("what answers there is no metadata service".into()),
        404 | 200 => Probe::None("no role is attached to this ECS instance".into()),
        status => Probe::None(format!("the metadata service answers with status {status}")),
    }
}

/// A portal that answers every address would send a page.
fn is_role_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    !text.is_empty() && text.len() <= 64 && text.chars().all(fits)
}

/// Obtains the key of the named role, or of the attached one.
///
/// # Errors
/// A credentials error that says what the metadata service answered, and an unavailable error where it is in
/// trouble.
pub async fn obtain(ctx: &Context, name: Option<&str>) -> Result<Issued> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => match probe(ctx).await? {
            Probe::Role(name) => name,
            Probe::None(why) => return Err(trouble(&why)),
        },
    };
    let metadata = open(ctx)
        .await?
        .ok_or_else(|| trouble("there is no metadata service"))?;
    let path = format!("{ROLES}{}", crate::openapi::encode(&name));
    let request = || metadata.request(Method::Get, &path);
    let answer = unless_in_trouble(ctx, request)
        .await?
        .map_err(|_| trouble("it does not answer"))?;
    read_key(&name, answer.status, &answer.body)
}

/// Reads the answer to the question for the key of a role.
///
/// # Errors
/// A credentials error for an answer without a key.
pub fn read_key(name: &str, status: u16, body: &[u8]) -> Result<Issued> {
    match status {
        200 => {}
        404 => return Err(trouble(&format!("no role {name:?} is attached"))),
        status => return Err(trouble(&format!("it answers with status {status}"))),
    }
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|_| trouble("it answers with something that is no JSON"))?;
    match value.get("Code").and_then(serde_json::Value::as_str) {
        Some("Success") | None => issued(Some(&value), "the metadata service"),
        Some(code) => Err(trouble(&format!(
            "it answers with the code {code} for the role {name:?}"
        ))),
    }
}

fn trouble(why: &str) -> Error {
    Error::new(
        Kind::Credentials,
        "the metadata service of this ECS instance gives no key",
    )
    .cause(why)
    .hint(format!("attach a RAM role to the instance, or {PASS_OVER}"))
}

fn pass_over(error: Error) -> Error {
    error.hint(format!("or {PASS_OVER}"))
}

/// `None` when nobody answers, which is what happens outside the cloud.
async fn open(ctx: &Context) -> Result<Option<Metadata>> {
    let base = match address(&ctx.flags, &ctx.env, "VODCB_IMDS_ENDPOINT")? {
        Some(named) => named,
        None => Endpoint::parse(USUAL_ADDRESS, true)?,
    };
    let mut metadata = Metadata { base, token: None };
    let request = || {
        let mut request = metadata.request(Method::Put, "/latest/api/token");
        request.headers.push((
            "X-aliyun-ecs-metadata-token-ttl-seconds".into(),
            TOKEN_SECONDS.into(),
        ));
        request
    };
    let forbidden = switch(&ctx.env, "ALIBABA_CLOUD_IMDSV1_DISABLED");
    match unless_in_trouble(ctx, request).await? {
        Ok(answer) if answer.status == 200 => {
            let token = answer.text().trim().to_owned();
            // What a portal sends instead fits into no header.
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Ok(None);
            }
            metadata.token = Some(token);
        }
        Ok(answer) if forbidden => {
            return Err(trouble(&format!(
                "it gives no token (status {}), and ALIBABA_CLOUD_IMDSV1_DISABLED forbids going on without",
                answer.status
            )));
        }
        Err(failure) if forbidden || !failure.sent => return Ok(None),
        // An instance may limit how far the answer to a PUT travels: into a container comes only that to a GET.
        Ok(_) | Err(_) => {}
    }
    Ok(Some(metadata))
}

impl Metadata {
    fn request(&self, method: Method, path: &str) -> Request {
        let token = self.token.clone();
        let token = token.map(|token| ("X-aliyun-ecs-metadata-token".to_owned(), token));
        Request {
            headers: token.into_iter().collect(),
            timeout: Some(PATIENCE),
            route: Route::Direct,
            ..Request::new(method, format!("{}{path}", self.base))
        }
    }
}

/// Asks once, since outside the cloud nobody is there. Who answers with trouble is there, and asked again.
async fn unless_in_trouble(
    ctx: &Context,
    request: impl Fn() -> Request,
) -> Result<std::result::Result<Response, Failure>> {
    let first = ctx.http.send(request()).await?;
    if first.is_err() {
        return Ok(first);
    }
    let answer = persist(ctx, UNASKED, first, request).await;
    answer.map(Ok).map_err(pass_over)
}
