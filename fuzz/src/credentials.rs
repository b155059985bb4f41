//! Where keys come from: files, answers, and what a command prints.

use std::path::Path;

use serde_json::Value;
use vodcb::context::Context;
use vodcb::credential::login::{Login, Site};
use vodcb::credential::process::External;
use vodcb::credential::{Issued, ecs_role, ini as sections, profile as profiles, uri};
use vodcb::error::Result;
use vodcb::secret::Secret;
use vodcb::settings::Flags;
use vodcb::{ram, sts};

use super::first_line;

/// The members that hold a secret, by all their names.
const SECRET: [&str; 6] = [
    "AccessKeySecret",
    "accessKeySecret",
    "access_key_secret",
    "SecurityToken",
    "securityToken",
    "sts_token",
];

/// Surroundings that say nothing.
fn context() -> Context {
    let flags = Flags {
        quiet: true,
        ..Flags::default()
    };
    let mut ctx = Context::of_process(flags, vodcb::output::Forms::Own)
        .expect("there is a working directory");
    ctx.env.clear();
    ctx.home = None;
    ctx
}

/// The name of a profile, or nothing, and a `config.json` of aliyun-cli.
pub fn profile(bytes: &[u8]) {
    let (name, file) = first_line(bytes);
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    let _ = profiles::read(&context(), Path::new("config.json"), file, name);
    assert!(!profiles::names_in(file).contains(&String::new()));
}

/// The name of a section, and the SDKs' file of credentials.
pub fn ini(bytes: &[u8]) {
    let (section, file) = first_line(bytes);
    let file = String::from_utf8_lossy(file);
    let _ = sections::read(&context(), Path::new("credentials"), &file, &section);
}

/// The status and the body of an answer with a key, whoever gave it, or what a command printed. No error
/// shows a secret.
pub fn credentials(bytes: &[u8]) {
    let (status, body) = first_line(bytes);
    let status = status.trim().parse().unwrap_or(200);
    ecs_role::read_role(status, &String::from_utf8_lossy(body));
    let external = External {
        command: "command".to_owned(),
        profile: "profile".to_owned(),
    };
    let login = Login {
        profile: "profile".to_owned(),
        access_token: Secret::new("token"),
        site: Site::OAuth {
            host: "oauth.aliyun.com",
        },
    };
    check(&external.read(body), body);
    check(&login.read(status, body), body);
    check(&uri::read(status, body), body);
    check(&ecs_role::read_key("role", status, body), body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    check(&sts::issued(value.get("Credentials"), "AssumeRole"), body);
    ram::read_role(&value);
    ram::trusts(&value, ram::VOD_SERVICE);
}

fn check(read: &Result<Issued>, body: &[u8]) {
    let error = match read {
        Ok(issued) => return assert!(!issued.credential.access_key_id.is_empty()),
        Err(error) => format!("{error:?}"),
    };
    let body = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let places = [&value, &value["CloudCredential"], &value["Credentials"]];
    let secrets = places
        .iter()
        .flat_map(|place| SECRET.map(|name| &place[name]));
    for secret in secrets.filter_map(Value::as_str) {
        // A short text may well stand elsewhere.
        if secret.len() >= 16 && body.matches(secret).count() == 1 {
            assert!(!error.contains(secret), "{error}");
        }
    }
}
