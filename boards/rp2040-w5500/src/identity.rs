//! The board's address, from the number that its flash chip was born with.

use dimmer::topics::DeviceId;

/// The MAC address, and so the device id, of the board whose flash chip has this number.
///
/// The RP2040 and the W5500 have no address of their own. It is a locally administered one (IEEE 802, section 8.4: the second lowest bit of the first byte), and the other
/// 46 bits are a hash of the number's 64 (FNV-1a): boards of one batch differ in few bits of it.
#[must_use]
pub fn device_id(flash_number: [u8; 8]) -> DeviceId {
    let hash = flash_number.iter().fold(OFFSET_BASIS, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
    });
    // The upper bits are the better mixed ones.
    let [a, b, c, d, e, f, ..] = hash.to_be_bytes();
    DeviceId::new([(a & !MULTICAST) | LOCAL, b, c, d, e, f])
}

const OFFSET_BASIS: u64 = 0xCBF2_9CE4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01B3;
const MULTICAST: u8 = 0b01;
const LOCAL: u8 = 0b10;

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_address_is_a_locally_administered_one_of_a_single_station() {
        for number in 0..1_000_u64 {
            let [first, ..] = device_id(number.to_le_bytes()).mac();
            assert_eq!(first & (MULTICAST | LOCAL), LOCAL);
        }
    }

    #[test]
    fn boards_of_one_batch_have_addresses_of_their_own() {
        let batch = 0xE661_4103_E700_0000_u64..0xE661_4103_E700_FFFF;
        let length = batch.clone().count();
        let addresses: BTreeSet<_> = batch
            .map(|number| device_id(number.to_be_bytes()).mac())
            .collect();
        assert_eq!(addresses.len(), length);
    }

    #[test]
    fn a_board_keeps_its_address_from_version_to_version() {
        let id = device_id([0xE6, 0x61, 0x41, 0x03, 0xE7, 0x12, 0x34, 0x56]);
        assert_eq!(std::format!("{id}"), "326a3b7bae11");
    }
}
