//! What happens to a dimmer, and what it wants done.

use dimmer_phase::Order;
use dimmer_safety::{AlarmChange, AlarmSet, ProbeFault, Role};
use dimmer_topics::{ProbeCounts, Refusal};

use crate::{Exceeded, FiringReport, Health, PoolTrouble};

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
    /// A reading of a probe of this dimmer's own, or why there is none. Of a role whose temperature comes from a topic it is ignored:
    /// two sources in turn would each hide that the other has failed.
    Temperature {
        /// What it is of.
        role: Role,
        /// In millicelsius.
        reading: Result<i32, ProbeFault>,
    },
    /// What the firing path knows of the mains, and what it really fed. To be repeated: within a second it is as good as nothing.
    Firing(FiringReport),
    /// What a probe of this dimmer's own counted since the start, for people.
    Counted {
        /// What it measures.
        role: Role,
        /// How often it was read, and how well.
        counts: ProbeCounts,
    },
    /// How the board fares: at the start, with why it started, and again now and then.
    Health(&'a Health),
    /// The day, in days since 1970-01-01 (UTC), from a board that has a clock: at the start, and when it changes.
    Day(u32),
    /// A person switched the dimmer on or off. It starts switched on.
    Switched(bool),
    /// A person looked, and wants the latched alarms reset.
    ResetAlarms,
    /// A broker accepted the session and the subscriptions.
    Connected {
        /// Its place in the list of brokers, from 1.
        broker: u8,
    },
    /// Something about the session that is online works less than it should, or nothing does any more.
    Impaired(Option<LinkFault>),
    /// The configuration could not be read again, as [`BoardRequest::Reload`] asked: what was wrong, and where.
    ReloadFailed(&'a str),
    /// The session with the broker ended.
    Disconnected,
}

/// What can be wrong with a session that is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkFault {
    /// The broker refused a subscription: what comes on its topic is not heard.
    SubscriptionRefused,
    /// The broker takes messages and passes none on.
    MessagesSwallowed,
    /// More messages come than anybody has reason to send.
    MessageFlood,
}

impl LinkFault {
    /// The name of the fault in payloads. It never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubscriptionRefused => "subscription_refused",
            Self::MessagesSwallowed => "messages_swallowed",
            Self::MessageFlood => "message_flood",
        }
    }
}

/// What is to be done after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an order that is not carried out leaves the output as it was"]
pub struct Effects {
    /// What the firing path may do, and until when. It holds until the next order or its own end.
    pub order: Order,
    /// Messages wait for [`Dimmer::take`](crate::Dimmer::take).
    pub to_send: bool,
    /// What a person would want to read in the log: a refusal, a new reason, the change of an alarm, and what goes wrong with the pool. Of several changes the next
    /// one comes with the next event, for which [`Dimmer::next_deadline`](crate::Dimmer::next_deadline) asks at once.
    pub incidents: [Option<Incident>; 4],
    /// What only the board can do.
    pub board: Option<BoardRequest>,
}

/// What a message asks for, and only the board can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoardRequest {
    /// A setting was changed, and is in force: keep [`Dimmer::config`](crate::Dimmer::config) where the board keeps its configuration.
    Keep,
    /// Read the configuration again from there, and take it with [`Dimmer::configure`](crate::Dimmer::configure); or say with
    /// [`Event::ReloadFailed`] why not.
    Reload,
    /// Start again.
    Restart,
    /// Look for probes on the wire. Asked only of a board that said that it can ([`Dimmer::offer_probe_search`](crate::Dimmer::offer_probe_search)).
    SearchProbes,
}

/// Something that a person would want to read in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incident {
    /// A message was refused; nothing changed.
    Refused(Refusal),
    /// A setpoint was more than the load can take. Of a row of these the first is told, and one in a minute.
    Exceeded(Exceeded),
    /// The decision has another reason than before.
    Decided(dimmer_safety::Reason),
    /// An alarm was raised, escalated, cleared or reset. Each change comes once.
    Alarm(AlarmChange),
    /// Some alarms were not reset, because their cause lasts.
    ResetRefused(AlarmSet),
    /// Something is wrong with the dimmer's part in its shared pool from now on.
    Pool(PoolTrouble),
}
