#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod announcement;
mod division;
mod member;
mod pool;
mod setpoint;
mod settings;
mod sharing;
mod standing;
mod thresholds;

pub use announcement::{
    Announcement, AnnouncementError, LONGEST_INTERVAL_S, MemberId, RATED_LIMIT_WATTS, WEIGHT_LIMIT,
};
pub use division::{Claim, Outcome, divide};
pub use member::{Ability, Member, Totals};
pub use pool::{Heard, Known, Pool, Shares};
pub use setpoint::{Setpoint, Share};
pub use settings::{POOL_LIMIT_WATTS, SETPOINT_LIMIT_CENTIPERCENT, Settings, SettingsError};
pub use sharing::{NumberIs, PercentOf, Sharing};
pub use standing::{Assignment, Remark, Shortfall, Standing};
pub use thresholds::Thresholds;

/// A point in time, in microseconds of a clock that does not go back. Always a parameter: this crate reads no clock.
pub type Instant = fugit::MonotonicTimerInstantU64<1_000_000>;

/// A span of time, in microseconds.
pub type Duration = fugit::MicrosDurationU64;

/// Full power, and the whole of a setpoint: 100 %, in centipercent (1 centipercent is 0.01 %).
pub const FULL_CENTIPERCENT: u16 = 10_000;
