#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod app;
mod control;
mod firing_desk;
mod readings;
mod session;

pub use app::{App, Observer, Parts, Silent, now};
pub use firing_desk::FiringDesk;

pub use dimmer;
pub use dimmer_link as link;
pub use dimmer_probe as probe;
