//! Profiles of aliyun-cli: `~/.aliyun/config.json`, read and never written.
//!
//! A profile says how its key is obtained; `modes` turns it into a [`Recipe`]. Members that are not
//! known belong to aliyun-cli, and profiles that are not asked for may be as wrong as they like.

mod modes;
mod stored;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use self::stored::Profile;
pub(super) use self::stored::or_default;
use super::recipe::Recipe;
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::settings::{self, StsWish};
use crate::text::quoted;

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
    /// True when the file holds a secret, in this profile or another.
    pub holds_secret: bool,
    /// Where it wants STS to be.
    pub sts: StsWish,
}

/// Where the file is: `ALIBABA_CLOUD_CONFIG_FILE` or below the home folder.
///
/// # Errors
/// As [`settings::file`].
pub fn path(env: &Environment, home: Option<&Path>) -> Result<Option<PathBuf>> {
    let named = settings::file(env, &["ALIBABA_CLOUD_CONFIG_FILE"])?;
    Ok(named.or_else(|| home.map(|home| home.join(".aliyun").join("config.json"))))
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
    read(ctx, path, &bytes, name)
}

/// The same of a file that was read; its path is for errors.
///
/// # Errors
/// As [`find`].
pub fn read(
    ctx: &Context,
    path: &Path,
    bytes: &[u8],
    name: Option<&str>,
) -> Result<std::result::Result<Found, String>> {
    let text = text(path, bytes)?;
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
    if name.is_none() && profile.holds_nothing() {
        return Ok(Err(format!(
            "the profile {wanted:?} of {} holds no key",
            path.display()
        )));
    }
    let recipe = book.recipe(ctx, &profile, &mut Vec::new())?;
    Ok(Ok(Found {
        recipe,
        mode: profile.mode().to_owned(),
        holds_secret: book.holds_secret(),
        sts: profile.sts_wish(path),
        name: profile.name,
        file: path.to_owned(),
        region: profile.region_id,
    }))
}

/// The names in the file, none when it cannot be read; who asks only offers them.
pub fn names(env: &Environment, home: Option<&Path>) -> Vec<String> {
    let path = path(env, home).ok().flatten();
    let bytes = path.and_then(|path| std::fs::read(path).ok());
    names_in(&bytes.unwrap_or_default())
}

/// The same of a file that was read.
pub fn names_in(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Ok(file) = serde_json::from_slice::<File>(bytes) else {
        return Vec::new();
    };
    let names = file.profiles.iter();
    names
        .filter_map(|profile| serde_json::from_str::<Name>(profile.get()).ok())
        .map(|profile| profile.name)
        .filter(|name| !name.is_empty())
        .collect()
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

    /// Profiles that cannot be read are no reason to warn.
    fn holds_secret(&self) -> bool {
        let profiles = self.file.profiles.iter();
        profiles
            .filter_map(|raw| serde_json::from_str::<Profile>(raw.get()).ok())
            .any(|profile| profile.holds_secret())
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
            .hint(format!(
                "write it anew: aliyun configure --profile {}",
                quoted(name)
            ))
        })?;
        Ok(Some(profile))
    }
}

fn name_of(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<Name>(raw.get())
        .ok()
        .map(|profile| profile.name)
}
