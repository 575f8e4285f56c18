//! What Home Assistant shows and commands.

use crate::commands::TUNABLES_CAPACITY;

/// What Home Assistant shows and commands. Per component, each has a discovery topic of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Entity {
    /// A `number`: the setpoint of this dimmer, 0 to 100 %.
    Power,
    /// A `light`, in place of the number: the power with a slider and a switch.
    Light,
    /// A `sensor`: the applied power in percent.
    Applied,
    /// A `sensor`: the applied power in watts.
    Watts,
    /// A `sensor`: the energy that went into the load.
    Energy,
    /// A `switch`: whether a person wants the dimmer on at all.
    Switch,
    /// A `sensor`: the temperature of the water.
    WaterTemperature,
    /// A `sensor`: the temperature of the heat sink, where it is measured.
    HeatSinkTemperature,
    /// A `sensor`: the temperature of the room, where it is measured.
    RoomTemperature,
    /// A diagnostic `sensor`: why the output is as it is.
    Reason,
    /// A `binary_sensor`: whether there is an alarm. Its attributes say which.
    Alarm,
    /// A `button`: somebody looked, the alarm may end.
    AlarmReset,
    /// A `number`: the minutes that a boost still runs, and the way to begin one.
    Boost,
    /// A `button`: no boost any more.
    BoostCancel,
    /// A diagnostic `button`: publish everything again.
    Sync,
    /// A `button` of the configuration: start again.
    Restart,
    /// A diagnostic `sensor`: the frequency of the mains.
    Frequency,
    /// A diagnostic `sensor`: zero crossings that did not come.
    Missed,
    /// A diagnostic `sensor`: seconds since the start.
    Uptime,
    /// A diagnostic `sensor`: free memory, where somebody counts it.
    FreeMemory,
    /// A diagnostic `sensor`: the strength of the radio signal, where there is a radio.
    SignalStrength,
    /// A diagnostic `sensor`: why the board started last, where it knows.
    ResetReason,
    /// A diagnostic `sensor`: messages that were refused.
    Refused,
    /// A `number`, a `select` or a `switch` of the configuration, by its place in the table of [`Tunable`](crate::Tunable)s.
    Tunable(u8),
}

/// All that are no settings.
const FIXED: [Entity; 23] = [
    Entity::Power,
    Entity::Light,
    Entity::Applied,
    Entity::Watts,
    Entity::Energy,
    Entity::Switch,
    Entity::WaterTemperature,
    Entity::HeatSinkTemperature,
    Entity::RoomTemperature,
    Entity::Reason,
    Entity::Alarm,
    Entity::AlarmReset,
    Entity::Boost,
    Entity::BoostCancel,
    Entity::Sync,
    Entity::Restart,
    Entity::Frequency,
    Entity::Missed,
    Entity::Uptime,
    Entity::FreeMemory,
    Entity::SignalStrength,
    Entity::ResetReason,
    Entity::Refused,
];

impl Entity {
    /// Every entity, with a setting for each place in the table.
    pub const ALL: [Self; FIXED.len() + TUNABLES_CAPACITY] = {
        let mut all = [Self::Power; FIXED.len() + TUNABLES_CAPACITY];
        let mut place = 0;
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "computed by the compiler, which would refuse an index out of range; the capacity is 16"
        )]
        while place < all.len() {
            all[place] = if place < FIXED.len() {
                FIXED[place]
            } else {
                Self::Tunable((place - FIXED.len()) as u8)
            };
            place += 1;
        }
        all
    };

    /// The last part of the object id. Domoticz skips some: `restart`, what begins with `min_` or ends in `_max`, what has
    /// `_alarm` in it, and so on; a test holds these against its rules. Of a setting: what stands before its name.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Light => "light",
            Self::Applied => "applied",
            Self::Watts => "watts",
            Self::Energy => "energy",
            Self::Switch => "switch",
            Self::WaterTemperature => "temperature",
            Self::HeatSinkTemperature => "heat-sink",
            Self::RoomTemperature => "room",
            Self::Reason => "reason",
            Self::Alarm => "alarm",
            Self::AlarmReset => "reset",
            Self::Boost => "boost",
            Self::BoostCancel => "boost-cancel",
            Self::Sync => "sync",
            Self::Restart => "start-again",
            Self::Frequency => "frequency",
            Self::Missed => "missed",
            Self::Uptime => "uptime",
            Self::FreeMemory => "memory",
            Self::SignalStrength => "rssi",
            Self::ResetReason => "started-by",
            Self::Refused => "refused",
            Self::Tunable(_) => "set-",
        }
    }
}
