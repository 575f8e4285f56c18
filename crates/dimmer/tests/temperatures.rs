//! The dimmer on a virtual clock: temperatures from topics.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod bench;

use bench::{Bench, OWN, firing};
use dimmer::{
    Event, Incident,
    config::Config,
    phase::MainsState,
    safety::{AlarmKind, ProbeFault, ProbeUse, Reason, Role},
    topics::Message,
};
use serde_json::json;

const TANK: &str = "home/tank";

/// The water's temperature comes from a topic.
fn from_topic(config: &mut Config) {
    config.probes.water = false;
    config.topics.temperature.water.topic = TANK.try_into().unwrap();
}

fn bench(change: impl FnOnce(&mut Config)) -> Bench {
    let mut bench = Bench::unfed(|config| {
        from_topic(config);
        change(config);
    });
    bench.firing = firing(MainsState::Locked);
    let _ = bench.report();
    let _ = bench.send(OWN, "50");
    bench
}

#[test]
fn a_temperature_from_a_topic_lets_the_dimmer_heat_and_its_silence_turns_it_off_at_its_limit() {
    for (path, payload) in [("", "40.5"), ("a.1", r#"{"a":[0,"40.5"]}"#)] {
        let mut bench = bench(|config| {
            config.topics.temperature.water.path = path.try_into().unwrap();
        });
        assert_eq!(
            (bench.permitted(), bench.reason()),
            (0, Reason::ProbeMissing)
        );
        let _ = bench.send(TANK, payload);
        assert_eq!(bench.permitted(), 5_000);
        assert_eq!(bench.state()["temperature"]["water"], 40.5);
        bench.go_to(29_999);
        let _ = bench.give(Event::Tick);
        assert_eq!(bench.permitted(), 5_000);
        bench.go_to(30_000);
        assert_eq!((bench.permitted(), bench.reason()), (0, Reason::ProbeStale));
    }
}

#[test]
fn garbage_keeps_nothing_alive_is_counted_and_is_a_fault_of_that_probe() {
    for (payload, kind, retained) in [
        ("", "empty", false),
        ("unavailable", "unavailable", false),
        ("warm", "not_a_number", false),
        (r#"{"t":40}"#, "json_without_path", false),
        ("40", "retained", true),
    ] {
        let mut bench = bench(|_| {});
        let _ = bench.send(TANK, "40");
        for second in 1..30 {
            bench.go_to(second * 1_000);
            let effects = bench.give(Event::Message {
                topic: TANK,
                payload: payload.as_bytes(),
                retained,
            });
            assert!(matches!(effects.incidents[0], Some(Incident::Refused(_))));
            assert_eq!(bench.permitted(), 5_000, "one may fail now and then");
            let messages = &bench.state()["messages"];
            assert_eq!(messages["refused"], second);
            assert_eq!(messages["last_refusal"]["about"], "temperature");
            assert_eq!(messages["last_refusal"]["kind"], kind);
        }
        assert!(
            bench
                .dimmer
                .overview(bench::at(bench.now_ms))
                .warnings
                .contains(AlarmKind::WaterProbeLost),
            "{payload}"
        );
        bench.go_to(30_000);
        assert_eq!((bench.permitted(), bench.reason()), (0, Reason::ProbeFault));
    }
}

#[test]
fn an_impossible_temperature_from_a_topic_turns_off_at_once() {
    for payload in ["-127", "150", "1e12"] {
        let mut bench = bench(|_| {});
        let _ = bench.send(TANK, "40");
        assert_eq!(bench.permitted(), 5_000);
        let _ = bench.send(TANK, payload);
        assert_eq!(
            (bench.permitted(), bench.reason()),
            (0, Reason::ProbeImplausible),
            "{payload}"
        );
    }
}

#[test]
fn one_message_may_have_several_temperatures_and_one_refusal() {
    let mut bench = bench(|config| {
        let temperature = &mut config.topics.temperature;
        temperature.water.path = "water".try_into().unwrap();
        for (source, path) in [
            (&mut temperature.heat_sink, "sink"),
            (&mut temperature.room, "room"),
        ] {
            source.topic = TANK.try_into().unwrap();
            source.path = path.try_into().unwrap();
        }
        config.safety.heat_sink_probe = ProbeUse::Required;
        config.safety.room_probe = ProbeUse::Required;
        config.safety.room_limit_millicelsius = Some(40_000);
    });
    let _ = bench.send(TANK, r#"{"water":45.5,"sink":50.25,"room":20}"#);
    assert_eq!(
        bench.state()["temperature"],
        json!({"water": 45.5, "heat_sink": 50.25, "room": 20})
    );
    assert_eq!(bench.permitted(), 5_000);
    let overview = bench.dimmer.overview(bench::at(bench.now_ms));
    assert_eq!(
        (overview.heat_sink_millicelsius, overview.room_millicelsius),
        (Some(50_250), Some(20_000))
    );
    // What comes from a topic is not passed on as this dimmer's own.
    for message in [
        Message::WaterTemperature,
        Message::HeatSinkTemperature,
        Message::RoomTemperature,
    ] {
        assert_eq!(bench.payload(message), "");
    }
    bench.go_to(1_000);
    let _ = bench.send(TANK, r#"{"water":45.5}"#);
    assert_eq!(bench.state()["messages"]["refused"], 1, "one message");
    for second in 2..=30 {
        bench.go_to(second * 1_000);
        let _ = bench.send(TANK, r#"{"water":45.5}"#);
    }
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::HeatSinkProbeLost)
    );
}

#[test]
fn a_wired_reading_does_not_hide_that_the_topic_fell_silent() {
    let mut bench = bench(|_| {});
    let _ = bench.send(TANK, "40");
    for second in 1..=30 {
        bench.go_to(second * 1_000);
        let _ = bench.give(bench::water(Ok(41_000)));
    }
    assert_eq!((bench.permitted(), bench.reason()), (0, Reason::ProbeStale));
}

#[test]
fn a_probe_of_its_own_on_the_heat_sink_is_published_and_announced() {
    let mut bench = Bench::with(|config| config.probes.heat_sink = true);
    let _ = bench.give(Event::Connected { broker: 1 });
    assert!(bench.sent().contains(&Message::HeatSinkTemperature));
    bench.go_to(1_000);
    let _ = bench.give(Event::Temperature {
        role: Role::HeatSink,
        reading: Ok(63_250),
    });
    let sent = bench.sent();
    assert!(sent.contains(&Message::HeatSinkTemperature), "{sent:?}");
    assert_eq!(bench.payload(Message::HeatSinkTemperature), "63.25");
    bench.go_to(2_000);
    let _ = bench.give(Event::Temperature {
        role: Role::HeatSink,
        reading: Err(ProbeFault::Absent),
    });
    assert_eq!(bench.state()["temperature"]["heat_sink"], 63.25);
    let mut without = Bench::new();
    let _ = without.give(Event::Connected { broker: 1 });
    assert!(!without.sent().contains(&Message::HeatSinkTemperature));
}

#[test]
fn the_overview_says_of_each_temperature_what_was_wrong_with_its_last_reading() {
    let mut bench = Bench::new();
    for (role, fault) in [
        (Role::Water, ProbeFault::Swapped),
        (Role::HeatSink, ProbeFault::Conversion),
        (Role::Room, ProbeFault::Several),
    ] {
        let reading = Err(fault);
        let _ = bench.give(Event::Temperature { role, reading });
    }
    let faults = |bench: &Bench| {
        let overview = bench.dimmer.overview(bench::at(bench.now_ms));
        (
            overview.water_fault,
            overview.heat_sink_fault,
            overview.room_fault,
        )
    };
    let (swapped, conversion, several) = (
        Some(ProbeFault::Swapped),
        Some(ProbeFault::Conversion),
        Some(ProbeFault::Several),
    );
    assert_eq!(faults(&bench), (swapped, conversion, several));
    let _ = bench.give(bench::water(Ok(40_000)));
    assert_eq!(faults(&bench), (None, conversion, several));
}
