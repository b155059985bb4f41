//! The three callback operations as functions of a target, and the list of applications.
//!
//! Nothing outside `change` may call `Vod::set` or `Vod::delete`: one way to change a target.

use std::collections::BTreeSet;

use crate::callback::Callback;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::openapi::client::{Answer, Client, Effect};
use crate::order;
use crate::target::app::{App, AppStatus};
use crate::target::{AppId, DEFAULT_APP_ID, endpoint::EMULATOR};

use super::wire::{self, Stored};

/// VOD at one centre.
#[derive(Debug)]
pub struct Vod {
    /// Speaks to it.
    pub client: Client,
    /// True when it is the emulator inside this process.
    pub emulated: bool,
}

/// What a Get told; its text may hold a key, so it cannot be printed whole.
#[derive(Clone)]
pub struct Reading {
    /// The callback; `None` when nothing is configured.
    pub callback: Option<Callback>,
    /// The answer as it came, empty when it was an error that says "not configured".
    pub text: String,
    /// For the vendor's support.
    pub request_id: Option<String>,
}

impl Vod {
    /// What tells this service from others over time: its endpoint. The emulator inside the process
    /// has another port each time, but one state.
    pub fn place(&self) -> String {
        if self.emulated {
            EMULATOR.to_owned()
        } else {
            self.client.endpoint.to_string()
        }
    }

    /// Reads the callback of an application.
    ///
    /// # Errors
    /// As [`Client::call`], and when the answer names a callback type this program does not know.
    pub async fn get(&self, ctx: &Context, app_id: &AppId) -> Result<Reading> {
        let answer = match self.get_raw(ctx, app_id).await {
            Ok(answer) => answer,
            Err(error) if wire::means_not_configured(error.code()) => {
                return Ok(Reading {
                    callback: None,
                    text: String::new(),
                    request_id: error.details.request_id,
                });
            }
            Err(error) => return Err(error),
        };
        let callback = match wire::read_get(&answer.value) {
            Stored::Nothing => None,
            Stored::Callback(callback) => Some(callback),
            Stored::UnknownType(kind) => {
                let mut error = Error::new(
                    Kind::Rejected,
                    format!(
                        "the service answers with the callback type {kind:?}, which this version does not know"
                    ),
                );
                if let Some(id) = &answer.request_id {
                    error = error.cause(format!("request id {id}"));
                }
                error.details.request_id = answer.request_id;
                let look = self.again(ctx, app_id, "get -o raw");
                return Err(error.hint(format!(
                    "{look} shows the answer; nothing is written over it"
                )));
            }
        };
        Ok(Reading {
            callback,
            text: answer.text,
            request_id: answer.request_id,
        })
    }

    /// A command line for an application at this centre, for hints that are copied.
    fn again(&self, ctx: &Context, app_id: &AppId, rest: &str) -> String {
        let mut flags = ctx.flags.clone();
        flags.app_id = Some(app_id.to_string());
        flags.region = self.client.region.clone().or(flags.region);
        ctx.with(flags).again(rest)
    }

    /// Reads without understanding.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn get_raw(&self, ctx: &Context, app_id: &AppId) -> Result<Answer> {
        let parameters = wire::target_parameters(app_id);
        self.client
            .call(ctx, wire::GET, &parameters, Effect::Reads)
            .await
    }

    /// Lists the applications the caller may see, the one every account has first, the others in the
    /// service's order.
    ///
    /// # Errors
    /// As [`Client::call`], and when an application has no usable id.
    pub async fn apps(&self, ctx: &Context, status: Option<AppStatus>) -> Result<Vec<App>> {
        let mut apps: Vec<App> = Vec::new();
        let mut seen = BTreeSet::new();
        for page in 1.. {
            let parameters = wire::apps_parameters(page, status);
            let answer = self
                .client
                .call(ctx, wire::LIST_APPS, &parameters, Effect::Reads)
                .await?;
            let found = wire::read_apps(&answer.value)?;
            let full = found.apps.len() >= wire::APPS_PER_PAGE;
            let before = apps.len();
            // Pages shift when an application is created or deleted meanwhile.
            let new = |app: &App| seen.insert(app.app_id.clone());
            apps.extend(found.apps.into_iter().filter(new));
            let complete = found
                .total
                .map_or(!full, |total| apps.len() as u64 >= total);
            // A page that brings nothing new ends a list whose total is wrong.
            if complete || apps.len() == before {
                break;
            }
        }
        let is_other = |app: &App| app.app_id.as_str() != DEFAULT_APP_ID;
        Ok(order::by(apps, |one, other| {
            is_other(one).cmp(&is_other(other))
        }))
    }

    /// Writes a whole callback.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) async fn set(
        &self,
        ctx: &Context,
        app_id: &AppId,
        callback: &Callback,
    ) -> Result<Answer> {
        let parameters = wire::set_parameters(app_id, callback);
        self.client
            .call(ctx, wire::SET, &parameters, Effect::Writes)
            .await
    }

    /// Removes a callback.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) async fn delete(&self, ctx: &Context, app_id: &AppId) -> Result<Answer> {
        let parameters = wire::target_parameters(app_id);
        self.client
            .call(ctx, wire::DELETE, &parameters, Effect::Writes)
            .await
    }
}
