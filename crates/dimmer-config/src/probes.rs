//! The section `probes`.

use dimmer_safety::{ProbeUse, Role};
use serde::{Deserialize, Serialize};

/// The length of a probe's address as text, such as `28-0316a2795aff`.
pub const PROBE_ADDRESS_LENGTH: usize = 15;

/// Most probes that have a name of their own.
pub const PROBE_NAMES: usize = 8;

/// The longest name of a probe, bytes of UTF-8.
pub const PROBE_NAME_CAPACITY: usize = 24;

/// The places in the list of names, for whoever is told that one is wrong.
const NAMES_AT: [&str; PROBE_NAMES] = [
    "names[0]", "names[1]", "names[2]", "names[3]", "names[4]", "names[5]", "names[6]", "names[7]",
];

/// The address of a DS18B20 as text: family and serial number in lower-case hexadecimal, such as `28-0316a2795aff`; or empty.
pub type ProbeAddress = heapless::String<PROBE_ADDRESS_LENGTH>;

/// What people call a probe that was found, whether or not it measures anything for this dimmer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeName {
    /// Its address.
    pub address: ProbeAddress,
    /// Its name. A label only.
    pub name: heapless::String<PROBE_NAME_CAPACITY>,
}

/// Which temperatures this dimmer measures itself, and with which probe. The others come from topics, or are not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probes {
    /// The water's. Default true.
    pub water: bool,
    /// The heat sink's. Default false.
    pub heat_sink: bool,
    /// The room's. Default false.
    pub room: bool,
    /// The address of the water's probe; empty, the default: the only one there, but for those that other roles name.
    pub water_address: ProbeAddress,
    /// The same of the heat sink's.
    pub heat_sink_address: ProbeAddress,
    /// The same of the room's.
    pub room_address: ProbeAddress,
    /// The names of probes, each address once. Default: none.
    pub names: heapless::Vec<ProbeName, PROBE_NAMES>,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            water: true,
            heat_sink: false,
            room: false,
            water_address: ProbeAddress::new(),
            heat_sink_address: ProbeAddress::new(),
            room_address: ProbeAddress::new(),
            names: heapless::Vec::new(),
        }
    }
}

/// As it was stored first: every probe was the only one on its wire.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProbesV1 {
    water: bool,
    heat_sink: bool,
    room: bool,
}

impl From<ProbesV1> for Probes {
    fn from(old: ProbesV1) -> Self {
        let ProbesV1 {
            water,
            heat_sink,
            room,
        } = old;
        Self {
            water,
            heat_sink,
            room,
            ..Self::default()
        }
    }
}

/// Whether a text is the address of a DS18B20, whose family code is 28, in its one spelling.
fn is_address(text: &str) -> bool {
    let is_digit = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    text.len() == PROBE_ADDRESS_LENGTH
        && text
            .strip_prefix("28-")
            .is_some_and(|serial| serial.bytes().all(is_digit))
}

const ADDRESS_EXPECTED: &str = "family and serial number in small hexadecimal digits, as a search gives them, such as 28-0316a2795aff";

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

    /// The address that was chosen for a role; empty: none.
    #[must_use]
    pub fn address(&self, role: Role) -> &str {
        match role {
            Role::Water => &self.water_address,
            Role::HeatSink => &self.heat_sink_address,
            Role::Room => &self.room_address,
            _ => "",
        }
    }

    /// The role that the probe with this address was chosen for, if its temperature is measured.
    #[must_use]
    pub fn role_of(&self, address: &str) -> Option<Role> {
        let chosen = |role: &Role| self.has(*role) && self.address(*role) == address;
        Role::ALL
            .into_iter()
            .find(|role| !address.is_empty() && chosen(role))
    }

    /// What people call the probe with this address.
    #[must_use]
    pub fn name_of(&self, address: &str) -> Option<&str> {
        let mut names = self.names.iter();
        let named = names.find(|named| named.address == address)?;
        Some(&named.name)
    }

    /// The first address that is none, or that has two uses, or name that is none.
    fn address_fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let fields = [
            ("water_address", Role::Water),
            ("heat_sink_address", Role::HeatSink),
            ("room_address", Role::Room),
        ];
        for (field, role) in fields {
            let address = self.address(role);
            if address.is_empty() {
                continue;
            }
            if !is_address(address) {
                return Some((field, "is not the address of a DS18B20", ADDRESS_EXPECTED));
            }
            if self.has(role) && self.role_of(address) != Some(role) {
                return Some((
                    field,
                    "is the address of another role, too",
                    "a probe of its own for each temperature: two of them in one place would hide that one is wrong",
                ));
            }
        }
        for ((place, named), field) in self.names.iter().enumerate().zip(NAMES_AT) {
            let ProbeName { address, name } = named;
            let is_another = |other: &ProbeName| other.address == *address;
            let problem = if !is_address(address) {
                ("has an address that is none of a DS18B20", ADDRESS_EXPECTED)
            } else if self.names.iter().take(place).any(is_another) {
                ("has an address twice", "one name for each probe")
            } else if name.trim().is_empty() || name.chars().any(char::is_control) {
                (
                    "has a name that is empty or has control characters",
                    "what people call the probe, such as `Top of the tank`; or leave it out",
                )
            } else {
                continue;
            };
            return Some((field, problem.0, problem.1));
        }
        None
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
            self.address_fault()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "28-0316a2795aff";
    const OTHER: &str = "28-0000000000b2";

    fn text<const CAPACITY: usize>(text: &str) -> heapless::String<CAPACITY> {
        text.try_into().unwrap()
    }

    fn named(address: &str, name: &str) -> ProbeName {
        ProbeName {
            address: text(address),
            name: text(name),
        }
    }

    fn fault(probes: &Probes) -> Option<(&'static str, &'static str)> {
        let topics = dimmer_topics::Temperatures::default();
        let fault = probes.fault(&topics, ProbeUse::Required);
        fault.map(|(field, problem, _)| (field, problem))
    }

    #[test]
    fn an_address_has_one_spelling() {
        for (address, is_good) in [
            (FIRST, true),
            ("28-000000000000", true),
            ("28-0316A2795AFF", false),
            ("10-0316a2795aff", false),
            ("28-0316a2795af", false),
            ("28_0316a2795aff", false),
            ("28-0316a2795ag0", false),
            ("any", false),
        ] {
            let probes = Probes {
                room_address: text(address),
                ..Probes::default()
            };
            let expected =
                (!is_good).then_some(("room_address", "is not the address of a DS18B20"));
            assert_eq!(fault(&probes), expected, "{address}");
        }
    }

    #[test]
    fn no_probe_measures_for_two_roles() {
        let mut probes = Probes {
            heat_sink: true,
            water_address: text(FIRST),
            heat_sink_address: text(FIRST),
            ..Probes::default()
        };
        let twice = Some(("heat_sink_address", "is the address of another role, too"));
        assert_eq!(fault(&probes), twice);
        // One that measures nothing is not in the way.
        probes.heat_sink = false;
        assert_eq!(fault(&probes), None);
        assert_eq!(probes.role_of(FIRST), Some(Role::Water));
        probes.heat_sink = true;
        probes.heat_sink_address = text(OTHER);
        assert_eq!(fault(&probes), None);
        assert_eq!(probes.role_of(OTHER), Some(Role::HeatSink));
        assert_eq!((probes.role_of(""), probes.address(Role::Room)), (None, ""));
    }

    #[test]
    fn a_name_belongs_to_one_probe_and_says_something() {
        let mut probes = Probes::default();
        probes.names.push(named(FIRST, "Top of the tank")).unwrap();
        probes.names.push(named(OTHER, "Spare")).unwrap();
        assert_eq!(fault(&probes), None);
        assert_eq!(probes.name_of(OTHER), Some("Spare"));
        assert_eq!(probes.name_of("28-000000000001"), None);
        for (wrong, problem) in [
            (named(FIRST, "Again"), "has an address twice"),
            (
                named("", "Nobody"),
                "has an address that is none of a DS18B20",
            ),
            (
                named(OTHER, " "),
                "has a name that is empty or has control characters",
            ),
            (
                named(OTHER, "a\n"),
                "has a name that is empty or has control characters",
            ),
        ] {
            let mut probes = probes.clone();
            probes.names[1] = wrong;
            assert_eq!(fault(&probes), Some(("names[1]", problem)));
        }
    }
}
