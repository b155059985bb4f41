//! `paced_sets COUNT`: so many calls of `SetMessageCallback` at the pace that every command keeps, asked
//! for all at once. One that is refused is not tried again. Prints the seconds they took.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

use std::env::var;
use std::rc::Rc;
use std::time::Instant;

use futures_util::future::try_join_all;
use vodcb::context::Context;
use vodcb::credential::Credential;
use vodcb::http::pace::Pace;
use vodcb::openapi::Parameters;
use vodcb::openapi::client::{Caller, Client, Effect};
use vodcb::secret::Secret;
use vodcb::settings::Flags;
use vodcb::target::Endpoint;

const A_SECOND: u32 = 15;

fn main() {
    let count: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let ctx = Context::of_process(Flags::default(), vodcb::output::Forms::Own).unwrap();
    let endpoint = Endpoint::parse(&var("VODCB_ENDPOINT").unwrap(), false).unwrap();
    let caller = Caller::fixed(Credential {
        access_key_id: var("ALIBABA_CLOUD_ACCESS_KEY_ID").unwrap(),
        access_key_secret: Secret::new(var("ALIBABA_CLOUD_ACCESS_KEY_SECRET").unwrap()),
        security_token: None,
    });
    let client = Client {
        pace: Rc::new(Pace::new(A_SECOND)),
        retries: 0,
        ..Client::new("vod", "2017-03-21", endpoint, caller)
    };
    let parameters: Parameters = [
        ("AppId", "app-1000000"),
        ("CallbackType", "HTTP"),
        ("CallbackURL", "https://example.com/vod/callback"),
        ("EventTypeList", "ALL"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let begun = Instant::now();
    let set = || client.call(&ctx, "SetMessageCallback", &parameters, Effect::Writes);
    runtime
        .block_on(try_join_all((0..count).map(|_| set())))
        .unwrap();
    println!("{}", begun.elapsed().as_secs_f64());
}
