//! No second holds more calls than are allowed.

use std::time::Duration;

use proptest::prelude::*;
use vodcb::http::pace::Window;

use crate::sandbox::Sandbox;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_full_set_of_places_is_taken_at_once_and_freed_a_second_after_the_answers() {
    let mut window = Window::new(2);
    assert_eq!(window.enter(ms(0)), Ok(0));
    assert_eq!(window.enter(ms(0)), Ok(1));
    // Without an answer a call holds its place for two seconds.
    assert_eq!(window.enter(ms(10)), Err(ms(2000)));
    window.answered(1, ms(30));
    assert_eq!(window.enter(ms(30)), Err(ms(1030)));
    assert_eq!(window.enter(ms(1029)), Err(ms(1030)));
    assert_eq!(window.enter(ms(1030)), Ok(2));
    // Too late to matter.
    window.answered(0, ms(1900));
    assert_eq!(window.enter(ms(1999)), Err(ms(2000)));
    assert_eq!(window.enter(ms(2000)), Ok(3));
}

proptest! {
    /// Whenever calls arrive between sending and answering, no second sees too many, and nobody waits
    /// longer than the limit and the answers ask for.
    #[test]
    fn no_second_sees_too_many(
        places in 1u32..6,
        calls in prop::collection::vec((0u64..400, 1u64..900, 0u64..=100), 1..40),
    ) {
        let mut window = Window::new(places);
        let mut now = Duration::ZERO;
        let mut arrivals = Vec::new();
        let mut under_way: Vec<(Duration, u64)> = Vec::new();
        for (pause, answer, share) in calls {
            now += ms(pause);
            let ticket = loop {
                under_way.sort();
                let due = under_way.iter().take_while(|(at, _)| *at <= now).count();
                for (at, ticket) in under_way.drain(..due) {
                    window.answered(ticket, at);
                }
                match window.enter(now) {
                    Ok(ticket) => break ticket,
                    Err(until) => {
                        prop_assert!(until > now);
                        let next = under_way.first().map_or(until, |(at, _)| *at);
                        now = until.min(next);
                    }
                }
            };
            arrivals.push(now + ms(answer * share / 100));
            under_way.push((now + ms(answer), ticket));
        }
        arrivals.sort();
        for pair in arrivals.windows(places as usize + 1) {
            prop_assert!(pair[places as usize] - pair[0] >= ms(1000), "{arrivals:?}");
        }
    }
}

/// Counts, as the service does, the calls in the second that begins with each call.
fn most_in_a_second(sandbox: &Sandbox, action: &str) -> usize {
    let calls = sandbox.calls();
    let times: Vec<jiff::Timestamp> = calls
        .iter()
        .filter(|call| call.action == action)
        .map(|call| call.at)
        .collect();
    let within = |start: &jiff::Timestamp| {
        let later = times.iter().filter(|time| {
            let since = time.duration_since(*start);
            !since.is_negative() && since.as_millis() < 1000
        });
        later.count()
    };
    times.iter().map(within).max().unwrap_or_default()
}

#[test]
fn never_more_than_fifteen_reads_in_any_second_as_the_service_sees_them() {
    let sandbox = Sandbox::with(&["get:slow=20"], &["apps=39"]);
    sandbox.vodcb(["get", "--all-apps"]).ok();
    assert_eq!(sandbox.calls().len(), 41);
    assert_eq!(most_in_a_second(&sandbox, "GetMessageCallback"), 15);
}

#[test]
fn attempts_that_were_throttled_count_too() {
    let sandbox = Sandbox::with(&["get:throttle=1*12"], &["apps=4"]);
    let run = sandbox.vodcb(["get", "--all-apps", "--qps", "6", "--retries", "12"]);
    run.ok();
    assert_eq!(sandbox.calls().len(), 1 + 12 + 5);
    assert!(most_in_a_second(&sandbox, "GetMessageCallback") <= 6);
}

#[test]
fn the_limit_comes_from_the_environment_too_and_zero_lifts_it() {
    let mut sandbox = Sandbox::with(&[], &["apps=5"]);
    sandbox.set("VODCB_QPS", "3");
    sandbox.vodcb(["get", "--all-apps"]).ok();
    assert!(most_in_a_second(&sandbox, "GetMessageCallback") <= 3);
    sandbox.set("VODCB_QPS", "many");
    sandbox
        .vodcb(["get"])
        .exits(2)
        .says(&["VODCB_QPS takes a number from 0 to 10000"]);
}
