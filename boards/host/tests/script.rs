//! What people do, from a script and as it is typed: setpoints through a real mosquitto, the switch, the reset of alarms.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use serde_json::Value;
use support::{Mosquitto, Subscriber, simulator::Simulator};

const ALL: &str = "solar-dimmer/020000000001/#";
/// Any rate is believed, so that the water can be made hot at once.
const SETTINGS: &str = "
    [safety]
    setpoint_maximum_age_s = 600
    water_maximum_rate_millicelsius_per_minute = 0
";

fn start(broker: &Mosquitto, arguments: &[&str]) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    let arguments = [&["--broker", &address], arguments].concat();
    Simulator::with_settings(SETTINGS, &arguments, &[])
}

fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap()
}

#[test]
fn a_script_asks_for_power_switches_off_and_on_and_resets_an_alarm_as_people_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.toml");
    let script = "
        [[step]]
        at_s = 4
        do = ['set 80']
        [[step]]
        at_s = 7
        do = ['switch off']
        [[step]]
        at_s = 9
        do = ['switch on']
        [[step]]
        at_s = 11
        do = ['set plenty']
        [[step]]
        at_s = 13
        do = ['water 70']
        [[step]]
        at_s = 20
        do = ['alarm reset', 'water 45']
        [[step]]
        at_s = 27
        do = ['alarm reset']
    ";
    std::fs::write(&path, script).unwrap();
    let broker = Mosquitto::start();
    let reader = Subscriber::to(broker.port, ALL);
    let simulator = start(&broker, &["--script", path.to_str().unwrap()]);
    assert_eq!(reader.payload("/power/set", |_| true), "80");
    reader.payload("/power/applied", |applied| applied == "80");
    reader.payload("/reason", |reason| reason == "switched_off");
    reader.payload("/power/applied", |applied| applied == "0");
    reader.payload("/reason", |reason| reason == "following");
    reader.payload("/power/applied", |applied| applied == "80");
    reader.payload("/power/set", |payload| payload == "plenty");
    let refused = reader.payload("/state", |state| parsed(state)["messages"]["refused"] == 1);
    assert_eq!(parsed(&refused)["setpoint"], 80);
    reader.payload("000000001/alarm", |alarm| {
        parsed(alarm)["alarm"] == "water_over_temperature"
    });
    for words in [
        " s: alarm reset",
        "s: alarm not reset, its cause lasts: water_over_temperature",
    ] {
        simulator.lines.find(words, |line| line.ends_with(words));
    }
    let alarm = reader.payload("000000001/alarm", |_| true);
    assert_eq!(parsed(&alarm)["level"], "none");
    reader.payload("/power/applied", |applied| applied == "80");
    let line = simulator.lines.find("the end of the alarm", |line| {
        line.contains(": alarm reset: critical water_over_temperature")
    });
    // Who, and when: the script's last step, and a moment more.
    let (who_and_when, _) = line.split_once(" s: ").unwrap();
    let at_s = who_and_when.strip_prefix("020000000001 at ").unwrap();
    assert!((26.9..30.0).contains(&at_s.parse().unwrap()), "{line}");
}

#[test]
fn a_broker_that_is_gone_takes_no_setpoint_and_that_is_told() {
    let mut broker = Mosquitto::start();
    let mut simulator = start(&broker, &["--count", "2"]);
    simulator.ready();
    simulator.ready();
    let second = Subscriber::to(broker.port, "solar-dimmer/020000000002/#");
    // What the broker has kept comes when the subscriber is there.
    second.payload("/availability", |payload| payload == "online");
    simulator.type_line("dimmer 2 set 33");
    second.payload("/power/set", |payload| payload == "33");
    broker.kill();
    simulator.type_line("dimmer 1 set 50");
    let told = simulator.lines.find("that it is not there", |line| {
        line.contains("s: `set 50` was not taken by the broker: ")
    });
    assert!(told.starts_with("020000000001 at "), "{told}");
}

#[test]
fn what_is_typed_of_a_dimmer_that_is_not_there_is_told_and_of_one_it_is_of_that_one_alone() {
    let mut simulator = Simulator::start(&["--listen", "127.0.0.1:0", "--count", "2"]);
    simulator.ready();
    simulator.ready();
    for (typed, answer) in [
        ("dimmer 0 status", "dimmer must be from 1 to 2"),
        ("dimmer 3 set 5", "dimmer must be from 1 to 2"),
        ("dimmer 0 alarm reset", "dimmer must be from 1 to 2"),
        ("dimmer 2 quit", "leave `dimmer 2` out"),
    ] {
        simulator.type_line(typed);
        simulator.lines.find(typed, |line| {
            line.starts_with("not done: ") && line.contains(answer)
        });
    }
    simulator.type_line("dimmer 2 status");
    let status = simulator
        .lines
        .find("a status", |line| line.contains("readings given"));
    assert!(status.starts_with("020000000002 "), "{status}");
}

#[test]
fn a_setpoint_is_published_as_the_dimmers_user_where_the_broker_asks_for_one() {
    let broker = Mosquitto::with_password("cellar", "secret");
    let arguments = ["--username", "cellar", "--password", "secret"];
    let mut simulator = start(&broker, &arguments);
    simulator.ready();
    let reader = Subscriber::with(broker.port, ALL, &["-u", "cellar", "-P", "secret"]);
    simulator.type_line("set {\"watts\": 500}");
    let state = reader.payload("/state", |state| parsed(state)["applied"] == 25);
    assert_eq!(parsed(&state)["reason"], "following");
}
