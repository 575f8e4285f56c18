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

/// Where a broker is and how it is greeted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Broker {
    /// Name or address. A name is resolved at each attempt.
    pub host: Text<HOST_CAPACITY>,
    /// TCP port.
    pub port: u16,
    /// Empty for none.
    pub username: Text<CREDENTIAL_CAPACITY>,
    /// Used with a user name only.
    pub password: Text<CREDENTIAL_CAPACITY>,
    /// The name by which this broker knows this client; empty: that of the [`Session`].
    pub client_id: Text<CREDENTIAL_CAPACITY>,
    /// Seconds of silence, 10 or more, after one and a half times which the broker publishes the will; 0 turns the check off. A
    /// quarter of it is how long this side waits before it asks a silent broker for a sign of life.
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
            .field("client_id", &self.client_id)
            .field("keep_alive_s", &self.keep_alive_s)
            .finish_non_exhaustive()
    }
}

/// The message that the broker publishes when this client goes without a word. Retained, QoS 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Will {
    /// Where.
    pub topic: Topic,
    /// What.
    pub payload: &'static str,
}

/// What a session is, whichever broker it is with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The name by which the brokers know this client; unique among their clients.
    pub client_id: Text<CREDENTIAL_CAPACITY>,
    /// What the broker says for this client when the line is cut.
    pub will: Will,
    /// A topic of this client's own, on which it now and then sends itself a word, at QoS 0. A broker whose access rules swallow
    /// messages says nothing: only the missing word shows it. Empty: not checked.
    pub echo: Topic,
    /// How long the broker is to keep the session when the line is cut, seconds: messages of QoS 1 and 2 that come meanwhile are
    /// delivered afterwards, and so are up to this old. 0: not at all.
    pub resume_within_s: u32,
    /// How long another broker than the first must have served well before one before it is tried again, seconds. It is tried beside the running session,
    /// which goes on if it does not answer. 0: never.
    pub return_after_s: u32,
}

/// What the application wants to hear.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// The topic, or a filter with wildcards.
    pub topic: Topic,
    /// How surely the broker is to deliver at the most.
    pub quality_of_service: QualityOfService,
    /// Whether the broker is to deliver first what it has retained. Not a command from the past, which has no age.
    pub retained: bool,
}

/// How surely a message arrives (MQTT 5, section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum QualityOfService {
    /// At most once: not repeated.
    #[default]
    AtMostOnce,
    /// At least once: repeated until acknowledged.
    AtLeastOnce,
    /// Exactly once, as long as the broker keeps the session.
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

/// What became of a message of QoS 1 or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The broker has it.
    Taken,
    /// The broker does not want it, for this MQTT 5 reason code. It is not offered again.
    Refused(u8),
    /// It fits neither the transmit buffer nor what the broker takes. It is not offered again.
    TooLarge,
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
///
/// Each message that [`take`](Self::take) or [`take_farewell`](Self::take_farewell) handed out at QoS 1 or 2 ends in exactly one
/// call: [`answered`](Self::answered), or [`give_back`](Self::give_back), after which it is a new message.
#[expect(
    async_fn_in_trait,
    reason = "a session runs on one executor; no Send bound is wanted"
)]
pub trait Application {
    /// What a message on its way out is known by.
    type Key;

    /// The broker at `index`, counted from 0, in the order of preference; `None` ends the list. Asked anew at each attempt, so a
    /// changed setting needs no restart.
    fn broker(&self, index: usize) -> Option<Broker>;

    /// What is the same at every broker.
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

    /// Gives back a message that was not sent, or of which the broker forgot the session before it acknowledged it; it is to be
    /// offered again, before those that were not taken yet, by what handed it out.
    fn give_back(&self, key: Self::Key);

    /// The broker acknowledged a message of QoS 1 or 2, or will never have it. Not called for QoS 0.
    fn answered(&self, key: Self::Key, answer: Answer) {
        let _ = (key, answer);
    }

    /// The next message that cleans up what was said under settings that are no longer in force: an empty retained payload on a
    /// topic that is given up, say.
    ///
    /// Asked after [`settings_changed`](Self::settings_changed), when the old will's payload has been published and before the old
    /// session ends; and at the beginning of each session, for what could not be sent then. Its payload comes from
    /// [`render`](Self::render) like any other.
    fn take_farewell(&self) -> Option<Outgoing<Self::Key>> {
        None
    }

    /// Writes the payload and returns its length.
    ///
    /// # Errors
    /// [`TooLarge`] when it does not fit; the message is then left out and reported as
    /// [`Notice::TooLarge`].
    fn render(&self, key: &Self::Key, buffer: &mut [u8]) -> Result<usize, TooLarge>;

    /// Waits until [`take`](Self::take) may have something. Must be safe to cancel.
    async fn something_to_send(&self);

    /// Waits until brokers, session or subscriptions may have changed. They are then compared, and only if they did is there a new
    /// session. Must be safe to cancel.
    async fn settings_changed(&self);

    /// Waits until the application wants the session to end. Must be safe to cancel.
    async fn closing(&self);
}
