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
mod compatibility;
mod failure;
mod guard;
mod head_guard;
mod history;
mod log_ring;
mod metrics;
mod page;
mod password;
mod routes;
mod security;
mod server;
mod sessions;
mod site;
mod slow_down;
mod view;

pub use answer::{Answer, Body, Request};
pub use api::{Api, BrokerState, BrokerStatus, Snapshot};
pub use failure::{Failure, PATH_CAPACITY};
pub use guard::{HOST_CAPACITY, HOSTS, Hosts, Origins, Stranger, is_own_name, is_own_origin};
pub use history::{History, POINT_S, POINTS, Point, Seen};
pub use log_ring::{LOG_ENTRIES, LOG_TEXT_CAPACITY, LogEntry, LogLevel, LogRing};
pub use metrics::{Format, write_metrics};
pub use page::{ASSETS, Asset};
pub use password::{
    Credential, ITERATIONS, PASSWORD_CAPACITY, PASSWORD_MINIMUM, SALT_LENGTH, STEP_ITERATIONS,
    Stretching, check_new,
};
pub use routes::{Access, Endpoint, Method, ROUTES, Route};
pub use security::{Compatibility, SECURITY_CAPACITY, Security, StoredSecurity};
#[cfg(feature = "embassy")]
pub use server::serve_embassy;
#[cfg(feature = "tokio")]
pub use server::serve_tokio;
pub use server::{LIFETIME_S, serve};
pub use sessions::{AGE_LIMIT_S, IDLE_LIMIT_S, SESSIONS, Sessions, TOKEN_LENGTH, Token};
pub use site::{STREAMS, Site};
pub use slow_down::{ADDRESSES, FORGIVEN_AFTER_S, FREE_FAILURES, LONGEST_WAIT_S, SlowDown};

pub use dimmer;
pub use picoserve;

/// The longest request, with its body, bytes: give [`serve`] a buffer of this size, or a smaller one for smaller requests.
pub const REQUEST_CAPACITY: usize = 6144;
/// The longest answer that is made on the way (the page's files lie in flash), bytes.
pub const RESPONSE_CAPACITY: usize = 6144;
