//! The 1-Wire bus: who is there, and one transaction after the other.
//!
//! On any open-drain pin and delay of `embedded-hal` 1.0 slots, reset and search are those of [`one_wire_bus`]; their timing is made by
//! busy waiting, with interrupts enabled: what an interrupt may do to a slot is told in the crate's documentation. Hardware that makes the
//! slots by itself, or a simulator, is a [`Bus`].

mod address;
mod bridge;
mod bus;
mod master;
mod pin;
mod wire;

pub use address::{Addresses, RomAddress, RomAddressError};
pub use bus::{Bus, RomSearch, Slots};
pub use pin::PinBus;
pub use wire::{Choice, Wire};

pub(crate) use master::{Master, yield_now};
