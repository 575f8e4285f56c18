//! `cargo xtask bench`: the measurements of the host board, and of phase control.

mod instructions;

use crate::browser;
use crate::process::{self, usage};
use crate::setup::mosquitto;
use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) const HELP: &str = "\
bench [NAME]    measures the simulated dimmer, or phase control: one figure, or all of them

  delivered  delivered power against the setpoint, at 50 and 60 Hz
  house      a day of a house with three tanks, clear and cloudy: where the energy went, beside the best possible; in virtual time
  latency    time from a published setpoint to the first half-cycle that it changed
  page       what the page costs: bytes in flash, memory for each connection, requests per second and how late the dimmer is meanwhile;
             and in a real browser, if there is one, the time to first paint and from a click to another broker; a minute and a half
  plant      simulated half-cycles per second of wall clock
  pool       applied power of two dimmers, the second of which starts at 50 %
  reaction   time from a fault to the last half-cycle with power, and to the reason on MQTT; takes a minute and a half
  wire       MQTT messages over a wire that loses frames, and the way to the second broker; in virtual time
  takeover   members of a shared pool that are killed or become too hot: how soon the others take their share; about half an hour
  scale      messages of a shared pool at the broker, and how they grow with its members; about a quarter of an hour
  recovery   a broker that is killed a hundred times: whether and how soon dimmers are back; about half an hour
  phase      phase control on mains that is not ideal, beside the formulas of others, and a microcontroller's instructions

Each is built first, optimized: the first time that takes minutes, and more than ten for those of the host board.

What follows `phase` goes to it: --seeds N, --mixtures N, --threads N, --only PART and more; it explains them when it is given
a wrong one. Of the parts, `instructions` is emulated: it needs the chips' targets (cargo xtask setup) and Python.
So with `recovery`: --rounds N, --seed N, --longest-up SECONDS, --longest-down SECONDS; with `takeover`: --rounds N, --seed N; and with
`scale`: --members N,..., --together N,..., --seconds S.";

const NAMES: [&str; 12] = [
    "delivered",
    "house",
    "latency",
    PAGE,
    "plant",
    "pool",
    "reaction",
    "wire",
    TAKEOVER,
    SCALE,
    RECOVERY,
    PHASE,
];
const PAGE: &str = "page";
const TAKEOVER: &str = "takeover";
const SCALE: &str = "scale";
const RECOVERY: &str = "recovery";
/// What follows these goes to them.
const TAKE_MORE: [&str; 4] = [TAKEOVER, SCALE, RECOVERY, PHASE];
const PHASE: &str = "phase";

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let (chosen, rest): (Vec<&str>, &[OsString]) = match args.split_first() {
        None => (NAMES.to_vec(), &[]),
        Some((word, rest)) => {
            let chosen = NAMES.into_iter().filter(|name| word == name).collect();
            (chosen, rest)
        }
    };
    let takes_more = matches!(chosen[..], [name] if TAKE_MORE.contains(&name));
    if chosen.is_empty() || (!rest.is_empty() && !takes_more) {
        return Err(usage(format!(
            "`bench` takes one of {}, or no name for all; only {} take more",
            NAMES.join(", "),
            TAKE_MORE.join(", ")
        )));
    }
    for name in chosen {
        match name {
            PHASE => phase(rest)?,
            "house" => process::run(&mut process::command(
                "cargo bench --package dimmer-house --bench house",
            ))?,
            "wire" => process::run(&mut process::command(
                "cargo bench --package dimmer-link --bench wire",
            ))?,
            _ => {
                let mut bench = process::command("cargo bench --package dimmer-host --bench");
                process::run(bench.arg(name).arg("--").args(rest))?;
                if name == PAGE {
                    in_a_browser()?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What only a browser knows: its tests print it.
fn in_a_browser() -> Result<()> {
    if browser::found().is_none() || mosquitto().is_none() {
        println!("in a browser: not measured, it or mosquitto is missing; cargo xtask setup");
        return Ok(());
    }
    println!("in a browser:");
    process::run(&mut browser::tests())
}

fn phase(args: &[OsString]) -> Result<()> {
    let only = args
        .iter()
        .skip_while(|word| *word != "--only")
        .nth(1)
        .map(OsString::as_os_str);
    let instructions_alone = only.is_some_and(|part| part == instructions::PART);
    if !instructions_alone {
        let mut bench = process::command("cargo bench --package dimmer-phase --bench phase --");
        process::run(bench.args(args))?;
    }
    if only.is_none() || instructions_alone {
        instructions::print()?;
    }
    Ok(())
}
