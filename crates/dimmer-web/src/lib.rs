#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;
// The clock for the unit tests.
#[cfg(test)]
use dimmer_clock as _;

mod answer;
mod api;
mod captive;
mod compatibility;
#[cfg(feature = "embassy")]
mod doors;
mod failure;
mod guard;
mod head_guard;
mod history;
mod log_ring;
mod metrics;
mod page;
mod password;
mod probes;
mod revision;
mod routes;
mod server;
mod sessions;
mod site;
mod slow_down;
mod stored_password;
mod view;

pub use answer::{Answer, Body, Request};
pub use api::{Api, BrokerState, BrokerStatus, Snapshot};
pub use captive::{PORTAL_PROBES, is_portal_probe};
#[cfg(feature = "embassy")]
pub use doors::{DOORS, DoorBuffers, Doors, serve_doors};
pub use failure::{Failure, PATH_CAPACITY};
pub use guard::{Origins, Stranger, is_own_name, is_own_origin};
pub use history::{History, POINT_S, POINTS, Point, Seen};
pub use log_ring::{LOG_ENTRIES, LOG_TEXT_CAPACITY, LogEntry, LogLevel, LogRing};
pub use metrics::{Format, write_metrics};
pub use page::{ASSETS, Asset, SCHEMA};
pub use password::{
    Credential, ITERATIONS, PASSWORD_CAPACITY, PASSWORD_MINIMUM, SALT_LENGTH, STEP_ITERATIONS,
    Stretching, check_new,
};
pub use probes::{PROBES_SEEN, ProbeSearchStatus, ProbeSeen, ProbesSeen};
pub use revision::Revision;
pub use routes::{Access, Endpoint, Method, ROUTES, Route};
#[cfg(feature = "tokio")]
pub use server::serve_tokio;
pub use server::{LIFETIME_S, serve};
pub use sessions::{AGE_LIMIT_S, IDLE_LIMIT_S, SESSIONS, Sessions, TOKEN_LENGTH, Token};
pub use site::{STREAMS, Site, fits_the_page};
pub use slow_down::{
    ADDRESSES, FORGIVEN_AFTER_S, FREE_FAILURES, LONGEST_WAIT_S, STRANGERS_FREE_FAILURES,
    STRANGERS_WAIT_S, SlowDown,
};
pub use stored_password::{PasswordUnreadable, STORED_PASSWORD_CAPACITY, StoredPassword};

pub use dimmer;
pub use picoserve;

/// The longest request, with its body, bytes: give [`serve`] a buffer of this size, or a smaller one for smaller requests.
pub const REQUEST_CAPACITY: usize = 7424;
/// The longest answer that is made on the way (the page's files lie in flash), bytes.
pub const RESPONSE_CAPACITY: usize = 7168;
/// The longest settings that are taken, as JSON with their secrets, bytes: whoever was given them can give them back, with the head of the
/// request in front. Each setting may have its longest text, but for letters that JSON writes as two.
pub const SETTINGS_CAPACITY: usize = REQUEST_CAPACITY - 1024;

// What else an answer to an import says, and `null` in the place of empty secrets.
const _: () = assert!(SETTINGS_CAPACITY + 64 <= RESPONSE_CAPACITY);
