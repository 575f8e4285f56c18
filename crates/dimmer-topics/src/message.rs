//! What the dimmer publishes, and how it is to be delivered.

use crate::discovery::Entity;
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
    /// `temperature/water`, in °C.
    WaterTemperature,
    /// `mains/frequency`, in Hz.
    Frequency,
    /// `reason`: why the output is as it is.
    Reason,
    /// What Home Assistant and Domoticz need to know about one entity.
    Discovery(Entity),
}

impl Message {
    /// Every message, in the order in which a new session publishes them: discovery before the values, so that a listener
    /// knows what they are; availability last, when all else is in place.
    pub const ALL: [Self; 14] = [
        Self::Discovery(Entity::Power),
        Self::Discovery(Entity::Applied),
        Self::Discovery(Entity::Watts),
        Self::Discovery(Entity::WaterTemperature),
        Self::Discovery(Entity::Frequency),
        Self::Discovery(Entity::Reason),
        Self::State,
        Self::Setpoint,
        Self::Applied,
        Self::Watts,
        Self::WaterTemperature,
        Self::Frequency,
        Self::Reason,
        Self::Availability,
    ];

    /// Quality of service and retain flag of this message.
    ///
    /// Availability and discovery are said once and must not be lost, so they are retained with quality of service 1
    /// whatever the settings say. States are repeated at every heartbeat and go as the settings say.
    pub const fn delivery(self, settings: &Settings) -> Delivery {
        match self {
            Self::Availability | Self::Discovery(_) => Delivery {
                qos: Qos::AtLeastOnce,
                retain: true,
            },
            _ => Delivery {
                qos: settings.qos,
                retain: settings.retain,
            },
        }
    }

    /// Whether the message is repeated every [`Settings::interval_s`]: the states are, availability and discovery are not.
    pub const fn is_state(self) -> bool {
        !matches!(self, Self::Availability | Self::Discovery(_))
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
            Self::Frequency => Some("mains/frequency"),
            Self::Reason => Some("reason"),
            Self::Discovery(_) => None,
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
