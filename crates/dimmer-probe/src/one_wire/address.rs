//! Who is who on a wire.

use core::fmt;
use core::str::FromStr;

use crate::ds18b20::crc8;

/// The address that a device was given when it was made: family, serial number, and a checksum of both.
///
/// Written as Linux does under `/sys/bus/w1/devices`, without the checksum: `28-0316a2795aff`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RomAddress {
    family: u8,
    /// The lower 48 bits.
    serial: u64,
}

const SERIAL_BITS: u32 = 48;

impl RomAddress {
    /// The address with this family code and serial number, of which the lower 48 bits count.
    #[must_use]
    pub const fn new(family: u8, serial: u64) -> Self {
        Self {
            family,
            serial: serial & ((1 << SERIAL_BITS) - 1),
        }
    }

    /// The address in the eight bytes as they are sent: family, serial number from its lowest byte, checksum.
    ///
    /// # Errors
    /// The checksum is wrong, or all is zero: a wire that is held low sends that, and its checksum is right.
    pub fn from_bytes(bytes: [u8; 8]) -> Result<Self, RomAddressError> {
        let [family, serial @ .., received] = bytes;
        let [s0, s1, s2, s3, s4, s5] = serial;
        let address = Self::new(family, u64::from_le_bytes([s0, s1, s2, s3, s4, s5, 0, 0]));
        let computed = address.checksum();
        if computed != received {
            return Err(RomAddressError::Checksum { computed, received });
        }
        if family == 0 {
            return Err(RomAddressError::NoFamily);
        }
        Ok(address)
    }

    /// The eight bytes as they are sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        let [s0, s1, s2, s3, s4, s5, ..] = self.serial.to_le_bytes();
        [self.family, s0, s1, s2, s3, s4, s5, self.checksum()]
    }

    /// What kind of device it is: 0x28 is a DS18B20.
    #[must_use]
    pub const fn family(self) -> u8 {
        self.family
    }

    /// The serial number, of 48 bits.
    #[must_use]
    pub const fn serial(self) -> u64 {
        self.serial
    }

    fn checksum(self) -> u8 {
        let [s0, s1, s2, s3, s4, s5, ..] = self.serial.to_le_bytes();
        crc8(&[self.family, s0, s1, s2, s3, s4, s5])
    }
}

impl fmt::Display for RomAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02x}-{:012x}", self.family, self.serial)
    }
}

impl fmt::Debug for RomAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for RomAddress {
    type Err = RomAddressError;

    fn from_str(text: &str) -> Result<Self, RomAddressError> {
        let (family, serial) = text.split_once('-').ok_or(RomAddressError::Format)?;
        let is_number = |digits: &str, length: usize| {
            digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !is_number(family, 2) || !is_number(serial, 12) {
            return Err(RomAddressError::Format);
        }
        let family = u8::from_str_radix(family, 16);
        let serial = u64::from_str_radix(serial, 16);
        match (family, serial) {
            (Ok(0), _) => Err(RomAddressError::NoFamily),
            (Ok(family), Ok(serial)) => Ok(Self::new(family, serial)),
            _ => Err(RomAddressError::Format),
        }
    }
}

/// Why something is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RomAddressError {
    /// The text is not two and twelve hexadecimal digits with a hyphen between them.
    Format,
    /// The bytes were damaged on the way.
    Checksum {
        /// The checksum of what was received.
        computed: u8,
        /// The checksum that was received.
        received: u8,
    },
    /// The family code is zero, which no device has.
    NoFamily,
}

impl fmt::Display for RomAddressError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => formatter.write_str(
                "not the address of a probe; write family and serial number in hexadecimal, such as 28-0316a2795aff",
            ),
            Self::Checksum { computed, received } => write!(
                formatter,
                "checksum 0x{received:02x} received, 0x{computed:02x} computed"
            ),
            Self::NoFamily => formatter.write_str(
                "the family code is 00, which no device has; a DS18B20 begins with 28",
            ),
        }
    }
}

impl core::error::Error for RomAddressError {}

/// The addresses that a search found, in its order; at most [`Addresses::CAPACITY`] of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    found: [Option<RomAddress>; Self::CAPACITY],
    more: bool,
}

impl Addresses {
    /// How many are kept.
    pub const CAPACITY: usize = 8;

    /// Those that were kept.
    pub fn iter(&self) -> impl Iterator<Item = RomAddress> {
        self.found.into_iter().flatten()
    }

    /// Whether there were more than could be kept.
    #[must_use]
    pub const fn more(&self) -> bool {
        self.more
    }

    /// Whether this one was found.
    #[must_use]
    pub fn contains(&self, address: RomAddress) -> bool {
        self.found.contains(&Some(address))
    }

    /// Keeps another one, or says that there were more.
    pub(crate) fn push(&mut self, address: RomAddress) {
        match self.found.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(address),
            None => self.more = true,
        }
    }
}
