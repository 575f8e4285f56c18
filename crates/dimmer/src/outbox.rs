//! Which messages are to be sent, and when.

use dimmer_topics::{Message, Topic, Topics};

use crate::{Duration, Instant, farewells::Farewells};

/// Values follow a change after at most this time, and not more often.
const GAP: Duration = Duration::from_ticks(500_000);

/// How the device fares is repeated once in so many rounds: it interests nobody every ten seconds.
const DIAGNOSTIC_ROUNDS: u8 = 6;

/// What goes out next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// A message with its value.
    Say(Message),
    /// An empty retained payload, which takes off the broker what was announced under other settings.
    Withdraw(Message),
    /// The same on a topic of settings that are no longer in force.
    LeaveBehind {
        /// Tells those settings from others, while there are several.
        identity: u8,
        /// What was said there.
        message: Message,
    },
}

/// The messages that wait. Each stands in it at most once: a value is rendered when it is sent, so
/// what goes out is always the newest.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    /// What no longer stands on the topics of before.
    farewells: Farewells,
    /// What these settings do not announce, and others may have.
    obsolete: MessageSet,
    /// Fetched one by one by the session, in the order of [`Message::ALL`].
    ready: MessageSet,
    /// Values that changed and wait for the gap to pass.
    changed: MessageSet,
    gap_ends: Instant,
    heartbeat: Duration,
    next_heartbeat: Instant,
    round: u8,
    announce_at: Option<Instant>,
    online: bool,
    /// The broker of the last session: its place in the list, from 1.
    broker: u8,
    /// When everything began to be said last, and whether that goes on.
    announced_at: Option<Instant>,
    announcing: bool,
    /// The brokers from which everything obsolete was taken, a bit for each place.
    cleaned: u32,
}

impl Outbox {
    pub(crate) fn new(now: Instant, heartbeat: Duration) -> Self {
        Self {
            farewells: Farewells::new(),
            obsolete: MessageSet::EMPTY,
            ready: MessageSet::EMPTY,
            changed: MessageSet::EMPTY,
            gap_ends: now,
            heartbeat,
            next_heartbeat: now,
            round: 0,
            announce_at: None,
            online: false,
            broker: 0,
            announced_at: None,
            announcing: false,
            cleaned: 0,
        }
    }

    /// A new session: everything is said again, and once with each broker what is `obsolete` is taken off it.
    pub(crate) fn connected(
        &mut self,
        now: Instant,
        broker: u8,
        obsolete: impl Iterator<Item = Message>,
    ) {
        self.online = true;
        self.broker = broker;
        self.clean(obsolete);
        self.announcing = false;
        self.announce(now);
    }

    /// Takes off the broker in use what is obsolete, if that was not done.
    fn clean(&mut self, obsolete: impl Iterator<Item = Message>) {
        let bit = 1_u32.checked_shl(self.broker.into()).unwrap_or(0);
        if self.online && self.cleaned & bit == 0 {
            self.cleaned |= bit;
            self.obsolete = MessageSet::EMPTY;
            obsolete.for_each(|message| self.obsolete.insert(message));
        }
    }

    /// Everything is said again, if there is a session and it is not being said already: who asks for it again and again must not
    /// keep the end of it waiting.
    pub(crate) fn announce(&mut self, now: Instant) {
        if !self.online || self.announcing {
            return;
        }
        self.announcing = true;
        self.announced_at = Some(now);
        self.ready = MessageSet::of(|_| true);
        self.changed = MessageSet::EMPTY;
        self.gap_ends = now + GAP;
        self.next_heartbeat = now + self.heartbeat;
        self.announce_at = None;
    }

    /// When everything was said last.
    pub(crate) fn announced_at(&self) -> Option<Instant> {
        self.announced_at
    }

    /// Without a session nothing is kept: the next one starts with everything.
    pub(crate) fn disconnected(&mut self) {
        self.online = false;
        self.announcing = false;
        self.ready = MessageSet::EMPTY;
        self.changed = MessageSet::EMPTY;
        self.announce_at = None;
    }

    /// The topics are `now` others than those of `old`: what stands on those is taken off the broker, the totals of the pool if this dimmer
    /// told them.
    pub(crate) fn leave(&mut self, old: Topics, told_totals: bool, now: &Topics) {
        self.farewells.changed(old, told_totals, now);
    }

    /// Another configuration: the values are repeated this often from now on. Where it changed what is announced, everything is said
    /// anew.
    pub(crate) fn reconfigured(
        &mut self,
        now: Instant,
        heartbeat: Duration,
        obsolete: impl Iterator<Item = Message>,
        announcements_changed: bool,
    ) {
        self.heartbeat = heartbeat;
        self.next_heartbeat = self.next_heartbeat.min(now + heartbeat);
        if announcements_changed {
            // What other brokers still have of it is taken off them when they are in use again.
            self.cleaned = 0;
            self.clean(obsolete);
            self.announcing = false;
            self.announce(now);
        }
    }

    /// A value changed.
    pub(crate) fn changed(&mut self, message: Message) {
        if self.online {
            self.changed.insert(message);
        }
    }

    /// Something is to be said at once.
    pub(crate) fn urgent(&mut self, message: Message) {
        if self.online {
            self.ready.insert(message);
        }
    }

    /// Everything is wanted again, after a while.
    pub(crate) fn announce_at(&mut self, at: Instant) {
        if self.online {
            // The earlier one, if one is due already: who starts again and again gets it all the same.
            self.announce_at = Some(self.announce_at.map_or(at, |due| due.min(at)));
        }
    }

    /// Moves what is due to what is ready; says whether anything is.
    pub(crate) fn advance(&mut self, now: Instant) -> bool {
        if self.online {
            // A clock that went back must not keep anybody waiting until it has caught up.
            self.gap_ends = self.gap_ends.min(now + GAP);
            self.next_heartbeat = self.next_heartbeat.min(now + self.heartbeat);
            if self.announce_at.is_some_and(|at| at <= now) {
                self.announce(now);
            }
            if self.next_heartbeat <= now {
                self.next_heartbeat = now + self.heartbeat;
                self.round = (self.round + 1) % DIAGNOSTIC_ROUNDS;
                let all = self.round == 0;
                // Besides what waits already: an alarm is said once, and must not be forgotten for a heartbeat. A shared temperature goes
                // with each reading instead: repeated without one it would seem younger than it is.
                self.changed.extend(MessageSet::of(|message| {
                    message.is_state()
                        && message != Message::SharedTemperature
                        && (all || !message.is_diagnostic())
                }));
            }
            if self.gap_ends <= now && !self.changed.is_empty() {
                self.gap_ends = now + GAP;
                self.ready.extend(self.changed);
                self.changed = MessageSet::EMPTY;
            }
        }
        self.online
            && (!self.ready.is_empty() || !self.obsolete.is_empty() || self.farewells.is_waiting())
    }

    /// When [`advance`](Self::advance) has something to do again.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if !self.online {
            return None;
        }
        let mut deadline = self.next_heartbeat;
        if let Some(at) = self.announce_at {
            deadline = deadline.min(at);
        }
        if !self.changed.is_empty() {
            deadline = deadline.min(self.gap_ends);
        }
        Some(deadline)
    }

    /// The broker in use, from 1.
    pub(crate) fn broker(&self) -> Option<u8> {
        self.online.then_some(self.broker)
    }

    /// The next of what stands on the topics of before.
    pub(crate) fn take_farewell(&mut self) -> Option<Sending> {
        self.farewells.take()
    }

    /// The next. First goes what is no longer: Home Assistant takes an entity from one topic only.
    pub(crate) fn take(&mut self) -> Option<Sending> {
        let next = self.next();
        if let Some(Sending::Say(_)) = next {
            self.farewells.spoke();
        }
        // What is said now and then in between does not end it: it ends when nothing is left.
        self.announcing &= next.is_some();
        next
    }

    fn next(&mut self) -> Option<Sending> {
        self.take_farewell()
            .or_else(|| self.obsolete.take_first().map(Sending::Withdraw))
            .or_else(|| self.ready.take_first().map(Sending::Say))
    }

    /// Where something goes that is taken off topics of before.
    pub(crate) fn former_topic(&self, identity: u8, message: Message) -> Topic {
        self.farewells.topic(identity, message)
    }

    /// A message was delivered, or never will be.
    pub(crate) fn answered(&mut self, sending: Sending) {
        if let Sending::LeaveBehind { identity, .. } = sending {
            self.farewells.answered(identity);
        }
    }

    /// It was not sent; `topics` are in force.
    pub(crate) fn give_back(&mut self, sending: Sending, topics: &Topics) {
        match sending {
            Sending::LeaveBehind { identity, message } => {
                self.farewells.give_back(identity, message, topics);
            }
            Sending::Withdraw(message) => {
                // What these settings announce is no longer obsolete.
                if topics.obsolete().any(|other| other == message) {
                    self.obsolete.insert(message);
                }
            }
            Sending::Say(message) if self.online => self.ready.insert(message),
            Sending::Say(_) => {}
        }
    }
}

/// A set of messages, by their place in [`Message::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageSet(u128);

// One bit for each message.
const _: () = assert!(Message::ALL.len() <= 128);

impl MessageSet {
    pub(crate) const EMPTY: Self = Self(0);

    fn of(wanted: impl Fn(Message) -> bool) -> Self {
        let mut set = Self::EMPTY;
        for message in Message::ALL {
            if wanted(message) {
                set.insert(message);
            }
        }
        set
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn insert(&mut self, message: Message) {
        if let Some(place) = Message::ALL.iter().position(|other| *other == message) {
            self.0 |= 1 << place;
        }
    }

    fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn take_first(&mut self) -> Option<Message> {
        let place = usize::try_from(self.0.trailing_zeros()).ok()?;
        let message = Message::ALL.get(place)?;
        self.0 &= self.0.wrapping_sub(1);
        Some(*message)
    }
}
