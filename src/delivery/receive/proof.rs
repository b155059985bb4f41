//! Whether a delivery that has just come is VOD's.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{HOST, HeaderMap, HeaderName};
use hyper::http::uri::PathAndQuery;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::callback::url;
use crate::delivery::notice::Verdict;
use crate::delivery::signature::{Claim, NamedKey, NamedUrl, fitting, reasons};

static TIMESTAMP: HeaderName = HeaderName::from_static("x-vod-timestamp");
static SIGNATURE: HeaderName = HeaderName::from_static("x-vod-signature");
/// Where a proxy names the host that it was asked for.
pub static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// As many hosts are tried that a request names. Anybody can name many.
const MAX_HOSTS: usize = 8;

/// The usual mistakes are looked for at most this often: it takes longer than a delivery itself, and
/// anybody can send wrong signatures.
const SEARCHED_EVERY: Duration = Duration::from_millis(100);

/// The reason when they were not looked for.
const NOT_COMPARED: &str =
    "not compared with the usual mistakes, as another wrong one came within a tenth of a second";

/// What is asked of a signature.
#[derive(Debug, Default)]
pub struct Proof {
    /// The keys that count; without any, nothing is verified.
    pub keys: Vec<NamedKey>,
    /// The URLs as they are configured. Without any, the URL is put together from the request, which
    /// proves the same: whoever does not have the key cannot sign for another URL either.
    pub urls: Vec<NamedUrl>,
    /// How many seconds the time may be away.
    pub max_age: Option<u64>,
    /// Whether a delivery that is not signed rightly is refused.
    pub required: bool,
}

/// How often mistakes are looked for.
#[derive(Debug, Default)]
pub(super) struct Searches(Mutex<Option<Instant>>);

impl Searches {
    fn may_begin(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|at| at.elapsed() >= SEARCHED_EVERY);
        if may {
            *last = Some(Instant::now());
        }
        may
    }
}

impl Proof {
    /// Whether a delivery with this verdict is taken.
    pub fn accepts(&self, verdict: &Verdict) -> bool {
        !self.required || matches!(verdict, Verdict::Right(_))
    }

    pub(super) fn judge(
        &self,
        headers: &HeaderMap,
        target: Option<&PathAndQuery>,
        body: &[u8],
        now: Timestamp,
        searches: &Searches,
    ) -> Verdict {
        if self.keys.is_empty() {
            return Verdict::Unchecked;
        }
        let text = |name: &HeaderName| Some(headers.get(name)?.to_str().unwrap_or_default());
        let (Some(time), Some(signed)) = (text(&TIMESTAMP), text(&SIGNATURE)) else {
            return Verdict::Missing;
        };
        let seen;
        let urls = if self.urls.is_empty() {
            seen = seen_urls(headers, target);
            &seen
        } else {
            &self.urls
        };
        match fitting(time, signed, urls, &self.keys) {
            Some((key, _)) => match self.too_far(time, now) {
                None => Verdict::Right(key.name.clone()),
                Some(reason) => Verdict::Wrong(vec![reason]),
            },
            None if searches.may_begin() => {
                let claim = Claim {
                    timestamp: time.to_owned(),
                    signature: signed.to_owned(),
                    body: Some(body.to_vec()),
                };
                let shown = seen_urls(headers, target);
                Verdict::Wrong(reasons(&claim, urls, &shown, &self.keys))
            }
            None => Verdict::Wrong(vec![NOT_COMPARED.to_owned()]),
        }
    }

    fn too_far(&self, time: &str, now: Timestamp) -> Option<String> {
        let most = self.max_age?;
        let away = time
            .parse()
            .map_or(u64::MAX, |time: i64| now.as_second().abs_diff(time));
        (away > most).then(|| "the time is further away than --max-age allows".to_owned())
    }
}

/// The URLs that the sender may have been given, as far as the request tells. Each proxy on the way may have
/// added a host.
pub fn seen_urls(headers: &HeaderMap, target: Option<&PathAndQuery>) -> Vec<NamedUrl> {
    let target = target.map_or("/", PathAndQuery::as_str);
    // What was configured in letters beyond ASCII is asked for percent-encoded, and signed as it is.
    let written_out = url::written_out(target).filter(|text| text != target);
    let targets = std::iter::once(target).chain(written_out.as_deref());
    // A URL without a path, such as https://example.com, is asked for as /, and signed without it.
    let targets: Vec<&str> = targets
        .flat_map(|target| {
            let bare = target.strip_prefix('/');
            let bare = bare.filter(|rest| rest.is_empty() || rest.starts_with('?'));
            std::iter::once(target).chain(bare)
        })
        .collect();
    let values = |name| headers.get_all(name).iter();
    let values = values(&FORWARDED_HOST).chain(values(&HOST));
    let hosts = values.filter_map(|value| value.to_str().ok());
    let hosts = hosts.flat_map(|value| value.split(',')).map(str::trim);
    let hosts = hosts.take(MAX_HOSTS);
    let origins =
        hosts.flat_map(|host| ["https", "http"].map(|scheme| format!("{scheme}://{host}")));
    origins
        .flat_map(|origin| {
            targets
                .iter()
                .map(move |target| format!("{origin}{target}"))
        })
        .map(|url| NamedUrl {
            name: "as the request shows it".to_owned(),
            url,
        })
        .collect()
}
