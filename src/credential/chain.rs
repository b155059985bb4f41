//! Where the key comes from: one visible list, tried in order.
//!
//! A profile that is named explicitly wins over everything, since it was asked for. After it come
//! the sources of the official SDKs in their order. A source that has nothing is passed over with a
//! reason; one that has something broken stops the search, since going on would use another key than
//! the user believes.

use std::path::PathBuf;

use super::recipe::Recipe;
use super::session::Session;
use super::{Passed, ecs_role, env, ini, oidc, profile};
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::settings::{self, StsWish, switch, variable};
use crate::text::quoted;

/// The variables that name a profile, ours first; aliyun-cli reads the one without underscore first.
const PROFILE: [&str; 4] = [
    "VODCB_PROFILE",
    "ALIBABACLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE",
    "ALICLOUD_PROFILE",
];

/// The variables that forbid aliyun-cli's file.
const CLI_DISABLED: [&str; 3] = [
    "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
    "ALIBABA_CLOUD_IGNORE_PROFILE",
    "ALIBABACLOUD_IGNORE_PROFILE",
];

/// A place to look for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The profile of `--profile` or a profile variable, in either file.
    NamedProfile,
    /// `ALIBABA_CLOUD_ACCESS_KEY_ID` and its companions.
    Environment,
    /// The three variables of an OIDC provider, a role and a token file.
    Oidc,
    /// The current profile of `~/.aliyun/config.json`, or the one `vodcb.toml` names.
    CurrentProfile,
    /// `~/.alibabacloud/credentials`.
    CredentialsFile,
    /// The role of the ECS instance.
    EcsRole,
    /// `ALIBABA_CLOUD_CREDENTIALS_URI`.
    CredentialsUri,
}

/// Every source, the strongest first.
pub const ORDER: [Source; 7] = [
    Source::NamedProfile,
    Source::Environment,
    Source::Oidc,
    Source::CurrentProfile,
    Source::CredentialsFile,
    Source::EcsRole,
    Source::CredentialsUri,
];

/// A source that says how to obtain a key, and everything worth telling about it.
#[derive(Debug, Clone)]
pub struct Found {
    /// How the key is obtained.
    pub recipe: Recipe,
    /// In words, for example `profile prod`.
    pub from: String,
    /// The profile or section, if it is one.
    pub profile: Option<String>,
    /// The profile's mode or the section's type.
    pub mode: Option<String>,
    /// The file it stands in.
    pub file: Option<PathBuf>,
    /// True when that file holds a secret.
    pub holds_secret: bool,
    /// The profile's region.
    pub region: Option<String>,
    /// Where the profile wants STS to be.
    pub sts: StsWish,
    /// The sources before it and why they passed.
    pub passed: Vec<Passed>,
}

/// What looking at a source comes to: a way to a key, or why there is none.
type Look = std::result::Result<Found, String>;

impl Found {
    /// A source without a file.
    pub fn new(recipe: Recipe, from: impl Into<String>) -> Self {
        Found {
            recipe,
            from: from.into(),
            profile: None,
            mode: None,
            file: None,
            holds_secret: false,
            region: None,
            sts: StsWish::default(),
            passed: Vec::new(),
        }
    }

    /// Obtains the key and keeps it for the run.
    ///
    /// # Errors
    /// As [`Recipe::carry_out`], with the source named.
    pub async fn open(&self, ctx: &Context) -> Result<Session> {
        let issued = self
            .recipe
            .carry_out(ctx)
            .await
            .map_err(|error| error.cause(format!("the key comes from {}", self.from)))?;
        let session = Session::new(self.recipe.clone(), issued, ctx.service_time());
        Ok(session.coming_from(&self.from))
    }

    /// A warning for each source that was passed over although a part of it is set up: a key that nobody meant
    /// may be used instead.
    pub fn half_set(&self) -> impl Iterator<Item = String> {
        let half_set = self.passed.iter().filter(|passed| passed.is_half_set);
        half_set.map(|Passed { source, why, .. }| {
            let from = &self.from;
            format!("{why}: the {source} are passed over, and the key comes from {from}")
        })
    }

    /// A warning when others than the owner can read a file that holds a secret.
    #[cfg(unix)]
    pub fn exposed(&self) -> Option<String> {
        use std::os::unix::fs::PermissionsExt;
        let file = self.file.as_ref().filter(|_| self.holds_secret)?;
        let mode = file.metadata().ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| {
            let shown = file.display();
            format!("{shown} holds a secret and others can read it (mode {mode:04o}); run: chmod 600 {}", quoted(&shown.to_string()))
        })
    }

    /// Rights are told on Unix only.
    #[cfg(not(unix))]
    pub fn exposed(&self) -> Option<String> {
        None
    }
}

impl Source {
    /// The name in explanations.
    pub const fn name(self) -> &'static str {
        match self {
            Source::NamedProfile => "named profile",
            Source::Environment => "environment variables",
            Source::Oidc => "OIDC variables",
            Source::CurrentProfile => "current profile of aliyun-cli",
            Source::CredentialsFile => "credentials file of the SDKs",
            Source::EcsRole => "ECS instance role",
            Source::CredentialsUri => "credentials URI",
        }
    }

    /// Whether a part of a source that was passed over is set up.
    fn is_half_set(self, env: &Environment) -> bool {
        let is_set = |names: &[&'static str]| variable(env, names).is_some();
        match self {
            Source::Environment => is_set(&env::ID) || is_set(&env::SECRET),
            Source::Oidc => is_set(&oidc::TOKEN_FILE),
            _ => false,
        }
    }

    async fn look(self, ctx: &Context) -> Result<Look> {
        match self {
            Source::NamedProfile => match named(ctx) {
                None => Ok(Err(
                    "neither --profile nor a profile variable is given".into()
                )),
                Some((from, name)) => named_profile(ctx, from, name).map(Ok),
            },
            Source::Environment => Ok(env::find(&ctx.env).map(|key| Found {
                passed: key.passed,
                ..Found::new(
                    Recipe::Static(key.credential),
                    format!("environment variable {}", key.name),
                )
            })),
            Source::Oidc => {
                let sts = settings::sts_endpoint(&ctx.flags, &ctx.env, &StsWish::default())?;
                let found = oidc::from_environment(&ctx.env, sts)?;
                Ok(found.map(|oidc| Found::new(Recipe::Oidc(oidc), "OIDC variables")))
            }
            Source::CurrentProfile => {
                if let Some(forbids) = cli_disabled(ctx) {
                    return Ok(Err(format!("{forbids} forbids it")));
                }
                match &ctx.project.profile {
                    Some(name) => named_profile(ctx, "./vodcb.toml", name).map(Ok),
                    None => cli_profile(ctx, None),
                }
            }
            Source::CredentialsFile => section(ctx, "default"),
            Source::EcsRole => instance(ctx).await,
            Source::CredentialsUri => Ok(
                match variable(&ctx.env, &["ALIBABA_CLOUD_CREDENTIALS_URI"]) {
                    Some((name, uri)) => Ok(Found::new(
                        Recipe::Uri(uri.to_owned()),
                        format!("credentials URI of {name}"),
                    )),
                    None => Err("ALIBABA_CLOUD_CREDENTIALS_URI is not set".into()),
                },
            ),
        }
    }
}

/// The variable that forbids aliyun-cli's file, if one does.
fn cli_disabled(ctx: &Context) -> Option<&'static str> {
    let mut forbid = CLI_DISABLED.into_iter();
    forbid.find(|name| switch(&ctx.env, name))
}

/// The profile that is named explicitly and by what.
fn named(ctx: &Context) -> Option<(&'static str, &str)> {
    match &ctx.flags.profile {
        Some(name) => Some(("--profile", name)),
        None => variable(&ctx.env, &PROFILE),
    }
}

/// The name may belong to aliyun-cli's file or to that of the SDKs.
fn named_profile(ctx: &Context, from: &str, name: &str) -> Result<Found> {
    // The flag was typed just now; a variable does not outweigh another one that forbids the file.
    let look = match cli_disabled(ctx) {
        Some(forbids) if from != "--profile" => Err(format!("{forbids} forbids aliyun-cli's file")),
        _ => cli_profile(ctx, Some(name))?,
    };
    let in_config = match look {
        Ok(found) => return Ok(found),
        Err(why) => why,
    };
    match section(ctx, name)? {
        Ok(found) => Ok(found),
        Err(why) => Err(Error::new(
            Kind::Credentials,
            format!("the profile {name:?} of {from} was not found"),
        )
        .cause(in_config)
        .cause(why)
        .hint("aliyun configure list shows the profiles")),
    }
}

fn cli_profile(ctx: &Context, name: Option<&str>) -> Result<Look> {
    let Some(path) = profile::path(&ctx.env, ctx.home.as_deref())? else {
        return Ok(Err("there is no home folder".into()));
    };
    Ok(profile::find(ctx, &path, name)?.map(|found| Found {
        profile: Some(found.name.clone()),
        mode: Some(found.mode),
        file: Some(found.file),
        holds_secret: found.holds_secret,
        sts: found.sts,
        region: Some(found.region).filter(|region| !region.is_empty()),
        ..Found::new(found.recipe, format!("profile {}", found.name))
    }))
}

fn section(ctx: &Context, name: &str) -> Result<Look> {
    Ok(ini::find(ctx, name)?.map(|found| Found {
        profile: Some(found.section.clone()),
        mode: Some(found.kind),
        file: Some(found.file),
        holds_secret: found.holds_secret,
        ..Found::new(
            found.recipe,
            format!("section [{}] of the credentials file", found.section),
        )
    }))
}

async fn instance(ctx: &Context) -> Result<Look> {
    const FORBIDS: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
    if switch(&ctx.env, FORBIDS) {
        return Ok(Err(format!("{FORBIDS} forbids it")));
    }
    Ok(match ecs_role::probe(ctx).await? {
        ecs_role::Probe::Role(name) => {
            let from = format!("role {name} of this ECS instance");
            Ok(Found::new(Recipe::EcsRole { name: Some(name) }, from))
        }
        ecs_role::Probe::None(why) => Err(why),
    })
}

/// The first source that says how to obtain a key.
///
/// # Errors
/// A credentials error: a source that is broken, or the whole list when none has a key.
pub async fn find(ctx: &Context) -> Result<Found> {
    let mut passed = Vec::new();
    for source in ORDER {
        match source.look(ctx).await? {
            Ok(found) => {
                passed.extend(found.passed);
                return Ok(Found { passed, ..found });
            }
            Err(why) => passed.push(Passed {
                source: source.name(),
                why,
                is_half_set: source.is_half_set(&ctx.env),
            }),
        }
    }
    let mut error = Error::new(Kind::Credentials, "no credentials were found");
    error.details.no_credentials = true;
    Err(passed
        .into_iter()
        .fold(error, |error, passed| {
            error.cause(format!("{}: {}", passed.source, passed.why))
        })
        .hint("set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run aliyun configure")
        .hint("to try vodcb without an account, add --emulator"))
}
