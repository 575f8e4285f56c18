#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

pub mod ds18b20;
mod probe;

pub use probe::{ProbeError, TemperatureProbe};
