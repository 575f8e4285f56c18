//! `cargo xtask faults`: the campaign, on the command line.

mod arguments;

use anyhow::{Context, Result};
use arguments::Wanted;
use dimmer_faults::{Progress, Scenario, generate, run, shrink};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    match obey() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether nothing was found.
fn obey() -> Result<bool> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let campaign = match arguments::read(std::env::args().skip(1), threads)? {
        Wanted::Campaign(campaign) => campaign,
        Wanted::Play(path) => return play(&path),
        Wanted::Show(seed) => {
            print!("{}", generate(seed).write());
            return Ok(true);
        }
    };
    let interactive = std::io::stderr().is_terminal();
    let found = campaign.run(|progress| {
        // Where a line cannot be drawn over, one in ten seconds is enough.
        if interactive {
            eprint!("\r{}   ", line(&progress, campaign.runs));
            let _ = std::io::stderr().flush();
        } else if progress.elapsed.as_secs() % 10 == 0 {
            eprintln!("{}", line(&progress, campaign.runs));
        }
    });
    if interactive {
        eprintln!();
    }
    println!("{}", line(&found.progress, campaign.runs));
    let Some(seed) = found.seed else {
        println!(
            "no violation in {} runs from seed {}",
            found.progress.runs, campaign.seed
        );
        return Ok(true);
    };
    let scenario = generate(seed);
    let violation = run(&scenario).context("it cannot be repeated")?;
    println!(
        "\nVIOLATION of {} with seed {seed}, at {:.3} s of {} steps: {}",
        violation.invariant,
        violation.at_ms as f64 / 1_000.0,
        scenario.steps.len(),
        violation.what
    );
    let (short, violation) = shrink(&scenario).context("it cannot be repeated")?;
    println!(
        "shrunk to {} steps, {:.3} s: {}: {}\n\n# Keep it as crates/dimmer-faults/scenarios/<name>.toml, and add <name> to the list in crates/dimmer-faults/tests/scenarios.rs: then it is a test.\n{}",
        short.steps.len(),
        violation.at_ms as f64 / 1_000.0,
        violation.invariant,
        violation.what,
        short.write()
    );
    Ok(false)
}

/// Plays one scenario.
fn play(path: &str) -> Result<bool> {
    let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    let scenario = Scenario::read(&text).with_context(|| path.to_owned())?;
    match run(&scenario) {
        None => println!("{path}: every invariant holds, and what is expected is seen"),
        Some(violation) => {
            println!(
                "{path}: VIOLATION of {} at {:.3} s: {}",
                violation.invariant,
                violation.at_ms as f64 / 1_000.0,
                violation.what
            );
            return Ok(false);
        }
    }
    Ok(true)
}

fn line(progress: &Progress, of: u64) -> String {
    let seconds = progress.elapsed.as_secs_f64().max(0.001);
    format!(
        "{} of {of} runs ({} on the whole plant), {:.1} h simulated, {seconds:.1} s, {:.0} runs per second",
        progress.runs,
        progress.exact,
        progress.simulated_ms as f64 / 3.6e6,
        progress.runs as f64 / seconds
    )
}
