//! The client against the emulator, end to end.

use std::time::{Duration, Instant};

use vodcb::credential::recipe::Recipe;
use vodcb::credential::session::Session;
use vodcb::credential::{Credential, Issued};
use vodcb::error::Kind;
use vodcb::event::decode::unpack;
use vodcb::mns::queue::Attributes;
use vodcb::mns::{Creation, Mns};
use vodcb::secret::Secret;
use vodcb::sts::Role;
use vodcb::target::Region;

use super::world::{World, answer, scripted};

#[test]
fn the_public_endpoint_is_called_by_https() {
    let endpoint = Mns::endpoint_for("1234567890123456", &Region::default()).unwrap();
    let host = "https://1234567890123456.mns.cn-shanghai.aliyuncs.com";
    assert_eq!(endpoint.to_string(), host);
    assert_eq!(
        Mns::endpoint_for("me", &Region::default())
            .unwrap_err()
            .kind,
        Kind::Usage
    );
}

#[tokio::test]
async fn the_life_of_a_queue() {
    let World { ctx, mns, running } = World::new().await;
    let wanted = Attributes {
        message_retention_period: Some(3600),
        polling_wait_seconds: Some(1),
        logging_enabled: Some(true),
        ..Attributes::default()
    };
    for whose in [Creation::Made, Creation::Found] {
        let made = mns.create_queue(&ctx, "vod-events", &wanted).await;
        assert_eq!(made.unwrap(), whose);
    }
    let other = mns
        .create_queue(&ctx, "vod-events", &Attributes::default())
        .await
        .unwrap_err();
    assert_eq!(
        (other.kind, other.code()),
        (Kind::Rejected, "QueueAlreadyExist")
    );
    let status = mns.get_attributes(&ctx, "vod-events").await.unwrap();
    assert_eq!(status.name, "vod-events");
    assert_eq!(
        status.attributes,
        Attributes {
            delay_seconds: Some(0),
            maximum_message_size: Some(65536),
            visibility_timeout: Some(30),
            ..wanted
        }
    );
    assert!(status.created.is_some() && status.modified.is_some());
    assert_eq!(
        (status.active, status.inactive, status.delayed),
        (Some(0), Some(0), Some(0))
    );
    let mut pages = mns.list_queues("vod-");
    assert_eq!(pages.next(&ctx).await.unwrap().unwrap(), ["vod-events"]);
    assert_eq!(pages.next(&ctx).await.unwrap(), None);
    let none = mns.get_attributes(&ctx, "other").await.unwrap_err();
    assert_eq!((none.kind, none.code()), (Kind::Rejected, "QueueNotExist"));
    assert_eq!(none.message, "there is no queue other");
    assert_eq!(
        mns.list_queues("other").next(&ctx).await.unwrap().unwrap(),
        [""; 0]
    );
    running.stop().await;
}

#[tokio::test]
async fn the_life_of_a_message() {
    let world = World::with_queue(&[]).await;
    let body = "{\"EventType\":\"FileUploadComplete\",\"标题\":\"<视频> & 🎬\"}";
    world.deliver(body);
    let World { ctx, mns, running } = world;
    let seen = mns.peek(&ctx, "q").await.unwrap().unwrap();
    assert_eq!((seen.receipt_handle, seen.dequeue_count), (None, 0));
    let mut received = mns.batch_receive(&ctx, "q", 16, Some(1)).await.unwrap();
    let message = received.pop().unwrap();
    assert_eq!((&message.id, message.body.as_str()), (&seen.id, body));
    assert!(message.is_intact());
    assert_eq!((message.dequeue_count, message.priority), (1, Some(8)));
    assert!(message.next_visible > message.enqueued);
    assert_eq!(
        unpack(message.body.as_bytes()).unwrap().0["EventType"],
        "FileUploadComplete"
    );
    let old = message.receipt_handle.unwrap();
    let changed = mns.change_visibility(&ctx, "q", &old, 100).await.unwrap();
    let outdated = mns.batch_delete(&ctx, "q", &[&old]).await.unwrap();
    assert_eq!(outdated, ["ReceiptHandleError"]);
    let deleted = mns.batch_delete(&ctx, "q", &[&changed]).await;
    assert!(deleted.unwrap().is_empty());
    assert_eq!(mns.batch_receive(&ctx, "q", 1, Some(0)).await.unwrap(), []);
    assert_eq!(mns.peek(&ctx, "q").await.unwrap(), None);
    running.stop().await;
}

#[tokio::test]
async fn batches() {
    let world = World::with_queue(&[]).await;
    for number in 0..16 {
        world.deliver(&format!("m{number}"));
    }
    let World { ctx, mns, running } = world;
    assert_eq!(mns.batch_peek(&ctx, "q", 3).await.unwrap().len(), 3);
    let received = mns.batch_receive(&ctx, "q", 16, None).await.unwrap();
    let bodies: Vec<&str> = received
        .iter()
        .map(|message| message.body.as_str())
        .collect();
    assert_eq!((bodies.len(), bodies[0], bodies[15]), (16, "m0", "m15"));
    let mut handles: Vec<&str> = received
        .iter()
        .filter_map(|message| message.receipt_handle.as_deref())
        .collect();
    handles[3] = "1-bad";
    let failures = mns.batch_delete(&ctx, "q", &handles).await.unwrap();
    assert_eq!(failures, ["ReceiptHandleError"]);
    assert_eq!(mns.batch_receive(&ctx, "q", 16, Some(0)).await.unwrap(), []);
    assert_eq!(mns.batch_peek(&ctx, "q", 16).await.unwrap(), []);
    running.stop().await;
}

#[tokio::test]
async fn a_wait_ends_with_the_message_and_outlasts_the_usual_timeout() {
    let mut world = World::with_queue(&[]).await;
    world.ctx.http =
        vodcb::http::Http::new(Duration::from_millis(700), "vodcb-test".into(), None).into();
    let begin = Instant::now();
    let (received, ()) = tokio::join!(
        world.mns.batch_receive(&world.ctx, "q", 1, Some(10)),
        async {
            tokio::time::sleep(Duration::from_millis(1200)).await;
            world.deliver("{}");
        }
    );
    assert_eq!(received.unwrap()[0].body, "{}");
    assert!(begin.elapsed() < Duration::from_secs(3));
    world.running.stop().await;
}

#[tokio::test]
async fn temporary_keys_send_their_token() {
    let ctx = super::world::context();
    let token = vodcb::secret::Secret::new("CAIS+token/==");
    let mut config = vodcb::emulator::Config::new(ctx.now, ctx.nonce);
    config.keys[0].security_token = Some(token.clone());
    let mut world = World::of(ctx, config).await;
    let refused = world
        .mns
        .list_queues("")
        .next(&world.ctx)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind, refused.code()),
        (Kind::Credentials, "InvalidSecurityToken")
    );
    world.mns.caller = Session::fixed(Credential {
        security_token: Some(token),
        ..world.mns.caller.held().credential
    });
    assert!(world.mns.list_queues("").next(&world.ctx).await.is_ok());
    world.running.stop().await;
}

#[tokio::test]
async fn a_temporary_key_is_renewed_when_it_ends_and_once_when_it_is_refused() {
    let mut world = World::new().await;
    let base = world.mns.caller.held().credential;
    let recipe = Recipe::AssumeRole {
        base: Box::new(Recipe::Static(base.clone())),
        role: Role {
            arn: "acs:ram::9876543210987654:role/reader".into(),
            session_name: None,
            seconds: None,
            policy: None,
            external_id: None,
        },
        sts: world.mns.endpoint.clone(),
    };
    let stale = Credential {
        security_token: Some(Secret::new("stale")),
        ..base
    };
    let now = (world.ctx.now)();
    let renewed = ["AssumeRole OK", "ListQueue OK", "ListQueue OK"];
    for (expires, calls) in [
        (Some(now), renewed.to_vec()),
        (
            None,
            [&["ListQueue InvalidSecurityToken"], &renewed[..]].concat(),
        ),
    ] {
        let issued = Issued {
            credential: stale.clone(),
            expires,
        };
        world.mns.caller = Session::new(recipe.clone(), issued, now);
        let before = world.calls().len();
        for _ in 0..2 {
            assert!(world.mns.list_queues("").next(&world.ctx).await.is_ok());
        }
        assert_eq!(world.calls()[before..], calls);
    }
    world.mns.caller = Session::fixed(stale);
    let refused = world.mns.list_queues("").next(&world.ctx).await;
    assert_eq!(refused.unwrap_err().code(), "InvalidSecurityToken");
    world.running.stop().await;
}

#[tokio::test]
async fn what_no_queue_takes_is_not_sent() {
    let World { ctx, mns, running } = World::new().await;
    let odd = Attributes {
        visibility_timeout: Some(0),
        ..Attributes::default()
    };
    let errors = [
        mns.get_attributes(&ctx, "a/b").await.unwrap_err(),
        mns.create_queue(&ctx, "q", &odd).await.unwrap_err(),
        mns.batch_receive(&ctx, "q", 1, Some(31)).await.unwrap_err(),
        mns.batch_receive(&ctx, "q", 0, None).await.unwrap_err(),
        mns.batch_peek(&ctx, "q", 17).await.unwrap_err(),
        mns.batch_delete(&ctx, "q", &[]).await.unwrap_err(),
        mns.change_visibility(&ctx, "q", "h", 0).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, Kind::Usage, "{error:?}");
    }
    assert_eq!(running.log().len(), 0);
    running.stop().await;
}

#[tokio::test]
async fn lists_are_read_to_the_end() {
    let page = |names: &[&str], marker: &str| {
        let queues: String = names
            .iter()
            .map(|name| format!("<Queue><QueueURL>http://h/queues/{name}</QueueURL></Queue>"))
            .collect();
        answer(
            "200 OK",
            &format!(
                "<Queues xmlns=\"http://mns.aliyuncs.com/doc/v1\">{queues}<NextMarker>{marker}</NextMarker></Queues>"
            ),
        )
    };
    let (mns, server) = scripted(vec![
        page(&["a", "b"], "bTE="),
        page(&[], "bTI="),
        page(&["c"], "bTI="),
    ]);
    let ctx = super::world::context();
    let mut pages = mns.list_queues("p");
    let mut names = Vec::new();
    while let Some(page) = pages.next(&ctx).await.unwrap() {
        names.extend(page);
    }
    assert_eq!(names, ["a", "b", "c"]);
    let requests = server.join().unwrap();
    assert!(
        requests
            .iter()
            .all(|request| request.contains("x-mns-prefix: p\r\n"))
    );
    assert!(!requests[0].contains("x-mns-marker"));
    assert!(requests[1].contains("x-mns-marker: bTE=\r\n"));
}
