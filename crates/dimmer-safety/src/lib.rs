#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod alarm;
mod clock;
mod decision;
mod heating;
mod input;
mod reason;
mod safety;
mod settings;
mod temperature;
mod text;
mod watch;
mod wish;

pub use alarm::{AlarmChange, AlarmEvent, AlarmKind, AlarmLevel, AlarmSet, ResetOutcome};
pub use decision::{Decision, Permitted, Verdict};
pub use reason::Reason;
pub use safety::Safety;
pub use settings::{ProbeUse, Settings, SettingsError};
pub use temperature::{ProbeFault, Role};
pub use text::Language;
pub use wish::Source;

/// A point in time, in microseconds of a clock that does not go back. Always a parameter: this crate reads no clock.
pub type Instant = fugit::MonotonicTimerInstantU64<1_000_000>;

/// A span of time, in microseconds.
pub type Duration = fugit::MicrosDurationU64;

/// Full power: 100 %, in centipercent (1 centipercent is 0.01 %).
pub const FULL_CENTIPERCENT: u16 = 10_000;
