//! The inputs with their ages, and the one decision over them.

use crate::clock::{Clock, Step};
use crate::heating::Heating;
use crate::input::{Heard, seconds};
use crate::temperature::{Hindrance, Temperature};
use crate::watch::{Cause, Watches};
use crate::wish::Wishes;
use crate::{
    AlarmChange, AlarmKind, AlarmLevel, AlarmSet, Decision, Duration, FULL_CENTIPERCENT, Instant,
    ProbeFault, Reason, ResetOutcome, Role, Settings, Source, Verdict,
};

/// At once.
const NOW: Option<Duration> = Some(Duration::from_ticks(0));
/// A jump of the clock is news for this long, and then for as long as any warning takes to clear.
const CLOCK_JUMP_NEWS: Duration = seconds(60);

/// May the heater be on, how far, and if not why.
///
/// Tell it everything that happens, with the time; ask [`decide`](Self::decide) after every event and at
/// [`next_deadline`](Self::next_deadline). It starts with everything missing: off.
///
/// # Time that goes back or jumps
/// If a `now` is earlier than one given before, or later by more than [`Settings::clock_maximum_step_s`], no age can be vouched for any
/// longer. Every input heard so far then counts as stale until it is heard again: stale is safe, and the next messages mend it.
/// (Clamping to the latest time seen instead would keep an input fresh for as long as the clock takes to catch up.)
#[derive(Clone, Debug)]
pub struct Safety {
    settings: Settings,
    settings_valid: bool,
    clock: Clock,
    jumped_at: Option<Instant>,
    wishes: Wishes,
    preheating: bool,
    water: Temperature,
    heat_sink: Temperature,
    room: Temperature,
    mains_locked: bool,
    mains_heard: Heard,
    gate_fault: bool,
    switched_on: bool,
    heating: Heating,
    watches: Watches,
    reason: Reason,
    since: Instant,
}

impl Safety {
    /// Everything missing, mains not locked, switched on: off until every input has come.
    ///
    /// With settings that do not [`validate`](Settings::validate) it stays off, [`Reason::ConfigurationInvalid`].
    #[must_use]
    pub fn new(settings: Settings, now: Instant) -> Self {
        let mut safety = Self {
            settings_valid: settings.validate().is_ok(),
            settings,
            clock: Clock::new(now),
            jumped_at: None,
            wishes: Wishes::NONE,
            preheating: false,
            water: Temperature::UNKNOWN,
            heat_sink: Temperature::UNKNOWN,
            room: Temperature::UNKNOWN,
            mains_locked: false,
            mains_heard: Heard::Never,
            gate_fault: false,
            switched_on: true,
            heating: Heating::UNKNOWN,
            watches: Watches::new(now),
            reason: Reason::ConfigurationInvalid,
            since: now,
        };
        (_, safety.reason) = safety.judge(now, &safety.watches, None);
        safety
    }

    /// Somebody wants power, in centipercent; more than 10 000 counts as 10 000.
    ///
    /// Call it for every accepted setpoint: one that repeats unchanged is alive. A setpoint holds for
    /// [`Settings::setpoint_maximum_age_s`]; a boost or a schedule, which is kept on this device, for 2 s. Wanting 0 is a wish, too. A
    /// wish in the name of [`Source::Preheat`] counts for nothing.
    pub fn wish(&mut self, now: Instant, source: Source, centipercent: u16) {
        self.observe(now);
        self.wishes.set(now, source, centipercent);
    }

    /// What a source wanted is another amount, because settings changed or others of a pool did, in centipercent; more than 10 000 counts
    /// as 10 000. It is no fresher by that, and nothing if the source was never heard.
    pub fn amend(&mut self, now: Instant, source: Source, centipercent: u16) {
        self.observe(now);
        self.wishes.amend(source, centipercent);
    }

    /// A source no longer wants anything, as if it had never been heard.
    pub fn withdraw(&mut self, now: Instant, source: Source) {
        self.observe(now);
        self.wishes.withdraw(source);
    }

    /// A reading of a temperature, in millicelsius, or why there is none.
    ///
    /// - A plausible reading is kept, and ends a fault.
    /// - A fault is not a reading: the last good reading counts until its maximum age, so that a probe may fail now and
    ///   then, but the fault does not make it younger.
    /// - A value outside the plausible range ([`ProbeFault::OutOfRange`]), or too far from the one before
    ///   ([`ProbeFault::TooFast`]), turns the output off **at once**, until a plausible one arrives: a probe that states the impossible may
    ///   be as wrong when it states the possible. Faults do not end this state.
    pub fn temperature(&mut self, now: Instant, role: Role, reading: Result<i32, ProbeFault>) {
        self.observe(now);
        let bounds = self.settings.bounds(role);
        let good = self.of_mut(role).read(now, reading, &bounds);
        if let (Role::Water, Some(millicelsius)) = (role, good) {
            self.heating.water(now, millicelsius, &self.settings);
            self.judge_preheat(millicelsius);
        }
    }

    /// A temperature comes from another probe or topic than before: what was heard is stale until it is heard again. What was too hot
    /// stays so until a reading at the resume temperature.
    pub fn source_changed(&mut self, now: Instant, role: Role) {
        self.observe(now);
        self.of_mut(role).lose();
        if role == Role::Water {
            self.heating.measured_elsewhere();
        }
    }

    /// Whether the zero crossings of the mains are being followed. Say it again and again: unrepeated it holds for
    /// [`Settings::mains_maximum_age_ms`].
    pub fn mains(&mut self, now: Instant, locked: bool) {
        self.observe(now);
        self.mains_heard = Heard::At(now);
        self.mains_locked = locked;
    }

    /// What the firing path really fed from now on, in watts: not what it was ordered. Say it again and again: unrepeated it holds
    /// for 1 s. Decides nothing but the alarms on the heater.
    pub fn applied(&mut self, now: Instant, watts: u32) {
        self.observe(now);
        self.heating.applied(now, watts, &self.settings);
    }

    /// Whether the gate refuses what it is fed. It changes the reason only: what the gate refuses is not applied anyway.
    pub fn gate_fault(&mut self, now: Instant, is: bool) {
        self.observe(now);
        self.gate_fault = is;
    }

    /// Whether a person switched the dimmer on. It starts switched on: every other condition still has to hold.
    pub fn switched(&mut self, now: Instant, on: bool) {
        self.observe(now);
        self.switched_on = on;
    }

    /// Changes the settings live.
    ///
    /// Fails safe: an input that is stale by the old settings stays so until it is heard again, whatever age the new ones
    /// allow; the last reading is judged by the new range and limit, and outside the new range it counts as implausible.
    /// Settings that do not [`validate`](Settings::validate) turn the output off. Latched alarms stay.
    pub fn set_settings(&mut self, now: Instant, settings: Settings) {
        self.observe(now);
        self.wishes.lose_stale(now, &self.settings);
        if !self
            .mains_heard
            .is_fresh(now, self.settings.mains_maximum_age())
        {
            self.mains_heard.lose();
        }
        for role in Role::ALL {
            let (old, new) = (self.settings.bounds(role), settings.bounds(role));
            self.of_mut(role).rebound(now, &old, &new);
        }
        self.settings_valid = settings.validate().is_ok();
        self.settings = settings;
        let bounds = settings.bounds(Role::Water);
        match self.water.millicelsius(now, &bounds) {
            Some(millicelsius) => self.judge_preheat(millicelsius),
            // The next reading says.
            None => self.preheating = false,
        }
    }

    /// The one decision: off, limited or free, with the reason and since when.
    pub fn decide(&mut self, now: Instant) -> Decision {
        self.observe(now);
        self.watches = self.watched(now);
        let wish = self.largest_wish(now);
        let (verdict, reason) = self.judge(now, &self.watches, wish);
        if reason != self.reason {
            self.reason = reason;
            self.since = now;
        }
        Decision::new(verdict, self.reason, self.since, wish)
    }

    /// What [`decide`](Self::decide) would permit at `now` if a fresh setpoint asked for full power, in centipercent, 0 to 10 000: 0 if
    /// anything but the want of a setpoint forbids power. For whoever divides power among several, before it is asked for.
    ///
    /// Notes nothing: neither the time nor an alarm.
    #[must_use]
    pub fn available_centipercent(&self, now: Instant) -> u16 {
        if self.clock.jumps(now, self.settings.clock_maximum_step()) {
            // By such a time every input is stale, that of the mains among them.
            return 0;
        }
        let wish = (Source::Setpoint, FULL_CENTIPERCENT);
        let (verdict, _) = self.judge(now, &self.watched(now), Some(wish));
        verdict.maximum_centipercent()
    }

    /// When the decision or an alarm may change although nothing is heard: decide again then.
    ///
    /// Never before `now`; `now` itself if the time went back, or an alarm's change waits.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Instant {
        if self.clock.is_behind(now) || self.watches.has_change() {
            return now;
        }
        let mut deadline = self.clock.deadline(self.settings.clock_maximum_step());
        let mains = self
            .mains_heard
            .deadline(now, self.settings.mains_maximum_age());
        let jump = self
            .jumped_at
            .and_then(|at| Heard::At(at).deadline(now, CLOCK_JUMP_NEWS));
        let temperatures = Role::ALL.map(|role| {
            let bounds = self.settings.bounds(role);
            bounds
                .required
                .then(|| self.of(role).deadline(now, &bounds))
                .flatten()
        });
        let others = [
            mains,
            jump,
            self.wishes.deadline(now, &self.settings),
            self.watches.deadline(),
        ];
        for other in others.into_iter().chain(temperatures).flatten() {
            deadline = deadline.min(other);
        }
        deadline.max(now)
    }

    /// The alarms at a level.
    #[must_use]
    pub fn alarms(&self, level: AlarmLevel) -> AlarmSet {
        self.watches.at(level)
    }

    /// The next change of an alarm that was not yet told, once each: worth one message.
    ///
    /// Take them after every [`decide`](Self::decide), until there is none. What comes and goes between two calls is not told.
    pub fn take_change(&mut self) -> Option<AlarmChange> {
        self.watches.take_change()
    }

    /// Resets the critical alarms whose cause is gone; those whose cause lasts stay.
    ///
    /// A probe's alarm needs a good reading, and one of heat a good reading below the resume temperature. Whether the heater warms
    /// can only be seen by trying: those alarms are reset, and measured afresh.
    pub fn reset_alarms(&mut self, now: Instant) -> ResetOutcome {
        self.observe(now);
        self.watches = self.watched(now);
        let reset = self.watches.resettable();
        self.watches.clear(reset);
        let of_heater = [AlarmKind::HeaterDoesNotWarm, AlarmKind::HeaterWarmsWhileOff];
        if of_heater.into_iter().any(|kind| reset.contains(kind)) {
            self.heating.restart();
        }
        ResetOutcome {
            reset,
            refused: self.watches.at(AlarmLevel::Critical),
        }
    }

    /// Latches the critical alarms that were kept over a reset of the chip ([`alarms`](Self::alarms) of
    /// [`AlarmLevel::Critical`]). Told as raised. What was too hot is so until a reading at the resume temperature.
    pub fn restore(&mut self, latched: AlarmSet) {
        for (kind, role) in [
            (AlarmKind::WaterOverTemperature, Role::Water),
            (AlarmKind::HeatSinkTooHot, Role::HeatSink),
        ] {
            if latched.contains(kind) {
                self.of_mut(role).assume_too_hot();
            }
        }
        self.watches.latch(latched);
    }

    /// Whether a person has it switched on.
    #[must_use]
    pub const fn is_switched_on(&self) -> bool {
        self.switched_on
    }

    /// The settings in use.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The last good reading of a temperature, in millicelsius, while it is fresh.
    #[must_use]
    pub fn millicelsius(&self, now: Instant, role: Role) -> Option<i32> {
        if self.clock.is_behind(now) {
            return None;
        }
        self.of(role).millicelsius(now, &self.settings.bounds(role))
    }

    /// What was wrong with the last attempt to read a temperature; `None` if nothing was, or nothing was heard yet.
    #[must_use]
    pub const fn fault(&self, role: Role) -> Option<ProbeFault> {
        self.of(role).fault()
    }

    const fn of(&self, role: Role) -> &Temperature {
        match role {
            Role::Water => &self.water,
            Role::HeatSink => &self.heat_sink,
            Role::Room => &self.room,
        }
    }

    const fn of_mut(&mut self, role: Role) -> &mut Temperature {
        match role {
            Role::Water => &mut self.water,
            Role::HeatSink => &mut self.heat_sink,
            Role::Room => &mut self.room,
        }
    }

    /// Notes the time, and loses every input if it jumped.
    fn observe(&mut self, now: Instant) {
        if self.clock.observe(now, self.settings.clock_maximum_step()) == Step::Jumped {
            self.wishes.lose();
            self.mains_heard.lose();
            for role in Role::ALL {
                self.of_mut(role).lose();
            }
            self.watches.restart(now);
            self.jumped_at = Some(now);
            self.since = self.since.min(now);
        }
    }

    /// Starts the preheating at its minimum, and ends it at its end.
    fn judge_preheat(&mut self, millicelsius: i32) {
        self.preheating = match self.settings.preheat_below_millicelsius {
            None => false,
            Some(below) if millicelsius <= below => true,
            Some(_) => self.preheating && millicelsius < self.settings.preheat_until_millicelsius,
        };
    }

    fn largest_wish(&self, now: Instant) -> Option<(Source, u16)> {
        let preheat = self
            .preheating
            .then_some((Source::Preheat, self.settings.preheat_centipercent));
        match (self.wishes.largest(now, &self.settings), preheat) {
            (Some(wish), Some(preheat)) if preheat.1 > wish.1 => Some(preheat),
            (wish, preheat) => wish.or(preheat),
        }
    }

    fn mains_is_locked(&self, now: Instant) -> bool {
        self.mains_locked
            && self
                .mains_heard
                .is_fresh(now, self.settings.mains_maximum_age())
    }

    /// Every rule, in the order of precedence of [`Reason`].
    fn judge(
        &self,
        now: Instant,
        watches: &Watches,
        wish: Option<(Source, u16)>,
    ) -> (Verdict, Reason) {
        let latched = !watches.at(AlarmLevel::Critical).is_empty();
        let hindrance = (!self.settings_valid)
            .then_some(Reason::ConfigurationInvalid)
            .or(latched.then_some(Reason::AlarmLatched))
            .or_else(|| {
                Role::ALL
                    .into_iter()
                    .find_map(|role| self.temperature_hindrance(now, role))
            })
            .or_else(|| (!self.mains_is_locked(now)).then_some(Reason::MainsNotLocked))
            .or_else(|| (!self.switched_on).then_some(Reason::SwitchedOff));
        match (hindrance, wish) {
            (Some(reason), _) => (Verdict::Off, reason),
            (None, None) if self.wishes.setpoint_was_heard() => {
                (Verdict::Off, Reason::SetpointStale)
            }
            (None, None) => (Verdict::Off, Reason::SetpointMissing),
            (None, Some(wish)) => self.judge_power(now, wish),
        }
    }

    /// How far, when nothing forbids power altogether.
    fn judge_power(&self, now: Instant, (source, wanted): (Source, u16)) -> (Verdict, Reason) {
        let by_setting = self.settings.maximum_centipercent.min(FULL_CENTIPERCENT);
        let by_heat_sink = self.heat_sink_maximum_centipercent(now);
        let maximum_centipercent = by_setting.min(by_heat_sink);
        let verdict = if maximum_centipercent < FULL_CENTIPERCENT {
            Verdict::Limited {
                maximum_centipercent,
            }
        } else {
            Verdict::Free
        };
        let reason = if self.gate_fault {
            Reason::GateFault
        } else if wanted > maximum_centipercent && by_heat_sink < by_setting {
            Reason::HeatSinkDerating
        } else if wanted > maximum_centipercent {
            Reason::LimitedBySetting
        } else {
            match source {
                Source::Setpoint => Reason::Following,
                Source::Boost => Reason::Boosting,
                Source::Schedule => Reason::Scheduled,
                Source::Preheat => Reason::Preheating,
            }
        };
        (verdict, reason)
    }

    fn temperature_hindrance(&self, now: Instant, role: Role) -> Option<Reason> {
        let bounds = self.settings.bounds(role);
        if !bounds.required {
            return None;
        }
        let hindrance = self.of(role).hindrance(now, &bounds)?;
        Some(match (role, hindrance) {
            (Role::Water, Hindrance::Implausible) => Reason::ProbeImplausible,
            (Role::Water, Hindrance::Fault) => Reason::ProbeFault,
            (Role::Water, Hindrance::Stale) => Reason::ProbeStale,
            (Role::Water, Hindrance::Missing) => Reason::ProbeMissing,
            (Role::Water, Hindrance::TooHot) => Reason::WaterTooHot,
            (Role::HeatSink, Hindrance::TooHot) => Reason::HeatSinkTooHot,
            (Role::HeatSink, _) => Reason::HeatSinkProbeLost,
            (Role::Room, Hindrance::TooHot) => Reason::RoomTooHot,
            (Role::Room, _) => Reason::RoomProbeLost,
        })
    }

    fn heat_sink_maximum_centipercent(&self, now: Instant) -> u16 {
        let bounds = self.settings.bounds(Role::HeatSink);
        if !bounds.required {
            return FULL_CENTIPERCENT;
        }
        self.heat_sink
            .millicelsius(now, &bounds)
            .map_or(0, |millicelsius| {
                // Below the limit something is left: what would be nothing is off, with another reason.
                self.settings
                    .heat_sink_maximum_centipercent(millicelsius)
                    .max(1)
            })
    }

    /// The alarms as they are judged now.
    fn watched(&self, now: Instant) -> Watches {
        let mut watches = self.watches.clone();
        watches.update(now, |kind| self.cause(now, kind));
        watches
    }

    fn cause(&self, now: Instant, kind: AlarmKind) -> Cause {
        match kind {
            AlarmKind::WaterProbeLost => self.probe_lost(now, Role::Water),
            AlarmKind::HeatSinkProbeLost => self.probe_lost(now, Role::HeatSink),
            AlarmKind::RoomProbeLost => self.probe_lost(now, Role::Room),
            AlarmKind::WaterOverTemperature => Cause {
                warning_after: None,
                ..self.over_heat(now, Role::Water)
            },
            AlarmKind::HeatSinkTooHot => self.over_heat(now, Role::HeatSink),
            AlarmKind::HeaterDoesNotWarm => Cause {
                present: self.settings.bounds(Role::Water).required
                    && self.heating.is_ineffective(&self.settings),
                warning_after: NOW,
                critical_after: self
                    .heating
                    .is_very_ineffective(&self.settings)
                    .then_some(())
                    .and(NOW),
                is_gone: true,
            },
            AlarmKind::HeaterWarmsWhileOff => Cause {
                present: self.settings.bounds(Role::Water).required
                    && self.heating.warmed_while_off(),
                warning_after: None,
                critical_after: NOW,
                is_gone: true,
            },
            AlarmKind::MainsLost => Cause {
                present: !self.mains_is_locked(now),
                warning_after: Some(seconds(self.settings.mains_lost_after_s)),
                critical_after: None,
                is_gone: true,
            },
            AlarmKind::ClockJump => Cause {
                present: self
                    .jumped_at
                    .is_some_and(|at| Heard::At(at).is_fresh(now, CLOCK_JUMP_NEWS)),
                warning_after: NOW,
                critical_after: None,
                is_gone: true,
            },
        }
    }

    fn probe_lost(&self, now: Instant, role: Role) -> Cause {
        let bounds = self.settings.bounds(role);
        let temperature = self.of(role);
        let failing = temperature.failures() >= self.settings.probe_lost_after_readings;
        let present =
            bounds.required && (failing || temperature.millicelsius(now, &bounds).is_none());
        let critical_s = self.settings.probe_lost_critical_after_s;
        Cause {
            present,
            warning_after: if failing {
                NOW
            } else {
                Some(seconds(self.settings.probe_lost_after_s))
            },
            critical_after: (critical_s > 0).then_some(seconds(critical_s)),
            is_gone: !present,
        }
    }

    fn over_heat(&self, now: Instant, role: Role) -> Cause {
        let bounds = self.settings.bounds(role);
        let temperature = self.of(role);
        let known = temperature.millicelsius(now, &bounds).is_some();
        Cause {
            present: bounds.required && temperature.is_too_hot(),
            warning_after: NOW,
            critical_after: temperature.is_alarming().then_some(()).and(NOW),
            is_gone: !bounds.required || (known && !temperature.is_too_hot()),
        }
    }
}
