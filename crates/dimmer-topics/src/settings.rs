//! What the user may choose about MQTT topics.

mod temperature;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::DeviceId;

pub(crate) use temperature::fields as temperature_fields;
pub use temperature::{
    PATH_CAPACITY, PATH_STEPS, SOURCE_CAPACITY, Share, ShareFormat, Source, Temperatures,
};

/// Most bytes in [`Settings::prefix`] and [`Settings::homeassistant_prefix`].
pub const PREFIX_CAPACITY: usize = 32;

/// Most bytes in [`Settings::follow`].
pub const FOLLOW_CAPACITY: usize = 96;

/// Longest [`Settings::interval_s`]: an hour.
pub const LONGEST_INTERVAL_S: u16 = 3600;

/// How surely the broker and a client hand over a message (MQTT 5, 4.3). Stored and written as 0, 1 or 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Qos {
    /// 0: sent once, lost if the connection is.
    #[default]
    AtMostOnce,
    /// 1: sent again until acknowledged; may arrive twice.
    AtLeastOnce,
    /// 2: arrives once, after four packets.
    ExactlyOnce,
}

impl From<Qos> for u8 {
    fn from(qos: Qos) -> Self {
        match qos {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
            Qos::ExactlyOnce => 2,
        }
    }
}

impl TryFrom<u8> for Qos {
    type Error = SettingsError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            2 => Ok(Self::ExactlyOnce),
            _ => Err(SettingsError {
                field: "qos",
                problem: "is not a quality of service of MQTT",
                expected: "write 0, 1 or 2",
            }),
        }
    }
}

/// What the user may choose about MQTT topics. [`Settings::validate`] tells whether it can work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// First level or levels of every topic of this dimmer, before its id. Default `solar-dimmer`. Jeedom reads at most two
    /// levels here.
    pub prefix: heapless::String<PREFIX_CAPACITY>,
    /// Another topic whose setpoint this dimmer follows through its threshold: the router's, or the pool's. Empty (the
    /// default): none.
    pub follow: heapless::String<FOLLOW_CAPACITY>,
    /// Quality of service of states, and of the subscriptions to setpoints. Default 0, because both are repeated: what is
    /// lost is replaced by the next one, and a setpoint that a broker kept for later is a setpoint of unknown age.
    /// Availability and discovery are not repeated, and always have 1.
    pub qos: Qos,
    /// Whether the broker keeps the last states for clients that come later. Default true. Availability and discovery are
    /// always retained.
    pub retain: bool,
    /// Whether Home Assistant (and Domoticz, which reads the same) is told what there is. Default true.
    pub homeassistant: bool,
    /// First level or levels of the discovery topics, as set in Home Assistant. Default `homeassistant`.
    pub homeassistant_prefix: heapless::String<PREFIX_CAPACITY>,
    /// States are published at a change, and at least this often, in seconds: 1 to 3600. Default 10.
    pub interval_s: u16,
    /// Temperatures that come from topics, and the one that goes to a topic of the user's choice. Default: none.
    pub temperature: Temperatures,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: text("solar-dimmer"),
            follow: text(""),
            qos: Qos::AtMostOnce,
            retain: true,
            homeassistant: true,
            homeassistant_prefix: text("homeassistant"),
            interval_s: 10,
            temperature: Temperatures::default(),
        }
    }
}

/// A default that fits its capacity; a test compares.
fn text<const CAPACITY: usize>(default: &str) -> heapless::String<CAPACITY> {
    default.try_into().unwrap_or_default()
}

impl Settings {
    /// Whether topics can be made of these settings.
    ///
    /// # Errors
    /// [`SettingsError`] names the first field that is wrong, and what would be right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        check_topic("prefix", &self.prefix)?;
        check_topic("homeassistant_prefix", &self.homeassistant_prefix)?;
        if !self.follow.is_empty() {
            check_topic("follow", &self.follow)?;
            if self.is_home_assistant_status(&self.follow) {
                return Err(SettingsError {
                    field: "follow",
                    problem: "is the topic on which Home Assistant says that it has started",
                    expected: "name the topic on which the setpoint is published",
                });
            }
        }
        self.temperature.validate(self)?;
        if !(1..=LONGEST_INTERVAL_S).contains(&self.interval_s) {
            return Err(SettingsError {
                field: "interval_s",
                problem: "is not between 1 and 3600 seconds",
                expected: "write the seconds between two states, such as 10",
            });
        }
        Ok(())
    }

    /// Whether this is `<homeassistant_prefix>/status`.
    fn is_home_assistant_status(&self, topic: &str) -> bool {
        topic
            .strip_prefix(self.homeassistant_prefix.as_str())
            .is_some_and(|rest| rest == "/status")
    }

    /// The levels below `<prefix>/<id>/`, if the topic is one of a dimmer with the same prefix.
    fn levels_of_a_dimmer<'t>(&self, topic: &'t str) -> Option<&'t str> {
        let below = topic
            .strip_prefix(self.prefix.as_str())?
            .strip_prefix('/')?;
        let (id, levels) = below.split_once('/')?;
        id.parse::<DeviceId>().ok().map(|_| levels)
    }

    /// Seconds without a state after which Home Assistant shows an entity as unavailable: three heartbeats and a margin.
    pub const fn expire_after_s(&self) -> u16 {
        self.interval_s.saturating_mul(3).saturating_add(10)
    }
}

/// Whether this is a topic name that can be published on, or the first levels of one.
fn check_topic(field: &'static str, topic: &str) -> Result<(), SettingsError> {
    let (problem, expected) = if topic.is_empty() {
        ("is empty", "write a topic, such as solar-dimmer")
    } else if topic.contains(['+', '#']) {
        (
            "has a wildcard",
            "write one topic, without the characters + and #",
        )
    } else if topic.starts_with('/') || topic.ends_with('/') || topic.contains("//") {
        (
            "has an empty level",
            "put a slash only between two levels, such as home/heater",
        )
    } else if topic.starts_with('$') {
        (
            "starts with $, which belongs to the broker",
            "start with a letter",
        )
    } else if topic.trim() != topic {
        (
            "starts or ends with a space",
            "write the topic alone, without spaces around it",
        )
    } else if topic.chars().any(is_refused_by_brokers) {
        (
            "has a control character",
            "write letters, digits, - and _, with slashes between levels",
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

/// Control characters and Unicode non-characters: MQTT 5, 1.5.4 lets a broker close the connection for one of them, and
/// mosquitto does.
fn is_refused_by_brokers(character: char) -> bool {
    let code = u32::from(character);
    character.is_control() || (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

/// What is wrong with a setting, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The field, as written in the configuration.
    pub field: &'static str,
    /// What is wrong with it: the rest of a sentence that begins with the field.
    pub problem: &'static str,
    /// What to write instead.
    pub expected: &'static str,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}; {}",
            self.field, self.problem, self.expected
        )
    }
}

impl core::error::Error for SettingsError {}

#[cfg(test)]
mod tests;
