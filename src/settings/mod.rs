//! Where values come from: flag, `VODCB_*`, `ALIBABA_CLOUD_*`, `./vodcb.toml`, profile, default.
//!
//! Each value remembers its source, so that `whoami --explain` can tell why it won. The endpoint is
//! not taken from `vodcb.toml`: a file in a folder somebody else made must not redirect signed calls.

pub mod endpoints;
pub mod flags;
pub mod numbers;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::callback::queue::check_account_id;
use crate::context::Environment;
use crate::error::{Error, Result};
use crate::output::{Format, Forms};
use crate::target::{AppId, Region};

use endpoints::named_endpoint;
pub use endpoints::{StsWish, address, check_endpoint, endpoint, ram_endpoint, sts_endpoint};
pub use flags::{Flags, SignatureKind};

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<T> {
    /// The value.
    pub value: T,
    /// For example `--region` or `profile prod`.
    pub from: String,
}

impl<T> Resolved<T> {
    fn new(value: T, from: impl Into<String>) -> Self {
        Resolved {
            value,
            from: from.into(),
        }
    }
}

/// `[defaults]` of `./vodcb.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectDefaults {
    /// As `--region`.
    pub region: Option<String>,
    /// As `--app-id`.
    pub app_id: Option<String>,
    /// As `--profile`, but weaker than credentials in the environment.
    pub profile: Option<String>,
    /// As `--output`.
    pub output: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    #[serde(default)]
    defaults: ProjectDefaults,
}

/// Reads `./vodcb.toml`; a missing file has no defaults.
///
/// # Errors
/// A usage error for a file that cannot be read or understood.
pub fn project(cwd: &Path) -> Result<ProjectDefaults> {
    let path = cwd.join("vodcb.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(ProjectDefaults::default());
        }
        Err(error) => {
            return Err(Error::usage("./vodcb.toml cannot be read").cause(error.to_string()));
        }
    };
    read_project(&text)
}

/// Reads the text of `vodcb.toml`.
///
/// # Errors
/// A usage error with the line.
pub fn read_project(text: &str) -> Result<ProjectDefaults> {
    let file: ProjectFile = toml::from_str(text).map_err(|error| {
        // The error's own text quotes the line, and the line may hold a secret put there by mistake.
        let line = error.span().map_or(1, |span| {
            1 + text[..span.start.min(text.len())].matches('\n').count()
        });
        Error::usage(format!("./vodcb.toml is not valid: line {line}"))
            .cause(
                error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            )
            .hint("[defaults] takes region, app_id, profile and output")
    })?;
    Ok(file.defaults)
}

/// The first of these variables that is set and not empty, with its name.
pub fn variable<'a>(
    env: &'a Environment,
    names: &[&'static str],
) -> Option<(&'static str, &'a str)> {
    names.iter().find_map(|name| {
        let value = env.get(*name)?.trim();
        (!value.is_empty()).then_some((*name, value))
    })
}

/// The account that owns the queues, where no flag and no callback names it.
///
/// # Errors
/// A usage error for what is no account id.
pub fn queue_account(env: &Environment) -> Result<Option<&str>> {
    let Some((from, id)) = variable(env, &["VODCB_ACCOUNT_ID"]) else {
        return Ok(None);
    };
    check_account_id(id)
        .map(|()| Some(id))
        .map_err(|error| error.cause(format!("it comes from {from}")))
}

/// The file or folder that the first of these variables names.
///
/// # Errors
/// A usage error for a variable that is no UTF-8: what stands for its bytes would name another place.
pub fn file(env: &Environment, names: &[&'static str]) -> Result<Option<PathBuf>> {
    match variable(env, names) {
        Some((name, path)) if path.contains(char::REPLACEMENT_CHARACTER) => {
            Err(Error::usage(format!("{name} is not UTF-8"))
                .hint("name a place whose whole path is UTF-8"))
        }
        found => Ok(found.map(|(_, path)| PathBuf::from(path))),
    }
}

/// True for a variable that says `true`, `1`, `yes` or `on` in any case, as the SDKs read theirs.
pub fn switch(env: &Environment, name: &'static str) -> bool {
    variable(env, &[name]).is_some_and(|(_, value)| on_or_off(value) == Some(true))
}

fn on_or_off(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "0" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// The variables that name a region, ours first.
const REGION: [&str; 6] = [
    "VODCB_REGION",
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
    "ALIBABA_CLOUD_REGION",
    "ALICLOUD_REGION",
];

/// The region and why. An endpoint of a centre that was named says it where nothing but a profile does. An
/// unknown id near a known one is refused unless an endpoint is given too.
///
/// # Errors
/// A usage error with the nearest ids and where the wrong one came from.
pub fn region(
    flags: &Flags,
    env: &Environment,
    project: &ProjectDefaults,
    profile: Option<(&str, &str)>,
) -> Result<Resolved<Region>> {
    let (text, from) = if let Some(text) = &flags.region {
        (text.as_str(), "--region".to_owned())
    } else if let Some((name, text)) = variable(env, &REGION) {
        (text, name.to_owned())
    } else if let Some(text) = &project.region {
        (text.as_str(), "./vodcb.toml".to_owned())
    } else if let Some(Resolved { value, from }) = named_endpoint(flags, env)?
        && let Some(centre) = value.centre()
    {
        (centre.id, from)
    } else if let Some((name, text)) = profile {
        (text, format!("profile {name}"))
    } else {
        return Ok(Resolved::new(Region::default(), "default"));
    };
    region_id(flags, env, text, &from).map(|region| Resolved::new(region, from))
}

/// Takes the id of a region in any case. An unknown id near a known one is refused unless an endpoint is
/// given too, which may serve it.
///
/// # Errors
/// A usage error with the nearest ids and where the wrong one came from.
pub fn region_id(flags: &Flags, env: &Environment, text: &str, from: &str) -> Result<Region> {
    let text = text.trim();
    let region = match named_endpoint(flags, env)? {
        Some(_) => Region::parse(text),
        None => Region::parse_strict(text),
    };
    region.map_err(|error| {
        error
            .cause(format!("it comes from {from}"))
            .hint("a new centre is reached with its --endpoint")
    })
}

/// The application and why.
///
/// # Errors
/// A usage error for an id that cannot be one.
pub fn app_id(
    flags: &Flags,
    env: &Environment,
    project: &ProjectDefaults,
) -> Result<Resolved<AppId>> {
    let (text, from) = if let Some(text) = &flags.app_id {
        (text.as_str(), "--app-id")
    } else if let Some((name, text)) = variable(env, &["VODCB_APP_ID"]) {
        (text, name)
    } else if let Some(text) = &project.app_id {
        (text.as_str(), "./vodcb.toml")
    } else {
        return Ok(Resolved::new(AppId::default(), "default"));
    };
    AppId::parse(text)
        .map(|id| Resolved::new(id, from))
        .map_err(|error| error.cause(format!("it comes from {from}")))
}

/// True when the emulator inside the process is asked for.
///
/// # Errors
/// A usage error for a word that is neither yes nor no, since guessing could call the real service, and for a
/// flag that names another service at the same time.
pub fn emulator(flags: &Flags, env: &Environment) -> Result<bool> {
    let (wanted, from) = match variable(env, &["VODCB_EMULATOR"]) {
        _ if flags.emulator => (true, "--emulator"),
        None => (false, ""),
        Some((name, word)) => match on_or_off(word) {
            Some(wanted) => (wanted, name),
            None => {
                return Err(Error::usage(format!("{name} takes 1 or 0, not {word:?}"))
                    .hint("1 runs against the emulator, 0 against the service"));
            }
        },
    };
    if wanted && flags.endpoint.is_some() {
        let message = format!("{from} and --endpoint exclude each other");
        return Err(Error::usage(message).hint("leave one of them out"));
    }
    Ok(wanted)
}

/// The form of results, one of those that the command has.
///
/// # Errors
/// A usage error for an unknown form, and for a flag that asks for one that the command does not have.
pub fn format(
    flags: &Flags,
    env: &Environment,
    project: &ProjectDefaults,
    forms: Forms,
) -> Result<Format> {
    if let Some(format) = flags.output {
        return forms.check(format).map(|()| format);
    }
    let named = variable(env, &["VODCB_OUTPUT"])
        .map(|(name, text)| (name, text.to_owned()))
        .or_else(|| project.output.clone().map(|text| ("./vodcb.toml", text)));
    let Some((from, text)) = named else {
        return Ok(Format::default());
    };
    let usual = <Format as clap::ValueEnum>::from_str(&text, true).map_err(|_| {
        Error::usage(format!("{text:?} from {from} is not a form of output"))
            .hint("the forms are table, json, yaml, raw and ndjson")
    })?;
    Ok(forms.fit(usual))
}

/// Seconds one call may take.
///
/// # Errors
/// A usage error for anything but 0.1 to 3600.
pub fn timeout(flags: &Flags, env: &Environment) -> Result<f64> {
    let (seconds, from) = match (flags.timeout, variable(env, &["VODCB_TIMEOUT"])) {
        (Some(seconds), _) => (seconds, "--timeout"),
        (None, Some((name, text))) => (text.parse().unwrap_or(f64::NAN), name),
        (None, None) => return Ok(10.0),
    };
    if (0.1..=3600.0).contains(&seconds) {
        return Ok(seconds);
    }
    Err(Error::usage(format!("{from} takes seconds from 0.1 to 3600")).hint("for example 10"))
}

/// How often a call is tried again.
///
/// # Errors
/// A usage error for anything but 0 to 100.
pub fn retries(flags: &Flags, env: &Environment) -> Result<u32> {
    let (count, from) = match (flags.retries, variable(env, &["VODCB_RETRIES"])) {
        (Some(count), _) => (Some(count), "--retries"),
        (None, Some((name, text))) => (text.parse().ok(), name),
        (None, None) => return Ok(3),
    };
    count.filter(|count| *count <= 100).ok_or_else(|| {
        Error::usage(format!("{from} takes a number from 0 to 100")).hint("for example 3")
    })
}

/// The documented limit of `SetMessageCallback`; that of `ListAppInfo` is 30, the others state none.
const QPS: u32 = 15;

/// How many calls of one operation go out in a second; 0 for no limit.
///
/// # Errors
/// A usage error for anything but 0 to 10000.
pub fn qps(flags: &Flags, env: &Environment) -> Result<u32> {
    let (count, from) = match (flags.qps, variable(env, &["VODCB_QPS"])) {
        (Some(count), _) => (Some(count), "--qps"),
        (None, Some((name, text))) => (text.parse().ok(), name),
        (None, None) => return Ok(QPS),
    };
    count.filter(|count| *count <= 10_000).ok_or_else(|| {
        Error::usage(format!("{from} takes a number from 0 to 10000")).hint(format!(
            "the service allows {QPS} changes a second; 0 sets no limit"
        ))
    })
}

/// How requests are signed.
///
/// # Errors
/// A usage error for an unknown kind.
pub fn signature(flags: &Flags, env: &Environment) -> Result<SignatureKind> {
    let named = match &flags.signature {
        Some(text) => Some(("--signature", text.as_str())),
        None => variable(env, &["VODCB_SIGNATURE"]),
    };
    let Some((from, text)) = named else {
        return Ok(SignatureKind::default());
    };
    clap::ValueEnum::from_str(text, true).map_err(|_| {
        Error::usage(format!("{from} takes rpc or acs3, not {text:?}"))
            .hint("rpc keeps parameters out of URLs, acs3 is the newer one")
    })
}
