//! Hubs that know devices by a number: Domoticz and Jeedom.

use serde::{Deserialize, Serialize};

use super::{Settings, SettingsError, check_topic, text};

/// Most bytes in a topic of [`Domoticz`] and [`Jeedom`].
pub const HUB_TOPIC_CAPACITY: usize = 64;

/// The topics of Domoticz' own protocol, and the numbers (idx) of the devices that were made there for this dimmer.
///
/// An empty topic and an idx of 0 are silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Domoticz {
    /// Whether Domoticz is spoken to at all. Default false.
    pub enabled: bool,
    /// Where Domoticz listens. Default `domoticz/in`.
    pub in_topic: heapless::String<HUB_TOPIC_CAPACITY>,
    /// Where Domoticz speaks. Default `domoticz/out`.
    pub out_topic: heapless::String<HUB_TOPIC_CAPACITY>,
    /// A dimmer or a switch: shows the applied power in percent, and sets the power of this dimmer. Default 0.
    pub dimmer_idx: u32,
    /// A usage or a custom sensor: the applied power in watts. Default 0.
    pub power_idx: u32,
    /// A temperature: that of the water. Default 0.
    pub temperature_idx: u32,
    /// An alert: the worst alarm. Default 0.
    pub alarm_idx: u32,
}

/// Values for Jeedom on `<topic>/<idx>`, plain.
///
/// An empty topic and an idx of 0 are silence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jeedom {
    /// Whether anything is published there. Default false.
    pub enabled: bool,
    /// The first level or levels. Empty (the default): none. Jeedom reads at most two levels as the root of an equipment.
    pub topic: heapless::String<HUB_TOPIC_CAPACITY>,
    /// What was asked for, in percent. Default 0.
    pub setpoint_idx: u32,
    /// What is let through, in percent of the load. Default 0.
    pub applied_idx: u32,
    /// The same in watts. Default 0.
    pub power_idx: u32,
    /// The temperature of the water, in °C. Default 0.
    pub temperature_idx: u32,
    /// The level of the worst alarm: `none`, `warning` or `critical`. Default 0.
    pub alarm_idx: u32,
}

impl Default for Domoticz {
    fn default() -> Self {
        Self {
            enabled: false,
            in_topic: text("domoticz/in"),
            out_topic: text("domoticz/out"),
            dimmer_idx: 0,
            power_idx: 0,
            temperature_idx: 0,
            alarm_idx: 0,
        }
    }
}

/// Largest idx: what Domoticz' parser and ours hold.
const LARGEST_IDX: u32 = 0x7fff_ffff;

impl Domoticz {
    /// Whether Domoticz is listened to.
    pub(crate) fn listens(&self) -> bool {
        self.enabled && self.dimmer_idx != 0 && !self.out_topic.is_empty()
    }

    pub(super) fn validate(&self, settings: &Settings) -> Result<(), SettingsError> {
        for (field, topic) in [IN, OUT].into_iter().zip([&self.in_topic, &self.out_topic]) {
            check_hub_topic(field, topic, settings)?;
        }
        let error = |problem, expected| {
            Err(SettingsError {
                field: OUT,
                problem,
                expected,
            })
        };
        if !self.out_topic.is_empty() && self.out_topic == self.in_topic {
            return error(
                "is the topic on which Domoticz listens",
                "name the topic on which Domoticz speaks, such as domoticz/out",
            );
        }
        if self.listens()
            && (settings.follow == self.out_topic.as_str() || settings.is_source(&self.out_topic))
        {
            return error(
                "is a topic that this dimmer takes something else from",
                "let Domoticz publish each device on a topic of its own, such as domoticz/out/7, or leave one of the two empty",
            );
        }
        if self.enabled && settings.listens_to(&self.in_topic) {
            return Err(heard(IN));
        }
        check_idx([
            ("domoticz.dimmer_idx", self.dimmer_idx),
            ("domoticz.power_idx", self.power_idx),
            ("domoticz.temperature_idx", self.temperature_idx),
            ("domoticz.alarm_idx", self.alarm_idx),
        ])
    }
}

impl Jeedom {
    pub(super) fn validate(&self, settings: &Settings) -> Result<(), SettingsError> {
        check_hub_topic(JEEDOM, &self.topic, settings)?;
        let root = self.topic.split('/').next().unwrap_or_default();
        let error = |problem, expected| {
            Err(SettingsError {
                field: JEEDOM,
                problem,
                expected,
            })
        };
        if root == "jeedom" {
            return error(
                "starts with jeedom, which Jeedom keeps for itself",
                "start with another word, such as home/heater",
            );
        }
        let domoticz = &settings.domoticz;
        let of_domoticz = |topic: &str| !topic.is_empty() && self.topic.as_str() == topic;
        if domoticz.enabled
            && self.enabled
            && (of_domoticz(&domoticz.in_topic) || of_domoticz(&domoticz.out_topic))
        {
            // A value on a topic that has topics below it: Jeedom loses one of the two.
            return error(
                "is a topic of Domoticz, too",
                "name a topic of its own, such as home/heater",
            );
        }
        let is_right_below = |topic: &str| {
            let above = topic.rsplit_once('/').map(|(above, _)| above);
            above == Some(self.topic.as_str())
        };
        if self.enabled && settings.listened().into_iter().any(is_right_below) {
            return Err(heard(JEEDOM));
        }
        let to_domoticz = if domoticz.enabled {
            domoticz.in_topic.as_str()
        } else {
            ""
        };
        let told = [settings.temperature.share.topic.as_str(), to_domoticz];
        if self.enabled && told.into_iter().any(is_right_below) {
            // One idx is enough for two values on one topic, of which only the last would be kept.
            return error(
                "has a topic right below it on which the dimmer publishes something else",
                "name a topic of its own, such as home/heater",
            );
        }
        check_idx([
            ("jeedom.setpoint_idx", self.setpoint_idx),
            ("jeedom.applied_idx", self.applied_idx),
            ("jeedom.power_idx", self.power_idx),
            ("jeedom.temperature_idx", self.temperature_idx),
            ("jeedom.alarm_idx", self.alarm_idx),
        ])
    }
}

const IN: &str = "domoticz.in_topic";
const OUT: &str = "domoticz.out_topic";
const JEEDOM: &str = "jeedom.topic";

/// The dimmer would take for somebody else's word what it says to this hub.
const fn heard(field: &'static str) -> SettingsError {
    SettingsError {
        field,
        problem: "is a topic that the dimmer listens to",
        expected: "write one on which nobody else publishes, or leave it empty",
    }
}

fn check_hub_topic(
    field: &'static str,
    topic: &str,
    settings: &Settings,
) -> Result<(), SettingsError> {
    if topic.is_empty() {
        return Ok(());
    }
    check_topic(field, topic)?;
    let (problem, expected) =
        if settings.levels_of_a_dimmer(topic).is_some() || topic == settings.prefix {
            (
                "is a topic of a dimmer",
                "name the topic as it is set in the hub, such as domoticz/in",
            )
        } else if settings.homeassistant.is_below(topic) {
            (
                "is a topic of Home Assistant's discovery",
                "name the topic as it is set in the hub, such as domoticz/in",
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

/// One device has one value.
fn check_idx<const COUNT: usize>(all: [(&'static str, u32); COUNT]) -> Result<(), SettingsError> {
    for (place, (field, idx)) in all.into_iter().enumerate() {
        let problem = if idx > LARGEST_IDX {
            "is larger than 2147483647"
        } else if idx != 0 && all.iter().take(place).any(|(_, other)| *other == idx) {
            "is the idx of another value, too"
        } else {
            continue;
        };
        return Err(SettingsError {
            field,
            problem,
            expected: "write the idx that the hub shows for the device, one for each value, or 0 for none",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
