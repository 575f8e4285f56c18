//! A mosquitto with persistence that is killed and started again, a hundred times at random moments, with two dimmers at it: whether
//! they come back, what the broker then has of them, and how long it takes.
//!
//! `cargo xtask bench recovery [--rounds N] [--seed N] [--longest-up SECONDS] [--longest-down SECONDS]`

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use clap::Parser;
use support::recovery::{Plan, run};

#[derive(Parser)]
struct Options {
    /// How often the broker is killed
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// Another seed, other moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The longest time between the dimmers' return and the next kill, in seconds
    #[arg(long, default_value_t = 20.0)]
    longest_up: f64,
    /// The longest time that the broker is gone, in seconds
    #[arg(long, default_value_t = 2.0)]
    longest_down: f64,
    /// cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let plan = Plan {
        rounds: options.rounds,
        longest_up: Duration::from_secs_f64(options.longest_up),
        longest_down: Duration::from_secs_f64(options.longest_down),
        seed: options.seed,
    };
    let mut recovered = run(plan);
    recovered.times.sort_unstable();
    let at = |part: usize, whole: usize| {
        let index = recovered.times.len().saturating_sub(1) * part / whole;
        recovered
            .times
            .get(index)
            .map_or(f64::NAN, Duration::as_secs_f64)
    };
    println!(
        "mosquitto killed {} times, 0 to {} s after the dimmers' return, gone for up to {} s, seed {}: \
         {} of {} returns; each time the same {} retained messages, {} of them announcements, none published twice",
        options.rounds,
        options.longest_up,
        options.longest_down,
        options.seed,
        recovered.times.len(),
        2 * options.rounds,
        recovered.kept_topics,
        recovered.announcements,
    );
    println!(
        "from the broker listening to the dimmer online: best {:.2} s, median {:.2} s, 95 of 100 within {:.2} s, worst {:.2} s",
        at(0, 1),
        at(1, 2),
        at(95, 100),
        at(1, 1)
    );
}
