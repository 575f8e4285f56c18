//! Who is there: the list that every member keeps, from the same announcements by the same rules.

mod shares;

use heapless::Vec;

use crate::{Announcement, Instant, MemberId, after};

pub use shares::Shares;

/// What an announcement came to.
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

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: MemberId,
    announcement: Announcement,
    heard_at: Instant,
    /// The broker published its will, and it has not spoken since.
    is_offline: bool,
    /// The start before this one: what still comes of it is late.
    former_boot: Option<u32>,
    /// Whether something was heard of it in this session.
    in_session: bool,
}

impl Entry {
    fn dies_at(&self) -> Instant {
        after(self.heard_at, self.announcement.age_limit())
    }

    /// Whether it was heard a short while ago. A time before it was heard says nothing of its age: then it was not.
    fn is_recent(&self, now: Instant) -> bool {
        now >= self.heard_at && now < self.dies_at()
    }

    /// Since a session was lost at `lost_at` nobody could be heard, so that nobody's silence means anything: who was alive then still is.
    fn is_alive(&self, now: Instant, lost_at: Option<Instant>) -> bool {
        let judged_at = match lost_at {
            Some(lost_at) if !self.in_session => lost_at.min(now),
            _ => now,
        };
        !self.is_offline && self.is_recent(judged_at)
    }

    fn known(&self, now: Instant, lost_at: Option<Instant>) -> Known {
        Known {
            id: self.id,
            announcement: self.announcement,
            is_alive: self.is_alive(now, lost_at),
        }
    }
}

/// This member's own announcements, sent and come back.
#[derive(Clone, Copy, Debug, Default)]
struct Own {
    /// The sequence of the last that was sent; 0: none.
    sent: u32,
    /// The same when this session began.
    sent_before_session: u32,
    /// The last that came back, and when.
    echoed: Option<(Instant, Announcement)>,
    /// Whether one of this session came back.
    heard_in_session: bool,
    conflict_until: Option<Instant>,
    /// The life before this one, and the last that a broker kept of it: what still comes of that is late, and nobody else's.
    former: Option<(u32, u32)>,
}

/// The members of a pool as one of them knows them; up to `MEMBERS`, and if there are more, those with the lowest ids.
#[derive(Clone, Debug)]
pub struct Pool<const MEMBERS: usize = 16> {
    id: MemberId,
    boot: u32,
    own: Own,
    /// In the order of the ids.
    entries: Vec<Entry, MEMBERS>,
    /// Somebody found no place.
    is_overfull: bool,
    /// When the session was lost, until this member hears itself in the next one.
    lost_at: Option<Instant>,
}

impl<const MEMBERS: usize> Pool<MEMBERS> {
    /// An empty list, kept by the member `id` since its start with the number `boot`.
    #[must_use]
    pub fn new(id: MemberId, boot: u32) -> Self {
        Self {
            id,
            boot,
            own: Own::default(),
            entries: Vec::new(),
            is_overfull: false,
            lost_at: None,
        }
    }

    /// This member sends an announcement with this sequence, which grows by one with each, from 1.
    pub fn sent(&mut self, sequence: u32) {
        self.own.sent = sequence;
    }

    /// Somebody announced itself, or this member did. The announcement is [valid](Announcement::validate).
    ///
    /// `retained`: the broker kept it, and it says nothing of now.
    pub fn heard(
        &mut self,
        now: Instant,
        id: MemberId,
        announcement: &Announcement,
        retained: bool,
    ) -> Heard {
        if id == self.id {
            return self.heard_own(now, announcement, retained);
        }
        let Ok(index) = self.find(id) else {
            return self.add(now, id, announcement, Heard::News);
        };
        let Some(entry) = self.entries.get_mut(index) else {
            return Heard::Stale;
        };
        let was_alive = entry.is_alive(now, self.lost_at);
        let is_first = !core::mem::replace(&mut entry.in_session, true);
        let is_same_life = entry.announcement.boot == announcement.boot;
        let is_alive = entry.is_alive(now, None);
        if is_first && was_alive && !is_alive {
            // Its silence until now was this member's own.
            entry.heard_at = now;
        }
        let is_late = if is_same_life {
            announcement.sequence <= entry.announcement.sequence
        } else {
            // Whether or not it went offline meanwhile: no life begins twice.
            entry.is_recent(now) && entry.former_boot == Some(announcement.boot)
        };
        if is_late {
            return Heard::Stale;
        }
        if !is_same_life {
            entry.former_boot = Some(entry.announcement.boot);
        }
        // What the broker kept is newer, but was not said now: it prolongs no life and ends no silence.
        entry.is_offline &= retained;
        if !(retained && is_same_life && is_alive) {
            entry.heard_at = now;
        }
        entry.announcement = *announcement;
        Heard::News
    }

    fn heard_own(&mut self, now: Instant, announcement: &Announcement, retained: bool) -> Heard {
        let is_own_life = announcement.boot == self.boot;
        let is_former_life = self.own.former.is_some_and(|(boot, sequence)| {
            boot == announcement.boot && (retained || announcement.sequence <= sequence)
        });
        if retained && !is_own_life && self.own.sent == 0 {
            // Of the life before this one, as nothing of this one was said yet.
            self.own.former = Some((announcement.boot, announcement.sequence));
            return Heard::Stale;
        }
        if is_former_life || (retained && is_own_life) {
            // What counts is that this member is heard now.
            return Heard::Stale;
        }
        if !is_own_life || announcement.sequence > self.own.sent {
            // Where a broker lets only one of two with the same name in, each finds what the other left there.
            self.own.conflict_until = Some(after(now, announcement.age_limit()));
            return Heard::Conflict;
        }
        if let Some((_, echoed)) = self.own.echoed
            && announcement.sequence <= echoed.sequence
        {
            return Heard::Stale;
        }
        self.own.echoed = Some((now, *announcement));
        if !self.own.heard_in_session && announcement.sequence > self.own.sent_before_session {
            self.own.heard_in_session = true;
            let lost_at = self.lost_at.take();
            for entry in &mut self.entries {
                // Who was there and was not heard again yet comes back, too: for one age it counts. Else the first to be back at a broker
                // that keeps nothing would believe itself alone.
                if !entry.in_session && entry.is_alive(now, lost_at) {
                    entry.heard_at = now;
                }
            }
        }
        if self.own.heard_in_session {
            // Brokers deliver what they kept before what comes later: who was not heard again is no longer announced.
            let own = self.id;
            self.entries
                .retain(|entry| entry.in_session || entry.is_recent(now) || entry.id == own);
        }
        if let Ok(index) = self.find(self.id) {
            if let Some(entry) = self.entries.get_mut(index) {
                entry.announcement = *announcement;
                entry.heard_at = now;
                entry.in_session = true;
            }
            return Heard::Echo;
        }
        self.add(now, self.id, announcement, Heard::Echo)
    }

    fn find(&self, id: MemberId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&id, |entry| entry.id)
    }

    /// Puts a new one in its place; if there is none left, the highest id goes, so that all keep the same ones whoever came first.
    fn add(
        &mut self,
        now: Instant,
        id: MemberId,
        announcement: &Announcement,
        kept: Heard,
    ) -> Heard {
        let Err(index) = self.find(id) else {
            return kept;
        };
        if self.entries.is_full() {
            self.is_overfull = true;
            if index >= self.entries.len() {
                return Heard::NotKept;
            }
            self.entries.pop();
        }
        let entry = Entry {
            id,
            announcement: *announcement,
            heard_at: now,
            is_offline: false,
            former_boot: None,
            in_session: true,
        };
        // There is room: one was taken out if there was none.
        match self.entries.insert(index, entry) {
            Ok(()) => kept,
            Err(_) => Heard::NotKept,
        }
    }

    /// The broker published the will of a member: it is gone until it speaks again.
    pub fn offline(&mut self, id: MemberId) {
        if id == self.id {
            // Of a former session of this one, which obviously works.
            return;
        }
        if let Ok(index) = self.find(id)
            && let Some(entry) = self.entries.get_mut(index)
        {
            entry.is_offline = true;
        }
    }

    /// A member's announcement was taken off the broker: it left the pool.
    pub fn removed(&mut self, id: MemberId) {
        if id != self.id {
            self.entries.retain(|entry| entry.id != id);
            let is_last = self.entries.last().is_none_or(|last| last.id < id);
            // Of those that found no place one may have it now, and if there was only that one, it is this.
            self.is_overfull &= self.entries.is_full() && !is_last;
        }
    }

    /// The session is lost. From now on nobody can be heard, so that nobody grows older, until this member hears itself in the next one.
    pub fn disconnected(&mut self, now: Instant) {
        self.lost_at.get_or_insert(now);
        self.hear_anew();
    }

    /// Whether a session was lost, and this member did not hear itself in another one since.
    #[must_use]
    pub const fn is_cut_off(&self) -> bool {
        self.lost_at.is_some()
    }

    /// A new session with a broker stands. What was known stays until this member's own announcement has come back in it: what was not
    /// heard again until then, and was not alive when the session before was lost, is no longer there.
    pub fn connected(&mut self) {
        self.is_overfull = false;
        self.own.sent_before_session = self.own.sent;
        self.hear_anew();
    }

    fn hear_anew(&mut self) {
        self.own.heard_in_session = false;
        for entry in &mut self.entries {
            entry.in_session = false;
        }
    }

    /// Those that have announced themselves, alive or not, in the order of their ids.
    pub fn members(&self, now: Instant) -> impl Iterator<Item = Known> + '_ {
        let lost_at = self.lost_at;
        self.entries
            .iter()
            .map(move |entry| entry.known(now, lost_at))
    }

    /// Those that count, in the order of their ids. The first of them speaks for all.
    pub fn alive(&self, now: Instant) -> impl Iterator<Item = Known> + '_ {
        self.members(now).filter(|member| member.is_alive)
    }

    /// Whether there were more members than the list holds.
    #[must_use]
    pub const fn is_overfull(&self) -> bool {
        self.is_overfull
    }

    /// Whether the list has a place for this member itself.
    #[must_use]
    pub fn has_own(&self) -> bool {
        self.find(self.id).is_ok()
    }

    /// Whether another device lately announced itself with this member's id.
    #[must_use]
    pub fn is_in_conflict(&self, now: Instant) -> bool {
        self.own.conflict_until.is_some_and(|until| now < until)
    }

    /// This member's own announcement that last came back, and when.
    #[must_use]
    pub const fn echoed(&self) -> Option<(Instant, Announcement)> {
        self.own.echoed
    }

    /// When the next member dies of silence, or the conflict ends.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        // Nobody grows older while nobody can be heard.
        let aging = self.entries.iter().filter(|entry| {
            (entry.in_session || self.lost_at.is_none()) && entry.is_alive(now, None)
        });
        let conflict = self.own.conflict_until.filter(|until| now < *until);
        aging.map(Entry::dies_at).chain(conflict).min()
    }
}
