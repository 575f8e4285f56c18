//! The board's settings: those that it starts with, and the broker as a person types it.
//!
//! There is no store in the flash yet. What is typed or changed by a message holds until the board starts again; [`first`] is where a stored configuration
//! would come from.

use core::fmt;

use dimmer::config::{Broker, Config, Invalid, Valid};

/// Where the broker is, if it was said when this was built: `DIMMER_BROKER=192.168.1.10:1883 cargo xtask build rp2040-w5500`.
const BROKER: Option<&str> = option_env!("DIMMER_BROKER");

/// The settings that the board starts with.
///
/// # Errors
/// The broker that was said at build time cannot be used.
pub fn first() -> Result<Valid, SettingsError> {
    let config = Config::default();
    match BROKER {
        Some(text) => with_broker(config, text),
        None => Ok(config.validate()?),
    }
}

/// The same settings with another broker, as the only one: `HOST[:PORT] [USER PASSWORD]`.
///
/// # Errors
/// What cannot be used, in words.
pub fn with_broker(mut config: Config, text: &str) -> Result<Valid, SettingsError> {
    config.brokers.clear();
    // There is room for four.
    let _ = config.brokers.push(broker(text)?);
    Ok(config.validate()?)
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
    /// Nothing was said.
    NoHost,
    /// What stands behind the colon is no port.
    Port,
    /// Neither a host alone nor a host with a user and a password.
    Words,
    /// A host, a user or a password of more than 64 bytes.
    TooLong,
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
            Self::Invalid(invalid) => invalid.fmt(formatter),
        }
    }
}

impl core::error::Error for SettingsError {}

/// What a person may type at the serial port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Use this broker.
    Broker(&'a str),
    /// How it stands.
    Status,
    /// Reset the latched alarms: somebody looked.
    ResetAlarms,
    /// Start again.
    Restart,
    /// What can be typed.
    Help,
}

/// What can be typed, for [`Command::Help`].
pub const HELP: &str =
    "broker HOST[:PORT] [USER PASSWORD] | status | reset-alarms | restart | help";

impl<'a> Command<'a> {
    /// Reads a line; `None` for an empty one. A word that it does not know asks for help.
    #[must_use]
    pub fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "" => return None,
            "broker" => Self::Broker(rest),
            "status" => Self::Status,
            "reset-alarms" => Self::ResetAlarms,
            "restart" => Self::Restart,
            _ => Self::Help,
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    fn typed(text: &str) -> Result<Broker, SettingsError> {
        let config = with_broker(Config::default(), text)?.into_inner();
        Ok(config.brokers.into_iter().next().unwrap_or_default())
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
                    broker.password.as_str()
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
    fn a_new_broker_takes_the_place_of_all_others() {
        let first = with_broker(Config::default(), "one")
            .expect("one")
            .into_inner();
        let second = with_broker(first, "two").expect("two").into_inner();
        assert_eq!(second.brokers.len(), 1);
        assert_eq!(second.brokers[0].host, "two");
    }

    #[test]
    fn lines_are_read_as_commands_and_anything_else_asks_for_help() {
        assert_eq!(Command::read("  \r"), None);
        assert_eq!(
            Command::read("broker a:1 u p\r"),
            Some(Command::Broker("a:1 u p"))
        );
        assert_eq!(Command::read("status"), Some(Command::Status));
        assert_eq!(Command::read("reset-alarms"), Some(Command::ResetAlarms));
        assert_eq!(Command::read("restart"), Some(Command::Restart));
        assert_eq!(Command::read("brocker x"), Some(Command::Help));
    }

    #[test]
    fn the_board_starts_with_settings_that_can_be_used() {
        assert!(first().is_ok());
    }
}
