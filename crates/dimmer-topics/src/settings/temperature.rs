//! Temperatures from topics, and to one.

use serde::{Deserialize, Serialize};

use super::{Settings, SettingsError, check_topic};
use crate::Role;

/// Most bytes in [`Source::topic`] and [`Share::topic`].
pub const SOURCE_CAPACITY: usize = 96;

/// Most bytes in [`Source::path`].
pub const PATH_CAPACITY: usize = 64;

/// Most keys and indices in [`Source::path`].
pub const PATH_STEPS: usize = crate::TEMPERATURE_DEPTH;

/// Temperatures that come from topics, one for each role at most, and the one that goes to a topic of the user's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Temperatures {
    /// Where the temperature of the water comes from. Default: no topic.
    pub water: Source,
    /// Where the temperature of the heat sink comes from. Default: no topic.
    pub heat_sink: Source,
    /// Where the temperature of the room comes from. Default: no topic.
    pub room: Source,
    /// Where the temperature of the water goes to. Default: no topic.
    pub share: Share,
}

/// A topic on which somebody else publishes a temperature in °C.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    /// The topic. Empty (the default): none.
    pub topic: heapless::String<SOURCE_CAPACITY>,
    /// The way to the temperature in a JSON payload: keys and indices from 0, with points between them, such as
    /// `DS18B20.Temperature` or `sensors.0.t`. Empty (the default): the payload is the number.
    pub path: heapless::String<PATH_CAPACITY>,
}

/// A topic on which this dimmer publishes what its own probe measures in the water.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Share {
    /// The topic. Empty (the default): none.
    pub topic: heapless::String<SOURCE_CAPACITY>,
    /// What the payload looks like.
    pub format: ShareFormat,
}

/// What the payload of a shared temperature looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareFormat {
    /// `54.3`
    #[default]
    Raw,
    /// `{"temperature":54.3}`
    Json,
}

impl Temperatures {
    /// Where the temperature of this role comes from.
    pub const fn source(&self, role: Role) -> &Source {
        match role {
            Role::Water => &self.water,
            Role::HeatSink => &self.heat_sink,
            Role::Room => &self.room,
        }
    }

    pub(super) fn validate(&self, settings: &Settings) -> Result<(), SettingsError> {
        for role in Role::ALL {
            let (topic_field, path_field) = fields(role);
            let source = self.source(role);
            if source.topic.is_empty() {
                if !source.path.is_empty() {
                    return Err(SettingsError {
                        field: path_field,
                        problem: "is set without a topic",
                        expected: "name the topic on which the temperature is published, or leave the path empty",
                    });
                }
                continue;
            }
            check_source_topic(topic_field, &source.topic, settings)?;
            if !source.path.is_empty() {
                check_path(path_field, &source.path)?;
            }
        }
        self.validate_share(settings)
    }

    fn validate_share(&self, settings: &Settings) -> Result<(), SettingsError> {
        let topic = self.share.topic.as_str();
        if topic.is_empty() {
            return Ok(());
        }
        check_topic(SHARE_TOPIC, topic)?;
        let discovery = settings.homeassistant.is_below(topic);
        let (problem, expected) = if !self.water.topic.is_empty() {
            // Two dimmers that share what they take from each other would keep one old value alive for ever.
            (
                "is set, and the temperature of the water comes from a topic",
                "share only what this dimmer's own probe measures: leave one of the two topics empty",
            )
        } else if settings.levels_of_a_dimmer(topic).is_some() {
            (
                "is a topic of a dimmer",
                "name a topic of your own, such as home/tank/temperature",
            )
        } else if discovery {
            (
                "is a topic of Home Assistant's discovery",
                "name a topic of your own, such as home/tank/temperature",
            )
        } else if settings.listens_to(topic) {
            (
                "is a topic that this dimmer listens to",
                "name a topic of your own, such as home/tank/temperature",
            )
        } else {
            return Ok(());
        };
        Err(SettingsError {
            field: SHARE_TOPIC,
            problem,
            expected,
        })
    }
}

const SHARE_TOPIC: &str = "temperature.share.topic";

/// The names of the topic and the path, as written in the configuration.
pub(crate) const fn fields(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Water => ("temperature.water.topic", "temperature.water.path"),
        Role::HeatSink => ("temperature.heat_sink.topic", "temperature.heat_sink.path"),
        Role::Room => ("temperature.room.topic", "temperature.room.path"),
    }
}

fn check_source_topic(
    field: &'static str,
    topic: &str,
    settings: &Settings,
) -> Result<(), SettingsError> {
    check_topic(field, topic)?;
    let of_a_dimmer = settings.levels_of_a_dimmer(topic);
    let is_temperature = |levels: &str| {
        Role::ALL
            .iter()
            .any(|role| role.message().path() == Some(levels))
    };
    let (problem, expected) = if settings.homeassistant.is_status(topic) {
        (
            "is the topic on which Home Assistant says that it has started",
            "name the topic on which the temperature is published",
        )
    } else if topic == settings.follow {
        (
            "is the topic of the setpoint",
            "name the topic on which the temperature is published",
        )
    } else if of_a_dimmer.is_some_and(|levels| !is_temperature(levels)) {
        // The state also shows what a dimmer took from a topic: a ring of dimmers would keep one old value alive for ever.
        (
            "is a topic of a dimmer without a temperature of its own probe",
            "name temperature/water of that dimmer, which is what its own probe measures",
        )
    } else {
        return Ok(());
    };
    Err(SettingsError {
        field,
        problem,
        expected,
    })
}

fn check_path(field: &'static str, path: &str) -> Result<(), SettingsError> {
    let (problem, expected) = if path.split('.').any(str::is_empty) {
        (
            "has a point at its start, at its end or next to another",
            "put one point between two keys, such as DS18B20.Temperature",
        )
    } else if path.split('.').count() > PATH_STEPS {
        (
            "has more than 8 keys",
            "have the temperature published nearer to the top",
        )
    } else if path.chars().any(char::is_control) || path.split('.').any(|key| key.trim() != key) {
        (
            "has a control character, or a space around a key",
            "write the keys as in the payload, such as DS18B20.Temperature",
        )
    } else {
        return Ok(());
    };
    Err(SettingsError {
        field,
        problem,
        expected,
    })
}

#[cfg(test)]
mod tests;
