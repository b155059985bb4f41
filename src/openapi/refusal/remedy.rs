//! A refusal as an error, with what the user can do about it.

use super::{Cause, Refusal};
use crate::error::{Details, Error};
use crate::openapi::encode;
use crate::secret::Secret;

/// What is left to say where nothing is known.
const SERVICES_OWN: &str =
    "the message above is the service's own; with the request id its support can tell more";

/// The families of codes for an operation that is not to be had at this address.
const ELSEWHERE: [&str; 5] = [
    "invalidaction",
    "invalidapi",
    "invalidproduct",
    "invalidversion",
    "nosuchversion",
];

/// What was asked, for the words of an error.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The product's short name in RAM actions, for example `vod`.
    pub product: &'a str,
    /// The operation.
    pub action: &'a str,
    /// The host that answered.
    pub host: &'a str,
    /// The string that was signed, to compare with the service's.
    pub string_to_sign: &'a str,
    /// The command line that tells which key asks, and where it comes from.
    pub whoami: &'a str,
}

/// The refusal as an error with its remedy. `secrets` are cut out of every foreign word.
pub fn explain(refusal: &Refusal, asked: Asked<'_>, secrets: &[&Secret]) -> Error {
    let what = format!("{} {}", asked.action, refusal.cause().verb());
    let error = report(refusal, what, asked.host, secrets);
    hints(refusal, asked).into_iter().fold(error, Error::hint)
}

/// The refusal of `what` by a host as an error without a remedy.
pub fn report(refusal: &Refusal, what: String, host: &str, secrets: &[&Secret]) -> Error {
    let cause = refusal.cause();
    let mut error = Error::new(cause.kind(), what);
    let said = scrub(refusal.safe_message(), secrets);
    let code = scrub(&refusal.code, secrets);
    let request_id = refusal.request_id.as_deref().map(|id| scrub(id, secrets));
    error = error.cause(format!("{host} says {code}: {said}"));
    if let Some(id) = &request_id {
        error = error.cause(format!("request id {id}"));
    }
    error.details = Details {
        code: Some(code),
        request_id,
        retryable: cause.passes(),
        no_service: cause == Cause::NoService,
        ..Details::default()
    };
    error
}

/// The remedies that are the same for every product.
pub fn common_hint(refusal: &Refusal, string_to_sign: &str, whoami: &str) -> String {
    let words = match refusal.cause() {
        Cause::ServerTrouble => "the service has trouble of its own; try again in a while",
        Cause::ClockOff => "set this machine's clock; the service tolerates 15 minutes",
        Cause::SentTwice => {
            "something between here and the service sends requests a second time; look for a proxy that does"
        }
        Cause::BadSignature => match refusal.echoed_string_to_sign() {
            Some(echo) if echo == string_to_sign => {
                return format!(
                    "the access key secret does not belong to this access key id; {whoami} shows where both come from"
                );
            }
            Some(_) => {
                "the service saw another request than the one that was signed; look for a proxy that changes requests"
            }
            None => {
                return format!("check the access key secret; {whoami} shows where it comes from");
            }
        },
        Cause::BadKey => {
            return format!(
                "the access key does not exist or is disabled; mind that the China site and the international site have separate accounts. {whoami} shows which key is used"
            );
        }
        Cause::BadToken => {
            "log in again: temporary credentials are an id, a secret and a token that belong together and expire"
        }
        _ => SERVICES_OWN,
    };
    words.to_owned()
}

fn hints(refusal: &Refusal, asked: Asked<'_>) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match refusal.cause() {
        Cause::Throttled => one(
            "the account's calls are limited (SetMessageCallback: 15 a second); wait, or raise --retries",
        ),
        Cause::NotAuthenticated => one(
            "get a new token from the provider; it must be meant for this audience and not have ended",
        ),
        // No policy helps against it.
        Cause::Forbidden if refusal.code.eq_ignore_ascii_case("Forbidden.RiskControl") => {
            one(SERVICES_OWN)
        }
        Cause::Forbidden => permission_hints(refusal, asked),
        Cause::NoService
            if refusal
                .code
                .eq_ignore_ascii_case("OperationDenied.Suspended") =>
        {
            one("the service is suspended; settle the account's bill in the console")
        }
        Cause::NoService => one("activate ApsaraVideo VOD for this account in the console"),
        Cause::ParameterNotSeen => {
            one("something between here and the service drops the request's body")
        }
        Cause::Other if is_elsewhere(&refusal.code) => {
            one("the endpoint does not offer this operation; check --region and --endpoint")
        }
        Cause::Other if refusal.message.contains("CallbackURL") => {
            one("the URL must be reachable from the public internet")
        }
        _ => vec![common_hint(refusal, asked.string_to_sign, asked.whoami)],
    }
}

fn is_elsewhere(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    let family = code.split('.').next();
    family.is_some_and(|family| ELSEWHERE.contains(&family))
}

/// The exact action and the smallest policy that allows it.
fn permission_hints(refusal: &Refusal, asked: Asked<'_>) -> Vec<String> {
    let action = refusal
        .denied_action
        .clone()
        .unwrap_or_else(|| format!("{}:{}", asked.product, asked.action));
    let allow = format!(
        r#"allow {action} to this identity, for example with the policy {{"Version":"1","Statement":[{{"Effect":"Allow","Action":["{action}"],"Resource":"*"}}]}}"#
    );
    if asked.product != "vod" {
        return vec![allow];
    }
    let application = "if RAM allows it already and the application is not app-1000000, the application's own policy is missing (VODAppFullAccess)".to_owned();
    // A refusal by RAM says so in its code, Forbidden.RAM; the application's own policy has no more than this.
    if refusal.code.eq_ignore_ascii_case("Forbidden") {
        vec![application, allow]
    } else {
        vec![allow, application]
    }
}

/// Cuts secrets out of foreign text, plain or percent-encoded once or twice.
pub fn scrub(text: &str, secrets: &[&Secret]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.expose().is_empty()) {
        let plain = secret.expose().to_owned();
        let once = encode(&plain);
        let twice = encode(&once);
        for form in [twice, once, plain] {
            clean = clean.replace(&form, "••••");
        }
    }
    clean
}
