//! The dimmer on a virtual clock: alarms, in its words and on MQTT, and their reset.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod bench;

use bench::{Bench, OWN, at, water};
use dimmer::{Effects, Event, Incident, config::Language, safety::Reason, topics::Message};
use serde_json::{Value, json};

const RESET: &str = "solar-dimmer/a1b2c3d4e5f6/reset/alarm";

#[test]
fn an_alarm_is_told_once_and_a_latched_one_holds_the_output_off_until_it_is_reset() {
    let mut bench = Bench::new();
    let mut told = Vec::new();
    let mut note = |effects: Effects| {
        told.extend(
            effects
                .incidents
                .into_iter()
                .filter_map(|incident| match incident {
                    Some(Incident::Alarm(change)) => Some((
                        change.kind.as_str(),
                        change.level.as_str(),
                        change.event.as_str(),
                    )),
                    Some(Incident::ResetRefused(_)) => Some(("", "", "refused")),
                    _ => None,
                }),
        );
    };
    for (second, millicelsius) in [(20, 66_000), (22, 66_000)] {
        bench.go_to(second * 1_000);
        note(bench.give(water(Ok(millicelsius))));
    }
    assert_eq!(bench.reason(), Reason::AlarmLatched);
    note(bench.give(Event::ResetAlarms));
    bench.go_to(40_000);
    note(bench.give(water(Ok(50_000))));
    note(bench.send(OWN, "100"));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::AlarmLatched)
    );
    let kept = bench.dimmer.overview(at(bench.now_ms)).critical;
    note(bench.give(Event::ResetAlarms));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (10_000, Reason::Following)
    );
    assert_eq!(
        told,
        [
            ("water_over_temperature", "critical", "raised"),
            ("", "", "refused"),
            ("water_over_temperature", "critical", "reset"),
        ]
    );
    // What a board kept over a reset of the chip holds there, too.
    let mut again = Bench::new();
    again.dimmer.restore_alarms(kept);
    let _ = again.send(OWN, "100");
    assert_eq!(
        (again.permitted(), again.reason()),
        (0, Reason::AlarmLatched)
    );
}

#[test]
fn every_change_of_an_alarm_is_told_even_if_several_come_at_once() {
    let mut bench = Bench::unfed(|_| {});
    bench.now_ms = 30_000;
    let first = bench.give(Event::Tick).incidents[2];
    assert!(
        matches!(first, Some(Incident::Alarm(change)) if change.kind.as_str() == "water_probe_lost")
    );
    bench.now_ms = 100_000; // the mains is away for long, and nobody was called for 70 s
    let mut kinds = Vec::new();
    while let Some(Incident::Alarm(change)) = bench.give(Event::Tick).incidents[2] {
        kinds.push(change.kind.as_str());
    }
    assert_eq!(kinds, ["clock_jump"]);
    bench.now_ms = 160_000;
    while let Some(Incident::Alarm(change)) = bench.give(Event::Tick).incidents[2] {
        kinds.push(change.kind.as_str());
        assert!(
            bench.dimmer.next_deadline(at(bench.now_ms)).as_ticks() / 1_000 <= bench.now_ms + 250
        );
    }
    assert_eq!(kinds, ["clock_jump", "mains_lost"]);
}

fn alarm(bench: &Bench) -> Value {
    serde_json::from_str(&bench.payload(Message::Alarm)).unwrap()
}

fn last_refusal(bench: &Bench) -> (Value, Value) {
    let messages = &bench.state()["messages"];
    let refusal = &messages["last_refusal"];
    (messages["refused"].clone(), refusal["kind"].clone())
}

#[test]
fn a_reset_by_mqtt_is_refused_while_the_cause_lasts_and_accepted_after() {
    let mut bench = Bench::new();
    for second in [20, 22] {
        bench.go_to(second * 1_000);
        let _ = bench.give(water(Ok(66_000)));
    }
    assert_eq!(alarm(&bench)["level"], "critical");
    for (payload, retained, kind) in [
        ("reset", false, "cause_lasts"),
        ("PRESS", false, "cause_lasts"),
        ("please", false, "not_a_reset"),
        ("reset", true, "retained"),
    ] {
        let (refused, _) = last_refusal(&bench);
        let effects = bench.give(Event::Message {
            topic: RESET,
            payload: payload.as_bytes(),
            retained,
        });
        let count = refused.as_u64().unwrap() + 1;
        assert_eq!(last_refusal(&bench), (json!(count), json!(kind)));
        assert!(matches!(effects.incidents[0], Some(Incident::Refused(_))));
        let named = matches!(effects.incidents[2], Some(Incident::ResetRefused(_)));
        assert_eq!(named, kind == "cause_lasts");
        assert_eq!(bench.reason(), Reason::AlarmLatched);
    }
    bench.go_to(40_000);
    let _ = bench.give(water(Ok(50_000)));
    let _ = bench.send(OWN, "100");
    assert_eq!(bench.permitted(), 0, "cold again, and nobody looked");
    // A retained word of the past resets nothing now either.
    let _ = bench.give(Event::Message {
        topic: RESET,
        payload: b"reset",
        retained: true,
    });
    assert_eq!(bench.reason(), Reason::AlarmLatched);
    let effects = bench.send(RESET, "reset");
    assert!(matches!(
        effects.incidents,
        [None, Some(_), Some(Incident::Alarm(_)), None]
    ));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (10_000, Reason::Following)
    );
    assert_eq!(alarm(&bench), json!({"level": "none", "problem": "OFF"}));
    let (refused, _) = last_refusal(&bench);
    // Nothing is latched: nothing to do, and nothing wrong.
    let _ = bench.send(RESET, "reset");
    assert_eq!(last_refusal(&bench).0, refused);
}

#[test]
fn an_alarm_says_since_when_at_which_level_and_in_the_language_that_was_set() {
    for (language, word) in [
        (Language::English, "water probe gives no"),
        (Language::French, "sonde d'eau ne donne pas"),
    ] {
        let mut bench = Bench::with(|config| {
            config.language = language;
            config.safety.probe_lost_critical_after_s = 100;
        });
        // The last reading is too old after 30 s, and that is a warning after 30 s more.
        for second in 1..=59 {
            bench.go_to(second * 1_000);
            assert_eq!(alarm(&bench)["level"], "none", "at {second} s");
        }
        for second in 60..=250 {
            bench.go_to(second * 1_000);
        }
        let alarm = alarm(&bench);
        assert!(alarm["text"].as_str().unwrap().contains(word), "{alarm}");
        assert_eq!(alarm["alarm"], "water_probe_lost");
        assert_eq!(
            (&alarm["level"], &alarm["latched"], &alarm["since_s"]),
            (&json!("critical"), &json!(true), &json!(60)),
            "raised as a warning, and worse since: {alarm}"
        );
    }
}

#[test]
fn several_alarms_stand_in_one_message_the_worst_first() {
    let mut bench = Bench::unfed(|_| {});
    for (second, millicelsius) in [(1, 66_000), (3, 66_000)] {
        bench.now_ms = second * 1_000;
        let _ = bench.give(water(Ok(millicelsius)));
    }
    // Nobody speaks of the mains, nor calls for more than a minute.
    bench.now_ms = 70_000;
    let _ = bench.give(Event::Tick);
    let alarm = alarm(&bench);
    assert_eq!(
        (&alarm["level"], &alarm["alarm"]),
        (&json!("critical"), &json!("water_over_temperature"))
    );
    let others = alarm["others"].as_array().unwrap();
    assert!(
        others.iter().all(|other| other["level"] == "warning") && !others.is_empty(),
        "{alarm}"
    );
}

#[test]
fn an_alarm_kept_over_a_reset_of_the_chip_is_published_again() {
    let mut bench = Bench::new();
    for second in [20, 22] {
        bench.go_to(second * 1_000);
        let _ = bench.give(water(Ok(66_000)));
    }
    let kept = bench.dimmer.overview(at(bench.now_ms)).critical;
    let mut again = Bench::unfed(|_| {});
    again.dimmer.restore_alarms(kept);
    let _ = again.give(Event::Connected { broker: 1 });
    assert!(again.sent().contains(&Message::Alarm));
    assert_eq!(alarm(&again)["alarm"], "water_over_temperature");
}
