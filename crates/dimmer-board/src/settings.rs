//! The settings that a board without any starts with, and those that a person types at its serial port.

use core::fmt;

use dimmer_app::dimmer::config::{Broker, Config, Invalid, Valid, Wifi};

/// What was said when the image was built. A board reads it with `option_env!`, as the words are the image's and not this library's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Built<'a> {
    /// `HOST[:PORT] [USER PASSWORD]`.
    pub broker: Option<&'a str>,
    /// The name of a Wi-Fi network; nothing on a wire.
    pub wifi_name: Option<&'a str>,
    /// Its password; nothing for an open one.
    pub wifi_password: Option<&'a str>,
}

impl Built<'_> {
    /// The settings that the board starts with as long as it has stored none.
    ///
    /// # Errors
    /// What was said cannot be used.
    pub fn settings(&self) -> Result<Valid, SettingsError> {
        let mut config = Config::default();
        if let Some(name) = self.wifi_name {
            let password = self.wifi_password.unwrap_or_default();
            config = Change::Wifi { name, password }.apply(config)?.into_inner();
        }
        match self.broker {
            Some(text) => Change::Broker(text).apply(config),
            None => Ok(config.validate()?),
        }
    }
}

/// What a person changes of the settings with one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// This broker, as the only one: `HOST[:PORT] [USER PASSWORD]`.
    Broker(&'a str),
    /// This Wi-Fi network.
    Wifi {
        /// Its name, which may have blanks.
        name: &'a str,
        /// Its password; empty for an open one.
        password: &'a str,
    },
}

impl Change<'_> {
    /// The same settings with this one changed.
    ///
    /// # Errors
    /// What cannot be used, in words.
    pub fn apply(self, mut config: Config) -> Result<Valid, SettingsError> {
        match self {
            Self::Broker(text) => {
                config.brokers.clear();
                // There is room for four.
                let _ = config.brokers.push(broker(text)?);
            }
            Self::Wifi { name, password } => {
                let long = |_| SettingsError::WifiTooLong;
                config.network.wifi = Wifi {
                    ssid: name.try_into().map_err(long)?,
                    password: password.try_into().map_err(long)?,
                };
            }
        }
        Ok(config.validate()?)
    }
}

fn broker(text: &str) -> Result<Broker, SettingsError> {
    let mut words = text.split_whitespace();
    let address = words.next().ok_or(SettingsError::NoHost)?;
    let usual = Broker::default();
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| SettingsError::Port)?),
        None => (address, usual.port),
    };
    let (username, password) = (words.next(), words.next());
    if username.is_some() != password.is_some() || words.next().is_some() {
        return Err(SettingsError::Words);
    }
    let long = |_| SettingsError::TooLong;
    Ok(Broker {
        host: host.try_into().map_err(long)?,
        port,
        username: username.unwrap_or_default().try_into().map_err(long)?,
        password: password.unwrap_or_default().try_into().map_err(long)?,
        ..usual
    })
}

/// Why settings were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// No host was said.
    NoHost,
    /// What stands behind the colon is no port.
    Port,
    /// Neither a host alone nor a host with a user and a password.
    Words,
    /// A host, a user or a password of more than 64 bytes.
    TooLong,
    /// A Wi-Fi's name of more than 32 bytes, or a password of more than 63.
    WifiTooLong,
    /// The settings do not fit each other.
    Invalid(Invalid),
}

impl From<Invalid> for SettingsError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => formatter.write_str("no host; type `broker 192.168.1.10` or `broker HOST:PORT USER PASSWORD`"),
            Self::Port => formatter.write_str("the port is no number of 1 to 65535; 1883 is usual"),
            Self::Words => formatter.write_str("a user comes with a password, and nothing after it; type `broker HOST:PORT USER PASSWORD`"),
            Self::TooLong => formatter.write_str("host, user and password have 64 bytes at the most"),
            Self::WifiTooLong => formatter.write_str("a Wi-Fi's name has 32 bytes at the most and its password 63"),
            Self::Invalid(invalid) => invalid.fmt(formatter),
        }
    }
}

impl core::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    fn typed(text: &str) -> Result<Broker, SettingsError> {
        let config = Change::Broker(text).apply(Config::default())?.into_inner();
        Ok(config.brokers.into_iter().next().unwrap_or_default())
    }

    fn with_wifi(name: &str, password: &str) -> Result<Valid, SettingsError> {
        Change::Wifi { name, password }.apply(Config::default())
    }

    #[test]
    fn a_broker_is_a_host_with_or_without_port_and_user() {
        for (text, host, port, username, password) in [
            ("192.168.1.10", "192.168.1.10", 1883, "", ""),
            (" broker.local:8883 ", "broker.local", 8883, "", ""),
            (
                "broker.local dimmer s3:cret",
                "broker.local",
                1883,
                "dimmer",
                "s3:cret",
            ),
        ] {
            let broker = typed(text).expect(text);
            assert_eq!(
                (
                    broker.host.as_str(),
                    broker.port,
                    broker.username.as_str(),
                    broker.password.reveal()
                ),
                (host, port, username, password)
            );
        }
    }

    #[test]
    fn what_is_no_broker_is_refused_in_words() {
        let long = "a".repeat(65);
        for (text, error) in [
            ("", SettingsError::NoHost),
            ("host:", SettingsError::Port),
            ("host:66000", SettingsError::Port),
            ("host user", SettingsError::Words),
            ("host user password more", SettingsError::Words),
            (long.as_str(), SettingsError::TooLong),
        ] {
            assert_eq!(typed(text), Err(error));
        }
        assert!(matches!(typed("host:0"), Err(SettingsError::Invalid(_))));
        assert!(matches!(typed(":1883"), Err(SettingsError::Invalid(_))));
        let words = typed("host:0").err().map(|error| error.to_string());
        assert!(words.is_some_and(|words| words.contains("port")));
    }

    #[test]
    fn what_no_wifi_can_have_is_refused_in_words() {
        let long = "a".repeat(65);
        assert_eq!(with_wifi(&long, ""), Err(SettingsError::WifiTooLong));
        assert_eq!(with_wifi("home", &long), Err(SettingsError::WifiTooLong));
        let short = with_wifi("home", "short").unwrap_err();
        assert!(short.to_string().contains("password"), "{short}");
    }

    #[test]
    fn a_new_broker_takes_the_place_of_all_others_and_leaves_the_wifi() {
        let config = with_wifi("home", "secret123").expect("wifi").into_inner();
        let config = Change::Broker("one").apply(config).expect("one");
        let config = Change::Broker(" two:8883")
            .apply(config.into_inner())
            .expect("two");
        assert_eq!(config.brokers.len(), 1);
        assert_eq!(
            (config.brokers[0].host.as_str(), config.brokers[0].port),
            ("two", 8883)
        );
        assert_eq!(config.network.wifi.ssid, "home");
        assert_eq!(config.network.wifi.password.reveal(), "secret123");
    }

    #[test]
    fn a_board_starts_with_what_was_said_when_its_image_was_built() {
        let silent = Built::default().settings();
        assert_eq!(silent, Ok(Config::default().validate().expect("defaults")));
        let built = Built {
            broker: Some("host:1884 me secret"),
            wifi_name: Some("home"),
            wifi_password: None,
        };
        let config = built.settings().expect("an open network and a broker");
        assert_eq!(config.network.wifi.ssid, "home");
        assert_eq!(config.network.wifi.password.reveal(), "");
        assert_eq!(
            (config.brokers[0].port, config.brokers[0].username.as_str()),
            (1884, "me")
        );
        let short = Built {
            wifi_password: Some("short"),
            ..built
        };
        assert!(matches!(short.settings(), Err(SettingsError::Invalid(_))));
    }
}
