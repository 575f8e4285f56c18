#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

pub mod dht;
mod diagnostics;
pub mod ds18b20;
pub mod one_wire;
mod probe;
mod steadiness;

pub use diagnostics::Diagnostics;
pub use probe::{ProbeError, TemperatureProbe};
