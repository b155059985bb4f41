//! What time does to messages, with a clock that the test moves on.

use std::sync::atomic::AtomicI64;

use super::{START, Shop, at, bodies, handle, parsed, pass, refused, verdict};

/// A static clock, and a shop with a queue `q` of these attributes that goes by it.
macro_rules! shop {
    ($shop:ident, $clock:ident, $attributes:expr) => {
        static $clock: AtomicI64 = AtomicI64::new(START);
        let $shop = Shop::with_clock(|| at(&$clock));
        $shop.create("q", $attributes);
    };
}

#[test]
fn a_received_message_comes_back_with_a_new_receipt() {
    shop!(shop, CLOCK, "");
    shop.put("a", "");
    let first = shop.take().remove(0);
    pass(&CLOCK, 29_999);
    assert!(shop.take().is_empty() && shop.peek().is_empty());
    pass(&CLOCK, 1);
    assert_eq!(
        shop.delete(handle(&first)),
        refused(400, "ReceiptHandleError")
    );
    let second = shop.take().remove(0);
    assert_ne!(handle(&first), handle(&second));
    assert_eq!(second.text_of("MessageId"), first.text_of("MessageId"));
    assert_eq!(second.text_of("DequeueCount"), Some("2"));
    assert_eq!(
        second.text_of("FirstDequeueTime"),
        Some(START.to_string().as_str())
    );
    assert_eq!(
        shop.delete(handle(&first)),
        refused(400, "ReceiptHandleError")
    );
    assert_eq!(shop.delete(handle(&second)).0, 204);
    pass(&CLOCK, 60_000);
    assert!(shop.take().is_empty());
}

#[test]
fn a_delayed_message_waits_and_can_be_deleted_before() {
    shop!(shop, CLOCK, "<DelaySeconds>10</DelaySeconds>");
    let first = shop.put("delayed by the queue", "");
    shop.put("delayed by itself", "<DelaySeconds>20</DelaySeconds>");
    shop.put("not delayed", "<DelaySeconds>0</DelaySeconds>");
    assert_eq!(shop.counts(), [1, 0, 2]);
    assert_eq!(bodies(&shop.take()), ["not delayed"]);
    assert_eq!(shop.counts(), [0, 1, 2]);
    assert_eq!(shop.delete(handle(&first)).0, 204);
    pass(&CLOCK, 20_000);
    assert_eq!(shop.counts(), [1, 1, 0]);
    assert_eq!(bodies(&shop.take()), ["delayed by itself"]);
}

#[test]
fn a_visibility_can_be_shortened_and_lengthened() {
    shop!(shop, CLOCK, "");
    shop.put("a", "");
    let message = shop.take().remove(0);
    let change = |handle: &str, seconds: &str| {
        let resource =
            format!("/queues/q/messages?ReceiptHandle={handle}&VisibilityTimeout={seconds}");
        shop.ask("PUT", &resource, "")
    };
    let reply = change(handle(&message), "100");
    let root = parsed(&reply);
    assert_eq!(
        (reply.status, root.name.as_str()),
        (200, "ChangeVisibility")
    );
    assert_eq!(
        root.text_of("NextVisibleTime"),
        Some((START + 100_000).to_string().as_str())
    );
    assert_eq!(
        verdict(&change(handle(&message), "1")),
        refused(400, "ReceiptHandleError")
    );
    pass(&CLOCK, 99_999);
    assert!(shop.take().is_empty());
    // Small letters, as the Node client writes them.
    let resource = format!(
        "/queues/q/messages?receiptHandle={}&visibilityTimeout=1",
        handle(&root)
    );
    assert_eq!(shop.ask("PUT", &resource, "").status, 200);
    pass(&CLOCK, 1000);
    assert_eq!(shop.take().len(), 1);
}

#[test]
fn a_change_of_visibility_is_checked() {
    let shop = Shop::with_queue("q");
    shop.put("a", "");
    let message = shop.take().remove(0);
    let change = |query: &str| verdict(&shop.ask("PUT", &format!("/queues/q/messages{query}"), ""));
    let good = format!("?ReceiptHandle={}", handle(&message));
    assert_eq!(
        change("?VisibilityTimeout=1"),
        refused(400, "MissingReceiptHandle")
    );
    assert_eq!(change(&good), refused(400, "MissingVisibilityTimeout"));
    for bad in ["0", "43201", "-1", "x"] {
        assert_eq!(
            change(&format!("{good}&VisibilityTimeout={bad}")),
            refused(400, "InvalidArgument")
        );
    }
    assert_eq!(change(&format!("{good}&VisibilityTimeout=43200")).0, 200);
}

#[test]
fn messages_are_not_kept_for_ever() {
    shop!(
        shop,
        CLOCK,
        "<MessageRetentionPeriod>60</MessageRetentionPeriod>"
    );
    shop.put("old", "");
    pass(&CLOCK, 30_000);
    shop.put("young", "");
    shop.put("away", "<Priority>1</Priority>");
    let away = parsed(&shop.ask("GET", "/queues/q/messages", ""));
    pass(&CLOCK, 30_000);
    assert_eq!(bodies(&shop.peek()), ["away", "young"]);
    assert_eq!(
        shop.delete(handle(&away)),
        refused(400, "ReceiptHandleError")
    );
    pass(&CLOCK, 30_000);
    assert!(shop.peek().is_empty());
    assert_eq!(shop.counts(), [0, 0, 0]);
}

#[test]
fn a_change_of_attributes_counts_from_the_next_receipt() {
    shop!(shop, CLOCK, "");
    shop.put("a", "");
    assert_eq!(shop.take().len(), 1);
    let body = "<Queue><VisibilityTimeout>5</VisibilityTimeout></Queue>";
    assert_eq!(
        shop.ask("PUT", "/queues/q?metaoverride=true", body).status,
        204
    );
    pass(&CLOCK, 29_000);
    assert!(shop.take().is_empty());
    pass(&CLOCK, 1000);
    assert_eq!(shop.take().len(), 1);
    pass(&CLOCK, 5000);
    assert_eq!(shop.take().len(), 1);
}

#[test]
fn a_changed_delay_is_counted_until_it_is_over() {
    shop!(shop, CLOCK, "");
    let sent = shop.put("a", "<DelaySeconds>10</DelaySeconds>");
    let resource = format!(
        "/queues/q/messages?ReceiptHandle={}&VisibilityTimeout=60",
        handle(&sent)
    );
    assert_eq!(shop.ask("PUT", &resource, "").status, 200);
    assert_eq!(shop.counts(), [0, 0, 1]);
    pass(&CLOCK, 60_000);
    assert_eq!(shop.counts(), [1, 0, 0]);
}
