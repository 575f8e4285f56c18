#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod bank;
mod commit;
mod content;
mod error;
mod loaded;
mod read_only;
mod store;

pub use content::{Content, PASSWORD_CAPACITY, PasswordHash};
pub use error::{LayoutError, StoreError};
pub use loaded::{Found, Loaded, Origin};
pub use store::{BANKS, PAGES, Saved, Store};
