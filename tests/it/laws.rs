//! Laws that hold for every callback, every edit and every plausible service.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use vodcb::callback::{Auth, Callback, Destination, StoredKey};
use vodcb::change::diff::{Difference, Verdict, judge, risks};
use vodcb::change::edit::{AuthEdit, DestinationEdit, Edit, EventsEdit, QueuePlace};
use vodcb::change::write::{Ask, Order, Wanted, change};
use vodcb::context::Context;
use vodcb::credential::Credential;
use vodcb::emulator::{Config, Running, builtin_key, start};
use vodcb::event::{EventSelection, EventType, catalogue};
use vodcb::openapi::client::{Caller, Client};
use vodcb::openapi::{Parameters, canonical_query, encode};
use vodcb::secret::Secret;
use vodcb::settings::Flags;
use vodcb::target::{AppId, Endpoint, Region, Target};
use vodcb::vod::{Vod, wire};

fn event() -> impl Strategy<Value = EventType> {
    let names: Vec<EventType> = catalogue::subscribable().into_iter().collect();
    prop_oneof![9 => proptest::sample::select(names), 1 => Just(EventType::from_service("BrandNewComplete"))]
}

fn events() -> impl Strategy<Value = BTreeSet<EventType>> {
    proptest::collection::btree_set(event(), 1..6)
}

fn selection() -> impl Strategy<Value = EventSelection> {
    prop_oneof![
        Just(EventSelection::All),
        Just(EventSelection::None),
        events().prop_map(EventSelection::only),
    ]
}

fn key() -> impl Strategy<Value = Secret> {
    "[A-Z][a-z][0-9][A-Za-z0-9]{5,29}".prop_map(Secret::new)
}

fn url() -> impl Strategy<Value = String> {
    "https://[a-z]{1,8}\\.example\\.com/[a-z%20回&=+*~]{0,12}"
        .prop_map(|url| url.replace('%', "%25"))
}

fn auth() -> impl Strategy<Value = Auth> {
    prop_oneof![
        Just(Auth::OFF),
        (any::<bool>(), key()).prop_map(|(on, key)| Auth {
            on,
            key: StoredKey::Known(key)
        }),
    ]
}

fn callback() -> impl Strategy<Value = Callback> {
    let destination = prop_oneof![
        (url(), auth()).prop_map(|(url, auth)| Destination::Http { url, auth }),
        "[a-z][a-z0-9-]{0,20}".prop_map(|queue| Destination::Mns {
            endpoint: "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/".into(),
            queue,
        }),
    ];
    (destination, selection()).prop_map(|(destination, events)| Callback {
        destination,
        events,
    })
}

fn target() -> Target {
    Target {
        region: Region::default(),
        app_id: AppId::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_of_events_touches_nothing_else(before in callback(), add in events()) {
        let edit = Edit { events: EventsEdit { add: add.clone(), ..EventsEdit::default() }, ..Edit::default() };
        let after = edit.apply(Some(&before), &target()).unwrap().callback;
        prop_assert_eq!(&after.destination, &before.destination);
        prop_assert!(before.events.lost_in(&after.events).is_empty(), "a merge never loses an event");
        if let EventSelection::Only(events) = &after.events {
            prop_assert!(add.is_subset(events));
        }
    }

    #[test]
    fn an_edit_of_the_url_keeps_events_and_authentication(before in callback(), url in url()) {
        let edit = Edit { destination: Some(DestinationEdit::Url(url.clone())), ..Edit::default() };
        let after = edit.apply(Some(&before), &target()).unwrap().callback;
        prop_assert_eq!(&after.events, &before.events);
        let expected = match before.destination {
            Destination::Http { auth, .. } => auth,
            Destination::Mns { .. } => Auth::OFF,
        };
        prop_assert_eq!(after.destination, Destination::Http { url, auth: expected });
    }

    #[test]
    fn what_is_written_is_read_back_as_the_same(callback in callback()) {
        let parameters = wire::set_parameters(&AppId::default(), &callback);
        let answer = serde_json::json!({ "MessageCallback": parameters });
        match wire::read_get(&answer) {
            wire::Stored::Callback(stored) => {
                prop_assert_eq!(judge(Some(&callback), Some(&stored)), Verdict::Same);
                prop_assert_eq!(stored.fingerprint(), callback.fingerprint());
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_difference_is_empty_exactly_for_equals(a in callback(), b in callback()) {
        prop_assert!(Difference::between(Some(&a), Some(&a)).is_empty());
        prop_assert_eq!(Difference::between(Some(&a), Some(&b)).is_empty(), a == b);
        prop_assert_eq!(a.fingerprint() == b.fingerprint(), a == b);
        prop_assert!(!Difference::between(None, Some(&a)).is_empty());
        prop_assert!(risks(None, Some(&a)).is_empty());
        prop_assert!(!risks(Some(&a), None).is_empty());
    }

    #[test]
    fn a_difference_shows_no_key(a in callback(), b in callback()) {
        let text = serde_json::to_string(&Difference::between(Some(&a), Some(&b))).unwrap();
        for callback in [&a, &b] {
            if let Destination::Http { auth: Auth { key: StoredKey::Known(key), .. }, .. } = &callback.destination {
                prop_assert!(!text.contains(key.expose()));
            }
        }
    }

    #[test]
    fn encoding_is_strict_and_reversible(text in any::<String>()) {
        let encoded = encode(&text);
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b)));
        let mut decoded = Vec::new();
        let mut bytes = encoded.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                prop_assert!(digits.iter().all(|d| d.is_ascii_digit() || d.is_ascii_uppercase()));
                decoded.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                decoded.push(byte);
            }
        }
        prop_assert_eq!(String::from_utf8(decoded).unwrap(), text);
    }

    #[test]
    fn a_canonical_query_is_sorted_by_name_alone(names in proptest::collection::btree_set("[A-Za-z0-9.]{1,6}", 0..8)) {
        let parameters: Parameters = names.iter().map(|name| (name.clone(), String::new())).collect();
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        let expected: Vec<String> = sorted.iter().map(|name| format!("{name}=")).collect();
        prop_assert_eq!(canonical_query(&parameters), expected.join("&"));
    }
}

#[test]
fn a_stored_key_that_breaks_todays_rules_is_kept_and_told() {
    let before = Callback {
        destination: Destination::Http {
            url: "https://example.com/".into(),
            auth: Auth {
                on: true,
                key: StoredKey::Known(Secret::new("oldkey")),
            },
        },
        events: EventSelection::All,
    };
    let edit = Edit {
        destination: Some(DestinationEdit::Url("https://example.com/2".into())),
        ..Edit::default()
    };
    let edited = edit.apply(Some(&before), &target()).unwrap();
    let Destination::Http { auth, .. } = edited.callback.destination else {
        panic!()
    };
    assert_eq!(auth.known_key().unwrap().expose(), "oldkey");
    assert!(
        edited
            .notes
            .iter()
            .any(|note| note.contains("is kept although it has no upper-case letter")),
        "{:?}",
        edited.notes
    );
}

/// One step a user takes.
#[derive(Debug, Clone)]
enum Step {
    Url(String),
    Queue(String),
    Events(EventSelection),
    Add(BTreeSet<EventType>),
    Remove(BTreeSet<EventType>),
    Key(Secret),
    Auth(bool),
    Delete,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => url().prop_map(Step::Url),
        2 => "[a-z][a-z0-9-]{0,9}".prop_map(Step::Queue),
        2 => selection().prop_map(Step::Events),
        3 => events().prop_map(Step::Add),
        3 => events().prop_map(Step::Remove),
        2 => key().prop_map(Step::Key),
        2 => any::<bool>().prop_map(Step::Auth),
        1 => Just(Step::Delete),
    ]
}

/// What a user would say is configured, kept by the plainest means.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    url: Option<String>,
    queue: Option<String>,
    on: bool,
    key: Option<String>,
    all: bool,
    names: BTreeSet<String>,
}

fn names(events: &BTreeSet<EventType>) -> BTreeSet<String> {
    events.iter().map(ToString::to_string).collect()
}

/// The state after a step; `None` when the step is to be refused.
fn expected(model: Option<&Model>, step: &Step) -> Option<Option<Model>> {
    let everything = names(&catalogue::subscribable());
    let base = model.cloned();
    let new = Model {
        url: None,
        queue: None,
        on: false,
        key: None,
        all: true,
        names: everything.clone(),
    };
    let mut next = match (step, base) {
        (Step::Delete, _) => return Some(None),
        (Step::Url(_) | Step::Queue(_), base) => base.unwrap_or(new),
        (_, base) => base?,
    };
    match step {
        Step::Url(url) => {
            next.url = Some(url.clone());
            next.queue = None;
        }
        Step::Queue(queue) => {
            next.queue = Some(queue.clone());
            (next.url, next.on, next.key) = (None, false, None);
        }
        Step::Events(EventSelection::All) => (next.all, next.names) = (true, everything),
        Step::Events(EventSelection::None) => (next.all, next.names) = (false, BTreeSet::new()),
        Step::Events(EventSelection::Only(events)) => {
            (next.all, next.names) = (false, names(events))
        }
        Step::Add(events) if !next.all => next.names.extend(names(events)),
        Step::Add(_) => {}
        Step::Remove(events) => {
            next.all = false;
            next.names.retain(|name| !names(events).contains(name));
        }
        Step::Key(_) | Step::Auth(_) if next.url.is_none() => return None,
        Step::Key(key) => (next.on, next.key) = (true, Some(key.expose().to_owned())),
        Step::Auth(true) if next.key.is_none() => return None,
        Step::Auth(on) => next.on = *on,
        Step::Delete => {}
    }
    Some(Some(next))
}

fn edit(step: &Step) -> Edit {
    let mut edit = Edit::default();
    match step.clone() {
        Step::Url(url) => edit.destination = Some(DestinationEdit::Url(url)),
        Step::Queue(name) => {
            edit.destination = Some(DestinationEdit::Queue {
                name: Some(name),
                place: Some(QueuePlace::Part {
                    account_id: Some("1234567890123456".into()),
                    region: None,
                }),
            });
        }
        Step::Events(selection) => edit.events.replace = Some(selection),
        Step::Add(events) => edit.events.add = events,
        Step::Remove(events) => edit.events.remove = events,
        Step::Key(key) => edit.auth = AuthEdit::Key(key),
        Step::Auth(true) => edit.auth = AuthEdit::On,
        Step::Auth(false) => edit.auth = AuthEdit::Off,
        Step::Delete => {}
    }
    edit
}

/// The service as it is must be as the user would say. A service that expands `ALL` shows a list.
fn assert_same(model: Option<&Model>, stored: Option<&Callback>, story: &str) {
    let (Some(model), Some(stored)) = (model, stored) else {
        assert_eq!(model.is_some(), stored.is_some(), "{story}");
        return;
    };
    match &stored.destination {
        Destination::Http { url, auth } => {
            assert_eq!(Some(url), model.url.as_ref(), "{story}");
            assert_eq!(auth.on, model.on, "{story}");
            if let Some(key) = &model.key {
                assert_eq!(
                    auth.known_key().map(Secret::expose),
                    Some(key.as_str()),
                    "{story}"
                );
            }
        }
        Destination::Mns { queue, .. } => assert_eq!(Some(queue), model.queue.as_ref(), "{story}"),
    }
    let shown = match &stored.events {
        EventSelection::All => names(&catalogue::subscribable()),
        EventSelection::None => BTreeSet::new(),
        EventSelection::Only(events) => names(events),
    };
    assert_eq!(shown, model.names, "{story}");
}

fn quirks() -> impl Strategy<Value = Vec<&'static str>> {
    let one_of = |values: &'static [&'static str]| proptest::sample::select(values);
    (
        one_of(&[
            "unconfigured=absent",
            "unconfigured=empty",
            "unconfigured=blank",
            "unconfigured=error",
        ]),
        one_of(&["all=echo", "all=expand"]),
        one_of(&["set=reset", "set=merge"]),
        one_of(&["linger=no", "linger=yes"]),
        one_of(&["delete-nothing=ok", "delete-nothing=error"]),
        one_of(&["form=accept", "form=refuse"]),
        one_of(&["case=keep", "case=lower"]),
    )
        .prop_map(|(a, b, c, d, e, f, g)| vec![a, b, c, d, e, f, g])
}

/// A context by hand: no environment, no terminal, a home of its own.
pub fn context(home: &std::path::Path) -> Context {
    let flags = Flags {
        quiet: true,
        yes: true,
        ..Flags::default()
    };
    let mut ctx = Context::of_process(flags, vodcb::output::Forms::Own).unwrap();
    ctx.env = [("VODCB_HISTORY".to_owned(), "off".to_owned())].into();
    ctx.home = Some(home.to_owned());
    ctx.cwd = home.to_owned();
    ctx.http = vodcb::http::Http::new(Duration::from_secs(10), "vodcb-test".into(), None).into();
    ctx
}

/// A service that keeps what a Set leaves out brings back the key of an earlier URL.
fn recall_key(model: &mut Model, stored: Option<&Callback>) {
    if let Some(Destination::Http { auth, .. }) = stored.map(|stored| &stored.destination) {
        model.key = auth.known_key().map(|key| key.expose().to_owned());
    }
}

/// A service with these quirks, and the way to call it.
pub async fn service(ctx: &Context, quirks: &[&str]) -> (Running, Vod) {
    let mut config = Config::new(ctx.now, ctx.nonce);
    for quirk in quirks {
        config.quirks.apply(quirk).unwrap();
    }
    let running = start(config).await.unwrap();
    let key = builtin_key();
    let vod = Vod {
        emulated: false,
        client: Client {
            retries: 0,
            ..Client::new(
                "vod",
                wire::VERSION,
                Endpoint::parse(&running.url(), false).unwrap(),
                Caller::fixed(Credential {
                    access_key_id: key.access_key_id,
                    access_key_secret: key.access_key_secret,
                    security_token: key.security_token,
                }),
            )
        },
    };
    (running, vod)
}

async fn live(ctx: &Context, quirks: &[&str], steps: &[Step]) {
    let (running, vod) = service(ctx, quirks).await;
    let target = target();
    let mut model: Option<Model> = None;
    let mut story = format!("{quirks:?}");
    for step in steps {
        story.push_str(&format!("\n{step:?}"));
        let edit = edit(step);
        let wanted = match step {
            Step::Delete => Wanted::Nothing,
            _ => Wanted::Edited {
                edit: &edit,
                seen: None,
            },
        };
        let order = Order {
            command: "set",
            target: &target,
            wanted,
            ask: Ask::Never,
            if_match: None,
        };
        let result = change(ctx, &vod, &order, |_| Ok(())).await;
        match expected(model.as_ref(), step) {
            Some(mut next) => {
                // A service that expands ALL stores a list from then on, as far as anybody can see.
                if let Some(next) = &mut next
                    && quirks.contains(&"all=expand")
                {
                    next.all = false;
                }
                if let Err(error) = result {
                    panic!("{error:?}\n{story}");
                }
                model = next;
            }
            None => assert!(result.is_err(), "{story}"),
        }
        let now = vod.get(ctx, &target.app_id).await.unwrap();
        assert_same(model.as_ref(), now.callback.as_ref(), &story);
        if let Some(model) = &mut model
            && quirks.contains(&"set=merge")
        {
            recall_key(model, now.callback.as_ref());
        }
    }
    running.stop().await;
}

/// Found by the law below: the key came back with the second URL, so authentication could be turned on.
#[test]
fn a_key_that_the_service_kept_while_a_queue_was_configured_can_be_used_again() {
    let home = tempfile::tempdir().unwrap();
    let ctx = context(home.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = || Step::Url("https://a.example.com/".to_owned());
    let steps = [
        url(),
        Step::Key(Secret::new("Abcdefgh1")),
        Step::Queue("a".to_owned()),
        url(),
        Step::Auth(true),
    ];
    runtime.block_on(live(&ctx, &["set=merge", "linger=no"], &steps));
}

#[test]
fn no_sequence_of_changes_loses_a_field_the_user_did_not_name() {
    let home = tempfile::tempdir().unwrap();
    let ctx = context(home.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(quirks in quirks(), steps in proptest::collection::vec(step(), 1..12))| {
        runtime.block_on(live(&ctx, &quirks, &steps));
    });
}
