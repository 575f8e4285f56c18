#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

// The clock for the unit tests.
#[cfg(test)]
use dimmer_clock as _;

mod application;
mod backoff;
mod connect;
mod course;
mod due;
mod exchange;
mod in_flight;
mod leaving;
mod overheard;
mod packets;
mod preferred;
mod reason;
mod sending;
mod session;
mod settings;
mod status;
mod watch;

pub use application::{
    Answer, Application, Broker, CREDENTIAL_CAPACITY, HOST_CAPACITY, Outgoing, QualityOfService,
    Session, Subscription, TOPIC_CAPACITY, Text, TooLarge, Topic, Will,
};
pub use backoff::Backoff;
pub use connect::{Connect, ConnectError};
pub use session::{Buffers, run};
pub use status::{Cause, Impairment, Notice, Status};

/// The largest inbound packet, with its topic and properties, bytes. The broker is told so when connecting, and one that keeps to
/// it never delivers a larger one, and tells nobody. zigbee2mqtt and Domoticz send all that they know of a device in one message,
/// which is often more than 1 kB.
pub const RECEIVE_CAPACITY: usize = 2048;

/// Room for one rendered publication and for those that wait for an acknowledgement.
pub const TRANSMIT_CAPACITY: usize = 4096;
