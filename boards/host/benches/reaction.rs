//! From the moment something goes wrong in the running simulator to the last half-cycle with power, and to the reason on a real
//! mosquitto. One dimmer for each fault, all at once, with the settings as they come.
//!
//! `cargo xtask bench reaction`
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a bench ends it"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{collections::BTreeMap, time::Instant};

use support::{Mosquitto, Subscriber, publish, simulator::Simulator};

/// What is typed, one for each dimmer, and the limit that it runs into: as old as the water's temperature may be, or at once.
const FAULTS: [(&str, &str); 8] = [
    ("probe unplugged", "30 s"),
    ("probe shorted", "30 s"),
    ("probe swapped", "30 s"),
    ("probe garbled 30", "30 s"),
    ("probe slow 3", "30 s"),
    ("water 61", "60 °C"),
    ("water 150", "125 °C"),
    ("mains lost", "mains"),
];
const ON: &str = "following";

fn main() {
    let broker = Mosquitto::start();
    let address = format!("127.0.0.1:{}", broker.port);
    let count = FAULTS.len().to_string();
    // No setpoint grows old here: that is another fault.
    let settings = "[safety]\nsetpoint_maximum_age_s = 600";
    let arguments = ["--broker", &address, "--count", &count];
    let reasons = Subscriber::to(broker.port, "solar-dimmer/+/reason");
    let mut simulator = Simulator::with_settings(settings, &arguments, &[]);
    for _ in FAULTS {
        simulator.ready();
    }
    publish(broker.port, "solar-dimmer/all/power/set", "50");
    let mut on = BTreeMap::new();
    while on.len() < FAULTS.len() {
        let (id, reason) = next_reason(&reasons);
        if reason == ON {
            on.insert(id, ());
        }
    }

    let mut faults = Vec::new();
    for (number, (fault, _)) in (1..).zip(FAULTS) {
        simulator.type_line(&format!("dimmer {number} {fault}"));
        let line = simulator
            .lines
            .find(fault, |line| line.ends_with(&format!("s: {fault}")));
        let words: Vec<&str> = line.split(' ').collect();
        let at_s: f64 = words[2].parse().unwrap();
        faults.push((words[0].to_owned(), at_s, Instant::now()));
    }
    let mut told = BTreeMap::new();
    while told.len() < FAULTS.len() {
        let (id, reason) = next_reason(&reasons);
        if reason != ON {
            told.entry(id).or_insert((reason, Instant::now()));
        }
    }
    let rows = simulator.into_trace();

    println!(
        "{:<18} {:>8} {:>16} {:>16}  reason",
        "fault", "limit", "last power, s", "on MQTT, s"
    );
    for ((fault, limit), (id, at_s, at)) in FAULTS.iter().zip(faults) {
        let Some((reason, told_at)) = told.get(&id) else {
            panic!("{id} told no reason")
        };
        let last_s = rows
            .iter()
            .filter(|row| row.dimmer == id && row.delivered_watts > 0.0)
            .map(|row| row.time_s)
            .fold(0.0, f64::max);
        println!(
            "{fault:<18} {limit:>8} {:>16.3} {:>16.3}  {reason}",
            last_s - at_s,
            told_at.saturating_duration_since(at).as_secs_f64()
        );
    }
}

/// Whose reason it is, and which.
fn next_reason(reasons: &Subscriber) -> (String, String) {
    let line = reasons.lines.find("a reason", |_| true);
    let (topic, reason) = line.split_once(' ').unwrap();
    let id = topic.split('/').nth(1).unwrap();
    (id.to_owned(), reason.to_owned())
}
