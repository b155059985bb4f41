//! The SDKs' own file of credentials: `~/.alibabacloud/credentials`, an ini file.
//!
//! The Python SDK appends `.ini` to the name; both are looked for, the plain one first.

use std::path::{Path, PathBuf};

use configparser::ini::{Ini, IniDefault};

use super::Credential;
use super::oidc::Oidc;
use super::recipe::Recipe;
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::settings;
use crate::sts::Role;

/// A section that was found.
pub struct Found {
    /// How its key is obtained.
    pub recipe: Recipe,
    /// The section.
    pub section: String,
    /// Its type.
    pub kind: String,
    /// The file.
    pub file: PathBuf,
    /// True when the file holds a secret, in this section or another.
    pub holds_secret: bool,
}

/// Where the file may be.
///
/// # Errors
/// As [`settings::file`].
pub fn paths(env: &Environment, home: Option<&Path>) -> Result<Vec<PathBuf>> {
    if let Some(path) = settings::file(env, &["ALIBABA_CLOUD_CREDENTIALS_FILE"])? {
        return Ok(vec![path]);
    }
    let folder = home.map(|home| home.join(".alibabacloud"));
    let names = ["credentials", "credentials.ini"];
    let paths = folder
        .iter()
        .flat_map(|folder| names.map(|name| folder.join(name)));
    Ok(paths.collect())
}

/// Reads the section. `Ok(Err(_))` says why there is nothing to read.
///
/// # Errors
/// A credentials error with file and section: a file that is malformed, a type that cannot be used, a
/// value that is missing.
pub fn find(ctx: &Context, section: &str) -> Result<std::result::Result<Found, String>> {
    let paths = paths(&ctx.env, ctx.home.as_deref())?;
    let Some(path) = paths.iter().find(|path| path.exists()) else {
        let shown = paths.first().map_or_else(
            || "there is no home folder".to_owned(),
            |path| format!("{} does not exist", path.display()),
        );
        return Ok(Err(shown));
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| trouble(path, "cannot be read").cause(error.to_string()))?;
    read(ctx, path, &text, section)
}

/// The same of a file that was read; its path is for errors.
///
/// # Errors
/// As [`find`].
pub fn read(
    ctx: &Context,
    path: &Path,
    text: &str,
    section: &str,
) -> Result<std::result::Result<Found, String>> {
    let mut ini = reader();
    ini.read(text.trim_start_matches('\u{FEFF}').to_owned())
        .map_err(|why| trouble(path, "is not valid").cause(why))?;
    if !ini.sections().iter().any(|name| name == section) {
        return Ok(Err(format!(
            "{} has no section [{section}]",
            path.display()
        )));
    }
    let section = Section {
        ini,
        path,
        name: section,
    };
    if section
        .get("enable")
        .is_some_and(|word| word.eq_ignore_ascii_case("false"))
    {
        return Ok(Err(format!(
            "section [{}] of {} is not enabled",
            section.name,
            path.display()
        )));
    }
    let recipe = section.recipe(ctx)?;
    Ok(Ok(Found {
        recipe,
        kind: section.get("type").unwrap_or_default(),
        section: section.name.to_owned(),
        file: path.to_owned(),
        holds_secret: section.file_holds_secret(),
    }))
}

/// Names keep their case, and `#` may stand in a secret.
fn reader() -> Ini {
    let mut rules = IniDefault::default();
    rules.case_sensitive = true;
    rules.enable_inline_comments = false;
    Ini::new_from_defaults(rules)
}

fn trouble(path: &Path, what: &str) -> Error {
    Error::new(Kind::Credentials, format!("{} {what}", path.display()))
}

struct Section<'a> {
    ini: Ini,
    path: &'a Path,
    name: &'a str,
}

impl Section<'_> {
    fn get(&self, key: &str) -> Option<String> {
        self.ini
            .get(self.name, key)
            .filter(|value| !value.is_empty())
    }

    fn file_holds_secret(&self) -> bool {
        let keys = ["access_key_secret", "security_token"];
        let has = |section: &String, key| {
            self.ini
                .get(section, key)
                .is_some_and(|value| !value.is_empty())
        };
        let sections = self.ini.sections();
        sections
            .iter()
            .any(|section| keys.iter().any(|key| has(section, key)))
    }

    fn needed(&self, key: &str) -> Result<String> {
        self.get(key).ok_or_else(|| {
            trouble(self.path, &format!("section [{}] lacks {key}", self.name))
                .hint("add it, or choose another section with ALIBABA_CLOUD_PROFILE")
        })
    }

    fn recipe(&self, ctx: &Context) -> Result<Recipe> {
        match self.needed("type")?.as_str() {
            "access_key" => Ok(Recipe::Static(self.key(None)?)),
            "sts" => Ok(Recipe::Static(
                self.key(Some(self.needed("security_token")?))?,
            )),
            "ram_role_arn" => Ok(Recipe::AssumeRole {
                base: Box::new(Recipe::Static(self.key(None)?)),
                role: self.role()?,
                sts: self.sts(ctx)?,
            }),
            "ecs_ram_role" => Ok(Recipe::EcsRole {
                name: self.get("role_name"),
            }),
            "oidc_role_arn" => Ok(Recipe::Oidc(Oidc {
                provider_arn: self.needed("oidc_provider_arn")?,
                token_file: self.needed("oidc_token_file_path")?.into(),
                role: self.role()?,
                sts: self.sts(ctx)?,
            })),
            kind => {
                let what = format!(
                    "section [{}] has the type {kind:?}, which cannot be used here",
                    self.name
                );
                let why = match kind {
                    "rsa_key_pair" => {
                        "RSA key pairs are deprecated, and only the STS of one region takes them"
                    }
                    "bearer" | "bearer_token" => "nothing says that VOD takes bearer tokens",
                    _ => "no such type is known",
                };
                Err(trouble(self.path, &what).cause(why).hint(
                    "types are access_key, sts, ram_role_arn, ecs_ram_role and oidc_role_arn",
                ))
            }
        }
    }

    fn key(&self, token: Option<String>) -> Result<Credential> {
        Ok(Credential {
            access_key_id: self.needed("access_key_id")?,
            access_key_secret: Secret::new(self.needed("access_key_secret")?),
            security_token: token.map(Secret::new),
        })
    }

    fn role(&self) -> Result<Role> {
        Ok(Role {
            arn: self.needed("role_arn")?,
            session_name: self.get("role_session_name"),
            seconds: None,
            policy: self.get("policy"),
            external_id: self.get("external_id"),
        })
    }

    fn sts(&self, ctx: &Context) -> Result<crate::target::Endpoint> {
        settings::sts_endpoint(&ctx.flags, &ctx.env, &settings::StsWish::default())
    }
}
