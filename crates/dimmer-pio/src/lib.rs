#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod capture;
mod gate;
mod program;

pub use capture::Stamps;
pub use gate::{FeedError, GateMachines, MOST_AHEAD_US, PioGate};
pub use program::{
    CAPTURE, CAPTURE_HERTZ, GATE, GATE_HERTZ, Program, SET_PIN_LOW, X_ALL_ONES, Y_ONE,
};
