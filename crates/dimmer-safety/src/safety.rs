//! The inputs with their ages, and the one decision over them.

use crate::input::Heard;
use crate::{
    Decision, FULL_CENTIPERCENT, Instant, ProbeFault, ProbeUse, Reason, Settings, Verdict,
};

/// What is known of the water.
#[derive(Clone, Copy, Debug)]
struct Water {
    /// When the last good reading came.
    heard: Heard,
    /// The last good reading.
    millicelsius: Option<i32>,
    /// The fault of the last attempt to read, if it was one.
    fault: Option<ProbeFault>,
    /// Whether the last value that came cannot be a water temperature.
    implausible: bool,
    /// Whether the limit was reached and the water has not yet cooled to the resume temperature.
    too_hot: bool,
}

/// May the heater be on, how far, and if not why.
///
/// Tell it everything that happens, with the time; ask [`decide`](Self::decide) after every event and at
/// [`next_deadline`](Self::next_deadline). It starts with everything missing: off.
///
/// # Time that goes back
/// If a `now` is earlier than one given before, no age can be vouched for any longer. Every input heard so far then counts
/// as stale until it is heard again: stale is safe, and the next messages mend it. (Clamping to the latest time seen
/// instead would keep an input fresh for as long as the clock takes to catch up.)
#[derive(Clone, Debug)]
pub struct Safety {
    settings: Settings,
    settings_valid: bool,
    latest: Instant,
    setpoint: Heard,
    water: Water,
    mains_locked: bool,
    switched_on: bool,
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
            latest: now,
            setpoint: Heard::Never,
            water: Water {
                heard: Heard::Never,
                millicelsius: None,
                fault: None,
                implausible: false,
                too_hot: false,
            },
            mains_locked: false,
            switched_on: true,
            reason: Reason::ConfigurationInvalid,
            since: now,
        };
        (_, safety.reason) = safety.judge(now);
        safety
    }

    /// A setpoint was received. Call it for every accepted message: one that repeats unchanged is alive.
    pub fn setpoint_received(&mut self, now: Instant) {
        self.observe(now);
        self.setpoint = Heard::At(now);
    }

    /// A reading of the water, in millicelsius, or why there is none.
    ///
    /// - A plausible reading is kept, and ends a fault.
    /// - A fault is not a reading: the last good reading counts until its maximum age, so that a probe may fail now and
    ///   then, but the fault does not make it younger.
    /// - A value outside the plausible range (or [`ProbeFault::OutOfRange`]) turns the output off **at once**, until a
    ///   plausible one arrives: a probe that states the impossible may be as wrong when it states the possible. Faults do
    ///   not end this state.
    pub fn water(&mut self, now: Instant, reading: Result<i32, ProbeFault>) {
        self.observe(now);
        match reading {
            Ok(millicelsius) if self.settings.is_plausible(millicelsius) => {
                self.water.heard = Heard::At(now);
                self.water.millicelsius = Some(millicelsius);
                self.water.fault = None;
                self.water.implausible = false;
                self.judge_limit();
            }
            Ok(_) | Err(ProbeFault::OutOfRange) => {
                self.water.fault = Some(ProbeFault::OutOfRange);
                self.water.implausible = true;
            }
            Err(fault) => self.water.fault = Some(fault),
        }
    }

    /// Whether the zero crossings of the mains are being followed. What finds them keeps its own time limit.
    pub fn mains(&mut self, locked: bool) {
        self.mains_locked = locked;
    }

    /// Whether a person switched the dimmer on. It starts switched on: every other condition still has to hold.
    pub fn switched(&mut self, on: bool) {
        self.switched_on = on;
    }

    /// Changes the settings live.
    ///
    /// Fails safe: an input that is stale by the old settings stays so until it is heard again, whatever age the new ones
    /// allow; the last reading is judged by the new range and limit, and outside the new range it counts as implausible.
    /// Settings that do not [`validate`](Settings::validate) turn the output off.
    pub fn set_settings(&mut self, now: Instant, settings: Settings) {
        self.observe(now);
        if !self.setpoint_is_fresh(now) {
            self.setpoint.lose();
        }
        if !self.water_is_fresh(now) {
            self.water.heard.lose();
        }
        self.settings_valid = settings.validate().is_ok();
        self.settings = settings;
        if self
            .water
            .millicelsius
            .is_some_and(|millicelsius| !settings.is_plausible(millicelsius))
        {
            self.water.implausible = true;
        }
        self.judge_limit();
    }

    /// The one decision: off, limited or free, with the reason and since when.
    pub fn decide(&mut self, now: Instant) -> Decision {
        self.observe(now);
        let (verdict, reason) = self.judge(now);
        if reason != self.reason {
            self.reason = reason;
            self.since = now;
        }
        Decision::new(verdict, self.reason, self.since)
    }

    /// The next instant at which a fresh input becomes stale if it is not heard again: decide again then.
    ///
    /// `None` if no input is fresh. `now` itself if the time went back.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        if now < self.latest {
            return Some(now);
        }
        let setpoint = self
            .setpoint
            .deadline(now, self.settings.setpoint_maximum_age());
        let water = match self.settings.water_probe {
            ProbeUse::Required => self
                .water
                .heard
                .deadline(now, self.settings.water_maximum_age()),
            ProbeUse::Absent => None,
        };
        match (setpoint, water) {
            (Some(setpoint), Some(water)) => Some(setpoint.min(water)),
            (one, other) => one.or(other),
        }
    }

    /// The settings in use.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The last good reading of the water, in millicelsius, while it is fresh.
    #[must_use]
    pub fn water_millicelsius(&self, now: Instant) -> Option<i32> {
        if now >= self.latest && self.water_is_fresh(now) && !self.water.implausible {
            self.water.millicelsius
        } else {
            None
        }
    }

    /// What was wrong with the last attempt to read the water; `None` if nothing was, or nothing was heard yet.
    #[must_use]
    pub const fn water_fault(&self) -> Option<ProbeFault> {
        self.water.fault
    }

    /// Notes the time, and loses every input if it went back.
    fn observe(&mut self, now: Instant) {
        if now < self.latest {
            self.setpoint.lose();
            self.water.heard.lose();
            self.since = self.since.min(now);
        }
        self.latest = now;
    }

    /// Latches the limit, and releases it at the resume temperature.
    fn judge_limit(&mut self) {
        if let Some(millicelsius) = self.water.millicelsius {
            if millicelsius >= self.settings.water_limit_millicelsius {
                self.water.too_hot = true;
            } else if millicelsius <= self.settings.water_resume_millicelsius {
                self.water.too_hot = false;
            }
        }
    }

    fn setpoint_is_fresh(&self, now: Instant) -> bool {
        self.setpoint
            .is_fresh(now, self.settings.setpoint_maximum_age())
    }

    fn water_is_fresh(&self, now: Instant) -> bool {
        self.water
            .heard
            .is_fresh(now, self.settings.water_maximum_age())
    }

    /// Every rule, in the order of precedence of [`Reason`].
    fn judge(&self, now: Instant) -> (Verdict, Reason) {
        let hindrance = self
            .configuration_hindrance()
            .or_else(|| self.water_hindrance(now))
            .or_else(|| self.mains_hindrance())
            .or_else(|| self.switch_hindrance())
            .or_else(|| self.setpoint_hindrance(now));
        let maximum_centipercent = self.settings.maximum_centipercent;
        match hindrance {
            Some(reason) => (Verdict::Off, reason),
            None if maximum_centipercent < FULL_CENTIPERCENT => (
                Verdict::Limited {
                    maximum_centipercent,
                },
                Reason::LimitedBySetting,
            ),
            None => (Verdict::Free, Reason::Following),
        }
    }

    fn configuration_hindrance(&self) -> Option<Reason> {
        (!self.settings_valid).then_some(Reason::ConfigurationInvalid)
    }

    fn water_hindrance(&self, now: Instant) -> Option<Reason> {
        match self.settings.water_probe {
            ProbeUse::Absent => None,
            ProbeUse::Required => {
                if self.water.implausible {
                    Some(Reason::ProbeImplausible)
                } else if !self.water_is_fresh(now) {
                    Some(match (self.water.fault, self.water.heard) {
                        (Some(_), _) => Reason::ProbeFault,
                        (None, Heard::Never) => Reason::ProbeMissing,
                        (None, _) => Reason::ProbeStale,
                    })
                } else if self.water.too_hot {
                    Some(Reason::WaterTooHot)
                } else {
                    None
                }
            }
        }
    }

    fn mains_hindrance(&self) -> Option<Reason> {
        (!self.mains_locked).then_some(Reason::MainsNotLocked)
    }

    fn switch_hindrance(&self) -> Option<Reason> {
        (!self.switched_on).then_some(Reason::SwitchedOff)
    }

    fn setpoint_hindrance(&self, now: Instant) -> Option<Reason> {
        if self.setpoint_is_fresh(now) {
            None
        } else if self.setpoint == Heard::Never {
            Some(Reason::SetpointMissing)
        } else {
            Some(Reason::SetpointStale)
        }
    }
}
