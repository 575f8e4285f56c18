//! Why the output is as it is: one vocabulary for MQTT, page, log and tests.

use core::fmt;

/// Why the output is off, limited or free.
///
/// The variants are in the order of precedence: of several that hold, the first is given. What a person must look at comes
/// first; not knowing a temperature comes before knowing that it is too high, because a tank that is known to be hot is under
/// control; what a person or a router wants comes last, because it is no danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The settings are unusable, so nothing else can be judged. Off.
    ConfigurationInvalid,
    /// A critical alarm stands until somebody resets it. Off.
    AlarmLatched,
    /// The last value from the water probe cannot be a water temperature, or is too far from the one before. Off at once, until
    /// a plausible one arrives.
    ProbeImplausible,
    /// The last word from the water probe was a fault, and there is no good reading that is still fresh. Off.
    ProbeFault,
    /// The water probe fell silent: its last good reading is too old. Off.
    ProbeStale,
    /// Nothing was ever heard from the water probe. Off.
    ProbeMissing,
    /// The water reached its limit and has not yet cooled to the resume temperature. Off.
    WaterTooHot,
    /// No fresh and plausible temperature of the heat sink. Off.
    HeatSinkProbeLost,
    /// The heat sink reached its limit and has not yet cooled to its resume temperature. Off.
    HeatSinkTooHot,
    /// No fresh and plausible temperature of the room, for which a limit is set. Off.
    RoomProbeLost,
    /// The room reached its limit and has not yet cooled to its resume temperature. Off.
    RoomTooHot,
    /// The mains is absent, its zero crossings are not yet followed, or nobody says so any more. Off.
    MainsNotLocked,
    /// A person switched the dimmer off.
    SwitchedOff,
    /// The last setpoint is too old, and nobody else wants power. Off.
    SetpointStale,
    /// No setpoint was ever received, and nobody else wants power. Off.
    SetpointMissing,
    /// Power is permitted, but the gate refuses what the firing path feeds it.
    GateFault,
    /// On, as far as the heat sink's temperature allows.
    HeatSinkDerating,
    /// On, up to the maximum power in the settings.
    LimitedBySetting,
    /// On, for a boost; nothing hinders.
    Boosting,
    /// On, for a schedule; nothing hinders.
    Scheduled,
    /// On, because the water is below its minimum temperature; nothing hinders.
    Preheating,
    /// On, for the setpoint; nothing hinders.
    Following,
}

impl Reason {
    /// Every reason, in the order of precedence.
    pub const ALL: [Self; 22] = [
        Self::ConfigurationInvalid,
        Self::AlarmLatched,
        Self::ProbeImplausible,
        Self::ProbeFault,
        Self::ProbeStale,
        Self::ProbeMissing,
        Self::WaterTooHot,
        Self::HeatSinkProbeLost,
        Self::HeatSinkTooHot,
        Self::RoomProbeLost,
        Self::RoomTooHot,
        Self::MainsNotLocked,
        Self::SwitchedOff,
        Self::SetpointStale,
        Self::SetpointMissing,
        Self::GateFault,
        Self::HeatSinkDerating,
        Self::LimitedBySetting,
        Self::Boosting,
        Self::Scheduled,
        Self::Preheating,
        Self::Following,
    ];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigurationInvalid => "configuration_invalid",
            Self::AlarmLatched => "alarm_latched",
            Self::ProbeImplausible => "probe_implausible",
            Self::ProbeFault => "probe_fault",
            Self::ProbeStale => "probe_stale",
            Self::ProbeMissing => "probe_missing",
            Self::WaterTooHot => "water_too_hot",
            Self::HeatSinkProbeLost => "heat_sink_probe_lost",
            Self::HeatSinkTooHot => "heat_sink_too_hot",
            Self::RoomProbeLost => "room_probe_lost",
            Self::RoomTooHot => "room_too_hot",
            Self::MainsNotLocked => "mains_not_locked",
            Self::SwitchedOff => "switched_off",
            Self::SetpointStale => "setpoint_stale",
            Self::SetpointMissing => "setpoint_missing",
            Self::GateFault => "gate_fault",
            Self::HeatSinkDerating => "heat_sink_derating",
            Self::LimitedBySetting => "limited_by_setting",
            Self::Boosting => "boosting",
            Self::Scheduled => "scheduled",
            Self::Preheating => "preheating",
            Self::Following => "following",
        }
    }

    /// Whether nothing is permitted while it holds.
    #[must_use]
    pub fn is_off(self) -> bool {
        self < Self::GateFault
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
