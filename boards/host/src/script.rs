//! What is done to a running simulation: at set times from a file, or as it is typed.

mod action;
mod file;
mod plant_action;
mod typed;

pub use action::{Action, ActionError, Target};
pub use file::{Script, Step};
pub use plant_action::PlantAction;
pub(crate) use typed::may_read;
pub use typed::{Command, HELP, lines};
