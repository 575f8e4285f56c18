//! An address of either kind in a configuration.

use core::{fmt, net::IpAddr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An IPv4 or IPv6 address, or none: a text such as `192.168.1.10` or `fd00::10`, empty for none, for people and in store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IpAddress(Option<IpAddr>);

impl IpAddress {
    /// No address.
    pub const NONE: Self = Self(None);

    /// The address, if there is one.
    #[must_use]
    pub const fn get(self) -> Option<IpAddr> {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0.is_none()
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        Self(Some(address))
    }
}

/// As people write it.
impl fmt::Display for IpAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |address| address.fmt(formatter))
    }
}

impl Serialize for IpAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IpAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = IpAddress;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "an IP address such as 192.168.1.10 of no more than 39 bytes, or an empty text",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<IpAddress, E> {
        if text.is_empty() {
            return Ok(IpAddress::NONE);
        }
        let address: Result<IpAddr, _> = text.parse();
        address.map(IpAddress::from).map_err(|_| {
            E::custom("it is not an IP address; one such as `192.168.1.10` or `fd00::10`, or an empty text for none")
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{format, string::ToString};

    use super::*;

    #[test]
    fn people_and_the_store_have_the_same_text() {
        for text in ["", "192.168.1.10", "fd00::10", "::ffff:192.168.1.10"] {
            let json = format!("\"{text}\"");
            let (address, _) = serde_json_core::from_str::<IpAddress>(&json).unwrap();
            assert_eq!(address.is_none(), text.is_empty());
            let mut buffer = [0; 48];
            let length = serde_json_core::to_slice(&address, &mut buffer).unwrap();
            assert_eq!(&buffer[..length], json.as_bytes());
            let stored = postcard::to_slice(&address, &mut buffer).unwrap();
            assert_eq!(&stored[1..], text.as_bytes());
            assert_eq!(postcard::from_bytes::<IpAddress>(stored).unwrap(), address);
        }
        let longest: IpAddr = "1111:2222:3333:4444:5555:6666:7777:8888".parse().unwrap();
        assert_eq!(IpAddress::from(longest).to_string().len(), 39);
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for wrong in ["192.168.1", "192.168.1.256", "::g", " ", "router", "[::1]"] {
            let error = serde_json::from_str::<IpAddress>(&format!("\"{wrong}\"")).unwrap_err();
            let told = error.to_string();
            assert!(told.contains("such as `192.168.1.10`"), "{wrong}: {told}");
        }
    }
}
