//! What can be done with a listener that is ready: lines that are copied, and work as they stand.

use super::Args;
use crate::callback::url::without_password;
use crate::context::Context;
use crate::delivery::receive::Proof;
use crate::text::quoted;

/// What a delivery must be signed with to be right.
#[derive(Debug)]
pub(super) struct Signer {
    /// Whether signatures are verified at all.
    has_key: bool,
    /// The first URL that counts, as it may be shown; `None` where it is the one that a request shows.
    url: Option<String>,
}

impl Signer {
    pub(super) fn of(proof: &Proof) -> Self {
        let first = proof.urls.first();
        Signer {
            has_key: !proof.keys.is_empty(),
            url: first.map(|first| without_password(&first.url).into_owned()),
        }
    }
}

impl Args {
    /// Where it listens, a delivery that it takes, and how VOD's come here.
    pub(super) fn suggestions(&self, ctx: &Context, url: &str, signer: &Signer) -> String {
        let (place, path) = match &self.path {
            Some(path) => ("", path.as_str()),
            None => (", at any path", "/vod"),
        };
        let local = url.strip_suffix(path).unwrap_or(url);
        let key = match self.against.source.words() {
            _ if !signer.has_key => String::new(),
            Some(words) => format!(" {words}"),
            None => " --auth-key-env NAME".to_owned(),
        };
        let signed_url = match &signer.url {
            Some(url) => format!(" --signed-url {}", quoted(url)),
            None => String::new(),
        };
        let vod = match &signer.url {
            Some(public) if self.against.configured => {
                format!("put an https tunnel or proxy in front of {local} that takes {public}")
            }
            given => {
                let public = match given {
                    Some(url) => quoted(url).into_owned(),
                    None => quoted(&format!("https://YOUR-HOST{path}")).into_owned(),
                };
                let set = ctx.again(&format!("set --http-url {public}{key}"));
                format!("put an https tunnel or proxy in front of {local}, then\n          {set}")
            }
        };
        let to = format!("{local}{path}");
        let to = quoted(&to);
        format!(
            "listening at {url}{place}; Ctrl-C ends it\n\
             try it:   vodcb send TranscodeComplete --to {to}{key}{signed_url}\n\
             for VOD:  {vod}"
        )
    }
}
