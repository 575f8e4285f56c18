//! The DS18B20: its nine scratchpad bytes, and a probe over anything that can fetch them.
//!
//! Source of the format: Maxim Integrated (Analog Devices), *DS18B20 Programmable Resolution 1-Wire Digital
//! Thermometer*, data sheet 19-7487: figures 4 (temperature register), 9 (memory map) and 10 (configuration register),
//! tables 1 and 2; the checksum: application note 27.
//!
//! | byte | holds | at power-on |
//! |---|---|---|
//! | 0, 1 | temperature, little-endian `i16` in sixteenths of a degree | 0x0550, 85.0 °C |
//! | 2, 3 | alarm bytes, free for the user | from EEPROM |
//! | 4 | configuration: `0 R1 R0 1 1 1 1 1` | from EEPROM |
//! | 5, 6, 7 | reserved; differ among makers, so not looked at | 0xFF, 0x0C, 0x10 |
//! | 8 | checksum of bytes 0 to 7 | |

mod driver;
mod on_wire;
mod scratchpad;

pub use ::ds18b20::FAMILY_CODE;
pub use driver::{Ds18b20, ScratchpadSource, Settings, TRIES};
pub use on_wire::OnWire;

pub use scratchpad::{
    MAXIMUM_MILLICELSIUS, MINIMUM_MILLICELSIUS, NEIGHBOUR_MILLICELSIUS, POWER_ON_MILLICELSIUS,
    Reading, Resolution, SCRATCHPAD_LENGTH, ScratchpadError, crc8, decode, decode_near, encode,
};
