#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod member;
mod settings;

pub use member::{Member, Setpoint, Share};
pub use settings::{SETPOINT_LIMIT_CENTIPERCENT, Settings, SettingsError};

/// Full power, and the whole of a setpoint: 100 %, in centipercent (1 centipercent is 0.01 %).
pub const FULL_CENTIPERCENT: u16 = 10_000;
