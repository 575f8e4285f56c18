#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod alarms;
mod boost;
mod dimmer;
mod energy;
mod event;
mod excess;
mod farewells;
mod firing;
mod health;
mod once;
mod outbox;
mod refusals;
mod trouble;

pub use dimmer::{Dimmer, Identity, Overview, POOL_MEMBERS};
pub use event::{BoardRequest, Effects, Event, Incident, LinkFault};
pub use excess::Exceeded;
pub use firing::{FiringFault, FiringReport};
pub use health::{Health, LAST_WORDS_CAPACITY, ResetReason};
pub use outbox::Sending;
pub use trouble::PoolTrouble;

pub use dimmer_config as config;
pub use dimmer_phase as phase;
pub use dimmer_pool as pool;
pub use dimmer_safety as safety;
pub use dimmer_topics as topics;

/// Microseconds since the board started; the same clock stamps the zero-cross edges.
pub type Instant = fugit::MonotonicTimerInstantU64<1_000_000>;
/// A length of time in microseconds.
pub type Duration = fugit::MicrosDurationU64;
