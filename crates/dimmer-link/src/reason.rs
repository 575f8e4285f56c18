//! What MQTT 5's reason codes mean.

use core::fmt;

/// The name of a reason code (MQTT 5, section 2.4) with its number.
pub(crate) fn meaning(reason: u8) -> impl fmt::Display {
    Meaning(reason)
}

struct Meaning(u8);

impl fmt::Display for Meaning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            0x00 => "normal disconnection",
            0x82 => "protocol error",
            0x87 => "not authorized",
            0x88 => "server unavailable",
            0x89 => "server busy",
            0x8A => "banned",
            0x8B => "server shutting down",
            0x8D => "keep-alive timeout",
            0x8F => "topic filter invalid",
            0x90 => "topic name invalid",
            0x93 => "receive maximum exceeded",
            0x95 => "packet too large",
            0x96 => "message rate too high",
            0x97 => "quota exceeded",
            0x98 => "administrative action",
            0x9A => "retain not supported",
            0x9C => "use another server",
            0x9D => "server moved",
            0x9E => "shared subscriptions not supported",
            0xA2 => "wildcard subscriptions not supported",
            _ => "MQTT reason",
        };
        write!(formatter, "{name}, {:#04x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    #[test]
    fn a_reason_has_a_name_where_it_is_known_and_always_its_number() {
        let told = |reason| std::format!("{}", super::meaning(reason));
        assert_eq!(told(0x8B), "server shutting down, 0x8b");
        assert_eq!(told(0xFF), "MQTT reason, 0xff");
    }
}
