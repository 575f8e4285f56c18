//! Who is there: the list that every member keeps, from the same announcements by the same rules.

use heapless::Vec;

use crate::{Announcement, Instant, MemberId};

/// What an announcement, an `offline` or an empty announcement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heard {
    /// It tells something new of another member.
    News,
    /// This member's own, come back.
    Echo,
    /// Late, doubled, or of an earlier life: it changes nothing.
    Stale,
    /// Another device announces itself with this member's id.
    Conflict,
    /// The list is full of lower ids.
    NotKept,
}

/// A member that has announced itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which.
    pub id: MemberId,
    /// What it said last.
    pub announcement: Announcement,
    /// Whether it counts: it was heard within its [`Announcement::age_limit`], and did not go offline since.
    pub is_alive: bool,
}

/// The members of a pool as one of them knows them; up to `MEMBERS`, and if there are more, those with the lowest ids.
#[derive(Clone, Debug)]
pub struct Pool<const MEMBERS: usize = 16> {
    own: MemberId,
    boot: u32,
    entries: Vec<Known, MEMBERS>,
}

impl<const MEMBERS: usize> Pool<MEMBERS> {
    /// An empty list, kept by the member `own` since its start with the number `boot`.
    #[must_use]
    pub const fn new(own: MemberId, boot: u32) -> Self {
        Self {
            own,
            boot,
            entries: Vec::new(),
        }
    }

    /// Somebody announced itself, or this member did. The announcement is valid.
    ///
    /// `retained`: the broker kept it, and it says nothing of now.
    pub fn heard(
        &mut self,
        now: Instant,
        id: MemberId,
        announcement: &Announcement,
        retained: bool,
    ) -> Heard {
        let _ = (now, id, announcement, retained, self.own, self.boot);
        Heard::Stale
    }

    /// The broker says that a member is gone: its will.
    pub fn offline(&mut self, id: MemberId) {
        let _ = id;
    }

    /// A member's announcement was taken off the broker: it left the pool.
    pub fn removed(&mut self, id: MemberId) {
        let _ = id;
    }

    /// A new session with a broker stands. What was known stays until this member's own announcement has come back in it: what was not
    /// heard again until then is no longer there.
    pub fn connected(&mut self) {}

    /// Those that have announced themselves, in the order of their ids.
    pub fn members(&self, now: Instant) -> impl Iterator<Item = Known> + '_ {
        let _ = now;
        self.entries.iter().copied()
    }
}
