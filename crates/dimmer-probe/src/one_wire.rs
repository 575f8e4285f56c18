//! The 1-Wire bus on a pin: who is there, and one transaction after the other.
//!
//! Slots, reset and search are those of [`one_wire_bus`], over any open-drain pin and delay of `embedded-hal` 1.0. Their timing is
//! made by busy waiting, with interrupts enabled: what an interrupt may do to a slot is told in the crate's documentation.

mod address;
mod bridge;
mod master;
mod wire;

pub use address::{Addresses, RomAddress, RomAddressError};
pub use wire::{Choice, Wire};

pub(crate) use master::{Master, yield_now};
