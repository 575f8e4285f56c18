//! Topics of settings that are no longer in force, and what still stands on them.

use dimmer_topics::{Message, Topic, Topics};
use heapless::Vec;

use crate::{Sending, outbox::MessageSet};

/// So many at a time. A third change within the delivery of the first one's farewells is not worth the memory.
const CAPACITY: usize = 2;

#[derive(Clone, Debug)]
struct Former {
    /// Tells its messages from those of others while they are on their way.
    identity: u8,
    topics: Topics,
    /// Whether it told the totals of its pool. Where another member tells them nobody would take them back.
    told_totals: bool,
    /// What is still to be taken off the broker.
    left: MessageSet,
    /// How many removals were taken and are not settled: they may be given back.
    on_the_way: u8,
}

impl Former {
    /// What stands on its topics and not on those of `now`.
    fn left_behind<'a>(&'a self, now: &'a Topics) -> impl Iterator<Item = Message> + 'a {
        self.topics
            .left_behind(now)
            .filter(|message| *message != Message::PoolTotals || self.told_totals)
    }
}

/// What is left behind when the topics change, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Farewells {
    former: Vec<Former, CAPACITY>,
    next_identity: u8,
    /// Something may stand on the topics in force. At the start it may, from before.
    spoken: bool,
}

impl Farewells {
    pub(crate) const fn new() -> Self {
        Self {
            former: Vec::new(),
            next_identity: 0,
            spoken: true,
        }
    }

    /// Something is said on the topics in force.
    pub(crate) const fn spoke(&mut self) {
        self.spoken = true;
    }

    /// The topics are `now` others than those of `old`, under which this dimmer told the totals of its pool, or another did.
    pub(crate) fn changed(&mut self, old: Topics, told_totals: bool, now: &Topics) {
        // Those on which nothing was said leave nothing, and those before them may have spared what they share.
        if self.spoken {
            self.former
                .retain(|former| !former.left.is_empty() || former.on_the_way > 0);
            if self.former.is_full() {
                self.former.remove(0);
            }
            // There is room now.
            let _ = self.former.push(Former {
                identity: self.next_identity,
                topics: old,
                told_totals,
                left: MessageSet::EMPTY,
                on_the_way: 0,
            });
            self.next_identity = self.next_identity.wrapping_add(1);
        }
        // On topics that are in force again everything is said anew.
        let back = self.former.iter().position(|former| former.topics == *now);
        self.spoken = back.is_some();
        if let Some(place) = back {
            self.former.remove(place);
        }
        for former in &mut self.former {
            let mut left = MessageSet::EMPTY;
            for message in former.left_behind(now) {
                left.insert(message);
            }
            former.left = left;
        }
    }

    /// Whether something is to be taken off the broker.
    pub(crate) fn is_waiting(&self) -> bool {
        self.former.iter().any(|former| !former.left.is_empty())
    }

    /// The next that is.
    pub(crate) fn take(&mut self) -> Option<Sending> {
        self.former.iter_mut().find_map(|former| {
            let message = former.left.take_first()?;
            former.on_the_way = former.on_the_way.saturating_add(1);
            Some(Sending::LeaveBehind {
                identity: former.identity,
                message,
            })
        })
    }

    /// It was not delivered. What is in force again by now stays.
    pub(crate) fn give_back(&mut self, identity: u8, message: Message, now: &Topics) {
        if let Some(former) = self.of(identity) {
            former.on_the_way = former.on_the_way.saturating_sub(1);
            if former.left_behind(now).any(|left| left == message) {
                former.left.insert(message);
            }
        }
    }

    /// It is settled.
    pub(crate) fn answered(&mut self, identity: u8) {
        if let Some(former) = self.of(identity) {
            former.on_the_way = former.on_the_way.saturating_sub(1);
        }
    }

    /// Where it goes: to nobody if it is of topics that were forgotten.
    pub(crate) fn topic(&self, identity: u8, message: Message) -> Topic {
        let mut all = self.former.iter();
        let former = all.find(|former| former.identity == identity);
        former.map_or_else(Topic::new, |former| former.topics.of(message))
    }

    fn of(&mut self, identity: u8) -> Option<&mut Former> {
        let mut all = self.former.iter_mut();
        all.find(|former| former.identity == identity)
    }
}
