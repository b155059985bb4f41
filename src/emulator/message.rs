//! A request as both signatures see it: who asks for what, and with which proof.
//!
//! RPC 1.0 puts all that into the parameters, ACS3 into headers; behind this file nobody needs to
//! know which it was, except to check the proof.

use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::http::request::Parts;

use super::answer::Format;
use super::operation::Operation;
use crate::digest;
use crate::openapi::{Parameters, acs3};
use crate::order;
use crate::sts;
use crate::target::{DEFAULT_APP_ID, Region};

/// A request, taken apart and not yet believed.
pub(super) struct Message {
    /// The verb really sent.
    pub(super) method: String,
    /// The path.
    pub(super) path: String,
    /// What the client took the emulator for, with the port.
    pub(super) host: String,
    /// The parameters in the URL.
    pub(super) query: Parameters,
    /// Those and the ones in a form body.
    pub(super) parameters: Parameters,
    /// The headers by lower-case name.
    pub(super) headers: acs3::Headers,
    /// Lower-case hex SHA-256 of the body.
    pub(super) body_sha256: String,
    /// What the request says about itself.
    pub(super) claims: Claims,
}

/// What a request says about itself; empty where it says nothing.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) action: String,
    pub(super) version: String,
    pub(super) access_key_id: String,
    pub(super) signature: String,
    pub(super) signature_method: String,
    pub(super) nonce: String,
    pub(super) timestamp: String,
    pub(super) security_token: String,
    pub(super) scheme: Scheme,
}

/// Which signature the request carries.
#[derive(Debug, Default)]
pub(super) enum Scheme {
    /// RPC 1.0.
    #[default]
    Rpc,
    /// ACS3 over the headers of these names.
    Acs3 {
        /// Lower case, in the client's order.
        signed_headers: Vec<String>,
    },
}

impl Message {
    /// Takes a request apart; parameters in a form body count only when `take_form`.
    pub(super) fn read(head: &Parts, body: &[u8], take_form: bool) -> Self {
        let headers = text_headers(head);
        let query = parameters(head.uri.query().unwrap_or_default().as_bytes());
        let mut all = query.clone();
        if take_form && is_form(&headers) {
            all.extend(parameters(body));
        }
        let claims = Claims::read(&all, &headers);
        Message {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            host: header(&headers, HOST.as_str()),
            query,
            parameters: all,
            body_sha256: digest::sha256_hex(body),
            headers,
            claims,
        }
    }

    /// The parameter's value; empty when it is absent.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// The operation it names, if there is one of that name.
    pub(super) fn operation(&self) -> Option<Operation> {
        Operation::named(&self.claims.action)
    }

    /// The centre the call is for: as the parameters say, else the host, else the first centre.
    pub(super) fn region(&self) -> String {
        let named = self.parameter("RegionId");
        let place = self
            .host
            .strip_prefix("vod.")
            .or_else(|| self.host.strip_prefix("vod-vpc."))
            .and_then(|rest| rest.split(':').next())
            .and_then(|rest| rest.strip_suffix(".aliyuncs.com"))
            .unwrap_or_default();
        [named, place]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or_else(|| Region::default().to_string(), str::to_owned)
    }

    /// The application the call is for.
    pub(super) fn app_id(&self) -> &str {
        match self.parameter("AppId") {
            "" => DEFAULT_APP_ID,
            given => given,
        }
    }

    /// The format of the answer. ACS3 clients expect JSON, and STS gives it; other RPC clients must ask for it.
    pub(super) fn format(&self) -> Format {
        let is_acs3 = matches!(self.claims.scheme, Scheme::Acs3 { .. });
        let is_sts = self.claims.version == sts::VERSION;
        let accepted = header(&self.headers, ACCEPT.as_str()).to_ascii_lowercase();
        let json = match self.parameter("Format") {
            "" => is_acs3 || is_sts,
            asked => asked.eq_ignore_ascii_case("json") || (is_acs3 && accepted.contains("json")),
        };
        if json { Format::Json } else { Format::Xml }
    }
}

impl Claims {
    fn read(parameters: &Parameters, headers: &acs3::Headers) -> Self {
        let authorization = header(headers, AUTHORIZATION.as_str());
        let unsigned_acs3 = authorization.is_empty()
            && (headers.contains_key("x-acs-signature-nonce")
                || headers.contains_key("x-acs-action"))
            && !parameters.contains_key("Action");
        if authorization.starts_with("ACS3-") || unsigned_acs3 {
            Claims::from_headers(&authorization, headers)
        } else {
            Claims::from_parameters(parameters)
        }
    }

    fn from_parameters(parameters: &Parameters) -> Self {
        let value = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        Claims {
            action: value("Action"),
            version: value("Version"),
            access_key_id: value("AccessKeyId"),
            signature: value("Signature"),
            signature_method: value("SignatureMethod"),
            nonce: value("SignatureNonce"),
            timestamp: value("Timestamp"),
            security_token: value("SecurityToken"),
            scheme: Scheme::Rpc,
        }
    }

    fn from_headers(authorization: &str, headers: &acs3::Headers) -> Self {
        let (method, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
        let element = |wanted: &str| {
            rest.split(',')
                .filter_map(|element| element.trim().split_once('='))
                .find(|(name, _)| *name == wanted)
                .map_or("", |(_, value)| value)
        };
        Claims {
            action: header(headers, "x-acs-action"),
            version: header(headers, "x-acs-version"),
            access_key_id: element("Credential").to_owned(),
            signature: element("Signature").to_owned(),
            signature_method: method.to_owned(),
            nonce: header(headers, "x-acs-signature-nonce"),
            timestamp: header(headers, "x-acs-date"),
            security_token: header(headers, "x-acs-security-token"),
            scheme: Scheme::Acs3 {
                signed_headers: element("SignedHeaders")
                    .split(';')
                    .map(str::to_ascii_lowercase)
                    .collect(),
            },
        }
    }
}

/// The headers as text; of those that come twice the first counts.
fn text_headers(head: &Parts) -> acs3::Headers {
    order::map(head.headers.keys().filter_map(|name| {
        let value = head.headers.get(name)?;
        let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
        Some((name.as_str().to_owned(), text))
    }))
}

fn header(headers: &acs3::Headers, name: &str) -> String {
    headers.get(name).cloned().unwrap_or_default()
}

fn is_form(headers: &acs3::Headers) -> bool {
    header(headers, CONTENT_TYPE.as_str())
        .to_ascii_lowercase()
        .starts_with("application/x-www-form-urlencoded")
}

/// The decoded parameters; `+` is a blank, and of a name that comes twice the last value counts.
fn parameters(encoded: &[u8]) -> Parameters {
    order::map(url::form_urlencoded::parse(encoded).into_owned())
}
