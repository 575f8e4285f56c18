//! Several brokers: a dimmer, real ones, and the end of the first.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::time::{Duration, Instant};

use support::{Mosquitto, Subscriber, publish, simulator::Simulator};

#[test]
fn a_dimmer_whose_first_broker_is_killed_says_everything_again_at_the_second_within_fifteen_seconds()
 {
    let (mut first, second) = (Mosquitto::start(), Mosquitto::start());
    let addresses = [first.port, second.port].map(|port| format!("127.0.0.1:{port}"));
    let simulator = Simulator::start(&["--broker", &addresses[0], "--broker", &addresses[1]]);
    simulator.ready();
    let reader = Subscriber::to(first.port, "solar-dimmer/#");
    reader.payload("/state", |state| state.contains("\"broker\":1"));

    let all = Subscriber::to(second.port, "solar-dimmer/#");
    let discovery = Subscriber::to(second.port, "homeassistant/#");
    first.kill();
    let killed = Instant::now();
    all.payload("/availability", |payload| payload == "online");
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    all.payload("/state", |state| state.contains("\"broker\":2"));
    discovery.payload("/config", |payload| payload.starts_with('{'));
    simulator.lines.find("the second", |line| {
        line.ends_with(&format!("online at {}", addresses[1]))
    });
    publish(second.port, "solar-dimmer/020000000001/power/set", "42");
    all.payload("/setpoint", |payload| payload == "42");
}
