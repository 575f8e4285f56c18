//! What happens to a dimmer, and what it wants done.

use dimmer_phase::{MainsStatus, Order};
use dimmer_safety::ProbeFault;
use dimmer_topics::Refusal;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A deadline passed, or nothing in particular happened.
    Tick,
    /// An MQTT message arrived.
    Message {
        /// Its topic.
        topic: &'a str,
        /// Its payload, as it came from outside.
        payload: &'a [u8],
        /// The broker had kept it: its age is unknown.
        retained: bool,
    },
    /// A reading of the water, in millicelsius, or why there is none.
    Water(Result<i32, ProbeFault>),
    /// What the firing path knows of the mains.
    Mains(MainsStatus),
    /// The broker accepted the session and the subscriptions.
    Connected,
    /// The session with the broker ended.
    Disconnected,
}

/// What is to be done after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an order that is not carried out leaves the output as it was"]
pub struct Effects {
    /// What the firing path may do, and until when. It holds until the next order or its own end.
    pub order: Order,
    /// Messages wait for [`Dimmer::take`](crate::Dimmer::take).
    pub to_send: bool,
    /// What a person would want to read in the log: a refusal, and a new reason.
    pub incidents: [Option<Incident>; 2],
}

/// Something that a person would want to read in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incident {
    /// A message was refused; nothing changed.
    Refused(Refusal),
    /// The decision has another reason than before.
    Decided(dimmer_safety::Reason),
}
