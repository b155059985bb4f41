//! What can be made to go wrong with queues.

use vodcb::emulator::Fault;

use super::super::twin::config;
use super::{Shop, refused, verdict};

fn shop(faults: &[&str]) -> Shop {
    let mut config = config();
    config.faults = faults
        .iter()
        .map(|spec| Fault::parse(spec).unwrap())
        .collect();
    let shop = Shop::of(config);
    shop.create("q", "");
    shop
}

const MESSAGE: &str = "<Message><MessageBody>a</MessageBody></Message>";

#[test]
fn refusals_have_the_codes_of_queues() {
    for (spec, status, code) in [
        ("send:throttle", 403, "QpsLimitExceeded"),
        ("send:internal", 500, "InternalError"),
        ("send:unavailable", 503, "ServiceUnAvailable"),
        ("SendMessage:error=QueueNotExist", 404, "QueueNotExist"),
        ("send:error=Odd", 400, "Odd"),
        ("send:deny", 403, "AccessDenied"),
    ] {
        let shop = shop(&[spec]);
        assert_eq!(
            verdict(&shop.ask("POST", "/queues/q/messages", MESSAGE)),
            refused(status, code)
        );
        assert!(shop.peek().is_empty(), "{spec}");
    }
}

#[test]
fn effects_without_a_proper_answer() {
    for spec in [
        "send:reset-after*1",
        "send:internal-after*1",
        "send:truncate*1",
    ] {
        let shop = shop(&[spec]);
        let headers = super::sign("POST", "/queues/q/messages", &[], super::now());
        let _ = shop.send("POST", "/queues/q/messages", &headers, MESSAGE);
        assert_eq!(shop.peek().len(), 1, "{spec}");
    }
}

#[test]
fn faults_without_an_action_befall_queues_too() {
    for (spec, verdict_of_it) in [
        ("deny", refused(403, "AccessDenied")),
        ("throttle", refused(403, "QpsLimitExceeded")),
        ("html-ok", (200, String::new())),
    ] {
        let mut config = config();
        config.faults = vec![Fault::parse(spec).unwrap()];
        let shop = Shop::of(config);
        let reply = shop.ask("DELETE", "/queues/q", "");
        assert_eq!(verdict(&reply), verdict_of_it, "{spec}");
    }
}

#[test]
fn the_clock_can_be_wrong() {
    let shop = shop(&["receive:skew=3600"]);
    let reply = shop.ask("GET", "/queues/q/messages", "");
    assert_eq!(verdict(&reply), refused(408, "TimeExpired"));
    assert_eq!(reply.headers["date"], "Sun, 01 Mar 2026 09:05:00 GMT");
}

#[test]
fn faults_of_the_other_product_do_not_befall_queues() {
    let shop = shop(&[
        "suspended",
        "not-activated",
        "denied-app",
        "drop-events",
        "foreign",
    ]);
    assert_eq!(shop.ask("POST", "/queues/q/messages", MESSAGE).status, 201);
    for bad in [
        "send:suspended",
        "receive:drop-events",
        "peek:foreign",
        "create-queue:denied-app",
    ] {
        assert!(Fault::parse(bad).is_err(), "{bad}");
    }
    for good in [
        "list-queues:deny",
        "create-queue:internal*2",
        "batch-delete:slow=5",
        "GetQueueAttributes:pass",
        "change-visibility:reset-before",
    ] {
        assert!(Fault::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn calls_are_written_down_without_bodies() {
    let shop = shop(&[]);
    shop.put("secret body", "");
    shop.take();
    let _ = shop.ask("GET", "/topics", "");
    let log = shop.twin.log();
    let calls: Vec<String> = log
        .iter()
        .map(|call| format!("{} {}", call.action, call.outcome))
        .collect();
    assert_eq!(
        calls,
        [
            "CreateQueue OK",
            "SendMessage OK",
            "BatchReceiveMessage OK",
            "GET /topics InvalidRequestURL"
        ]
    );
    assert_eq!(log[2].parameters["QueueName"], "q");
    assert_eq!(log[2].parameters["numofmessages"], "16");
    assert_eq!(
        (log[2].account_id.as_str(), log[2].region.as_str()),
        ("1234567890123456", "cn-shanghai")
    );
    assert!(!format!("{log:?}").contains("secret body"));
}
