//! Five members of a pool as processes at a real mosquitto, of which some are killed, or one becomes too hot: how soon the others take
//! what they took.
//!
//! `cargo xtask bench takeover [--rounds N] [--seed N]`

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use clap::Parser;
use support::takeover::{Loss, run};

#[derive(Parser)]
struct Options {
    /// How often members are killed, and how often one becomes too hot
    #[arg(long, default_value_t = 50)]
    rounds: usize,
    /// Another seed, other members and setpoints
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    println!(
        "five members, total within 1 % of the largest of what is asked for; {} rounds, seed {}",
        options.rounds, options.seed
    );
    println!(
        "{:<40} {:>8} {:>8} {:>8}",
        "from ... to the total being right, s", "best", "median", "worst"
    );
    for (loss, lost, back) in [
        (Loss::Killed, "one to three killed", "those started again"),
        (
            Loss::Overheated,
            "the first too hot",
            "that one started again, colder",
        ),
    ] {
        let taken = run(loss, options.rounds, options.seed);
        row(lost, taken.times);
        row(back, taken.returns);
    }
}

fn row(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |index: usize| times.get(index).map_or(f64::NAN, Duration::as_secs_f64);
    let last = times.len().saturating_sub(1);
    println!(
        "{what:<40} {:>8.2} {:>8.2} {:>8.2}",
        at(0),
        at(last / 2),
        at(last)
    );
}
