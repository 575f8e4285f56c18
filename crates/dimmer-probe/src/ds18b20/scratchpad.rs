//! Nine bytes to a temperature, and back.

use core::fmt;

use crate::ProbeError;

/// The length of a scratchpad with its checksum, in bytes.
pub const SCRATCHPAD_LENGTH: usize = 9;
/// The coldest that the device measures, in millicelsius.
pub const MINIMUM_MILLICELSIUS: i32 = -55_000;
/// The hottest that the device measures, in millicelsius.
pub const MAXIMUM_MILLICELSIUS: i32 = 125_000;
/// What the temperature register holds from power-on until the first conversion, in millicelsius.
pub const POWER_ON_MILLICELSIUS: i32 = 85_000;
/// How near to 85 °C the reading just before must be for 85 °C to be believed, in millicelsius. Water in a tank does not
/// move this far between two readings, and a probe that restarted anywhere below 83 °C is found out.
pub const NEIGHBOUR_MILLICELSIUS: i32 = 2_000;

/// 85 °C in sixteenths of a degree.
const POWER_ON_SIXTEENTHS: i16 = 0x0550;
const MINIMUM_SIXTEENTHS: i16 = -55 * 16;
const MAXIMUM_SIXTEENTHS: i16 = 125 * 16;
/// The bits of the configuration byte that are fixed, and their values.
const CONFIGURATION_FIXED_MASK: u8 = 0b1001_1111;
const CONFIGURATION_FIXED: u8 = 0b0001_1111;

/// How finely the device measures. A conversion takes 93.75 ms at 9 bits, and twice as long for each bit more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// Steps of 0.5 °C; conversion up to 93.75 ms.
    Bits9,
    /// Steps of 0.25 °C; conversion up to 187.5 ms.
    Bits10,
    /// Steps of 0.125 °C; conversion up to 375 ms.
    Bits11,
    /// Steps of 0.0625 °C; conversion up to 750 ms. The device's factory setting.
    #[default]
    Bits12,
}

impl Resolution {
    /// The longest time that a conversion takes, in microseconds (data sheet, table 2).
    #[must_use]
    pub const fn conversion_us(self) -> u32 {
        match self {
            Self::Bits9 => 93_750,
            Self::Bits10 => 187_500,
            Self::Bits11 => 375_000,
            Self::Bits12 => 750_000,
        }
    }

    /// The configuration byte that sets it.
    #[must_use]
    pub const fn configuration(self) -> u8 {
        match self {
            Self::Bits9 => 0x1F,
            Self::Bits10 => 0x3F,
            Self::Bits11 => 0x5F,
            Self::Bits12 => 0x7F,
        }
    }

    /// One step, in sixteenths of a degree.
    const fn step_sixteenths(self) -> i16 {
        match self {
            Self::Bits9 => 8,
            Self::Bits10 => 4,
            Self::Bits11 => 2,
            Self::Bits12 => 1,
        }
    }

    const fn from_configuration(configuration: u8) -> Option<Self> {
        if configuration & CONFIGURATION_FIXED_MASK != CONFIGURATION_FIXED {
            return None;
        }
        Some(match configuration & !CONFIGURATION_FIXED_MASK {
            0x00 => Self::Bits9,
            0x20 => Self::Bits10,
            0x40 => Self::Bits11,
            _ => Self::Bits12,
        })
    }
}

/// A scratchpad that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// The temperature, in millicelsius, -55 000 to 125 000. Half a millidegree is dropped, towards zero.
    pub millicelsius: i32,
    /// How finely it was measured.
    pub resolution: Resolution,
}

/// Why nine bytes are not a temperature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScratchpadError {
    /// Damaged on the way.
    Checksum {
        /// The checksum of what was received.
        computed: u8,
        /// The checksum that was received.
        received: u8,
    },
    /// Every bit is 1: nothing answered, and the pull-up resistor was read.
    AllOnes,
    /// Every bit is 0: the wire is held low. The checksum of zeros is zero, so it alone would let this pass as 0 °C.
    AllZeros,
    /// The power-on value, 85 °C: nothing was measured since the device started.
    PowerOnValue,
    /// The fixed bits of the configuration byte are not those of a DS18B20 (a DS18S20 has 0xFF there, and other units).
    ReservedBits {
        /// The configuration byte.
        configuration: u8,
    },
    /// Outside -55 to 125 °C, the range that the device measures.
    OutOfRange {
        /// What the temperature register would mean, in millicelsius.
        millicelsius: i32,
    },
}

impl fmt::Display for ScratchpadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum { computed, received } => write!(
                formatter,
                "checksum 0x{received:02x} received, 0x{computed:02x} computed"
            ),
            Self::AllOnes => formatter.write_str("every bit is 1: nothing answered"),
            Self::AllZeros => formatter.write_str("every bit is 0: the wire is held low"),
            Self::PowerOnValue => {
                formatter.write_str("85 °C, the power-on value: nothing measured yet")
            }
            Self::ReservedBits { configuration } => write!(
                formatter,
                "configuration byte 0x{configuration:02x} is not that of a DS18B20"
            ),
            Self::OutOfRange { millicelsius } => write!(
                formatter,
                "{millicelsius} millicelsius is outside -55000 to 125000"
            ),
        }
    }
}

impl core::error::Error for ScratchpadError {}

impl From<ScratchpadError> for ProbeError {
    fn from(error: ScratchpadError) -> Self {
        match error {
            ScratchpadError::Checksum { .. } => Self::Checksum,
            ScratchpadError::AllOnes => Self::Absent,
            ScratchpadError::AllZeros => Self::Shorted,
            ScratchpadError::PowerOnValue => Self::PowerOnValue,
            ScratchpadError::ReservedBits { .. } => Self::Unrecognised,
            ScratchpadError::OutOfRange { .. } => Self::OutOfRange,
        }
    }
}

/// The Maxim 1-Wire checksum: x⁸ + x⁵ + x⁴ + 1, bits from the lowest, start value 0.
#[must_use]
pub fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| {
            // 0x8C is the polynomial 0x31 with its bits reversed.
            (crc >> 1) ^ if crc & 1 == 1 { 0x8C } else { 0 }
        })
    })
}

/// What nine scratchpad bytes say; 85.0 °C is never believed.
///
/// # Errors
/// See [`ScratchpadError`]; [`decode_near`] can tell a real 85 °C from the power-on value.
pub fn decode(scratchpad: &[u8; SCRATCHPAD_LENGTH]) -> Result<Reading, ScratchpadError> {
    decode_near(scratchpad, None)
}

/// What nine scratchpad bytes say, given the good reading just before, in millicelsius, if there was one.
///
/// Bits that are undefined below 12 bits are dropped. 85.0 °C, after dropping them, is believed only within
/// [`NEIGHBOUR_MILLICELSIUS`] of the reading before.
///
/// # Errors
/// See [`ScratchpadError`].
pub fn decode_near(
    scratchpad: &[u8; SCRATCHPAD_LENGTH],
    previous_millicelsius: Option<i32>,
) -> Result<Reading, ScratchpadError> {
    let [
        low,
        high,
        alarm_high,
        alarm_low,
        configuration,
        reserved @ ..,
        received,
    ] = *scratchpad;
    // Before the checksum, because these two say more than "damaged", and the second would even pass it.
    if scratchpad.iter().all(|&byte| byte == 0xFF) {
        return Err(ScratchpadError::AllOnes);
    }
    if scratchpad.iter().all(|&byte| byte == 0) {
        return Err(ScratchpadError::AllZeros);
    }
    let [fifth, sixth, seventh] = reserved;
    let computed = crc8(&[
        low,
        high,
        alarm_high,
        alarm_low,
        configuration,
        fifth,
        sixth,
        seventh,
    ]);
    if computed != received {
        return Err(ScratchpadError::Checksum { computed, received });
    }
    let resolution = Resolution::from_configuration(configuration)
        .ok_or(ScratchpadError::ReservedBits { configuration })?;
    // Steps are powers of two, so this clears the undefined bits; in two's complement that rounds down, as the device does.
    let sixteenths = i16::from_le_bytes([low, high]) & -resolution.step_sixteenths();
    let millicelsius = i32::from(sixteenths) * 125 / 2;
    if !(MINIMUM_SIXTEENTHS..=MAXIMUM_SIXTEENTHS).contains(&sixteenths) {
        return Err(ScratchpadError::OutOfRange { millicelsius });
    }
    let believed = previous_millicelsius.is_some_and(|previous| {
        previous.abs_diff(POWER_ON_MILLICELSIUS) <= NEIGHBOUR_MILLICELSIUS.unsigned_abs()
    });
    if sixteenths == POWER_ON_SIXTEENTHS && !believed {
        return Err(ScratchpadError::PowerOnValue);
    }
    Ok(Reading {
        millicelsius,
        resolution,
    })
}

/// The scratchpad of a device at a temperature, in millicelsius: for simulators and tests.
///
/// Rounded to the nearest step of the resolution, ties upwards, and held to -55 to 125 °C. The alarm bytes are the
/// factory's, the reserved ones those of the data sheet. At 85 °C and 12 bits it is the scratchpad at power-on.
#[must_use]
pub fn encode(millicelsius: i32, resolution: Resolution) -> [u8; SCRATCHPAD_LENGTH] {
    let step = i32::from(resolution.step_sixteenths());
    let held = millicelsius.clamp(MINIMUM_MILLICELSIUS, MAXIMUM_MILLICELSIUS);
    let sixteenths = (held * 16 + 500 * step).div_euclid(1_000 * step) * step;
    // At most 125 * 16 in size, so it always fits.
    let [low, high] = i16::try_from(sixteenths)
        .unwrap_or(POWER_ON_SIXTEENTHS)
        .to_le_bytes();
    let bytes = [
        low,
        high,
        0x4B,
        0x46,
        resolution.configuration(),
        0xFF,
        0x0C,
        0x10,
    ];
    let [b0, b1, b2, b3, b4, b5, b6, b7] = bytes;
    [b0, b1, b2, b3, b4, b5, b6, b7, crc8(&bytes)]
}
