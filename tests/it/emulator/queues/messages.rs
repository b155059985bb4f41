//! Messages sent, received, looked at and deleted.

use super::super::twin::config;
use super::{START, Shop, bodies, handle, parsed, refused, verdict};

#[test]
fn a_message_comes_out_as_it_went_in() {
    let shop = Shop::with_queue("q");
    let sent = shop.put(
        "&lt;事件 a=&quot;1&quot;&gt; &amp;amp; ]]&gt;&#13;\n\t 🎬 ",
        "<Odd/>",
    );
    assert_eq!(sent.text_of("ReceiptHandle"), None);
    let reply = shop.ask("GET", "/queues/q/messages", "");
    assert_eq!(
        (reply.status, reply.headers["content-type"].as_str()),
        (200, "text/xml;charset=utf-8")
    );
    let message = parsed(&reply);
    assert_eq!(message.name, "Message");
    assert_eq!(
        message.text_of("MessageBody"),
        Some("<事件 a=\"1\"> &amp; ]]>\r\n\t 🎬 ")
    );
    for name in ["MessageId", "MessageBodyMD5"] {
        assert_eq!(message.text_of(name), sent.text_of(name));
    }
    let next = (START + 30_000).to_string();
    let start = START.to_string();
    for (name, value) in [
        ("EnqueueTime", start.as_str()),
        ("FirstDequeueTime", &start),
        ("NextVisibleTime", &next),
        ("DequeueCount", "1"),
        ("Priority", "8"),
    ] {
        assert_eq!(message.text_of(name), Some(value), "{name}");
    }
}

#[test]
fn the_checksum_is_that_of_the_text() {
    // echo -n eyJhIjoxfQ== | md5sum
    let sent = Shop::with_queue("q").put("eyJhIjoxfQ==", "");
    assert_eq!(
        sent.text_of("MessageBodyMD5"),
        Some("6F659EDDD40C7BD83770A956F40267B2")
    );
}

#[test]
fn a_look_leaves_everything_as_it_is() {
    let shop = Shop::with_queue("q");
    shop.put("a", "");
    for _ in 0..2 {
        let message = parsed(&shop.ask("GET", "/queues/q/messages?peekonly=true", ""));
        assert_eq!(message.text_of("DequeueCount"), Some("0"));
        assert_eq!(
            (
                message.child("ReceiptHandle"),
                message.child("NextVisibleTime")
            ),
            (None, None)
        );
    }
    assert_eq!(shop.take().len(), 1);
    let reply = shop.ask("GET", "/queues/q/messages?peekonly=true", "");
    assert_eq!(verdict(&reply), refused(404, "MessageNotExist"));
}

#[test]
fn urgent_messages_come_first() {
    let shop = Shop::with_queue("q");
    for (body, priority) in [("late", 16), ("usual", 8), ("early", 1), ("usual-2", 8)] {
        shop.put(body, &format!("<Priority>{priority}</Priority>"));
    }
    assert_eq!(bodies(&shop.take()), ["early", "usual", "usual-2", "late"]);
}

#[test]
fn a_batch_is_sixteen_at_most() {
    let shop = Shop::with_queue("q");
    let batch = |count: usize| {
        let one = "<Message><MessageBody>a</MessageBody></Message>";
        let body = format!("<Messages>{}</Messages>", one.repeat(count));
        shop.ask("POST", "/queues/q/messages", &body)
    };
    let reply = batch(16);
    assert_eq!((reply.status, parsed(&reply).children.len()), (201, 16));
    for count in [0, 17] {
        assert_eq!(verdict(&batch(count)), refused(400, "InvalidArgument"));
    }
    batch(1);
    let first = shop.take();
    assert_eq!((first.len(), shop.take().len()), (16, 1));
    for count in ["0", "17", "x", ""] {
        for more in ["", "&peekonly=true"] {
            let reply = shop.ask(
                "GET",
                &format!("/queues/q/messages?numOfMessages={count}{more}"),
                "",
            );
            assert_eq!(verdict(&reply), refused(400, "InvalidArgument"), "{count}");
        }
    }
}

#[test]
fn sizes_are_counted_in_bytes() {
    let shop = Shop::with_queue("q");
    let send = |body: &str| {
        verdict(&shop.ask(
            "POST",
            "/queues/q/messages",
            &format!("<Message><MessageBody>{body}</MessageBody></Message>"),
        ))
    };
    assert_eq!(send(&"a".repeat(65536)).0, 201);
    assert_eq!(send(&"a".repeat(65537)), refused(400, "InvalidArgument"));
    assert_eq!(send(&"事".repeat(21846)), refused(400, "InvalidArgument"));
    assert_eq!(send(""), refused(400, "InvalidArgument"));
    let half = format!(
        "<Message><MessageBody>{}</MessageBody></Message>",
        "a".repeat(32769)
    );
    let reply = shop.ask(
        "POST",
        "/queues/q/messages",
        &format!("<Messages>{half}{half}</Messages>"),
    );
    assert_eq!(verdict(&reply), refused(400, "InvalidArgument"));
    assert_eq!(shop.take().len(), 1);
}

#[test]
fn a_batch_can_fail_in_part() {
    let shop = Shop::new();
    shop.create("q", "<MaximumMessageSize>1024</MaximumMessageSize>");
    let entry = |length| {
        format!(
            "<Message><MessageBody>{}</MessageBody></Message>",
            "a".repeat(length)
        )
    };
    let body = format!("<Messages>{}{}</Messages>", entry(1025), entry(1024));
    let reply = shop.ask("POST", "/queues/q/messages", &body);
    assert_eq!(reply.status, 500);
    let root = parsed(&reply);
    assert_eq!(
        root.children[0].text_of("ErrorCode"),
        Some("InvalidArgument")
    );
    assert!(root.children[1].text_of("MessageId").is_some());
    assert_eq!(shop.take().len(), 1);
}

#[test]
fn bodies_of_requests_are_checked() {
    let shop = Shop::with_queue("q");
    for (body, code) in [
        ("", "MalformedXML"),
        ("<Message>", "MalformedXML"),
        ("<Message></Message>", "MalformedXML"),
        ("<Queue/>", "MalformedXML"),
        (
            "<Message><MessageBody>&#1;</MessageBody></Message>",
            "MalformedXML",
        ),
        (
            "<Message><MessageBody>a</MessageBody><Priority>0</Priority></Message>",
            "InvalidArgument",
        ),
        (
            "<Message><MessageBody>a</MessageBody><Priority>17</Priority></Message>",
            "InvalidArgument",
        ),
        (
            "<Message><MessageBody>a</MessageBody><DelaySeconds>604801</DelaySeconds></Message>",
            "InvalidArgument",
        ),
        (
            "<Message><MessageBody>a</MessageBody><DelaySeconds>-1</DelaySeconds></Message>",
            "InvalidArgument",
        ),
    ] {
        let reply = shop.ask("POST", "/queues/q/messages", body);
        assert_eq!(verdict(&reply), refused(400, code), "{body}");
    }
    assert!(shop.peek().is_empty());
}

#[test]
fn deleting_takes_a_receipt() {
    let shop = Shop::with_queue("q");
    shop.put("a", "");
    let message = shop.take().remove(0);
    assert_eq!(
        verdict(&shop.ask("DELETE", "/queues/q/messages", "")),
        refused(400, "MissingReceiptHandle")
    );
    for bad in ["x", "1-", "1-AAAA", "1-MS0xLTk5"] {
        assert_eq!(
            shop.delete(bad),
            refused(400, "ReceiptHandleError"),
            "{bad}"
        );
    }
    // Raw as the official clients send it; encoded it is the same.
    assert_eq!(shop.delete(handle(&message)).0, 204);
    assert_eq!(
        shop.delete(&handle(&message).replace('=', "%3D")),
        refused(400, "ReceiptHandleError")
    );
    assert_eq!(shop.counts(), [0, 0, 0]);
}

#[test]
fn a_batch_of_receipts_tells_the_bad_ones() {
    let shop = Shop::with_queue("q");
    shop.put("a", "");
    shop.put("b", "");
    let messages = shop.take();
    let delete = |handles: &[&str]| {
        let handles: String = handles
            .iter()
            .map(|h| format!("<ReceiptHandle>{h}</ReceiptHandle>"))
            .collect();
        shop.ask(
            "DELETE",
            "/queues/q/messages",
            &format!("<ReceiptHandles>{handles}</ReceiptHandles>"),
        )
    };
    let reply = delete(&["1-bad", handle(&messages[0])]);
    assert_eq!(reply.status, 404);
    let root = parsed(&reply);
    assert_eq!((root.name.as_str(), root.children.len()), ("Errors", 1));
    assert_eq!(
        root.children[0].text_of("ErrorCode"),
        Some("ReceiptHandleError")
    );
    assert_eq!(root.children[0].text_of("ReceiptHandle"), Some("1-bad"));
    assert_eq!(delete(&[handle(&messages[1])]).status, 204);
    assert_eq!(verdict(&delete(&[])), refused(400, "InvalidArgument"));
    assert_eq!(
        verdict(&delete(&["x"; 17])),
        refused(400, "InvalidArgument")
    );
}

#[test]
fn the_memory_is_bounded_and_given_back() {
    let mut config = config();
    config.queue_memory = 8192;
    let shop = Shop::of(config);
    shop.create("q", "");
    let text = format!(
        "<Message><MessageBody>{}</MessageBody></Message>",
        "a".repeat(2000)
    );
    let send = || verdict(&shop.ask("POST", "/queues/q/messages", &text));
    for _ in 0..3 {
        assert_eq!(send().0, 201);
    }
    assert_eq!(send(), refused(500, "InternalError"));
    assert_eq!(shop.delete(handle(&shop.take()[0])).0, 204);
    assert_eq!(send().0, 201);
    assert_eq!(shop.ask("DELETE", "/queues/q", "").status, 204);
    shop.create("r", "");
    let reply = shop.ask("POST", "/queues/r/messages", &text);
    assert_eq!(reply.status, 201);
}
