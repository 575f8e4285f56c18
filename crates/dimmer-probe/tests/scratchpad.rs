//! Nine bytes to a temperature: the data sheet's table, every kind of damage, and two bugs that others have.

use dimmer_probe::ds18b20::{
    MAXIMUM_MILLICELSIUS, MINIMUM_MILLICELSIUS, POWER_ON_MILLICELSIUS, Resolution,
    SCRATCHPAD_LENGTH, ScratchpadError, crc8, decode, decode_near, encode,
};
use proptest::prelude::*;

const RESOLUTIONS: [Resolution; 4] = [
    Resolution::Bits9,
    Resolution::Bits10,
    Resolution::Bits11,
    Resolution::Bits12,
];

/// Data sheet, table 1: register, and the temperature in sixteenths of a degree times 625, exact.
const DATA_SHEET: [(u16, i32); 10] = [
    (0x07D0, 1_250_000),
    (0x0550, 850_000),
    (0x0191, 250_625),
    (0x00A2, 101_250),
    (0x0008, 5_000),
    (0x0000, 0),
    (0xFFF8, -5_000),
    (0xFF5E, -101_250),
    (0xFE6F, -250_625),
    (0xFC90, -550_000),
];

/// A scratchpad with a right checksum.
fn scratchpad(register: u16, configuration: u8) -> [u8; SCRATCHPAD_LENGTH] {
    let [low, high] = register.to_le_bytes();
    let mut bytes = [low, high, 0x4B, 0x46, configuration, 0xFF, 0x0C, 0x10, 0];
    bytes[8] = crc8(&bytes[..8]);
    bytes
}

#[test]
fn the_data_sheets_table_is_decoded() {
    for (register, ten_thousandths) in DATA_SHEET {
        // 85 °C needs a neighbour.
        let previous = Some(POWER_ON_MILLICELSIUS);
        let reading = decode_near(&scratchpad(register, 0x7F), previous).unwrap();
        assert_eq!(reading.millicelsius, ten_thousandths / 10, "{register:04x}");
        assert_eq!(reading.resolution, Resolution::Bits12);
    }
}

#[test]
fn the_data_sheets_table_is_encoded() {
    for (register, ten_thousandths) in DATA_SHEET {
        assert_eq!(
            encode(ten_thousandths / 10, Resolution::Bits12),
            scratchpad(register, 0x7F),
            "{register:04x}"
        );
    }
}

#[test]
fn the_checksum_is_that_of_the_application_note() {
    // Application note 27: the ROM code 02 1C B8 01 00 00 00 has the checksum A2.
    assert_eq!(crc8(&[0x02, 0x1C, 0xB8, 0x01, 0x00, 0x00, 0x00]), 0xA2);
    // The check value of CRC-8/MAXIM-DOW in the catalogue of parametrised CRC algorithms.
    assert_eq!(crc8(b"123456789"), 0xA1);
    assert_eq!(crc8(&[]), 0);
}

#[test]
fn a_negative_temperature_is_not_4085_degrees() {
    // ds18b20 0.1.1 takes the register for unsigned.
    let reading = decode(&scratchpad(0xFF5E, 0x7F)).unwrap();
    assert_eq!(reading.millicelsius, -10_125);
}

#[test]
fn twenty_five_degrees_are_twenty_five_at_every_resolution() {
    // ds18b20 0.1.1 divides by 2, 4 and 8 below 12 bits: 200 °C at 9 bits.
    for resolution in RESOLUTIONS {
        let reading = decode(&scratchpad(0x0190, resolution.configuration())).unwrap();
        assert_eq!(reading.millicelsius, 25_000, "{resolution:?}");
        assert_eq!(reading.resolution, resolution);
    }
}

#[test]
fn undefined_bits_are_dropped() {
    for (resolution, positive, negative) in [
        (Resolution::Bits9, 25_500, -10_500),
        (Resolution::Bits10, 25_750, -10_250),
        (Resolution::Bits11, 25_875, -10_125),
        (Resolution::Bits12, 25_937, -10_062),
    ] {
        let configuration = resolution.configuration();
        // 25.9375 °C and -10.0625 °C: every bit below the point, and the lowest, set.
        for (register, expected) in [(0x019F, positive), (0xFF5F, negative)] {
            let reading = decode(&scratchpad(register, configuration)).unwrap();
            assert_eq!(
                reading.millicelsius, expected,
                "{resolution:?} {register:04x}"
            );
        }
    }
}

#[test]
fn every_register_decodes_to_its_sixteenths_or_to_an_error() {
    for register in 0..=u16::MAX {
        let sixteenths = i32::from(register.cast_signed());
        let result = decode_near(&scratchpad(register, 0x7F), Some(85_000));
        if (-880..=2_000).contains(&sixteenths) {
            assert_eq!(result.unwrap().millicelsius, sixteenths * 125 / 2);
        } else {
            assert!(matches!(result, Err(ScratchpadError::OutOfRange { .. })));
        }
    }
}

#[test]
fn every_single_and_double_bit_error_is_detected() {
    let mut damaged_scratchpads = 0;
    for millicelsius in [-55_000, -62, 0, 24_937, 60_000, 85_000, 125_000] {
        for resolution in RESOLUTIONS {
            let good = encode(millicelsius, resolution);
            for first in 0..72 {
                for second in first..72 {
                    let mut bytes = good;
                    bytes[first / 8] ^= 1 << (first % 8);
                    if second != first {
                        bytes[second / 8] ^= 1 << (second % 8);
                    }
                    let result = decode_near(&bytes, Some(85_000));
                    assert!(
                        matches!(result, Err(ScratchpadError::Checksum { .. })),
                        "{first} {second}: {result:?}"
                    );
                    damaged_scratchpads += 1;
                }
            }
        }
    }
    assert_eq!(damaged_scratchpads, 7 * 4 * (72 + 72 * 71 / 2));
}

#[test]
fn an_absent_and_a_shorted_probe_are_told_apart() {
    assert_eq!(decode(&[0xFF; 9]), Err(ScratchpadError::AllOnes));
    // The checksum of zeros is zero: without a rule of its own this would be 0 °C.
    assert_eq!(crc8(&[0; 8]), 0);
    assert_eq!(decode(&[0; 9]), Err(ScratchpadError::AllZeros));
}

#[test]
fn the_power_on_value_is_refused_at_every_resolution() {
    for resolution in RESOLUTIONS {
        let bytes = scratchpad(0x0550, resolution.configuration());
        assert_eq!(decode(&bytes), Err(ScratchpadError::PowerOnValue));
    }
    // Undefined bits do not make it believable.
    assert_eq!(
        decode(&scratchpad(0x0557, 0x1F)),
        Err(ScratchpadError::PowerOnValue)
    );
}

#[test]
fn eighty_five_degrees_is_believed_beside_a_near_reading_only() {
    let bytes = scratchpad(0x0550, 0x7F);
    for (previous, believed) in [
        (None, false),
        (Some(20_000), false),
        (Some(82_999), false),
        (Some(83_000), true),
        (Some(84_937), true),
        (Some(85_000), true),
        (Some(87_000), true),
        (Some(87_001), false),
        (Some(i32::MIN), false),
        (Some(i32::MAX), false),
    ] {
        assert_eq!(
            decode_near(&bytes, previous).is_ok(),
            believed,
            "{previous:?}"
        );
    }
    assert!(decode(&scratchpad(0x0551, 0x7F)).is_ok());
    assert!(decode(&scratchpad(0x054F, 0x7F)).is_ok());
}

#[test]
fn the_simulated_power_on_scratchpad_is_that_of_the_data_sheet() {
    let power_on = encode(POWER_ON_MILLICELSIUS, Resolution::Bits12);
    assert_eq!(power_on[..2], [0x50, 0x05]);
    assert_eq!(power_on[5..8], [0xFF, 0x0C, 0x10]);
    assert_eq!(decode(&power_on), Err(ScratchpadError::PowerOnValue));
}

#[test]
fn only_the_four_configurations_of_a_ds18b20_are_understood() {
    for configuration in 0..=u8::MAX {
        let understood = [0x1F, 0x3F, 0x5F, 0x7F].contains(&configuration);
        let result = decode(&scratchpad(0x0190, configuration));
        if understood {
            assert_eq!(result.unwrap().millicelsius, 25_000);
        } else {
            assert_eq!(result, Err(ScratchpadError::ReservedBits { configuration }));
        }
    }
}

#[test]
fn conversion_times_are_those_of_the_data_sheet() {
    let times = RESOLUTIONS.map(Resolution::conversion_us);
    assert_eq!(times, [93_750, 187_500, 375_000, 750_000]);
    assert_eq!(Resolution::default(), Resolution::Bits12);
}

#[test]
fn errors_are_readable() {
    for (error, text) in [
        (
            ScratchpadError::Checksum {
                computed: 0x1A,
                received: 0x02,
            },
            "checksum 0x02 received, 0x1a computed",
        ),
        (ScratchpadError::AllOnes, "every bit is 1: nothing answered"),
        (
            ScratchpadError::AllZeros,
            "every bit is 0: the wire is held low",
        ),
        (
            ScratchpadError::PowerOnValue,
            "85 °C, the power-on value: nothing measured yet",
        ),
        (
            ScratchpadError::ReservedBits {
                configuration: 0xFF,
            },
            "configuration byte 0xff is not that of a DS18B20",
        ),
        (
            ScratchpadError::OutOfRange {
                millicelsius: -127_000,
            },
            "-127000 millicelsius is outside -55000 to 125000",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_within_half_a_step(
        millicelsius in MINIMUM_MILLICELSIUS..=MAXIMUM_MILLICELSIUS,
        index in 0_usize..4,
    ) {
        let resolution = RESOLUTIONS[index];
        let half_step = [250, 125, 63, 32][index];
        let reading = decode_near(&encode(millicelsius, resolution), Some(85_000)).unwrap();
        prop_assert_eq!(reading.resolution, resolution);
        prop_assert!(reading.millicelsius.abs_diff(millicelsius) <= half_step);
    }

    #[test]
    fn any_temperature_encodes_to_one_that_the_device_measures(millicelsius: i32, index in 0_usize..4) {
        let reading = decode_near(&encode(millicelsius, RESOLUTIONS[index]), Some(85_000)).unwrap();
        prop_assert!((MINIMUM_MILLICELSIUS..=MAXIMUM_MILLICELSIUS).contains(&reading.millicelsius));
    }

    #[test]
    fn a_decoded_reading_encodes_to_the_same_temperature(register in -880_i16..=2_000) {
        let bytes = scratchpad(register.cast_unsigned(), 0x7F);
        let reading = decode_near(&bytes, Some(85_000)).unwrap();
        prop_assert_eq!(encode(reading.millicelsius, reading.resolution), bytes);
    }

    #[test]
    fn arbitrary_bytes_give_a_temperature_only_with_a_right_checksum(bytes: [u8; 9], previous: Option<i32>) {
        if let Ok(reading) = decode_near(&bytes, previous) {
            prop_assert_eq!(crc8(&bytes[..8]), bytes[8]);
            prop_assert!((MINIMUM_MILLICELSIUS..=MAXIMUM_MILLICELSIUS).contains(&reading.millicelsius));
        }
    }

    #[test]
    fn arbitrary_contents_with_a_right_checksum_stay_within_the_range(contents: [u8; 8]) {
        let mut bytes = [0; 9];
        bytes[..8].copy_from_slice(&contents);
        bytes[8] = crc8(&contents);
        if let Ok(reading) = decode(&bytes) {
            prop_assert!((MINIMUM_MILLICELSIUS..=MAXIMUM_MILLICELSIUS).contains(&reading.millicelsius));
            prop_assert_ne!(reading.millicelsius, POWER_ON_MILLICELSIUS);
        }
    }

    #[test]
    fn a_burst_of_up_to_eight_damaged_bits_is_detected(
        millicelsius in MINIMUM_MILLICELSIUS..=MAXIMUM_MILLICELSIUS,
        start in 0_usize..72,
        pattern in 1_u8..,
    ) {
        let mut bytes = encode(millicelsius, Resolution::Bits12);
        for bit in 0..8 {
            let position = start + bit;
            if pattern & (1 << bit) != 0 && position < 72 {
                bytes[position / 8] ^= 1 << (position % 8);
            }
        }
        prop_assume!(bytes != encode(millicelsius, Resolution::Bits12));
        prop_assert!(decode_near(&bytes, Some(85_000)).is_err(), "{:?}", bytes);
    }
}
