#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
mod bench;
mod caretaker;
mod command;
mod console;
mod firing;
mod hold;
mod identity;
mod kept;
mod last_words;
#[cfg(feature = "embassy-net")]
pub mod network;
mod parked_flash;
mod settings;
mod watchdog;

pub use caretaker::Caretaker;
pub use command::{Command, LONGEST_LINE, Medium, Typed};
pub use console::{Console, Log};
pub use firing::{FiringHardware, fire};
pub use hold::Hold;
pub use identity::{hostname, seed};
pub use kept::{KeepError, Kept, KeptError, Unread, tell_problems};
pub use last_words::LastWords;
pub use parked_flash::{Park, ParkedFlash, ParkedFlashError};
pub use settings::{Built, Change, SettingsError};
pub use watchdog::{Guard, Silence, Watchdog};
