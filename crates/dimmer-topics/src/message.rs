//! What the dimmer publishes, and how it is to be delivered.

use crate::discovery::Entity;
use crate::role::Role;
use crate::settings::{Qos, Settings};

/// A message that the dimmer publishes. One message, one topic: see [`Topics::of`](crate::Topics::of).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// `availability`: [`ONLINE`](crate::ONLINE) or [`OFFLINE`](crate::OFFLINE), the latter as the will of the session.
    Availability,
    /// `state`: everything in one JSON object.
    State,
    /// `power/setpoint`: what was asked for, in percent.
    Setpoint,
    /// `power/applied`: what the dimmer lets through, in percent of the load.
    Applied,
    /// `power/watts`: the applied share of the rated load, in watts. Computed: the dimmer has no meter.
    Watts,
    /// `temperature/water`, in °C: what a probe of this dimmer measures. Empty when the temperature comes from a topic.
    WaterTemperature,
    /// `temperature/heat_sink`, likewise.
    HeatSinkTemperature,
    /// `temperature/room`, likewise.
    RoomTemperature,
    /// `mains/frequency`, in Hz.
    Frequency,
    /// `reason`: why the output is as it is.
    Reason,
    /// `alarm`: what a person has to know, as JSON. Once per change.
    Alarm,
    /// The topic in [`Share::topic`](crate::Share::topic): the temperature of the water, for others.
    SharedTemperature,
    /// What Home Assistant and Domoticz need to know about one entity.
    Discovery(Entity),
}

impl Message {
    /// Every message, in the order in which a new session publishes them: discovery before the values, so that a listener
    /// knows what they are; availability last, when all else is in place.
    pub const ALL: [Self; 22] = [
        Self::Discovery(Entity::Power),
        Self::Discovery(Entity::Applied),
        Self::Discovery(Entity::Watts),
        Self::Discovery(Entity::WaterTemperature),
        Self::Discovery(Entity::HeatSinkTemperature),
        Self::Discovery(Entity::RoomTemperature),
        Self::Discovery(Entity::Frequency),
        Self::Discovery(Entity::Reason),
        Self::Discovery(Entity::Alarm),
        Self::Discovery(Entity::AlarmReset),
        Self::Alarm,
        Self::State,
        Self::Setpoint,
        Self::Applied,
        Self::Watts,
        Self::WaterTemperature,
        Self::HeatSinkTemperature,
        Self::RoomTemperature,
        Self::Frequency,
        Self::Reason,
        Self::SharedTemperature,
        Self::Availability,
    ];

    /// Quality of service and retain flag of this message.
    ///
    /// Availability, alarms and discovery are said once and must not be lost, so they are retained with quality of service 1
    /// whatever the settings say. States are said again and again and go as the settings say. A shared temperature is
    /// never retained: somebody steers by it, and whoever subscribes later could not tell how old it is.
    pub const fn delivery(self, settings: &Settings) -> Delivery {
        match self {
            Self::Availability | Self::Alarm | Self::Discovery(_) => Delivery {
                qos: Qos::AtLeastOnce,
                retain: true,
            },
            Self::SharedTemperature => Delivery {
                qos: settings.qos,
                retain: false,
            },
            _ => Delivery {
                qos: settings.qos,
                retain: settings.retain,
            },
        }
    }

    /// Whether the message is said again and again: the states at least every [`Settings::interval_s`], the shared temperature with each
    /// reading; availability, alarms and discovery are not.
    pub const fn is_state(self) -> bool {
        !matches!(self, Self::Availability | Self::Alarm | Self::Discovery(_))
    }

    /// The role, for the temperature of one.
    pub(crate) const fn role(self) -> Option<Role> {
        match self {
            Self::WaterTemperature | Self::Discovery(Entity::WaterTemperature) => Some(Role::Water),
            Self::HeatSinkTemperature | Self::Discovery(Entity::HeatSinkTemperature) => {
                Some(Role::HeatSink)
            }
            Self::RoomTemperature | Self::Discovery(Entity::RoomTemperature) => Some(Role::Room),
            _ => None,
        }
    }

    /// The levels below `<prefix>/<id>/`. `None`: the topic is elsewhere.
    pub(crate) const fn path(self) -> Option<&'static str> {
        match self {
            Self::Availability => Some("availability"),
            Self::State => Some("state"),
            Self::Setpoint => Some("power/setpoint"),
            Self::Applied => Some("power/applied"),
            Self::Watts => Some("power/watts"),
            Self::WaterTemperature => Some("temperature/water"),
            Self::HeatSinkTemperature => Some("temperature/heat_sink"),
            Self::RoomTemperature => Some("temperature/room"),
            Self::Frequency => Some("mains/frequency"),
            Self::Reason => Some("reason"),
            Self::Alarm => Some("alarm"),
            Self::SharedTemperature | Self::Discovery(_) => None,
        }
    }
}

/// How a message is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Quality of service.
    pub qos: Qos,
    /// Whether the broker keeps the message for clients that come later.
    pub retain: bool,
}
