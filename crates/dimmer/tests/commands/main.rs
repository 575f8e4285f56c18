//! What messages tell the dimmer to do, and what it answers.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod announcing;
mod answers;
#[path = "../bench/mod.rs"]
mod bench;
mod board;
mod boost;
mod counters;
mod power;
mod settings;

use bench::{Bench, COMMON, OWN, at, firing, water};
use dimmer::{
    BoardRequest, Event, Exceeded, Incident, Sending,
    phase::MainsState,
    safety::{ProbeFault, Reason, Role},
    topics::{Command, Message, PowerCommand, ProbeCounts, Qos, Setpoint},
};
use serde_json::json;

fn command(path: &str) -> String {
    format!("solar-dimmer/a1b2c3d4e5f6/command/{path}")
}

/// The payloads of what is said on one topic from now on.
fn said(bench: &mut Bench, wanted: Message) -> Vec<serde_json::Value> {
    let mut payloads = Vec::new();
    while let Some(sending) = bench.dimmer.take() {
        if sending == Sending::Say(wanted) {
            payloads.push(serde_json::from_str(&bench.payload(wanted)).unwrap());
        }
    }
    payloads
}

/// The payloads of answers, and those of lines of the log, from now on.
fn answers_and_lines(bench: &mut Bench) -> (Vec<String>, Vec<String>) {
    let (mut answers, mut lines) = (Vec::new(), Vec::new());
    while let Some(sending) = bench.dimmer.take() {
        match sending {
            Sending::Say(Message::Answer) => answers.push(bench.payload(Message::Answer)),
            Sending::Say(Message::Log) => lines.push(bench.payload(Message::Log)),
            _ => {}
        }
    }
    (answers, lines)
}

fn connected() -> Bench {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    bench
}
