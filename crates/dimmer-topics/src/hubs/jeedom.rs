//! Jeedom by idx: plain values on `<topic>/<idx>`.

use crate::message::Message;
use crate::settings::Jeedom;

/// A value that Jeedom is told on a topic of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JeedomValue {
    /// What was asked for, in percent.
    Setpoint,
    /// What is let through, in percent of the load.
    Applied,
    /// The same in watts.
    Power,
    /// The temperature of the water, in °C.
    Temperature,
    /// The level of the worst alarm.
    Alarm,
}

impl JeedomValue {
    /// Every value.
    pub const ALL: [Self; 5] = [
        Self::Setpoint,
        Self::Applied,
        Self::Power,
        Self::Temperature,
        Self::Alarm,
    ];

    /// Its idx in these settings; 0: none.
    pub const fn idx(self, settings: &Jeedom) -> u32 {
        match self {
            Self::Setpoint => settings.setpoint_idx,
            Self::Applied => settings.applied_idx,
            Self::Power => settings.power_idx,
            Self::Temperature => settings.temperature_idx,
            Self::Alarm => settings.alarm_idx,
        }
    }

    /// The message that has the same value; an alarm has none.
    pub(crate) const fn same_as(self) -> Option<Message> {
        match self {
            Self::Setpoint => Some(Message::Setpoint),
            Self::Applied => Some(Message::Applied),
            Self::Power => Some(Message::Watts),
            Self::Temperature => Some(Message::WaterTemperature),
            Self::Alarm => None,
        }
    }
}
