//! What is said again, or taken back: all of it, under another prefix, with other settings.

use super::*;

#[test]
fn sync_says_everything_again_and_when() {
    let mut bench = connected();
    let _ = bench.pass(5_000);
    let _ = bench.sent();
    let _ = bench.send(&command("sync"), "PRESS");
    let status: serde_json::Value = serde_json::from_str(&bench.payload(Message::Status)).unwrap();
    assert_eq!(status["sync"]["uptime"], 5);
    let sent = bench.sent();
    for message in bench::published() {
        assert!(sent.contains(&message), "{message:?}");
    }
}

#[test]
fn another_prefix_leaves_nothing_on_the_old_one() {
    let mut bench = connected();
    let mut config = bench.dimmer.config().clone().into_inner();
    config.topics.prefix = "house".try_into().unwrap();
    let now = at(bench.now_ms);
    let _ = bench
        .dimmer
        .configure(now, config.validate().unwrap())
        .unwrap();
    let mut topics = Vec::new();
    while let Some(sending) = bench.dimmer.take_farewell() {
        let mut buffer = [0; 16];
        assert_eq!(bench.dimmer.render(sending, now, &mut buffer), Ok(0));
        assert!(bench.dimmer.delivery(sending).retain);
        topics.push(bench.dimmer.topic(sending).to_string());
    }
    assert!(topics.contains(&"solar-dimmer/a1b2c3d4e5f6/availability".to_owned()));
    assert!(topics.contains(&"solar-dimmer/a1b2c3d4e5f6/state".to_owned()));
    // Discovery stays where it is, with other topics in it.
    assert!(
        topics
            .iter()
            .all(|topic| topic.starts_with("solar-dimmer/")),
        "{topics:?}"
    );
    assert!(bench.sent().contains(&Message::Availability));
    assert_eq!(
        bench.dimmer.topics().of(Message::State),
        "house/a1b2c3d4e5f6/state"
    );
}

#[test]
fn entities_of_other_settings_are_taken_off_each_broker_once() {
    let mut bench = Bench::new();
    let mut withdrawn = |broker| {
        let _ = bench.give(Event::Connected { broker });
        let all: Vec<_> = std::iter::from_fn(|| bench.dimmer.take()).collect();
        let _ = bench.give(Event::Disconnected);
        let removals = all
            .iter()
            .filter(|sending| matches!(sending, Sending::Withdraw(_)));
        removals.count()
    };
    let first = withdrawn(1);
    assert!(first > 0);
    assert_eq!(withdrawn(1), 0);
    assert_eq!(withdrawn(2), first);
}

#[test]
fn who_asks_for_everything_again_and_again_gets_it_to_the_end() {
    let mut bench = connected();
    let mut last = 0;
    for second in 1..=60 {
        bench.go_to(second * 1_000);
        let _ = bench.give(water(Err(ProbeFault::Absent)));
        let _ = bench.send(&command("sync"), "sync");
        let _ = bench.send("homeassistant/status", "online");
        // A line that takes twenty messages in a second.
        for _ in 0..20 {
            if bench.dimmer.take() == Some(Sending::Say(Message::Alarm)) {
                last = second;
            }
        }
    }
    assert!(last > 50, "the alarm was said last at {last} s");
}
