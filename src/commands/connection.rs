//! From settings and credentials to a target that can be asked. No command, but what most begin with.

use std::rc::Rc;

use crate::callback::queue::{Host, parse_host};
use crate::change::history;
use crate::context::Context;
use crate::credential::Credential;
use crate::credential::chain::{self, Found};
use crate::credential::process;
use crate::credential::recipe::Recipe;
use crate::emulator::{Config, Running, Storage, builtin_key, start};
use crate::error::{Error, Kind, Result};
use crate::http::pace::Pace;
use crate::mns::Mns;
use crate::openapi::client::{Caller, Client};
use crate::ram::{self, RoleStanding};
use crate::settings::{self, Resolved, SignatureKind, StsWish};
use crate::sts;
use crate::target::{AppId, Endpoint, Region, Target};
use crate::vod::{Vod, wire};

/// The variable that names the queue service.
const QUEUES: &str = "VODCB_MNS_ENDPOINT";

/// A target that can be asked, and everything that was decided on the way to it.
#[derive(Debug)]
pub struct Connection {
    /// VOD at the target's centre.
    pub vod: Vod,
    /// The target.
    pub target: Target,
    /// Where the key comes from.
    pub found: Found,
    /// Why the region, the application and the endpoint are what they are.
    pub because: Because,
    emulator: Option<Running>,
}

/// The sources of three values.
#[derive(Debug, Clone)]
pub struct Because {
    /// Of the region.
    pub region: String,
    /// Of the application.
    pub app_id: String,
    /// Of the endpoint.
    pub endpoint: String,
}

impl Connection {
    /// True when the emulator inside this process answers.
    pub fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }

    /// Where a service is, which the settings tell; the emulator's endpoint serves all of them.
    fn place(&self, settings: impl FnOnce() -> Result<Endpoint>) -> Result<Endpoint> {
        match self.is_emulated() {
            true => Ok(self.vod.client.endpoint.clone()),
            false => settings(),
        }
    }

    /// VOD at another centre, for the same caller and at the same pace. The emulator's endpoint serves
    /// every region.
    ///
    /// # Errors
    /// As [`settings::endpoint`].
    pub fn at(&self, ctx: &Context, region: &Region) -> Result<Vod> {
        let endpoint = self.place(|| {
            let named = settings::endpoint(&ctx.flags, &ctx.env, region);
            named.map(|named| named.value)
        })?;
        let client = self.vod.client.at(endpoint, region.to_string());
        let emulated = self.vod.emulated;
        Ok(Vod { client, emulated })
    }

    /// Asks STS who the caller is; needs no permission.
    ///
    /// # Errors
    /// As [`settings::sts_endpoint`] and [`sts::caller_identity`].
    pub async fn caller_identity(&self, ctx: &Context) -> Result<sts::Identity> {
        let wish = &self.found.sts;
        let endpoint = self.place(|| settings::sts_endpoint(&ctx.flags, &ctx.env, wish))?;
        let Client {
            caller, retries, ..
        } = &self.vod.client;
        sts::caller_identity(ctx, &endpoint, caller.clone(), *retries).await
    }

    /// Asks STS for the caller's own account, which owns its queues.
    ///
    /// # Errors
    /// Those of STS, with the flag that names the account instead.
    pub async fn own_account(&self, ctx: &Context) -> Result<String> {
        const HINT: &str = "name the account that owns the queue: --account-id ID";
        self.caller_identity(ctx)
            .await
            .map_err(|error| error.hint(HINT))?
            .account_id
            .ok_or_else(|| Error::usage("STS does not tell the account of the queue").hint(HINT))
    }

    /// The account that owns the queues where no flag and no callback names it: that of the settings, or the
    /// caller's own.
    ///
    /// # Errors
    /// A usage error for what is no account id; as [`Connection::own_account`].
    pub async fn queue_account(&self, ctx: &Context) -> Result<String> {
        match settings::queue_account(&ctx.env)? {
            Some(id) => Ok(id.to_owned()),
            None => self.own_account(ctx).await,
        }
    }

    /// Asks RAM how the role stands that VOD writes to queues with.
    ///
    /// # Errors
    /// As [`settings::ram_endpoint`] and [`ram::vod_role`].
    pub async fn vod_role(&self, ctx: &Context) -> Result<RoleStanding> {
        let endpoint = self.place(|| settings::ram_endpoint(&ctx.flags, &ctx.env))?;
        let Client {
            caller, retries, ..
        } = &self.vod.client;
        ram::vod_role(ctx, &endpoint, caller.clone(), *retries).await
    }

    /// The queues of an account, by default the caller's own, in a region, by default the target's. A variable
    /// may name another address of the queues that were asked for, or of those where none were.
    ///
    /// # Errors
    /// Usage errors of the settings, and those of STS where the account is not named.
    pub async fn queues(
        &self,
        ctx: &Context,
        region: Option<&Region>,
        account_id: Option<&str>,
    ) -> Result<Mns> {
        let Caller::Somebody(session) = self.vod.client.caller.clone() else {
            return Err(Error::new(Kind::Internal, "queues are asked for by nobody"));
        };
        let named = settings::address(&ctx.flags, &ctx.env, QUEUES)?;
        let endpoint = if self.is_emulated() {
            self.vod.client.endpoint.clone()
        } else if let Some(named) = named {
            check_queues(&named, region, account_id)?;
            named
        } else {
            let account_id = match account_id {
                Some(id) => id.to_owned(),
                None => self.queue_account(ctx).await?,
            };
            Mns::endpoint_for(&account_id, region.unwrap_or(&self.target.region))?
        };
        let retries = settings::retries(&ctx.flags, &ctx.env)?;
        Ok(Mns::new(endpoint, *session, retries))
    }

    /// Ends the emulator, if there is one.
    pub async fn close(self) {
        if let Some(emulator) = self.emulator {
            emulator.stop().await;
        }
    }
}

/// Makes sure that an endpoint of the vendor's is that of the queues that were asked for. Whose queues are at
/// any other one its name does not tell.
fn check_queues(named: &Endpoint, region: Option<&Region>, account_id: Option<&str>) -> Result<()> {
    let Some(host) = parse_host(&named.to_string()) else {
        return Ok(());
    };
    let asked_region = region.map_or(&*host.region, Region::as_str);
    let asked_account = account_id.unwrap_or(&host.account_id);
    if (asked_account, asked_region) == (&*host.account_id, &*host.region) {
        return Ok(());
    }
    let Host {
        account_id, region, ..
    } = &host;
    Err(Error::usage(format!(
        "{QUEUES} names the queues of {account_id} in {region}, not those of {asked_account} in {asked_region}"
    ))
    .cause(format!("it names {named}"))
    .hint(format!(
        "leave {QUEUES} out, or have it name those of {asked_account} in {asked_region}"
    )))
}

/// Judges the variables that decide about calls and changes to come, whatever the command makes of them, so
/// that a mistake is told before anything is sent.
fn check_variables(ctx: &Context) -> Result<()> {
    let (flags, env) = (&ctx.flags, &ctx.env);
    let address = |name| settings::address(flags, env, name).err();
    let sts = settings::sts_endpoint(flags, env, &StsWish::default());
    let failures = [
        sts.err(),
        address(QUEUES),
        address("VODCB_RAM_ENDPOINT"),
        address("VODCB_IMDS_ENDPOINT"),
        address("VODCB_OAUTH_ENDPOINT"),
        settings::queue_account(env).err(),
        process::time_limit(ctx).err(),
        history::mode(ctx).err(),
    ];
    Error::all(failures.into_iter().flatten())
}

/// What the settings and the sources of credentials come to; nothing is running yet.
struct Decisions {
    emulated: bool,
    found: Found,
    region: Resolved<Region>,
    app_id: Resolved<AppId>,
    endpoint: Resolved<Endpoint>,
}

async fn decide(ctx: &Context) -> Result<Decisions> {
    let project = &ctx.project;
    let app_id = settings::app_id(&ctx.flags, &ctx.env, project)?;
    let emulated = settings::emulator(&ctx.flags, &ctx.env)?;
    let found = if emulated {
        Found::new(Recipe::Static(emulator_credential()), "the emulator")
    } else {
        chain::find(ctx).await?
    };
    let profile_region = found.profile.as_deref().zip(found.region.as_deref());
    let region = settings::region(&ctx.flags, &ctx.env, project, profile_region)?;
    Ok(Decisions {
        endpoint: settings::endpoint(&ctx.flags, &ctx.env, &region.value)?,
        emulated,
        found,
        region,
        app_id,
    })
}

/// Finds out where and who, and starts the emulator when it is asked for. VOD is not called yet; the
/// source of a temporary key is.
///
/// # Errors
/// Usage and credentials errors of the settings, and those of obtaining a key.
pub async fn connect(ctx: &Context) -> Result<Connection> {
    connect_signed(ctx, settings::signature(&ctx.flags, &ctx.env)?).await
}

/// The same for a command whose own `--signature` means something else.
///
/// # Errors
/// As [`connect`].
pub async fn connect_signed(ctx: &Context, signature: SignatureKind) -> Result<Connection> {
    check_variables(ctx)?;
    let retries = settings::retries(&ctx.flags, &ctx.env)?;
    let pace = Rc::new(Pace::new(settings::qps(&ctx.flags, &ctx.env)?));
    let mut decided = decide(ctx).await?;
    warn_before_use(ctx, &decided.found, &decided.region.value);
    ctx.out.detail(&format!(
        "{} in {}: the key comes from {}, the region from {}, the endpoint {} from {}",
        decided.app_id.value,
        decided.region.value,
        decided.found.from,
        decided.region.from,
        decided.endpoint.value,
        decided.endpoint.from
    ));
    let session = decided.found.open(ctx).await?;
    let mut emulator = None;
    if decided.emulated {
        let running = start_inside(ctx).await?;
        decided.endpoint = Resolved {
            value: Endpoint::parse(&running.url(), false)?,
            from: "--emulator".to_owned(),
        };
        emulator = Some(running);
    }
    let caller = Caller::Somebody(Box::new(session));
    let client = Client {
        signature,
        retries,
        pace,
        region: Some(decided.region.value.to_string()),
        ..Client::new("vod", wire::VERSION, decided.endpoint.value, caller)
    };
    Ok(Connection {
        vod: Vod {
            client,
            emulated: decided.emulated,
        },
        target: Target {
            region: decided.region.value,
            app_id: decided.app_id.value,
        },
        found: decided.found,
        because: Because {
            region: decided.region.from,
            app_id: decided.app_id.from,
            endpoint: decided.endpoint.from,
        },
        emulator,
    })
}

fn warn_before_use(ctx: &Context, found: &Found, region: &Region) {
    let temporary_without_token = match &found.recipe {
        Recipe::Static(credential) => credential.lacks_token(),
        _ => false,
    };
    if let Some(warning) = region.warning() {
        ctx.out.warn(&warning);
    }
    for warning in found.half_set().chain(found.exposed()) {
        ctx.out.warn(&warning);
    }
    if temporary_without_token {
        ctx.out
            .warn("this access key id is a temporary one, but there is no security token");
    }
}

fn emulator_credential() -> Credential {
    let key = builtin_key();
    Credential {
        access_key_id: key.access_key_id,
        access_key_secret: key.access_key_secret,
        security_token: key.security_token,
    }
}

/// The same emulator as `vodcb emulator start`, inside this process, with its state in a file.
async fn start_inside(ctx: &Context) -> Result<Running> {
    let mut config = Config::new(ctx.now, ctx.nonce);
    config.storage = Storage::File(ctx.state_folder()?.join("emulator.json"));
    start(config).await
}
