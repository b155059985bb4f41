//! A profile of aliyun-cli: `~/.aliyun/config.json`, read and never written.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Credential;
use crate::context::Environment;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::settings::variable;

/// The file as far as it is used here; other members belong to aliyun-cli.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: String,
    #[serde(default)]
    profiles: Vec<Profile>,
}

/// One profile.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Profile {
    name: String,
    mode: String,
    access_key_id: String,
    access_key_secret: String,
    sts_token: String,
    region_id: String,
}

/// A profile that was found.
pub struct Found {
    /// Its key.
    pub credential: Credential,
    /// Its name.
    pub name: String,
    /// How it holds its key.
    pub mode: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// Its region, empty when it names none.
    pub region: String,
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
/// A credentials error for a file that is malformed, a name that is not in it, and a profile whose
/// mode cannot be used or lacks a value.
pub fn find(path: &Path, name: Option<&str>) -> Result<std::result::Result<Found, String>> {
    let shown = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Err(format!("{shown} does not exist")));
        }
        Err(error) => return Err(trouble(path, "cannot be read").cause(error.to_string())),
    };
    let file: File =
        serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|error| {
            trouble(path, "is not valid")
                .cause(error.to_string())
                .hint("aliyun configure list shows whether aliyun-cli can read it")
        })?;
    let wanted = match name {
        Some(name) => name,
        None if !file.current.is_empty() => file.current.as_str(),
        None => "default",
    };
    let Some(profile) = file.profiles.iter().find(|profile| profile.name == wanted) else {
        if name.is_none() && file.current.is_empty() {
            return Ok(Err(format!("{shown} names no current profile")));
        }
        let names: Vec<&str> = file
            .profiles
            .iter()
            .map(|profile| profile.name.as_str())
            .collect();
        return Err(trouble(path, &format!("has no profile {wanted:?}"))
            .hint(format!("it has: {}", names.join(", "))));
    };
    Ok(Ok(Found {
        credential: profile.credential(path)?,
        name: profile.name.clone(),
        mode: profile.guessed_mode().to_owned(),
        file: path.to_owned(),
        region: profile.region_id.clone(),
    }))
}

fn trouble(path: &Path, what: &str) -> Error {
    Error::new(Kind::Credentials, format!("{} {what}", path.display()))
}

impl Profile {
    /// aliyun-cli leaves the mode out of simple profiles.
    fn guessed_mode(&self) -> &str {
        match self.mode.as_str() {
            "" if !self.sts_token.is_empty() => "StsToken",
            "" => "AK",
            mode => mode,
        }
    }

    fn credential(&self, path: &Path) -> Result<Credential> {
        let mode = self.guessed_mode();
        let needed: &[(&str, &str)] = match mode.to_ascii_lowercase().as_str() {
            "ak" => &[
                ("access_key_id", &self.access_key_id),
                ("access_key_secret", &self.access_key_secret),
            ],
            "ststoken" => &[
                ("access_key_id", &self.access_key_id),
                ("access_key_secret", &self.access_key_secret),
                ("sts_token", &self.sts_token),
            ],
            _ => {
                return Err(trouble(path, &format!("profile {:?} has the mode {mode}, which this version cannot use", self.name))
                    .hint("the modes AK and StsToken work; for others export ALIBABA_CLOUD_ACCESS_KEY_ID, …_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN"));
            }
        };
        if let Some((member, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
            return Err(
                trouble(path, &format!("profile {:?} lacks {member}", self.name)).hint(format!(
                    "run: aliyun configure --profile {} --mode {mode}",
                    self.name
                )),
            );
        }
        Ok(Credential {
            access_key_id: self.access_key_id.clone(),
            access_key_secret: Secret::new(self.access_key_secret.as_str()),
            security_token: (mode.eq_ignore_ascii_case("StsToken"))
                .then(|| Secret::new(self.sts_token.as_str())),
        })
    }
}
