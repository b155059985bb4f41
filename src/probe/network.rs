//! The way to the receiver: its name, somebody who listens, a certificate.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use url::{Host, Url};

use super::{Check, skip_all};
use crate::callback::url::{THIS_MACHINE, address, host_address, unreachable};
use crate::context::Context;
use crate::delivery::rules;
use crate::error::{Result, Trouble};
use crate::http::failure::{MORE_FILES, is_out_of_files};
use crate::http::knock::{self, Certificate};
use crate::text::counted;

/// A certificate that ends sooner is warned about.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// From where the receiver is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// From the public internet, as VOD does.
    Internet,
    /// From this machine is good enough: an emulator calls, or somebody tries a receiver out.
    HereToo,
}

/// Looks for the receiver of a URL that keeps the rules; the checks are `dns`, `connect` and `tls`.
///
/// # Errors
/// An internal one when TLS cannot be set up.
pub async fn look(ctx: &Context, url: &str, from: From) -> Result<Vec<Check>> {
    if let Some(proxy) = ctx.http.proxy(url) {
        let reason = format!("requests go through the proxy {proxy}, which does this itself");
        return Ok(["dns", "connect", "tls"]
            .map(|name| Check::skip(name, &reason))
            .into());
    }
    let Ok(url) = Url::parse(url) else {
        return Ok(Vec::new());
    };
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Ok(Vec::new());
    };
    let name = match &host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => ip.to_string(),
    };
    let begun = Instant::now();
    let addresses = match knock::resolve(&name, port).await {
        Ok(addresses) => addresses,
        Err(why) => {
            let cause = format!("{name} cannot be resolved: {why}");
            let remedy = "make the host known in the public DNS, or mend the URL";
            let failed = Check::fail("dns", cause, remedy).took(begun.elapsed());
            let rest: Vec<Check> = skip_all(&["connect", "tls"], &failed).collect();
            return Ok(std::iter::once(failed).chain(rest).collect());
        }
    };
    let ips: Vec<std::net::IpAddr> = addresses.iter().map(std::net::SocketAddr::ip).collect();
    let dns = dns(&host, &ips, from).took(begun.elapsed());
    let begun = Instant::now();
    let connected = knock::connect(&addresses).await;
    let took = begun.elapsed();
    let stream = match connected {
        Ok(stream) => stream,
        Err(why) => {
            let connect = unconnected(&dns, &name, port, &why).took(took);
            let tls = Check::skip_because("tls", &connect);
            return Ok(vec![dns, connect, tls]);
        }
    };
    let peer = stream.peer_addr().map(|peer| peer.to_string());
    let connect = Check::pass("connect", peer.unwrap_or_default()).took(took);
    if url.scheme() == "http" {
        let reason = "the URL is plain http: what is delivered can be read and changed on the way";
        return Ok(vec![dns, connect, Check::skip("tls", reason)]);
    }
    let begun = Instant::now();
    let now = (ctx.now)();
    let certificate = ctx.http.certificate(stream, &name, now).await?;
    let tls = tls(&certificate, &name, now).took(begun.elapsed());
    Ok(vec![dns, connect, tls])
}

/// An address that nobody else reaches explains why we do not reach it either.
fn unconnected(dns: &Check, name: &str, port: u16, why: &str) -> Check {
    if dns.result == super::Verdict::Fail {
        return Check::skip_because("connect", dns);
    }
    if is_out_of_files(why) {
        let cause = format!("no connection from this machine: {why}");
        return Check::fail("connect", cause, MORE_FILES);
    }
    Check::fail(
        "connect",
        format!("nobody takes connections at {name} port {port}: {why}"),
        "start the receiver, and open the port for the public internet",
    )
}

/// Judges where a host is. A private address behind a public name may be what this network sees only.
pub fn dns(host: &Host<&str>, addresses: &[std::net::IpAddr], from: From) -> Check {
    const NAME: &str = "dns";
    const REMEDY: &str = "use a public host, or a tunnel with a public address";
    let listed = addresses
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(why) = unreachable(host) {
        let cause = format!("{host} is {why}: VOD calls from the public internet");
        return if from == From::HereToo && why == THIS_MACHINE {
            Check::warn(NAME, cause, REMEDY)
        } else {
            Check::fail(NAME, cause, REMEDY)
        };
    }
    let far = addresses
        .iter()
        .find_map(|ip| address(*ip).map(|why| (ip, why)));
    match far {
        None if host_address(host).is_some() => Check::pass(NAME, "a public address"),
        None => Check::pass(NAME, listed),
        Some((ip, why)) => Check::warn(
            NAME,
            format!("{host} leads to {ip} here, {why}; VOD may see another address"),
            "look the name up from outside this network, for example: dig +short HOST @1.1.1.1",
        ),
    }
}

fn tls(certificate: &Certificate, host: &str, now: Timestamp) -> Check {
    const NAME: &str = "tls";
    const PUBLIC: &str = "use a certificate of a public authority";
    match certificate {
        Certificate::Trusted { until: None } => Check::pass(NAME, "trusted"),
        Certificate::Trusted { until: Some(time) } => {
            let left = time.duration_since(now);
            let days = left.as_hours() / 24;
            let days = counted(days, "day", "days");
            let found = format!("trusted until {time}, {days} from now");
            if left < SOON {
                Check::warn(NAME, found, "renew the certificate")
            } else {
                Check::pass(NAME, found)
            }
        }
        Certificate::Expired { since } => {
            let when = since.map(|time| format!(" on {time}")).unwrap_or_default();
            let cause = format!("the certificate expired{when}");
            Check::fail(NAME, cause, "renew the certificate")
        }
        Certificate::NotYetValid => Check::fail(
            NAME,
            "the certificate is not valid yet",
            "look at the clocks of this machine and of the one that made the certificate",
        ),
        Certificate::OtherHost { names } => {
            let names = if names.is_empty() {
                "other hosts".to_owned()
            } else {
                names.join(", ")
            };
            let cause = format!("the certificate is for {names}, not for {host}");
            let remedy = format!("use a certificate that names {host}, or the host that it names");
            Check::fail(NAME, cause, remedy)
        }
        Certificate::SelfSigned => Check::fail(NAME, "the certificate is self-signed", PUBLIC),
        Certificate::UnknownIssuer { sent: 1 } => Check::fail(
            NAME,
            "the issuer of the certificate is not known, and the receiver sends no intermediate one",
            "have the receiver send the whole chain, or use a certificate of a public authority",
        ),
        Certificate::UnknownIssuer { sent } => Check::fail(
            NAME,
            format!("none of the {sent} certificates is of an authority that is trusted here"),
            PUBLIC,
        ),
        Certificate::Refused(why) => Check::fail(NAME, why.clone(), PUBLIC),
        Certificate::NoTls(why) => Check::fail(
            NAME,
            format!("no TLS connection: {why}"),
            rules::of_trouble(Trouble::NoTls),
        ),
    }
}
