//! From a configuration as written to one that a dimmer takes.

use core::{fmt, ops::Deref};

use crate::{BROKERS, Broker, Config};

/// A configuration whose every setting is in range and fits the others.
///
/// [`Config::validate`] makes one, [`Valid::defaults`], and what of this crate has checked all that
/// stands in it: whoever asks for it cannot be given anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valid(Config);

impl Deref for Valid {
    type Target = Config;

    fn deref(&self) -> &Config {
        &self.0
    }
}

impl Valid {
    /// The defaults. They hold by construction, and by a test.
    #[must_use]
    pub fn defaults() -> Self {
        Self(Config::default())
    }

    /// One in which [`Config::check`] finds nothing.
    pub(crate) fn of_checked(config: Config) -> Self {
        debug_assert_eq!(config.check(), Ok(()));
        Self(config)
    }

    /// The configuration, to be changed and validated again.
    #[must_use]
    pub fn into_inner(self) -> Config {
        self.0
    }
}

/// The first setting that cannot be used: where it stands, what is wrong and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalid {
    /// The section, as in a configuration file; empty for a setting that stands before all sections.
    pub section: &'static str,
    /// The setting in its section.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
    /// The other setting of a rule between two in the same section.
    pub other: Option<&'static str>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.section.is_empty() { "" } else { "." };
        let Self {
            section,
            field,
            problem,
            expected,
            ..
        } = self;
        write!(
            formatter,
            "{section}{dot}{field} {problem}; expected: {expected}"
        )
    }
}

impl core::error::Error for Invalid {}

/// A section for each broker.
const BROKER_SECTIONS: [&str; BROKERS] = ["brokers[0]", "brokers[1]", "brokers[2]", "brokers[3]"];

impl Config {
    /// Accepts the configuration if a dimmer can run on it.
    ///
    /// # Errors
    /// [`Invalid`] names the first setting that is out of range or does not fit the others.
    pub fn validate(self) -> Result<Valid, Invalid> {
        self.check()?;
        Ok(Valid(self))
    }

    /// Whether the list has this broker before this place, too.
    pub(crate) fn stands_before(&self, place: usize, broker: &Broker) -> bool {
        let mut before = self.brokers.iter().take(place);
        before.any(|other| other.is_same_as(broker))
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let refuse = |section| {
            move |(field, problem, expected)| Invalid {
                section,
                field,
                problem,
                expected,
                other: None,
            }
        };
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            let fault = (
                "name",
                "is empty or has control characters",
                "what people call this dimmer, such as `Cellar tank`",
            );
            return Err(refuse("")(fault));
        }
        for ((place, broker), section) in self.brokers.iter().enumerate().zip(BROKER_SECTIONS) {
            let again = self.stands_before(place, broker).then_some((
                "host",
                "is the host of a broker before it, with the same port",
                "each broker once; another try at the same one comes by itself",
            ));
            broker
                .fault()
                .or(again)
                .map_or(Ok(()), Err)
                .map_err(refuse(section))?;
        }
        self.session
            .fault()
            .map_or(Ok(()), Err)
            .map_err(refuse("session"))?;
        self.output
            .fault()
            .map_or(Ok(()), Err)
            .map_err(refuse("output"))?;
        self.topics
            .validate()
            .map_err(|e| refuse("topics")((e.field, e.problem, e.expected)))?;
        self.probes
            .fault(&self.topics.temperature, self.safety.water_probe)
            .map_or(Ok(()), Err)
            .map_err(refuse("probes"))?;
        self.mains
            .validate()
            .map_err(|e| refuse("mains")((e.field, "is out of range", e.expected)))?;
        self.pool.validate().map_err(|e| Invalid {
            other: e.other,
            ..refuse("pool")((e.field, e.problem, e.expected))
        })?;
        if self.pool.sharing.is_shared() && self.topics.follow.is_empty() {
            // The others would leave it a share that it is never asked for.
            let fault = (
                "follow",
                "is empty, and pool.sharing makes this dimmer a member of a shared pool",
                "the topic on which the router publishes the common setpoint; or pool.sharing = \"thresholds\"",
            );
            return Err(refuse("topics")(fault));
        }
        self.safety.validate().map_err(|e| Invalid {
            other: e.other,
            ..refuse("safety")((e.field, e.problem, e.expected))
        })?;
        self.network
            .fault()
            .map_or(Ok(()), Err)
            .map_err(refuse("network"))?;
        self.security
            .fault()
            .map_or(Ok(()), Err)
            .map_err(refuse("security"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), Ok(Valid::defaults()));
    }

    /// Each section's own faults are tested where the section is defined; here: that each is asked.
    #[test]
    fn a_fault_in_any_section_is_refused_with_its_path() {
        type Spoil = fn(&mut Config);
        let cases: [(&str, &str, Spoil); 33] = [
            ("", "name", |config| config.name.clear()),
            ("brokers[0]", "host", |config| {
                config.brokers[0].host = "my broker".try_into().unwrap()
            }),
            ("brokers[1]", "host", |config| {
                config.brokers[1].host.clear()
            }),
            ("brokers[0]", "port", |config| config.brokers[0].port = 0),
            ("brokers[1]", "host", |config| config.brokers[1].port = 1883),
            ("brokers[1]", "keep_alive_s", |config| {
                config.brokers[1].keep_alive_s = 1
            }),
            ("brokers[0]", "username", |config| {
                config.brokers[0].password = "secret".try_into().unwrap()
            }),
            ("brokers[1]", "password", |config| {
                config.brokers[1].password = crate::Secret::withheld()
            }),
            ("brokers[0]", "username", |config| {
                config.brokers[0].username = "dim\0mer".try_into().unwrap()
            }),
            ("brokers[0]", "client_id", |config| {
                config.brokers[0].client_id = "dimmer\n".try_into().unwrap()
            }),
            ("brokers[1]", "password", |config| {
                config.brokers[1].username = "dimmer".try_into().unwrap();
                config.brokers[1].password = "\u{1f}".try_into().unwrap()
            }),
            ("session", "resume_within_s", |config| {
                config.session.resume_within_s = 3_601
            }),
            ("session", "return_after_s", |config| {
                config.session.return_after_s = 59
            }),
            ("output", "triacs", |config| config.output.triacs = 4),
            ("output", "rated_watts", |config| {
                config.output.rated_watts = 0
            }),
            ("topics", "prefix", |config| {
                config.topics.prefix = "a/#".try_into().unwrap()
            }),
            ("probes", "water", |config| {
                config.topics.temperature.water.topic = "home/tank".try_into().unwrap()
            }),
            ("probes", "heat_sink", |config| {
                config.probes.heat_sink = true;
                config.topics.temperature.heat_sink.topic = "home/sink".try_into().unwrap()
            }),
            ("probes", "room", |config| {
                config.probes.room = true;
                config.topics.temperature.room.topic = "home/room".try_into().unwrap()
            }),
            ("probes", "water", |config| {
                config.probes.water = false;
                config.topics.temperature.share.topic = "home/tank".try_into().unwrap()
            }),
            ("probes", "water", |config| config.probes.water = false),
            ("probes", "water_address", |config| {
                config.probes.water_address = "any".try_into().unwrap()
            }),
            ("probes", "names[0]", |config| {
                let name = crate::ProbeName::default();
                config.probes.names.push(name).unwrap()
            }),
            ("mains", "gate_pulse_us", |config| {
                config.mains.gate_pulse_us = 0;
            }),
            ("pool", "maximum_centipercent", |config| {
                config.pool.maximum_centipercent = 10_001
            }),
            ("pool", "weight", |config| config.pool.weight = 0),
            ("topics", "pool.name", |config| {
                config.topics.pool.name.clear()
            }),
            ("topics", "follow", |config| {
                config.pool.sharing = dimmer_pool::Sharing::Equal
            }),
            ("safety", "water_limit_millicelsius", |config| {
                config.safety.water_limit_millicelsius = 200_000
            }),
            ("network", "address.ip", |config| {
                config.network.address.source = crate::AddressSource::Static
            }),
            ("network", "wifi.ssid", |config| {
                config.network.wifi.password = "correct horse".try_into().unwrap()
            }),
            ("security", "hosts[0]", |config| {
                let host = "dimmer.example.org:80".try_into().unwrap();
                config.security.hosts.push(host).unwrap()
            }),
            ("security", "compatibility.address", |config| {
                config.security.compatibility.enabled = true
            }),
        ];
        for (section, field, spoil) in cases {
            let mut config = Config::default();
            for port in [1883, 1884] {
                let broker = Broker {
                    host: "broker.local".try_into().unwrap(),
                    port,
                    ..Broker::default()
                };
                config.brokers.push(broker).unwrap();
            }
            assert!(config.clone().validate().is_ok());
            spoil(&mut config);
            let invalid = config.validate().unwrap_err();
            assert_eq!((invalid.section, invalid.field), (section, field));
        }
    }

    #[test]
    fn no_broker_stands_twice_in_the_list() {
        let with = |brokers: &[(&str, u16, &str)]| {
            let mut config = Config::default();
            for (host, port, username) in brokers {
                let broker = Broker {
                    host: (*host).try_into().unwrap(),
                    port: *port,
                    username: (*username).try_into().unwrap(),
                    ..Broker::default()
                };
                config.brokers.push(broker).unwrap();
            }
            config
                .validate()
                .map(|_| ())
                .map_err(|it| (it.section, it.field))
        };
        let (own, other) = (("broker.local", 1883, ""), ("attic.local", 1883, ""));
        assert_eq!(with(&[own, other, ("broker.local", 1884, "")]), Ok(()));
        for again in [
            own,
            ("Broker.LOCAL", 1883, ""),
            ("broker.local", 1883, "me"),
        ] {
            assert_eq!(with(&[own, other, again]), Err(("brokers[2]", "host")));
        }
    }

    #[test]
    fn a_temperature_from_a_topic_takes_the_place_of_the_probe_and_no_more() {
        let mut config = Config::default();
        config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
        let invalid = config.clone().validate().unwrap_err();
        assert_eq!(
            (invalid.problem, invalid.expected),
            (
                "is true, and topics.temperature.water names a topic",
                "one source for a temperature: set probes.water to false, or leave the topic empty"
            )
        );
        config.probes.water = false;
        config.probes.heat_sink = true;
        config.topics.temperature.room.topic = "home/room".try_into().unwrap();
        assert!(config.validate().is_ok());
        let mut unmeasured = Config::default();
        unmeasured.probes.water = false;
        unmeasured.safety.water_probe = dimmer_safety::ProbeUse::Absent;
        assert!(unmeasured.validate().is_ok());
    }

    #[test]
    fn the_message_says_where_what_and_what_would_be_right() {
        extern crate std;
        let mut config = Config::default();
        config.output.rated_watts = 0;
        assert_eq!(
            std::format!("{}", config.validate().unwrap_err()),
            "output.rated_watts is outside 1 to 20000 W; expected: the power on the heater's plate, such as 2000"
        );
    }
}
