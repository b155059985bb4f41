//! Queue names and endpoints, by the rules of Simple Message Queue (MNS).

use super::url::without_password;
use crate::error::{Error, Result};
use crate::target::Region;

/// The longest queue name of today's documentation; an older edition said 256.
const MAX_NAME: usize = 120;

/// Checks a queue name: letters, digits and hyphens, a letter or digit first.
///
/// # Errors
/// A usage error that says which rule is broken.
pub fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let problem = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.len() > MAX_NAME {
        format!("it has {} of at most {MAX_NAME} characters", name.len())
    } else if let Some(odd) = name.chars().find(|c| !fits(*c)) {
        format!("it holds {odd:?}")
    } else if name.starts_with('-') {
        "it starts with a hyphen".to_owned()
    } else {
        return Ok(());
    };
    Err(
        Error::usage(format!("{name:?} is not a queue name: {problem}")).hint(
            "queue names are letters, digits and hyphens, and start with a letter or a digit",
        ),
    )
}

/// Checks an account id, the number in front of `.mns.`.
///
/// # Errors
/// A usage error that says what an account id is.
pub fn check_account_id(id: &str) -> Result<()> {
    if !id.is_empty() && id.len() <= 20 && id.chars().all(|c| c.is_ascii_digit()) {
        return Ok(());
    }
    Err(Error::usage(format!("{id:?} is not an account id"))
        .hint("an account id is the number shown under the avatar of the console, for example 1234567890123456"))
}

/// The public endpoint of an account's queues in a region.
pub fn endpoint(account_id: &str, region: &Region) -> String {
    format!("http://{account_id}.mns.{region}.aliyuncs.com/")
}

/// The parts of an endpoint's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The account that owns the queues.
    pub account_id: String,
    /// Where they are.
    pub region: String,
    /// True for the hosts that only the internal network reaches.
    pub internal: bool,
}

impl Host {
    /// The flags that name this place, for command lines that are copied.
    pub fn words(&self) -> String {
        let Host {
            account_id, region, ..
        } = self;
        format!("--mns-region {region} --account-id {account_id}")
    }
}

/// Takes the host of an endpoint apart; `None` when it has another form.
pub fn parse_host(endpoint: &str) -> Option<Host> {
    let url = url::Url::parse(endpoint).ok()?;
    let labels: Vec<&str> = url.host_str()?.split('.').collect();
    let [account_id, "mns", place, "aliyuncs", "com"] = labels[..] else {
        return None;
    };
    let region = place
        .strip_suffix("-internal-vpc")
        .or_else(|| place.strip_suffix("-internal"));
    Some(Host {
        account_id: account_id.to_owned(),
        region: region.unwrap_or(place).to_owned(),
        internal: region.is_some(),
    })
}

/// Checks an endpoint that a user typed, and returns it with the final slash and the small letters of
/// the documentation. VOD pushes to the public one only.
///
/// # Errors
/// A usage error for anything but `http(s)://ACCOUNT.mns.REGION.aliyuncs.com/`, and for an internal
/// host unless `allow_internal`.
pub fn check_endpoint(endpoint: &str, allow_internal: bool) -> Result<String> {
    let refuse = |why: &str| {
        let shown = without_password(endpoint);
        Err(
            Error::usage(format!("{shown:?} is not a queue endpoint: {why}")).hint(
                "an endpoint looks like http://1234567890123456.mns.cn-shanghai.aliyuncs.com/",
            ),
        )
    };
    let Ok(url) = url::Url::parse(endpoint) else {
        return refuse("it is not a URL");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("its scheme is neither http nor https");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return refuse("it has something behind the host; the queue's name goes into --mns-queue");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it holds a user name");
    }
    if url.port().is_some() {
        return refuse("it names a port");
    }
    let Some(host) = parse_host(endpoint) else {
        return refuse("the host is not ACCOUNT.mns.REGION.aliyuncs.com");
    };
    check_account_id(&host.account_id)?;
    Region::parse(&host.region)?;
    if host.internal && !allow_internal {
        return Err(Error::usage(format!(
            "{endpoint} is an internal endpoint, and VOD writes to public ones only"
        ))
        .hint(format!(
            "use {}",
            self::endpoint(&host.account_id, &Region::parse(&host.region)?)
        ))
        .hint("--allow-internal-endpoint insists"));
    }
    Ok(url.to_string())
}
