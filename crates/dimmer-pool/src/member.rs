//! One dimmer of a pool: setpoint, own ability and what others announce in; own share and own announcements out.

use crate::{
    Announcement, AnnouncementError, Assignment, Heard, Instant, MemberId, Pool, Setpoint,
    Settings, Share, Sharing, Shortfall, Standing, Thresholds,
};

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

/// What a shared pool does as a whole. The alive member with the lowest id tells it to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// What the pool is asked for, in watts, rounded to the nearest.
    pub asked_watts: u64,
    /// What its alive members say that they take, in watts.
    pub applied_watts: u64,
    /// What its alive members could take, in watts.
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
    ability: Ability,
    setpoint: Option<Setpoint>,
    in_session: bool,
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
        let _ = now;
        Self {
            thresholds: Thresholds::new(settings, rated_watts),
            pool: Pool::new(id, boot),
            id,
            boot,
            ability: Ability::default(),
            setpoint: None,
            in_session: false,
        }
    }

    /// Changes the settings live. Who takes part in the shared pool no more is to take its announcement off the broker: see
    /// [`is_shared`](Self::is_shared).
    pub fn set_settings(&mut self, now: Instant, settings: Settings) {
        let _ = now;
        self.thresholds.set_settings(settings);
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

    /// Whether this dimmer takes part in a shared pool: it announces itself, and listens to the others.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.settings().sharing.is_shared()
    }

    /// A session with a broker stands. The caller has subscribed to the announcements, and after that to the availabilities; an
    /// announcement is due at once.
    pub fn connected(&mut self, now: Instant) {
        let _ = now;
        self.in_session = true;
        self.pool.connected();
    }

    /// The session is lost. What is known holds as long as its age allows.
    pub fn disconnected(&mut self) {
        self.in_session = false;
    }

    /// The common setpoint was heard: it holds until the next one. How old it may be is for the caller to judge.
    pub fn asked(&mut self, setpoint: Setpoint) {
        self.setpoint = Some(setpoint);
    }

    /// What this dimmer can do. Call it whenever that changes, or always before [`share`](Self::share).
    pub fn able(&mut self, now: Instant, ability: Ability) {
        let _ = now;
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

    /// The broker published the will of a dimmer, `offline`. Ids that are no members are none of its business.
    ///
    /// Of this dimmer itself, it is the will of a former session; the others have heard it, too: an announcement is due at once.
    pub fn offline(&mut self, now: Instant, id: MemberId) {
        let _ = now;
        self.pool.offline(id);
    }

    /// An empty announcement was heard: the member took it off the broker, and with it itself out of the pool.
    pub fn removed(&mut self, now: Instant, id: MemberId) {
        let _ = now;
        self.pool.removed(id);
    }

    /// This dimmer's share of the common setpoint now. Nothing while no setpoint was heard.
    ///
    /// Calling it more often than needed does no harm.
    pub fn share(&mut self, now: Instant) -> Assignment {
        let _ = now;
        let share = self
            .setpoint
            .map_or(Share::OFF, |setpoint| self.thresholds.share(setpoint));
        Assignment {
            share,
            standing: Standing::Thresholds,
            shortfall: None,
            remark: None,
        }
    }

    /// A command for this dimmer alone: see [`Thresholds::direct`].
    #[must_use]
    pub fn direct(&self, setpoint: Setpoint) -> Share {
        self.thresholds.direct(setpoint)
    }

    /// When [`announce`](Self::announce) is due: at once (`now` or before), or later; never without a shared pool or a session.
    ///
    /// After a change it is at once, so whoever sends keeps the messages apart.
    #[must_use]
    pub fn announcement_due(&self, now: Instant) -> Option<Instant> {
        let _ = now;
        None
    }

    /// What to publish now, retained, as this member's announcement. Each one has a sequence of its own: publish it, or ask again.
    /// Nothing without a shared pool, a session or a rated power.
    pub fn announce(&mut self, now: Instant) -> Option<Announcement> {
        let _ = (now, self.boot, self.id);
        None
    }

    /// Whether [`totals`](Self::totals) are due: this member is the one to tell them, and they changed or were not told since its
    /// last announcement.
    #[must_use]
    pub fn totals_due(&self, now: Instant) -> bool {
        let _ = now;
        false
    }

    /// What the pool does as a whole, to be published now, retained; nothing if another member is to tell it.
    pub fn totals(&mut self, now: Instant) -> Option<Totals> {
        let _ = now;
        None
    }

    /// When [`share`](Self::share), [`announcement_due`](Self::announcement_due) and [`totals_due`](Self::totals_due) may change without
    /// anything being heard; nothing if never. Not before `now`.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let _ = now;
        None
    }

    /// The members as this one knows them.
    #[must_use]
    pub const fn pool(&self) -> &Pool<MEMBERS> {
        &self.pool
    }
}
