//! Which messages are to be sent, and when.

use dimmer_topics::Message;

use crate::{Duration, Instant};

/// Values follow a change after at most this time, and not more often.
const GAP: Duration = Duration::from_ticks(500_000);

/// The messages that wait. Each stands in it at most once: a value is rendered when it is sent, so
/// what goes out is always the newest.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    /// Fetched one by one by the session, in the order of [`Message::ALL`].
    ready: MessageSet,
    /// Values that changed and wait for the gap to pass.
    changed: MessageSet,
    gap_ends: Instant,
    heartbeat: Duration,
    next_heartbeat: Instant,
    discovery_at: Option<Instant>,
    online: bool,
    /// The broker of the last session: its place in the list, from 1.
    broker: u8,
}

impl Outbox {
    pub(crate) fn new(now: Instant, heartbeat: Duration) -> Self {
        Self {
            ready: MessageSet::EMPTY,
            changed: MessageSet::EMPTY,
            gap_ends: now,
            heartbeat,
            next_heartbeat: now,
            discovery_at: None,
            online: false,
            broker: 0,
        }
    }

    /// A new session: everything is said again.
    pub(crate) fn connected(&mut self, now: Instant, broker: u8) {
        self.online = true;
        self.broker = broker;
        self.announce(now);
    }

    /// Everything is said again, if there is a session.
    pub(crate) fn announce(&mut self, now: Instant) {
        if !self.online {
            return;
        }
        self.ready = MessageSet::of(|_| true);
        self.changed = MessageSet::EMPTY;
        self.gap_ends = now + GAP;
        self.next_heartbeat = now + self.heartbeat;
        self.discovery_at = None;
    }

    /// Without a session nothing is kept: the next one starts with everything.
    pub(crate) fn disconnected(&mut self) {
        self.online = false;
        self.ready = MessageSet::EMPTY;
        self.changed = MessageSet::EMPTY;
        self.discovery_at = None;
    }

    /// The values are repeated this often from now on.
    pub(crate) fn set_heartbeat(&mut self, now: Instant, heartbeat: Duration) {
        self.heartbeat = heartbeat;
        self.next_heartbeat = self.next_heartbeat.min(now + heartbeat);
    }

    /// A value changed.
    pub(crate) fn changed(&mut self, message: Message) {
        if self.online {
            self.changed.insert(message);
        }
    }

    /// Discovery is wanted again, after a while.
    pub(crate) fn discover_at(&mut self, at: Instant) {
        if self.online {
            self.discovery_at = Some(at);
        }
    }

    /// Moves what is due to what is ready; says whether anything is.
    pub(crate) fn advance(&mut self, now: Instant) -> bool {
        if self.online {
            // A clock that went back must not keep anybody waiting until it has caught up.
            self.gap_ends = self.gap_ends.min(now + GAP);
            self.next_heartbeat = self.next_heartbeat.min(now + self.heartbeat);
            if self.discovery_at.is_some_and(|at| at <= now) {
                self.discovery_at = None;
                self.ready.extend(MessageSet::of(|message| {
                    matches!(message, Message::Discovery(_) | Message::DeviceDiscovery(_))
                }));
            }
            if self.next_heartbeat <= now {
                self.next_heartbeat = now + self.heartbeat;
                // Besides what waits already: an alarm is said once, and must not be forgotten for a heartbeat. A shared temperature goes
                // with each reading instead: repeated without one it would seem younger than it is.
                self.changed.extend(MessageSet::of(|message| {
                    message.is_state() && message != Message::SharedTemperature
                }));
            }
            if self.gap_ends <= now && !self.changed.is_empty() {
                self.gap_ends = now + GAP;
                self.ready.extend(self.changed);
                self.changed = MessageSet::EMPTY;
            }
        }
        !self.ready.is_empty()
    }

    /// When [`advance`](Self::advance) has something to do again.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if !self.online {
            return None;
        }
        let mut deadline = self.next_heartbeat;
        if let Some(at) = self.discovery_at {
            deadline = deadline.min(at);
        }
        if !self.changed.is_empty() {
            deadline = deadline.min(self.gap_ends);
        }
        Some(deadline)
    }

    /// The broker in use: its place in the list, from 1.
    pub(crate) fn broker(&self) -> Option<u8> {
        self.online.then_some(self.broker)
    }

    pub(crate) fn take(&mut self) -> Option<Message> {
        self.ready.take_first()
    }

    pub(crate) fn give_back(&mut self, message: Message) {
        if self.online {
            self.ready.insert(message);
        }
    }
}

/// A set of messages, by their place in [`Message::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MessageSet(u128);

// One bit for each message.
const _: () = assert!(Message::ALL.len() <= 128);

impl MessageSet {
    const EMPTY: Self = Self(0);

    fn of(wanted: impl Fn(Message) -> bool) -> Self {
        let mut set = Self::EMPTY;
        for message in Message::ALL {
            if wanted(message) {
                set.insert(message);
            }
        }
        set
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn insert(&mut self, message: Message) {
        if let Some(place) = Message::ALL.iter().position(|other| *other == message) {
            self.0 |= 1 << place;
        }
    }

    fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn take_first(&mut self) -> Option<Message> {
        let place = usize::try_from(self.0.trailing_zeros()).ok()?;
        let message = Message::ALL.get(place)?;
        self.0 &= self.0.wrapping_sub(1);
        Some(*message)
    }
}
