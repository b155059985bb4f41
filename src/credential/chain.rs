//! Where the key comes from: one visible list, tried in order.
//!
//! A profile that is named explicitly wins over everything, since it was asked for. After it come
//! the sources of the official SDKs in their order: environment, OIDC, aliyun-cli's current profile,
//! the ini file, the ECS role, the credentials URI. This version knows [`ORDER`]; a source that joins
//! takes its place in that list and nothing else changes.

use std::path::PathBuf;

use super::{Credential, Passed, env, profile};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::settings::{ProjectDefaults, switch, variable};

/// The variables that name a profile, ours first; aliyun-cli reads the one without underscore first.
const PROFILE: [&str; 4] = [
    "VODCB_PROFILE",
    "ALIBABACLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE",
    "ALICLOUD_PROFILE",
];

/// A place to look for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The profile of `--profile` or a profile variable.
    NamedProfile,
    /// `ALIBABA_CLOUD_ACCESS_KEY_ID` and its companions.
    Environment,
    /// The current profile of `~/.aliyun/config.json`, or the one `vodcb.toml` names.
    CurrentProfile,
}

/// Every source, the strongest first.
pub const ORDER: [Source; 3] = [
    Source::NamedProfile,
    Source::Environment,
    Source::CurrentProfile,
];

/// A key and everything worth telling about its origin.
#[derive(Debug, Clone)]
pub struct Found {
    /// The key.
    pub credential: Credential,
    /// In words, for example `profile prod`.
    pub from: String,
    /// The profile, if it is one.
    pub profile: Option<String>,
    /// The profile's mode.
    pub mode: Option<String>,
    /// The file it stands in.
    pub file: Option<PathBuf>,
    /// The profile's region.
    pub region: Option<String>,
    /// The sources before it and why they passed.
    pub passed: Vec<Passed>,
}

impl Source {
    /// The name in explanations.
    pub const fn name(self) -> &'static str {
        match self {
            Source::NamedProfile => "named profile",
            Source::Environment => "environment variables",
            Source::CurrentProfile => "current profile of aliyun-cli",
        }
    }

    fn look(
        self,
        ctx: &Context,
        project: &ProjectDefaults,
    ) -> Result<std::result::Result<Found, String>> {
        match self {
            Source::NamedProfile => match named(ctx) {
                None => Ok(Err(
                    "neither --profile nor a profile variable is given".into()
                )),
                Some((from, name)) => {
                    let found = from_file(ctx, Some(name))?;
                    found.map(Ok).map_err(|why| {
                        Error::new(
                            Kind::Credentials,
                            format!("profile {name:?} of {from} was not found"),
                        )
                        .cause(why)
                    })
                }
            },
            Source::Environment => Ok(env::find(&ctx.env).map(|(credential, name)| Found {
                credential,
                from: format!("environment variable {name}"),
                profile: None,
                mode: None,
                file: None,
                region: None,
                passed: Vec::new(),
            })),
            Source::CurrentProfile => {
                if switch(&ctx.env, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED")
                    || switch(&ctx.env, "ALIBABA_CLOUD_IGNORE_PROFILE")
                {
                    return Ok(Err("a variable says that the file is not to be used".into()));
                }
                from_file(ctx, project.profile.as_deref())
            }
        }
    }
}

/// The profile that is named explicitly and by what.
fn named(ctx: &Context) -> Option<(&'static str, &str)> {
    match &ctx.flags.profile {
        Some(name) => Some(("--profile", name)),
        None => variable(&ctx.env, &PROFILE),
    }
}

fn from_file(ctx: &Context, name: Option<&str>) -> Result<std::result::Result<Found, String>> {
    let Some(path) = profile::path(&ctx.env, ctx.home.as_deref()) else {
        return Ok(Err("there is no home folder".into()));
    };
    Ok(profile::find(&path, name)?.map(|found| Found {
        credential: found.credential,
        from: format!("profile {}", found.name),
        profile: Some(found.name),
        mode: Some(found.mode),
        file: Some(found.file),
        region: Some(found.region).filter(|region| !region.is_empty()),
        passed: Vec::new(),
    }))
}

/// The first source with a key.
///
/// # Errors
/// A credentials error: a source that is broken, or the whole list when none has a key.
pub fn find(ctx: &Context, project: &ProjectDefaults) -> Result<Found> {
    let mut passed = Vec::new();
    for source in ORDER {
        match source.look(ctx, project)? {
            Ok(found) => return Ok(Found { passed, ..found }),
            Err(why) => passed.push(Passed {
                source: source.name(),
                why,
            }),
        }
    }
    let error = Error::new(Kind::Credentials, "no credentials were found");
    Err(passed
        .into_iter()
        .fold(error, |error, passed| error.cause(format!("{}: {}", passed.source, passed.why)))
        .hint("set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run aliyun configure")
        .hint("to try vodcb without an account, add --emulator"))
}
