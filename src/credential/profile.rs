//! Profiles of aliyun-cli: `~/.aliyun/config.json`, read and never written.
//!
//! A profile says how its key is obtained; this file turns it into a [`Recipe`]. Members that are not
//! known belong to aliyun-cli, and profiles that are not asked for may be as wrong as they like.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::login::{self, Login, Site};
use super::oidc::Oidc;
use super::process::External;
use super::recipe::Recipe;
use super::{Credential, Issued};
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::settings::{self, variable};
use crate::sts::Role;

/// The file as far as every reader needs it.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    current: Option<String>,
    #[serde(default, borrow)]
    profiles: Vec<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Name {
    name: String,
}

/// One profile; an empty text means that the member is absent.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Profile {
    name: String,
    mode: String,
    access_key_id: String,
    access_key_secret: String,
    sts_token: String,
    sts_region: String,
    sts_endpoint: String,
    enable_vpc: bool,
    sts_expiration: i64,
    region_id: String,
    ram_role_name: String,
    ram_role_arn: String,
    ram_session_name: String,
    expired_seconds: u64,
    external_id: String,
    policy: String,
    source_profile: String,
    process_command: String,
    credentials_uri: String,
    oidc_provider_arn: String,
    oidc_token_file: String,
    cloud_sso_sign_in_url: String,
    cloud_sso_account_id: String,
    cloud_sso_access_config: String,
    access_token: String,
    cloud_sso_access_token_expire: i64,
    oauth_site_type: String,
    oauth_access_token: String,
    oauth_access_token_expire: i64,
}

/// A profile that was found.
pub struct Found {
    /// How its key is obtained.
    pub recipe: Recipe,
    /// Its name.
    pub name: String,
    /// How it holds its key.
    pub mode: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// Its region, empty when it names none.
    pub region: String,
    /// True when the file itself holds a secret.
    pub holds_secret: bool,
}

/// Where the file is: `ALIBABA_CLOUD_CONFIG_FILE` or below the home folder.
pub fn path(env: &Environment, home: Option<&Path>) -> Option<PathBuf> {
    match variable(env, &["ALIBABA_CLOUD_CONFIG_FILE"]) {
        Some((_, path)) => Some(PathBuf::from(path)),
        None => home.map(|home| home.join(".aliyun").join("config.json")),
    }
}

/// Reads the named profile, or the current one. `Ok(Err(_))` says why there is nothing to read.
///
/// # Errors
/// A credentials error with file, line and profile: a file that is malformed, two profiles of that
/// name, a mode that cannot be used, a value that is missing, a circle of profiles.
pub fn find(
    ctx: &Context,
    path: &Path,
    name: Option<&str>,
) -> Result<std::result::Result<Found, String>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Err(format!("{} does not exist", path.display())));
        }
        Err(error) => return Err(trouble(path, "cannot be read").cause(error.to_string())),
    };
    let text = text(path, &bytes)?;
    let book = Book::read(path, text)?;
    if book.file.profiles.is_empty() {
        return Ok(Err(format!("{} has no profiles", path.display())));
    }
    let current = book.file.current.as_deref().filter(|name| !name.is_empty());
    let wanted = name.or(current).unwrap_or("default");
    let Some(profile) = book.profile(wanted)? else {
        return match name {
            Some(_) => Ok(Err(format!("{} has no profile {wanted:?}; {}", path.display(), book.names()))),
            None if current.is_some() => Err(trouble(path, &format!("has no profile {wanted:?}, which it calls current"))
                .hint(format!("{}; aliyun configure switch --profile NAME chooses one", book.names()))),
            None => Err(trouble(path, "names no current profile, and none is called default")
                .hint(format!("{}; aliyun configure switch --profile NAME chooses one, or name it with --profile", book.names()))),
        };
    };
    let recipe = book.recipe(ctx, &profile, &mut Vec::new())?;
    Ok(Ok(Found {
        recipe,
        mode: profile.mode().to_owned(),
        holds_secret: !(profile.access_key_secret.is_empty()
            && profile.access_token.is_empty()
            && profile.oauth_access_token.is_empty()),
        name: profile.name,
        file: path.to_owned(),
        region: profile.region_id,
    }))
}

/// serde's own words quote the value, and the value may be a secret in the wrong place.
fn what_is_wrong(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let text = error.to_string();
    match error.classify() {
        Category::Eof => "the file ends too early".to_owned(),
        Category::Syntax | Category::Io => "it is not JSON".to_owned(),
        Category::Data => match text.rsplit_once("expected ") {
            Some((_, expected)) => {
                let expected = expected.split(" at line ").next().unwrap_or_default();
                format!("a value has the wrong type; expected {expected}")
            }
            None => "a value has the wrong type".to_owned(),
        },
    }
}

fn trouble(path: &Path, what: &str) -> Error {
    Error::new(Kind::Credentials, format!("{} {what}", path.display()))
}

/// A byte order mark of UTF-8 is passed over; other encodings are named.
fn text<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str> {
    let hint = "save it as UTF-8, or write it anew with aliyun configure";
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return Err(trouble(path, "is UTF-16, as its byte order mark says").hint(hint));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        trouble(path, &format!("is not UTF-8: line {line}")).hint(hint)
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// The file in memory; errors can tell the line of a profile.
struct Book<'a> {
    path: &'a Path,
    text: &'a str,
    file: File<'a>,
}

impl<'a> Book<'a> {
    fn read(path: &'a Path, text: &'a str) -> Result<Self> {
        let file = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            trouble(path, &format!("is not valid: line {line}, column {column}"))
                .cause(what_is_wrong(&error))
                .hint("aliyun configure list shows whether aliyun-cli can read it")
        })?;
        Ok(Book { path, text, file })
    }

    /// The line on which a profile begins.
    fn line(&self, raw: &RawValue) -> usize {
        let offset = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
        1 + self.text[..offset].matches('\n').count()
    }

    fn names(&self) -> String {
        let names: Vec<String> = self
            .file
            .profiles
            .iter()
            .filter_map(|raw| name_of(raw))
            .collect();
        format!("it has: {}", names.join(", "))
    }

    /// The one profile of that name.
    fn profile(&self, name: &str) -> Result<Option<Profile>> {
        let mut of_that_name = self
            .file
            .profiles
            .iter()
            .filter(|raw| name_of(raw).as_deref() == Some(name));
        let Some(raw) = of_that_name.next() else {
            return Ok(None);
        };
        if let Some(second) = of_that_name.next() {
            return Err(trouble(
                self.path,
                &format!(
                    "has two profiles {name:?}: lines {} and {}",
                    self.line(raw),
                    self.line(second)
                ),
            )
            .hint("rename or remove one of them"));
        }
        let profile = serde_json::from_str(raw.get()).map_err(|error| {
            let line = self.line(raw) + error.line() - 1;
            trouble(
                self.path,
                &format!("is not valid: profile {name:?}, line {line}"),
            )
            .cause(what_is_wrong(&error))
            .hint(format!("write it anew: aliyun configure --profile {name}"))
        })?;
        Ok(Some(profile))
    }

    /// How a profile's key is obtained. `path_here` are the profiles that led here.
    fn recipe(
        &self,
        ctx: &Context,
        profile: &Profile,
        path_here: &mut Vec<String>,
    ) -> Result<Recipe> {
        let at = Place {
            book: self,
            profile,
        };
        match profile.mode().to_ascii_lowercase().as_str() {
            "ak" => Ok(Recipe::Static(at.key(false)?)),
            "ststoken" => Ok(Recipe::Static(at.key(true)?)),
            "ramrolearn" => at.role(ctx, Recipe::Static(at.key(!profile.sts_token.is_empty())?)),
            "ecsramrole" => Ok(at.ecs()),
            "ramrolearnwithrolename" | "ramrolearnwithecs" => at.role(ctx, at.ecs()),
            "chainableramrolearn" => {
                let source = at.needed("source_profile", &profile.source_profile)?;
                path_here.push(profile.name.clone());
                if path_here.iter().any(|name| name == source) {
                    path_here.push(source.to_owned());
                    return Err(trouble(
                        self.path,
                        &format!(
                            "has profiles that lead in a circle: {}",
                            path_here.join(" -> ")
                        ),
                    )
                    .hint("one of them must hold a key of its own"));
                }
                let base = self.profile(source)?.ok_or_else(|| {
                    trouble(
                        self.path,
                        &format!(
                            "has no profile {source:?}, which profile {:?} builds on",
                            profile.name
                        ),
                    )
                    .hint(self.names())
                })?;
                at.role(ctx, self.recipe(ctx, &base, path_here)?)
            }
            "external" => at.external(ctx),
            "credentialsuri" => at.uri(ctx),
            "oidc" => at.oidc(ctx),
            "cloudsso" => at.cloud_sso(ctx),
            "oauth" => at.oauth(ctx),
            _ => Err(at.unusable()),
        }
    }
}

fn name_of(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<Name>(raw.get())
        .ok()
        .map(|profile| profile.name)
}

impl Profile {
    /// aliyun-cli leaves the mode out of old profiles and goes by what they hold.
    fn mode(&self) -> &str {
        if !self.mode.is_empty() {
            return &self.mode;
        }
        let held = [
            (&self.ram_role_arn, "RamRoleArn"),
            (&self.sts_token, "StsToken"),
            (&self.access_key_id, "AK"),
            (&self.ram_role_name, "EcsRamRole"),
            (&self.process_command, "External"),
            (&self.oidc_token_file, "OIDC"),
            (&self.cloud_sso_sign_in_url, "CloudSSO"),
        ];
        held.iter()
            .find(|(value, _)| !value.is_empty())
            .map_or("AK", |(_, mode)| mode)
    }
}

/// A profile and where it stands, for errors that name both.
struct Place<'a> {
    book: &'a Book<'a>,
    profile: &'a Profile,
}

impl Place<'_> {
    fn needed<'v>(&self, member: &str, value: &'v str) -> Result<&'v str> {
        if !value.is_empty() {
            return Ok(value);
        }
        let Profile { name, .. } = self.profile;
        Err(trouble(
            self.book.path,
            &format!(
                "profile {name:?} lacks {member}, which the mode {} needs",
                self.profile.mode()
            ),
        )
        .hint(format!(
            "run: aliyun configure --profile {name} --mode {}",
            self.profile.mode()
        )))
    }

    fn key(&self, with_token: bool) -> Result<Credential> {
        let profile = self.profile;
        let token = if with_token {
            Some(self.needed("sts_token", &profile.sts_token)?)
        } else {
            None
        };
        Ok(Credential {
            access_key_id: self
                .needed("access_key_id", &profile.access_key_id)?
                .to_owned(),
            access_key_secret: Secret::new(
                self.needed("access_key_secret", &profile.access_key_secret)?,
            ),
            security_token: token.map(Secret::new),
        })
    }

    fn ecs(&self) -> Recipe {
        Recipe::EcsRole {
            name: given(&self.profile.ram_role_name),
        }
    }

    fn role(&self, ctx: &Context, base: Recipe) -> Result<Recipe> {
        Ok(Recipe::AssumeRole {
            base: Box::new(base),
            role: self.ram_role(ctx)?,
            sts: self.sts(ctx)?,
        })
    }

    fn ram_role(&self, ctx: &Context) -> Result<Role> {
        let profile = self.profile;
        let external_id = || {
            let names = ["ALIBABACLOUD_EXTERNAL_ID", "ALIBABA_CLOUD_EXTERNAL_ID"];
            variable(&ctx.env, &names).map(|(_, id)| id.to_owned())
        };
        Ok(Role {
            arn: self
                .needed("ram_role_arn", &profile.ram_role_arn)?
                .to_owned(),
            session_name: given(&profile.ram_session_name),
            seconds: Some(profile.expired_seconds).filter(|seconds| *seconds > 0),
            policy: given(&profile.policy),
            external_id: given(&profile.external_id).or_else(external_id),
        })
    }

    fn sts(&self, ctx: &Context) -> Result<crate::target::Endpoint> {
        let profile = self.profile;
        settings::sts_endpoint(
            &ctx.flags,
            &ctx.env,
            &settings::StsWish {
                endpoint: given(&profile.sts_endpoint),
                region: given(&profile.sts_region),
                vpc: profile.enable_vpc,
            },
        )
    }

    /// A variable can forbid what runs programs or asks addresses that a file names.
    fn allowed(&self, ctx: &Context) -> Result<()> {
        const FORBIDS: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
        if !settings::switch(&ctx.env, FORBIDS) {
            return Ok(());
        }
        let what = format!(
            "profile {:?} has the mode {}, which {FORBIDS} forbids",
            self.profile.name,
            self.profile.mode()
        );
        Err(trouble(self.book.path, &what).hint("choose another profile, or unset the variable"))
    }

    fn external(&self, ctx: &Context) -> Result<Recipe> {
        self.allowed(ctx)?;
        Ok(Recipe::Process(External {
            command: self
                .needed("process_command", &self.profile.process_command)?
                .to_owned(),
            profile: self.profile.name.clone(),
        }))
    }

    fn uri(&self, ctx: &Context) -> Result<Recipe> {
        self.allowed(ctx)?;
        let from_variable = || {
            variable(&ctx.env, &["ALIBABA_CLOUD_CREDENTIALS_URI"]).map(|(_, uri)| uri.to_owned())
        };
        let uri = given(&self.profile.credentials_uri)
            .or_else(from_variable)
            .unwrap_or_default();
        Ok(Recipe::Uri(
            self.needed("credentials_uri", &uri)?.to_owned(),
        ))
    }

    fn oidc(&self, ctx: &Context) -> Result<Recipe> {
        let profile = self.profile;
        Ok(Recipe::Oidc(Oidc {
            provider_arn: self
                .needed("oidc_provider_arn", &profile.oidc_provider_arn)?
                .to_owned(),
            token_file: self
                .needed("oidc_token_file", &profile.oidc_token_file)?
                .into(),
            role: self.ram_role(ctx)?,
            sts: self.sts(ctx)?,
        }))
    }

    fn cloud_sso(&self, ctx: &Context) -> Result<Recipe> {
        let profile = self.profile;
        let site = Site::CloudSso {
            sign_in_url: self
                .needed("cloud_sso_sign_in_url", &profile.cloud_sso_sign_in_url)?
                .to_owned(),
            account_id: profile.cloud_sso_account_id.clone(),
            access_config: profile.cloud_sso_access_config.clone(),
        };
        self.login(
            ctx,
            site,
            &profile.access_token,
            profile.cloud_sso_access_token_expire,
        )
    }

    fn oauth(&self, ctx: &Context) -> Result<Recipe> {
        let profile = self.profile;
        let site = Site::OAuth {
            site: profile.oauth_site_type.clone(),
        };
        self.login(
            ctx,
            site,
            &profile.oauth_access_token,
            profile.oauth_access_token_expire,
        )
    }

    /// The stored key while it is good, else the exchange of a token that is, else the end.
    fn login(&self, ctx: &Context, site: Site, token: &str, token_ends: i64) -> Result<Recipe> {
        let profile = self.profile;
        let now = (ctx.now)().as_second();
        if profile.sts_expiration > now && !profile.access_key_secret.is_empty() {
            return Ok(Recipe::Kept(Issued {
                credential: self.key(true)?,
                expires: jiff::Timestamp::from_second(profile.sts_expiration).ok(),
            }));
        }
        if token.is_empty() || token_ends <= now {
            return Err(login::expired(
                &profile.name,
                &site,
                "neither the stored key nor the access token is good any more",
            )
            .cause(format!("in {}", self.book.path.display())));
        }
        Ok(Recipe::Login(Login {
            profile: profile.name.clone(),
            access_token: Secret::new(token),
            site,
        }))
    }

    fn unusable(&self) -> Error {
        let mode = self.profile.mode();
        let why = match mode.to_ascii_lowercase().as_str() {
            "anonymous" => "VOD answers no unsigned call",
            "bearertoken" => "nothing says that VOD takes bearer tokens",
            "rsakeypair" => {
                "RSA key pairs are deprecated, and only the STS of one region takes them"
            }
            _ => "no such mode is known",
        };
        trouble(self.book.path, &format!("profile {:?} has the mode {mode}, which cannot be used here", self.profile.name))
            .cause(why)
            .hint("choose another profile with --profile, or set ALIBABA_CLOUD_ACCESS_KEY_ID and its companions")
    }
}

fn given(text: &str) -> Option<String> {
    Some(text)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
