//! What the tracker, the curve and the plan deliver on mains that is not ideal.
//!
//! `cargo xtask bench phase`, which counts a microcontroller's instructions besides;
//! `cargo bench -p dimmer-phase --bench phase -- --help` for this part alone. Everything but the
//! times repeats exactly: all chance comes from the seeds.
#![allow(
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement may fail by panicking, and judges in f64"
)]

mod curve;
mod delivery;
mod detector;
mod flicker;
mod judge;
mod mixtures;
mod options;
mod others;
mod random;
mod report;
mod scenario;
mod starts;
mod time;
mod wave;

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{}", options::HELP);
        return ExitCode::SUCCESS;
    }
    let options = match options::Options::parse(words.into_iter()) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    if options.wants("curve") {
        curve::print();
    }
    if options.wants("scenarios") {
        report::scenarios(&options);
    }
    if options.wants("others") {
        report::others(&options);
    }
    if options.wants("starts") {
        starts::print(&options);
    }
    if options.wants("mixtures") {
        mixtures::print(&options);
    }
    if options.wants("time") {
        time::print();
    }
    println!("\nSimulated in {:.0} s.", started.elapsed().as_secs_f64());
    match report::limits_missed() {
        0 => ExitCode::SUCCESS,
        missed => {
            println!("{missed} limits are not kept: see `over`.");
            ExitCode::FAILURE
        }
    }
}
