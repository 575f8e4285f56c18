//! The seam to the network: a byte stream to a named host.

use core::fmt;

use embedded_io_async::{Read, Write};

/// Opens byte streams to brokers.
///
/// The desktop implements it on the operating system's sockets, a board on embassy-net. Name
/// resolution belongs to it and happens at each attempt, so a broker may change its address.
///
/// A stream must stay pending while the line is merely quiet: a read that ends in a time-out ends
/// the session. Its `flush` is to see that bytes are on their way, and need not wait until they have arrived: the session flushes
/// after each message, and a flush that waits lets no second one be on its way.
pub trait Connect {
    /// The stream; it may borrow buffers from the connector. A session whose brokers are several tries a better one while it
    /// is online: for that the connector needs a second stream at the same time. One that has none to spare answers
    /// [`ConnectError::Unreachable`], and the session stays where it is.
    type Stream<'a>: Read + Write
    where
        Self: 'a;

    /// Resolves `host` (a name or an address) and opens a stream to `port`.
    ///
    /// # Errors
    /// What stood in the way, see [`ConnectError`].
    ///
    /// # Cancel safety
    /// The session gives up after ten seconds by dropping the future; nothing of the attempt may
    /// stay behind.
    #[expect(
        async_fn_in_trait,
        reason = "a session runs on one executor; no Send bound is wanted"
    )]
    async fn connect(&self, host: &str, port: u16) -> Result<Self::Stream<'_>, ConnectError>;
}

/// Why no stream to the broker could be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host's name has no address.
    NameNotFound,
    /// The host answered that nothing listens on the port.
    Refused,
    /// The host, or the network to it, does not answer.
    Unreachable,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NameNotFound => "the broker's name has no address; check its spelling or give an IP address",
            Self::Refused => "nothing listens on the broker's port; check that the broker runs, and its port (1883 is usual)",
            Self::Unreachable => "the broker's host does not answer; check its address and the network",
        })
    }
}

impl core::error::Error for ConnectError {}
