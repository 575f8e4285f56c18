//! The shared pool: what it is told of this dimmer, what it gives, and what is said of it.

use dimmer_pool::{Ability, Member, MemberId, Share, Sharing};
use dimmer_safety::Source;
use dimmer_topics::{
    Announcement, DeviceId, LogLevel, Message, PoolTotals, Refusal, RefusalKind, Setpoint, Subject,
    member_is_gone, parse_announcement,
};

use super::{Dimmer, Identity, Request};
use crate::{Duration, Instant, PoolTrouble, refusals::Refusals};

/// Most members of a shared pool that are told apart.
///
/// More than stand in any house, and what one setpoint serves on a site. The list costs RAM whether or not there is a pool, less than
/// 5 KiB (a test measures it), and about as much on the stack for a moment while it is divided.
pub const POOL_MEMBERS: usize = 64;

/// A gate that has failed is not counted on until it has been well for so long: a member whose gate fails again with each share that
/// it is given would have all the others divide anew every time.
const GATE_FAULT_HOLD: Duration = Duration::from_ticks(10_000_000);

impl Dimmer {
    /// Takes the share that follows from what is so now. It may be another although nobody asked anew: because of a ramp, or of another
    /// member. A setpoint is no fresher by that.
    pub(super) fn follow_pool(&mut self, now: Instant) -> Option<PoolTrouble> {
        if !self.is_asked(now) {
            self.member.unasked();
        }
        let before = self.assignment.share;
        self.assign(now);
        if let Some(Request::Followed(_)) = self.request
            && self.assignment.share != before
        {
            let share = self.assignment.share.centipercent();
            self.safety.amend(now, Source::Setpoint, share);
        }
        // Compared with what was told, as a setpoint that was just heard may have led to another assignment already.
        let trouble = PoolTrouble::of(&self.assignment);
        let told = core::mem::replace(&mut self.told_trouble, trouble);
        if trouble != told {
            self.outbox.changed(Message::Status);
        }
        trouble.filter(|_| trouble != told)
    }

    /// What this dimmer takes of the common setpoint.
    pub(super) fn share_of_followed(&mut self, now: Instant, setpoint: Setpoint) -> Share {
        self.followed_at = Some(now);
        self.member.asked(super::inputs::pool_setpoint(setpoint));
        self.assign(now);
        self.assignment.share
    }

    /// The common setpoint is nothing to this dimmer any more.
    pub(super) fn forget_followed(&mut self) {
        self.followed_at = None;
        self.member.unasked();
    }

    fn assign(&mut self, now: Instant) {
        if self.member.is_shared() {
            // Nobody else asks, and it costs a judgement of every rule.
            let ability = self.ability(now);
            self.member.able(ability);
        }
        self.assignment = self.member.share(now);
    }

    /// What it could take of the common setpoint, and what it takes in all. A boost has a power of its own, which nobody divides, and so has a
    /// setpoint for this dimmer alone; a gate that fails takes nothing.
    fn ability(&self, now: Instant) -> Ability {
        let is_elsewhere = self.boost.ends().is_some() || self.is_directed(now);
        let available = if is_elsewhere || self.has_failing_gate(now) {
            0
        } else {
            let highest = self.config.pool.maximum_centipercent;
            self.safety.available_centipercent(now).min(highest)
        };
        Ability {
            available_watts: self.watts(available),
            applied_watts: self.watts(self.applied_centipercent(now)),
            day: self.day,
        }
    }

    /// Whether the firing path refuses what it is ordered, or did a moment ago.
    fn has_failing_gate(&self, now: Instant) -> bool {
        let since = self
            .gate_fault_at
            .and_then(|fault_at| now.checked_duration_since(fault_at));
        self.firing.fault.is_some() || since.is_some_and(|since| since < GATE_FAULT_HOLD)
    }

    /// Whether the common setpoint is young enough to count.
    fn is_asked(&self, now: Instant) -> bool {
        self.is_young(now, self.followed_at)
    }

    /// Whether it is a setpoint for this dimmer alone that counts.
    fn is_directed(&self, now: Instant) -> bool {
        matches!(self.request, Some(Request::Direct(_))) && self.is_young(now, self.directed_at)
    }

    /// Whether a setpoint of this time still counts.
    fn is_young(&self, now: Instant, asked_at: Option<Instant>) -> bool {
        let maximum = u64::from(self.config.safety.setpoint_maximum_age_s) * 1_000_000;
        asked_at
            .and_then(|asked_at| now.checked_duration_since(asked_at))
            .is_some_and(|age| age < Duration::from_ticks(maximum))
    }

    /// Marks what the pool is to be told.
    pub(super) fn tell_pool(&mut self, now: Instant) {
        if self
            .member
            .announcement_due(now)
            .is_some_and(|due| due <= now)
        {
            self.outbox.changed(Message::PoolMember);
        }
        if self.member.totals_due(now) {
            self.outbox.changed(Message::PoolTotals);
        }
    }

    /// Writes the announcement that goes out now, with a sequence of its own; unless one has gone out since it was due.
    pub(super) fn begin_announcement(&mut self) -> bool {
        let due = self.member.announcement_due(self.latest);
        let is_due = due.is_some_and(|due| due <= self.latest);
        if !core::mem::take(&mut self.owes_announcement) && !is_due {
            return false;
        }
        self.pool_member = self.member.announce(self.latest).and_then(announcement);
        self.pool_member.is_some()
    }

    /// Writes the totals, if it is this dimmer that tells them.
    pub(super) fn begin_totals(&mut self) -> bool {
        if !core::mem::take(&mut self.owes_totals) && !self.member.totals_due(self.latest) {
            return false;
        }
        let is_asked = self.is_asked(self.latest);
        let totals = self.member.totals(self.latest);
        self.pool_totals = totals.and_then(|totals| pool_totals(&totals, is_asked));
        self.pool_totals.is_some()
    }

    /// Whether it is this dimmer that tells the totals: of those that are alive it has the lowest id.
    pub(super) fn tells_totals(&self, now: Instant) -> bool {
        let first = self.member.pool().alive(now).next();
        first.is_some_and(|known| known.id == member_id(self.identity.id))
    }

    /// What 100 % of the common setpoint is, in watts.
    pub(super) fn followed_watts(&self) -> u32 {
        let pool = &self.config.pool;
        let whole_watts = if pool.sharing.is_shared() {
            // As all its members see it, whatever the own settings say.
            self.member.pool().whole_watts(self.latest)
        } else if pool.percent_of == dimmer_pool::PercentOf::Pool {
            u64::from(pool.pool_watts)
        } else {
            0
        };
        match u32::try_from(whole_watts) {
            // Nobody is known yet.
            Ok(0) => self.config.output.rated_watts,
            Ok(watts) => watts,
            Err(_) => u32::MAX,
        }
    }

    /// A session stands, or is about to: the broker delivers what it retained before it is said to stand.
    pub(super) fn join_pool(&mut self, now: Instant) {
        if !self.hears_pool {
            self.hears_pool = true;
            self.member.connected(now);
        }
    }

    /// The session is lost.
    pub(super) fn lose_pool(&mut self, now: Instant) {
        self.hears_pool = false;
        self.member.disconnected(now);
    }

    /// The topics of the pool are others: of the pool of before nothing is known any more, and of the new one nothing is taken before this
    /// dimmer hears itself there. The setpoint holds as long as it would have.
    pub(super) fn change_pool(&mut self, now: Instant) {
        let Identity { id, boot, .. } = self.identity;
        let rated_watts = self.config.output.rated_watts;
        self.member = Member::new(self.config.pool, member_id(id), boot, rated_watts, now);
        self.hears_pool = false;
        self.pool_member = None;
        self.pool_totals = None;
        self.owes_announcement = false;
        self.owes_totals = false;
        self.refusals = Refusals::NONE;
        match self.request {
            Some(Request::Followed(setpoint)) => {
                self.member.asked(super::inputs::pool_setpoint(setpoint));
            }
            // What all are asked for is not known before it comes again.
            _ => self.forget_followed(),
        }
    }

    /// A member announced itself, or left.
    pub(super) fn member_heard(
        &mut self,
        now: Instant,
        id: DeviceId,
        payload: &[u8],
        retained: bool,
    ) -> Result<(), Refusal> {
        let outcome = self.announcement_heard(now, id, payload, retained);
        match outcome {
            Ok(()) => self.refusals.accepted(id),
            Err(refusal) => {
                if self.refusals.refused(id, refusal.kind()) {
                    self.log_line(now, LogLevel::Warning, refusal.text(), None);
                }
            }
        }
        outcome
    }

    fn announcement_heard(
        &mut self,
        now: Instant,
        id: DeviceId,
        payload: &[u8],
        retained: bool,
    ) -> Result<(), Refusal> {
        let announcement = parse_announcement(payload)?;
        self.join_pool(now);
        let id = member_id(id);
        match announcement {
            None => self.member.removed(id),
            Some(announcement) => {
                let heard = pool_announcement(&announcement);
                self.member
                    .heard(now, id, &heard, retained)
                    .map_err(|_| Refusal::about(Subject::PoolMember, RefusalKind::OutOfRange))?;
            }
        }
        Ok(())
    }

    /// The broker says of somebody whether it is connected.
    pub(super) fn availability_heard(&mut self, now: Instant, id: DeviceId, payload: &[u8]) {
        self.join_pool(now);
        if member_is_gone(payload) {
            self.member.offline(member_id(id));
        }
    }

    /// A line of the log for what begins to be wrong.
    pub(super) fn note_trouble(&mut self, now: Instant, trouble: PoolTrouble) {
        let text = trouble.text(self.config.language.into());
        self.log_line(now, LogLevel::Warning, text, None);
    }
}

pub(super) const fn member_id(id: DeviceId) -> MemberId {
    MemberId::new(id.mac())
}

// The two crates do not know each other.

fn announcement(own: dimmer_pool::Announcement) -> Option<Announcement> {
    Some(Announcement {
        boot: own.boot,
        sequence: own.sequence,
        rated_watts: own.rated_watts,
        available_watts: own.available_watts,
        minimum_watts: own.minimum_watts,
        hysteresis_watts: own.hysteresis_watts,
        priority: own.priority,
        weight: own.weight,
        sharing: topics_sharing(own.sharing)?,
        pool_watts: own.pool_watts,
        applied_watts: own.applied_watts,
        taking: own.taking,
        interval_s: own.interval_s,
        day: own.day,
    })
}

const fn pool_announcement(heard: &Announcement) -> dimmer_pool::Announcement {
    dimmer_pool::Announcement {
        boot: heard.boot,
        sequence: heard.sequence,
        rated_watts: heard.rated_watts,
        available_watts: heard.available_watts,
        minimum_watts: heard.minimum_watts,
        hysteresis_watts: heard.hysteresis_watts,
        priority: heard.priority,
        weight: heard.weight,
        sharing: match heard.sharing {
            dimmer_topics::Sharing::Priority => Sharing::Priority,
            dimmer_topics::Sharing::Weight => Sharing::Weight,
            dimmer_topics::Sharing::Equal => Sharing::Equal,
            dimmer_topics::Sharing::Rotating => Sharing::Rotating,
        },
        pool_watts: heard.pool_watts,
        applied_watts: heard.applied_watts,
        taking: heard.taking,
        interval_s: heard.interval_s,
        day: heard.day,
    }
}

fn pool_totals(totals: &dimmer_pool::Totals, is_asked: bool) -> Option<PoolTotals> {
    let watts = |watts: u64| u32::try_from(watts).unwrap_or(u32::MAX);
    Some(PoolTotals {
        asked_watts: is_asked.then_some(watts(totals.asked_watts)),
        applied_watts: watts(totals.applied_watts),
        capacity_watts: watts(totals.capacity_watts),
        rated_watts: watts(totals.rated_watts),
        members: totals.members,
        announced: totals.announced,
        sharing: topics_sharing(totals.sharing)?,
        shortfall: totals.shortfall.filter(|_| is_asked).and_then(shortfall),
        by: DeviceId::new(totals.by.bytes()),
    })
}

const fn shortfall(shortfall: dimmer_pool::Shortfall) -> Option<dimmer_topics::Shortfall> {
    use dimmer_topics::Shortfall;
    Some(match shortfall {
        dimmer_pool::Shortfall::CapacityReached => Shortfall::CapacityReached,
        dimmer_pool::Shortfall::BelowMinimum => Shortfall::BelowMinimum,
        dimmer_pool::Shortfall::NobodyAble => Shortfall::NobodyAble,
        _ => return None,
    })
}

/// Who shares by thresholds announces nothing.
const fn topics_sharing(sharing: Sharing) -> Option<dimmer_topics::Sharing> {
    use dimmer_topics::Sharing as Topics;
    Some(match sharing {
        Sharing::Thresholds => return None,
        Sharing::Priority => Topics::Priority,
        Sharing::Weight => Topics::Weight,
        Sharing::Equal => Topics::Equal,
        Sharing::Rotating => Topics::Rotating,
    })
}
