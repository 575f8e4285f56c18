//! What each way in does, once somebody is in.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod captive;
mod dimmer;
mod files;
mod passwords;
mod settings;
#[path = "../support/mod.rs"]
mod support;

use dimmer_web::{
    Api, Body, REQUEST_CAPACITY, RESPONSE_CAPACITY, ROUTES, Request, dimmer::config::Broker,
};
use embassy_futures::{block_on, join::join};
use serde_json::{Value, json};
use support::{Bench, PASSWORD, ROUTER, SECRET, STRANGER, program, token_of};

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn path_of(text: &str) -> String {
    value(text)["error"]["path"].as_str().unwrap().to_owned()
}
