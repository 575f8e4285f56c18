//! The simulator with a probe that fails while it runs: by a script, by what is typed, and from the start.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{path::PathBuf, thread, time::Duration};

use support::{Mosquitto, Subscriber, publish, simulator::Simulator, trace::Row};

const SET: &str = "solar-dimmer/020000000001/power/set";
const ALL: &str = "solar-dimmer/020000000001/#";
/// The oldest temperature that counts, seconds, and the time until the next reading would have come.
const LIMIT_S: f64 = 4.0;
const SETTINGS: &str = "[safety]\nwater_maximum_age_s = 4\nsetpoint_maximum_age_s = 600";

fn start(broker: &Mosquitto, arguments: &[&str]) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    let arguments = [&["--broker", &address], arguments].concat();
    Simulator::with_settings(SETTINGS, &arguments, &[])
}

/// A file with this script, and the folder that it goes with.
fn script(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// When something was done, as the simulator says it.
fn done_at_s(simulator: &Simulator, what: &str) -> f64 {
    let end = format!(" s: {what}");
    let line = simulator.lines.find(what, |line| line.ends_with(&end));
    let time = line.strip_suffix(&end).unwrap().rsplit(' ').next();
    time.unwrap().parse().unwrap()
}

fn power_after_s(rows: &[Row], from_s: f64, to_s: f64) -> bool {
    let within = rows
        .iter()
        .filter(|row| row.time_s > from_s && row.time_s < to_s);
    within.clone().count() > 0 && within.clone().any(|row| row.delivered_watts > 0.0)
}

#[test]
fn a_probe_that_is_unplugged_turns_the_heater_off_within_its_limit_and_says_why() {
    let broker = Mosquitto::start();
    let (_folder, path) = script(
        "
        [[step]]
        at_s = 6
        do = ['probe unplugged']
        [[step]]
        at_s = 13
        do = ['probe back']
        ",
    );
    let simulator = start(&broker, &["--script", path.to_str().unwrap()]);
    let reader = Subscriber::to(broker.port, ALL);
    reader.payload("/availability", |availability| availability == "online");
    publish(broker.port, SET, "80");
    reader.payload("/power/applied", |applied| applied == "80");
    let unplugged_s = done_at_s(&simulator, "probe unplugged");
    reader.payload("/reason", |reason| reason.starts_with("probe_"));
    let back_s = done_at_s(&simulator, "probe back");
    reader.payload("/reason", |reason| reason == "following");
    thread::sleep(Duration::from_millis(500));
    let rows = simulator.into_trace();
    assert!((5.9..6.5).contains(&unplugged_s) && (12.9..13.5).contains(&back_s));
    assert!(power_after_s(&rows, unplugged_s - 1.0, unplugged_s));
    // A second for the decision to be made and the half-cycles that were planned.
    assert!(!power_after_s(&rows, unplugged_s + LIMIT_S + 1.0, back_s));
    assert!(power_after_s(&rows, back_s, f64::INFINITY));
}

#[test]
fn what_is_typed_is_done_and_what_is_wrong_is_told() {
    let broker = Mosquitto::start();
    let mut simulator = start(&broker, &[]);
    let reader = Subscriber::to(broker.port, ALL);
    simulator.ready();
    publish(broker.port, SET, "80");
    reader.payload("/power/applied", |applied| applied == "80");
    simulator.type_line("probe unplgged");
    let answer = simulator
        .lines
        .find("an answer", |line| line.starts_with("not done"));
    assert!(answer.contains("it is unplugged, shorted"), "{answer}");
    simulator.type_line("dimmer 2 mains lost");
    let answer = simulator
        .lines
        .find("an answer", |line| line.starts_with("not done"));
    assert!(answer.contains("from 1 to 1"), "{answer}");

    simulator.type_line("water 45.5");
    reader.payload("/temperature/water", |celsius| celsius == "45.5");
    simulator.type_line("mains lost");
    reader.payload("/reason", |reason| reason == "mains_not_locked");
    simulator.type_line("mains back");
    reader.payload("/reason", |reason| reason == "following");
    for fault in ["shorted", "swapped", "garbled 30", "slow 3"] {
        simulator.type_line(&format!("probe {fault}"));
        done_at_s(&simulator, &format!("probe {fault}"));
        reader.payload("/reason", |reason| reason.starts_with("probe_"));
        simulator.type_line("probe back");
        reader.payload("/reason", |reason| reason == "following");
    }
    simulator.type_line("status");
    let status = simulator
        .lines
        .find("status", |line| line.contains("readings given"));
    let expected = [
        "020000000001 probe 28-0000000000a1: 45.",
        "rejected:",
        " shorted ",
        " swapped ",
        " conversion ",
    ];
    for part in expected {
        assert!(status.contains(part), "{part}: {status}");
    }
    simulator.type_line("help");
    simulator
        .lines
        .find("help", |line| line.starts_with("mains lost|back"));
    simulator.type_line("quit");
    reader.payload("/availability", |availability| availability == "offline");
    let (status, _, errors) = simulator.end();
    assert!(status.success(), "{errors:?}");
}

#[test]
fn what_is_wrong_with_the_probe_is_told_by_its_name_and_in_the_language_of_the_settings() {
    let settings = "language = 'fr'\n[safety]\nprobe_lost_after_readings = 2";
    let broker = Mosquitto::start();
    let address = format!("127.0.0.1:{}", broker.port);
    let mut simulator = Simulator::with_settings(settings, &["--broker", &address], &[]);
    let reader = Subscriber::to(broker.port, ALL);
    // From the first reading on it is known which probe is the right one.
    reader.payload("/temperature/water", |celsius| celsius == "40");
    for (fault, words) in [
        (
            "swapped",
            " s: probe swapped: La sonde choisie ou utilisée ne répond pas, une autre oui",
        ),
        ("unplugged", " s: probe absent: Aucune sonde ne répond"),
        ("slow 3", " s: probe conversion: La sonde ne mesure pas"),
    ] {
        simulator.type_line(&format!("probe {fault}"));
        simulator.lines.find(words, |line| line.contains(words));
        simulator.type_line("probe back");
        simulator
            .lines
            .find("the end", |line| line.contains("alarm cleared"));
    }
}

#[test]
fn interrupts_and_a_restart_of_the_probe_do_not_reach_the_heater() {
    let broker = Mosquitto::start();
    let mut simulator = start(&broker, &["--probe-fault", "interrupted 20"]);
    let reader = Subscriber::to(broker.port, ALL);
    simulator.ready();
    publish(broker.port, SET, "80");
    reader.payload("/power/applied", |applied| applied == "80");
    simulator.type_line("probe restarted");
    let restarted_s = done_at_s(&simulator, "probe restarted");
    thread::sleep(Duration::from_secs(6));
    let rows = simulator.into_trace();
    let after = rows.iter().filter(|row| row.time_s > restarted_s);
    assert!(after.clone().count() > 500);
    for row in after {
        assert_eq!(row.applied_percent, 80.0, "{row:?}");
    }
}

#[test]
fn a_probe_that_fails_from_the_start_keeps_the_heater_off_until_it_is_back() {
    let broker = Mosquitto::start();
    let mut simulator = start(&broker, &["--probe-fault", "shorted"]);
    let reader = Subscriber::to(broker.port, ALL);
    simulator.ready();
    publish(broker.port, SET, "80");
    reader.payload("/reason", |reason| reason.starts_with("probe_"));
    thread::sleep(Duration::from_secs(3));
    simulator.type_line("probe back");
    let back_s = done_at_s(&simulator, "probe back");
    reader.payload("/reason", |reason| reason == "following");
    thread::sleep(Duration::from_millis(500));
    let rows = simulator.into_trace();
    assert!(!power_after_s(&rows, 0.0, back_s));
    assert!(power_after_s(&rows, back_s, f64::INFINITY));
}

#[test]
fn the_probe_that_was_chosen_is_the_one_that_is_read() {
    let broker = Mosquitto::start();
    let mut simulator = start(&broker, &["--probe", "28-0000000000b2"]);
    let reader = Subscriber::to(broker.port, ALL);
    simulator.ready();
    publish(broker.port, SET, "80");
    reader.payload("/reason", |reason| reason.starts_with("probe_"));
    simulator.type_line("probe swapped");
    reader.payload("/power/applied", |applied| applied == "80");
}

#[test]
fn a_fault_or_a_script_that_cannot_be_is_one_clear_error() {
    let (_folder, path) = script("[[step]]\nat_s = 1\ndo = ['probe gone']");
    let path = path.to_str().unwrap();
    for (arguments, code, words) in [
        (
            ["--probe", "28-xyz"],
            2,
            "not the address of a probe; write family and serial number",
        ),
        (
            ["--probe-fault", "gone"],
            2,
            "a probe is not `gone`; it is unplugged",
        ),
        (
            ["--script", path],
            1,
            "script.toml: step 1 in line 1: a probe is not `gone`",
        ),
        (
            ["--script", "nowhere.toml"],
            1,
            "the script file nowhere.toml cannot be read",
        ),
    ] {
        let (status, _, errors) = Simulator::start(&arguments).end();
        assert_eq!(status.code(), Some(code), "{errors:?}");
        assert!(errors.join("\n").contains(words), "{errors:?}");
    }
}
