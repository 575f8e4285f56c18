//! The sections of a configuration: what is stored, damaged, replaced and refused on its own.

use core::fmt;

use crate::{Config, Invalid, Valid};

/// A part of a configuration that is stored on its own: one field of [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// [`Config::name`].
    Name,
    /// [`Config::language`].
    Language,
    /// [`Config::brokers`].
    Brokers,
    /// [`Config::session`].
    Session,
    /// [`Config::topics`].
    Topics,
    /// [`Config::output`].
    Output,
    /// [`Config::probes`].
    Probes,
    /// [`Config::mains`].
    Mains,
    /// [`Config::pool`].
    Pool,
    /// [`Config::safety`].
    Safety,
    /// [`Config::network`].
    Network,
    /// [`Config::security`].
    Security,
}

impl Section {
    /// Every section, in the order of [`Config`].
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::Language,
        Self::Brokers,
        Self::Session,
        Self::Topics,
        Self::Output,
        Self::Probes,
        Self::Mains,
        Self::Pool,
        Self::Safety,
        Self::Network,
        Self::Security,
    ];

    /// The name, as it is written in TOML and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Language => "language",
            Self::Brokers => "brokers",
            Self::Session => "session",
            Self::Topics => "topics",
            Self::Output => "output",
            Self::Probes => "probes",
            Self::Mains => "mains",
            Self::Pool => "pool",
            Self::Safety => "safety",
            Self::Network => "network",
            Self::Security => "security",
        }
    }

    /// The number under which it is stored, 1 to 63. It never changes, and that of a section that is gone is never given to another.
    #[must_use]
    pub const fn key(self) -> u8 {
        match self {
            Self::Name => 1,
            Self::Language => 2,
            Self::Brokers => 3,
            Self::Session => 4,
            Self::Topics => 5,
            Self::Output => 6,
            Self::Probes => 7,
            Self::Mains => 8,
            Self::Pool => 9,
            Self::Safety => 10,
            Self::Network => 11,
            Self::Security => 12,
        }
    }

    /// The section with this [`key`](Self::key).
    #[must_use]
    pub fn from_key(key: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.key() == key)
    }

    /// The section with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|section| section.as_str() == name)
    }

    /// The section in which a fault stands.
    #[must_use]
    pub fn of(invalid: &Invalid) -> Option<Self> {
        let name = if invalid.section.is_empty() {
            invalid.field
        } else {
            // `brokers[1]` is in `brokers`.
            invalid.section.split('[').next().unwrap_or_default()
        };
        Self::from_name(name)
    }

    /// Puts this section of another configuration in the place of the one here.
    pub fn copy(self, from: &Config, to: &mut Config) {
        match self {
            Self::Name => to.name.clone_from(&from.name),
            Self::Language => to.language = from.language,
            Self::Brokers => to.brokers.clone_from(&from.brokers),
            Self::Session => to.session.clone_from(&from.session),
            Self::Topics => to.topics.clone_from(&from.topics),
            Self::Output => to.output = from.output,
            Self::Probes => to.probes.clone_from(&from.probes),
            Self::Mains => to.mains = from.mains,
            Self::Pool => to.pool = from.pool,
            Self::Safety => to.safety = from.safety,
            Self::Network => to.network.clone_from(&from.network),
            Self::Security => to.security.clone_from(&from.security),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A fault for each section that has one.
pub type Faults = heapless::Vec<(Section, Invalid), { Section::ALL.len() }>;

impl Config {
    /// Makes a configuration that a dimmer takes out of one that was put together from what could be read: a section that cannot be used is
    /// set to its defaults. Of two that do not fit each other it is the one without which the fault is gone, first the one that the fault
    /// names; one that has no part in a fault stays as it is.
    #[must_use]
    pub fn rescue(self) -> (Valid, Faults) {
        let mut valid = Valid::defaults();
        let faults = self.rescue_into(&mut valid);
        (valid, faults)
    }

    /// The same in place of another one: for who has no room for both on the stack.
    pub fn rescue_into(mut self, valid: &mut Valid) -> Faults {
        let faults = self.mend();
        *valid = Valid::of_checked(self);
        faults
    }

    /// Sets what cannot be used to its defaults, here: [`check`](Self::check) finds nothing after it.
    #[inline(never)]
    fn mend(&mut self) -> Faults {
        self.drop_doubled_brokers();
        let defaults = Self::default();
        let mut faults = Faults::new();
        // Each turn but the last sets one more section to its defaults.
        loop {
            let Err(invalid) = self.check() else {
                return faults;
            };
            let helps = |section: &Section| {
                let mut trial = self.clone();
                section.copy(&defaults, &mut trial);
                trial.check() != Err(invalid)
            };
            let named = Section::of(&invalid);
            let mut candidates = named.into_iter().chain(Section::ALL);
            // If two have to go, the named one is the first.
            let section = candidates.find(helps).or(named);
            let again =
                section.is_none_or(|section| faults.iter().any(|(known, _)| *known == section));
            match section {
                Some(section) if !again => {
                    section.copy(&defaults, self);
                    // There is room for every section once.
                    let _ = faults.push((section, invalid));
                }
                // Of no rule so far: no section alone mends it.
                _ => {
                    for section in Section::ALL {
                        if !faults.iter().any(|(known, _)| *known == section) {
                            let _ = faults.push((section, invalid));
                        }
                    }
                    *self = defaults;
                    return faults;
                }
            }
        }
    }

    /// Earlier firmware took a broker twice, and its settings are no reason to be off: of the two the first is the one that was used.
    fn drop_doubled_brokers(&mut self) {
        let mut place = 0;
        while let Some(broker) = self.brokers.get(place) {
            if self.stands_before(place, broker) {
                self.brokers.remove(place);
            } else {
                place += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn every_section_has_a_name_and_a_number_of_its_own() {
        for (place, section) in Section::ALL.into_iter().enumerate() {
            assert_eq!(Section::from_key(section.key()), Some(section));
            assert_eq!(Section::from_name(section.as_str()), Some(section));
            assert!((1..64).contains(&section.key()));
            assert!(
                !Section::ALL[..place]
                    .iter()
                    .any(|other| other.key() == section.key())
            );
        }
        assert_eq!(Section::from_key(0), None);
        assert_eq!(Section::from_name("Pool"), None);
    }

    #[test]
    fn a_fault_is_found_in_its_section() {
        let at = |section, field| {
            Section::of(&Invalid {
                section,
                field,
                problem: "",
                expected: "",
                other: None,
            })
        };
        assert_eq!(at("", "name"), Some(Section::Name));
        assert_eq!(at("brokers[3]", "host"), Some(Section::Brokers));
        assert_eq!(at("topics", "domoticz.in_topic"), Some(Section::Topics));
        assert_eq!(at("", "colour"), None);
    }

    #[test]
    fn only_what_cannot_be_used_is_set_to_its_defaults() {
        let mut config = Valid::defaults().into_inner();
        config.name = "Cellar".try_into().unwrap();
        config.pool.start_centipercent = 5_000;
        config.output.rated_watts = 0;
        config.safety.water_limit_millicelsius = 1;
        let (valid, faults) = config.rescue();
        assert_eq!(valid.name, "Cellar");
        assert_eq!(valid.pool.start_centipercent, 5_000);
        assert_eq!(valid.output.rated_watts, 2_000);
        assert_eq!(valid.safety, Config::default().safety);
        let at: [Section; 2] = [faults[0].0, faults[1].0];
        assert_eq!((at, faults.len()), ([Section::Output, Section::Safety], 2));
    }

    /// Settings of a house: none of them is the default.
    fn of_a_house() -> Config {
        let mut config = Config {
            name: "Cellar".try_into().unwrap(),
            ..Config::default()
        };
        let broker = crate::Broker {
            host: "broker.local".try_into().unwrap(),
            ..crate::Broker::default()
        };
        config.brokers.push(broker).unwrap();
        config.safety.water_limit_millicelsius = 55_000;
        config.safety.water_resume_millicelsius = 50_000;
        config.network.wifi.ssid = "home".try_into().unwrap();
        config.clone().validate().unwrap();
        config
    }

    #[test]
    fn a_broker_that_earlier_firmware_took_twice_is_no_reason_for_defaults() {
        let mut config = of_a_house();
        let mut again = config.brokers[0].clone();
        again.host = "Broker.LOCAL".try_into().unwrap();
        again.username = "me".try_into().unwrap();
        let other = crate::Broker {
            port: 1884,
            ..config.brokers[0].clone()
        };
        config.brokers.push(again.clone()).unwrap();
        config.brokers.push(other.clone()).unwrap();
        config.brokers.push(again).unwrap();
        let (valid, faults) = config.rescue();
        assert_eq!(valid.brokers, [of_a_house().brokers[0].clone(), other]);
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn of_two_sections_that_do_not_fit_only_the_one_that_mends_it_is_set_to_its_defaults() {
        // A member of a pool, whose topics are of a newer firmware: they have their defaults here.
        let mut config = of_a_house();
        config.pool.sharing = dimmer_pool::Sharing::Equal;
        let (valid, faults) = config.rescue();
        assert_eq!(*valid, of_a_house());
        let at: std::vec::Vec<_> = faults.iter().map(|(section, _)| *section).collect();
        assert_eq!(at, [Section::Pool]);
        assert_eq!(
            (faults[0].1.section, faults[0].1.field),
            ("topics", "follow")
        );

        // The fault is told of the probes, whose defaults do not fit either.
        let mut config = of_a_house();
        config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
        let (valid, faults) = config.rescue();
        assert_eq!(*valid, of_a_house());
        let at: std::vec::Vec<_> = faults.iter().map(|(section, _)| *section).collect();
        assert_eq!(at, [Section::Topics]);

        // No probe, and limits that want one: the limits stay.
        let mut config = of_a_house();
        config.probes.water = false;
        let (valid, faults) = config.rescue();
        assert_eq!(*valid, of_a_house());
        assert_eq!((faults[0].0, faults.len()), (Section::Probes, 1));
        assert_eq!(
            Config::default().rescue(),
            (Valid::defaults(), Faults::new())
        );
    }
}
