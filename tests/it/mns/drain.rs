//! A long backlog, read and deleted sixteen by sixteen.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::world::World;

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
        assert_eq!(failures, []);
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
