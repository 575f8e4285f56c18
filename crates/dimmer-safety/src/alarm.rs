//! What a person should look at: kinds, levels, and what changed.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How bad an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AlarmLevel {
    /// Somebody should look. It clears by itself when its cause has been gone for a while, and turns nothing off.
    Warning,
    /// Somebody must look. It is latched: the output is off until [`Safety::reset_alarms`](crate::Safety::reset_alarms).
    Critical,
}

impl AlarmLevel {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for AlarmLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AlarmKind {
    /// The required water probe fails or is silent. Warning; critical when it lasts.
    WaterProbeLost,
    /// The required heat-sink probe fails or is silent. Warning; critical when it lasts.
    HeatSinkProbeLost,
    /// The room probe fails or is silent, although a limit is set. Warning; critical when it lasts.
    RoomProbeLost,
    /// The water is hotter than its limit by more than a margin: something heats it that should not. Critical.
    WaterOverTemperature,
    /// Energy was delivered, and the water did not warm: a heater, its fuse or the tank's own thermostat is open, or the probe is not
    /// where the water is. Warning; critical when three times the energy went.
    HeaterDoesNotWarm,
    /// The water warms while nothing is delivered: the triac may be stuck on. Critical.
    HeaterWarmsWhileOff,
    /// The heat sink reached its limit. Warning; critical above a margin.
    HeatSinkTooHot,
    /// The mains has been away for long. Warning.
    MainsLost,
    /// The clock went back or jumped ahead. Warning.
    ClockJump,
}

impl AlarmKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::WaterProbeLost,
        Self::HeatSinkProbeLost,
        Self::RoomProbeLost,
        Self::WaterOverTemperature,
        Self::HeaterDoesNotWarm,
        Self::HeaterWarmsWhileOff,
        Self::HeatSinkTooHot,
        Self::MainsLost,
        Self::ClockJump,
    ];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaterProbeLost => "water_probe_lost",
            Self::HeatSinkProbeLost => "heat_sink_probe_lost",
            Self::RoomProbeLost => "room_probe_lost",
            Self::WaterOverTemperature => "water_over_temperature",
            Self::HeaterDoesNotWarm => "heater_does_not_warm",
            Self::HeaterWarmsWhileOff => "heater_warms_while_off",
            Self::HeatSinkTooHot => "heat_sink_too_hot",
            Self::MainsLost => "mains_lost",
            Self::ClockJump => "clock_jump",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlarmEvent {
    /// It was not there, and now stands.
    Raised,
    /// It was a warning, and now is critical.
    Escalated,
    /// It was a warning, and its cause is gone.
    Cleared,
    /// It was critical, and somebody reset it.
    Reset,
}

impl AlarmEvent {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Escalated => "escalated",
            Self::Cleared => "cleared",
            Self::Reset => "reset",
        }
    }
}

impl fmt::Display for AlarmEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One change of one alarm: worth one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlarmChange {
    /// Which alarm.
    pub kind: AlarmKind,
    /// Its level; of one that is gone, the level that it had.
    pub level: AlarmLevel,
    /// What happened to it.
    pub event: AlarmEvent,
}

impl AlarmChange {
    /// The change from one level to another; `None` if there is none.
    pub(crate) fn between(
        kind: AlarmKind,
        before: Option<AlarmLevel>,
        after: Option<AlarmLevel>,
    ) -> Option<Self> {
        let (level, event) = match (before, after) {
            (None, Some(level)) => (level, AlarmEvent::Raised),
            (Some(AlarmLevel::Warning), Some(AlarmLevel::Critical)) => {
                (AlarmLevel::Critical, AlarmEvent::Escalated)
            }
            (Some(AlarmLevel::Warning), None) => (AlarmLevel::Warning, AlarmEvent::Cleared),
            // A critical alarm that is less now has been reset; what is left of it is told next.
            (Some(AlarmLevel::Critical), None | Some(AlarmLevel::Warning)) => {
                (AlarmLevel::Critical, AlarmEvent::Reset)
            }
            (None, None)
            | (Some(AlarmLevel::Warning), Some(AlarmLevel::Warning))
            | (Some(AlarmLevel::Critical), Some(AlarmLevel::Critical)) => return None,
        };
        Some(Self { kind, level, event })
    }
}

/// Several alarms, as one small value that can be stored: one bit for each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlarmSet(u16);

impl AlarmSet {
    /// No alarm.
    pub const EMPTY: Self = Self(0);

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a kind is among them.
    #[must_use]
    pub const fn contains(self, kind: AlarmKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The same, and one more.
    #[must_use]
    pub const fn with(self, kind: AlarmKind) -> Self {
        Self(self.0 | kind.bit())
    }

    /// The kinds, in the order of [`AlarmKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = AlarmKind> {
        AlarmKind::ALL
            .into_iter()
            .filter(move |kind| self.contains(*kind))
    }

    /// As a number: bit n is the kind at place n of [`AlarmKind::ALL`].
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From [`bits`](Self::bits). A bit that is no kind's, as a newer firmware may have left it, stands for no alarm.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

/// What became of an attempt to reset the alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an alarm may have been refused"]
pub struct ResetOutcome {
    /// These are gone.
    pub reset: AlarmSet,
    /// The cause of these lasts, or nobody can yet tell that it is gone: they stay.
    pub refused: AlarmSet,
}
