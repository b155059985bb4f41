//! The address of a product's API, checked before anything is signed for it.

use url::{Host, Url};

use super::region::{Centre, centre_at};
use crate::callback::url::without_password;
use crate::error::{Error, Result};

/// What stands for the endpoint of the emulator inside the process, whose port is another one each time.
pub const EMULATOR: &str = "emulator";

/// What the names of the vendor's hosts end with.
const VENDOR: &str = ".aliyuncs.com";

/// The longest name of a host, by RFC 1035.
const LONGEST_NAME: usize = 253;

/// Scheme, host and port of an API; requests go to `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
}

impl Endpoint {
    /// The https endpoint of a host of the vendor's.
    pub fn of_host(host: &str) -> Result<Self> {
        Endpoint::parse(host, false)
    }

    /// Takes `HOST`, `HOST:PORT` or a URL without path; https unless it says otherwise.
    ///
    /// # Errors
    /// A usage error for anything else, and for plain http beyond this machine unless `allow_http`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self> {
        let refuse = |why: &str| {
            let text = without_password(text);
            Err(Error::usage(format!("{text:?} is not an endpoint: {why}"))
                .hint("an endpoint looks like https://vod.cn-shanghai.aliyuncs.com"))
        };
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let Ok(url) = Url::parse(&full) else {
            return refuse("it is not a URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("its scheme is neither https nor http");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("it has no host");
        }
        if url.host_str().is_some_and(|host| host.len() > LONGEST_NAME) {
            return refuse("its host is longer than names can be");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return refuse("it has something behind the host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it holds a user name");
        }
        let endpoint = Endpoint { url };
        if endpoint.is_plain() && !endpoint.is_loopback() && !allow_http {
            return Err(Error::usage(format!(
                "{text} is plain http, which shows tokens and keys to everybody on the way"
            ))
            .hint("use https://, or --allow-http if the network is trusted; loopback addresses need no flag"));
        }
        Ok(endpoint)
    }

    /// True for plain http.
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// True when the traffic does not leave this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The VOD centre that is known to be there.
    pub fn centre(&self) -> Option<&'static Centre> {
        centre_at(self.url.domain()?.trim_end_matches('.'))
    }

    /// The value of the `Host` header: the port only when it is not the scheme's own.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The address of a request with this query.
    pub fn with_query(&self, query: &str) -> String {
        if query.is_empty() {
            self.url.to_string()
        } else {
            format!("{}?{query}", self.url)
        }
    }

    /// The address of a request with this path and query, byte for byte.
    pub fn with_resource(&self, path_and_query: &str) -> String {
        format!("{self}{path_and_query}")
    }
}

/// The service at an endpoint, told by one address: that inside a VPC, with a port or over plain http leads to
/// the same service of the vendor's as the public one. Of others, only names of hosts that differ in letter
/// case or in a dot at their end are known to be one. What is no address, such as [`EMULATOR`], stays as it is.
pub fn service(endpoint: &str) -> String {
    let Ok(mut url) = Url::parse(endpoint) else {
        return endpoint.to_owned();
    };
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_end_matches('.').to_owned();
    if host.ends_with(VENDOR) {
        return format!("https://{}", host.replacen("vod-vpc.", "vod.", 1));
    }
    // A host of nothing but dots stays as it is.
    let _ = url.set_host(Some(&host));
    Endpoint { url }.to_string()
}

/// True when what goes to this URL does not leave this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}
