//! The sections `brokers` and `session`.

use heapless::String;
use serde::{Deserialize, Serialize};

use crate::Secret;

/// The longest host name, bytes.
pub const HOST_CAPACITY: usize = 64;
/// The longest user name and password, bytes.
pub const CREDENTIAL_CAPACITY: usize = 64;

/// As many brokers as a dimmer knows.
pub const BROKERS: usize = 4;

/// Where an MQTT broker is and how it is greeted. It must speak MQTT 5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Broker {
    /// Name or address.
    pub host: String<HOST_CAPACITY>,
    /// TCP port, 1 to 65535.
    pub port: u16,
    /// Empty for none.
    pub username: String<CREDENTIAL_CAPACITY>,
    /// Used with a user name only.
    pub password: Secret<CREDENTIAL_CAPACITY>,
    /// The name by which this broker knows the dimmer, where its rules ask for a certain one; empty: `solar-dimmer-` and the id.
    pub client_id: String<CREDENTIAL_CAPACITY>,
    /// Seconds, 10 to 3600: after one and a half times as long without a word from the dimmer the
    /// broker publishes `offline` for it (MQTT 5, section 3.1.2.10).
    pub keep_alive_s: u16,
}

impl Default for Broker {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 1883,
            username: String::new(),
            password: Secret::new(),
            client_id: String::new(),
            keep_alive_s: 30,
        }
    }
}

/// MQTT forbids U+0000 in a text and warns of the others (MQTT 5, section 1.5.4); nobody types one on purpose.
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

pub(crate) const CONTROL: &str = "has control characters";
const CREDENTIAL: &str = "letters, digits and signs, as the broker knows it";

impl Broker {
    /// Whether both lead to the same broker, whoever asks there.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.port == other.port && self.is_at_the_host_of(other)
    }

    /// Whether both lead to the same machine. Names of hosts know no capitals (RFC 4343).
    pub(crate) fn is_at_the_host_of(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host)
    }

    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        if self.host.is_empty() {
            Some((
                "host",
                "is empty",
                "the broker's name or address; a dimmer without a broker has an empty list, `[]`",
            ))
        } else if self
            .host
            .chars()
            .any(|character| character.is_whitespace() || character.is_control())
        {
            Some((
                "host",
                "contains a blank",
                "a name such as `broker.local` or an address such as `192.168.1.10`",
            ))
        } else if self.host.contains('/')
            || (self.host.contains(':') && self.host.parse::<core::net::Ipv6Addr>().is_err())
        {
            Some((
                "host",
                "is more than a name or an address",
                "without `mqtt://`, and with the port in `port`",
            ))
        } else if self.port == 0 {
            Some(("port", "is 0", "1 to 65535; 1883 is usual"))
        } else if !(10..=3_600).contains(&self.keep_alive_s) {
            Some((
                "keep_alive_s",
                "is outside 10 to 3600 seconds",
                "30 for a dimmer that is missed within a minute",
            ))
        } else if has_control(&self.username) {
            Some(("username", CONTROL, CREDENTIAL))
        } else if has_control(&self.client_id) {
            Some(("client_id", CONTROL, CREDENTIAL))
        } else if has_control(self.password.reveal()) {
            Some(("password", CONTROL, CREDENTIAL))
        } else if self.password.is_withheld() {
            Some((
                "password",
                "was not told",
                "the password of that user, or an empty text for none",
            ))
        } else if self.username.is_empty() && !self.password.is_empty() {
            Some((
                "username",
                "is empty although a password is set",
                "the user that the password belongs to",
            ))
        } else {
            None
        }
    }
}

/// How the session with the brokers is kept. They are tried in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// Seconds, 0 to 3600, for which a broker keeps the session when the line is cut. A command of QoS 1 or 2 that comes meanwhile is
    /// delivered afterwards, up to this old; 0: it is lost.
    pub resume_within_s: u32,
    /// Seconds, 60 to 86400, that another broker than the first must have served well before one before it is looked for again;
    /// 0: only when this one fails.
    pub return_after_s: u32,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            resume_within_s: 30,
            return_after_s: 600,
        }
    }
}

impl Session {
    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        if self.resume_within_s > 3_600 {
            Some((
                "resume_within_s",
                "is more than 3600 seconds",
                "30, so that no command is delivered that nobody remembers",
            ))
        } else if !matches!(self.return_after_s, 0 | 60..=86_400) {
            Some((
                "return_after_s",
                "is neither 0 nor 60 to 86400 seconds",
                "600 to look for a better broker every ten minutes",
            ))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_around_it() {
        let fault = |host: &str| {
            let broker = Broker {
                host: host.try_into().unwrap(),
                ..Broker::default()
            };
            broker.fault().map(|(field, ..)| field)
        };
        for host in ["broker.local", "192.168.1.10", "fd00::10"] {
            assert_eq!(fault(host), None, "{host}");
        }
        for host in ["", "a b", "192.168.1.10:1883", "mqtt://broker.local", "b/"] {
            assert_eq!(fault(host), Some("host"), "{host}");
        }
    }
}
