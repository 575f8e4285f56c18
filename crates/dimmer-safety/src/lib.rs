#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod decision;
mod input;
mod reason;
mod safety;
mod settings;

pub use decision::{Decision, Permitted, Verdict};
pub use reason::{ProbeFault, Reason};
pub use safety::Safety;
pub use settings::{ProbeUse, Settings, SettingsError};

/// A point in time, in microseconds of a clock that does not go back. Always a parameter: this crate reads no clock.
pub type Instant = fugit::MonotonicTimerInstantU64<1_000_000>;

/// A span of time, in microseconds.
pub type Duration = fugit::MicrosDurationU64;

/// Full power: 100 %, in centipercent (1 centipercent is 0.01 %).
pub const FULL_CENTIPERCENT: u16 = 10_000;
