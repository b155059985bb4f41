//! A key over the time of a long run: renewed before it ends, without a gap, and never later than that.
#![allow(clippy::disallowed_methods)] // one test runs itself as a process of its own

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use vodcb::context::Context;
use vodcb::credential::recipe::Recipe;
use vodcb::credential::session::Session;
use vodcb::credential::{Credential, Issued, chain, ini};
use vodcb::emulator::{Config, Fault, Running, builtin_key, start};
use vodcb::error::Kind;
use vodcb::openapi::client::{Caller, Client};
use vodcb::settings::Flags;
use vodcb::sts::Role;
use vodcb::target::{AppId, Endpoint};
use vodcb::vod::{Vod, wire};

const START: i64 = 1_772_352_300;
const ROLE: &str = "acs:ram::1234567890123456:role/vod-admin";

/// One clock for each test, since they run at the same time; a clock moves only when it is told to.
static CLOCKS: [AtomicI64; 11] = [const { AtomicI64::new(START) }; 11];

fn now<const N: usize>() -> Timestamp {
    Timestamp::from_second(CLOCKS[N].load(Ordering::SeqCst)).unwrap()
}

fn pass<const N: usize>(seconds: i64) {
    CLOCKS[N].fetch_add(seconds, Ordering::SeqCst);
}

/// A service and somebody who calls it, on clock N.
struct World<const N: usize> {
    ctx: Context,
    emulator: Running,
    vod: Vod,
    _home: tempfile::TempDir,
}

fn context(home: &Path, now: fn() -> Timestamp) -> Context {
    let mut ctx = Context::of_process(Flags::default(), vodcb::output::Forms::Own).unwrap();
    ctx.env = vodcb::context::Environment::default();
    ctx.home = Some(home.to_owned());
    ctx.cwd = home.to_owned();
    ctx.now = now;
    ctx.http = vodcb::http::Http::new(Duration::from_secs(10), "vodcb-test".into(), None).into();
    ctx
}

fn long_lived() -> Credential {
    let key = builtin_key();
    Credential {
        access_key_id: key.access_key_id,
        access_key_secret: key.access_key_secret,
        security_token: None,
    }
}

impl<const N: usize> World<N> {
    /// The caller has a role whose keys live for 20 seconds.
    async fn new(faults: &[&str], quirks: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let ctx = context(home.path(), now::<N>);
        let mut config = Config::new(now::<N>, ctx.nonce);
        config.faults = faults.iter().map(|it| Fault::parse(it).unwrap()).collect();
        for quirk in quirks {
            config.quirks.apply(quirk).unwrap();
        }
        let emulator = start(config).await.unwrap();
        let endpoint = Endpoint::parse(&emulator.url(), false).unwrap();
        let recipe = Recipe::AssumeRole {
            base: Box::new(Recipe::Static(long_lived())),
            role: Role {
                arn: ROLE.into(),
                session_name: Some("ada".into()),
                seconds: None,
                policy: None,
                external_id: None,
            },
            sts: endpoint.clone(),
        };
        let issued = recipe.carry_out(&ctx).await.unwrap();
        let session = Session::new(recipe, issued, now::<N>());
        let caller = Caller::Somebody(Box::new(session));
        let vod = Vod {
            emulated: false,
            client: Client {
                retries: 0,
                ..Client::new("vod", wire::VERSION, endpoint, caller)
            },
        };
        World {
            ctx,
            emulator,
            vod,
            _home: home,
        }
    }

    async fn call(&self) -> vodcb::error::Result<()> {
        let answer = self.vod.get(&self.ctx, &AppId::default()).await;
        answer.map(|_| ())
    }

    fn key_id(&self) -> String {
        let issued = self.vod.client.caller.issued().unwrap();
        issued.credential.access_key_id
    }

    fn expires(&self) -> Timestamp {
        self.vod.client.caller.issued().unwrap().expires.unwrap()
    }

    /// What became of the calls of an operation, in order.
    fn outcomes(&self, action: &str) -> Vec<String> {
        let calls = self.emulator.log().into_iter();
        calls
            .filter(|call| call.action == action)
            .map(|call| call.outcome)
            .collect()
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

#[test]
fn a_session_of_20_seconds_survives_a_minute_without_a_failed_call() {
    run(async {
        let world = World::<0>::new(&[], &["session-seconds=20"]).await;
        let mut keys = std::collections::BTreeSet::from([world.key_id()]);
        for second in 0..60 {
            world.call().await.unwrap();
            keys.insert(world.key_id());
            assert!(world.expires() > now::<0>(), "second {second}");
            pass::<0>(1);
        }
        assert_eq!(world.outcomes("GetMessageCallback"), vec!["OK"; 60]);
        // With 15 of 20 seconds gone a key is renewed: in seconds 15, 30 and 45.
        assert_eq!(world.outcomes("AssumeRole"), vec!["OK"; 4]);
        assert_eq!(keys.len(), 4);
    });
}

#[test]
fn a_session_of_an_hour_is_renewed_with_three_minutes_left() {
    run(async {
        let world = World::<1>::new(&[], &[]).await;
        let first = world.key_id();
        pass::<1>(3600 - 181);
        world.call().await.unwrap();
        assert_eq!(world.key_id(), first, "181 seconds are left");
        pass::<1>(1);
        world.call().await.unwrap();
        assert_ne!(world.key_id(), first, "180 seconds are left");
        assert_eq!(world.outcomes("AssumeRole").len(), 2);
    });
}

#[test]
fn calls_that_are_under_way_at_once_have_the_key_renewed_once() {
    run(async {
        let world = World::<6>::new(&["assume:slow=50"], &["session-seconds=20"]).await;
        pass::<6>(15);
        // Every region has a client of its own, and all of them share the key.
        let elsewhere = |number| Vod {
            client: world.vod.client.at(
                world.vod.client.endpoint.clone(),
                format!("ap-south-{number}"),
            ),
            emulated: world.vod.emulated,
        };
        let regions: Vec<Vod> = (2..22).map(elsewhere).collect();
        let app_id = AppId::default();
        let calls = regions.iter().map(|vod| vod.get(&world.ctx, &app_id));
        for answer in futures_util::future::join_all(calls).await {
            answer.unwrap();
        }
        assert_eq!(world.outcomes("AssumeRole"), vec!["OK"; 2]);
        assert_eq!(world.outcomes("GetMessageCallback"), vec!["OK"; 20]);
    });
}

/// Says that this process runs one test only, so that what it says on stderr can be read.
const ALONE: &str = "VODCB_TEST_ALONE";

#[test]
fn a_renewal_that_fails_while_the_old_key_is_good_goes_on_with_a_warning() {
    const NAME: &str =
        "sessions::a_renewal_that_fails_while_the_old_key_is_good_goes_on_with_a_warning";
    if std::env::var_os(ALONE).is_none() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([NAME, "--exact", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(
            said.contains("warning: ") && said.contains("could not be renewed"),
            "{said}"
        );
        let key = long_lived();
        assert!(!said.contains(key.access_key_secret.expose()), "{said}");
        return;
    }
    run(async {
        let faults = ["assume:pass*1", "assume:deny*1"];
        let world = World::<2>::new(&faults, &["session-seconds=20"]).await;
        let first = world.key_id();
        pass::<2>(15);
        world.call().await.unwrap();
        assert_eq!(world.key_id(), first, "the old key is good for 5 seconds");
        assert_eq!(world.outcomes("AssumeRole").len(), 2, "it was tried");
        pass::<2>(1);
        world.call().await.unwrap();
        assert_ne!(world.key_id(), first, "and tried again");
        assert_eq!(world.outcomes("GetMessageCallback"), ["OK", "OK"]);
    });
}

#[test]
fn an_expired_key_that_cannot_be_renewed_is_an_error_and_nothing_is_sent() {
    run(async {
        let faults = ["assume:pass*1", "assume:deny"];
        let world = World::<3>::new(&faults, &["session-seconds=20"]).await;
        pass::<3>(20);
        let error = world.call().await.unwrap_err();
        assert_eq!(error.kind, Kind::Credentials);
        let told = format!("{error:?}");
        assert!(
            told.contains("NoPermission") && told.contains(ROLE),
            "{told}"
        );
        assert!(world.outcomes("GetMessageCallback").is_empty());
    });
}

/// A call whose renewal fails, and takes so many seconds to do it.
async fn call_while_renewing_takes<const N: usize>(
    world: &World<N>,
    seconds: i64,
) -> vodcb::error::Result<()> {
    let time = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        pass::<N>(seconds);
    };
    tokio::join!(world.call(), time).0
}

const SLOW_REFUSAL: [&str; 3] = ["assume:pass*1", "assume:slow=300", "assume:deny"];

#[test]
fn a_renewal_that_fails_slowly_does_not_hold_up_the_next_call() {
    run(async {
        let world = World::<7>::new(&SLOW_REFUSAL, &[]).await;
        pass::<7>(3600 - 180);
        call_while_renewing_takes(&world, 30).await.unwrap();
        assert_eq!(world.outcomes("AssumeRole").len(), 2, "it was tried");
        pass::<7>(9);
        world.call().await.unwrap();
        assert_eq!(world.outcomes("AssumeRole").len(), 2, "9 s after its end");
        pass::<7>(1);
        world.call().await.unwrap();
        assert_eq!(world.outcomes("AssumeRole").len(), 3, "10 s after its end");
    });
}

#[test]
fn a_key_that_ends_while_its_renewal_fails_is_not_used() {
    run(async {
        let world = World::<8>::new(&SLOW_REFUSAL, &["session-seconds=20"]).await;
        pass::<8>(15);
        let error = call_while_renewing_takes(&world, 5).await.unwrap_err();
        assert_eq!(error.kind, Kind::Credentials);
        assert!(world.outcomes("GetMessageCallback").is_empty());
    });
}

#[test]
fn an_expiry_that_only_the_service_knows_of_is_answered_by_one_renewal() {
    run(async {
        let world = World::<4>::new(&[], &["session-seconds=20"]).await;
        let first = world.key_id();
        // The service's clock goes on and ours does not.
        let mut here = context(world.ctx.home.as_deref().unwrap(), || {
            Timestamp::from_second(START).unwrap()
        });
        here.nonce = world.ctx.nonce;
        pass::<4>(25);
        world.vod.get(&here, &AppId::default()).await.unwrap();
        assert_ne!(world.key_id(), first);
        assert_eq!(
            world.outcomes("GetMessageCallback"),
            ["InvalidSecurityToken.Expired", "OK"]
        );
        assert_eq!(world.outcomes("AssumeRole").len(), 2);
    });
    run(async {
        let faults = ["get:error=InvalidSecurityToken.Expired*5"];
        let world = World::<4>::new(&faults, &[]).await;
        let error = world.call().await.unwrap_err();
        assert_eq!(error.kind, Kind::Credentials);
        assert_eq!(world.outcomes("GetMessageCallback").len(), 2);
        assert_eq!(
            world.outcomes("AssumeRole").len(),
            2,
            "no more than one renewal"
        );
    });
}

/// By a clock that is three hours ahead every new key has ended. What a refusal told of it counts for the keys, too.
#[test]
fn a_clock_that_is_ahead_does_not_end_every_key() {
    run(async {
        let mut world = World::<10>::new(&[], &[]).await;
        world.ctx.now = || {
            let ahead = jiff::SignedDuration::from_hours(3);
            now::<10>().checked_add(ahead).unwrap()
        };
        for _ in 0..5 {
            world.call().await.unwrap();
        }
        let outcomes = world.outcomes("AssumeRole");
        assert_eq!(outcomes, ["OK", "InvalidTimeStamp.Expired", "OK"]);
        assert_eq!(world.outcomes("GetMessageCallback"), vec!["OK"; 5]);
    });
}

/// Whoever reads a queue goes on when it is only the source that is silent.
#[test]
fn a_renewal_that_nobody_answers_may_succeed_later_and_tells_the_source() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let mut ctx = context(home.path(), now::<2>);
        ctx.flags.retries = Some(0);
        let issued = Issued {
            credential: long_lived(),
            expires: Some(Timestamp::UNIX_EPOCH),
        };
        let recipe = Recipe::Uri("http://127.0.0.1:9/key".to_owned());
        let session = Session::new(recipe, issued, Timestamp::UNIX_EPOCH);
        let session = session.coming_from("credentials URI of X");
        let error = session.current(&ctx).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        assert!(error.details.retryable);
        let from = "the key comes from credentials URI of X".to_owned();
        assert!(error.causes.contains(&from), "{error:?}");
    });
}

/// A person who signed in to CloudSSO, good for an hour, and holds a stored key. On top of it there is a
/// profile that takes a role on.
fn signed_in(address: &str, stored: &Credential, expires: Timestamp) -> String {
    json!({"current": "default", "profiles": [{
        "name": "default", "mode": "CloudSSO",
        "cloud_sso_sign_in_url": address, "cloud_sso_account_id": "5550001", "cloud_sso_access_config": "ac-1",
        "access_token": "sso-token", "cloud_sso_access_token_expire": START + 3600,
        "access_key_id": stored.access_key_id, "access_key_secret": stored.access_key_secret.expose(),
        "sts_token": stored.security_token.as_ref().unwrap().expose(), "sts_expiration": expires.as_second(),
    }, {
        "name": "chained", "mode": "ChainableRamRoleArn", "source_profile": "default",
        "ram_role_arn": ROLE, "sts_endpoint": address,
    }]})
    .to_string()
}

/// The session of this profile of a person who is signed in.
async fn opened<const N: usize>(world: &mut World<N>, profile: &str) -> Session {
    let stored = world.vod.client.caller.issued().unwrap().credential;
    let folder = world.ctx.home.as_deref().unwrap().join(".aliyun");
    std::fs::create_dir(&folder).unwrap();
    let text = signed_in(&world.emulator.url(), &stored, world.expires());
    std::fs::write(folder.join("config.json"), text).unwrap();
    world.ctx.flags.profile = Some(profile.to_owned());
    let found = chain::find(&world.ctx).await.unwrap();
    found.open(&world.ctx).await.unwrap()
}

#[test]
fn a_stored_key_that_ends_during_the_run_is_followed_by_the_exchange_of_the_sign_in() {
    run(async {
        let mut world = World::<5>::new(&[], &["session-seconds=20"]).await;
        let session = opened(&mut world, "default").await;
        let stored = session.current(&world.ctx).await.unwrap();
        assert_eq!(stored.access_key_id, world.key_id());
        pass::<5>(21);
        let fresh = session.current(&world.ctx).await.unwrap();
        assert_ne!(
            fresh, stored,
            "the stored key has ended and the sign-in has not"
        );
    });
}

/// The stored key ends in second 20, and the role's is renewed in 15, 30, 45 and 60.
#[test]
fn a_role_is_taken_on_with_the_exchange_of_the_sign_in_once_the_stored_key_has_ended() {
    run(async {
        let mut world = World::<9>::new(&[], &["session-seconds=20"]).await;
        let session = opened(&mut world, "chained").await;
        for exchanges in [0, 0, 1, 2, 3] {
            session.current(&world.ctx).await.unwrap();
            assert!(session.held().expires.unwrap() > now::<9>());
            assert_eq!(world.outcomes("POST /cloud-credentials").len(), exchanges);
            pass::<9>(15);
        }
        assert_eq!(world.outcomes("AssumeRole"), vec!["OK"; 1 + 5]);
    });
}

#[test]
fn a_secret_of_the_ini_file_is_read_whole() {
    let home = tempfile::tempdir().unwrap();
    let ctx = context(home.path(), || Timestamp::from_second(START).unwrap());
    let folder = home.path().join(".alibabacloud");
    std::fs::create_dir(&folder).unwrap();
    for secret in [
        "a#b", "a # b", "a;b", "a ; b", r"a\b\\n", "a=b:c", "\"a'b\"", "[a]", "a%sb${c}",
    ] {
        let text = format!(
            "[default]\ntype = access_key\naccess_key_id = id\naccess_key_secret = {secret}\n"
        );
        std::fs::write(folder.join("credentials"), text).unwrap();
        let Recipe::Static(credential) = ini::find(&ctx, "default").unwrap().unwrap().recipe else {
            panic!("an access key is at hand")
        };
        assert_eq!(credential.access_key_secret.expose(), secret);
    }
}
