//! What can be known of one temperature by somebody who heard the same readings.

use dimmer::safety::{ProbeFault, ProbeUse, Reason, Role, Settings};

/// Readings may differ by this much at any rate, millicelsius.
const NOISE_MILLICELSIUS: u64 = 1_000;

/// What one temperature is judged by.
pub(super) struct Bounds {
    pub(super) required: bool,
    limit: Option<i32>,
    resume: i32,
    /// From here on it is alarming.
    alarm: Option<i64>,
    plausible: core::ops::RangeInclusive<i32>,
    age_us: u64,
    rate_per_minute: u64,
}

impl Bounds {
    pub(super) fn of(settings: &Settings, role: Role) -> Self {
        let alarm = |limit: i32, margin: u32| Some(i64::from(limit) + i64::from(margin));
        match role {
            Role::Water => Self {
                required: settings.water_probe == ProbeUse::Required,
                limit: Some(settings.water_limit_millicelsius),
                resume: settings.water_resume_millicelsius,
                alarm: alarm(
                    settings.water_limit_millicelsius,
                    settings.water_alarm_margin_millicelsius,
                ),
                plausible: settings.water_plausible_minimum_millicelsius
                    ..=settings.water_plausible_maximum_millicelsius,
                age_us: u64::from(settings.water_maximum_age_s) * 1_000_000,
                rate_per_minute: settings.water_maximum_rate_millicelsius_per_minute.into(),
            },
            Role::HeatSink => Self {
                required: settings.heat_sink_probe == ProbeUse::Required,
                limit: Some(settings.heat_sink_limit_millicelsius),
                resume: settings.heat_sink_resume_millicelsius,
                alarm: alarm(
                    settings.heat_sink_limit_millicelsius,
                    settings.heat_sink_alarm_margin_millicelsius,
                ),
                plausible: settings.heat_sink_plausible_minimum_millicelsius
                    ..=settings.heat_sink_plausible_maximum_millicelsius,
                age_us: u64::from(settings.heat_sink_maximum_age_s) * 1_000_000,
                rate_per_minute: settings
                    .heat_sink_maximum_rate_millicelsius_per_minute
                    .into(),
            },
            _ => Self {
                required: settings.room_probe == ProbeUse::Required
                    && settings.room_limit_millicelsius.is_some(),
                limit: settings.room_limit_millicelsius,
                resume: settings.room_resume_millicelsius,
                alarm: None,
                plausible: settings.room_plausible_minimum_millicelsius
                    ..=settings.room_plausible_maximum_millicelsius,
                age_us: u64::from(settings.room_maximum_age_s) * 1_000_000,
                rate_per_minute: settings.room_maximum_rate_millicelsius_per_minute.into(),
            },
        }
    }
}

/// When the last good reading came.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Never,
    At(u64),
    /// Before the clock was set: nobody knows.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Known {
    when: When,
    value: Option<i32>,
    last_failed: bool,
    impossible: bool,
    hot: bool,
    alarming_in_a_row: u32,
    failures_in_a_row: u32,
}

impl Known {
    pub(super) const NOTHING: Self = Self {
        when: When::Never,
        value: None,
        last_failed: false,
        impossible: false,
        hot: false,
        alarming_in_a_row: 0,
        failures_in_a_row: 0,
    };

    /// Gives back a reading that is good.
    pub(super) fn read(
        &mut self,
        now_us: u64,
        reading: Result<i32, ProbeFault>,
        bounds: &Bounds,
    ) -> Option<i32> {
        let possible = match reading {
            Ok(value) => bounds.plausible.contains(&value) && !self.leapt(now_us, value, bounds),
            Err(fault) => !matches!(fault, ProbeFault::OutOfRange | ProbeFault::TooFast),
        };
        self.impossible = match reading {
            Ok(_) => !possible,
            Err(_) => self.impossible || !possible,
        };
        let value = match reading {
            Ok(value) if possible => value,
            _ => {
                self.last_failed = true;
                self.failures_in_a_row += 1;
                return None;
            }
        };
        self.last_failed = false;
        self.failures_in_a_row = 0;
        (self.when, self.value) = (When::At(now_us), Some(value));
        self.judge_limit(value, bounds);
        self.alarming_in_a_row = match bounds.alarm {
            Some(alarm) if i64::from(value) >= alarm => self.alarming_in_a_row + 1,
            _ => 0,
        };
        Some(value)
    }

    /// It is judged by other settings, and gets no fresher by that.
    pub(super) fn rebound(&mut self, now_us: u64, old: &Bounds, new: &Bounds) {
        if !self.is_fresh(now_us, old) {
            self.forget_age();
        }
        let Some(value) = self.value else {
            return;
        };
        self.impossible |= !new.plausible.contains(&value);
        self.judge_limit(value, new);
        if new.alarm.is_none_or(|alarm| i64::from(value) < alarm) {
            self.alarming_in_a_row = 0;
        }
    }

    fn judge_limit(&mut self, value: i32, bounds: &Bounds) {
        match bounds.limit {
            Some(limit) if value >= limit => self.hot = true,
            Some(_) if value > bounds.resume => {}
            _ => self.hot = false,
        }
    }

    pub(super) fn forget_age(&mut self) {
        if self.when != When::Never {
            self.when = When::Unknown;
        }
    }

    pub(super) fn is_alarming(&self) -> bool {
        self.alarming_in_a_row >= 2
    }

    /// An alarm of before a reset says so.
    pub(super) fn assume_hot(&mut self) {
        self.hot = true;
    }

    pub(super) fn is_hot(&self) -> bool {
        self.hot
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures_in_a_row
    }

    pub(super) fn value(&self) -> Option<i32> {
        self.value
    }

    /// The value, while it can be believed.
    pub(super) fn believed(&self, now_us: u64, bounds: &Bounds) -> Option<i32> {
        self.value
            .filter(|_| self.is_fresh(now_us, bounds) && !self.impossible)
    }

    pub(super) fn fresh_until_us(&self, bounds: &Bounds) -> u64 {
        match self.when {
            When::At(at_us) => at_us + bounds.age_us,
            _ => 0,
        }
    }

    /// Why it forbids power, and by which invariant.
    pub(super) fn hindrance(
        &self,
        now_us: u64,
        bounds: &Bounds,
        role: Role,
    ) -> Option<(Reason, &'static str)> {
        let hot = self.hot && !self.impossible && self.is_fresh(now_us, bounds);
        let lost = self.impossible || !self.is_fresh(now_us, bounds);
        let reason = match role {
            Role::Water if self.impossible => Reason::ProbeImplausible,
            Role::Water if lost && self.last_failed => Reason::ProbeFault,
            Role::Water if lost && self.when == When::Never => Reason::ProbeMissing,
            Role::Water if lost => Reason::ProbeStale,
            Role::Water if hot => Reason::WaterTooHot,
            Role::HeatSink if lost => Reason::HeatSinkProbeLost,
            Role::HeatSink if hot => Reason::HeatSinkTooHot,
            Role::Room if lost => Reason::RoomProbeLost,
            Role::Room if hot => Reason::RoomTooHot,
            _ => return None,
        };
        Some((reason, if hot { "I2" } else { "I1" }))
    }

    fn is_fresh(&self, now_us: u64, bounds: &Bounds) -> bool {
        matches!(self.when, When::At(at_us) if now_us - at_us < bounds.age_us)
    }

    /// Whether it moved further than water can since the last good reading, which is fresh.
    fn leapt(&self, now_us: u64, value: i32, bounds: &Bounds) -> bool {
        let (Some(before), When::At(at_us)) = (self.value, self.when) else {
            return false;
        };
        if bounds.rate_per_minute == 0 || !self.is_fresh(now_us, bounds) {
            return false;
        }
        let way = (now_us - at_us) * bounds.rate_per_minute / 60_000_000;
        u64::from(value.abs_diff(before)) > way + NOISE_MILLICELSIUS
    }
}
