//! The applications of an account, as a list of them tells.

use super::AppId;

/// One application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// What targets are named by.
    pub app_id: AppId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `Normal` or `Disable`, as the service says it.
    pub status: String,
    /// `System` or `Custom`, as the service says it.
    pub kind: String,
    /// When it was created, in the service's form of RFC 3339.
    pub creation_time: String,
    /// When it was last changed, in the same form.
    pub modification_time: String,
}

/// Whether an application is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum AppStatus {
    /// It is
    Normal,
    /// It is not
    Disabled,
}

impl AppStatus {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            AppStatus::Normal => "Normal",
            AppStatus::Disabled => "Disable",
        }
    }
}
