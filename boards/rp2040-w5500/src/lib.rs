//! What the RP2040 board knows without its hardware: who it is, its probe's bus, and what of its randomness and stack can be tried on a desktop.
#![no_std]
#![forbid(unsafe_code)]

pub mod ethernet_line;
pub mod identity;
pub mod random;
pub mod stack;
