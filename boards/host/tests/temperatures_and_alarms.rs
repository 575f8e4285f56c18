//! Temperatures from topics, and alarms: simulators as processes, a real mosquitto between them.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Mosquitto, Subscriber, publish, simulator::Simulator};

const ALL: &str = "solar-dimmer/020000000001/#";
const ALARM: &str = "solar-dimmer/020000000001/alarm";
const SET: &str = "solar-dimmer/020000000001/power/set";
const RESET: &str = "solar-dimmer/020000000001/reset/alarm";

fn start(broker: &Mosquitto, settings: &str, arguments: &[&str]) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    let arguments = [&["--broker", &address], arguments].concat();
    Simulator::with_settings(settings, &arguments, &[])
}

fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap()
}

/// The next alarms, whatever they are; `reset/alarm` ends in the same word.
fn next_alarm(reader: &Subscriber) -> Value {
    parsed(&reader.payload("000000001/alarm", |_| true))
}

/// The next state that this is true of.
fn state(reader: &Subscriber, wanted: impl Fn(&Value) -> bool) -> Value {
    parsed(&reader.payload("/state", |payload| wanted(&parsed(payload))))
}

#[test]
fn a_temperature_that_another_dimmer_shares_lets_this_one_heat_and_its_silence_turns_it_off() {
    const LIMIT_S: u64 = 5;
    let broker = Mosquitto::start();
    for (format, path) in [("raw", ""), ("json", "temperature")] {
        let share = format!(
            "[topics.temperature.share]\ntopic = 'home/tank/temperature'\nformat = '{format}'"
        );
        let mut sharing = start(&broker, &share, &["--water", "47"]);
        sharing.ready();
        let settings = format!(
            "
            probes.water = false
            [safety]
            water_maximum_age_s = {LIMIT_S}
            setpoint_maximum_age_s = 600
            [topics]
            interval_s = 1
            [topics.temperature.water]
            topic = 'home/tank/temperature'
            path = '{path}'
            "
        );
        let mut taking = start(&broker, &settings, &["--id", "020000000002"]);
        taking.ready();
        let reader = Subscriber::to(broker.port, "solar-dimmer/020000000002/#");
        publish(broker.port, "solar-dimmer/020000000002/power/set", "80");
        reader.payload("/power/applied", |applied| applied == "80");
        let warm = state(&reader, |state| state["reason"] == "following");
        let celsius = warm["temperature"]["water"].as_f64().unwrap();
        assert!((46.9..47.1).contains(&celsius), "{warm}");
        taking.type_line("status");
        taking.lines.find("where it comes from", |line| {
            line.ends_with("water from home/tank/temperature: 47.0°C")
        });
        // A temperature that is not this dimmer's own is not passed on: an empty payload, as mosquitto_sub shows it.
        let own = Subscriber::to(broker.port, "solar-dimmer/020000000002/temperature/water");
        assert_eq!(own.payload("/temperature/water", |_| true), "(null)");

        sharing.kill();
        let silent = Instant::now();
        reader.payload("/reason", |reason| reason == "probe_stale");
        let off_s = silent.elapsed().as_secs_f64();
        // The last reading came up to a reading's period before the end.
        assert!(off_s < LIMIT_S as f64 + 1.0, "{off_s}");
        std::thread::sleep(Duration::from_millis(300));
        let rows = taking.into_trace();
        let (before, after) = rows.split_at(rows.len() - 20);
        assert!(before.iter().any(|row| row.delivered_watts > 1_000.0));
        assert!(after.iter().all(|row| row.delivered_watts == 0.0));
    }
}

#[test]
fn a_source_that_says_it_has_no_temperature_any_more_or_talks_nonsense_turns_off_and_is_counted() {
    let broker = Mosquitto::start();
    let settings = "
        probes.water = false
        [safety]
        water_maximum_age_s = 3
        setpoint_maximum_age_s = 600
        [topics.temperature.water]
        topic = 'tele/tank/SENSOR'
        path = 'DS18B20.Temperature'
    ";
    let _simulator = start(&broker, settings, &[]);
    let reader = Subscriber::to(broker.port, ALL);
    reader.payload("/availability", |availability| availability == "online");
    let tell = |payload: &str| publish(broker.port, "tele/tank/SENSOR", payload);
    publish(broker.port, SET, "80");
    for (refused, (kind, bad)) in [
        ("unavailable", r#"{"DS18B20":{"Temperature":null}}"#),
        ("path_not_found", r#"{"Uptime":12}"#),
        ("malformed_json", "nonsense"),
    ]
    .into_iter()
    .enumerate()
    {
        tell(r#"{"DS18B20":{"Temperature":45.5}}"#);
        reader.payload("/power/applied", |applied| applied == "80");
        tell(bad);
        let state = state(&reader, |state| {
            state["messages"]["refused"] == refused + 1 && state["reason"] == "probe_fault"
        });
        let refusal = &state["messages"]["last_refusal"];
        assert_eq!(
            (&refusal["about"], &refusal["kind"]),
            (&json!("temperature"), &json!(kind))
        );
        reader.payload("/power/applied", |applied| applied == "0");
    }
    // Above the limit at once, whatever the source is.
    tell(r#"{"DS18B20":{"Temperature":61}}"#);
    reader.payload("/reason", |reason| reason == "water_too_hot");
}

#[test]
fn an_alarm_is_published_once_for_each_change_and_kept_for_who_comes_later() {
    let broker = Mosquitto::start();
    let settings = "language = 'fr'\n[safety]\nprobe_lost_after_readings = 2";
    let mut simulator = start(&broker, settings, &[]);
    simulator.ready();
    let reader = Subscriber::with(broker.port, ALARM, &["-q", "1"]);
    assert_eq!(
        next_alarm(&reader),
        json!({"level": "none", "problem": "OFF"})
    );
    simulator.type_line("probe unplugged");
    let text = "La sonde d'eau ne donne pas de température fiable : vérifiez la sonde, son câble et son connecteur.";
    let told = next_alarm(&reader);
    let since_s = told["since_s"].as_u64().unwrap();
    assert_eq!(
        told,
        json!({
            "level": "warning", "problem": "ON", "alarm": "water_probe_lost", "text": text,
            "since_s": since_s, "latched": false,
        })
    );
    simulator.lines.find("the alarm", |line| {
        line.ends_with(&format!("alarm raised: warning water_probe_lost: {text}"))
    });
    simulator.type_line("status");
    simulator.lines.find("the alarm in the status", |line| {
        line.ends_with(&format!("warning water_probe_lost: {text}"))
    });
    let late = Subscriber::to(broker.port, ALARM);
    assert_eq!(next_alarm(&late), told);
    let states = Subscriber::to(broker.port, ALL);
    let shown = state(&states, |state| state["alarm"] == "warning");
    assert!(shown["uptime"].as_u64().unwrap() >= since_s);
    simulator.type_line("probe back");
    // The very next one: it was said once, although the state was said again and again.
    assert_eq!(next_alarm(&reader)["level"], "none");
    simulator.lines.find("the end", |line| {
        line.contains("alarm cleared: warning water_probe_lost")
    });
}

#[test]
fn a_reset_is_refused_while_the_cause_lasts_and_accepted_after() {
    let broker = Mosquitto::start();
    let settings = "
        [safety]
        setpoint_maximum_age_s = 600
        water_maximum_rate_millicelsius_per_minute = 0
    ";
    let mut simulator = start(&broker, settings, &[]);
    simulator.ready();
    let reader = Subscriber::to(broker.port, ALL);
    publish(broker.port, SET, "80");
    reader.payload("/power/applied", |applied| applied == "80");
    simulator.type_line("alarm reset");
    simulator.lines.find("an answer", |line| {
        line.ends_with(" s: no alarm is latched")
    });
    simulator.type_line("water 70");
    let alarm = reader.payload("000000001/alarm", |alarm| {
        parsed(alarm)["level"] == "critical"
    });
    let alarm = parsed(&alarm);
    assert_eq!(
        (&alarm["alarm"], &alarm["latched"]),
        (&json!("water_over_temperature"), &json!(true))
    );
    for (refused, (word, kind)) in [("reset", "cause_lasts"), ("Reset!", "not_a_reset")]
        .into_iter()
        .enumerate()
    {
        publish(broker.port, RESET, word);
        let state = state(&reader, |state| state["messages"]["refused"] == refused + 1);
        assert_eq!(state["reason"], "alarm_latched");
        assert_eq!(state["alarm"], "critical");
        let refusal = &state["messages"]["last_refusal"];
        assert_eq!(
            (&refusal["about"], &refusal["kind"]),
            (&json!("alarm_reset"), &json!(kind))
        );
    }
    simulator.lines.find("the refusal", |line| {
        line.ends_with("alarm not reset, its cause lasts: water_over_temperature")
    });
    simulator.type_line("alarm reset");
    simulator.lines.find("the same answer", |line| {
        line.ends_with("alarm not reset, its cause lasts: water_over_temperature")
    });
    // Cold again, and still latched: until a person says that somebody looked.
    simulator.type_line("water 45");
    let cold = state(&reader, |state| state["temperature"]["water"] == 45);
    assert_eq!(
        (&cold["reason"], &cold["applied"]),
        (&json!("alarm_latched"), &json!(0))
    );
    publish(broker.port, RESET, "reset");
    let alarm = reader.payload("000000001/alarm", |_| true);
    assert_eq!(parsed(&alarm)["level"], "none");
    reader.payload("/power/applied", |applied| applied == "80");
    simulator.lines.find("the reset", |line| {
        line.contains("alarm reset: critical water_over_temperature")
    });
}
