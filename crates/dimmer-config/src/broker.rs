//! The section `broker`.

use heapless::String;
use serde::{Deserialize, Serialize};

/// The longest host name, bytes.
pub const HOST_CAPACITY: usize = 64;
/// The longest user name and password, bytes.
pub const CREDENTIAL_CAPACITY: usize = 64;

/// Where the MQTT broker is and how it is greeted. It must speak MQTT 5.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Broker {
    /// Name or address; empty: no broker, the dimmer stays off the network.
    pub host: String<HOST_CAPACITY>,
    /// TCP port, 1 to 65535.
    pub port: u16,
    /// Empty for none.
    pub username: String<CREDENTIAL_CAPACITY>,
    /// Used with a user name only.
    pub password: String<CREDENTIAL_CAPACITY>,
    /// Seconds, 10 to 3600: after one and a half times as long without a word from the dimmer the
    /// broker publishes `offline` for it (MQTT 5, section 3.1.2.10).
    pub keep_alive_s: u16,
}

/// Without the password: what is debugged ends up in logs.
impl core::fmt::Debug for Broker {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Broker")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("username", &self.username)
            .field("keep_alive_s", &self.keep_alive_s)
            .finish_non_exhaustive()
    }
}

impl Default for Broker {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 1883,
            username: String::new(),
            password: String::new(),
            keep_alive_s: 30,
        }
    }
}

impl Broker {
    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        if self
            .host
            .chars()
            .any(|character| character.is_whitespace() || character.is_control())
        {
            Some((
                "host",
                "contains a blank",
                "a name such as `broker.local` or an address such as `192.168.1.10`",
            ))
        } else if self.port == 0 {
            Some(("port", "is 0", "1 to 65535; 1883 is usual"))
        } else if !(10..=3_600).contains(&self.keep_alive_s) {
            Some((
                "keep_alive_s",
                "is outside 10 to 3600 seconds",
                "30 for a dimmer that is missed within a minute",
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
