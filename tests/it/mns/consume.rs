//! A queue worked off by the loop that `queue tail` and `queue forward` share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vodcb::error::{Error, Kind, Result};
use vodcb::http::clock;
use vodcb::mns::consume::{Terms, Totals, Verdict, consume, pause_after};
use vodcb::mns::queue::{Attributes, Status};
use vodcb::mns::{Message, Mns};
use vodcb::target::Endpoint;

use super::world::{World, builtin, context};
use crate::receiver::{Receiver, Reply, Request};

pub fn drain(concurrency: usize) -> Terms {
    Terms {
        concurrency,
        drain: true,
        ..Terms::default()
    }
}

pub fn deleted(count: u64) -> Totals {
    Totals {
        deleted: count,
        ..Totals::default()
    }
}

pub async fn filled(faults: &[&str], messages: usize) -> World {
    let world = World::with_queue(faults).await;
    for number in 0..messages {
        world.deliver(&number.to_string());
    }
    world
}

async fn status(world: &World) -> Status {
    let status = world.mns.get_attributes(&world.ctx, "q").await;
    status.unwrap()
}

pub async fn work_off<W>(world: &World, terms: Terms, work: W) -> Result<Totals>
where
    W: AsyncFn(&Message) -> Result<Verdict>,
{
    all(consume(&world.ctx, &world.mns, "q", &terms, work)).await
}

/// What was done by one that is to end well.
pub async fn all(ending: impl Future<Output = (Totals, Result<()>)>) -> Result<Totals> {
    let (totals, ended) = ending.await;
    ended.map(|()| totals)
}

#[tokio::test]
async fn every_message_is_worked_on_once_and_deleted_by_sixteens() {
    let world = filled(&[], 100).await;
    let (now, most) = (Cell::new(0), Cell::new(0));
    let seen = RefCell::new(BTreeMap::<String, u32>::new());
    let totals = work_off(&world, drain(4), async |message| {
        now.set(now.get() + 1);
        most.set(most.get().max(now.get()));
        tokio::time::sleep(Duration::from_millis(2)).await;
        now.set(now.get() - 1);
        *seen.borrow_mut().entry(message.body.clone()).or_default() += 1;
        Ok(Verdict::Delete)
    });
    assert_eq!(totals.await.unwrap(), deleted(100));
    assert_eq!(most.get(), 4);
    let seen = seen.into_inner();
    assert!(seen.len() == 100 && seen.values().all(|count| *count == 1));
    let left = status(&world).await;
    assert_eq!((left.active, left.inactive), (Some(0), Some(0)));
    let calls = world.calls();
    let count = |name: &str| calls.iter().filter(|call| call.starts_with(name)).count();
    // 100 messages are 6 full batches and a rest; the last receipt finds nothing.
    assert!(count("BatchReceiveMessage") <= 10, "{calls:?}");
    assert!(count("BatchDeleteMessage") <= 20, "{calls:?}");
}

#[tokio::test]
async fn what_is_kept_does_not_hold_up_the_others_and_is_tried_once() {
    let world = filled(&[], 20).await;
    let tries = Cell::new(0);
    let totals = work_off(&world, drain(1), async |message| {
        if message.body != "3" {
            return Ok(Verdict::Delete);
        }
        tries.set(tries.get() + 1);
        Ok(Verdict::Keep(1))
    });
    let expected = Totals {
        kept: 1,
        ..deleted(19)
    };
    assert_eq!(totals.await.unwrap(), expected);
    assert_eq!(tries.get(), 1);
    let left = status(&world).await;
    assert_eq!(left.active.unwrap() + left.inactive.unwrap(), 1);
}

/// One message that comes again and again is one message, in the sum and for `exit_after`.
#[tokio::test]
async fn a_message_that_is_kept_again_counts_once() {
    let world = filled(&[], 1).await;
    let tries = Cell::new(0);
    let terms = Terms {
        concurrency: 1,
        exit_after: Some(2),
        limit: Some(Duration::from_secs(4)),
        ..Terms::default()
    };
    let totals = work_off(&world, terms.clone(), async |_| {
        tries.set(tries.get() + 1);
        if tries.get() == 2 {
            world.deliver("another");
        }
        Ok(Verdict::Keep(1))
    });
    let kept = |kept| Totals {
        kept,
        ..Totals::default()
    };
    assert_eq!(totals.await.unwrap(), kept(2));
    assert!(tries.get() >= 3, "{} tries", tries.get());

    // What is done with in the end was not kept.
    let world = filled(&[], 1).await;
    let tries = Cell::new(0);
    let terms = Terms {
        limit: Some(Duration::from_secs(3)),
        ..terms
    };
    let totals = work_off(&world, terms, async |_| {
        tries.set(tries.get() + 1);
        Ok(match tries.get() {
            1 => Verdict::Keep(1),
            _ => Verdict::Delete,
        })
    });
    assert_eq!(totals.await.unwrap(), deleted(1));
}

/// 10 seconds, doubled by each receipt: 10, 20, 40, 80, 160, 320, then ten minutes.
#[test]
fn pauses_grow_up_to_ten_minutes() {
    let pauses: Vec<u32> = [1, 2, 3, 6, 7, 8, 1000].map(pause_after).into();
    assert_eq!(pauses, [10, 20, 40, 320, 600, 600, 600]);
    assert_eq!(pause_after(0), 10);
}

#[tokio::test]
async fn a_message_in_work_stays_out_of_sight_of_others() {
    let world = World::with(&[]).await;
    let brief = Attributes {
        visibility_timeout: Some(3),
        ..Attributes::default()
    };
    world
        .mns
        .create_queue(&world.ctx, "q", &brief)
        .await
        .unwrap();
    for number in 0..3 {
        world.deliver(&number.to_string());
    }
    let slow = work_off(&world, drain(1), async |_| {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        Ok(Verdict::Delete)
    });
    let other = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let terms = Terms {
            concurrency: 1,
            limit: Some(Duration::from_millis(4100)),
            ..Terms::default()
        };
        work_off(&world, terms, async |_| Ok(Verdict::Delete)).await
    };
    let (slow, other) = tokio::join!(slow, other);
    assert_eq!(slow.unwrap(), deleted(3));
    assert_eq!(other.unwrap(), Totals::default());
    assert!(
        world
            .calls()
            .contains(&"ChangeMessageVisibility OK".to_owned())
    );
}

#[tokio::test]
async fn at_a_stop_work_is_finished_and_the_rest_put_back() {
    let world = filled(&[], 30).await;
    let terms = Terms {
        concurrency: 2,
        ..Terms::default()
    };
    let (begun, finished) = (Cell::new(0), Cell::new(0));
    let work = work_off(&world, terms, async |_| {
        begun.set(begun.get() + 1);
        if begun.get() == 5 {
            assert!(world.ctx.stop.ask());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        finished.set(finished.get() + 1);
        Ok(Verdict::Delete)
    });
    let totals = work.await.unwrap();
    assert_eq!(begun.get(), finished.get());
    assert_eq!(totals, deleted(begun.get()));
    assert!(begun.get() < 10, "{}", begun.get());
    // What was in hand is back after its second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let left = status(&world).await;
    assert_eq!(
        (left.active, left.inactive),
        (Some(30 - totals.deleted), Some(0))
    );
}

#[tokio::test]
async fn it_ends_after_so_many() {
    let world = filled(&[], 30).await;
    let terms = Terms {
        concurrency: 3,
        exit_after: Some(20),
        ..Terms::default()
    };
    let worked = Cell::new(0);
    let totals = work_off(&world, terms, async |_| {
        worked.set(worked.get() + 1);
        Ok(Verdict::Delete)
    });
    assert_eq!(totals.await.unwrap(), deleted(20));
    assert_eq!(worked.get(), 20);
    assert_eq!(status(&world).await.active, Some(10));
}

#[tokio::test]
async fn work_that_fails_ends_the_loop_and_loses_nothing() {
    let world = filled(&[], 10).await;
    let failing = work_off(&world, drain(1), async |_| {
        Err(Error::usage("standard output cannot be written"))
    });
    assert_eq!(failing.await.unwrap_err().kind, Kind::Usage);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(status(&world).await.active, Some(10));
}

#[tokio::test]
async fn a_queue_that_was_reached_is_waited_for() {
    let faults = ["batch-receive:pass*1", "batch-receive:unavailable*4"];
    let world = filled(&faults, 20).await;
    let totals = work_off(&world, drain(1), async |_| Ok(Verdict::Delete));
    assert_eq!(totals.await.unwrap(), deleted(20));
    let world = filled(&["batch-receive:unavailable"], 1).await;
    let failed = work_off(&world, drain(1), async |_| Ok(Verdict::Delete)).await;
    assert_eq!(failed.unwrap_err().kind, Kind::Unavailable);
}

#[tokio::test]
async fn deletions_that_fail_are_counted_or_end_it() {
    let world = filled(&["batch-delete:unavailable"], 3).await;
    let totals = work_off(&world, drain(1), async |_| Ok(Verdict::Delete));
    let expected = Totals {
        again: 3,
        ..Totals::default()
    };
    assert_eq!(totals.await.unwrap(), expected);
    let world = filled(&["batch-delete:deny"], 3).await;
    let work = async |_: &Message| Ok(Verdict::Delete);
    let (totals, denied) = consume(&world.ctx, &world.mns, "q", &drain(1), work).await;
    assert_eq!(totals, expected);
    let error = denied.unwrap_err();
    assert_eq!(error.kind, Kind::Credentials);
    let cause = "3 messages done with, but not deleted as far as is known: they may come once more";
    assert!(error.causes.iter().any(|it| it == cause), "{error:?}");
    assert!(
        error.hints[0].contains("mns:BatchDeleteMessage"),
        "{error:?}"
    );
}

/// One message was to be deleted, and the answer tells of two.
#[tokio::test]
async fn more_failures_than_deletions_are_as_many_as_deletions() {
    const FAILURES: &str = "<Errors><Error><ErrorCode>ReceiptHandleError</ErrorCode><ReceiptHandle>h</ReceiptHandle></Error><Error><ErrorCode>ReceiptHandleError</ErrorCode><ReceiptHandle>other</ReceiptHandle></Error></Errors>";
    let server = Receiver::judging(move |request, count| match request.method.as_str() {
        "GET" if count == 0 => Reply::With(200, "", MESSAGE),
        "GET" => Reply::With(404, "", NOTHING),
        _ => Reply::With(404, "", FAILURES),
    });
    let endpoint = Endpoint::parse(&server.url(""), false).unwrap();
    let (ctx, mns) = (context(), Mns::new(endpoint, builtin(), 0));
    let terms = drain(1);
    let totals = consume(&ctx, &mns, "q", &terms, async |_: &Message| {
        Ok(Verdict::Delete)
    });
    let expected = Totals {
        again: 1,
        ..Totals::default()
    };
    assert_eq!(all(totals).await.unwrap(), expected);
}

/// What is put back is neither kept by whoever works, nor among so many that were to be worked on.
#[tokio::test]
async fn a_damaged_message_is_put_back_and_nobody_works_on_it() {
    let server = Receiver::judging(move |request, count| match request.method.as_str() {
        "GET" if count == 0 => Reply::With(200, "", DAMAGED),
        "GET" => Reply::With(404, "", NOTHING),
        _ => Reply::With(200, "", CHANGED),
    });
    let endpoint = Endpoint::parse(&server.url(""), false).unwrap();
    let (ctx, mns) = (context(), Mns::new(endpoint, builtin(), 0));
    let worked = Cell::new(false);
    let terms = Terms {
        exit_after: Some(1),
        ..drain(1)
    };
    let totals = consume(&ctx, &mns, "q", &terms, async |_: &Message| {
        worked.set(true);
        Ok(Verdict::Delete)
    });
    let expected = Totals {
        damaged: 1,
        ..Totals::default()
    };
    assert_eq!(all(totals).await.unwrap(), expected);
    assert!(!worked.get());
    let is_back = |request: &Request| request.target.contains("VisibilityTimeout=10");
    assert!(server.requests().iter().any(is_back));
}

pub const MESSAGE: &str = "<Messages><Message><MessageId>1</MessageId><ReceiptHandle>h</ReceiptHandle><MessageBody>{}</MessageBody><NextVisibleTime>30001</NextVisibleTime><FirstDequeueTime>1</FirstDequeueTime><DequeueCount>1</DequeueCount></Message></Messages>";
const DAMAGED: &str = "<Messages><Message><MessageId>1</MessageId><ReceiptHandle>h1</ReceiptHandle><MessageBodyMD5>00000000000000000000000000000000</MessageBodyMD5><MessageBody>{}</MessageBody><NextVisibleTime>30001</NextVisibleTime><FirstDequeueTime>1</FirstDequeueTime><DequeueCount>1</DequeueCount></Message></Messages>";
const DAMAGED_AGAIN: &str = "<Messages><Message><MessageId>1</MessageId><ReceiptHandle>h2</ReceiptHandle><MessageBodyMD5>00000000000000000000000000000000</MessageBodyMD5><MessageBody>{}</MessageBody><NextVisibleTime>30001</NextVisibleTime><FirstDequeueTime>1</FirstDequeueTime><DequeueCount>2</DequeueCount></Message></Messages>";
pub const NOTHING: &str = "<Error><Code>MessageNotExist</Code><Message>Message not exist.</Message><RequestId>R</RequestId><HostId>h</HostId></Error>";
pub const CHANGED: &str = "<ChangeVisibility><ReceiptHandle>h</ReceiptHandle><NextVisibleTime>1</NextVisibleTime></ChangeVisibility>";

/// Put back at its first receipt, so that it is never deleted then; worked on at its second, in the same run,
/// which counts only those that were worked on.
#[tokio::test]
async fn a_message_that_is_damaged_again_is_worked_on() {
    let receipts = AtomicU32::new(0);
    let server = Receiver::judging(move |request, _| match request.method.as_str() {
        "GET" if receipts.fetch_add(1, Ordering::SeqCst) == 0 => Reply::With(200, "", DAMAGED),
        "GET" => Reply::With(200, "", DAMAGED_AGAIN),
        "PUT" => Reply::With(200, "", CHANGED),
        _ => Reply::Status(204),
    });
    let endpoint = Endpoint::parse(&server.url(""), false).unwrap();
    let (ctx, mns) = (context(), Mns::new(endpoint, builtin(), 0));
    let terms = Terms {
        concurrency: 1,
        once: true,
        exit_after: Some(1),
        ..Terms::default()
    };
    let seen = RefCell::new(Vec::new());
    let totals = consume(&ctx, &mns, "q", &terms, async |message: &Message| {
        seen.borrow_mut().push(message.dequeue_count);
        Ok(Verdict::Delete)
    });
    assert_eq!(all(totals).await.unwrap(), deleted(1));
    assert_eq!(seen.into_inner(), [2]);
    let requests = server.requests();
    let deletions: Vec<&Request> = requests.iter().filter(|it| it.method == "DELETE").collect();
    let [deletion] = deletions[..] else {
        panic!("{requests:?}")
    };
    let body = String::from_utf8_lossy(&deletion.body);
    assert!(body.contains("<ReceiptHandle>h2<"), "{body}");
}

/// First receipt: from 1,000 to 31,000 ms. Later: from the 21,000 ms of the answer on.
#[test]
fn the_time_out_of_sight_is_the_services() {
    let at = |milliseconds| jiff::Timestamp::from_millisecond(milliseconds).ok();
    let mut message = Message {
        first_dequeued: at(1_000),
        next_visible: at(31_000),
        dequeue_count: 1,
        ..Message::default()
    };
    message.received = at(21_000);
    assert_eq!(message.hidden_for(), Duration::from_secs(30));
    message.dequeue_count = 2;
    assert_eq!(message.hidden_for(), Duration::from_secs(10));
    message.next_visible = at(20_000);
    assert_eq!(message.hidden_for(), Duration::ZERO);
}

/// The service's clock may be off by less than a quarter of an hour without a refusal that tells it.
#[tokio::test]
async fn a_clock_that_is_off_hides_a_message_neither_longer_nor_shorter() {
    for shift in ["skew=60", "skew=-60"] {
        let world = World::with_queue(&[shift]).await;
        world.deliver("{}");
        let World { ctx, mns, .. } = &world;
        let receive = async || {
            let received = mns.batch_receive(ctx, "q", 1, Some(0)).await.unwrap();
            received.into_iter().next().unwrap()
        };
        let first = receive().await;
        assert_eq!(first.hidden_for(), Duration::from_secs(30), "{shift}");
        let handle = first.receipt_handle.unwrap();
        mns.change_visibility(ctx, "q", &handle, 1).await.unwrap();
        let again = loop {
            let received = mns.batch_receive(ctx, "q", 1, Some(2)).await.unwrap();
            if let Some(again) = received.into_iter().next() {
                break again;
            }
        };
        assert_eq!(again.dequeue_count, 2);
        // The answer names its second only.
        let hidden = again.hidden_for().as_secs_f64();
        assert!((29.0..=31.0).contains(&hidden), "{shift}: {hidden}");
    }
}

/// A `Date` of whole seconds bounds what our clock says; without one, ours is all there is.
#[test]
fn the_time_of_an_answer_is_the_services_as_far_as_it_tells() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let date = Some("Sun, 01 Mar 2026 08:20:01 GMT");
    for (ours, expected) in [
        ("2026-03-01T08:20:01.25Z", "2026-03-01T08:20:01.25Z"),
        ("2026-03-01T08:21:01Z", "2026-03-01T08:20:01.999Z"),
        ("2026-03-01T08:19:01Z", "2026-03-01T08:20:01Z"),
    ] {
        assert_eq!(clock::at_answer(date, at(ours)), at(expected));
        assert_eq!(clock::at_answer(None, at(ours)), at(ours));
        assert_eq!(clock::at_answer(Some("soon"), at(ours)), at(ours));
    }
}
