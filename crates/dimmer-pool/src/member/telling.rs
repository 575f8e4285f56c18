//! What one member tells: its own announcement, and the totals of the pool if it is the first.

use super::Member;
use crate::{
    Announcement, Duration, FULL_CENTIPERCENT, Instant, MemberId, RATED_LIMIT_WATTS, Sharing,
    Shortfall, Standing, after,
};

/// What a shared pool does as a whole. The alive member with the lowest id tells it to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// What the pool is asked for, in watts, rounded to the nearest.
    pub asked_watts: u64,
    /// What its alive members say that they take, in watts.
    pub applied_watts: u64,
    /// What its alive members could take, in watts, without those that could not take their minimum.
    pub capacity_watts: u64,
    /// The rated power of all that are announced, alive or not, in watts.
    pub rated_watts: u64,
    /// How many members are alive.
    pub members: u16,
    /// How many are announced, alive or not.
    pub announced: u16,
    /// How they share.
    pub sharing: Sharing,
    /// Why they take less than they are asked for, if they do.
    pub shortfall: Option<Shortfall>,
    /// Who says so.
    pub by: MemberId,
}

impl Totals {
    /// Whether nothing changed that is worth a message of its own.
    fn says_the_same(&self, other: &Self) -> bool {
        let plain = |totals: &Self| Self {
            asked_watts: 0,
            applied_watts: 0,
            shortfall: None,
            ..*totals
        };
        plain(self) == plain(other)
    }
}

/// What was told last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    sequence: u32,
    announcement: Option<(Instant, Announcement)>,
    totals: Option<Totals>,
    /// The last announcement went out without its totals.
    totals_wait: bool,
}

impl Told {
    pub(super) const NOTHING: Self = Self {
        sequence: 0,
        announcement: None,
        totals: None,
        totals_wait: false,
    };

    pub(super) const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// What was told may not have arrived, or no longer stands.
    pub(super) const fn forget_sent(&mut self) {
        self.announcement = None;
        self.totals = None;
    }
}

impl<const MEMBERS: usize> Member<MEMBERS> {
    /// When [`announce`](Self::announce) is due: at once (`now`), or later; never without a shared pool, a session or a rated power.
    ///
    /// After a change it is at once, so whoever sends keeps the messages apart.
    #[must_use]
    pub fn announcement_due(&self, now: Instant) -> Option<Instant> {
        let wanted = self.own_announcement(now)?;
        let due = match self.told.announcement {
            Some((sent_at, sent)) if sent.says_the_same(&wanted) && now >= sent_at => {
                let interval_s = u64::from(self.settings().announce_interval_s);
                after(sent_at, Duration::from_ticks(interval_s * 1_000_000))
            }
            _ => now,
        };
        Some(due.max(now))
    }

    /// What to publish now, retained, as this member's announcement. Each one has a sequence of its own: publish it, or ask again.
    /// Nothing without a shared pool, a session or a rated power.
    pub fn announce(&mut self, now: Instant) -> Option<Announcement> {
        let wanted = self.own_announcement(now)?;
        self.told.sequence = self.told.sequence.saturating_add(1);
        let announcement = Announcement {
            sequence: self.told.sequence,
            ..wanted
        };
        self.pool.sent(announcement.sequence);
        self.told.announcement = Some((now, announcement));
        self.told.totals_wait = true;
        Some(announcement)
    }

    fn own_announcement(&self, now: Instant) -> Option<Announcement> {
        let rated_watts = self.thresholds.rated_watts();
        let can_announce =
            self.in_session && self.is_shared() && (1..=RATED_LIMIT_WATTS).contains(&rated_watts);
        if !can_announce {
            return None;
        }
        let settings = self.settings();
        // Two with one id take nothing, and the others are to know that nothing is taken.
        let available_watts = if self.pool.is_in_conflict(now) {
            0
        } else {
            self.available_watts()
        };
        Some(Announcement {
            boot: self.boot,
            sequence: 0,
            rated_watts,
            available_watts,
            // Rounded up, and yet not above what the maximum lets it take.
            minimum_watts: part(rated_watts, settings.minimum_centipercent)
                .min(self.highest_watts()),
            hysteresis_watts: part(rated_watts, settings.start_hysteresis_centipercent),
            priority: settings.priority,
            weight: settings.weight,
            sharing: settings.sharing,
            pool_watts: settings.pool_watts,
            applied_watts: self.ability.applied_watts.min(rated_watts),
            taking: self.taking,
            interval_s: settings.announce_interval_s,
            day: self.ability.day,
        })
    }

    /// Whether [`totals`](Self::totals) are due: this member is the one to tell them, and they changed or were not told since its
    /// last announcement.
    #[must_use]
    pub fn totals_due(&self, now: Instant) -> bool {
        let Some(current) = self.current_totals(now) else {
            return false;
        };
        let stands = self
            .told
            .totals
            .is_some_and(|told| told.says_the_same(&current));
        self.told.totals_wait || !stands
    }

    /// What the pool does as a whole, to be published now, retained; nothing if another member is to tell it.
    pub fn totals(&mut self, now: Instant) -> Option<Totals> {
        let totals = self.current_totals(now);
        self.told.totals = totals;
        self.told.totals_wait = false;
        totals
    }

    fn current_totals(&self, now: Instant) -> Option<Totals> {
        let is_first = self.pool.alive(now).next()?.id == self.id;
        if !is_first || !self.in_session || self.standing(now) != Standing::Shared {
            return None;
        }
        let shares = self.shares(now)?;
        let (mut applied_watts, mut members, mut announced) = (0, 0, 0);
        for member in self.pool.members(now) {
            announced = u16::saturating_add(announced, 1);
            if member.is_alive {
                members = u16::saturating_add(members, 1);
                applied_watts =
                    u64::saturating_add(applied_watts, member.announcement.applied_watts.into());
            }
        }
        Some(Totals {
            asked_watts: shares.asked_milliwatts.saturating_add(500) / 1_000,
            applied_watts,
            capacity_watts: shares.outcome.capacity_watts,
            rated_watts: self.pool.rated_watts(),
            members,
            announced,
            sharing: shares.sharing,
            shortfall: shares.outcome.shortfall,
            by: self.id,
        })
    }
}

/// So much of the rated power, in watts, rounded up, at most all of it.
fn part(rated_watts: u32, centipercent: u16) -> u32 {
    let tenths = u64::from(rated_watts) * u64::from(centipercent);
    let watts = tenths.div_ceil(u64::from(FULL_CENTIPERCENT));
    u32::try_from(watts).unwrap_or(rated_watts).min(rated_watts)
}
