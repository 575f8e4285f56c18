//! How Home Assistant finds the dimmer.

use serde::{Deserialize, Serialize};

use super::{PREFIX_CAPACITY, Qos, SettingsError, check_topic, text};

/// How Home Assistant (and who reads the same) finds the dimmer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HomeAssistant {
    /// Whether the dimmer announces itself, and how. Default: [`Discovery::PerComponent`].
    pub discovery: Discovery,
    /// First level or levels of the discovery topics, as set in Home Assistant. Default `homeassistant`.
    pub prefix: heapless::String<PREFIX_CAPACITY>,
    /// What the power is shown as. Default: [`PowerEntity::Number`].
    pub power: PowerEntity,
    /// Quality of service of discovery. Default 1: it is said once.
    pub qos: Qos,
    /// Whether the broker keeps discovery for a Home Assistant that starts later. Default true. Without it the dimmer is found
    /// when Home Assistant says that it has started, and Domoticz, which says the same word, finds it too.
    pub retain: bool,
}

/// Whether the dimmer announces itself, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discovery {
    /// Not at all.
    Off,
    /// One message for each entity: Home Assistant of any age, and Domoticz.
    #[default]
    PerComponent,
    /// A few messages, each with several entities: Home Assistant from 2024.11 on, and nobody else.
    Device,
}

/// What the power is shown as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerEntity {
    /// A number from 0 to 100 % in steps of 0.1: the setpoint.
    #[default]
    Number,
    /// A light with a brightness, 1 to 100 %: a slider and a switch in one.
    Light,
}

impl Default for HomeAssistant {
    fn default() -> Self {
        Self {
            discovery: Discovery::default(),
            prefix: text("homeassistant"),
            power: PowerEntity::default(),
            qos: Qos::AtLeastOnce,
            retain: true,
        }
    }
}

impl HomeAssistant {
    /// Whether anything is announced.
    pub fn is_on(&self) -> bool {
        self.discovery != Discovery::Off
    }

    /// Whether this is `<prefix>/status`.
    pub(crate) fn is_status(&self, topic: &str) -> bool {
        self.levels(topic) == Some("status")
    }

    /// Whether this is the prefix, or a topic below it: readers of discovery take some of what stands there for discovery.
    pub(super) fn is_below(&self, topic: &str) -> bool {
        topic == self.prefix || self.levels(topic).is_some()
    }

    fn levels<'t>(&self, topic: &'t str) -> Option<&'t str> {
        topic.strip_prefix(self.prefix.as_str())?.strip_prefix('/')
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        check_topic("homeassistant.prefix", &self.prefix)
    }
}
