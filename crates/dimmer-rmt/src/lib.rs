#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod gate;
mod run;
mod unstamped;
mod word;

pub use gate::{FeedError, RmtGate, Transmitters};
pub use run::{MOST_WAITING, PULSES_OF_A_RUN};
pub use unstamped::{Turn, Unstamped};
pub use word::{END, MEMORY_WORDS, MOST_AHEAD_US, READ_AHEAD_WORDS, TICK_HERTZ};
