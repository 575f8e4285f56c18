//! What the session is doing, in words that say what to do.

use core::fmt;

use minimq::{Error, PeerError, ReasonCode, ResourceError};

use crate::ConnectError;

/// What the session does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A stream is being opened, or the broker's answer is awaited.
    Connecting,
    /// Connected and subscribed.
    Online,
    /// Not connected; the next attempt follows by itself.
    Waiting {
        /// Why there is no connection.
        cause: Cause,
        /// Time until the next attempt, milliseconds.
        retry_in_ms: u32,
    },
    /// Ended at the application's wish.
    Closed,
}

/// Something went wrong that does not end the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The broker refused a publication or a subscription, with this MQTT 5 reason code.
    Rejected(u8),
    /// A publication does not fit the transmit buffer, or the largest packet the broker takes.
    TooLarge,
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(code) => write!(
                formatter,
                "the broker refused a publication or a subscription (MQTT reason {code:#04x}); check its access control list"
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
    /// The other side does not speak MQTT 5.
    NotMqtt5,
    /// The user name or the password is wrong.
    BadCredentials,
    /// The user may not connect.
    NotAuthorized,
    /// The broker does not take the client identifier.
    ClientIdRefused,
    /// Several connections in a row ended soon after they were made. So it goes when two clients have one identifier: the
    /// broker lets the later in and ends the session of the earlier. It says so, but minimq does not pass it on.
    ShortLived,
    /// The broker refused or ended the session with this MQTT 5 reason code.
    Rejected(u8),
    /// The connection is there, but the broker has not answered for too long.
    Silent,
    /// An established connection ended.
    ConnectionLost,
    /// The broker sent what is not MQTT.
    Garbled,
    /// The session's settings cannot be used; see [`Application::session`](crate::Application::session).
    Settings,
}

impl Cause {
    /// What an error means while the broker has not yet accepted the session.
    ///
    /// A broker of MQTT 3.1.1 answers a CONNECT of version 5 with a short CONNACK, which is
    /// invalid in version 5, or closes the stream without a word. Neither is a network fault.
    pub(crate) fn of_handshake<E>(error: &Error<E>) -> Self {
        match error {
            Error::Peer(PeerError::InvalidPacket) | Error::Disconnected | Error::Transport(_) => {
                Self::NotMqtt5
            }
            other => Self::of_session(other),
        }
    }

    /// What an error means once the session was established.
    pub(crate) fn of_session<E>(error: &Error<E>) -> Self {
        match error {
            Error::Peer(PeerError::Rejected(code)) => Self::of_reason(*code),
            Error::Peer(_) => Self::Garbled,
            Error::InvalidRequest
            | Error::Resource(ResourceError::BufferTooSmall | ResourceError::PacketTooLarge) => {
                Self::Settings
            }
            _ => Self::ConnectionLost,
        }
    }

    fn of_reason(code: ReasonCode) -> Self {
        match code {
            ReasonCode::UnsupportedProtocol => Self::NotMqtt5,
            ReasonCode::BadUsernameOrPassword => Self::BadCredentials,
            ReasonCode::NotAuthorized => Self::NotAuthorized,
            ReasonCode::ClientIdentifierInvalid => Self::ClientIdRefused,
            other => Self::Rejected(other.into()),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect(error) => return error.fmt(formatter),
            Self::Rejected(code) => {
                return write!(formatter, "the broker ended the session (MQTT reason {code:#04x}); see its log");
            }
            Self::TimedOut => "the broker does not answer; check its address and the network",
            Self::NotMqtt5 => "this broker probably does not speak MQTT 5; mosquitto 1.6 and later, EMQX, HiveMQ and VerneMQ do",
            Self::BadCredentials => "the broker refused the user name or the password; check both",
            Self::NotAuthorized => "the broker does not let this user in; give a user name and password it knows",
            Self::ClientIdRefused => "the broker refused the client identifier; check its rules for client identifiers",
            Self::ShortLived => "the broker ends each connection soon after it was made; is there another dimmer with the same id?",
            Self::Silent => "the broker no longer answers; does it hang, or is the line cut?",
            Self::ConnectionLost => "the connection to the broker was lost",
            Self::Garbled => "the broker sent what is not MQTT; check the address and the port",
            Self::Settings => "the session's settings do not fit: client identifier or will topic too long",
        })
    }
}

impl core::error::Error for Cause {}
