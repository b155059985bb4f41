//! The metadata service of an ECS instance: its token, its role and the role's keys, below `/latest`.
//!
//! A client first asks for a token and shows it with every request. Without one the request is of
//! the first version of the protocol, which an owner may forbid.

use std::collections::VecDeque;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::json;

use super::answer::Page;
use super::arn::RoleArn;
use super::ending::Ending;
use super::held;
use super::issued::{later, members, remember};
use super::places::{HANDED_OUT_SECONDS, Visit};
use super::quirks::{Imds, ImdsV1};
use crate::digest::sha256_hex;
use crate::target::Region;

/// The role of the emulated instance.
const ROLE: &str = "EcsVodRole";
const SESSION: &str = "vm-ram-i-emulated";
const TTL: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aliyun-ecs-metadata-token";
const MAX_TTL: u32 = 21_600;

/// The tokens that were handed out, as hashes, and when they end.
#[derive(Default)]
pub(super) struct Tokens(Mutex<VecDeque<(String, Timestamp)>>);

impl Tokens {
    fn add(&self, token: &str, expires: Timestamp, now: Timestamp) {
        let entry = (sha256_hex(token.as_bytes()), expires);
        remember(&mut held(&self.0), entry, |(_, end)| *end <= now);
    }

    fn holds(&self, token: &str, now: Timestamp) -> bool {
        let hash = sha256_hex(token.as_bytes());
        let tokens = held(&self.0);
        tokens
            .iter()
            .any(|(known, end)| *known == hash && *end > now)
    }
}

/// Answers a request below `/latest`.
pub(super) fn visit(visit: &Visit<'_>) -> Ending {
    let quirks = &visit.server.quirks;
    if quirks.imds == Imds::Off {
        return Ending::closed("imds=off");
    }
    let path = visit.message.path.as_str();
    if path == "/latest/api/token" {
        return match visit.message.method.as_str() {
            "PUT" => token(visit),
            _ => text(405, "405 - Method Not Allowed"),
        };
    }
    if visit.message.method != "GET" {
        return text(405, "405 - Method Not Allowed");
    }
    match visit.message.headers.get(TOKEN) {
        None if quirks.imds_v1 == ImdsV1::Refuse => return text(403, "403 - Forbidden"),
        Some(token) if !visit.server.metadata.holds(token, visit.now) => {
            return text(401, "401 - Unauthorized");
        }
        _ => {}
    }
    if path == "/latest/meta-data/region-id" {
        return text(200, &Region::default().to_string());
    }
    match path.strip_prefix("/latest/meta-data/ram/security-credentials") {
        Some(_) if quirks.imds == Imds::NoRole => not_found(),
        Some("" | "/") => text(200, ROLE),
        Some(rest) if rest.strip_prefix('/') == Some(ROLE) => credentials(visit),
        _ => not_found(),
    }
}

fn token(visit: &Visit<'_>) -> Ending {
    let ttl = visit.message.headers.get(TTL).map(|text| text.parse());
    match ttl {
        Some(Ok(seconds)) if (1..=MAX_TTL).contains(&seconds) => {
            let token = sha256_hex(format!("token\n{}", (visit.server.nonce)()).as_bytes());
            visit
                .server
                .metadata
                .add(&token, later(visit.now, seconds), visit.now);
            text(200, &token)
        }
        _ => text(400, "400 - Bad Request"),
    }
}

fn credentials(visit: &Visit<'_>) -> Ending {
    if visit.server.quirks.imds == Imds::Broken {
        let failed = members([("Code", json!("Failed"))]);
        return Ending::page(Page::json(200, failed), "imds=broken");
    }
    let keyring = &visit.server.keyring;
    let role = RoleArn::new(&keyring.home_account(), ROLE);
    let caller = keyring.issue(role, SESSION, HANDED_OUT_SECONDS, visit.now);
    let mut all = caller.members();
    all.insert("LastUpdated".into(), json!(later(visit.now, 0).to_string()));
    all.insert("Code".into(), json!("Success"));
    Ending::page(Page::json(200, all), "OK")
}

fn not_found() -> Ending {
    text(404, "404 - Not Found")
}

fn text(status: u16, words: &str) -> Ending {
    let outcome = if status == 200 { "OK" } else { words };
    Ending::page(Page::new(status, "text/plain", words.to_owned()), outcome)
}
