#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod application;
mod backoff;
mod connect;
mod heard;
mod session;
mod status;

pub use application::{
    Application, Broker, CREDENTIAL_CAPACITY, HOST_CAPACITY, Outgoing, QualityOfService, Session,
    Subscription, TOPIC_CAPACITY, Text, TooLarge, Topic, Will,
};
pub use backoff::Backoff;
pub use connect::{Connect, ConnectError};
pub use session::{Buffers, run};
pub use status::{Cause, Notice, Status};

/// An inbound packet larger than this is never delivered: the broker is told so when connecting.
pub const RECEIVE_CAPACITY: usize = 1024;

/// Room for one rendered publication and for those that wait for an acknowledgement.
pub const TRANSMIT_CAPACITY: usize = 4096;
