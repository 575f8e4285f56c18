//! Why the output is as it is: one vocabulary for MQTT, page, log and tests.

use core::fmt;

/// Why the output is off, limited or free.
///
/// The variants are in the order of precedence: of several that hold, the first is given. Not knowing the temperature
/// comes before knowing that it is too high, because a tank that is known to be hot is under control; what a person or a
/// router wants comes last, because it is no danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The settings are unusable, so nothing else can be judged. Off.
    ConfigurationInvalid,
    /// The last value from the water probe cannot be a water temperature. Off at once, until a plausible one arrives.
    ProbeImplausible,
    /// The last word from the water probe was a fault, and there is no good reading that is still fresh. Off.
    ProbeFault,
    /// The water probe fell silent: its last good reading is too old. Off.
    ProbeStale,
    /// Nothing was ever heard from the water probe. Off.
    ProbeMissing,
    /// The water reached its limit and has not yet cooled to the resume temperature. Off.
    WaterTooHot,
    /// The mains is absent, or its zero crossings are not yet followed. Off.
    MainsNotLocked,
    /// A person switched the dimmer off.
    SwitchedOff,
    /// The last setpoint is too old. Off.
    SetpointStale,
    /// No setpoint was ever received. Off.
    SetpointMissing,
    /// On, up to the maximum power in the settings.
    LimitedBySetting,
    /// On; nothing hinders.
    Following,
}

impl Reason {
    /// Every reason, in the order of precedence.
    pub const ALL: [Self; 12] = [
        Self::ConfigurationInvalid,
        Self::ProbeImplausible,
        Self::ProbeFault,
        Self::ProbeStale,
        Self::ProbeMissing,
        Self::WaterTooHot,
        Self::MainsNotLocked,
        Self::SwitchedOff,
        Self::SetpointStale,
        Self::SetpointMissing,
        Self::LimitedBySetting,
        Self::Following,
    ];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigurationInvalid => "configuration_invalid",
            Self::ProbeImplausible => "probe_implausible",
            Self::ProbeFault => "probe_fault",
            Self::ProbeStale => "probe_stale",
            Self::ProbeMissing => "probe_missing",
            Self::WaterTooHot => "water_too_hot",
            Self::MainsNotLocked => "mains_not_locked",
            Self::SwitchedOff => "switched_off",
            Self::SetpointStale => "setpoint_stale",
            Self::SetpointMissing => "setpoint_missing",
            Self::LimitedBySetting => "limited_by_setting",
            Self::Following => "following",
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::ConfigurationInvalid => "Off: the safety settings are not valid.",
            Self::ProbeImplausible => {
                "Off: the probe gave a value that cannot be a water temperature."
            }
            Self::ProbeFault => {
                "Off: the temperature probe cannot be read; check it and its connector."
            }
            Self::ProbeStale => "Off: the water temperature has not been refreshed for too long.",
            Self::ProbeMissing => "Off: no water temperature has been received yet.",
            Self::WaterTooHot => {
                "Off: the water reached its limit and must cool before heating resumes."
            }
            Self::MainsNotLocked => "Off: no stable mains frequency is detected.",
            Self::SwitchedOff => "Off: the dimmer was switched off.",
            Self::SetpointStale => "Off: the setpoint has not been refreshed for too long.",
            Self::SetpointMissing => "Off: no setpoint has been received yet.",
            Self::LimitedBySetting => {
                "On: the power is limited by the maximum set for this dimmer."
            }
            Self::Following => "On: the power follows the setpoint.",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why an attempt to read the water probe gave no temperature.
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
    /// Something answers, but not the device or the text that was expected.
    Unrecognised,
    /// The bus, the driver or the topic failed in another way.
    Bus,
}

impl ProbeFault {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Shorted => "shorted",
            Self::Checksum => "checksum",
            Self::PowerOnValue => "power_on_value",
            Self::OutOfRange => "out_of_range",
            Self::Unrecognised => "unrecognised",
            Self::Bus => "bus",
        }
    }
}

impl fmt::Display for ProbeFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl core::error::Error for ProbeFault {}
