//! Nine bytes of a DS18B20: a temperature only with a right checksum, in range, and never the power-on value out of the blue.

use dimmer_probe::ds18b20::{
    MAXIMUM_MILLICELSIUS, MINIMUM_MILLICELSIUS, NEIGHBOUR_MILLICELSIUS, POWER_ON_MILLICELSIUS,
    SCRATCHPAD_LENGTH, decode, decode_near, encode,
};

use crate::bytes::Bytes;

pub(crate) fn run(input: &[u8]) {
    let mut input = Bytes::new(input);
    // Few inputs would pass the checksum by themselves.
    let mended = input.flag();
    let mut scratchpad = [0; SCRATCHPAD_LENGTH];
    let taken = input.take(SCRATCHPAD_LENGTH);
    scratchpad[..taken.len()].copy_from_slice(taken);
    if mended {
        scratchpad[8] = checksum(&scratchpad[..8]);
    }
    let previous = input.maybe(Bytes::signed);
    let near = decode_near(&scratchpad, previous);
    if let Ok(reading) = decode(&scratchpad) {
        assert_ne!(reading.millicelsius, POWER_ON_MILLICELSIUS);
        assert_eq!(near, Ok(reading));
    }
    match near {
        Ok(reading) => {
            let millicelsius = reading.millicelsius;
            assert_eq!(checksum(&scratchpad[..8]), scratchpad[8]);
            assert!(scratchpad.iter().any(|byte| *byte != 0));
            assert!((MINIMUM_MILLICELSIUS..=MAXIMUM_MILLICELSIUS).contains(&millicelsius));
            // Within a step of what the register says, which is sixteenths of a degree.
            let register = f64::from(i16::from_le_bytes([scratchpad[0], scratchpad[1]])) * 62.5;
            let step = 500.0 / f64::from(1 << (reading.resolution.configuration() >> 5));
            assert!((register - f64::from(millicelsius)).abs() < step + 1.0);
            if millicelsius == POWER_ON_MILLICELSIUS {
                let distance = previous.map(|previous| previous.abs_diff(millicelsius));
                assert!(distance.is_some_and(|far| far <= NEIGHBOUR_MILLICELSIUS.unsigned_abs()));
            }
            let again = encode(millicelsius, reading.resolution);
            assert_eq!(decode_near(&again, previous), Ok(reading));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// x⁸ + x⁵ + x⁴ + 1 by long division, lowest bits first: another way than that of the code under test.
fn checksum(bytes: &[u8]) -> u8 {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
    bits.fold(0_u8, |remainder, bit| {
        let carry = (remainder & 1) ^ bit;
        let shifted = remainder >> 1;
        if carry == 1 {
            shifted ^ 0b1000_1100
        } else {
            shifted
        }
    })
}
