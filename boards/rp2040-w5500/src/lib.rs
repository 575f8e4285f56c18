//! What the RP2040 board knows without its hardware: who it is, how it is set up, and what a person may type at its serial port.
#![no_std]
#![forbid(unsafe_code)]

pub mod identity;
pub mod probe;
pub mod settings;
