//! Everything that reads bytes from outside, under libFuzzer. One program for all targets: `FUZZ_TARGET` names the one that
//! runs. Built and run by `cargo xtask fuzz`; README.md says how to add a target.
#![no_main]

mod announcement;
mod boost;
mod bytes;
mod commands;
mod config_merge;
mod config_stored;
mod config_text;
mod device_id;
mod dimmer;
mod domoticz;
mod http;
mod lan;
mod messages;
mod opinion;
// A dimmer behind the page, without sockets, as the tests of the page have it.
#[path = "../../../crates/dimmer-web/tests/support/mod.rs"]
mod page;
mod probe_address;
mod probe_pin;
mod scratchpad;
mod session;
mod setpoint;
mod temperature;
mod topics;
mod tunable;
mod words;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A name, which is also that of its seeds, and what it does with an input: it panics when a property does not hold.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("announcement", announcement::run),
    ("boost", boost::run),
    ("commands", commands::run),
    ("config_merge", config_merge::run),
    ("config_stored", config_stored::run),
    ("config_text", config_text::run),
    ("device_id", device_id::run),
    ("dimmer", dimmer::run),
    ("domoticz", domoticz::run),
    ("http", http::run),
    ("lan", lan::run),
    ("messages", messages::run),
    ("probe_address", probe_address::run),
    ("probe_pin", probe_pin::run),
    ("scratchpad", scratchpad::run),
    ("session", session::run),
    ("setpoint", setpoint::run),
    ("temperature", temperature::run),
    ("topics", topics::run),
    ("tunable", tunable::run),
    ("words", words::run),
];

static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

fn chosen() -> fn(&[u8]) {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let Some((_, run)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!(
            "no target `{name}`; FUZZ_TARGET is one of: {}",
            names.join(", ")
        );
        std::process::exit(2);
    };
    *run
}

fuzz_target!(
    init: { CHOSEN.get_or_init(chosen); },
    |input: &[u8]| CHOSEN.get_or_init(chosen)(input)
);
