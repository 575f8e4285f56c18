//! What happens to a dimmer, and what it wants done.

use dimmer_phase::Order;
use dimmer_safety::{AlarmChange, AlarmSet, ProbeFault, Role};
use dimmer_topics::{ProbeCounts, Refusal};

use crate::{FiringReport, PoolTrouble};

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
    /// Read the configuration again from there, and take it with [`Dimmer::configure`](crate::Dimmer::configure).
    Reload,
    /// Start again.
    Restart,
}

/// Something that a person would want to read in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incident {
    /// A message was refused; nothing changed.
    Refused(Refusal),
    /// The decision has another reason than before.
    Decided(dimmer_safety::Reason),
    /// An alarm was raised, escalated, cleared or reset. Each change comes once.
    Alarm(AlarmChange),
    /// Some alarms were not reset, because their cause lasts.
    ResetRefused(AlarmSet),
    /// Something is wrong with the dimmer's part in its shared pool from now on.
    Pool(PoolTrouble),
}
