//! Many targets: which ones are meant. No command, but what several begin with; [`survey()`] reads them.
//!
//! Regions come in the order of the embedded table, applications in the order of their list with the
//! one every account has first, and results in the order of the targets.

mod survey;

use futures_util::stream::{self, StreamExt};

pub use survey::{Survey, all_or_nothing, read, survey};

use super::Connection;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::order;
use crate::settings;
use crate::target::region::{Standing, centres};
use crate::target::{AppId, Region, Target};

/// How many calls are under way at once: enough for the documented limit at answers that take four
/// seconds, and few enough for any proxy.
const IN_FLIGHT: usize = 64;

/// Which targets a command is about.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Targets")]
pub struct Scope {
    /// Every VOD centre that is open to everybody
    #[arg(long)]
    pub all_regions: bool,
    /// These regions, separated by commas
    #[arg(
        long,
        value_name = "ID,ID",
        value_delimiter = ',',
        conflicts_with_all = ["all_regions", "all"]
    )]
    pub regions: Vec<String>,
    /// Every application of the account, as ListAppInfo tells
    #[arg(long)]
    pub all_apps: bool,
    /// Every application in every centre: --all-regions --all-apps
    #[arg(long)]
    pub all: bool,
}

/// A target that could not be read, or a region whose applications could not be listed.
#[derive(Debug, Clone)]
pub struct Missed {
    /// The VOD centre.
    pub region: Region,
    /// The application; `None` when the list of the region's applications was asked for.
    pub app_id: Option<AppId>,
    /// Why.
    pub error: Error,
}

impl Scope {
    /// True when the one target of the settings is meant.
    pub fn is_single(&self) -> bool {
        self.of_regions().is_none() && self.of_apps().is_none()
    }

    /// True when each region is meant by its name.
    pub fn names_regions(&self) -> bool {
        !self.regions.is_empty()
    }

    /// The flag that asks for several regions.
    fn of_regions(&self) -> Option<&'static str> {
        match self {
            Scope { all: true, .. } => Some("--all"),
            Scope {
                all_regions: true, ..
            } => Some("--all-regions"),
            Scope { regions, .. } => (!regions.is_empty()).then_some("--regions"),
        }
    }

    /// The flag that asks for several applications.
    fn of_apps(&self) -> Option<&'static str> {
        match self {
            Scope { all: true, .. } => Some("--all"),
            Scope { all_apps, .. } => all_apps.then_some("--all-apps"),
        }
    }

    /// Makes sure that it can be understood, before a key is obtained for it.
    ///
    /// # Errors
    /// A usage error for flags that name one region or application as well, for what is no region, and
    /// for a region that an endpoint of the settings does not serve.
    pub fn check(&self, ctx: &Context) -> Result<()> {
        self.regions(ctx).map(|_| ())
    }

    /// The regions it names, those of the embedded table in its order; `None` when it names none. All of
    /// them are served by the endpoints of the settings.
    fn regions(&self, ctx: &Context) -> Result<Option<Vec<Region>>> {
        let regions = self.named_regions(ctx)?;
        let named = regions.iter().flatten();
        settings::check_endpoint(&ctx.flags, &ctx.env, named)?;
        Ok(regions)
    }

    fn named_regions(&self, ctx: &Context) -> Result<Option<Vec<Region>>> {
        let one_of_many = [
            ("--region", &ctx.flags.region, self.of_regions()),
            ("--app-id", &ctx.flags.app_id, self.of_apps()),
        ];
        for (one, given, many) in one_of_many {
            if let (Some(_), Some(many)) = (given, many) {
                return Err(Error::usage(format!("{one} and {many} exclude each other"))
                    .hint("leave one of them out"));
            }
        }
        if self.of_regions().is_none() {
            return Ok(None);
        }
        if self.regions.is_empty() {
            let open = centres()
                .iter()
                .filter(|centre| centre.standing == Standing::Open);
            return open
                .map(|centre| Region::parse(centre.id))
                .collect::<Result<_>>()
                .map(Some);
        }
        let mut named = Vec::new();
        for text in &self.regions {
            let region = settings::region_id(&ctx.flags, &ctx.env, text, "--regions")?;
            if !named.contains(&region) {
                named.push(region);
            }
        }
        let rank = |region: &Region| {
            let rows = centres().iter();
            rows.take_while(|centre| centre.id != region.as_str())
                .count()
        };
        let named = order::by(named, |one, other| rank(one).cmp(&rank(other)));
        Ok(Some(named))
    }
}

/// Says with `-v` which centres "all regions" leaves out.
fn tell_left_out(ctx: &Context) {
    for centre in centres() {
        let why = match centre.standing {
            Standing::Open => continue,
            Standing::Industry => "it is an industry cloud; --regions can name it",
            Standing::Deactivated => "it was closed",
        };
        ctx.out.detail(&format!("{} is left out: {why}", centre.id));
    }
}

/// Hands on each target as it is found, and returns what could not be listed; the applications of several
/// regions are listed at the same time.
///
/// # Errors
/// Usage errors of the flags.
async fn find(
    ctx: &Context,
    connection: &Connection,
    scope: &Scope,
    mut found: impl FnMut(Target),
) -> Result<Vec<Missed>> {
    let regions = scope.regions(ctx)?;
    if !scope.regions.is_empty() {
        let warnings = regions.iter().flatten().filter_map(Region::warning);
        warnings.for_each(|warning| ctx.out.warn(&warning));
    }
    if scope.of_regions().is_some() && scope.regions.is_empty() {
        tell_left_out(ctx);
    }
    let regions = regions.unwrap_or_else(|| vec![connection.target.region.clone()]);
    if scope.of_apps().is_none() {
        for region in regions {
            let app_id = connection.target.app_id.clone();
            found(Target { region, app_id });
        }
        return Ok(Vec::new());
    }
    let lists = stream::iter(regions)
        .map(|region| async move {
            let apps = match connection.at(ctx, &region) {
                Ok(vod) => vod.apps(ctx, None).await,
                Err(error) => Err(error),
            };
            (region, apps)
        })
        .buffered(IN_FLIGHT);
    let mut lists = std::pin::pin!(lists);
    let mut missed = Vec::new();
    while let Some((region, apps)) = lists.next().await {
        match apps {
            Ok(apps) => apps.into_iter().for_each(|app| {
                found(Target {
                    region: region.clone(),
                    app_id: app.app_id,
                });
            }),
            Err(error) => missed.push(Missed {
                region,
                app_id: None,
                error: error.hint("name one application with --app-id instead of listing them"),
            }),
        }
    }
    Ok(missed)
}

impl Missed {
    /// The target or region in words.
    fn place(&self) -> String {
        match &self.app_id {
            Some(app_id) => format!("{app_id} in {}", self.region),
            None => self.region.to_string(),
        }
    }

    /// Whether the caller has no service there, so that nothing can be configured either.
    fn is_out_of_reach(&self) -> bool {
        self.error.details.no_service || self.error.kind == Kind::Credentials
    }
}

impl std::fmt::Display for Missed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place(), self.error)?;
        match self.error.causes.first() {
            Some(cause) => write!(f, "; {cause}"),
            None => Ok(()),
        }
    }
}
