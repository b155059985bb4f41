//! The proxies that the environment names, as reqwest reads it: the first of two spellings counts, and for
//! a CGI program none, since whoever sends a request to it sets such variables.
//!
//! A value that is not plainly the address of a proxy is refused. Others read a part of a password as the host
//! then, or no proxy at all.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::context::Environment;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What no part of an address holds unless it is percent-encoded.
const ODD: &str = "@/?#^\"<>\\`{|}";

/// What the variables say.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    exceptions: String,
}

/// A proxy by a variable; its value may hold a password.
#[derive(Debug, Clone)]
struct Named {
    variable: &'static str,
    value: Secret,
}

impl Proxies {
    /// Those of this environment.
    pub fn new(env: &Environment) -> Self {
        if env.contains_key("REQUEST_METHOD") {
            return Proxies::default();
        }
        let first = |names: [&'static str; 2]| {
            let found = names
                .into_iter()
                .find_map(|name| Some((name, env.get(name)?)));
            found.filter(|(_, value)| !value.is_empty())
        };
        let named = |(variable, value): (_, &String)| Named {
            variable,
            value: Secret::new(value),
        };
        let all = first(["ALL_PROXY", "all_proxy"]);
        Proxies {
            http: first(["HTTP_PROXY", "http_proxy"]).or(all).map(named),
            https: first(["HTTPS_PROXY", "https_proxy"]).or(all).map(named),
            exceptions: first(["NO_PROXY", "no_proxy"])
                .map_or_else(String::new, |(_, value)| value.clone()),
        }
    }

    /// The one that requests to this address go through.
    fn to(&self, url: &Url) -> Option<&Named> {
        let named = match url.scheme() {
            "https" => self.https.as_ref(),
            _ => self.http.as_ref(),
        }?;
        let address = url.as_str().parse().ok()?;
        // Whatever the value is, the exceptions are those of reqwest.
        let any = Matcher::builder().all("http://proxy");
        let matcher = any.no(self.exceptions.as_str()).build();
        matcher.intercept(&address).map(|_| named)
    }

    /// Makes sure that requests to this address take the way that is meant.
    ///
    /// # Errors
    /// A usage error that names the variable and not its value.
    pub(super) fn check(&self, url: &Url) -> Result<()> {
        let Some(named) = self.to(url).filter(|named| named.place().is_none()) else {
            return Ok(());
        };
        let variable = named.variable;
        let error = Error::usage(format!("{variable} names no proxy that can be used"));
        let host = url.host_str().unwrap_or_default();
        let around = format!("to go without a proxy: NO_PROXY={host}");
        Err(match named.is_socks() {
            true => error
                .cause("it is one for SOCKS, and HTTP is spoken to proxies")
                .hint("if there is one for HTTP beside it: HTTPS_PROXY=http://HOST:PORT"),
            false => error
                .cause("its value, which may hold a password and is not shown, is not http://USER:PASSWORD@HOST:PORT")
                .hint("a user name or password holds some characters encoded only: @ as %40, / as %2F, # as %23, ^ as %5E, a blank as %20"),
        }
        .hint(around))
    }

    /// The one that requests to this address go through, without user name and password.
    pub(super) fn shown(&self, url: &Url) -> Option<String> {
        let named = self.to(url)?;
        Some(match named.place() {
            Some(place) => format!("{place} ({})", named.variable),
            None => format!("that {} names", named.variable),
        })
    }
}

impl Named {
    fn is_socks(&self) -> bool {
        let scheme = self.value.expose().split("://").next();
        scheme.is_some_and(|scheme| scheme.to_ascii_lowercase().starts_with("socks"))
    }

    /// Scheme, host and port of what is plainly the address of a proxy.
    fn place(&self) -> Option<String> {
        let value = self.value.expose();
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
        let is_odd = |c: char| !c.is_ascii_graphic() || ODD.contains(c);
        if user.contains(is_odd) || host.contains(is_odd) {
            return None;
        }
        let place = format!("{}://{host}", scheme.to_ascii_lowercase());
        let url = Url::parse(&place).ok()?;
        let is_known = matches!(url.scheme(), "http" | "https");
        let is_read = value.parse::<hyper::Uri>().is_ok();
        (is_known && is_read).then_some(place)
    }
}
