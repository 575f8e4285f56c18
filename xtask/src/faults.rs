//! `cargo xtask faults`: random faults on the whole of the simulated dimmer.

use crate::process;
use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) const HELP: &str = "\
faults [OPTIONS]  puts the simulated dimmer under random faults and checks every invariant at every step

  --runs N           how many runs, 10000 if not given; 1000000 take some minutes
  --seed S           the first run's seed, 1 if not given; each run has one more than the one before it
  --threads T        on how many threads, 1 to 256, all if not given
  --scenario FILE    plays one scenario instead, as they lie under crates/dimmer-faults/scenarios
  --show S           prints the run of a seed as a scenario

The last two stand alone. A violation is printed with its seed, shrunk to a short scenario, and is exit code 1.

A scenario is kept as a test: save what is printed as crates/dimmer-faults/scenarios/<name>.toml, write into it what must be seen ([[expect]]), and add
<name> to the list in crates/dimmer-faults/tests/scenarios.rs.";

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let mut faults = process::command(
        "cargo run --quiet --release --package dimmer-faults --bin dimmer-faults --",
    );
    // A violation has been told already.
    let status = faults.args(args).status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
