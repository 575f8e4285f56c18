//! The dimmer on a virtual clock: what it says, when, and how often.

mod bench;

use bench::{Bench, OWN, at, published, water};
use dimmer::{
    Dimmer, Event, Identity,
    config::Config,
    safety::{ProbeFault, Reason},
    topics::{Discovery, Message},
};

#[test]
fn a_message_on_a_topic_that_is_not_ours_is_not_even_counted() {
    let mut bench = Bench::new();
    let _ = bench.send("somebody/else", "42.5");
    assert_eq!(bench.state()["messages"]["received"], 0);
    assert_eq!(bench.reason(), Reason::SetpointMissing);
}

#[test]
fn the_state_keeps_what_was_asked_and_what_is_applied_apart() {
    let mut bench = Bench::with(|config| config.safety.maximum_centipercent = 5_000);
    let _ = bench.send(OWN, "80");
    assert_eq!(bench.state()["applied"], 0, "ordered, and not yet fed");
    let _ = bench.report();
    let state = bench.state();
    assert_eq!(
        (&state["setpoint"], &state["applied"]),
        (&80.into(), &50.into())
    );
    assert_eq!(
        (&state["watts"], &state["reason"]),
        (&1_000.into(), &"limited_by_setting".into())
    );
    let _ = bench.send(OWN, "40");
    assert_eq!(bench.state()["reason"], "following");
}

#[test]
fn a_new_session_says_everything_and_availability_last() {
    let mut bench = Bench::new();
    assert_eq!(bench.sent(), [], "nothing is said without a session");
    assert!(bench.give(Event::Connected { broker: 1 }).to_send);
    let sent = bench.sent();
    assert_eq!(sent, published());
    assert_eq!(sent.last(), Some(&Message::Availability));
    assert_eq!(bench.payload(Message::Availability), "online");
}

#[test]
fn without_home_assistant_nothing_of_it_is_said() {
    let mut bench = Bench::with(|config| config.topics.homeassistant.discovery = Discovery::Off);
    let _ = bench.give(Event::Connected { broker: 1 });
    let sent = bench.sent();
    assert!(
        !sent.is_empty()
            && !sent
                .iter()
                .any(|message| matches!(message, Message::Discovery(_)))
    );
    assert!(
        (0..8)
            .filter_map(|index| bench.dimmer.subscription(index))
            .all(|subscription| !subscription.topic.contains("homeassistant"))
    );
}

#[test]
fn a_change_is_told_within_half_a_second_and_a_burst_is_told_once() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    for percent in 0..50 {
        let _ = bench.send(OWN, &percent.to_string());
        let sent = bench.sent();
        assert_eq!(sent, [Message::Answer], "before the gap has passed");
        let _ = bench.pass(5);
    }
    let effects = bench.pass(500);
    assert!(effects.to_send);
    let sent = bench.sent();
    let count = |wanted| sent.iter().filter(|message| **message == wanted).count();
    assert_eq!(
        (
            count(Message::State),
            count(Message::Setpoint),
            count(Message::Applied),
            count(Message::Frequency)
        ),
        (1, 1, 1, 0)
    );
    assert_eq!(bench.payload(Message::Setpoint), "49");
}

#[test]
fn the_values_are_repeated_at_each_heartbeat() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    let _ = bench.pass(9_000);
    assert_eq!(bench.sent(), []);
    let count = |wanted: fn(&Message) -> bool| published().into_iter().filter(wanted).count();
    let often = count(|message| message.is_state() && !message.is_diagnostic());
    let all = count(|message| message.is_state());
    assert!(often > 10 && all > often);
    for round in 1..=12 {
        let _ = bench.pass(if round == 1 { 2_000 } else { 10_000 });
        // How the device fares interests nobody every ten seconds.
        let expected = if round % 6 == 0 { all } else { often };
        assert_eq!(bench.sent().len(), expected, "round {round}");
    }
}

#[test]
fn home_assistant_that_starts_hears_discovery_again_after_a_while() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    let _ = bench.send("homeassistant/status", "offline");
    let _ = bench.send("homeassistant/status", "online");
    // 1 s, and of this device's address another 4819 ms of eight seconds.
    let _ = bench.pass(5759);
    assert!(
        !bench
            .sent()
            .iter()
            .any(|message| matches!(message, Message::Discovery(_))),
        "all devices at once is what it asks not to do"
    );
    let _ = bench.pass(120);
    let again = bench.sent();
    assert_eq!(
        again
            .iter()
            .filter(|message| matches!(message, Message::Discovery(_)))
            .count(),
        published()
            .iter()
            .filter(|message| matches!(message, Message::Discovery(_)))
            .count()
    );
    assert_eq!(
        bench.reason(),
        Reason::SetpointMissing,
        "its word is no setpoint"
    );
}

#[test]
fn a_message_that_could_not_be_sent_is_offered_again_and_none_after_the_session_ended() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let first = bench.dimmer.take().unwrap();
    bench.dimmer.give_back(first);
    assert_eq!(bench.dimmer.take(), Some(first));
    let _ = bench.give(Event::Disconnected);
    bench.dimmer.give_back(first);
    assert_eq!(bench.sent(), []);
}

#[test]
fn a_dimmer_that_would_follow_itself_is_refused() {
    let mut config = Config::default();
    config.topics.follow = OWN.try_into().unwrap();
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "1.2.3",
        boot: 1,
    };
    let refused = Dimmer::new(identity, config.validate().unwrap(), at(0)).unwrap_err();
    assert_eq!(refused.field, "follow");
}

fn shared(bench: &mut Bench) -> Vec<String> {
    let sent = bench.sent();
    let shared = sent
        .into_iter()
        .filter(|message| *message == Message::SharedTemperature);
    shared.map(|message| bench.payload(message)).collect()
}

#[test]
fn a_shared_temperature_goes_with_each_reading_and_never_without_one() {
    let mut bench = Bench::with(|config| {
        config.topics.temperature.share.topic = "home/tank".try_into().unwrap();
    });
    let _ = bench.give(Event::Connected { broker: 1 });
    assert_eq!(shared(&mut bench), ["40"]);
    // The same again is news: it says that the probe lives.
    for second in [2, 4] {
        bench.go_to(second * 1_000);
        let _ = bench.give(water(Ok(40_000)));
        assert_eq!(shared(&mut bench), ["40"]);
    }
    // A reading that failed is told at once, although the dimmer itself may still go by the one before.
    bench.go_to(6_000);
    let _ = bench.give(water(Err(ProbeFault::Absent)));
    assert_eq!(shared(&mut bench), [""]);
    assert_eq!(bench.state()["temperature"]["water"], 40);
    bench.go_to(8_000);
    let _ = bench.give(water(Ok(40_000)));
    assert_eq!(shared(&mut bench), ["40"]);
    // A probe that is not read any more is silence, through two heartbeats and a new session.
    for second in 9..30 {
        bench.go_to(second * 1_000);
        assert_eq!(shared(&mut bench), [""; 0], "at {second} s");
    }
    assert_eq!(bench.state()["temperature"]["water"], 40);
    let _ = bench.give(Event::Connected { broker: 1 });
    assert_eq!(shared(&mut bench), [""]);
}

#[test]
fn the_state_names_the_broker_in_use() {
    let mut bench = Bench::with(|_| {});
    for broker in [2, 1] {
        let _ = bench.give(Event::Connected { broker });
        assert_eq!(bench.state()["broker"], broker);
        let _ = bench.give(Event::Disconnected);
    }
    assert!(bench.state()["broker"].is_null());
}

#[test]
fn a_reading_that_is_not_believed_is_not_shared() {
    let mut bench = Bench::with(|config| {
        config.topics.temperature.share.topic = "home/tank".try_into().unwrap();
    });
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    bench.go_to(1_000);
    let _ = bench.give(water(Ok(120_000)));
    assert_eq!(shared(&mut bench), [""]);
}

#[test]
fn an_alarm_that_waits_is_not_forgotten_for_a_heartbeat() {
    let mut bench = Bench::with(|config| config.topics.interval_s = 2);
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    // A change just before, so that the alarm has to wait for the gap, in which the heartbeat falls.
    bench.now_ms = 1_800;
    let _ = bench.send(OWN, "10");
    assert!(bench.sent().contains(&Message::Setpoint));
    bench.now_ms = 1_900;
    for _ in 0..5 {
        let _ = bench.give(water(Err(ProbeFault::Absent)));
    }
    assert!(!bench.sent().contains(&Message::Alarm), "not yet");
    bench.now_ms = 2_000;
    let _ = bench.give(Event::Tick);
    bench.now_ms = 2_300;
    let _ = bench.give(Event::Tick);
    assert!(bench.sent().contains(&Message::Alarm));
}

#[test]
fn an_alarm_is_published_once_for_each_change_and_no_heartbeat_repeats_it() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    let mut said = Vec::new();
    let mut level = |bench: &mut Bench| {
        if bench.sent().contains(&Message::Alarm) {
            let alarm: serde_json::Value =
                serde_json::from_str(&bench.payload(Message::Alarm)).unwrap();
            said.push(alarm["level"].as_str().unwrap().to_owned());
        }
    };
    for second in 1..=60 {
        bench.go_to(second * 1_000);
        let reading = if second < 30 {
            Err(ProbeFault::Absent)
        } else {
            Ok(40_000)
        };
        let _ = bench.give(water(reading));
        level(&mut bench);
    }
    assert_eq!(said, ["warning", "none"]);
    assert_eq!(bench.state()["alarm"], "none");
}

#[test]
fn a_clock_that_went_back_keeps_nobody_waiting() {
    let mut bench = Bench::new();
    bench.go_to(100_000);
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    bench.now_ms = 1_000;
    let _ = bench.send(OWN, "10");
    let _ = bench.pass(500);
    assert!(bench.sent().contains(&Message::Setpoint));
    let _ = bench.pass(10_000);
    assert!(bench.sent().contains(&Message::Frequency), "a heartbeat");
}

#[test]
fn every_message_fits_its_buffer_with_every_reason_in_it() {
    let bench = Bench::new();
    for message in Message::ALL {
        let _ = bench.payload(message);
    }
}
