#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod diagnostics;
pub mod ds18b20;
pub mod one_wire;
mod probe;

pub use diagnostics::Diagnostics;
pub use probe::{ProbeError, TemperatureProbe};
