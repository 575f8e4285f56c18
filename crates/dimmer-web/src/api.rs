//! The seam between the server and the dimmer.

use core::fmt;

use dimmer::{
    Identity, Overview,
    config::{HOST_CAPACITY, NAME_CAPACITY, Valid},
    topics::{Command, Refusal, State},
};

use crate::{Failure, LogEntry, Security};

/// The dimmer at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Who it is.
    pub identity: Identity,
    /// What people call it.
    pub name: heapless::String<NAME_CAPACITY>,
    /// What is decided, and why.
    pub overview: Overview,
    /// What is told on MQTT.
    pub state: State,
    /// How it stands with the broker.
    pub broker: BrokerState,
}

/// How it stands with the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerState {
    /// In a word.
    pub status: BrokerStatus,
    /// Its host; empty: there is none in the settings.
    pub host: heapless::String<HOST_CAPACITY>,
    /// Its port.
    pub port: u16,
    /// Why there is no connection, or what is wrong with it, and what can be done; empty: nothing.
    pub problem: heapless::String<192>,
}

/// How it stands with the broker, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerStatus {
    /// The settings name none.
    None,
    /// A connection is being made.
    Connecting,
    /// Everything works.
    Online,
    /// Connected, and something works less than it should.
    Impaired,
    /// Not connected; the next attempt follows by itself.
    Waiting,
}

impl BrokerStatus {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Impaired => "impaired",
            Self::Waiting => "waiting",
        }
    }
}

impl fmt::Display for BrokerStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What the server asks of the dimmer and its board. Each call returns at once.
pub trait Api {
    /// The dimmer as it stands.
    fn snapshot(&self) -> Snapshot;

    /// Seconds since the start.
    fn uptime_s(&self) -> u32;

    /// Carries out what a person at the page, or a program, asks for.
    ///
    /// # Errors
    /// Why it was refused; nothing changes then.
    fn command(&self, command: Command) -> Result<(), Refusal>;

    /// Looks for probes on the bus anew, in a while.
    ///
    /// # Errors
    /// This board cannot.
    fn search_probes(&self) -> Result<(), Failure> {
        Err(Failure::new(
            501,
            "",
            "this board cannot search for probes",
            "probes are found by themselves when they are read",
        ))
    }

    /// The configuration in use, with its secrets.
    fn config(&self) -> Valid;

    /// Keeps and applies another configuration, while everything runs.
    ///
    /// # Errors
    /// Why it cannot; nothing changes then.
    fn configure(&self, config: Valid) -> Result<(), Failure>;

    /// Who may come in.
    fn security(&self) -> Security;

    /// Keeps who may come in from now on.
    ///
    /// # Errors
    /// Why it cannot; nothing changes then.
    fn keep_security(&self, security: Security) -> Result<(), Failure>;

    /// Fills `bytes` with what nobody can foresee: from hardware, or the operating system.
    fn random(&self, bytes: &mut [u8]);

    /// Shows the last events, the oldest first.
    fn log(&self, show: &mut dyn FnMut(&LogEntry));

    /// Notes what happened at the server: a sign-in, a wrong password, a change.
    fn note(&self, level: crate::LogLevel, what: fmt::Arguments<'_>);
}
