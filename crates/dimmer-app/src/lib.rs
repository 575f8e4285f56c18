#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod app;
mod control;
mod firing_desk;
mod probe_search;
mod readings;
mod session;
#[cfg(feature = "web")]
mod web;

pub use app::{App, Observer, Parts, Silent, now};
pub use firing_desk::FiringDesk;
pub use probe_search::{FOUND_PROBES, FoundProbe, ProbeSearch, SearchStatus};
#[cfg(feature = "web")]
pub use web::{Keeper, Recorder, Web};

pub use dimmer;
pub use dimmer_link as link;
pub use dimmer_probe as probe;
#[cfg(feature = "web")]
pub use dimmer_web as http;
