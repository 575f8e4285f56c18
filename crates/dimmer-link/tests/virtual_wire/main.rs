//! The session over smoltcp, on a wire that loses, repeats, delays and overtakes, with brokers that misbehave. Everything runs on a
//! virtual clock: a seed gives the same run again, and hours take seconds.
#![allow(
    missing_debug_implementations,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod application;
mod broker;
mod house;
mod network;
mod served;
mod wire;
mod world;

mod brokers;
mod bytes;
mod loss;
mod misbehaviour;
mod trouble;
