//! The simulator as a process, a real mosquitto, and `mosquitto_pub` and `mosquitto_sub` as the client.
#![expect(
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{collections::BTreeMap, thread, time::Duration};

use support::{
    Mosquitto, Subscriber, free_port, publish, publish_with, simulator::Simulator, trace::plateaus,
};

const ID: &str = "020000000001";
const SET: &str = "solar-dimmer/020000000001/power/set";
const ALL: &str = "solar-dimmer/020000000001/#";
const SETPOINTS: [f64; 10] = [42.5, 5.0, 12.34, 25.0, 33.3, 50.0, 66.7, 75.0, 90.0, 99.5];

/// Publishes each setpoint and checks, in the trace, what the triac let through.
fn delivered_follows_applied(simulator: Simulator, port: u16) {
    let reader = Subscriber::to(port, ALL);
    for setpoint in SETPOINTS {
        publish(port, SET, &setpoint.to_string());
        reader.payload("/power/applied", |applied| applied == setpoint.to_string());
        thread::sleep(Duration::from_millis(200));
    }
    let rows = simulator.into_trace();
    let mut checked = Vec::new();
    for plateau in plateaus(&rows).filter(|plateau| plateau[0].applied_percent > 0.0) {
        for row in plateau.iter().skip(1) {
            let error = row.delivered_percent - row.applied_percent;
            assert!(error.abs() <= 0.2, "{error} points at {row:?}");
        }
        assert!(plateau.len() > 10, "{plateau:?}");
        checked.push(plateau[0].applied_percent);
    }
    assert!(checked.ends_with(&SETPOINTS), "{checked:?}");
}

#[test]
fn the_delivered_power_is_what_was_asked_at_50_and_60_hz() {
    let broker = Mosquitto::start();
    for mains in ["50", "60"] {
        delivered_follows_applied(
            Simulator::online(broker.port, &["--mains", mains]),
            broker.port,
        );
    }
}

#[test]
fn the_broker_in_the_same_process_serves_plain_mosquitto_pub_and_version_5_alike() {
    let simulator = Simulator::start(&["--listen", "127.0.0.1:0"]);
    let port = simulator.ready_port();
    for (version, setpoint) in [("mqttv311", "42.5"), ("mqttv5", "30")] {
        let reader = Subscriber::with(port, ALL, &["-V", version]);
        publish_with(port, SET, setpoint, &["-V", version]);
        reader.payload("/power/applied", |applied| applied == setpoint);
        let late = Subscriber::with(port, ALL, &["-V", version]);
        late.payload("/availability", |availability| availability == "online");
    }
    delivered_follows_applied(simulator, port);
}

#[test]
fn a_reload_of_settings_that_cannot_be_used_is_answered_with_what_is_wrong_and_where() {
    let broker = Mosquitto::start();
    let address = format!("127.0.0.1:{}", broker.port);
    let good = "[output]\nrated_watts = 1500";
    let simulator = Simulator::with_settings(good, &["--broker", &address], &[]);
    simulator.ready();
    let reader = Subscriber::to(broker.port, ALL);
    simulator.rewrite_settings("[output]\nrated_watts = 0");
    publish(
        broker.port,
        "solar-dimmer/020000000001/command/reload",
        "reload",
    );
    reader.payload("/answer", |answer| answer.contains("\"applied\":true"));
    reader.payload("/answer", |answer| {
        answer.contains("\"command\":\"reload\"")
            && answer.contains("output.rated_watts is outside 1 to 20000 W")
    });
    reader.payload("/state", |state| state.contains("\"rated_watts\":1500"));
}

#[test]
fn silence_turns_the_heater_off_and_says_why() {
    let broker = Mosquitto::start();
    let settings = "[safety]\nsetpoint_maximum_age_s = 2";
    let address = format!("127.0.0.1:{}", broker.port);
    let simulator = Simulator::with_settings(settings, &["--broker", &address], &[]);
    simulator.ready();
    let reader = Subscriber::to(broker.port, ALL);
    reader.payload("/reason", |reason| reason == "setpoint_missing");
    publish(broker.port, SET, "80");
    reader.payload("/reason", |reason| reason == "following");
    reader.payload("/reason", |reason| reason == "setpoint_stale");
    reader.payload("/power/applied", |applied| applied == "0");
    let rows = simulator.into_trace();
    let last = rows
        .iter()
        .rposition(|row| row.delivered_percent > 0.0)
        .unwrap();
    let first = rows
        .iter()
        .position(|row| row.delivered_percent > 0.0)
        .unwrap();
    let on_s = rows[last].time_s - rows[first].time_s;
    assert!(
        (1.9..2.2).contains(&on_s),
        "on for {on_s} s of the plant's time"
    );
}

#[test]
fn the_limit_turns_the_heater_off_and_lets_it_start_again_when_the_water_has_cooled() {
    let broker = Mosquitto::start();
    // 3 kW into 20 litres, 60 times faster, in a tank that loses its heat quickly: some 2 K a second up, and some down.
    let settings = "
        [safety]
        water_resume_millicelsius = 58000
        [plant]
        speed = 60.0
        tank.litres = 20.0
        tank.initial_celsius = 57.0
        tank.loss_watts_per_kelvin = 40.0
    ";
    let address = format!("127.0.0.1:{}", broker.port);
    let simulator =
        Simulator::with_settings(settings, &["--broker", &address, "--load", "3000"], &[]);
    simulator.ready();
    let reader = Subscriber::to(broker.port, ALL);
    let keep_asking = || publish(broker.port, SET, "100");
    for wanted in ["following", "water_too_hot", "following"] {
        keep_asking();
        reader.payload("/reason", |reason| reason == wanted);
    }
    let rows = simulator.into_trace();
    // The probe is read every 2 s, 750 ms late, and the tank goes on warming meanwhile.
    for row in rows
        .iter()
        .filter(|row| row.reason == "water_too_hot")
        .skip(100)
    {
        assert!(row.delivered_percent == 0.0, "{row:?}");
    }
    let heated_again = rows
        .iter()
        .rposition(|row| row.reason == "water_too_hot")
        .unwrap();
    assert!(
        rows[heated_again].temperature_celsius < 58.5,
        "{:?}",
        rows[heated_again]
    );
}

#[test]
fn a_dimmer_that_is_killed_is_told_offline_by_its_will() {
    let broker = Mosquitto::start();
    let mut simulator = Simulator::online(broker.port, &[]);
    let reader = Subscriber::to(broker.port, ALL);
    reader.payload("/availability", |availability| availability == "online");
    simulator.kill();
    reader.payload("/availability", |availability| availability == "offline");
    let late = Subscriber::to(broker.port, ALL);
    late.payload("/availability", |availability| availability == "offline");
}

#[test]
fn control_c_says_offline_and_ends_with_success() {
    let broker = Mosquitto::start();
    let mut simulator = Simulator::online(broker.port, &[]);
    let reader = Subscriber::to(broker.port, ALL);
    reader.payload("/availability", |availability| availability == "online");
    assert!(simulator.interrupt().success());
    reader.payload("/availability", |availability| availability == "offline");
}

#[test]
fn a_broker_that_restarts_finds_the_dimmer_back_and_subscribed() {
    let mut broker = Mosquitto::start();
    let simulator = Simulator::online(broker.port, &[]);
    let reader = Subscriber::to(broker.port, ALL);
    publish(broker.port, SET, "30");
    reader.payload("/power/applied", |applied| applied == "30");
    drop(reader);
    for setpoint in ["42.5", "60"] {
        broker.kill();
        simulator
            .lines
            .find("the loss", |line| line.contains("not connected"));
        broker.restart();
        simulator
            .lines
            .find("the return", |line| line.contains("online again"));
        let reader = Subscriber::to(broker.port, ALL);
        reader.payload("/availability", |availability| availability == "online");
        publish(broker.port, SET, setpoint);
        reader.payload("/power/applied", |applied| applied == setpoint);
    }
    let rows = simulator.into_trace();
    let before = rows
        .iter()
        .position(|row| row.applied_percent == 30.0)
        .unwrap();
    let after = rows
        .iter()
        .position(|row| row.applied_percent == 42.5)
        .unwrap();
    let steady = rows[before..after]
        .iter()
        .all(|row| row.applied_percent == 30.0);
    assert!(
        steady,
        "a setpoint that is young enough holds without a broker"
    );
}

#[test]
fn bad_payloads_change_nothing_and_are_counted_and_told() {
    let broker = Mosquitto::start();
    let simulator = Simulator::online(broker.port, &[]);
    let reader = Subscriber::to(broker.port, ALL);
    publish(broker.port, SET, "42.5");
    reader.payload("/power/applied", |applied| applied == "42.5");
    let bad = [
        "",
        "full power",
        "42,5",
        "NaN",
        "1e999",
        r#"{"power":"42"}"#,
        r#"{"power":1,"watts":2}"#,
        r#"{"other":1}"#,
        "[42]",
        "42 43",
    ];
    for payload in bad {
        publish(broker.port, SET, payload);
    }
    publish_with(broker.port, SET, &"9".repeat(5_000), &[]);
    let state = reader.payload("/state", |state| {
        state.contains(&format!("\"refused\":{}", bad.len()))
            || state.contains(&format!("\"refused\":{}", bad.len() + 1))
    });
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    assert_eq!(
        (&state["applied"], &state["setpoint"]),
        (&42.5.into(), &42.5.into())
    );
    assert!(!state["messages"]["last_refusal"].is_null(), "{state}");
    publish(broker.port, SET, "50");
    reader.payload("/power/applied", |applied| applied == "50");
    let rows = simulator.into_trace();
    let on = rows.iter().filter(|row| row.applied_percent > 0.0);
    assert!(
        on.clone()
            .all(|row| row.applied_percent == 42.5 || row.applied_percent == 50.0)
    );
}

#[test]
fn a_setpoint_that_the_broker_had_kept_is_not_taken() {
    let broker = Mosquitto::start();
    publish_with(broker.port, SET, "100", &["-r"]);
    let simulator = Simulator::online(broker.port, &["--for", "5"]);
    let reader = Subscriber::to(broker.port, ALL);
    reader.payload("/reason", |reason| reason == "setpoint_missing");
    let rows = simulator.into_trace();
    assert!(rows.iter().all(|row| row.delivered_percent == 0.0));
}

#[test]
fn a_second_dimmer_starts_at_fifty_percent_of_the_common_setpoint() {
    let broker = Mosquitto::start();
    let simulator = Simulator::online(broker.port, &["--count", "2", "--starts", "0,50"]);
    simulator.ready();
    let reader = Subscriber::to(broker.port, "solar-dimmer/#");
    for (setpoint, applied) in [
        ("25", ["25", "0"]),
        ("50", ["50", "0"]),
        ("75", ["75", "25"]),
        ("100", ["100", "50"]),
        ("150", ["100", "100"]),
        ("0", ["0", "0"]),
    ] {
        publish(broker.port, "solar-dimmer/all/power/set", setpoint);
        let mut seen = BTreeMap::new();
        reader
            .lines
            .find(&format!("{applied:?} at {setpoint}"), |line| {
                let (topic, payload) = line.split_once(' ').unwrap_or_default();
                if let Some(dimmer) = topic.strip_suffix("/state") {
                    let state: serde_json::Value = serde_json::from_str(payload).unwrap();
                    if state["setpoint"].to_string().trim_end_matches(".0") == setpoint {
                        seen.insert(
                            dimmer.to_owned(),
                            state["applied"]
                                .to_string()
                                .trim_end_matches(".0")
                                .to_owned(),
                        );
                    }
                }
                seen.values().eq(applied.iter())
            });
    }
    drop(simulator);
}

#[test]
fn home_assistant_finds_every_entity() {
    let broker = Mosquitto::start();
    let _simulator = Simulator::online(broker.port, &[]);
    let reader = Subscriber::to(broker.port, "homeassistant/#");
    let mut found = BTreeMap::new();
    let topic = |component: &str, key: &str| {
        format!("homeassistant/{component}/solar-dimmer-{ID}-{key}/config")
    };
    let wanted = [
        topic("number", "power"),
        topic("binary_sensor", "alarm"),
        topic("button", "reset"),
    ];
    // There are more than so many, in whatever order the broker passes them on.
    while found.len() < 17 || !wanted.iter().all(|topic| found.contains_key(topic)) {
        // What other settings would have announced is taken off first, with nothing for a payload.
        let line = reader.lines.find("a discovery message", |line| {
            line.starts_with("homeassistant/") && line.contains("/config {")
        });
        let (topic, payload) = line.split_once(' ').unwrap();
        assert!(topic.contains(ID) && topic.ends_with("/config"), "{topic}");
        let payload: serde_json::Value = serde_json::from_str(payload).unwrap();
        found.insert(topic.to_owned(), payload);
    }
    for payload in found.values() {
        assert_eq!(
            payload["avty_t"],
            format!("solar-dimmer/{ID}/availability"),
            "{payload}"
        );
        assert!(
            payload["uniq_id"].is_string()
                && payload["dev"].is_object()
                && payload["o"].is_object(),
            "{payload}"
        );
    }
    let [power, alarm, reset] = wanted.map(|topic| &found[&topic]);
    assert_eq!(power["cmd_t"], SET);
    // Its button resets what its binary sensor shows.
    assert_eq!(alarm["stat_t"], format!("solar-dimmer/{ID}/alarm"));
    assert_eq!(reset["cmd_t"], format!("solar-dimmer/{ID}/reset/alarm"));
}

#[test]
fn a_wrong_password_is_named_and_the_right_one_may_come_from_the_environment() {
    let broker = Mosquitto::with_password("dimmer", "right");
    let address = format!("127.0.0.1:{}", broker.port);
    let wrong = Simulator::start(&[
        "--broker",
        &address,
        "--username",
        "dimmer",
        "--password",
        "wrong",
    ]);
    wrong
        .lines
        .find("the refusal", |line| line.contains("user name"));
    let port = broker.port.to_string();
    let environment = [
        ("MQTT_HOST", "127.0.0.1"),
        ("MQTT_PORT", port.as_str()),
        ("MQTT_USERNAME", "dimmer"),
        ("MQTT_PASSWORD", "right"),
        ("MQTT_TOPIC_PREFIX", "home/heat"),
        ("MQTT_QOS", "1"),
        ("MQTT_RETAIN", "false"),
    ];
    let right = Simulator::with_environment(&[], &environment);
    assert!(right.ready().contains(&format!("home/heat/{ID}/power/set")));
    let credentials = ["-u", "dimmer", "-P", "right", "-q", "1"];
    let reader = Subscriber::with(broker.port, "home/heat/#", &credentials);
    publish_with(
        broker.port,
        &format!("home/heat/{ID}/power/set"),
        "20",
        &credentials,
    );
    reader.payload("/power/applied", |applied| applied == "20");
}

#[test]
fn two_simulators_with_one_id_are_told_so() {
    let broker = Mosquitto::start();
    let first = Simulator::online(broker.port, &[]);
    let _second = Simulator::online(broker.port, &[]);
    first.lines.find("the reason", |line| {
        line.contains("another dimmer with the same id")
    });
}

#[test]
fn a_broker_that_comes_late_is_found() {
    let port = free_port();
    let simulator = Simulator::start(&["--broker", &format!("127.0.0.1:{port}")]);
    simulator
        .lines
        .find("the refusal", |line| line.contains("nothing listens"));
    let _broker = Mosquitto::on(port);
    simulator.ready();
}
