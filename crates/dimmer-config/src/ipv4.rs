//! An IPv4 address in a configuration.

use core::{fmt, net::Ipv4Addr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An IPv4 address, or none: for people a text such as `192.168.1.10`, empty for none; in store one number, 0 for none (`0.0.0.0` is
/// nobody's address, RFC 1122, section 3.2.1.3).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Ipv4(u32);

impl Ipv4 {
    /// No address.
    pub const NONE: Self = Self(0);

    /// The address, if there is one.
    #[must_use]
    pub const fn get(self) -> Option<Ipv4Addr> {
        match self.0 {
            0 => None,
            bits => Some(Ipv4Addr::from_bits(bits)),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// As a number, the first byte of the address in the highest place; 0 for none.
    pub(crate) const fn to_bits(self) -> u32 {
        self.0
    }
}

impl From<Ipv4Addr> for Ipv4 {
    fn from(address: Ipv4Addr) -> Self {
        Self(address.to_bits())
    }
}

/// As people write it.
impl fmt::Display for Ipv4 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().map_or(Ok(()), |address| address.fmt(formatter))
    }
}

impl fmt::Debug for Ipv4 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Ipv4({self})")
    }
}

impl Serialize for Ipv4 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u32(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Ipv4 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Visitor)
        } else {
            u32::deserialize(deserializer).map(Self)
        }
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Ipv4;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "an IPv4 address such as 192.168.1.10 of no more than 15 bytes, or an empty text",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Ipv4, E> {
        if text.is_empty() {
            return Ok(Ipv4::NONE);
        }
        let address: Result<Ipv4Addr, _> = text.parse();
        address.map(Ipv4::from).map_err(|_| {
            E::custom("it is not an IPv4 address; four numbers from 0 to 255 such as `192.168.1.10`, or an empty text for none")
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn people_write_an_address_and_the_store_has_a_number() {
        for (json, stored) in [
            ("\"\"", &[0][..]),
            ("\"192.168.1.10\"", &[0x8a, 0x82, 0xa0, 0x85, 0x0c]),
        ] {
            let (address, _) = serde_json_core::from_str::<Ipv4>(json).unwrap();
            let mut buffer = [0; 32];
            let length = serde_json_core::to_slice(&address, &mut buffer).unwrap();
            assert_eq!(&buffer[..length], json.as_bytes());
            assert_eq!(postcard::to_slice(&address, &mut buffer).unwrap(), stored);
            assert_eq!(postcard::from_bytes::<Ipv4>(stored).unwrap(), address);
        }
        let zero: Ipv4 = serde_json::from_str("\"0.0.0.0\"").unwrap();
        assert_eq!((zero, zero.get()), (Ipv4::NONE, None));
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for wrong in ["\"192.168.1\"", "\"192.168.1.256\"", "\"::1\"", "\" \""] {
            let error = serde_json::from_str::<Ipv4>(wrong).unwrap_err();
            assert!(
                error.to_string().contains("such as `192.168.1.10`"),
                "{error}"
            );
        }
    }
}
