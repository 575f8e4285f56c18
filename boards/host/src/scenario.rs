//! What is done to a running simulation: at set times from a file, or as it is typed.

mod action;
mod file;
mod typed;

pub use action::{Action, ActionError, Target};
pub use file::{Scenario, Step};
pub use typed::{Command, HELP, lines};
