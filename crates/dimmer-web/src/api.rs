//! The seam between the server and the dimmer.

use core::{fmt, net::SocketAddr};

use dimmer::{
    Identity, LAST_WORDS_CAPACITY, Overview,
    config::{HOST_CAPACITY, NAME_CAPACITY, Security, Valid},
    topics::{Command, Refusal, State},
};

use crate::{Credential, Failure, LogEntry, PasswordUnreadable, ProbeSearchStatus, ProbesSeen};

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
    /// What the program said when it ended the last time, where the board keeps it.
    pub last_words: Option<heapless::String<LAST_WORDS_CAPACITY>>,
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

    /// Looks for probes on the wire: [`probes`](Self::probes) tells what was found, in a while.
    ///
    /// # Errors
    /// This board cannot.
    fn search_probes(&self) -> Result<(), Failure> {
        if self.probes().search == ProbeSearchStatus::Unavailable {
            return Err(Failure::new(
                501,
                "",
                "this board cannot search for probes",
                "probes are found by themselves when they are read",
            ));
        }
        self.command(Command::SearchProbes)?;
        Ok(())
    }

    /// The probes on the wire, as far as they are known; nothing on a board that cannot search.
    fn probes(&self) -> ProbesSeen {
        ProbesSeen::default()
    }

    /// The configuration in use, with its secrets.
    fn config(&self) -> Valid;

    /// Whether another configuration would be taken by this dimmer, as far as that does not depend on the store. Nothing changes.
    ///
    /// # Errors
    /// As [`configure`](Self::configure).
    fn would_take(&self, config: &Valid) -> Result<(), Failure>;

    /// Keeps and applies another configuration, while everything runs.
    ///
    /// # Errors
    /// Why it cannot; nothing changes then.
    fn configure(&self, config: Valid) -> Result<(), Failure>;

    /// The address and port of the page while the dimmer is an access point of its own and waits to be told a network; nothing otherwise. Then whoever asks for
    /// another host, as a phone does that looks for the internet, is sent to the page there.
    fn set_up_at(&self) -> Option<SocketAddr> {
        None
    }

    /// That section of the configuration in use, which each request asks for.
    fn security(&self) -> Security {
        self.config().into_inner().security
    }

    /// The password; none: nobody has set one yet, and nothing can be changed.
    ///
    /// # Errors
    /// What was kept of it cannot be read: nobody is let in, not even to the page.
    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable>;

    /// Keeps the password that holds from now on.
    ///
    /// # Errors
    /// Why it cannot; nothing changes then.
    fn keep_credential(&self, credential: Credential) -> Result<(), Failure>;

    /// Fills `bytes` with what nobody can foresee: from hardware, or the operating system.
    fn random(&self, bytes: &mut [u8]);

    /// Shows the last events, the oldest first.
    fn log(&self, show: &mut dyn FnMut(&LogEntry));

    /// Notes what happened at the server: a sign-in, a wrong password, a change.
    fn note(&self, level: crate::LogLevel, what: fmt::Arguments<'_>);
}
