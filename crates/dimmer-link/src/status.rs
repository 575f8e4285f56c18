//! What the session is doing, in words that say what to do.

use core::fmt;

use minimq::{Error, PeerError, ReasonCode, ResourceError};

use crate::{ConnectError, overheard::Line, reason::meaning};

/// What the session does at the moment. Brokers are counted from 0, in the order of the application's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A stream is being opened, or the broker's answer is awaited.
    Connecting {
        /// To which broker.
        broker: u8,
    },
    /// Connected and subscribed. Told again when `impairment` changes; with another broker, or after a loss, another status
    /// comes between.
    Online {
        /// With which broker.
        broker: u8,
        /// What works less than it should, the worst if there are several.
        impairment: Option<Impairment>,
    },
    /// Not connected; the next attempt follows by itself, perhaps with another broker.
    Waiting {
        /// With which broker it failed.
        broker: u8,
        /// Why there is no connection.
        cause: Cause,
        /// Time until the next attempt, milliseconds.
        retry_in_ms: u32,
    },
    /// There is no broker in the list: none is tried until the application says that it has another list.
    NoBroker,
    /// Ended at the application's wish.
    Closed,
}

/// What is wrong with a session that is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Impairment {
    /// The broker refused a subscription: what comes on its topic is not heard.
    SubscriptionRefused {
        /// The first that was refused, as the application counts them; one more than the last is the echo's.
        index: u8,
        /// The MQTT 5 reason code.
        reason: u8,
    },
    /// The broker takes messages and passes none on. Its access rules usually do that, without a word.
    Swallowed,
    /// More messages a second than a house and a full pool send: more than 228, what the broker had kept not counted. All are handled.
    Flooded,
}

impl fmt::Display for Impairment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubscriptionRefused { index, reason } => write!(
                formatter,
                "the broker refused subscription {} ({}); check its access control list",
                u16::from(*index) + 1,
                meaning(*reason)
            ),
            Self::Swallowed => formatter.write_str(
                "the broker does not pass our messages on; let this user read and write its own topics in the broker's access control list",
            ),
            Self::Flooded => formatter.write_str(
                "more than 228 messages a second arrive; find out who sends so many",
            ),
        }
    }
}

/// Something went wrong that does not end the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The broker refused a publication, with this MQTT 5 reason code.
    Rejected(u8),
    /// A publication does not fit the transmit buffer, or the largest packet the broker takes.
    TooLarge,
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(reason) => write!(
                formatter,
                "the broker refused a message ({}); check its access control list",
                meaning(*reason)
            ),
            Self::TooLarge => formatter.write_str(
                "a message is larger than the broker or the transmit buffer takes, and was left out",
            ),
        }
    }
}

/// Why there is no connection to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// No byte stream could be opened.
    Connect(ConnectError),
    /// The host did not answer in time.
    TimedOut,
    /// The other side does not speak MQTT 5, and says so.
    NotMqtt5,
    /// The other side closed the connection before it said anything. Some brokers of MQTT 3.1.1 do that; so does one that expects
    /// TLS, or that is full.
    ClosedAtOnce,
    /// The user name or the password is wrong.
    BadCredentials,
    /// The user may not connect.
    NotAuthorized,
    /// The broker does not take the client identifier.
    ClientIdRefused,
    /// Another client came with the same identifier.
    TakenOver,
    /// Several connections in a row ended soon after they were made, without a reason. So it goes when two clients have one identifier and the
    /// broker does not say so.
    ShortLived,
    /// The broker refused or ended the session with this MQTT 5 reason code.
    Rejected(u8),
    /// The connection is there, but the broker has not answered for too long.
    Silent,
    /// The broker answers, but has acknowledged no message for too long.
    Unacknowledged,
    /// An established connection ended.
    ConnectionLost,
    /// The broker sent what is not MQTT.
    Garbled,
    /// The broker sent a message that is larger than [`RECEIVE_CAPACITY`](crate::RECEIVE_CAPACITY), of which it was told.
    MessageTooLarge,
    /// The session's settings cannot be used; see [`Application::session`](crate::Application::session).
    Settings,
}

impl Cause {
    /// What an error means while the broker has not yet accepted the session.
    ///
    /// A broker of MQTT 3.1.1 answers a CONNECT of version 5 with its own CONNACK, whose body is two bytes and which is invalid in
    /// version 5, or closes the stream without a word.
    pub(crate) fn of_handshake<E>(error: &Error<E>, line: &Line) -> Self {
        const CONNACK_3: (u8, u32) = (0x20, 2);
        match (error, line.found().first) {
            (Error::Peer(PeerError::InvalidPacket), Some(CONNACK_3)) => Self::NotMqtt5,
            // Another protocol altogether: what seems to be a length may never be reached.
            (_, Some((first, _))) if !matches!(first, 0x20 | 0xE0) => Self::Garbled,
            (Error::Disconnected | Error::Transport(_), None) => Self::ClosedAtOnce,
            _ => Self::of_session(error, line),
        }
    }

    /// What an error means once the session was established.
    pub(crate) fn of_session<E>(error: &Error<E>, line: &Line) -> Self {
        let found = line.found();
        match error {
            Error::Peer(PeerError::Rejected(code)) => Self::of_reason((*code).into()),
            _ if found.is_too_long => Self::MessageTooLarge,
            // More at once than MQTT lets it: minimq counts that as a resource of its own.
            Error::Peer(_) | Error::Resource(ResourceError::InflightExhausted) => Self::Garbled,
            Error::InvalidRequest | Error::Resource(_) => Self::Settings,
            _ => match found.disconnect {
                Some(reason) => Self::of_reason(reason),
                None if line.is_closed() => Self::ConnectionLost,
                // minimq waited for the answer to a ping.
                None => Self::Silent,
            },
        }
    }

    fn of_reason(reason: u8) -> Self {
        const TAKEN_OVER: u8 = 0x8E;
        match ReasonCode::from(reason) {
            ReasonCode::UnsupportedProtocol => Self::NotMqtt5,
            ReasonCode::BadUsernameOrPassword => Self::BadCredentials,
            ReasonCode::NotAuthorized => Self::NotAuthorized,
            ReasonCode::ClientIdentifierInvalid => Self::ClientIdRefused,
            _ if reason == TAKEN_OVER => Self::TakenOver,
            _ => Self::Rejected(reason),
        }
    }

    /// Whether the session may go on where it was when the same broker is there again. What it ended with otherwise might be in
    /// it, and end the next one, too.
    pub(crate) fn keeps_session(self) -> bool {
        matches!(
            self,
            Self::Connect(_)
                | Self::TimedOut
                | Self::ClosedAtOnce
                | Self::Silent
                | Self::Unacknowledged
                | Self::ConnectionLost
                | Self::ShortLived
                | Self::Rejected(_)
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect(error) => return error.fmt(formatter),
            Self::Rejected(reason) => {
                return write!(formatter, "the broker ended the session ({}); see its log", meaning(*reason));
            }
            Self::MessageTooLarge => {
                return write!(
                    formatter,
                    "the broker sent a message of more than {} bytes, which it was told not to; find out who sends it",
                    crate::RECEIVE_CAPACITY
                );
            }
            Self::TimedOut => "the broker does not answer; check its address and the network",
            Self::NotMqtt5 => "this broker does not speak MQTT 5; mosquitto 1.6 and later, EMQX, HiveMQ and VerneMQ do",
            Self::ClosedAtOnce => "the broker closed the connection without a word: it may not speak MQTT 5, expect TLS on this port, or not let this address in",
            Self::BadCredentials => "the broker refused the user name or the password; check both",
            Self::NotAuthorized => "the broker does not let this user in; give a user name and password it knows",
            Self::ClientIdRefused => "the broker refused the client identifier; check its rules for client identifiers",
            Self::TakenOver => "another client with the same identifier came; is there another dimmer with the same id?",
            Self::ShortLived => "the broker ends each connection soon after it was made; is there another dimmer with the same id?",
            Self::Silent => "the broker no longer answers; does it hang, or is the line cut?",
            Self::Unacknowledged => "the broker answers, but acknowledges no message; see its log",
            Self::ConnectionLost => "the connection to the broker was lost",
            Self::Garbled => "the broker sent what is not MQTT; check the address and the port",
            Self::Settings => "the session's settings do not fit: client identifier or will topic too long",
        })
    }
}

impl core::error::Error for Cause {}
