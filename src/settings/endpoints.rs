//! Where services are: named, or by the region.

use super::{Flags, Resolved, emulator, switch, variable};
use crate::context::Environment;
use crate::error::{Error, Result};
use crate::target::{Endpoint, Region};

/// The address of the VOD API and why. One that was named serves every region, unless it is known to be
/// that of a centre: VOD goes by the host that it is called at, and looks at no region.
///
/// # Errors
/// A usage error for what is no endpoint, for plain http beyond this machine, and for the endpoint of a
/// centre that does not serve the region.
pub fn endpoint(flags: &Flags, env: &Environment, region: &Region) -> Result<Resolved<Endpoint>> {
    match named_endpoint(flags, env)? {
        Some(named) => serves(&named, [region]).map(|()| named),
        None => {
            let endpoint = Endpoint::of_host(&region.vod_host())?;
            Ok(Resolved::new(endpoint, format!("region {region}")))
        }
    }
}

/// Makes sure that the endpoint serves all of these regions.
///
/// # Errors
/// As [`endpoint`], with every region that is not served.
pub fn check_endpoint<'r>(
    flags: &Flags,
    env: &Environment,
    regions: impl IntoIterator<Item = &'r Region>,
) -> Result<()> {
    match named_endpoint(flags, env)? {
        Some(named) => serves(&named, regions),
        None => Ok(()),
    }
}

fn serves<'r>(
    named: &Resolved<Endpoint>,
    regions: impl IntoIterator<Item = &'r Region>,
) -> Result<()> {
    let Some(centre) = named.value.centre() else {
        return Ok(());
    };
    let regions = regions.into_iter();
    let others: Vec<&Region> = regions
        .filter(|region| region.vod_host() != centre.vod_endpoint)
        .collect();
    match others.is_empty() {
        true => Ok(()),
        false => Err(of_another_centre(named, centre.id, &others)),
    }
}

/// The endpoint of VOD that was named. Where the emulator inside the process answers, none counts.
pub(super) fn named_endpoint(
    flags: &Flags,
    env: &Environment,
) -> Result<Option<Resolved<Endpoint>>> {
    let named = match &flags.endpoint {
        _ if emulator(flags, env)? => None,
        Some(text) => Some(("--endpoint", text.as_str())),
        None => variable(env, &["VODCB_ENDPOINT"]),
    };
    named
        .map(|(from, text)| Ok(Resolved::new(parse(flags, text, from)?, from)))
        .transpose()
}

/// The address of a service that a variable names.
///
/// # Errors
/// A usage error for what is no endpoint, and for plain http beyond this machine.
pub fn address(flags: &Flags, env: &Environment, name: &'static str) -> Result<Option<Endpoint>> {
    let named = variable(env, &[name]);
    named
        .map(|(from, text)| parse(flags, text, from))
        .transpose()
}

fn parse(flags: &Flags, text: &str, from: &str) -> Result<Endpoint> {
    Endpoint::parse(text, flags.allow_http)
        .map_err(|error| error.cause(format!("it comes from {from}")))
}

fn of_another_centre(named: &Resolved<Endpoint>, centre: &str, others: &[&Region]) -> Error {
    let Resolved { value, from } = named;
    let names: Vec<&str> = others.iter().map(|region| region.as_str()).collect();
    let (host, names) = (value.host(), names.join(", "));
    let instead = match others {
        [one] => format!(
            "for {one}: leave {from} out, or have it name {}",
            one.vod_host()
        ),
        _ => format!("for the others: leave {from} out"),
    };
    Error::usage(format!(
        "{host} serves the callbacks of {centre}, not those of {names}"
    ))
    .cause(format!("{from} names this endpoint"))
    .hint(instead)
    .hint(format!("for {centre}: name no other region"))
}

/// What a profile wishes about STS.
#[derive(Debug, Clone, Default)]
pub struct StsWish {
    /// The profile and its file, in words.
    pub of: String,
    /// This host.
    pub endpoint: Option<String>,
    /// The host of this region.
    pub region: Option<String>,
    /// The host inside a VPC.
    pub vpc: bool,
}

/// The address of STS: named, of a region, or the central one.
///
/// # Errors
/// A usage error for what is no endpoint, and for plain http beyond this machine.
pub fn sts_endpoint(flags: &Flags, env: &Environment, wish: &StsWish) -> Result<Endpoint> {
    let product = if wish.vpc || switch(env, "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED") {
        "sts-vpc"
    } else {
        "sts"
    };
    let of_region = |region: &str, from: &str| {
        let region = Region::parse(region);
        let region = region.map_err(|error| error.cause(format!("it comes from {from}")))?;
        Endpoint::of_host(&format!("{product}.{region}.aliyuncs.com"))
    };
    let member = |name: &str| format!("{name} of {}", wish.of);
    let named = variable(env, &["VODCB_STS_ENDPOINT", "ALIBABA_CLOUD_STS_ENDPOINT"]);
    if let Some((from, host)) = named {
        return parse(flags, host, from);
    }
    if let Some((from, region)) = variable(env, &["ALIBABA_CLOUD_STS_REGION"]) {
        of_region(region, from)
    } else if let Some(host) = &wish.endpoint {
        parse(flags, host, &member("sts_endpoint"))
    } else if let Some(region) = &wish.region {
        of_region(region, &member("sts_region"))
    } else {
        Endpoint::of_host("sts.aliyuncs.com")
    }
}

/// The address of RAM: named, or the central one; there are no others.
///
/// # Errors
/// A usage error for what is no endpoint, and for plain http beyond this machine.
pub fn ram_endpoint(flags: &Flags, env: &Environment) -> Result<Endpoint> {
    match address(flags, env, "VODCB_RAM_ENDPOINT")? {
        Some(named) => Ok(named),
        None => Endpoint::of_host("ram.aliyuncs.com"),
    }
}
