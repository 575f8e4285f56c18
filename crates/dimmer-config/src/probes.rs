//! The section `probes`.

use dimmer_safety::{ProbeUse, Role};
use serde::{Deserialize, Serialize};

/// Which temperatures this dimmer measures itself. The others come from topics, or are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probes {
    /// The water's. Default true.
    pub water: bool,
    /// The heat sink's. Default false.
    pub heat_sink: bool,
    /// The room's. Default false.
    pub room: bool,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            water: true,
            heat_sink: false,
            room: false,
        }
    }
}

impl Probes {
    /// Whether this dimmer has a probe of its own for a role.
    #[must_use]
    pub const fn has(&self, role: Role) -> bool {
        match role {
            Role::Water => self.water,
            Role::HeatSink => self.heat_sink,
            Role::Room => self.room,
            // No setting for it yet.
            _ => false,
        }
    }

    /// The first role that has a topic, too, or no source although it must have one, as (field, problem, expected). With two
    /// sources nobody could tell which one counts, and with none the dimmer would be off for ever.
    pub(crate) fn fault(
        &self,
        topics: &dimmer_topics::Temperatures,
        water: ProbeUse,
    ) -> Option<(&'static str, &'static str, &'static str)> {
        let both = |probe: bool, source: &dimmer_topics::Source| probe && !source.topic.is_empty();
        if both(self.water, &topics.water) {
            Some((
                "water",
                "is true, and topics.temperature.water names a topic",
                "one source for a temperature: set probes.water to false, or leave the topic empty",
            ))
        } else if both(self.heat_sink, &topics.heat_sink) {
            Some((
                "heat_sink",
                "is true, and topics.temperature.heat_sink names a topic",
                "one source for a temperature: set probes.heat_sink to false, or leave the topic empty",
            ))
        } else if both(self.room, &topics.room) {
            Some((
                "room",
                "is true, and topics.temperature.room names a topic",
                "one source for a temperature: set probes.room to false, or leave the topic empty",
            ))
        } else if !self.water && !topics.share.topic.is_empty() {
            Some((
                "water",
                "is false, and topics.temperature.share names a topic",
                "only what this dimmer's own probe measures is shared: leave that topic empty",
            ))
        } else if !self.water && topics.water.topic.is_empty() && water == ProbeUse::Required {
            Some((
                "water",
                "is false, and no topic gives the temperature of the water either",
                "a source for a required temperature: set probes.water to true, or name a topic in topics.temperature.water",
            ))
        } else {
            None
        }
    }
}
