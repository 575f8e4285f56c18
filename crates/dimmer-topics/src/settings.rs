//! What the user may choose about MQTT topics.

mod homeassistant;
mod hubs;
mod pool;
mod temperature;

use core::fmt;

use serde::{Deserialize, Serialize, de};

use crate::{DeviceId, Role};

pub use homeassistant::{Discovery, HomeAssistant, PowerEntity};
pub use hubs::{Domoticz, HUB_TOPIC_CAPACITY, Jeedom};
pub(crate) use pool::POOL;
pub use pool::{POOL_NAME_CAPACITY, Pool};
pub(crate) use temperature::fields as temperature_fields;
pub use temperature::{
    PATH_CAPACITY, PATH_STEPS, SOURCE_CAPACITY, Share, ShareFormat, Source, Temperatures,
};

/// Most bytes in [`Settings::prefix`] and [`HomeAssistant::prefix`].
pub const PREFIX_CAPACITY: usize = 32;

/// Most bytes in [`Settings::follow`].
pub const FOLLOW_CAPACITY: usize = 96;

/// Longest [`Settings::interval_s`]: an hour.
pub const LONGEST_INTERVAL_S: u16 = 3600;

/// How surely the broker and a client hand over a message (MQTT 5, 4.3). Stored and written as 0, 1 or 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "u8")]
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

/// What is wrong is said by the visitor, as the visitors of other types do, and not by `#[serde(try_from)]`: a format can say where it stands.
impl<'de> Deserialize<'de> for Qos {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Qos;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("0, 1 or 2")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Qos, E> {
                // What is no byte is no quality either.
                let number = u8::try_from(number).unwrap_or(u8::MAX);
                Qos::try_from(number).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Qos, E> {
                self.visit_u64(u64::try_from(number).unwrap_or(u64::MAX))
            }
        }

        deserializer.deserialize_u8(Visitor)
    }
}

/// Which of its values a dimmer publishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Each value alone, as plain text, on a topic of its own.
    Raw,
    /// All values in one JSON object, on `state`.
    Json,
    /// The one and the other.
    #[default]
    Both,
}

impl Format {
    /// Whether values are published each on its own.
    pub const fn is_raw(self) -> bool {
        matches!(self, Self::Raw | Self::Both)
    }

    /// Whether values are published in one JSON object.
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Both)
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
    /// Whether values go out alone, in one JSON object, or both. Default both.
    pub format: Format,
    /// Quality of service of states. Default 0, because they are repeated: what is lost is replaced by the next one.
    /// Availability is not repeated, and always has 1. What steers is subscribed to with 0 whatever this says: a setpoint that a broker
    /// kept for later is a setpoint of unknown age.
    pub qos: Qos,
    /// Whether the broker keeps the last states for clients that come later. Default true. Availability is always retained.
    pub retain: bool,
    /// Quality of service of alarms, of the status and of the configuration in use. Default 1: they are said once.
    pub alarm_qos: Qos,
    /// Whether the broker keeps them. Default true: an alarm is to be seen by whoever looks later.
    pub alarm_retain: bool,
    /// Quality of service of log lines and of answers to commands. Default 1: they are said once.
    pub event_qos: Qos,
    /// Whether the broker keeps the last of them. Default false: they belong to a moment.
    pub event_retain: bool,
    /// States are published at a change, and at least this often, in seconds: 1 to 3600. Default 10.
    pub interval_s: u16,
    /// Temperatures that come from topics, and the one that goes to a topic of the user's choice. Default: none.
    pub temperature: Temperatures,
    /// The shared pool. Default: that with the name `main`.
    pub pool: Pool,
    /// Home Assistant, and who reads its discovery. Default: announced, per component.
    pub homeassistant: HomeAssistant,
    /// Domoticz by idx. Default: off.
    pub domoticz: Domoticz,
    /// Jeedom by idx. Default: off.
    pub jeedom: Jeedom,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: text("solar-dimmer"),
            follow: text(""),
            format: Format::default(),
            qos: Qos::AtMostOnce,
            retain: true,
            alarm_qos: Qos::AtLeastOnce,
            alarm_retain: true,
            event_qos: Qos::AtLeastOnce,
            event_retain: false,
            interval_s: 10,
            temperature: Temperatures::default(),
            pool: Pool::default(),
            homeassistant: HomeAssistant::default(),
            domoticz: Domoticz::default(),
            jeedom: Jeedom::default(),
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
        self.homeassistant.validate()?;
        if self.homeassistant.is_below(&self.prefix) {
            // Domoticz takes a topic that begins so and has /config in it for discovery, and we have one.
            return Err(SettingsError {
                field: "prefix",
                problem: "is the prefix of Home Assistant's discovery, or stands below it",
                expected: "write a topic of your own, such as solar-dimmer",
            });
        }
        if self.is_a_dimmer(&self.homeassistant.prefix) {
            return Err(SettingsError {
                field: "homeassistant.prefix",
                problem: "is a topic of a dimmer",
                expected: "write the prefix that is set in Home Assistant, such as homeassistant",
            });
        }
        if !self.follow.is_empty() {
            check_topic("follow", &self.follow)?;
            if self.homeassistant.is_status(&self.follow) {
                return Err(SettingsError {
                    field: "follow",
                    problem: "is the topic on which Home Assistant says that it has started",
                    expected: "name the topic on which the setpoint is published",
                });
            }
        }
        self.temperature.validate(self)?;
        self.domoticz.validate(self)?;
        self.jeedom.validate(self)?;
        self.pool.validate(self)?;
        if !(1..=LONGEST_INTERVAL_S).contains(&self.interval_s) {
            return Err(SettingsError {
                field: "interval_s",
                problem: "is not between 1 and 3600 seconds",
                expected: "write the seconds between two states, such as 10",
            });
        }
        Ok(())
    }

    /// Whether a temperature comes from this topic.
    fn is_source(&self, topic: &str) -> bool {
        Role::ALL
            .iter()
            .any(|role| self.temperature.source(*role).topic == topic)
    }

    /// The topics of others that are listened to; empty where there is none.
    fn listened(&self) -> [&str; 5] {
        let [water, heat_sink, room] =
            Role::ALL.map(|role| self.temperature.source(role).topic.as_str());
        let domoticz = if self.domoticz.enabled {
            self.domoticz.out_topic.as_str()
        } else {
            ""
        };
        [&self.follow, water, heat_sink, room, domoticz]
    }

    /// Whether what goes out on this topic would come in again, as a setpoint, a temperature or Domoticz' word.
    fn listens_to(&self, topic: &str) -> bool {
        !topic.is_empty() && self.listened().contains(&topic)
    }

    /// Whether this is `<prefix>/<id>` of any dimmer with the same prefix, or below it.
    fn is_a_dimmer(&self, topic: &str) -> bool {
        self.path_of_a_dimmer(topic).is_some()
    }

    /// The levels below `<prefix>/<id>/`, if the topic is one of a dimmer with the same prefix.
    fn levels_of_a_dimmer<'t>(&self, topic: &'t str) -> Option<&'t str> {
        self.path_of_a_dimmer(topic)?
    }

    /// What follows `<prefix>/<id>` of any dimmer with the same prefix, if anything does.
    fn path_of_a_dimmer<'t>(&self, topic: &'t str) -> Option<Option<&'t str>> {
        let below = topic
            .strip_prefix(self.prefix.as_str())?
            .strip_prefix('/')?;
        let (id, levels) = match below.split_once('/') {
            Some((id, levels)) => (id, Some(levels)),
            None => (below, None),
        };
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
