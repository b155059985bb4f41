//! Queues made, listed, changed and removed.

use std::sync::atomic::AtomicI64;

use super::super::twin::config;
use super::{START, Shop, at, parsed, pass, refused, verdict};

#[test]
fn a_new_queue_has_the_documented_defaults() {
    let shop = Shop::new();
    let reply = shop.ask("PUT", "/queues/q", "");
    assert_eq!((reply.status, reply.body.as_str()), (201, ""));
    assert!(
        reply.headers["location"].ends_with("/queues/q"),
        "{reply:?}"
    );
    assert_eq!(reply.headers["x-mns-version"], "2015-06-06");
    assert!(reply.headers.contains_key("x-mns-request-id"));
    let root = parsed(&shop.ask("GET", "/queues/q", ""));
    for (name, value) in [
        ("QueueName", "q"),
        ("DelaySeconds", "0"),
        ("MaximumMessageSize", "65536"),
        ("MessageRetentionPeriod", "345600"),
        ("VisibilityTimeout", "30"),
        ("PollingWaitSeconds", "0"),
        ("LoggingEnabled", "False"),
        ("ActiveMessages", "0"),
        ("InactiveMessages", "0"),
        ("DelayMessages", "0"),
        ("CreateTime", &(START / 1000).to_string()),
        ("LastModifyTime", &(START / 1000).to_string()),
    ] {
        assert_eq!(root.text_of(name), Some(value), "{name}");
    }
}

#[test]
fn the_same_queue_again_is_204_and_another_one_409() {
    let shop = Shop::new();
    let put = |attributes: &str| {
        let body = format!("<Queue xmlns=\"http://mns.aliyuncs.com/doc/v1/\">{attributes}</Queue>");
        verdict(&shop.ask("PUT", "/queues/q", &body))
    };
    assert_eq!(put("<VisibilityTimeout>60</VisibilityTimeout>").0, 201);
    assert_eq!(
        put("<VisibilityTimeout>60</VisibilityTimeout><DelaySeconds>0</DelaySeconds>").0,
        204
    );
    assert_eq!(put(""), refused(409, "QueueAlreadyExist"));
}

#[test]
fn attributes_change_one_by_one() {
    static CLOCK: AtomicI64 = AtomicI64::new(START);
    let shop = Shop::with_clock(|| at(&CLOCK));
    shop.create("q", "<DelaySeconds>5</DelaySeconds>");
    pass(&CLOCK, 60_000);
    let body = "<m:Queue xmlns:m=\"x\"><m:Odd>1</m:Odd><m:LoggingEnabled>True</m:LoggingEnabled></m:Queue>";
    let reply = shop.ask("PUT", "/queues/q?metaoverride=true", body);
    assert_eq!((reply.status, reply.body.as_str()), (204, ""));
    let root = parsed(&shop.ask("GET", "/queues/q", ""));
    assert_eq!(root.text_of("LoggingEnabled"), Some("True"));
    assert_eq!(root.text_of("DelaySeconds"), Some("5"));
    assert_eq!(
        root.text_of("CreateTime"),
        Some((START / 1000).to_string().as_str())
    );
    assert_eq!(
        root.text_of("LastModifyTime"),
        Some((START / 1000 + 60).to_string().as_str())
    );
}

#[test]
fn numbers_have_ranges() {
    let shop = Shop::new();
    for (name, low, high) in [
        ("DelaySeconds", 0, 604_800),
        ("MaximumMessageSize", 1024, 65536),
        ("MessageRetentionPeriod", 60, 604_800),
        ("VisibilityTimeout", 1, 43200),
        ("PollingWaitSeconds", 0, 30),
    ] {
        for (value, good) in [
            (low.to_string(), true),
            (high.to_string(), true),
            ((low - 1).to_string(), false),
            ((high + 1).to_string(), false),
            ("x".to_owned(), false),
        ] {
            let queue = format!("/queues/{name}{}", value.replace('-', "m"));
            let reply = shop.ask(
                "PUT",
                &queue,
                &format!("<Queue><{name}>{value}</{name}></Queue>"),
            );
            let wanted = if good {
                (201, String::new())
            } else {
                refused(400, "InvalidArgument")
            };
            assert_eq!(verdict(&reply), wanted, "{name} {value}");
        }
    }
}

#[test]
fn names_have_rules() {
    let shop = Shop::new();
    let longest = "a".repeat(120);
    for (name, wanted) in [
        ("A-9", (201, String::new())),
        (longest.as_str(), (201, String::new())),
        (&format!("{longest}a"), refused(400, "QueueNameLengthError")),
        ("-a", refused(400, "InvalidQueueName")),
        ("a_b", refused(400, "InvalidQueueName")),
        ("a%20b", refused(400, "InvalidQueueName")),
        ("", refused(400, "InvalidQueueName")),
    ] {
        assert_eq!(
            verdict(&shop.ask("PUT", &format!("/queues/{name}"), "")),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn a_removed_queue_is_gone_and_its_name_taken_for_a_while() {
    static CLOCK: AtomicI64 = AtomicI64::new(START);
    let shop = Shop::with_clock(|| at(&CLOCK));
    shop.create("q", "");
    shop.put("a", "");
    let reply = shop.ask("DELETE", "/queues/q", "");
    assert_eq!((reply.status, reply.body.as_str()), (204, ""));
    for (method, resource, body) in [
        ("GET", "/queues/q", ""),
        ("PUT", "/queues/q?metaoverride=true", ""),
        (
            "POST",
            "/queues/q/messages",
            "<Message><MessageBody>a</MessageBody></Message>",
        ),
        ("GET", "/queues/q/messages", ""),
        ("GET", "/queues/q/messages?peekonly=true", ""),
        ("DELETE", "/queues/q/messages?ReceiptHandle=1-x", ""),
        (
            "PUT",
            "/queues/q/messages?ReceiptHandle=1-x&VisibilityTimeout=1",
            "",
        ),
    ] {
        let reply = shop.ask(method, resource, body);
        assert_eq!(
            verdict(&reply),
            refused(404, "QueueNotExist"),
            "{method} {resource}"
        );
    }
    assert_eq!(shop.ask("DELETE", "/queues/q", "").status, 204);
    assert_eq!(
        verdict(&shop.ask("PUT", "/queues/q", "")),
        refused(400, "QueueDeletedRecently")
    );
    pass(&CLOCK, 10_000);
    assert_eq!(shop.ask("PUT", "/queues/q", "").status, 201);
    assert!(shop.take().is_empty());
}

#[test]
fn lists_have_prefixes_pages_and_attributes() {
    let shop = Shop::new();
    let reply = shop.ask("GET", "/queues", "");
    assert_eq!(parsed(&reply).children, []);
    for name in ["b-2", "a-1", "b-1", "b-3"] {
        shop.create(name, "");
    }
    let page = |more: &[(&str, &str)]| parsed(&shop.ask_with("GET", "/queues", more, ""));
    let names = |root: &vodcb::xml::Element| -> Vec<String> {
        let urls = root
            .all("Queue")
            .map(|queue| queue.text_of("QueueURL").unwrap());
        urls.map(|url| url.rsplit('/').next().unwrap().to_owned())
            .collect()
    };
    let all = page(&[]);
    assert_eq!(names(&all), ["a-1", "b-1", "b-2", "b-3"]);
    assert_eq!(all.text_of("NextMarker"), None);
    let first = page(&[("x-mns-prefix", "b-"), ("x-mns-ret-number", "2")]);
    assert_eq!(names(&first), ["b-1", "b-2"]);
    let marker = first.text_of("NextMarker").unwrap();
    let rest = page(&[
        ("x-mns-prefix", "b-"),
        ("x-mns-ret-number", "2"),
        ("x-mns-marker", marker),
    ]);
    assert_eq!(names(&rest), ["b-3"]);
    assert_eq!(rest.text_of("NextMarker"), None);
    let exact = page(&[("x-mns-prefix", "b-"), ("x-mns-ret-number", "3")]);
    assert_eq!(exact.text_of("NextMarker"), None);
    let full = page(&[("x-mns-with-meta", "true"), ("x-mns-prefix", "a")]);
    assert_eq!(full.children[0].text_of("VisibilityTimeout"), Some("30"));
    assert_eq!(full.children[0].text_of("QueueName"), Some("a-1"));
    for (name, value) in [
        ("x-mns-ret-number", "0"),
        ("x-mns-ret-number", "1001"),
        ("x-mns-marker", "?"),
    ] {
        let reply = shop.ask_with("GET", "/queues", &[(name, value)], "");
        assert_eq!(verdict(&reply), refused(400, "InvalidArgument"), "{name}");
    }
}

#[test]
fn counts_can_be_zero_as_announced() {
    let mut config = config();
    config.quirks.apply("counters=zero").unwrap();
    let shop = Shop::of(config);
    shop.create("q", "");
    shop.put("a", "");
    assert_eq!(shop.counts(), [0, 0, 0]);
    assert_eq!(shop.peek().len(), 1);
}

#[test]
fn addresses_and_bodies_that_are_none() {
    let shop = Shop::with_queue("q");
    for (method, resource) in [
        ("POST", "/queues"),
        ("GET", "/queues/q/messages/1"),
        ("POST", "/queues/q"),
        ("GET", "/topics"),
    ] {
        let reply = shop.ask(method, resource, "");
        assert_eq!(
            verdict(&reply),
            refused(400, "InvalidRequestURL"),
            "{method} {resource}"
        );
    }
    let deep = "<a>".repeat(5000);
    let entities = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><Queue>&c;</Queue>";
    for body in [
        "<Queue>",
        "nonsense",
        "<Message/>",
        "{}",
        deep.as_str(),
        entities,
        "<Queue>&x;</Queue>",
        "\u{1}",
    ] {
        let reply = shop.ask("PUT", "/queues/r", body);
        assert_eq!(verdict(&reply), refused(400, "MalformedXML"), "{body:.40}");
    }
    let reply = shop.ask("PUT", "/queues/r", &" ".repeat(1024 * 1024 + 1));
    assert_eq!(verdict(&reply), refused(413, "RequestEntityTooLarge"));
    let root = parsed(&reply);
    for name in ["Code", "Message", "RequestId", "HostId"] {
        assert!(
            root.text_of(name).is_some_and(|text| !text.is_empty()),
            "{name}"
        );
    }
}
