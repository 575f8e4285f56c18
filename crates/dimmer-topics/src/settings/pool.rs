//! The shared pool, as far as topics are concerned.

use serde::{Deserialize, Serialize};

use super::{Settings, SettingsError, check_topic};
use crate::Role;

/// Most bytes in [`Pool::name`].
pub const POOL_NAME_CAPACITY: usize = 32;

/// The level between the prefix and the names of the pools.
pub(crate) const POOL: &str = "pool";

/// The shared pool, as far as topics are concerned. Whether the dimmer is a member of it is said by
/// [`Topics::with_pool`](crate::Topics::with_pool).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pool {
    /// Its name, one level of a topic: members announce themselves on `<prefix>/pool/<name>/<id>`. Default `main`.
    pub name: heapless::String<POOL_NAME_CAPACITY>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            name: super::text("main"),
        }
    }
}

impl Pool {
    /// Checks the name, and that nothing else is on the topics of the pool: whatever a member says there comes back to it.
    pub(super) fn validate(&self, settings: &Settings) -> Result<(), SettingsError> {
        const NAME: &str = "pool.name";
        check_topic(NAME, &self.name)?;
        if self.name.contains('/') {
            return Err(SettingsError {
                field: NAME,
                problem: "has more than one level",
                expected: "write a name without a slash, such as main",
            });
        }
        let [water, heat_sink, room] = Role::ALL.map(|role| {
            let topic = settings.temperature.source(role).topic.as_str();
            (super::temperature_fields(role).0, topic)
        });
        let domoticz = &settings.domoticz;
        for (field, topic) in [
            ("follow", settings.follow.as_str()),
            water,
            heat_sink,
            room,
            (
                "temperature.share.topic",
                settings.temperature.share.topic.as_str(),
            ),
            ("domoticz.in_topic", domoticz.in_topic.as_str()),
            ("domoticz.out_topic", domoticz.out_topic.as_str()),
        ] {
            if self.hears(topic, settings) {
                return Err(taken(field));
            }
        }
        for (field, topic) in [
            ("homeassistant.prefix", &*settings.homeassistant.prefix),
            ("jeedom.topic", &*settings.jeedom.topic),
        ] {
            // What is said right below them would be a member.
            if below(topic, settings)
                .and_then(|levels| levels.strip_prefix(POOL)?.strip_prefix('/'))
                == Some(self.name.as_str())
            {
                return Err(taken(field));
            }
        }
        Ok(())
    }

    /// Whether a member of this pool hears what is said on this topic.
    fn hears(&self, topic: &str, settings: &Settings) -> bool {
        let Some((first, others)) =
            below(topic, settings).and_then(|levels| levels.split_once('/'))
        else {
            return false;
        };
        let is_of_the_pool = first == POOL
            && others
                .split_once('/')
                .is_some_and(|(name, last)| self.name.as_str() == name && !last.contains('/'));
        is_of_the_pool || others == crate::message::AVAILABILITY
    }
}

/// The levels below the prefix.
fn below<'t>(topic: &'t str, settings: &Settings) -> Option<&'t str> {
    topic
        .strip_prefix(settings.prefix.as_str())?
        .strip_prefix('/')
}

const fn taken(field: &'static str) -> SettingsError {
    SettingsError {
        field,
        problem: "is a topic on which the members of a pool hear each other",
        expected: "write one that is not below the pool, and not the availability of anything",
    }
}

#[cfg(test)]
mod tests {
    use super::{POOL_NAME_CAPACITY, Pool, Settings};

    fn named(name: &str) -> Settings {
        Settings {
            pool: Pool {
                name: name.try_into().unwrap(),
            },
            ..Settings::default()
        }
    }

    #[test]
    fn a_name_is_one_level() {
        let longest = "n".repeat(POOL_NAME_CAPACITY);
        for name in ["main", "cellar 2", "cave à vin", "totals", &longest] {
            assert_eq!(named(name).validate(), Ok(()), "{name}");
        }
        for name in ["", "a/b", "+", "#", "a+", "$a", "/", " a", "a\n"] {
            let error = named(name).validate().unwrap_err();
            assert_eq!(error.field, "pool.name", "{name:?}");
        }
        let parsed: Settings = toml::from_str("[pool]\nname = 'cellar'").unwrap();
        assert_eq!(parsed, named("cellar"));
    }

    #[test]
    fn nothing_else_is_on_the_topics_of_the_pool() {
        type Spoil = fn(&mut Settings, &str);
        let cases: [(&str, Spoil); 5] = [
            ("follow", |settings, topic| {
                settings.follow = topic.try_into().unwrap();
            }),
            ("temperature.room.topic", |settings, topic| {
                settings.temperature.room.topic = topic.try_into().unwrap();
            }),
            ("temperature.share.topic", |settings, topic| {
                settings.temperature.share.topic = topic.try_into().unwrap();
            }),
            ("domoticz.in_topic", |settings, topic| {
                settings.domoticz.in_topic = topic.try_into().unwrap();
            }),
            ("domoticz.out_topic", |settings, topic| {
                settings.domoticz.out_topic = topic.try_into().unwrap();
            }),
        ];
        for (field, spoil) in cases {
            for topic in [
                "solar-dimmer/pool/main/totals",
                "solar-dimmer/pool/main/a1b2c3d4e5f7",
                "solar-dimmer/router/availability",
            ] {
                let mut settings = Settings::default();
                spoil(&mut settings, topic);
                assert_eq!(settings.validate().unwrap_err().field, field, "{topic}");
            }
            for topic in [
                "solar-dimmer/all/power",
                "solar-dimmer/pool/power",
                "solar-dimmer/pool/other/power",
                "solar-dimmer/pool/main/a/b",
                "solar-dimmers/pool/main/a",
                "availability",
            ] {
                let mut settings = Settings::default();
                spoil(&mut settings, topic);
                assert_eq!(settings.validate(), Ok(()), "{field} {topic}");
            }
        }
        let mut settings = Settings::default();
        settings.jeedom.topic = "solar-dimmer/pool/main".try_into().unwrap();
        assert_eq!(settings.validate().unwrap_err().field, "jeedom.topic");
        let mut settings = Settings::default();
        settings.homeassistant.prefix = "solar-dimmer/pool/main".try_into().unwrap();
        assert_eq!(
            settings.validate().unwrap_err().field,
            "homeassistant.prefix"
        );
    }
}
