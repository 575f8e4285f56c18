//! The real Home Assistant, a real mosquitto and the simulator, each a process of its own.
//!
//! `cargo xtask setup` installs Home Assistant and `cargo xtask test` runs these. By hand, with `HOME_ASSISTANT_VENV` set to where setup
//! said that it is: `cargo test -p dimmer-host --test home_assistant -- --ignored --nocapture`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]
#![expect(unreachable_pub, reason = "the modules of one test program")]

mod announced;
mod api;
mod house;
mod manual;
mod server;
mod steering;
#[path = "../support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use announced::Announced;
use house::{House, seconds};
use serde_json::json;
use support::{
    broker_view::{BrokerView, Passed},
    publish,
    simulator::Simulator,
    wait_for,
};

/// Two dimmers that differ: one knows the temperature of its room; for the other the broker keeps no states, and it announces itself
/// in the other style, with the other kind of power.
const TWO: &str = "
    [topics]
    interval_s = 2
    [safety]
    setpoint_maximum_age_s = 600
    [[dimmer]]
    name = 'Cellar'
    topics.temperature.room.topic = 'home/cellar/temperature'
    [[dimmer]]
    name = 'Attic'
    topics.retain = false
    topics.homeassistant.discovery = 'device'
    topics.homeassistant.power = 'light'
    pool.start_centipercent = 5000
";

/// The one of the manual; its water may change its temperature at once, for the sake of a short test.
const WATER_HEATER: &str = "
    name = 'Water heater'
    [topics]
    interval_s = 2
    [safety]
    water_maximum_rate_millicelsius_per_minute = 0
";

fn two_dimmers(house: &House) -> Simulator {
    start(house, TWO)
}

fn only_the_cellar() -> &'static str {
    &TWO[..TWO.rfind("[[").unwrap()]
}

fn start(house: &House, settings: &str) -> Simulator {
    let broker = format!("127.0.0.1:{}", house.broker.port);
    let simulator = Simulator::with_settings(settings, &["--broker", &broker], &[]);
    simulator.ready();
    simulator
}

/// Entity ids by unique id.
fn entity_ids(house: &mut House) -> BTreeMap<String, String> {
    let shown = house.shown().into_iter();
    shown
        .map(|(unique_id, shown)| (unique_id, shown.entity_id))
        .collect()
}

#[test]
#[ignore = "needs Home Assistant: cargo xtask test"]
fn every_entity_shows_what_its_dimmer_published_and_every_service_call_goes_there_and_back() {
    let mut house = House::new("states");
    let _dimmers = two_dimmers(&house);
    let is_first = |passed: &Passed| passed.topic.ends_with("/availability");
    let connected = house.view.wait_for("a dimmer", 0, is_first);
    let found = |house: &mut House| house.devices().len() == 2;
    wait_for("both dimmers", || found(&mut house).then_some(()));
    let entities = house.announced().len();
    let available = house.wait_until_available(entities);
    let agreed = house.wait_until_agreed(2);
    println!(
        "{entities} entities of two dimmers: all available {} after the first word of a dimmer, each with its state {} after",
        seconds(available.saturating_duration_since(connected)),
        seconds(agreed.saturating_duration_since(connected))
    );
    publish(house.broker.port, "home/cellar/temperature", "18.5");
    publish(house.broker.port, "solar-dimmer/all/power/set", "75");
    house.wait_until_agreed(2);
    println!("{}", house.table());
    let calls = house.steer_everything() + house.try_what_conflicts();
    house.wait_until_agreed(2);
    println!("{calls} service calls, each seen on the broker and in the state that came back");
    assert!(calls >= 100, "{calls}");
    // What a number out of its range was answered.
    let complaints = house.hub.complaints(&["is outside valid range"]);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
#[ignore = "needs Home Assistant: cargo xtask test"]
fn the_manual_shows_what_a_new_user_sees_and_an_alarm_is_raised_and_reset_there() {
    let mut house = House::with("manual", &manual::block("```yaml"));
    let mut dimmer = start(&house, WATER_HEATER);
    house.wait_until_agreed(1);
    let entities = house.announced();
    let find = |component: &str, short_id: &str| {
        let is_it =
            |entity: &&Announced| entity.component == component && entity.short_id() == short_id;
        let found = entities.values().find(is_it);
        found
            .unwrap_or_else(|| panic!("no {component} {short_id}"))
            .unique_id
            .clone()
    };
    // The automation of the manual turns the surplus into the setpoint.
    let watts = find("sensor", "watts");
    for surplus in ["3000", "850"] {
        house
            .hub
            .http
            .post("/api/states/sensor.surplus", &json!({"state": surplus}));
        wait_for("the heater's power", || {
            let expected = if surplus == "3000" { "2000" } else { surplus };
            (house.shown()[&watts].state == expected).then_some(())
        });
    }
    house.wait_until_agreed(1);
    manual::check(&mut house);

    // Hotter than the limit by far: an alarm that stays until somebody resets it.
    let alarm = find("binary_sensor", "alarm");
    dimmer.type_line("water 70");
    wait_for("the alarm", || {
        let shown = house.shown()[&alarm].clone();
        (shown.state == "on" && shown.attributes["level"] == "critical").then_some(())
    });
    dimmer.type_line("water 40");
    let button = house.shown()[&find("button", "reset")].entity_id.clone();
    wait_for("the end of the alarm", || {
        // Refused until the water has been read again.
        house
            .hub
            .call("button", "press", &button, &json!({}))
            .unwrap();
        thread::sleep(Duration::from_secs(1));
        (house.shown()[&alarm].state == "off").then_some(())
    });
    // The automation was there before the first number was.
    let complaints = house.hub.complaints(&["Action number.set_value not found"]);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
#[ignore = "needs Home Assistant: cargo xtask test"]
fn all_is_there_again_after_a_restart_of_home_assistant_and_of_the_broker() {
    let mut house = House::new("restarts");
    let _dimmers = two_dimmers(&house);
    house.wait_until_agreed(2);
    let before = entity_ids(&mut house);

    // The broker forgets what was announced: Home Assistant can know it from the dimmers' answer to its start alone.
    house.hub.stop();
    let announcements: Vec<String> = house
        .view
        .last
        .keys()
        .filter(|topic| topic.ends_with("/config"))
        .cloned()
        .collect();
    for topic in &announcements {
        house.forget(topic);
    }
    house.view.wait_for("the broker to forget", 0, |passed| {
        passed.payload.is_empty() && announcements.last() == Some(&passed.topic)
    });
    let seen = house.view.count();
    house.hub.start_again();
    let online = house
        .view
        .wait_for("Home Assistant's word that it is there", seen, |passed| {
            passed.topic == "homeassistant/status" && passed.payload == "online"
        });
    let available = house.wait_until_available(before.len());
    house.wait_until_agreed(2);
    assert_eq!(entity_ids(&mut house), before, "the same entities");
    println!(
        "Home Assistant restarted: {} entities available {} after its birth message, which dimmers answer after 1 to 9 s",
        before.len(),
        seconds(available.saturating_duration_since(online))
    );
    house.hub.check_log();

    // A broker that keeps nothing over a restart.
    house.broker.kill();
    wait_for("Home Assistant to miss the broker", || {
        let shown = house.shown();
        shown
            .values()
            .all(|shown| shown.state == "unavailable")
            .then_some(())
    });
    house.broker.restart();
    let listening = Instant::now();
    house.view = BrokerView::of(house.broker.port);
    let available = house.wait_until_available(before.len());
    house.wait_until_agreed(2);
    assert_eq!(entity_ids(&mut house), before, "the same entities");
    println!(
        "broker restarted: {} entities available {} later",
        before.len(),
        seconds(available.saturating_duration_since(listening))
    );
    let complaints = house.hub.complaints(&["MQTT server"]);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
#[ignore = "needs Home Assistant: cargo xtask test"]
fn a_new_name_changes_no_identity_and_what_is_removed_leaves_nothing_behind() {
    let mut house = House::new("rename");
    let dimmers = two_dimmers(&house);
    house.wait_until_agreed(2);
    let before = entity_ids(&mut house);
    dimmers.into_trace();
    let dimmers = start(&house, &TWO.replace("Attic", "Under the roof"));
    house.wait_until_agreed(2);
    assert_eq!(entity_ids(&mut house), before, "the same entities");
    let names: Vec<String> = house.devices().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["Cellar", "Under the roof"]);

    // One of them is taken away, and what it had announced is removed as the manual says.
    dimmers.into_trace();
    let _cellar = start(&house, only_the_cellar());
    let lines = manual::block("```sh\nmosquitto_sub -h 127.0.0.1 -v --retained-only");
    let address = format!("-h 127.0.0.1 -p {}", house.broker.port);
    let lines = format!("mosquitto_sub -h 127.0.0.1 -v --retained-only{lines}")
        .replace("-h 127.0.0.1", &address);
    assert!(
        Command::new("sh")
            .args(["-c", &lines])
            .status()
            .unwrap()
            .success()
    );
    house.wait_until_agreed(1);
    let left = entity_ids(&mut house);
    assert!(
        left.keys()
            .all(|unique_id| unique_id.contains("020000000001")),
        "{left:?}"
    );
    assert!(left.len() >= 8 && left.len() < before.len(), "{left:?}");
    house.hub.check_log();
}

#[test]
#[ignore = "needs Home Assistant: cargo xtask test"]
fn settings_that_change_while_a_dimmer_runs_leave_nothing_behind_and_lose_nothing() {
    let mut house = House::new("live");
    let dimmers = two_dimmers(&house);
    house.wait_until_agreed(2);
    let before = entity_ids(&mut house);
    let broker = house.broker.port;
    let reload = |settings: &str| {
        dimmers.rewrite_settings(settings);
        let topic = "solar-dimmer/020000000002/command/reload";
        publish(broker, topic, "reload");
    };
    let attic_in = |style: &str| {
        let changed = TWO.replace("discovery = 'device'", &format!("discovery = '{style}'"));
        assert_ne!(changed, TWO);
        changed
    };

    let seen = house.view.count();
    reload(&attic_in("per_component"));
    let light = "homeassistant/light/solar-dimmer-020000000002-light/config";
    house.view.wait_for("the other style", seen, |passed| {
        passed.topic == light && !passed.payload.is_empty()
    });
    house.wait_until_agreed(2);
    assert_eq!(entity_ids(&mut house), before, "the same entities");

    reload(&attic_in("per_component").replace("Attic", "Under the roof"));
    wait_for("the new name", || {
        let devices = house.devices();
        let mut names = devices.iter().map(|(_, name)| name);
        names.any(|name| name == "Under the roof").then_some(())
    });
    house.wait_until_agreed(2);
    assert_eq!(entity_ids(&mut house), before, "the same entities");

    reload(&attic_in("off"));
    house.wait_until_agreed(1);
    let left = entity_ids(&mut house);
    let cellar = |unique_id: &String| unique_id.contains("020000000001");
    assert!(left.keys().all(cellar), "{left:?}");
    assert_eq!(left.len(), before.keys().filter(|id| cellar(id)).count());
    house.hub.check_log();
}

#[test]
#[ignore = "needs Home Assistant: cargo xtask test"]
fn announcements_that_other_settings_made_before_a_start_are_removed() {
    let mut house = House::new("off");
    let dimmers = two_dimmers(&house);
    house.wait_until_agreed(2);
    dimmers.into_trace();
    let _dimmers = start(
        &house,
        &TWO.replace("discovery = 'device'", "discovery = 'off'"),
    );
    house.wait_until_agreed(1);
    let left = house.devices();
    assert_eq!(left.len(), 1, "{left:?}");
    house.hub.check_log();
}
