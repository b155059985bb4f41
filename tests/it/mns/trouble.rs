//! Refusals, lost answers and answers that are none: kinds, remedies, and what is tried again.

use vodcb::emulator::builtin_key;
use vodcb::error::{Applied, Error, Kind};
use vodcb::mns::queue::Attributes;
use vodcb::mns::refusal::{Asked, explain};
use vodcb::mns::{Creation, Operation};
use vodcb::openapi::refusal::Refusal;
use vodcb::secret::Secret;

use super::world::{SECRET, World, answer, caller, context, scripted};

fn words(error: &Error) -> String {
    [
        vec![error.message.clone()],
        error.causes.clone(),
        error.hints.clone(),
    ]
    .concat()
    .join("\n")
}

fn explained(status: u16, code: &str, message: &str) -> Error {
    let refusal = Refusal {
        status,
        code: code.into(),
        message: message.into(),
        request_id: Some("R1".into()),
        ..Refusal::default()
    };
    let asked = Asked {
        operation: Operation::BatchReceiveMessage,
        queue: "vod",
        endpoint: "https://1234567890123456.mns.cn-beijing.aliyuncs.com",
        string_to_sign: "GET\nOURS",
        whoami: "vodcb --profile prod whoami --explain",
    };
    explain(refusal, asked, &[&Secret::new("s3cr+t")])
}

#[test]
fn codes_become_kinds() {
    for (status, code, kind, retryable) in [
        (403, "AccessDenied", Kind::Credentials, false),
        (403, "AccessDeniedByRamPolicy", Kind::Credentials, false),
        (403, "InvalidAccessKeyId", Kind::Credentials, false),
        (403, "SignatureDoesNotMatch", Kind::Credentials, false),
        (408, "TimeExpired", Kind::Rejected, false),
        (404, "QueueNotExist", Kind::Rejected, false),
        (400, "InvalidArgument", Kind::Rejected, false),
        (400, "ReceiptHandleError", Kind::Rejected, false),
        (403, "QpsLimitExceeded", Kind::Unavailable, true),
        (429, "Odd", Kind::Unavailable, true),
        (500, "InternalServerError", Kind::Unavailable, true),
        (503, "Odd", Kind::Unavailable, true),
    ] {
        let error = explained(status, code, "no");
        assert_eq!(
            (error.kind, error.details.retryable),
            (kind, retryable),
            "{code}"
        );
        assert_eq!(error.details.request_id.as_deref(), Some("R1"));
        assert!(words(&error).contains("request id R1"));
    }
}

#[test]
fn a_missing_permission_is_named_with_its_resource() {
    let error = explained(403, "AccessDenied", "no");
    let hint = &error.hints[0];
    let policy: serde_json::Value = serde_json::from_str(&hint[hint.find('{').unwrap()..]).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Action"][0], "mns:BatchReceiveMessage");
    assert_eq!(
        statement["Resource"],
        "acs:mns:cn-beijing:1234567890123456:/queues/vod/messages"
    );
    let foreign = explained(
        403,
        "AccessDenied",
        "The OwnerId that your Access Key Id associated to is forbidden",
    );
    assert!(foreign.hints[0].contains("another account"), "{foreign:?}");
}

#[test]
fn foreign_words_are_cut_and_scrubbed() {
    let error = explained(
        403,
        "SignatureDoesNotMatch",
        "no. s3cr%2Bt server string to sign is:GET\nOURS",
    );
    let said = words(&error);
    assert!(!said.contains("s3cr") && !said.contains("OURS"), "{said}");
    assert!(
        said.contains("the access key secret does not belong"),
        "{said}"
    );
}

#[tokio::test]
async fn refusals_of_the_emulator() {
    for (fault, kind, code, hint) in [
        (
            "get-queue:deny",
            Kind::Credentials,
            "AccessDenied",
            "acs:mns:*:*:/queues/q",
        ),
        (
            "get-queue:error=QueueNotExist",
            Kind::Rejected,
            "QueueNotExist",
            "check the name",
        ),
        (
            "get-queue:throttle",
            Kind::Unavailable,
            "QpsLimitExceeded",
            "limited",
        ),
        (
            "get-queue:internal",
            Kind::Unavailable,
            "InternalError",
            "trouble of its own",
        ),
    ] {
        let World { ctx, mns, running } = World::with_queue(&[fault]).await;
        let error = mns.get_attributes(&ctx, "q").await.unwrap_err();
        assert_eq!((error.kind, error.code()), (kind, code));
        assert!(error.details.request_id.is_some());
        assert!(words(&error).contains(hint), "{error:?}");
        assert_eq!(error.details.applied, Applied::No);
        running.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_secret() {
    let mut world = World::new().await;
    world.mns.caller = caller(&builtin_key().access_key_id, "wrong");
    let error = world
        .mns
        .list_queues("")
        .next(&world.ctx)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code()),
        (Kind::Credentials, "SignatureDoesNotMatch")
    );
    assert!(words(&error).contains("does not belong"), "{error:?}");
    world.mns.caller = caller("LTAIunknown", SECRET);
    let error = world
        .mns
        .list_queues("")
        .next(&world.ctx)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code()),
        (Kind::Credentials, "InvalidAccessKeyId")
    );
    assert!(!words(&error).contains(SECRET));
    world.running.stop().await;
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for (fault, attempts) in [
        ("throttle*2", 3),
        ("internal*1", 2),
        ("reset-before*2", 3),
        ("html*1", 2),
        ("garbage*1", 2),
    ] {
        let world = World::with_queue(&[&format!("batch-receive:{fault}")]).await;
        world.deliver("{}");
        let received = world.mns.batch_receive(&world.ctx, "q", 1, Some(0)).await;
        assert_eq!(received.unwrap()[0].body, "{}", "{fault}");
        let calls = world
            .calls()
            .into_iter()
            .filter(|call| call.starts_with("BatchReceive"));
        assert_eq!(calls.count(), attempts, "{fault}");
        world.running.stop().await;
    }
}

/// The handle that the lost answer told is the only good one, so there is nothing to try again with.
#[tokio::test]
async fn a_visibility_is_not_changed_twice() {
    for fault in ["reset-after*1", "internal-after*1", "truncate*1"] {
        let world = World::with_queue(&[&format!("change-visibility:{fault}")]).await;
        world.deliver("once");
        let error = hidden(&world).await.unwrap_err();
        assert_eq!(
            (error.kind, error.details.applied),
            (Kind::UnknownOutcome, Applied::Unknown),
            "{fault}"
        );
        let calls = world.calls().into_iter();
        let changes = calls.filter(|call| call.starts_with("ChangeMessageVisibility"));
        assert_eq!(changes.count(), 1, "{fault}");
        world.running.stop().await;
    }
    // A throttled call certainly did nothing.
    let world = World::with_queue(&["change-visibility:throttle*2"]).await;
    world.deliver("once");
    hidden(&world).await.unwrap();
    world.running.stop().await;
}

/// Receives the message of `q` and keeps it out of sight.
async fn hidden(world: &World) -> vodcb::error::Result<()> {
    let (ctx, mns) = (&world.ctx, &world.mns);
    let received = mns.batch_receive(ctx, "q", 1, Some(0)).await?;
    let handle = received[0].receipt_handle.as_deref().unwrap();
    mns.change_visibility(ctx, "q", handle, 60).await.map(drop)
}

#[tokio::test]
async fn a_deletion_whose_answer_got_lost_is_done() {
    let world = World::with_queue(&["batch-delete:reset-after*1"]).await;
    world.deliver("a");
    let World { ctx, mns, running } = world;
    let messages = mns.batch_receive(&ctx, "q", 16, None).await.unwrap();
    let handle = messages[0].receipt_handle.as_deref().unwrap();
    let failures = mns.batch_delete(&ctx, "q", &[handle]).await;
    assert!(failures.unwrap().is_empty());
    assert_eq!(
        mns.get_attributes(&ctx, "q").await.unwrap().inactive,
        Some(0)
    );
    running.stop().await;
}

/// A clock may be off by 15 minutes before the service minds; one that is off by more was corrected before.
#[tokio::test]
async fn after_an_attempt_in_doubt_only_its_age_tells_whose_a_queue_is() {
    let trouble = "<Error><Code>InternalError</Code><Message>m</Message></Error>";
    let trouble = answer("500 Internal Server Error", trouble);
    let queue = |more: &str| {
        let attributes = format!("<QueueName>q</QueueName>{more}");
        answer("200 OK", &format!("<Queue>{attributes}</Queue>"))
    };
    let old = |minutes: i64| {
        let created = (context().now)().as_second() - minutes * 60;
        queue(&format!("<CreateTime>{created}</CreateTime>"))
    };
    for (found, offset, whose) in [
        (old(60), 0, Creation::Found),
        (old(14), 0, Creation::Unclear),
        (old(0), 0, Creation::Unclear),
        (queue(""), 0, Creation::Unclear),
        (old(121), -120, Creation::Unclear),
        (old(180), -120, Creation::Found),
    ] {
        let again = [&trouble, &answer("204 No Content", ""), &found];
        for (answers, retries) in [(&again[..], 1), (&[&trouble, &found], 0)] {
            let (mut mns, _server) = scripted(answers.iter().copied().cloned().collect());
            mns.retries = retries;
            mns.clock_offset
                .set(jiff::SignedDuration::from_mins(offset));
            let (ctx, attributes) = (context(), Attributes::for_callbacks());
            let made = mns.create_queue(&ctx, "q", &attributes).await;
            assert_eq!(made.unwrap(), whose, "{found}");
            assert_eq!(ctx.applied.get(), whose.applied());
        }
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once() {
    let World { ctx, mns, running } = World::with(&["skew=7200"]).await;
    assert!(mns.list_queues("").next(&ctx).await.is_ok());
    assert!((7190..=7200).contains(&mns.clock_offset.get().as_secs()));
    assert!(mns.list_queues("").next(&ctx).await.is_ok());
    assert_eq!(running.log().len(), 3);
    running.stop().await;
    let World { ctx, mns, running } = World::with(&["error=TimeExpired"]).await;
    let error = mns.list_queues("").next(&ctx).await.unwrap_err();
    assert!(words(&error).contains("clock"), "{error:?}");
    running.stop().await;
}

#[tokio::test]
async fn only_the_code_means_that_nothing_is_there() {
    let error = |code: &str| format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
    let (mns, _server) = scripted(vec![answer("404 Not Found", &error("MessageNotExist"))]);
    assert_eq!(
        mns.batch_receive(&context(), "q", 16, Some(0))
            .await
            .unwrap(),
        []
    );
    for (body, kind) in [
        (error("QueueNotExist"), Kind::Rejected),
        (String::new(), Kind::Unavailable),
        (
            "<html><body>404</body></html>".to_owned(),
            Kind::Unavailable,
        ),
        ("<!DOCTYPE html><html>".to_owned(), Kind::Unavailable),
        ("MessageNotExist".to_owned(), Kind::Unavailable),
        (error(""), Kind::Unavailable),
    ] {
        let (mns, _server) = scripted(vec![answer("404 Not Found", &body)]);
        let error = mns
            .batch_receive(&context(), "q", 1, Some(0))
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{body}");
    }
}

#[tokio::test]
async fn successes_that_are_none() {
    for body in [
        "",
        "{}",
        "<Message>",
        "<Message/>",
        "<Queue/>",
        "<Message><MessageId>1</MessageId></Message>",
        "<Message><MessageId>1</MessageId><MessageBody>a</MessageBody><DequeueCount>x</DequeueCount></Message>",
        "<html><body>Sign in</body></html>",
    ] {
        let (mns, _server) = scripted(vec![answer("200 OK", body)]);
        let error = mns
            .batch_receive(&context(), "q", 1, Some(0))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.details.applied),
            (Kind::Unavailable, Applied::No),
            "{body}"
        );
        let (mns, _server) = scripted(vec![answer("200 OK", body)]);
        let changed = mns.change_visibility(&context(), "q", "h", 60).await;
        let error = changed.unwrap_err();
        assert_eq!(
            (error.kind, error.details.applied),
            (Kind::UnknownOutcome, Applied::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn what_is_sent_is_what_is_signed() {
    let changed = "<ChangeVisibility><ReceiptHandle>h</ReceiptHandle></ChangeVisibility>";
    let (mns, server) = scripted(vec![answer("200 OK", changed)]);
    mns.change_visibility(&context(), "vod", "1-a+b/c==", 5)
        .await
        .unwrap();
    let requests = server.join().unwrap();
    let line =
        "PUT /queues/vod/messages?ReceiptHandle=1-a%2Bb%2Fc%3D%3D&VisibilityTimeout=5 HTTP/1.1\r\n";
    assert!(requests[0].starts_with(line), "{}", requests[0]);
    assert!(!requests[0].to_lowercase().contains("content-md5"));
}

#[tokio::test]
async fn what_is_no_answer_is_described_and_not_quoted() {
    let page = "<html><head><title>Proxy</title></head><body>Signature=s3cr3t</body></html>";
    let (mns, _server) = scripted(vec![answer("404 Not Found", page)]);
    let error = mns
        .batch_receive(&context(), "q", 1, Some(0))
        .await
        .unwrap_err();
    let said = words(&error);
    assert!(
        said.contains("HTTP status 404, text/xml, 75 bytes, titled \"Proxy\""),
        "{said}"
    );
    assert!(!said.contains("s3cr3t"), "{said}");
    for body in ["<s3cr3t/>", "<Message><s3cr3t/></Message>"] {
        let (mns, _server) = scripted(vec![answer("200 OK", body)]);
        let error = mns
            .batch_receive(&context(), "q", 1, Some(0))
            .await
            .unwrap_err();
        assert!(!words(&error).contains("s3cr3t"), "{error:?}");
    }
    let odd = explained(403, "Signature=s3cr3t", "no");
    assert!(!words(&odd).contains("s3cr3t"), "{odd:?}");
    assert_eq!(odd.code(), "UnreadableCode");
}
