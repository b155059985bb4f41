//! A backlog to its end: read and deleted sixteen by sixteen, and by the loop that is to drain it.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use vodcb::mns::consume::{Totals, Verdict, consume};
use vodcb::mns::{Message, Mns};
use vodcb::target::Endpoint;

use super::consume::{CHANGED, MESSAGE, NOTHING, all, deleted, drain, filled, work_off};
use super::world::{World, builtin, context};
use crate::receiver::{Receiver, Reply};

const MESSAGES: usize = 10_000;

#[tokio::test]
async fn ten_thousand_messages() {
    let world = World::with_queue(&[]).await;
    let begin = Instant::now();
    for number in 0..MESSAGES {
        world.deliver(&format!(
            "{{\"EventType\":\"FileUploadComplete\",\"VideoId\":\"{number}\"}}"
        ));
    }
    let mut seen = HashSet::new();
    loop {
        let messages = world
            .mns
            .batch_receive(&world.ctx, "q", 16, Some(0))
            .await
            .unwrap();
        if messages.is_empty() {
            break;
        }
        assert!(messages.iter().all(vodcb::mns::Message::is_intact));
        let handles: Vec<&str> = messages
            .iter()
            .filter_map(|message| message.receipt_handle.as_deref())
            .collect();
        let failures = world
            .mns
            .batch_delete(&world.ctx, "q", &handles)
            .await
            .unwrap();
        assert!(failures.is_empty(), "{failures:?}");
        seen.extend(messages.into_iter().map(|message| message.body));
    }
    assert_eq!(seen.len(), MESSAGES);
    let status = world.mns.get_attributes(&world.ctx, "q").await.unwrap();
    assert_eq!((status.active, status.inactive), (Some(0), Some(0)));
    // A guard against work that grows with the square of the backlog, not a measurement.
    assert!(
        begin.elapsed() < Duration::from_secs(60),
        "{:?}",
        begin.elapsed()
    );
    world.running.stop().await;
}

/// Work of more than a second has one message received at a time, so that the one that was put back, at the
/// head of the queue again, comes alone. 60 messages: 48 in the first batches, 12 behind them.
#[tokio::test]
async fn what_comes_back_alone_does_not_end_a_drain() {
    let world = filled(&[], 60).await;
    let totals = work_off(&world, drain(16), async |message| {
        tokio::time::sleep(Duration::from_millis(1050)).await;
        let is_first = message.body == "0";
        Ok(if is_first {
            Verdict::Keep(1)
        } else {
            Verdict::Delete
        })
    });
    let expected = Totals {
        kept: 1,
        ..deleted(59)
    };
    assert_eq!(totals.await.unwrap(), expected);
}

/// Kept for 5 s at its first receipt; the third leaves it away for 40, as long as one that was tried thrice.
#[tokio::test]
async fn what_is_passed_by_while_draining_stays_away_longer() {
    let third = MESSAGE.replace("<DequeueCount>1<", "<DequeueCount>3<");
    let third: &'static str = third.leak();
    let receipts = AtomicU32::new(0);
    let server = Receiver::judging(move |request, _| match request.method.as_str() {
        "GET" => match receipts.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::With(200, "", MESSAGE),
            1 => Reply::With(200, "", third),
            _ => Reply::With(404, "", NOTHING),
        },
        _ => Reply::With(200, "", CHANGED),
    });
    let endpoint = Endpoint::parse(&server.url(""), false).unwrap();
    let (ctx, mns) = (context(), Mns::new(endpoint, builtin(), 0));
    let terms = drain(1);
    let totals = consume(&ctx, &mns, "q", &terms, async |_: &Message| {
        Ok(Verdict::Keep(5))
    });
    let expected = Totals {
        kept: 1,
        ..Totals::default()
    };
    assert_eq!(all(totals).await.unwrap(), expected);
    let requests = server.requests();
    let seconds = requests.iter().filter(|request| request.method == "PUT");
    let seconds = seconds.filter_map(|request| request.target.split("VisibilityTimeout=").nth(1));
    // The calls overtake each other.
    assert_eq!(seconds.collect::<BTreeSet<_>>(), ["40", "5"].into());
}
