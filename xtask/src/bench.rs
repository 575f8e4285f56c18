//! `cargo xtask bench`: the measurements of the host board.

use crate::process::{self, usage};
use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) const HELP: &str = "\
bench [NAME]    measures the simulated dimmer: one figure, or all of them

  delivered  delivered power against the setpoint, at 50 and 60 Hz
  latency    time from a published setpoint to the first half-cycle that it changed
  plant      simulated half-cycles per second of wall clock
  pool       applied power of two dimmers, the second of which starts at 50 %";

const NAMES: [&str; 4] = ["delivered", "latency", "plant", "pool"];

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let chosen: Vec<&str> = match args {
        [] => NAMES.to_vec(),
        [word] => NAMES.into_iter().filter(|name| word == name).collect(),
        _ => Vec::new(),
    };
    if chosen.is_empty() {
        return Err(usage(format!(
            "`bench` takes one of {}, or no name for all",
            NAMES.join(", ")
        )));
    }
    for name in chosen {
        process::run(process::command("cargo bench --package dimmer-host --bench").arg(name))?;
    }
    Ok(ExitCode::SUCCESS)
}
