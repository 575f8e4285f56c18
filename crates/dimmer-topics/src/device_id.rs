//! The identity of a dimmer: its full MAC address.

use core::fmt;
use core::str::FromStr;

/// The identity of a dimmer: the six bytes of its MAC address.
///
/// The whole address, because two devices of one maker can share its last bytes. It never changes, so topics made of it
/// outlive every name that the user gives. Written as 12 lower-case hexadecimal digits: `a1b2c3d4e5f6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId([u8; 6]);

impl DeviceId {
    /// The identity of the device with this MAC address, in the order in which it is printed on the label.
    pub const fn new(mac: [u8; 6]) -> Self {
        Self(mac)
    }

    /// The MAC address.
    pub const fn mac(self) -> [u8; 6] {
        self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for DeviceId {
    type Err = ParseDeviceIdError;

    /// Reads 12 hexadecimal digits in either case. Separators are not accepted: there is one way to write an id.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut mac = [0; 6];
        let mut digits = text.bytes();
        for byte in &mut mac {
            let (Some(high), Some(low)) = (digits.next(), digits.next()) else {
                return Err(ParseDeviceIdError::Length);
            };
            *byte = (hexadecimal(high)? << 4) | hexadecimal(low)?;
        }
        if digits.next().is_some() {
            return Err(ParseDeviceIdError::Length);
        }
        Ok(Self(mac))
    }
}

fn hexadecimal(digit: u8) -> Result<u8, ParseDeviceIdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(ParseDeviceIdError::Digit),
    }
}

/// Why a text is not a [`DeviceId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseDeviceIdError {
    /// There are fewer or more than 12 digits.
    Length,
    /// A character is not a hexadecimal digit.
    Digit,
}

impl fmt::Display for ParseDeviceIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self {
            Self::Length => "the device id does not have 12 digits",
            Self::Digit => "the device id has a character that is not a hexadecimal digit",
        };
        write!(
            formatter,
            "{problem}; write the MAC address without separators, such as a1b2c3d4e5f6"
        )
    }
}

impl core::error::Error for ParseDeviceIdError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::{any, proptest};

    use super::{DeviceId, ParseDeviceIdError};

    #[test]
    fn an_id_is_read_in_any_case_and_written_in_lower_case() {
        let id: DeviceId = "A1B2c3D4e5F6".parse().unwrap();
        assert_eq!(id.mac(), [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);
        assert_eq!(id.to_string(), "a1b2c3d4e5f6");
    }

    #[test]
    fn what_is_not_an_id_is_refused_with_what_would_be_right() {
        for (text, error) in [
            ("", ParseDeviceIdError::Length),
            ("a1b2c3d4e5f", ParseDeviceIdError::Length),
            ("a1b2c3d4e5f607", ParseDeviceIdError::Length),
            ("a1b2c3d4e5fg", ParseDeviceIdError::Digit),
            ("a1:b2:c3:d4:e5:f6", ParseDeviceIdError::Digit),
            ("é1b2c3d4e5f6", ParseDeviceIdError::Digit),
        ] {
            assert_eq!(text.parse::<DeviceId>(), Err(error), "{text}");
            assert!(error.to_string().ends_with("such as a1b2c3d4e5f6"));
        }
    }

    proptest! {
        #[test]
        fn every_id_reads_back(mac in any::<[u8; 6]>()) {
            let id = DeviceId::new(mac);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        }
    }
}
