//! One dimmer of a pool: setpoint, own ability and what others announce in; own share and own announcements out.

mod ramp;
mod telling;

use crate::{
    Announcement, AnnouncementError, Assignment, FULL_CENTIPERCENT, Heard, Instant, MemberId, Pool,
    Remark, Setpoint, Settings, Share, Shares, Sharing, Standing, Thresholds, after,
    announcement::age_limit,
};
use ramp::Ramp;
use telling::Told;

pub use telling::Totals;

/// What this dimmer can do now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ability {
    /// What it could take of the common setpoint now, were all of it given to it, in watts: 0 when it is hot, off, in alarm, in boost,
    /// or does not know. What exceeds [`Settings::maximum_centipercent`] does not count.
    pub available_watts: u32,
    /// What it really takes, in watts, from whatever source.
    pub applied_watts: u32,
    /// Days since 1970-01-01 (UTC), if the board has a clock.
    pub day: Option<u32>,
}

/// One dimmer of a pool of up to `MEMBERS`.
///
/// Tell it the setpoint, what it can do, and what it hears; ask it for its share, for what to announce, and when to ask again.
/// With [`Sharing::Thresholds`] it needs nothing but the setpoint, and announces nothing.
#[derive(Clone, Debug)]
pub struct Member<const MEMBERS: usize = 16> {
    thresholds: Thresholds,
    pool: Pool<MEMBERS>,
    id: MemberId,
    boot: u32,
    /// Since when the pool should be heard.
    listening_since: Instant,
    ability: Ability,
    setpoint: Option<Setpoint>,
    in_session: bool,
    /// Whether the last share, before the ramp, was more than nothing.
    taking: bool,
    ramp: Ramp,
    told: Told,
}

impl<const MEMBERS: usize> Member<MEMBERS> {
    /// A dimmer that takes nothing yet.
    ///
    /// - `boot`: a random number of this start.
    /// - `rated_watts`: the power of its load; 0 if unknown, with which it cannot be in a shared pool.
    ///
    /// With settings that do not [`validate`](Settings::validate) it stays off whatever it is asked.
    #[must_use]
    pub fn new(
        settings: Settings,
        id: MemberId,
        boot: u32,
        rated_watts: u32,
        now: Instant,
    ) -> Self {
        Self {
            thresholds: Thresholds::new(settings, rated_watts),
            pool: Pool::new(id, boot),
            id,
            boot,
            listening_since: now,
            ability: Ability::default(),
            setpoint: None,
            in_session: false,
            taking: false,
            ramp: Ramp::AT_ZERO,
            told: Told::NOTHING,
        }
    }

    /// Changes the settings live. Who takes part in the shared pool no more is to take its announcement off the broker: see
    /// [`is_shared`](Self::is_shared). Who takes part from now on knows nobody yet.
    pub fn set_settings(&mut self, now: Instant, settings: Settings) {
        let was_shared = self.is_shared();
        self.thresholds.set_settings(settings);
        if self.is_shared() != was_shared {
            self.pool = Pool::new(self.id, self.boot);
            self.pool.sent(self.told.sequence());
            self.pool.connected();
            self.listening_since = now;
        }
    }

    /// Changes the rated power of the load, in watts; 0 if unknown.
    pub fn set_rated_watts(&mut self, rated_watts: u32) {
        self.thresholds.set_rated_watts(rated_watts);
    }

    /// The settings in use.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        self.thresholds.settings()
    }

    /// Whether this dimmer takes part in a shared pool: it announces itself, and listens to the others. One whose settings do not
    /// [`validate`](Settings::validate) does not.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.thresholds.is_valid() && self.settings().sharing.is_shared()
    }

    /// A session with a broker stands. Subscribe to the announcements first and to the availabilities after that, because an `offline` of a
    /// member that is not known yet is not kept; then announce: it is due at once.
    pub fn connected(&mut self, now: Instant) {
        // Before there was a session, nothing could be heard.
        self.listening_since = now;
        self.in_session = true;
        self.told.forget_sent();
        self.pool.connected();
    }

    /// The session is lost. What is known holds until there is another one: no new setpoint can come, and how long the last one holds is
    /// for the caller to judge.
    pub fn disconnected(&mut self, now: Instant) {
        self.in_session = false;
        self.pool.disconnected(now);
    }

    /// The common setpoint was heard: it holds until the next one.
    pub const fn asked(&mut self, setpoint: Setpoint) {
        self.setpoint = Some(setpoint);
    }

    /// Nobody asks for anything any more: the setpoint is too old, which is for the caller to judge.
    pub const fn unasked(&mut self) {
        self.setpoint = None;
    }

    /// What this dimmer can do. Call it whenever that changes, or always before [`share`](Self::share).
    pub const fn able(&mut self, ability: Ability) {
        self.ability = ability;
    }

    /// An announcement was heard, of another member or this one's own.
    ///
    /// `retained`: the message's retain flag; the broker kept it, and it says nothing of now.
    ///
    /// # Errors
    /// An announcement that cannot be believed changes nothing.
    pub fn heard(
        &mut self,
        now: Instant,
        id: MemberId,
        announcement: &Announcement,
        retained: bool,
    ) -> Result<Heard, AnnouncementError> {
        announcement.validate()?;
        Ok(self.pool.heard(now, id, announcement, retained))
    }

    /// The broker published the will of a dimmer, `offline`. Ids that are no members change nothing.
    ///
    /// Of this dimmer itself, it is the will of a former session; the others have heard it, too: an announcement is due at once.
    pub fn offline(&mut self, id: MemberId) {
        if id == self.id {
            self.told.forget_sent();
        }
        self.pool.offline(id);
    }

    /// An empty announcement was heard: the member took it off the broker, and with it itself out of the pool.
    ///
    /// If somebody else took off this dimmer's own, it is due again at once.
    pub fn removed(&mut self, id: MemberId) {
        if id == self.id {
            self.told.forget_sent();
        }
        self.pool.removed(id);
    }

    /// This dimmer's share of the common setpoint now. Nothing while no setpoint was heard.
    ///
    /// Calling it more often than needed does no harm.
    pub fn share(&mut self, now: Instant) -> Assignment {
        let standing = self.standing(now);
        let mut assignment = Assignment {
            share: Share::OFF,
            standing,
            shortfall: None,
            remark: None,
        };
        match standing {
            Standing::Shared => {
                assignment.remark = self.remark(now);
                if let Some(shares) = self.shares(now) {
                    assignment.shortfall = shares.outcome.shortfall;
                    assignment.share = self.share_of(shares.milliwatts(self.id).unwrap_or(0));
                }
            }
            Standing::Thresholds | Standing::Deaf => {
                if let Some(setpoint) = self.setpoint {
                    assignment.share = self.thresholds.share(setpoint);
                }
            }
            _ => {}
        }
        self.taking = !assignment.share.is_off();
        let least = self.settings().minimum_centipercent;
        let per_second = self.settings().ramp_centipercent_per_s;
        let target = assignment.share.centipercent();
        assignment.share = Share::new(self.ramp.towards(now, target, least, per_second));
        assignment
    }

    /// A command for this dimmer alone: see [`Thresholds::direct`].
    #[must_use]
    pub fn direct(&self, setpoint: Setpoint) -> Share {
        self.thresholds.direct(setpoint)
    }

    /// By which rule this dimmer's share is given now.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        if !self.thresholds.is_valid() {
            Standing::Invalid
        } else if !self.is_shared() {
            Standing::Thresholds
        } else if self.pool.is_in_conflict(now) {
            Standing::Conflict
        } else if now < self.listening_since || self.deaf_at().is_some_and(|deaf_at| now >= deaf_at)
        {
            Standing::Deaf
        } else if self.pool.echoed().is_none() {
            Standing::Waiting
        } else if !self.pool.has_own() {
            Standing::TooMany
        } else {
            Standing::Shared
        }
    }

    /// When this dimmer gives up hearing itself, unless it does; never while it has no session.
    fn deaf_at(&self) -> Option<Instant> {
        if !self.in_session {
            return None;
        }
        Some(match self.pool.echoed() {
            Some((heard_at, announcement)) if !self.pool.is_cut_off() => {
                after(heard_at, announcement.age_limit())
            }
            _ => after(
                self.listening_since,
                age_limit(self.settings().announce_interval_s),
            ),
        })
    }

    /// What the pool does with the setpoint. No setpoint is a setpoint of nothing.
    fn shares(&self, now: Instant) -> Option<Shares<MEMBERS>> {
        let setpoint = self.setpoint.unwrap_or(Setpoint::Watts(0));
        self.pool
            .share(now, setpoint.meant(self.settings().number_is))
    }

    /// So many milliwatts as a share of this dimmer, to the nearest centipercent, as far as it can take them.
    fn share_of(&self, milliwatts: u64) -> Share {
        // What was announced may be more than what is possible by now.
        let possible = u64::from(self.available_watts()) * 1_000;
        let rated = u64::from(self.thresholds.rated_watts()) * 1_000;
        let full = u64::from(FULL_CENTIPERCENT);
        let nearest = milliwatts
            .min(possible)
            .saturating_mul(full)
            .saturating_add(rated / 2)
            .checked_div(rated)
            .unwrap_or(0);
        let share = u16::try_from(nearest)
            .unwrap_or(FULL_CENTIPERCENT)
            .min(self.settings().maximum_centipercent);
        if share < self.settings().minimum_centipercent {
            Share::OFF
        } else {
            Share::new(share)
        }
    }

    /// What this dimmer can take now, within its maximum.
    fn available_watts(&self) -> u32 {
        self.ability.available_watts.min(self.highest_watts())
    }

    /// What the maximum is of the rated power.
    fn highest_watts(&self) -> u32 {
        let highest = Share::new(self.settings().maximum_centipercent);
        highest.watts(self.thresholds.rated_watts())
    }

    fn remark(&self, now: Instant) -> Option<Remark> {
        let first = self.pool.alive(now).next()?.announcement;
        let settings = self.settings();
        if first.sharing != settings.sharing {
            Some(Remark::SharingOverruled)
        } else if first.pool_watts != settings.pool_watts {
            Some(Remark::PoolWattsOverruled)
        } else if first.sharing == Sharing::Rotating && self.pool.day(now).is_none() {
            Some(Remark::NoDay)
        } else {
            self.pool.is_overfull().then_some(Remark::MembersLeftOut)
        }
    }

    /// When [`share`](Self::share), [`announcement_due`](Self::announcement_due) or [`totals_due`](Self::totals_due) may change without
    /// anything being heard; nothing if never. After `now`: what is due already they tell themselves.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let ramp = self.ramp.is_rising().then(|| after(now, ramp::STEP));
        if !self.is_shared() {
            return ramp;
        }
        let others = [
            ramp,
            self.deaf_at(),
            self.announcement_due(now),
            self.pool.next_deadline(now),
        ];
        others.into_iter().flatten().filter(|due| *due > now).min()
    }

    /// The members as this one knows them.
    #[must_use]
    pub const fn pool(&self) -> &Pool<MEMBERS> {
        &self.pool
    }
}
