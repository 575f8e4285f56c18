#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod action;
mod campaign;
mod generate;
mod hardware;
mod oracle;
mod random;
mod scenario;
mod shrink;
mod world;

pub use action::{Action, MainsChange, ProbeState};
pub use campaign::{Campaign, Found, Progress};
pub use generate::generate;
pub use oracle::Violation;
pub use scenario::{Expectation, Firing, Scenario, Step, Surroundings};
pub use shrink::shrink;
pub use world::run;
