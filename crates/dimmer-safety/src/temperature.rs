//! What is known of one temperature: its role, its age, and whether it can be believed.

use core::fmt;

use crate::input::Heard;
use crate::settings::Bounds;
use crate::{Duration, Instant};

/// What a temperature is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The water in the tank.
    Water,
    /// The triac's heat sink.
    HeatSink,
    /// The room or the cabinet.
    Room,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Water, Self::HeatSink, Self::Room];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::HeatSink => "heat_sink",
            Self::Room => "room",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why an attempt to read a temperature gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProbeFault {
    /// Nothing answers.
    Absent,
    /// The wire is held low.
    Shorted,
    /// What was read was damaged on the way.
    Checksum,
    /// The probe has just started and gave its power-on value.
    PowerOnValue,
    /// An undamaged value that the probe cannot measure. Counts as implausible: off at once.
    OutOfRange,
    /// A value too far from the one before for the time between them. Counts as implausible: off at once.
    TooFast,
    /// Something answers, but not the device or the text that was expected.
    Unrecognised,
    /// The bus, the driver or the topic failed in another way.
    Bus,
    /// Another probe answers than the one that was chosen, or was there at the start.
    Swapped,
    /// Several probes answer, and none was chosen.
    Several,
    /// The readings jump, and none confirms another. A failed attempt, not an implausible value: the probe states none.
    Unsteady,
    /// The probe does not begin to measure, or does not come to an end.
    Conversion,
}

impl ProbeFault {
    /// Every fault.
    pub const ALL: [Self; 12] = [
        Self::Absent,
        Self::Shorted,
        Self::Checksum,
        Self::PowerOnValue,
        Self::OutOfRange,
        Self::TooFast,
        Self::Unrecognised,
        Self::Bus,
        Self::Swapped,
        Self::Several,
        Self::Unsteady,
        Self::Conversion,
    ];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Shorted => "shorted",
            Self::Checksum => "checksum",
            Self::PowerOnValue => "power_on_value",
            Self::OutOfRange => "out_of_range",
            Self::TooFast => "too_fast",
            Self::Unrecognised => "unrecognised",
            Self::Bus => "bus",
            Self::Swapped => "swapped",
            Self::Several => "several",
            Self::Unsteady => "unsteady",
            Self::Conversion => "conversion",
        }
    }
}

impl fmt::Display for ProbeFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl core::error::Error for ProbeFault {}

/// A reading may differ from the one before by this much at any rate: noise, and the step of a coarse probe.
const NOISE_MILLICELSIUS: u64 = 1_000;
/// So many readings in a row above the alarm's margin are no accident.
const HOT_READINGS: u8 = 2;

/// Why a required temperature forbids power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hindrance {
    Implausible,
    Fault,
    Stale,
    Missing,
    TooHot,
}

/// What is known of one temperature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Temperature {
    /// When the last good reading came.
    heard: Heard,
    /// The last good reading.
    millicelsius: Option<i32>,
    /// The fault of the last attempt to read, if it was one.
    fault: Option<ProbeFault>,
    /// Whether the last value that came cannot be true.
    implausible: bool,
    /// Whether the limit was reached and it has not yet cooled to the resume temperature.
    too_hot: bool,
    /// Attempts in a row that gave no good reading.
    failures: u8,
    /// Good readings in a row above the alarm's margin.
    hot_readings: u8,
}

impl Temperature {
    pub(crate) const UNKNOWN: Self = Self {
        heard: Heard::Never,
        millicelsius: None,
        fault: None,
        implausible: false,
        too_hot: false,
        failures: 0,
        hot_readings: 0,
    };

    /// Takes note of a reading, and gives it back if it is a good one.
    pub(crate) fn read(
        &mut self,
        now: Instant,
        reading: Result<i32, ProbeFault>,
        bounds: &Bounds,
    ) -> Option<i32> {
        let fault = match reading {
            Ok(millicelsius) if !bounds.is_plausible(millicelsius) => ProbeFault::OutOfRange,
            Ok(millicelsius) if self.is_too_fast(now, millicelsius, bounds) => ProbeFault::TooFast,
            Ok(millicelsius) => {
                self.heard = Heard::At(now);
                self.millicelsius = Some(millicelsius);
                self.fault = None;
                self.implausible = false;
                self.failures = 0;
                self.hot_readings = if bounds.is_alarming(millicelsius) {
                    self.hot_readings.saturating_add(1)
                } else {
                    0
                };
                self.judge_limit(bounds);
                return Some(millicelsius);
            }
            Err(fault) => fault,
        };
        self.fault = Some(fault);
        self.failures = self.failures.saturating_add(1);
        if matches!(fault, ProbeFault::OutOfRange | ProbeFault::TooFast) {
            self.implausible = true;
        }
        None
    }

    /// Changes what it is judged by. It gets no fresher by that.
    pub(crate) fn rebound(&mut self, now: Instant, old: &Bounds, new: &Bounds) {
        if !self.is_fresh(now, old) {
            self.heard.lose();
        }
        if self
            .millicelsius
            .is_some_and(|millicelsius| !new.is_plausible(millicelsius))
        {
            self.implausible = true;
        }
        if !self
            .millicelsius
            .is_some_and(|millicelsius| new.is_alarming(millicelsius))
        {
            self.hot_readings = 0;
        }
        self.judge_limit(new);
    }

    pub(crate) fn lose(&mut self) {
        self.heard.lose();
    }

    /// Why it forbids power, if it does; whether it is required at all is not asked.
    pub(crate) fn hindrance(&self, now: Instant, bounds: &Bounds) -> Option<Hindrance> {
        if self.implausible {
            Some(Hindrance::Implausible)
        } else if !self.is_fresh(now, bounds) {
            Some(match (self.fault, self.heard) {
                (Some(_), _) => Hindrance::Fault,
                (None, Heard::Never) => Hindrance::Missing,
                (None, _) => Hindrance::Stale,
            })
        } else if self.too_hot {
            Some(Hindrance::TooHot)
        } else {
            None
        }
    }

    /// The last good reading, while it can be believed.
    pub(crate) fn millicelsius(&self, now: Instant, bounds: &Bounds) -> Option<i32> {
        (self.is_fresh(now, bounds) && !self.implausible)
            .then_some(self.millicelsius)
            .flatten()
    }

    pub(crate) const fn fault(&self) -> Option<ProbeFault> {
        self.fault
    }

    pub(crate) const fn failures(&self) -> u8 {
        self.failures
    }

    /// It was too hot before a reset of the chip, and may be still.
    pub(crate) fn assume_too_hot(&mut self) {
        self.too_hot = true;
    }

    pub(crate) const fn is_too_hot(&self) -> bool {
        self.too_hot
    }

    /// Whether it was above the alarm's margin too often to be an accident.
    pub(crate) const fn is_alarming(&self) -> bool {
        self.hot_readings >= HOT_READINGS
    }

    pub(crate) fn deadline(&self, now: Instant, bounds: &Bounds) -> Option<Instant> {
        self.heard.deadline(now, bounds.maximum_age)
    }

    fn is_fresh(&self, now: Instant, bounds: &Bounds) -> bool {
        self.heard.is_fresh(now, bounds.maximum_age)
    }

    /// Whether no real temperature gets from the last good reading to this one in the time between them. One that is no longer
    /// fresh judges nothing: the new one is the new beginning.
    fn is_too_fast(&self, now: Instant, millicelsius: i32, bounds: &Bounds) -> bool {
        if bounds.maximum_rate_millicelsius_per_minute == 0 || !self.is_fresh(now, bounds) {
            return false;
        }
        let (Some(before), Some(age)) = (self.millicelsius, self.heard.age(now)) else {
            return false;
        };
        let moved = u64::from(millicelsius.abs_diff(before));
        moved
            > possible(age, bounds.maximum_rate_millicelsius_per_minute)
                .saturating_add(NOISE_MILLICELSIUS)
    }

    /// Latches the limit, and releases it at the resume temperature.
    fn judge_limit(&mut self, bounds: &Bounds) {
        let Some(limit) = bounds.limit_millicelsius else {
            self.too_hot = false;
            return;
        };
        if let Some(millicelsius) = self.millicelsius {
            if millicelsius >= limit {
                self.too_hot = true;
            } else if millicelsius <= bounds.resume_millicelsius {
                self.too_hot = false;
            }
        }
    }
}

/// How far a temperature gets in a time at a rate, in millicelsius.
fn possible(span: Duration, rate_millicelsius_per_minute: u32) -> u64 {
    span.as_ticks()
        .saturating_mul(u64::from(rate_millicelsius_per_minute))
        / 60_000_000
}
