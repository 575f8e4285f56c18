//! Settings over the end of the program: simulators that are killed, a real mosquitto, and a file in the place of flash.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::path::Path;

use serde_json::json;
use support::{Mosquitto, Subscriber, client::Client, publish, simulator::Simulator};

const ALL: &str = "solar-dimmer/020000000001/#";
const LIMIT: &str = "solar-dimmer/020000000001/command/config/water_limit";
const SET: &str = "solar-dimmer/020000000001/power/set";

fn start(broker: &Mosquitto, store: &Path, settings: &str) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    let arguments = ["--broker", &address, "--store", store.to_str().unwrap()];
    let simulator = Simulator::with_settings(settings, &arguments, &[]);
    simulator.ready();
    simulator
}

#[test]
fn a_setting_that_a_message_changed_outlives_a_kill_and_the_configuration_file() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("dimmer.flash");
    let reader = Subscriber::to(broker.port, ALL);

    let mut first = start(
        &broker,
        &store,
        "name = 'Cellar'\npool.start_centipercent = 1000",
    );
    reader.payload("/config/water_limit", |limit| limit == "60");
    publish(broker.port, LIMIT, "65");
    reader.payload("/config/water_limit", |limit| limit == "65");
    first
        .lines
        .find("the change", |line| line.contains("is stored"));
    first.kill();
    reader.payload("/availability", |availability| availability == "offline");

    // What the file says now is for a first start, and this is none. The broker is named again: it was for that run.
    let second = start(
        &broker,
        &store,
        "name = 'Attic'\npool.start_centipercent = 2000",
    );
    let limit = reader.payload("/config/water_limit", |_| true);
    assert_eq!(limit, "65");
    let start = reader.payload("/config/pool_start", |_| true);
    assert_eq!(start, "10");
    publish(broker.port, SET, "40");
    reader.payload("/power/applied", |applied| applied == "40");
    drop(second);
}

#[test]
fn the_energy_counter_goes_on_where_it_was_and_the_file_still_counts() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("dimmer.flash");
    let reader = Subscriber::to(broker.port, ALL);
    // 20 kW: a watt-hour in a fifth of a second.
    let settings = "output.rated_watts = 20000";
    let mut first = start(&broker, &store, settings);
    publish(broker.port, SET, "100");
    let before = energy(&reader, 5);
    assert!(first.terminate(), "its end is an orderly one");
    reader.payload("/availability", |availability| availability == "offline");

    let _second = start(&broker, &store, settings);
    // A dimmer that comes online says what it was set to and what it counted, in this order; the reader has passed over what the first one said.
    let rated = reader.payload("/config/rated_power", |_| true);
    assert_eq!(rated, "20000");
    assert!(energy(&reader, 0) >= before, "total_increasing");
}

/// The next that is published, in watt-hours, and is so much.
fn energy(reader: &Subscriber, least: u32) -> u32 {
    let enough = |energy: &str| energy.parse::<u32>().is_ok_and(|energy| energy >= least);
    reader
        .payload("/power/energy", enough)
        .parse::<u32>()
        .unwrap()
}

#[test]
fn what_was_changed_at_the_page_and_its_password_outlive_a_kill() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("dimmer.flash");
    let address = format!("127.0.0.1:{}", broker.port);
    let start = || {
        let simulator = Simulator::start(&[
            "--broker",
            &address,
            "--store",
            store.to_str().unwrap(),
            "--http",
            "127.0.0.1:0",
        ]);
        let client = Client::of(&simulator);
        simulator.ready();
        (simulator, client)
    };
    let (mut first, mut client) = start();
    client.set_password();
    let part = json!({"output":{"rated_watts":1_234}});
    assert_eq!(client.change("PATCH", "/api/v1/config", &part).0, 200);
    let router = json!({"compatibility":{"enabled":true,"address":"192.168.1.10"}});
    let part = json!({ "security": router });
    assert_eq!(client.change("PATCH", "/api/v1/config", &part).0, 200);
    first.kill();

    let (_second, mut client) = start();
    let late = json!({"password":"battery staple"});
    assert_eq!(client.change("POST", "/api/v1/password", &late).0, 401);
    client.sign_in();
    assert_eq!(client.get("/api/v1/config")["output"]["rated_watts"], 1_234);
    // The broker of the command line was for that run.
    assert_eq!(
        client.get("/api/v1/config")["security"]["compatibility"],
        router["compatibility"]
    );
}

#[test]
fn a_page_whose_password_cannot_be_read_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("dimmer.flash");
    std::fs::write(&store, [0x5a; 16_384]).unwrap();
    let arguments = ["--store", store.to_str().unwrap(), "--http", "127.0.0.1:0"];
    let (status, _, errors) = Simulator::start(&arguments).end();
    assert_eq!(status.code(), Some(1));
    assert!(
        errors[0].contains("the password of the page") && errors[0].contains("dimmer.flash"),
        "{errors:?}"
    );
}

#[test]
fn a_store_that_is_damaged_is_told_and_keeps_the_heater_off_until_somebody_switches_it_on() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("dimmer.flash");
    std::fs::write(&store, [0x5a; 16_384]).unwrap();
    let reader = Subscriber::to(broker.port, ALL);
    let address = format!("127.0.0.1:{}", broker.port);
    let arguments = ["--broker", &address, "--store", store.to_str().unwrap()];
    let mut simulator = Simulator::with_settings("", &arguments, &[]);
    for told in [
        "store: safety is damaged; it has its default",
        "it stays switched off",
    ] {
        simulator.lines.find(told, |line| line.contains(told));
    }
    simulator.ready();
    publish(broker.port, SET, "40");
    let state = reader.payload("/state", |state| {
        state.contains("\"setpoint\":40") && state.contains("switched_off")
    });
    assert!(state.contains("\"applied\":0"), "{state}");
    simulator.type_line("switch on");
    publish(broker.port, SET, "40");
    reader.payload("/power/applied", |applied| applied == "40");
}

#[test]
fn a_file_that_is_no_store_keeps_the_dimmer_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear Sir").unwrap();
    let (status, _, errors) = Simulator::start(&["--store", file.to_str().unwrap()]).end();
    assert_eq!(status.code(), Some(1));
    assert!(
        errors[0].contains("letter.txt cannot be used: it has 8 bytes"),
        "{errors:?}"
    );
}
