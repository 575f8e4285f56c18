//! The address of a probe, as text and in the eight bytes of the wire.

use dimmer_probe::one_wire::{Choice, RomAddress};

pub(crate) fn run(input: &[u8]) {
    if let Ok(bytes) = <[u8; 8]>::try_from(input)
        && let Ok(address) = RomAddress::from_bytes(bytes)
    {
        assert_eq!(address.to_bytes(), bytes);
        assert_ne!(address.family(), 0);
        assert_eq!(address.to_string().parse(), Ok(address));
    }
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    match text.parse::<RomAddress>() {
        Ok(address) => {
            assert_eq!(address.to_string(), text.to_ascii_lowercase());
            assert_eq!(RomAddress::from_bytes(address.to_bytes()), Ok(address));
            assert_eq!(text.parse(), Ok(Choice::Address(address)));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(text.parse::<Choice>().is_ok(), text == "any");
        }
    }
}
