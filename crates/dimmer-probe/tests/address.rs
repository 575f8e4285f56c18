//! Addresses and choices, as they are sent, shown and typed.

use dimmer_probe::one_wire::{Choice, RomAddress, RomAddressError};
use proptest::prelude::*;

/// Application note 27: family 02, serial number 00 00 00 01 B8 1C, checksum A2.
const APPLICATION_NOTE: [u8; 8] = [0x02, 0x1C, 0xB8, 0x01, 0x00, 0x00, 0x00, 0xA2];

#[test]
fn an_address_is_shown_as_linux_shows_it() {
    let address = RomAddress::from_bytes(APPLICATION_NOTE).unwrap();
    assert_eq!(address.to_string(), "02-00000001b81c");
    assert_eq!((address.family(), address.serial()), (0x02, 0x1_b81c));
    assert_eq!(address.to_bytes(), APPLICATION_NOTE);
}

#[test]
fn damage_is_found_in_every_bit() {
    for bit in 0..64 {
        let mut bytes = APPLICATION_NOTE;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(
            RomAddress::from_bytes(bytes),
            Err(RomAddressError::Checksum { .. })
        ));
    }
}

#[test]
fn what_a_shorted_wire_sends_is_no_address() {
    assert_eq!(
        RomAddress::from_bytes([0; 8]),
        Err(RomAddressError::NoFamily)
    );
}

#[test]
fn what_cannot_be_read_says_what_would_be_right() {
    for wrong in [
        "",
        "28",
        "28-",
        "28-0316a2795af",
        "28-0316a2795aff0",
        "+8-0316a2795aff",
        "28_0316a2795aff",
        "28-0316a2795agg",
        "ANY",
    ] {
        let error = wrong.parse::<Choice>().unwrap_err();
        assert_eq!(error, RomAddressError::Format, "{wrong}");
        assert!(error.to_string().contains("28-0316a2795aff"));
    }
    assert_eq!(
        "00-0316a2795aff".parse::<RomAddress>(),
        Err(RomAddressError::NoFamily)
    );
}

#[test]
fn any_is_a_choice() {
    assert_eq!("any".parse(), Ok(Choice::Any));
    assert_eq!(Choice::default().to_string(), "any");
}

proptest! {
    #[test]
    fn an_address_survives_both_ways(family in 1_u8.., serial: u64) {
        let address = RomAddress::new(family, serial);
        prop_assert_eq!(RomAddress::from_bytes(address.to_bytes()), Ok(address));
        prop_assert_eq!(address.to_string().parse(), Ok(address));
        prop_assert_eq!(address.to_string().to_uppercase().parse(), Ok(Choice::Address(address)));
    }
}
