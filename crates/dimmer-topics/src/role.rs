//! What a temperature is the temperature of.

use crate::message::Message;

/// What a temperature is the temperature of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The water in the tank.
    Water,
    /// The heat sink of the triac.
    HeatSink,
    /// The room, or the cabinet that the dimmer hangs in.
    Room,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Water, Self::HeatSink, Self::Room];

    /// The name of the role in topics, payloads and settings. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::HeatSink => "heat_sink",
            Self::Room => "room",
        }
    }

    /// The message with the temperature of this role alone.
    pub const fn message(self) -> Message {
        match self {
            Self::Water => Message::WaterTemperature,
            Self::HeatSink => Message::HeatSinkTemperature,
            Self::Room => Message::RoomTemperature,
        }
    }

    /// Its place in a set of roles.
    pub(crate) const fn bit(self) -> u8 {
        match self {
            Self::Water => 1,
            Self::HeatSink => 2,
            Self::Room => 4,
        }
    }
}

impl core::fmt::Display for Role {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
