//! The seam to whoever uses the session.

use crate::{Notice, Status};

/// The longest topic, bytes. The MQTT client keeps a will's topic in as many.
pub const TOPIC_CAPACITY: usize = 128;
/// The longest host name, bytes.
pub const HOST_CAPACITY: usize = 64;
/// The longest user name, password and client identifier, bytes.
pub const CREDENTIAL_CAPACITY: usize = 64;

/// A short text held in place.
pub type Text<const CAPACITY: usize> = heapless::String<CAPACITY>;
/// An MQTT topic.
pub type Topic = Text<TOPIC_CAPACITY>;

/// Where the broker is and how it is greeted.
#[derive(Clone, PartialEq, Eq)]
pub struct Broker {
    /// Name or address.
    pub host: Text<HOST_CAPACITY>,
    /// TCP port.
    pub port: u16,
    /// Empty for none.
    pub username: Text<CREDENTIAL_CAPACITY>,
    /// Used with a user name only.
    pub password: Text<CREDENTIAL_CAPACITY>,
    /// Seconds of silence after which the broker publishes the will; 0 turns the check off.
    pub keep_alive_s: u16,
}

/// Without the password: what is debugged ends up in logs.
impl core::fmt::Debug for Broker {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Broker")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("username", &self.username)
            .field("keep_alive_s", &self.keep_alive_s)
            .finish_non_exhaustive()
    }
}

/// The message that the broker publishes when this client goes without a word. Retained, QoS 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Where.
    pub topic: Topic,
    /// What.
    pub payload: &'static str,
}

/// Everything an attempt to connect needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The broker.
    pub broker: Broker,
    /// The name by which the broker knows this client; unique among its clients.
    pub client_id: Text<CREDENTIAL_CAPACITY>,
    /// What the broker says for this client when the line is cut.
    pub will: Will,
}

/// What the application wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The topic, or a filter with wildcards.
    pub topic: Topic,
    /// How surely the broker is to deliver at the most.
    pub quality_of_service: QualityOfService,
}

/// How surely a message arrives (MQTT 5, section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QualityOfService {
    /// At most once: not repeated.
    #[default]
    AtMostOnce,
    /// At least once: repeated until acknowledged.
    AtLeastOnce,
    /// Exactly once.
    ExactlyOnce,
}

/// A message on its way out. Its payload is rendered straight into the transmit buffer, at the
/// moment of sending, by [`Application::render`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing<Key> {
    /// What the application knows the message by.
    pub key: Key,
    /// Where it goes.
    pub topic: Topic,
    /// How surely.
    pub quality_of_service: QualityOfService,
    /// Whether the broker keeps it for later subscribers.
    pub retain: bool,
}

/// A payload that does not fit the buffer it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// What a session serves: it asks where to connect, hands over what arrives, and fetches what is to
/// be sent.
///
/// All calls come from the session's own future, one at a time; those that are not `async` must
/// return at once. Those that are `async` are called again and again, and dropped when something else
/// comes first: each must go by what is, not by how long it has been waiting.
#[expect(
    async_fn_in_trait,
    reason = "a session runs on one executor; no Send bound is wanted"
)]
pub trait Application {
    /// What a message on its way out is known by.
    type Key;

    /// The settings for the next attempt. Asked anew each time, so a changed setting needs no restart.
    fn session(&self) -> Session;

    /// The subscription at `index`, counted from 0; `None` ends the list.
    fn subscription(&self, index: usize) -> Option<Subscription>;

    /// The session went over to another status.
    fn status(&self, status: Status);

    /// Something went wrong that does not end the session.
    fn notice(&self, notice: Notice);

    /// A message arrived. `retained` says that the broker had kept it: its age is unknown.
    fn received(&self, topic: &str, payload: &[u8], retained: bool);

    /// The next message to be sent, if there is one.
    fn take(&self) -> Option<Outgoing<Self::Key>>;

    /// Gives back a message that could not be sent now; it is to be offered again by [`take`](Self::take).
    fn give_back(&self, key: Self::Key);

    /// Writes the payload and returns its length.
    ///
    /// # Errors
    /// [`TooLarge`] when it does not fit; the message is then left out and reported as
    /// [`Notice::TooLarge`].
    fn render(&self, key: &Self::Key, buffer: &mut [u8]) -> Result<usize, TooLarge>;

    /// Waits until [`take`](Self::take) may have something. Must be safe to cancel.
    async fn something_to_send(&self);

    /// Waits until the application wants to reconnect with other settings. Must be safe to cancel.
    async fn settings_changed(&self);

    /// Waits until the application wants the session to end. Must be safe to cancel.
    async fn closing(&self);
}
