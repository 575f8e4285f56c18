//! Latched alarms over the end of the program: simulators that are killed, a real mosquitto, and a folder that stays.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Mosquitto, Subscriber, publish, simulator::Simulator, wait_for};

const ALL: &str = "solar-dimmer/020000000001/#";
const SET: &str = "solar-dimmer/020000000001/power/set";
const RESET: &str = "solar-dimmer/020000000001/reset/alarm";
/// Any rate is believed, so that the water can be made hot at once.
const SETTINGS: &str = "
    [safety]
    setpoint_maximum_age_s = 600
    water_maximum_rate_millicelsius_per_minute = 0
";

fn start(broker: &Mosquitto, folder: &Path) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    let folder = folder.to_str().unwrap();
    let arguments = ["--broker", &address, "--keep-alarms", folder];
    let simulator = Simulator::with_settings(SETTINGS, &arguments, &[]);
    simulator.ready();
    simulator
}

fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap()
}

#[test]
fn a_latched_alarm_outlives_a_kill_and_ends_with_a_reset_for_good() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("020000000001.alarms");
    let kept = || std::fs::read_to_string(&file).unwrap();
    let reader = Subscriber::to(broker.port, ALL);

    let mut first = start(&broker, folder.path());
    assert_eq!(kept(), "latched: none\n");
    publish(broker.port, SET, "80");
    reader.payload("/power/applied", |applied| applied == "80");
    first.type_line("water 70");
    reader.payload("000000001/alarm", |alarm| {
        parsed(alarm)["level"] == "critical"
    });
    let latched = "latched: water_over_temperature\n";
    wait_for("the file", || (kept() == latched).then_some(()));
    first.kill();
    reader.payload("/availability", |availability| availability == "offline");

    // The simulated water begins at 40 °C again: but for what was kept, nothing would hinder.
    let mut second = start(&broker, folder.path());
    let alarm = reader.payload("000000001/alarm", |_| true);
    assert_eq!(parsed(&alarm)["alarm"], "water_over_temperature");
    publish(broker.port, SET, "80");
    let state = reader.payload("/state", |state| {
        parsed(state)["setpoint"] == 80 && parsed(state)["temperature"]["water"].is_number()
    });
    let state = parsed(&state);
    assert_eq!(
        (&state["reason"], &state["alarm"], &state["applied"]),
        (&"alarm_latched".into(), &"critical".into(), &0.into())
    );
    assert_eq!(kept(), latched);
    publish(broker.port, RESET, "reset");
    reader.payload("/power/applied", |applied| applied == "80");
    wait_for("the file", || (kept() == "latched: none\n").then_some(()));
    second.lines.find("the reset", |line| {
        line.contains("alarm reset: critical water_over_temperature")
    });
    second.kill();

    let third = start(&broker, folder.path());
    publish(broker.port, SET, "60");
    reader.payload("/power/applied", |applied| applied == "60");
    let rows = third.into_trace();
    assert!(rows.iter().all(|row| row.reason != "alarm_latched"));
}

#[test]
fn a_file_that_says_nothing_clear_keeps_the_dimmer_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("020000000001.alarms");
    std::fs::write(&file, "latched: wat").unwrap();
    let path = folder.path().to_str().unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--keep-alarms", path];
    let (status, lines, errors) = Simulator::start(&arguments).end();
    assert_eq!(status.code(), Some(1), "{lines:?}");
    assert!(
        errors.len() == 1
            && errors[0].contains("020000000001.alarms")
            && errors[0].contains("look at the heater, then delete the file"),
        "{errors:?}"
    );
    // It is as it was: nobody has looked yet.
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "latched: wat");
    let nowhere = folder.path().join("nowhere");
    let arguments = ["--keep-alarms", nowhere.to_str().unwrap()];
    let (status, _, errors) = Simulator::start(&arguments).end();
    assert_eq!(status.code(), Some(1));
    assert!(errors[0].contains("is not there; make it"), "{errors:?}");
}
