//! The target: what one callback belongs to, a region and an application of the caller's account.

pub mod app;
mod centres;
pub mod endpoint;
pub mod region;

pub use app::App;
pub use endpoint::Endpoint;
pub use region::Region;

use crate::error::{Error, Result};

/// The application every account has; it cannot be deleted.
pub const DEFAULT_APP_ID: &str = "app-1000000";

/// Where a callback belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The VOD centre.
    pub region: Region,
    /// The application.
    pub app_id: AppId,
}

/// What tells callbacks apart: the host that serves the region, and the application. Regions without a
/// centre of their own share the callbacks of the one that serves them.
pub type Place = (String, AppId);

impl Target {
    /// Where its callback is; the same for two targets that share one.
    pub fn place(&self) -> Place {
        (self.region.vod_host(), self.app_id.clone())
    }

    /// What its callback is known by at this endpoint: the same for all names of one region, and for those of
    /// a service that are known to be one, see [`endpoint::service`].
    pub fn key(&self, endpoint: &str) -> String {
        let (host, app_id) = self.place();
        format!("{app_id} of {host} at {}", endpoint::service(endpoint))
    }

    /// Whether two targets at their endpoints have the same [key](Target::key). Addresses are taken apart only
    /// where that decides.
    pub fn shares_callback(&self, endpoint: &str, other: &Target, other_endpoint: &str) -> bool {
        self.place() == other.place()
            && (endpoint == other_endpoint
                || endpoint::service(endpoint) == endpoint::service(other_endpoint))
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.app_id, self.region)
    }
}

/// The id of a VOD application, for example `app-1000000`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppId(String);

impl AppId {
    /// Letters, digits, `-`, `_` and `.`, at most 64: the documentation shows `app-xxxxxxx` and no rule.
    ///
    /// # Errors
    /// A usage error that names the first character that does not fit.
    pub fn parse(text: &str) -> Result<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let problem = if text.is_empty() {
            Some("it is empty".to_owned())
        } else if text.len() > 64 {
            Some(format!("it has {} of at most 64 characters", text.len()))
        } else {
            text.chars()
                .find(|c| !fits(*c))
                .map(|c| format!("it holds {c:?}"))
        };
        match problem {
            None => Ok(AppId(text.to_owned())),
            Some(problem) => Err(Error::usage(format!(
                "{text:?} is not an application id: {problem}"
            ))
            .hint(format!(
                "application ids look like {DEFAULT_APP_ID}; the console lists them under App Management"
            ))),
        }
    }

    /// The id as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for AppId {
    fn default() -> Self {
        AppId(DEFAULT_APP_ID.to_owned())
    }
}

impl std::fmt::Display for AppId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
