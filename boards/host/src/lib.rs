#![doc = include_str!("../README.md")]

// The clock of embassy-time: the real one.
use dimmer_clock as _;

pub mod broker;
pub mod configuration;
pub mod console;
pub mod hardware;
pub mod house;
pub mod kept_alarms;
pub mod network;
pub mod options;
pub mod page;
pub mod person;
pub mod probe;
pub mod script;
pub mod simulation;
pub mod store;
pub mod trace;
pub mod view;
